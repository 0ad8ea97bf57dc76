"""No guest crashes or hangs the host, or takes its memory, whatever it is."""

from pathlib import Path

import pytest

from armsim.engine import regions

from .agreement import MODELS, Bench, Machine, eager, listing
from .pieces import Jump, Mark, Piece, move, text
from .test_engines_agree import SEED, core_of
from .wild_programs import COPY, DATA, IN_FLASH, IN_RAM, Program, noise

NOISES = 40  # programs for each model
STORMS = {
    "no handlers": ["mov32 r0, #0xe000ed08; movs r1, #0; str r1, [r0]", "udf #0"],
    "a stack in nowhere": ["mov32 r0, #0x60000000; msr msp, r0", "push {r0, r1, lr}"],
    "a stack below RAM": ["mov32 r0, #0x20000004; msr msp, r0", "svc #0"],
    "a stack in flash": ["mov32 r0, #0x08001000; msr msp, r0", "svc #0"],
    "a jump into data": [move(0, DATA | 1), "bx r0"],
    "a jump to a device": [move(0, 0x4000_0001), "blx r0"],
    "a jump to the end of everything": [move(0, 0xFFFF_FFFF), "bx r0"],
    "sleep for ever": ["cpsid i", "wfi"],
    "a load of many words across the end": [move(0, 0xFFFF_FFF8), "ldm.w r0, {r1, r2, r3, r4, r5}"],
    "a store of many words across the end": [move(0, 0xFFFF_FFF8), "stm.w r0!, {r1, r2, r3, r4}"],
    "doublewords at the end": [move(0, 0xFFFF_FFFC), "ldrd r1, r2, [r0]", "vldr d0, [r0]"],
}  # fmt: skip


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"))


def resident() -> int:
    """Return the memory of this process in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 >> 20


def program(pieces: list[Piece | str], base: int = IN_FLASH, stops: int = 3) -> Program:
    code = [text(piece) if isinstance(piece, str) else piece for piece in pieces]
    return Program("safety", "m7", base, code, [], b"", [("instructions", 5000)] * stops)


@pytest.mark.parametrize("name", STORMS)
def test_a_storm_of_faults_ends(bench: Bench, name: str) -> None:
    with eager():
        one = program([*STORMS[name], Mark("end"), Jump("b", "end")])
        assert bench.difference(one, "m7") == "", listing(one)


@pytest.mark.parametrize("model", MODELS)
def test_random_words_are_survived_by_all_engines_alike(bench: Bench, model: str) -> None:
    with eager():
        for number in range(NOISES):
            one = noise(f"{SEED}.noise.{number}", core_of(model))
            assert bench.difference(one, model) == "", f"{one.seed} for {model}"


@pytest.mark.parametrize("base", [IN_FLASH, IN_RAM])
def test_a_loop_for_ever_ends_at_its_limit(bench: Bench, base: int) -> None:
    with eager():
        one = program([Mark("a"), "adds r0, #1", "eors r1, r0", Jump("b", "a")], base)
        one.stops = [("instructions", 100_000), ("cycles", 1), ("cycles", 300_001)]
        assert bench.difference(one, "m7") == ""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc")
def test_code_that_is_patched_for_ever_takes_no_more_memory(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    load = regions.Library
    monkeypatch.setattr(regions, "Library", lambda *args: made.append(1) or load(*args))
    pieces: list[Piece | str] = [
        # MOVW r2, #number; BX LR in RAM, with another number in each round
        move(8, COPY), move(0, 0xF240), "strh.w r0, [r8]", move(0, 0x4770), "strh.w r0, [r8, #4]",
        Mark("outer"), "adds.w r10, r10, #1", "bic r0, r10, #0xff00", "bic r0, r0, #0xff0000",
        "add.w r0, r0, #0x200", "strh.w r0, [r8, #2]", move(9, 30), Mark("loop"),
        "orr r12, r8, #1", "blx r12", "subs.w r9, r9, #1", Jump("ne", "loop"), Jump("b", "outer"),
    ]  # fmt: skip
    one = program(pieces)
    one.stops = [("instructions", 20_000)] * 4
    machine: Machine = bench.machine("m7", "translator")
    with eager():
        sizes = [resident() for _ in machine.run(one)]
    assert len(made) > 300
    assert sizes[-1] - sizes[0] < 12, sizes


def test_a_setting_for_every_round_takes_no_more_memory(bench: Bench) -> None:
    pieces: list[Piece | str] = [
        move(8, 0x4002_3C00), Mark("outer"), "adds.w r10, r10, #1", "str.w r10, [r8]",
        move(9, 5), Mark("loop"), "subs.w r9, r9, #1", Jump("ne", "loop"), Jump("b", "outer"),
    ]  # fmt: skip
    one = program(pieces)
    one.core = "m4"
    with eager():
        assert bench.difference(one, "m4") == ""
    code = bench.machine("m4", "translator").session.engine.code
    assert len(code._modes) <= 20
