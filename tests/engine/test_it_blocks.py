"""What the machine runs in an IT block, and that the block goes on behind it."""

import pytest
from machines import RAM, Compiled, Machine, Plain

from armsim.dsl.state import ITSTATE, apsr, set_apsr


@pytest.fixture(params=[Plain, Compiled], ids=["reference", "interpreter"])
def machine(request: pytest.FixtureRequest) -> Machine:
    made: Machine = request.param()
    made.reset()
    return made


@pytest.mark.parametrize("flags", [0, 1 << 31])
@pytest.mark.parametrize(
    "middle", ["msrmi primask, r5", "mrsmi r4, control", "ldrtmi r4, [r6, #4]", "dsbmi sy"]
)
def test_an_it_block_goes_on_behind_a_system_instruction(
    machine: Machine, middle: str, flags: int
) -> None:
    machine.place(
        f"ittet mi\naddmi r0, r0, #1\n{middle}\naddpl r1, r1, #1\naddmi r2, r2, #1\nb #0x8000410"
    )
    machine.state[6] = RAM
    set_apsr(machine.core, flags)
    machine.run(5)  # type: ignore[attr-defined]
    negative = int(flags != 0)
    assert [int(word) for word in machine.state[:3]] == [negative, 1 - negative, negative]
    assert apsr(machine.core) == flags
    assert machine.state[ITSTATE] == 0
