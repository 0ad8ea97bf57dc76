"""The compiled interpreter does what the plain Python meanings do, instruction by instruction."""

import random
from functools import cache
from itertools import pairwise

import pytest
from machines import CODE, MODELS, Compiled, Plain

from .random_programs import MEMORY, STRAIGHT, Writer, start, structured

SEED = 41_507


@cache
def plain() -> Plain:
    return Plain()


@cache
def compiled(model: str) -> Compiled:
    return Compiled(model=model)


def difference(one: Plain, other: Compiled) -> str:
    """Say how two machines differ; empty if they do not."""
    left, right = one.seen(), other.seen()
    text = "".join(
        f"{name}: plain {left[name]:#x}, compiled {right[name]:#x}\n"
        for name in left
        if left[name] != right[name]
    )
    for at, (a, b) in enumerate(zip(bytes(one.ram), bytes(other.ram), strict=True)):
        if a != b:
            text += f"RAM + {at:#x}: plain {a:#x}, compiled {b:#x}\n"
            break
    if one.instructions != other.instructions:
        text += f"instructions: plain {one.instructions}, compiled {other.instructions}\n"
    return text


def same_start(writer: Writer, seed: str, *machines: Plain | Compiled) -> int:
    """Load a program and random values into machines; return the address behind the program."""
    end = 0
    for machine in machines:
        machine.reset()
        end = writer.place(machine)
        start(machine, random.Random(seed))
    return end


@pytest.mark.parametrize("part", range(12))
@pytest.mark.parametrize("model", ["m4", "m7"])
def test_straight_programs_of_all_encodings(model: str, part: int) -> None:
    used: set[str] = set()
    for number in range(8):
        seed = f"{SEED} {part} {number}"
        source = random.Random(seed)
        writer = Writer(source)
        pool = [STRAIGHT, MEMORY][number % 2][part::12]
        for _ in range(100):
            writer.straight(pool)
        writer.text(f"b #{writer.here}")
        used |= writer.used
        one, other = plain(), compiled(model)
        same_start(writer, seed, one, other)
        for count in (1, 30, 100, 150, 200):
            one.run(count)
            other.run(count)
            wrong = difference(one, other)
            assert not wrong, f"seed {seed!r}, {one.instructions} instructions:\n{wrong}"
            other.check_causes()
    assert len(used) > len(STRAIGHT[part::12]) * 0.9


# Models whose cycles do not hang on where blocks begin and end.
EXACT = ["chained", *(name for name in ("m4", "m7") if not MODELS[name]().version.endswith("-0.1"))]


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("model", EXACT)
def test_every_instruction_limit_stops_exactly_there(model: str, number: int) -> None:
    seed = f"{SEED} structured {number}"
    writer = structured(random.Random(seed))
    one, stepped, fresh = plain(), compiled(model), Compiled(model=model)
    same_start(writer, seed, one, stepped, fresh)
    cycles = [0]
    for count in range(1, 300):
        one.run(1)
        stepped.run(1)
        wrong = difference(one, stepped)
        assert not wrong, f"seed {seed!r}, step {count}, at {one.path[-3:]}:\n{wrong}"
        stepped.check_causes()
        cycles.append(stepped.engine.now())
    for count in [*range(1, 40), *random.Random(seed).sample(range(60, 300), 30)]:
        for machine in (one, fresh):
            machine.rewind()
            start(machine, random.Random(seed))
            machine.run(count)
        wrong = difference(one, fresh)
        assert not wrong, f"seed {seed!r}, {count} instructions at once:\n{wrong}"
        fresh.check_causes()
        assert fresh.engine.now() == cycles[count], f"seed {seed!r}, {count} instructions"


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("model", EXACT)
def test_a_cycle_limit_stops_at_the_first_boundary_that_reaches_it(model: str, number: int) -> None:
    seed = f"{SEED} structured {number}"
    writer = structured(random.Random(seed))
    machine = compiled(model)
    same_start(writer, seed, machine)
    cycles = [0]
    for _ in range(400):
        machine.run(1)
        cycles.append(machine.engine.now())
    # A failed condition may give back cycles that would have been booked on what follows.
    assert all(later >= earlier - 2 for earlier, later in pairwise(cycles))
    for limit in range(1, cycles[300], 11):
        machine.rewind()
        start(machine, random.Random(seed))
        machine.engine.run(max_cycles=limit)
        done, now = machine.instructions, machine.engine.now()
        where = f"seed {seed!r}, limit {limit}: stopped after {done} instructions, {now} cycles"
        if cycles[done] < limit:  # behind the entry of an exception that instruction done + 1 made
            assert limit <= now <= cycles[done + 1], where
        else:
            assert cycles[done - 1] < limit + 2, where
            assert now == cycles[done], where
        machine.check_causes()


@pytest.mark.parametrize("condition", range(15))
def test_it_blocks_under_every_condition_and_all_flags(condition: int) -> None:
    one, other = plain(), compiled("m7")
    source = random.Random(f"{SEED} it {condition}")
    writer = Writer(source)
    for length in range(1, 5):
        for pattern in range(1 << length - 1):
            mask = 1 << 4 - length
            for k in range(1, length):
                bit = 0 if condition == 14 else pattern >> k - 1 & 1
                mask |= (condition & 1 ^ bit) << 4 - k
            writer.code.append(0xBF00 | condition << 4 | mask)
            # flags change within the block, as the conditions of the rest must see
            writer.code += [0x3001 | k << 8 for k in range(length)]
    writer.text(f"b #{writer.here}")
    for flags in range(16):
        for machine in (one, other):
            machine.reset()
            writer.place(machine)
            machine.state[17], machine.state[18] = flags >> 3 << 31, 1 - (flags >> 2 & 1)
            machine.state[19], machine.state[20] = flags >> 1 & 1, flags & 1
            machine.run(len(writer.code))
        assert not difference(one, other), f"flags {flags:04b}"
        assert one.path[0] == CODE
