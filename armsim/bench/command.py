"""`armsim bench`: run a suite, write reports, compare with a baseline."""

import os
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from armsim.bench.case import Case, Result
from armsim.bench.junit import to_junit
from armsim.bench.markdown import to_markdown
from armsim.bench.results import entries, headline, to_action, to_json, to_text
from armsim.bench.suite import read_suite
from armsim.bench.workers import default_jobs, measure_all
from armsim.errors import UsageError
from armsim.report.compare import Comparison, compare_results, read
from armsim.report.files import check_writable, write_whole

SUMMARY = "GITHUB_STEP_SUMMARY"
STDOUT = Path("-")
BAR = 30


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    suite: Path
    only: list[str] = field(default_factory=list)
    jobs: int | None = None
    baseline: Path | None = None
    threshold: float = 0.0
    any_model: bool = False
    any_compiler: bool = False
    json: Path | None = None
    junit: Path | None = None
    markdown: Path | None = None
    action: Path | None = None
    list: bool = False
    quiet: bool = False


def bench(options: Options) -> int:
    """Do what the options say; return 1 if a benchmark failed or became slower, else 0.

    Raises:
        ArmsimError: the suite, the baseline or an option makes no sense; nothing has run then.
    """
    cases = _chosen(read_suite(options.suite), options)
    if options.list:
        for case in cases:
            print(case.name)
        return 0
    for name in ("json", "junit", "markdown", "action"):
        path: Path | None = getattr(options, name)
        if path is not None and not (name == "json" and path == STDOUT):
            check_writable(f"--{name}", path)
    # What cannot be compared is refused before it is measured.
    _compared([Result(case.name, case.subject) for case in cases], options)
    progress = _Progress(len(cases))
    try:
        results = measure_all(
            cases, options.suite.parent.absolute(), options.jobs or default_jobs(), progress.show
        )
    finally:
        progress.clear()
    for note in dict.fromkeys(
        f"{result.subject.image}: {note}" for result in results for note in result.notes
    ):
        print(f"armsim: {note}", file=sys.stderr)
    out = sys.stdout
    if options.json == STDOUT:
        sys.stdout.write(to_json(results))
        out = sys.stderr
    elif options.json is not None:
        write_whole(options.json, to_json(results))
    comparison = _compared(results, options)
    _write_reports(options, results, comparison)
    if not options.quiet:
        out.write(to_text(results))
    if comparison is None:
        out.write(f"{headline(results)}\n")
    else:
        out.write(("" if options.quiet else "\n") + comparison.text())
    failed = any(result.failure for result in results)
    return int(failed or (comparison is not None and comparison.worse))


def _chosen(cases: list[Case], options: Options) -> list[Case]:
    if not options.only:
        return cases
    chosen = [
        case
        for case in cases
        if any(pattern in case.name or fnmatchcase(case.name, pattern) for pattern in options.only)
    ]
    if not chosen:
        raise UsageError(
            f"--only {' '.join(options.only)} matches none of {len(cases)} benchmarks of "
            f"{options.suite}; see --list"
        )
    return chosen


def _compared(results: list[Result], options: Options) -> Comparison | None:
    """Return what changed since the baseline, if there is one."""
    if options.baseline is None:
        return None
    before = read(options.baseline)
    if options.only:
        names = {result.name for result in results}
        before = {key: entry for key, entry in before.items() if key[0] in names}
    return compare_results(
        before, entries(results), str(options.baseline), options.suite.name,
        threshold=options.threshold, any_model=options.any_model,
        any_compiler=options.any_compiler,
    )  # fmt: skip


def _write_reports(options: Options, results: list[Result], comparison: Comparison | None) -> None:
    if options.junit is not None:
        write_whole(options.junit, to_junit(options.suite.stem, results, comparison))
    if options.action is not None:
        write_whole(options.action, to_action(results))
    summary = os.environ.get(SUMMARY)
    if options.markdown is None and not summary:
        return
    text = to_markdown(options.suite.name, results, comparison)
    if options.markdown is not None:
        write_whole(options.markdown, text)
    if summary:
        try:
            with open(summary, "a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise UsageError(f"${SUMMARY} {summary} cannot be written: {error.strerror}") from None


class _Progress:
    """A bar on stderr, where that is a terminal."""

    def __init__(self, total: int) -> None:
        self._done, self._total = 0, total
        self._shown = sys.stderr.isatty()
        self._draw("")

    def show(self, result: Result) -> None:
        """Take note that a benchmark is done."""
        self._done += 1
        self._draw(result.name)

    def clear(self) -> None:
        """Leave no bar behind."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _draw(self, name: str) -> None:
        if self._shown:
            bar = ("#" * (BAR * self._done // self._total)).ljust(BAR, ".")
            sys.stderr.write(f"\r\x1b[K[{bar}] {self._done}/{self._total} {name[:40]}")
            sys.stderr.flush()
