"""The images in the repository, for those who have no compiler."""

import pytest
from toolchain import require_blessed

from armsim.machine.image import load_image
from armsim.session import run_image

from .guest import FIRMWARE

IMAGES = {"m4": "stm32f4-discovery", "m7": "nucleo-f746zg"}


@pytest.mark.parametrize("core", IMAGES)
def test_it_hears_its_built_in_clip(core):
    run, printed = run_image(FIRMWARE / "prebuilt" / f"kws-{core}.elf")
    assert (run.stop.reason, run.stop.status) == ("exit", 0)
    assert (run.core, run.board) == (f"cortex-{core}", IMAGES[core])
    assert printed.startswith(b"yes ")


@pytest.mark.parametrize("core", IMAGES)
def test_it_is_fresh(core, shipped_build):
    require_blessed()
    built = load_image(shipped_build / IMAGES[core] / "kws.elf")
    kept = load_image(FIRMWARE / "prebuilt" / f"kws-{core}.elf")
    assert kept.segments == built.segments, "run make -C firmware prebuilt"
