"""How cost grows with a program's length and size: wall time of fresh processes."""

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from armsim.machine.image import load_image
from armsim.session import run_image
from benchmarks.speed.guests import BOARDS, MANY, Guest, build, guest
from benchmarks.speed.machines import ENGINES
from benchmarks.speed.measure import Disagreement
from benchmarks.speed.processes import Spent, armsim_run, forget_regions, qemu

CORE = "m4"
BOARD = BOARDS[CORE]
WAYS = ("qemu", "threaded", "auto, first", "auto, again")


@dataclass
class Length:
    """One program: seconds from start to finish in each way, and `auto` over `threaded`."""

    image: str
    instructions: int
    seconds: dict[str, float] = field(default_factory=dict)
    of_threaded: dict[str, float] = field(default_factory=dict)
    image_bytes: int = 0


@dataclass
class Command:
    """`armsim run` in a process of its own: seconds, and peak memory in MiB."""

    instructions: int
    warm: float
    first: float
    functions: int  # of the larger program
    peak_mib: dict[str, float]
    peak_mib_many: dict[str, float]


def by_length(name: str, lengths: Sequence[float], rounds: int, cache: Path) -> list[Length]:
    """Return what programs of about those many instructions take."""
    found = []
    for length in lengths:
        image = build(guest(name), CORE, guest(name).rounds(int(length)))
        found.append(_timed(name, image, rounds, cache))
    return found


def by_size(powers: Sequence[int], instructions: int, rounds: int, cache: Path) -> list[Length]:
    """Return what the same work takes as 16, 256 and 4096 functions."""
    found = []
    for power in powers:
        functions = 16**power
        length = _timed(f"{functions} functions", _many(power, instructions), rounds, cache)
        found.append(length)
    return found


def command(rounds: int, cache: Path, long: int, power: int) -> Command:
    """Measure `armsim run` on a million instructions, and every engine's peak memory."""
    branchy = guest("branchy")
    image = build(branchy, CORE, branchy.rounds(1_000_000))
    counted = run_image(image, board=BOARD)[0].instructions
    with tempfile.TemporaryDirectory() as folder:
        first = armsim_run(image, BOARD, "auto", Path(folder)).wall
    armsim_run(image, BOARD, "auto", cache)
    warm = median(armsim_run(image, BOARD, "auto", cache).wall for _ in range(2 * rounds + 1))
    forget_regions(cache)
    return Command(
        counted,
        round(warm, 3),
        round(first, 2),
        16**power,
        _peaks(build(branchy, "m7", branchy.rounds(long)), BOARDS["m7"], cache),
        _peaks(_many(power, 20_000_000), BOARD, cache),
    )


def _peaks(image: Path, board: str, cache: Path) -> dict[str, float]:
    return {one: round(armsim_run(image, board, one, cache).peak_mib, 1) for one in ENGINES}


def _many(power: int, instructions: int) -> Path:
    """Return an image of 16**power functions that runs about that many instructions."""
    rounds = Guest(MANY.name, MANY.what, 32 * 16**power).rounds(instructions)
    return build(MANY, CORE, rounds, f"POWER={power}")


def _timed(name: str, image: Path, rounds: int, cache: Path) -> Length:
    """Run an image in every way, in turns."""
    run, printed = run_image(image, board=BOARD)
    code = sum(len(segment.data) for segment in load_image(image).segments)
    length = Length(name, run.instructions, image_bytes=code)
    walls: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for way in WAYS:
            spent = _run(way, image, cache)
            if spent.printed != printed.decode():
                raise Disagreement(f"{image.name}, {way}: {spent.printed!r}, not {printed!r}")
            walls[way].append(spent.wall)
    length.seconds = {way: round(median(walls[way]), 3) for way in WAYS}
    for way in WAYS[2:]:
        pairs = zip(walls[way], walls["threaded"], strict=True)
        length.of_threaded[way] = round(median(a / b for a, b in pairs), 3)
    return length


def _run(way: str, image: Path, cache: Path) -> Spent:
    if way == "qemu":
        return qemu(image, BOARD)
    if way == "auto, first":
        forget_regions(cache)
    return armsim_run(image, BOARD, way.split(",")[0], cache)
