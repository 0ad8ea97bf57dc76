"""What a run of the benchmark found: kept as JSON, and compared with a baseline."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path

from benchmarks.speed.guests import ROOT
from benchmarks.speed.lengths import Command, Length
from benchmarks.speed.measure import Row

MOST_LOST = 0.4  # of a ratio of the baseline: other hosts differ, and CI's are busy
KWS_NEEDED = 0.5  # of unicorn's speed, on the interpreter
WARM_SECONDS, FIRST_SECONDS, PEAK_MIB, OF_THREADED = 0.6, 10.0, 400.0, 1.1


@dataclass
class Results:
    """All that was measured in one run; parts that were left out are empty."""

    made: dict[str, str]
    steady: list[Row] = field(default_factory=list)
    kws: list[Row] = field(default_factory=list)
    lengths: list[Length] = field(default_factory=list)
    sizes: list[Length] = field(default_factory=list)
    command: Command | None = None
    labwired: dict[str, tuple[float, float] | None] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write everything as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def ratios(results: dict[str, object]) -> Iterator[tuple[str, float]]:
    """Yield the name and the value of each ratio in the JSON form of results."""
    for part in ("steady", "kws"):
        for row in results[part]:  # type: ignore[attr-defined]
            for machine, ratio in row["ratio"].items():
                if machine != "unicorn":
                    yield f"{row['image']} on {row['core']}, {machine}", ratio


def fallen(results: dict[str, object], baseline: dict[str, object]) -> list[str]:
    """Return a line for each ratio that is far below that of the baseline."""
    before = dict(ratios(baseline))
    return [
        f"{name}: {now:.2f} of the reference's speed, {before[name]:.2f} in the baseline"
        for name, now in ratios(results)
        if name in before and now < (1 - MOST_LOST) * before[name]
    ]


def missed(results: Results) -> list[str]:
    """Return a line for each target that was not reached."""
    lines = [
        f"{row.image} on {row.core}: auto has {row.ratio['auto']:.2f} of QEMU's speed, "
        f"wanted is {row.target}"
        for row in results.steady
        if row.ratio["auto"] < row.target
    ]
    lines += [
        f"kws on {row.core}: the interpreter has {row.ratio['interpreter']:.2f} of unicorn's "
        f"speed, wanted is {KWS_NEEDED}"
        for row in results.kws
        if row.ratio["interpreter"] < KWS_NEEDED
    ]
    for one in results.lengths + results.sizes:
        lines += [
            f"{one.image}, {one.instructions:,} instructions: {way} takes {ratio:.2f} times as "
            f"long as threaded, wanted is {OF_THREADED}"
            for way, ratio in one.of_threaded.items()
            if ratio > OF_THREADED
        ]
    if (command := results.command) is not None:
        many = f"peak with {command.functions} functions, MiB"
        for what, value, most in (
            ("warm, s", command.warm, WARM_SECONDS),
            ("first run ever, s", command.first, FIRST_SECONDS),
            ("peak, MiB", max(command.peak_mib.values()), PEAK_MIB),
            (many, max(command.peak_mib_many.values()), PEAK_MIB),
        ):
            if value > most:
                lines.append(f"armsim run, {what}: {value}, wanted is at most {most}")
    return lines


def made(how: str) -> dict[str, str]:
    """Return when, where and of what results are."""
    qemu = subprocess.run(["qemu-system-arm", "--version"], capture_output=True, text=True).stdout
    found = re.search(r"version (\S+)", qemu)
    return {
        "date": date.today().isoformat(),
        "commit": _commit(),
        "host": _host(),
        "how": how,
        "python": platform.python_version(),
        "qemu": found[1] if found else "unknown",
        "unicorn": version("unicorn"),
    }


def _host() -> str:
    """Return the processor's name and how many of them there are."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores"


def _commit() -> str:
    """Return the commit of the tree, with a plus sign if files differ from it."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + ("+" if changed else "")
