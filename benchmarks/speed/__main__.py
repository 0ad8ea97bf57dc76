"""python -m benchmarks.speed: our engines beside QEMU and unicorn, on the same images."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.speed.guests import BOARDS, BUILD, GUESTS, ROOT, Unavailable, require_tools

BASELINE = ROOT / "benchmarks" / "baseline" / "speed.json"
README = ROOT / "benchmarks" / "README.md"
PICTURE = Path(__file__).with_name("speed.svg")
RESULTS = BUILD / "speed.json"
CACHE = BUILD / "cache"
PARTS = ("steady", "kws", "lengths", "sizes", "command", "labwired")


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    name: str
    instructions: int
    rounds: int
    every_core: bool  # else each guest on one, by turns
    machines: tuple[str, ...]  # beside QEMU
    kws_engines: tuple[str, ...]
    lengths: tuple[float, ...]
    length_guests: tuple[str, ...]
    process_rounds: int  # fresh processes of each kind
    powers: tuple[int, ...]  # of 16: numbers of functions


ENGINES = ("interpreter", "threaded", "translator", "auto")
FULL = Plan(
    name="all of it",
    instructions=150_000_000,
    rounds=5,
    every_core=True,
    machines=(*ENGINES, "unicorn"),
    kws_engines=ENGINES,
    lengths=(1e5, 1e6, 1e7, 1e8, 1e9),
    length_guests=("small", "branchy"),
    process_rounds=3,
    powers=(1, 2, 3),
)
QUICK = Plan(
    name="--quick",
    instructions=60_000_000,
    rounds=3,
    every_core=False,
    machines=("threaded", "auto"),
    kws_engines=("interpreter", "auto"),
    lengths=(1e6, 1e7, 1e8),
    length_guests=("small",),
    process_rounds=1,
    powers=(1, 2),
)


def main(words: Sequence[str] | None = None) -> int:
    """Measure, check, print; return 1 if a check failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all")
    parser.add_argument("--quick", action="store_true", help="shorter and fewer runs")
    parser.add_argument(
        "--check", action="store_true", help="fail if a ratio fell far below the baseline's"
    )
    parser.add_argument(
        "--renew", action="store_true", help="rewrite table, picture and baseline with this run"
    )
    options = parser.parse_args(words)
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"no part {part!r}; parts: {', '.join(PARTS)}")
    if options.renew and (options.quick or options.parts):
        parser.error("--renew needs a run of everything: leave out --quick and parts")
    try:
        return measured(QUICK if options.quick else FULL, options)
    except Unavailable as why:
        print(f"benchmarks.speed: {why}", file=sys.stderr)
        return 2


def measured(plan: Plan, options: argparse.Namespace) -> int:
    """Measure as planned, and do with the results what the options say."""
    require_tools()
    os.environ["ARMSIM_CACHE_DIR"] = str(CACHE / "armsim")  # before an engine looks
    try:
        from benchmarks.speed.measure import Disagreement
        from benchmarks.speed.report import markdown, with_table
        from benchmarks.speed.results import KWS_NEEDED, fallen
    except ModuleNotFoundError as missing:
        raise Unavailable(f"{missing.name} is not installed; install the extra test") from None
    try:
        results = run(plan, options.parts or PARTS)
    except Disagreement as why:
        print(f"benchmarks.speed: no speed is shown: {why}", file=sys.stderr)
        return 1
    table = markdown(results)
    print(table, end="")
    results.write(RESULTS)
    lines = [
        f"kws on {row.core}: slower than {KWS_NEEDED} of unicorn's speed"
        for row in results.kws
        if row.ratio["interpreter"] < KWS_NEEDED
    ]
    if options.check:
        lines += fallen(asdict(results), json.loads(BASELINE.read_text(encoding="utf-8")))
    if options.renew:
        from benchmarks.speed.plot import svg

        README.write_text(with_table(README.read_text(encoding="utf-8"), table), encoding="utf-8")
        PICTURE.write_text(svg(results), encoding="utf-8")
        results.write(BASELINE)
    for line in lines:
        print(f"benchmarks.speed: {line}", file=sys.stderr)
    return 1 if lines else 0


def run(plan: Plan, parts: Sequence[str]) -> "Results":  # noqa: F821  imported when needed
    """Measure some parts, and say on standard error how far it is."""
    from benchmarks.speed import labwired_board, lengths, measure
    from benchmarks.speed.results import Results, made

    results = Results(made(plan.name))

    def tell(what: str) -> None:
        print(f"... {what}", file=sys.stderr, flush=True)
        results.write(RESULTS)  # so that what was measured is there if the run is cut short

    for number, one in enumerate(GUESTS if "steady" in parts else ()):
        for core in BOARDS if plan.every_core else [list(BOARDS)[number % len(BOARDS)]]:
            tell(f"{one.name} on {core}")
            results.steady.append(
                measure.steady(one, core, plan.instructions, plan.rounds, plan.machines, CACHE)
            )
    for core in BOARDS if "kws" in parts else ():
        tell(f"kws on {core}")
        results.kws.append(measure.kws(core, plan.rounds, plan.kws_engines, CACHE))
    for name in plan.length_guests if "lengths" in parts else ():
        tell(f"lengths of {name}")
        results.lengths += lengths.by_length(name, plan.lengths, plan.process_rounds, CACHE)
    if "sizes" in parts:
        tell("sizes")
        results.sizes = lengths.by_size(plan.powers, 20_000_000, 1, CACHE)
    if "command" in parts:
        tell("armsim run")
        results.command = lengths.command(
            plan.process_rounds, CACHE, plan.instructions, plan.powers[-1]
        )
    if "labwired" in parts:
        if labwired_board.installed():
            tell("labwired")
            results.labwired = labwired_board.compare(3)
        else:
            tell("labwired is left out: it is not installed (pip install labwired)")
    return results


if __name__ == "__main__":
    sys.exit(main())
