"""What the machine runs in an IT block, and that the block goes on behind it."""

import gc
import weakref

import pytest
from machines import ALL, CODE, FLASH, FLASH_SIZE, RAM, Compiled, Machine, Plain

from armsim.dsl.state import IPSR, ITSTATE, NEXT_PC, S0, SP, apsr, set_apsr

ZERO = 1 << 30
HARD_FAULT = 3
ITT_EQ, ITE_EQ, IT_EQ, ADD_R0, ADD_R1 = 0xBF04, 0xBF0C, 0xBF08, 0x3001, 0x3101
UNDEFINED, BKPT = (0xB800,), (0xBE05,)
VSEL = (0xFE01, 0x0AA1)  # vseleq.f32 s0, s3, s3
DOUBLE, SINGLE = (0xEE30, 0x0B00), (0xEE30, 0x0A00)  # vadd.f64 d0, d0, d0; vadd.f32 s0, s0, s0
UNDEFINSTR, NOCP = 1 << 16, 1 << 19


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


def machine_with(
    halfwords: tuple[int, ...], flags: int, features: frozenset[str] = ALL
) -> Compiled:
    machine = Compiled(features)
    machine.reset()
    machine.place("nop\n" * 16, FLASH + 0x200)  # where all vectors lead
    machine.place(b"".join(half.to_bytes(2, "little") for half in (*halfwords, *[0xBF00] * 8)))
    set_apsr(machine.core, flags)
    return machine


def stacked(machine: Compiled) -> tuple[int, int]:
    """Return the return address in the frame, and its IT state."""
    frame = int(machine.state[SP])
    xpsr = machine.memory.load(frame + 28, 4)
    return machine.memory.load(frame + 24, 4), xpsr >> 8 & 0xFC | xpsr >> 25 & 3


NO_FPU, SINGLE_ONLY = frozenset[str](), frozenset({"fp", "fp5"})


@pytest.mark.parametrize(
    ("word", "features", "cfsr"),
    [
        (UNDEFINED, ALL, UNDEFINSTR), (SINGLE, NO_FPU, NOCP), (DOUBLE, NO_FPU, NOCP),
        (DOUBLE, SINGLE_ONLY, UNDEFINSTR), (VSEL, frozenset({"fp"}), UNDEFINSTR),
    ],
)  # fmt: skip
def test_what_is_undefined_faults_where_its_condition_holds_and_else_is_skipped(
    word: tuple[int, ...], features: frozenset[str], cfsr: int
) -> None:
    for first in (False, True):  # else last
        program = (ITE_EQ, *word, ADD_R1) if first else (ITT_EQ, ADD_R0, *word, ADD_R1)
        place = CODE + (2 if first else 4)
        machine = machine_with(program, ZERO, features)
        machine.run(4)
        assert machine.state[IPSR] == HARD_FAULT
        assert machine.core.exceptions.cfsr == cfsr
        assert stacked(machine) == (place, ITE_EQ & 0xFF if first else 0x08)
        machine = machine_with(program, 0, features)
        machine.run(4)
        assert machine.core.exceptions.cfsr == machine.state[IPSR] == 0
        assert [int(word) for word in machine.state[:2]] == [0, 1]
        assert machine.state[ITSTATE] == 0


def test_a_machine_that_met_an_undefined_word_in_a_block_is_let_go() -> None:
    machine = machine_with((ITE_EQ, *UNDEFINED, ADD_R1), ZERO)
    machine.run(4)
    gone = weakref.ref(machine.core)
    del machine
    gc.collect()
    assert gone() is None


def test_an_undefined_word_is_skipped_by_a_return_into_the_block() -> None:
    machine = machine_with((ITE_EQ, *UNDEFINED, ADD_R1), 0)
    machine.run(1)  # stops behind the IT instruction
    assert machine.state[ITSTATE] == ITE_EQ & 0xFF
    machine.run(2)
    assert [int(word) for word in machine.state[:2]] == [0, 1]


@pytest.mark.parametrize("flags", [0, ZERO])
def test_a_breakpoint_asks_no_condition(flags: int) -> None:
    machine = machine_with((ITT_EQ, ADD_R0, *BKPT), flags)
    machine.run(3)
    assert machine.state[IPSR] == HARD_FAULT
    assert stacked(machine) == (CODE + 4, 0x08)
    assert machine.state[0] == (flags == ZERO)


@pytest.mark.parametrize("flags", [0, ZERO])
def test_what_cannot_be_fetched_in_an_it_block_faults_with_its_place_in_it(flags: int) -> None:
    machine = machine_with((), flags)
    end = FLASH + FLASH_SIZE
    machine.place(b"".join(half.to_bytes(2, "little") for half in (ITT_EQ, ADD_R0)), end - 4)
    machine.state[NEXT_PC] = end - 4
    machine.run(3)
    assert machine.core.exceptions.cfsr == 1 << 8  # IBUSERR
    assert stacked(machine) == (end, 0x08)


@pytest.mark.parametrize("flags", [0, ZERO])
@pytest.mark.parametrize("engine", [Plain, Compiled])
def test_instructions_of_fpv5_without_a_condition_obey_that_of_the_block(
    engine: type[Machine], flags: int
) -> None:
    machine = engine()
    machine.reset()
    machine.place(b"".join(half.to_bytes(2, "little") for half in (IT_EQ, *VSEL)))
    machine.state[S0], machine.state[S0 + 3] = 1, 3
    set_apsr(machine.core, flags)
    machine.run(2)  # type: ignore[attr-defined]
    assert machine.state[S0] == (3 if flags else 1)


def test_a_branch_before_the_end_of_an_it_block_is_undefined() -> None:
    for flags, cfsr in ((0, 0), (ZERO, UNDEFINSTR)):
        machine = machine_with((ITT_EQ, 0x4718, ADD_R0), flags)  # bx r3
        machine.run(4)
        assert machine.core.exceptions.cfsr == cfsr
        assert machine.state[0] == 0
    cause = machine.core.exceptions.faults[0].cause
    assert cause == "undefined instruction 4718 (UNPREDICTABLE in this place of an IT block)"


@pytest.mark.parametrize("half", [0xD0FE, 0xB108, IT_EQ])  # beq, cbz, it
def test_what_may_not_stand_in_an_it_block_is_undefined(half: int) -> None:
    machine = machine_with((IT_EQ, half), ZERO)
    machine.run(2)
    assert machine.core.exceptions.cfsr == UNDEFINSTR
    assert stacked(machine) == (CODE + 2, 0x08)


@pytest.mark.parametrize("half", [0x4718, 0x4798, 0xBD00, 0x469F, 0xE7FE])
def test_a_branch_may_end_an_it_block(half: int) -> None:  # bx, blx, pop {pc}, mov pc, b
    machine = machine_with((ITT_EQ, ADD_R0, half), 0)
    machine.run(4)
    assert machine.core.exceptions.cfsr == 0
    assert machine.core.pc == CODE + 8
