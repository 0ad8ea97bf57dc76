"""What changed between two results: of `armsim run --json`, of `armsim bench`, of baselines."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from armsim.errors import UsageError
from armsim.report.baselines import Key, Measured, difference, exceeds

Results = dict[tuple[str, str, str, str], "Entry"]
"""By test, image or benchmark, core, board and compiler."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one thing took; `failure` says why that does not count."""

    measured: Measured
    failure: str = ""


WITHIN, QUICKER, SLOWER = ORDER = ("within bounds", "quicker", "slower")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that takes more or less than before.

    `verdict` is SLOWER or QUICKER by more than the threshold, or WITHIN it.
    """

    was: Measured
    now: Measured
    verdict: str

    @property
    def cycles(self) -> int:
        """How many more cycles it takes."""
        return self.now.cycles - self.was.cycles

    @property
    def share(self) -> float:
        """How many more cycles it takes, as a share of before."""
        return self.cycles / self.was.cycles if self.was.cycles else 0.0

    def why(self) -> str:
        """Return what makes up most of the change: a cause, and the function it is met in."""
        found = Counter(
            {
                (cause, name): now.get(cause, 0) - was.get(cause, 0)
                for name in self.was.why | self.now.why
                for was, now in [(self.was.why.get(name, {}), self.now.why.get(name, {}))]
                for cause in was | now
            }
        )
        if not found:
            causes = Counter(self.now.causes)
            causes.subtract(self.was.causes)
            found.update({(cause, ""): count for cause, count in causes.items()})
        sign = 1 if self.cycles > 0 else -1
        most = sorted(found.items(), key=lambda item: (-sign * item[1], item[0]))[:2]
        parts = [
            f"{count:+,} {cause}{f' in {name}' if name else ''}"
            for (cause, name), count in most
            if count * sign > 0
        ]
        instructions = self.now.instructions - self.was.instructions
        executed = f"{instructions:+,} instructions" if instructions else "as many instructions"
        return ", ".join([*parts, executed])

    def headline(self) -> str:
        """Return name, place and verdict in a line."""
        key = self.now.key
        return (
            f"{self.was.key.test} on {key.board} ({key.core}): {self.verdict}, "
            f"{self.cycles:+,} cycles ({self.share:+.2%})"
        )


@dataclass(slots=True)
class Comparison:
    """All that is to say about two results."""

    compared: int = 0
    changes: list[Change] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def worse(self) -> bool:
        """Whether anything failed, or takes more cycles than allowed."""
        return bool(self.failures) or any(change.verdict == SLOWER for change in self.changes)

    def verdict(self) -> str:
        """Return how many of what, in a line."""
        parts = [f"{self.compared} compared, {self.compared - len(self.changes)} unchanged"]
        counts = Counter(change.verdict for change in self.changes)
        listed = [*((name, counts[name]) for name in ORDER), ("failed", len(self.failures))]
        return ", ".join([*parts, *(f"{count} {name}" for name, count in listed if count)])

    def text(self) -> str:
        """Return it to read: what is slower comes last."""
        parts = []
        for change in sorted(self.changes, key=lambda change: ORDER.index(change.verdict)):
            parts.append(change.headline())
            if change.verdict != WITHIN:
                parts.append(f"{change.why()}\n{difference(change.now, change.was)}\n")
        return "\n".join([*parts, *self.failures, self.verdict(), *self.notes]) + "\n"


def read(path: Path) -> Results:
    """Return the figures in a file.

    Raises:
        UsageError: it is neither a result nor baselines.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if "benchmarks" in data:
            entries = [_of_benchmark(entry) for entry in data["benchmarks"]]
        elif "baselines" in data:
            entries = [Entry(Measured.from_dict(entry)) for entry in data["baselines"]]
        else:
            entries = [_of_run(data)]
        return index(entries)
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist; give a file of --json or of baselines") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise UsageError(f"{path} holds neither a result nor baselines ({reason})") from None


def index(entries: Iterable[Entry]) -> Results:
    """Return entries by what they are of."""
    keys = [(entry, entry.measured.key) for entry in entries]
    return {(key.test, key.core, key.board, key.compiler): entry for entry, key in keys}


def _of_run(data: dict[str, Any]) -> Entry:
    return Entry(_measured(Path(data["image"]).name, "", data))


def _of_benchmark(data: dict[str, Any]) -> Entry:
    return Entry(_measured(data["name"], data["compiler"], data), data["failure"] or "")


def _measured(name: str, compiler: str, data: dict[str, Any]) -> Measured:
    return Measured(
        Key(name, data["core"], data["board"], compiler, data["timing_model"]),
        data["cycles"],
        data["instructions"],
        data["causes"],
        {region["name"]: region["cycles"] for region in data["regions"]},
        data["seconds"],
        {region["name"]: region.get("causes", {}) for region in data["regions"]},
    )


def compare(
    old: Path, new: Path, *,
    threshold: float = 0.0, any_model: bool = False, any_compiler: bool = False,
) -> Comparison:  # fmt: skip
    """Return what changed between two files; see `compare_results`."""
    before, after = read(old), read(new)
    if len(before) == len(after) == 1:  # two images may have two names
        (was,), (now,) = before, after
        if was[1:3] != now[1:3]:
            raise UsageError(
                f"{old} is of {was[1]} on {was[2]}, {new} of {now[1]} on {now[2]}; run both on the "
                "same"
            )
        after = {(was[0], *now[1:]): after[now]}
    return compare_results(
        before, after, str(old), str(new),
        threshold=threshold, any_model=any_model, any_compiler=any_compiler,
    )  # fmt: skip


def compare_results(
    before: Results, after: Results, old: str, new: str, *,
    threshold: float = 0.0, any_model: bool = False, any_compiler: bool = False,
) -> Comparison:  # fmt: skip
    """Return what changed.

    Args:
        before: what is compared with; messages call it `old`.
        after: what is compared; messages call it `new`.
        old: see `before`.
        new: see `after`.
        threshold: the share by which cycles may grow.
        any_model: compare figures of different timing models.
        any_compiler: compare code of different compilers.

    Raises:
        UsageError: they have nothing to compare, or are of different timing models.
    """
    comparison = Comparison()
    pairs, matched, compilers = [], set(), Counter[tuple[str, str]]()
    for key, now in after.items():
        if now.failure:
            comparison.failures.append(f"{key[0]} ({key[1]}): failed: {now.failure}")
        same = key if key in before else _of_other_compiler(key, before, after)
        if same is None:
            comparison.notes.append(f"only in {new}: {key[0]} ({key[1]})")
            continue
        matched.add(same)
        was = before[same]
        if was.failure or now.failure:
            if not now.failure:
                comparison.notes.append(f"failed in {old}, not compared: {key[0]} ({key[1]})")
        elif same != key and not any_compiler:
            compilers[same[3], key[3]] += 1
        else:
            pairs.append((was.measured, now.measured))
    for (theirs, ours), count in compilers.items():
        comparison.notes.append(
            f"{count} not compared: {old} has code by {theirs}, {new} by {ours}; --any-compiler "
            "compares them, too"
        )
    if not pairs and not comparison.failures:
        detail = f": {comparison.notes[0]}" if compilers else ""
        raise UsageError(f"{old} and {new} have nothing in common to compare{detail}")
    comparison.notes += [
        f"only in {old}: {key[0]} ({key[1]})" for key in before if key not in matched
    ]
    for past, present in pairs:
        models = past.key.timing_model, present.key.timing_model
        if models[0] != models[1] and not any_model:
            raise UsageError(
                f"{old} is of timing model {models[0]}, {new} of {models[1]}; run the old one "
                "again, or add --any-model"
            )
        if (past.cycles, past.instructions) != (present.cycles, present.instructions):
            verdict = (
                SLOWER if exceeds(present, past, threshold)
                else QUICKER if exceeds(past, present, threshold) else WITHIN
            )  # fmt: skip
            comparison.changes.append(Change(past, present, verdict))
    comparison.compared = len(pairs)
    return comparison


def _of_other_compiler(
    key: tuple[str, str, str, str], before: Results, after: Results
) -> tuple[str, str, str, str] | None:
    """Return the entry that is the same but for its compiler, unless that is compared itself."""
    for other in before:
        if other[:3] == key[:3] and other not in after:
            return other
    return None
