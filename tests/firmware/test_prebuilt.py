"""The images in the repository, for those who have no compiler."""

import pytest
from toolchain import require_blessed

from armsim.machine.image import load_image
from armsim.session import run_image

from .guest import FIRMWARE

BOARDS = {"m4": "stm32f4-discovery", "m7": "nucleo-f746zg"}
IMAGES = ["kws-m4", "kws-m7", "cifar10-m7"]


@pytest.mark.parametrize("core", BOARDS)
def test_it_hears_its_built_in_clip(core):
    run, printed = run_image(FIRMWARE / "prebuilt" / f"kws-{core}.elf")
    assert (run.stop.reason, run.stop.status) == ("exit", 0)
    assert (run.core, run.board) == (f"cortex-{core}", BOARDS[core])
    assert printed.startswith(b"yes ")


def test_it_names_the_class_of_its_built_in_image():
    run, printed = run_image(FIRMWARE / "prebuilt" / "cifar10-m7.elf")
    assert (run.stop.reason, run.stop.status) == ("exit", 0)
    assert (run.core, run.board) == ("cortex-m7", BOARDS["m7"])
    assert printed.startswith(b"class ")


@pytest.mark.parametrize("name", IMAGES)
def test_it_is_fresh(name, shipped_build):
    require_blessed()
    program, core = name.split("-")
    built = load_image(shipped_build / BOARDS[core] / f"{program}.elf")
    kept = load_image(FIRMWARE / "prebuilt" / f"{name}.elf")
    assert kept.segments == built.segments, "run make -C firmware prebuilt"
