"""Results of a suite as Markdown: what changed first, then everything."""

from collections.abc import Iterator

from armsim.bench.case import Result
from armsim.bench.results import headline, most
from armsim.report.baselines import difference
from armsim.report.compare import SLOWER, WITHIN, Change, Comparison
from armsim.report.result import duration

MOST_DETAILS = 40
"""Changes shown by cause and function; GitHub refuses a summary beyond 1 MiB."""


def to_markdown(suite: str, results: list[Result], comparison: Comparison | None) -> str:
    """Return the report; without `comparison` it has no changes."""
    return "\n".join(_lines(suite, results, comparison)) + "\n"


def _lines(suite: str, results: list[Result], comparison: Comparison | None) -> Iterator[str]:
    failed = [result for result in results if result.failure]
    yield from (f"## Benchmarks: {_cell(suite)}", "")
    if comparison is None:
        yield f"**{headline(results)}**"
    else:
        yield f"**{comparison.verdict()}**"
        yield from (f"- {_cell(note)}" for note in comparison.notes)
    if failed:
        yield from ("", "| failed | why |", "| - | - |")
        for result in failed:
            yield f"| {_cell(result.name)} | {_cell(result.failure)} |"
    if comparison is not None and comparison.changes:
        yield from _changes(comparison.changes)
    yield from ("", f"<details><summary>All {len(results)} benchmarks</summary>", "")
    yield "| benchmark | board | cycles | instructions | time | spent on |"
    yield "| - | - | -: | -: | -: | - |"
    for result in results:
        if not result.failure:
            yield (
                f"| {_cell(result.name)} | {_cell(result.subject.board)} | {result.cycles:,} | "
                f"{result.instructions:,} | {duration(result.seconds)} | {most(result)} |"
            )
    yield from ("", "</details>")


def _changes(changes: list[Change]) -> Iterator[str]:
    ordered = sorted(changes, key=lambda change: -change.share)
    yield from ("", "| benchmark | before | now | change | why |", "| - | -: | -: | -: | - |")
    for change in ordered:
        share = f"{change.share:+.2%}"
        yield (
            f"| {_cell(change.now.key.test)} | {change.was.cycles:,} | {change.now.cycles:,} | "
            f"{f'**{share}**' if change.verdict == SLOWER else share} | {_cell(change.why())} |"
        )
    detailed = [change for change in ordered if change.verdict != WITHIN]
    for change in detailed[:MOST_DETAILS]:
        name = _cell(change.now.key.test)
        yield from ("", f"<details><summary>{name} by cause and function</summary>", "")
        yield from ("```text", difference(change.now, change.was), "```", "", "</details>")
    if (more := len(detailed) - MOST_DETAILS) > 0:
        yield from ("", f"{more} more changed; armsim compare shows them.")


def _cell(text: str) -> str:
    """Return a text that neither ends a cell nor is taken for HTML."""
    for special, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "\\|")):
        text = text.replace(special, written)
    return " ".join(text.split())
