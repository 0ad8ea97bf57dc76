"""Results as Markdown."""

import textwrap
from collections.abc import Sequence

from benchmarks.speed.guests import GUESTS
from benchmarks.speed.lengths import WAYS, Command, Length
from benchmarks.speed.machines import ENGINES
from benchmarks.speed.measure import Row
from benchmarks.speed.results import (
    FIRST_SECONDS,
    OF_THREADED,
    PEAK_MIB,
    WARM_SECONDS,
    Results,
    missed,
)

BEGIN, END = "<!-- speed: begin -->\n", "<!-- speed: end -->\n"


def markdown(results: Results) -> str:
    """Return all tables of the results."""
    made = results.made
    parts = [
        f"{made['date']}, commit {made['commit']}, {made['host']}; Python {made['python']}, "
        f"QEMU {made['qemu']}, unicorn {made['unicorn']}; {made['how']}."
    ]
    if results.steady:
        parts += ["**Steady state**: MIPS, and in brackets the ratio to QEMU.", _rates(results)]
        parts.append("; ".join(f"`{one.name}`: {one.what}" for one in GUESTS) + ".")
    if results.kws:
        parts += [
            "**Keyword spotter on its boards**, with caches and wait states: MIPS, and in brackets "
            "the ratio to unicorn.",
            _keyword_spotter(results.kws),
        ]
    if results.steady or results.kws:
        parts += [
            "**Translating**, seconds of processor time until nothing more is translated: "
            "`translator` waits for it, `auto` goes on meanwhile.",
            _compiling([*results.steady, *results.kws]),
        ]
    if results.lengths:
        parts += [
            "**Start to finish by length**, seconds of a fresh process: `first` with nothing "
            "translated on disk, `again` with it. In brackets the ratio to `threaded`, wanted "
            f"at most {OF_THREADED}.",
            _lengths(results.lengths),
        ]
    if results.sizes:
        parts += [
            "**Start to finish by code size**: about the same number of instructions, spread over "
            "more functions.",
            _lengths(results.sizes),
        ]
    if results.labwired:
        parts.append(_labwired(results.labwired))
    if results.command is not None:
        parts += ["**`armsim run`**", _command(results.command)]
    lines = missed(results)
    parts.append("Targets missed:" if lines else "Every target measured is reached.")
    if lines:
        parts.append("\n".join(f"- {line}" for line in lines))
    return "\n\n".join(map(_wrapped, parts)) + "\n"


def _wrapped(part: str) -> str:
    """Break a paragraph into lines; tables and lists stay."""
    if "\n" in part or part.startswith(("|", "- ")):
        return part
    return textwrap.fill(part, 100, break_on_hyphens=False, break_long_words=False)


def with_table(readme: str, table: str) -> str:
    """Return the text of benchmarks/README.md with another table between the markers."""
    head, _, rest = readme.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{table}{END}{tail}"


def _table(head: Sequence[str], lines: Sequence[Sequence[str]], words: int = 1) -> str:
    """Return a Markdown table whose first columns are words, the others numbers."""
    rule = ["-"] * words + ["-:"] * (len(head) - words)
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, rule, *lines])


def _machines(rows: Sequence[Row]) -> list[str]:
    return [one for one in ("unicorn", *ENGINES) if all(one in row.ratio for row in rows)]


def _engines(rows: Sequence[Row]) -> list[str]:
    return [one for one in _machines(rows) if one != "unicorn"]


def _rates(results: Results) -> str:
    machines = _machines(results.steady)
    lines = []
    for row in results.steady:
        cells = [f"{row.mips[one]:,.0f} ({row.ratio[one]:.2f})" for one in machines]
        mark = "" if row.ratio["auto"] >= row.target else ", missed"
        lines.append([f"{row.image} {row.core}", f"{row.instructions / 1e6:,.0f} M",
                      f"{row.mips['qemu']:,.0f}", *cells, f"{row.target}{mark}"])  # fmt: skip
    return _table(["guest", "length", "qemu", *machines, "wanted of auto"], lines)


def _keyword_spotter(rows: Sequence[Row]) -> str:
    engines, lines = _engines(rows), []
    for row in rows:
        cells = [f"{row.mips[one]:,.0f} ({row.ratio[one]:.2f})" for one in engines]
        length = f"{row.instructions / 1e6:,.1f} M"
        lines.append([f"kws-{row.core}", length, f"{row.mips['unicorn']:,.0f}", *cells])
    return _table(["image", "length", "unicorn", *engines], lines)


def _compiling(rows: Sequence[Row]) -> str:
    names = [one for one in _engines(rows) if one in ("translator", "auto")]
    head = ["engine", *(f"{row.image} {row.core}" for row in rows)]
    return _table(head, [[one, *(f"{row.compiling[one]:.1f}" for row in rows)] for one in names])


def _lengths(lengths: Sequence[Length]) -> str:
    lines = []
    for one in lengths:
        cells = [
            f"{one.seconds[way]:.2f}"
            + (f" ({one.of_threaded[way]:.2f})" if way in one.of_threaded else "")
            for way in WAYS
        ]
        size = f"{one.image_bytes / 1024:,.0f} KiB"
        lines.append([one.image, size, f"{one.instructions:,}", *cells])
    return _table(["program", "image", "instructions", *WAYS], lines)


def _labwired(found: dict[str, tuple[float, float] | None]) -> str:
    """Return a sentence on labwired."""
    speeds = [
        f"{speed[0]:.0f} MIPS on `{name}` ({speed[1]:.3f} of `threaded`)"
        for name, speed in found.items()
        if speed
    ]
    stopped = [f"`{name}`" for name, speed in found.items() if not speed]
    text = f"**labwired**: {', '.join(speeds) or 'no speed'}"
    return text + (f"; it halts without an answer on {', '.join(stopped)}." if stopped else ".")


def _command(command: Command) -> str:
    count = f"{command.instructions:,} instructions"
    lines = [
        [f"warm, {count}", f"{command.warm:.2f} s", f"{WARM_SECONDS} s"],
        ["first ever, the same", f"{command.first:.1f} s", f"{FIRST_SECONDS:.0f} s"],
    ]
    for what, peaks in (
        ("peak memory, `branchy`", command.peak_mib),
        (f"peak memory, {command.functions} functions", command.peak_mib_many),
    ):
        text = ", ".join(f"{name} {mib:.0f}" for name, mib in peaks.items())
        lines.append([what, f"{text} MiB", f"{PEAK_MIB:.0f} MiB"])
    return _table(["`armsim run`", "measured", "at most"], lines)
