"""What the manual says and no oracle here can tell."""

import io
from pathlib import Path

import pytest
from machines import CODE, FLASH, Plain

from armsim.choices import choose_board
from armsim.dsl.state import IPSR, LR, SP
from armsim.machine.image import load_image
from armsim.session import Session

from .builds import TARGETS, Build, compile_build

EXPECTED = """\
debug monitor
  monitor: breakpoint 0000be05, return fffffff9, dfsr 00000002
  monitor: breakpoint {next:08x}, return fffffff9, dfsr 00000000
  hard: return fffffff9, cfsr 00000000 hfsr 80000000
  hard: return fffffff9, cfsr 00000000 hfsr 80000000
bfhfnmign
  value 00000056, cfsr 00018200 hfsr 40000000 bfar 90000000
lazy stacking
  bus fault: cfsr 00002000 lspact 1, instruction 0000eeb7
  went on, lspact 0
what is pending when a fault comes
  hard: return ffffffe9, cfsr 00010000 hfsr 40000000
  17, return ffffffe9
"""


@pytest.mark.parametrize("target", ["m4-hard", "m7-double"])
@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_a_program_prints_what_the_manual_says(tmp_path: Path, target: str, level: str) -> None:
    image = load_image(compile_build(Build("manual", target, level), tmp_path))
    output = io.BytesIO()
    board = choose_board(image, board=TARGETS[target][0])
    Session(image, board, stdout=output, stdin=io.BytesIO()).run(max_instructions=1_000_000)
    lines = output.getvalue().decode().splitlines()
    pended = int(lines[2].split()[2].rstrip(","), 16)  # the instruction behind a barrier
    assert lines == EXPECTED.format(next=pended).splitlines()


def machine_with_vectors() -> Plain:
    machine = Plain()
    machine.reset()
    vectors = b"".join(
        (FLASH + 0x201 + 8 * number).to_bytes(4, "little") for number in range(2, 48)
    )
    machine.memory.place(FLASH + 8, vectors)
    exceptions = machine.core.exceptions
    for number, priority in ((16, 0x80), (17, 0x40)):
        exceptions.enable(number, True)
        exceptions.priority[number] = priority
    return machine


def test_a_more_urgent_exception_that_comes_during_stacking_is_taken_first() -> None:
    machine = machine_with_vectors()
    exceptions, before = machine.core.exceptions, int(machine.state[SP])
    exceptions.pend(16)
    exceptions.settle = lambda: exceptions.pend(17)
    exceptions.enter()
    assert machine.state[IPSR] == 17
    assert exceptions.pending == {16}
    assert machine.core.pc == FLASH + 0x200 + 8 * 17
    assert before - int(machine.state[SP]) in (0x20, 0x68)  # one frame, for both


def test_a_less_urgent_one_that_comes_during_stacking_is_chained() -> None:
    machine = machine_with_vectors()
    exceptions = machine.core.exceptions
    exceptions.pend(17)
    exceptions.settle = lambda: exceptions.pend(16)
    exceptions.enter()
    assert machine.state[IPSR] == 17
    exceptions.settle = lambda: None
    link, stack = int(machine.state[LR]), int(machine.state[SP])
    exceptions.leave(link & ~1)
    assert (machine.state[IPSR], int(machine.state[LR]), int(machine.state[SP])) == (
        16,
        link,
        stack,
    )
    exceptions.leave(link & ~1)
    assert (machine.state[IPSR], machine.core.pc) == (0, CODE)
