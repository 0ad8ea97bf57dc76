"""Every core has a cost for every instruction, with a source, and costs do not hang on blocks."""

import importlib
import pkgutil
import random
from collections.abc import Iterator

import pytest
from machines import CODE, MODELS

import armsim.timing
from armsim.dsl import FEATURES, Instruction, Timing, definitions
from armsim.dsl.cost import CAUSES, CoreModel, Cost
from armsim.engine.blocks import ends_block
from armsim.engine.decoder import Decoded, Decoder, UndefinedInstruction, is_wide

SEED = 90_125
CORES = ("m4", "m7")
DECODER = Decoder(frozenset(FEATURES))
KNOWN_SOURCES = ("manual", "measured", "guess", "DDI", "LLVM", "GCC", "JNK", "FIT", "fit", "QUIN",
                 "COMP", "eprint", "QEMU")  # fmt: skip


@pytest.fixture(params=CORES)
def core(request: pytest.FixtureRequest) -> CoreModel:
    return MODELS[request.param]()


def words(instruction: Instruction, count: int) -> Iterator[int]:
    source = random.Random(f"{SEED} {instruction.name}")
    pattern = instruction.pattern
    for _ in range(count):
        yield source.getrandbits(pattern.width) & ~pattern.fixed | pattern.value


def decoded_at(word: int, size: int, address: int) -> Decoded | None:
    first, second = (word >> 16, word & 0xFFFF) if size == 4 else (word, 0)
    try:
        return DECODER.decode(first, second, address)
    except UndefinedInstruction:
        return None


def sequence(source: random.Random, length: int) -> list[Decoded]:
    """Return a random straight run of instructions."""
    run: list[Decoded] = []
    pool = definitions()
    while len(run) < length:
        instruction = source.choice(pool)
        pattern = instruction.pattern
        word = source.getrandbits(pattern.width) & ~pattern.fixed | pattern.value
        address = run[-1].address + run[-1].size if run else CODE
        step = decoded_at(word, instruction.size, address)
        if step is None or step.timing is Timing.IT:
            continue
        if not ends_block(step) or len(run) == length - 1:
            run.append(step)
    return run


def test_every_class_is_used_and_every_encoding_has_a_cost(core: CoreModel) -> None:
    seen: set[Timing] = set()
    for instruction in definitions():
        for word in words(instruction, 300):
            step = decoded_at(word, instruction.size, CODE)
            if step is None or step.instruction is not instruction:
                continue
            cost = core.block([step], None)
            assert len(cost.steps) == 1
            booked = [*cost.steps[0].items(), *cost.taken.items()]
            assert all(cause in CAUSES and cycles >= 0 for cause, cycles in booked)
            assert 1 <= cost.total < 64 or step.timing is Timing.IT, instruction.name
            assert cost.most_charged >= 0
            seen.add(step.timing)
            break
        else:
            pytest.fail(f"no word of {instruction.name} was found")
    assert seen == set(Timing)


def numbers(value: object, path: str) -> Iterator[tuple[str, Cost]]:
    """Yield every Cost in a value, with where it stands."""
    if isinstance(value, Cost):
        yield path, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from numbers(one, f"{path}[{key}]")
    elif isinstance(value, (tuple, list, set, frozenset)):
        for one in value:
            yield from numbers(one, path)
    elif isinstance(value, type) and value.__module__.startswith("armsim.timing"):
        for name, one in vars(value).items():
            yield from numbers(one, f"{path}.{name}")


def test_every_number_has_a_source() -> None:
    found = {}
    for module in pkgutil.iter_modules(armsim.timing.__path__, "armsim.timing."):
        for name, value in vars(importlib.import_module(module.name)).items():
            found.update(numbers(value, f"{module.name}.{name}"))
    assert len(found) >= 10
    for where, cost in found.items():
        assert cost.cycles >= 0, where
        assert any(known in cost.source for known in KNOWN_SOURCES), f"{where}: {cost.source!r}"


def test_models_have_names_and_versions(core: CoreModel) -> None:
    assert core.name in ("cortex-m4", "cortex-m7")
    assert core.version.startswith(core.name.replace("cortex-", ""))


# The first version of the M4 looks at no more than one block.
SPLITTABLE = [name for name in CORES if not MODELS[name]().version.startswith("m4-0.")]


@pytest.mark.parametrize("number", range(60))
@pytest.mark.parametrize("name", SPLITTABLE)
def test_a_run_costs_the_same_when_it_is_split(name: str, number: int) -> None:
    core, source = MODELS[name](), random.Random(f"{SEED} {number}")
    entry = core.block(sequence(source, source.randrange(1, 6)), None).fall
    run = sequence(source, source.randrange(2, 20))
    whole = core.block(run, entry)
    place = source.randrange(1, len(run))
    first = core.block(run[:place], entry)
    second = core.block(run[place:], first.fall)
    assert first.total + second.total == whole.total
    assert (second.taken, second.fall, second.branch) == (whole.taken, whole.fall, whole.branch)
    assert core.block(run, entry) == whole  # and always the same


def test_states_are_finite_in_a_loop(core: CoreModel) -> None:
    """A loop reaches a state in which it was before, so that its blocks are few."""
    source = random.Random(SEED)
    for _ in range(20):
        run = sequence(source, 12)
        assert not any(is_wide(step.word) and step.size == 2 for step in run)
        states = [core.block(run, None).branch]
        for _ in range(16):
            states.append(core.block(run, states[-1]).branch)
        assert len(set(states)) <= 8
