"""The latency of a network does not hang on its weights, nor on how it was built."""

import shutil

import pytest

from armsim.nn.catalogue import architecture
from armsim.nn.latency import LatencyError, simulated, untrained
from armsim.nn.translate import translate
from armsim.nn.translate.board import BOARD_OF_CORE

from .translated import KERNELS, build, run

pytestmark = pytest.mark.skipif(
    shutil.which("arm-none-eabi-gcc") is None, reason="there is no cross compiler"
)


@pytest.mark.parametrize("core", BOARD_OF_CORE)
def test_other_weights_take_as_long(core: str) -> None:
    net = architecture("dnn_s")
    one, other = (simulated(untrained(net, seed=seed), core) for seed in (1, 2))
    assert one.cycles != 0
    assert abs(one.cycles - other.cycles) < 0.005 * one.cycles


def test_cycles_are_those_that_the_firmware_shows(tmp_path) -> None:
    graph = untrained(architecture("dnn_s"))
    translate(graph, tmp_path / "c")
    shown = run(build(tmp_path / "c", "m7")).stdout
    total = next(line.split() for line in shown.splitlines() if line.startswith("total"))
    found = simulated(graph, "m7")
    assert abs(found.cycles - int(total[1])) < 0.01 * found.cycles
    assert found.seconds == found.cycles / 216_000_000


def test_a_compiler_that_fails_is_one_line(tmp_path) -> None:
    shutil.copytree(KERNELS.parent / "firmware" / "boards", tmp_path / "firmware" / "boards")
    header = tmp_path / "kernels" / "include" / "arm_nnfunctions.h"
    header.parent.mkdir(parents=True)
    header.touch()
    rule = "build/m7/libkernels.a:\n\t@echo 'broken.c:1:1: error: what?' >&2; exit 1\n"
    (tmp_path / "kernels" / "Makefile").write_text(rule)
    with pytest.raises(LatencyError, match=r"^make failed: broken.c:1:1: error: what\?$"):
        simulated(untrained(architecture("dnn_s")), "m7", kernels=tmp_path / "kernels")
