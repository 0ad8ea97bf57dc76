"""Speeds in the steady state: machines take turns, and ratios are of neighbours in time."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from statistics import median

from armsim.session import run_image
from benchmarks.speed.guests import BOARDS, ROOT, Guest, build
from benchmarks.speed.machines import Machine, Ours, Qemu, Timed, Unicorn
from benchmarks.speed.processes import forget_regions

MOST_WARM_RUNS = 30
IDLE = 0.01  # seconds of processor time of other threads: nothing is being compiled
KWS_TIMES = 8  # runs timed as one: a run is some hundredths of a second


@dataclass
class Row:
    """One image on one core: speeds, and their ratios to that of `reference`."""

    image: str
    core: str
    reference: str
    instructions: int
    cycles: int
    target: float
    mips: dict[str, float] = field(default_factory=dict)
    ratio: dict[str, float] = field(default_factory=dict)
    compiling: dict[str, float] = field(default_factory=dict)


class Disagreement(Exception):
    """Two machines gave different answers; no speed is to be printed."""


def steady(
    guest: Guest, core: str, instructions: int, rounds: int, names: Sequence[str], cache: Path
) -> Row:
    """Compare our engines, and unicorn if named, with QEMU on a guest of about that length."""
    board = BOARDS[core]
    image, short = (build(guest, core, count) for count in (guest.rounds(instructions), 1))
    startup = run_image(short, board=board, engine="threaded")[0].instructions
    forget_regions(cache)
    ours = [Ours(image, board, name) for name in names if name != "unicorn"]
    row = _warmed(ours, Row(guest.name, core, "qemu", 0, 0, guest.target), lambda text: text)
    reference = Qemu(image, short, board, row.instructions - startup)
    machines: list[Machine] = [*ours]
    if "unicorn" in names:
        machines.append(Unicorn(image, board, row.instructions))
    take_turns(row, reference, machines, rounds)
    return row


def kws(core: str, rounds: int, engines: Sequence[str], cache: Path) -> Row:
    """Compare our engines with unicorn on the keyword spotter, caches and wait states included."""
    image = ROOT / "firmware" / "prebuilt" / f"kws-{core}.elf"
    forget_regions(cache)
    ours = [Ours(image, None, engine, KWS_TIMES) for engine in engines]
    row = _warmed(ours, Row("kws", core, "unicorn", 0, 0, 0.5), word_and_scores)
    reference = Unicorn(image, None, row.instructions, KWS_TIMES)
    take_turns(row, reference, ours, rounds, word_and_scores)
    return row


def word_and_scores(printed: str) -> str:
    """Return what the keyword spotter found; the cycles that it prints differ elsewhere."""
    lines = printed.splitlines()
    scores = [line for line in lines if line.startswith("scores:")]
    if len(scores) != 1:
        raise Disagreement(f"no scores in {printed!r}")
    return f"{lines[0]}\n{scores[0]}"


def _warmed(ours: Sequence[Ours], row: Row, answer: Callable[[str], str]) -> Row:
    """Run each engine until it compiles nothing more; check that they agree."""
    found = set()
    for machine in ours:
        runs: list[Timed] = []
        compiling, idle = 0.0, 0
        while idle < 2 and len(runs) < MOST_WARM_RUNS:
            mine, everyone = time.thread_time(), time.process_time()
            runs.append(machine.run())
            _wait_for_others()
            beside = time.process_time() - everyone - (time.thread_time() - mine)
            compiling += beside
            idle = idle + 1 if beside < IDLE else 0
        first, last = runs[0], runs[-1]
        if machine.name == "translator":  # it compiles where it runs
            compiling += max(0.0, first.seconds - last.seconds)
        row.compiling[machine.name] = round(compiling, 2)
        row.instructions, row.cycles = last.instructions // machine.times, machine.cycles
        found.add((answer(last.printed), row.instructions, row.cycles))
    if len(found) != 1:
        raise Disagreement(f"{row.image} on {row.core}: our engines differ: {sorted(found)}")
    return row


def _wait_for_others() -> None:
    """Wait until no other thread of this process does anything."""
    while True:
        before = time.process_time()
        time.sleep(0.1)
        if time.process_time() - before < IDLE:
            return


def take_turns(
    row: Row,
    reference: Machine,
    machines: Sequence[Machine],
    rounds: int,
    answer: Callable[[str], str] = lambda text: text,
) -> None:
    """Fill in the speeds of a row; a reference's run stands between each two others."""
    speeds: defaultdict[str, list[float]] = defaultdict(list)
    ratios: defaultdict[str, list[float]] = defaultdict(list)
    pairs = list(zip_longest(machines[::2], machines[1::2]))
    reference.run()
    for machine in machines:
        machine.run()
    for _ in range(rounds):
        for before, after in pairs:
            runs = [before.run(), reference.run()] + ([after.run()] if after else [])
            answers = {answer(one.printed) for one in runs}
            if len(answers) != 1:
                raise Disagreement(f"{row.image} on {row.core}: {sorted(answers)}")
            mips = [one.instructions / max(one.seconds, 1e-6) / 1e6 for one in runs]
            speeds[reference.name].append(mips[1])
            for machine, speed in zip((before, after), mips[::2], strict=False):
                if machine is not None:
                    speeds[machine.name].append(speed)
                    ratios[machine.name].append(speed / mips[1])
    row.mips = {name: round(median(found), 1) for name, found in speeds.items()}
    row.ratio = {name: round(median(found), 3) for name, found in ratios.items()}
