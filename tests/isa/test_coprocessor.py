"""Coprocessor instructions and unallocated hints."""

import pytest
from machines import CODE, FLASH, Compiled, Machine, Plain

from armsim.dsl.state import IPSR, NOCP

HARD_FAULT = 3
ABSENT = [
    "mcr p15, #0, r0, c1, c0, #2",
    "mrc2 p15, #0, r0, c1, c0, #2",
    "mrc p14, #0, apsr_nzcv, c1, c0, #2",
    "mcrr p15, #2, r0, r1, c3",
    "mrrc2 p7, #2, r0, r1, c3",
    "cdp p14, #3, c1, c10, c5, #2",
    "ldc p15, c0, [r1, #0x10]",
    "ldcl p15, c0, [r1], {4}",
    "stc2 p15, c0, [r1, #-0x10]!",
    "stc2l p15, c0, [r1], #0x10",
]
HINTS = ["pldw [r1, #4]", "pldw [r1, #-0x4]", "pldw [r1, r2, lsl #2]", "ldrsh.w pc, [r1, #4]",
         "ldrsh pc, [r1, #-0x4]", "ldrh.w pc, [pc, #4]", "ldrsh.w pc, [pc, #-0x4]"]  # fmt: skip


@pytest.fixture(params=[Plain, Compiled], ids=["reference", "interpreter"])
def machine(request: pytest.FixtureRequest) -> Machine:
    made: Machine = request.param()
    made.reset()
    return made


@pytest.mark.parametrize("text", ABSENT)
def test_an_absent_coprocessor_is_a_usage_fault(text: str, machine: Machine) -> None:
    machine.place("nop\nnop\nnop", FLASH + 0x200)
    machine.place(f"{text}\nb #{CODE + 4:#x}")
    machine.run(2)  # type: ignore[attr-defined]
    assert machine.state[IPSR] == HARD_FAULT  # UsageFault is not enabled
    assert machine.core.exceptions.cfsr == 1 << 16 + NOCP
    assert machine.memory.load(int(machine.state[13]) + 24, 4) == CODE


@pytest.mark.parametrize("text", HINTS)
def test_an_unallocated_hint_does_nothing(text: str, machine: Machine) -> None:
    machine.place(f"{text}\nmovs r0, #5")
    before = machine.seen()
    machine.run(2)  # type: ignore[attr-defined]
    assert machine.seen() == before | {"r0": 5, "slot16": CODE + 6}  # NEXT_PC
