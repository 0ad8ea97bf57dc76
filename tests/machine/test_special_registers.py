"""What MSR and MRS do where the manual leaves room or is easily misread."""

import pytest
from machines import FLASH, Plain

from armsim.dsl.state import FAULTMASK, IPSR
from armsim.machine.faults import HARD_FAULT, NMI, SVCALL


def test_faultmask_is_cleared_by_msr_as_well() -> None:
    machine = Plain()
    machine.reset()
    machine.place("movs r0, #1\nmsr faultmask, r0\nmrs r1, faultmask\nmovs r0, #0\n"
                  "msr faultmask, r0\nmrs r2, faultmask")  # fmt: skip
    machine.run(6)
    assert [int(word) for word in machine.state[1:3]] == [1, 0]


@pytest.mark.parametrize(("number", "allowed"), [(NMI, 0), (HARD_FAULT, 0), (SVCALL, 1)])
@pytest.mark.parametrize("how", ["movs r0, #1\nmsr faultmask, r0", "nop\ncpsid f"])
def test_faultmask_can_only_be_set_below_priority_minus_1(
    number: int, allowed: int, how: str
) -> None:
    machine = Plain()
    machine.reset()
    machine.place(how, FLASH + 0x200)
    machine.core.exceptions.pend(number)
    machine.run(2)
    assert machine.state[IPSR] == number
    assert machine.state[FAULTMASK] == allowed
