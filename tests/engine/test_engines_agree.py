"""All engines do the same, instruction by instruction and cycle by cycle, whatever a guest does.

`ARMSIM_FUZZ_SEED` chooses other programs; a failure prints the shortest one that still differs.
`make fuzz` runs a hundred thousand.
"""

import os
import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest
from machines import Plain

from .agreement import ENGINES, MODELS, Bench, eager, listing, model_of, seeds, shrink
from .pieces import Jump, Mark, move
from .random_programs import Writer, start, structured
from .wild_programs import CCR, FLASH_ACR, IN_FLASH, Maker, Program, program

SEED = os.environ.get("ARMSIM_FUZZ_SEED", "1")
PARTS, PROGRAMS = 20, 100  # a part is one test; 2,000 programs in all
LARGE = 12  # programs of more units, translated as they are in use


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"))


@pytest.fixture
def seeds_of(request: pytest.FixtureRequest) -> Iterator[str]:
    return seeds(f"{SEED}.{request.node.name}")


def check(bench: Bench, one: Program, model: str, engines: Sequence[str] = ENGINES) -> None:
    """Fail with the shortest program that still differs if engines differ on one."""
    found = bench.difference(one, model, engines)
    if found:
        short = shrink(one, lambda candidate: bool(bench.difference(candidate, model, engines)))
        again = bench.difference(short, model, engines)
        pytest.fail(f"{model}: {found}\n{again}\n{listing(short)}")


@pytest.mark.parametrize("part", range(PARTS))
def test_engines_agree_on_small_programs(bench: Bench, seeds_of: Iterator[str], part: int) -> None:
    with eager():
        for number, seed in enumerate(islice(seeds_of, PROGRAMS)):
            model = model_of(seed)
            # What is not hot runs in the threaded engine anyway.
            engines = ENGINES if number % 4 == 0 else ("interpreter", "translator")
            check(bench, program(seed, core_of(model), instructions=400), model, engines)


@pytest.mark.parametrize("model", MODELS)
def test_engines_agree_on_larger_programs(
    bench: Bench, seeds_of: Iterator[str], model: str
) -> None:
    with eager(quick=False):
        for _ in range(LARGE):
            check(bench, program(next(seeds_of), core_of(model), 3, 2500), model)


@pytest.mark.parametrize("model", ["m4", "m7"])
@pytest.mark.parametrize("rounds", range(3, 12, 2))
def test_what_was_hot_under_another_setting_is_not_mixed_with_what_is_now(
    bench: Bench, model: str, rounds: int
) -> None:
    register, one, other = (CCR, 0x200, 0x3_0200) if model == "m7" else (FLASH_ACR, 0x705, 5)
    maker = Maker(random.Random(rounds), model)
    maker.add(move(10, 0), Mark("outer"), move(9, rounds), Mark("top"))
    maker.add("adds r0, r0, #1", "mov.w r4, r4", Jump("b", "next"), Mark("next"), "eors r3, r0")
    maker.add("subs.w r9, r9, #1", Jump("ne", "top"), "adds.w r10, r10, #1", "tst.w r10, #1")
    maker.add(Jump("ne", "odd"))
    maker.store(register, one)
    maker.add(Jump("b", "outer"), Mark("odd"))
    maker.store(register, other)
    maker.add(Jump("b", "outer"))
    with eager():
        for count in (50, 91, 137, 233):
            stops = [("instructions", count)] * 20
            check(bench, Program("setting", model, IN_FLASH, maker.pieces, [], b"", stops), model)


def core_of(model: str) -> str:
    """Return the core that a model is run on."""
    return "m4" if model == "m4" else "m7"


@pytest.mark.parametrize("number", range(6))
def test_the_translator_does_what_plain_python_does(bench: Bench, number: int) -> None:
    from machines import Compiled

    seed = f"{SEED} plain {number}"
    writer: Writer = structured(random.Random(seed))
    with eager(warm=20):
        one, other = Plain(), Compiled(engine="translator")
        for machine in (one, other):
            machine.reset()
            writer.place(machine)
            start(machine, random.Random(seed))
        for count in random.Random(seed).sample(range(1, 200), 8):
            one.run(count)
            other.run(count)
            assert one.seen() == other.seen(), f"seed {seed!r}"
            assert bytes(one.ram) == bytes(other.ram), f"seed {seed!r}"
        assert other.engine._regions is not None


def test_what_differs_is_shrunk_to_what_matters() -> None:
    one = program("shrink", "m7", 3)
    wanted = one.pieces[len(one.pieces) // 2]
    short = shrink(one, lambda candidate: any(piece is wanted for piece in candidate.pieces))
    assert (short.pieces, len(short.stops), short.setup) == ([wanted], 1, [])


def test_a_planted_error_is_found(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from armsim.engine.translate import _Writer

    counted = _Writer._count
    monkeypatch.setattr(  # what branches is not counted, so that cycles have the wrong cause
        _Writer,
        "_count",
        lambda self, name, place: name.endswith("n") and counted(self, name, place),
    )
    bench.renew()
    with eager():
        found = [
            bench.difference(program(f"planted.{k}", "m4", instructions=500), "m4")
            for k in range(10)
        ]
    bench.renew()
    assert any(found)


def test_a_seed_gives_the_same_program_again() -> None:
    one, again = program("again", "m4"), program("again", "m4")
    assert one == again


def test_firmware_gives_the_same_bytes_in_every_engine(tmp_path: Path) -> None:
    import json

    from armsim.report.result import as_dict
    from armsim.session import run_image

    for image in sorted((Path(__file__).parents[2] / "firmware" / "prebuilt").glob("*.elf")):
        texts = set()
        for name in ("interpreter", "threaded", "translator", "auto"):
            run, printed = run_image(image, engine=name)
            result = as_dict(run)
            for key in ("host_seconds", "host_mips", "engine"):
                del result[key]
            texts.add(json.dumps(result) + printed.decode())
        assert len(texts) == 1, image.name
