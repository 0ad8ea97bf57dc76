"""What a study has found: the rows of its table, which of them nothing beats, what was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from armsim.nn.architecture_file import describe, parse
from armsim.nn.layers import (
    Architecture,
    AveragePool,
    BasicLstm,
    Conv,
    Dense,
    Depthwise,
    Gru,
    Layer,
    Lstm,
)
from armsim.nn.published import printed_kb, printed_ops
from armsim.nn.search.candidate import Fate
from armsim.nn.search.space import family_of
from armsim.nn.search.study import CANDIDATE, OBJECTIVES, OUTCOME

SHOWN = 30


@dataclass(frozen=True, kw_only=True)
class Row:
    """A candidate that was within the limits of memory and operations."""

    number: int
    net: Architecture
    memory: int
    ops: int
    fate: Fate
    accuracy: float | None
    by_set: Mapping[str, float]
    cycles: int | None
    latency: float | None
    message: str
    front: bool = False
    """No other is better in one objective and as good in all."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """All that a study holds."""

    rows: tuple[Row, ...]
    over: Mapping[str, int] = field(default_factory=dict)
    """How many were pruned by cost, by the limits they were over: memory, ops, memory+ops."""

    def measured(self) -> list[Row]:
        """Give the rows with an accuracy, the best first."""
        found = [row for row in self.rows if row.accuracy is not None]
        return sorted(found, key=lambda row: (-(row.accuracy or 0), row.ops, row.number))

    def chosen(self, number: int | None) -> Row | None:
        """Give a candidate by its number, or the most accurate."""
        rows = [row for row in self.measured() if number in (None, row.number)]
        return rows[0] if rows else None


def findings(trials: Sequence[Any], objectives: Sequence[str]) -> Findings:
    """Read the trials of a study."""
    over: Counter[str] = Counter()
    rows = []
    for trial in trials:
        candidate, outcome = (trial.user_attrs.get(key) for key in (CANDIDATE, OUTCOME))
        if candidate and candidate["over"]:
            over["+".join(candidate["over"])] += 1
        elif candidate and outcome and "same_as" not in outcome:
            rows.append(
                Row(
                    number=trial.number,
                    net=parse(candidate["net"]),
                    memory=candidate["memory"],
                    ops=candidate["ops"],
                    **{**outcome, "fate": Fate(outcome["fate"])},
                )
            )
    return Findings(rows=tuple(_with_front(rows, objectives)), over=over)


def _with_front(rows: Sequence[Row], objectives: Sequence[str]) -> list[Row]:
    costs = {row.number: _costs(row, objectives) for row in rows if row.accuracy is not None}

    def beaten(number: int) -> bool:
        mine = costs[number]
        return any(
            other != mine and all(a <= b for a, b in zip(other, mine, strict=True))
            for other in costs.values()
        )

    front = {number for number in costs if not beaten(number)}
    return [Row(**{**vars(row), "front": True}) if row.number in front else row for row in rows]


def _costs(row: Row, objectives: Sequence[str]) -> tuple[float, ...]:
    """Give what is to be small."""
    values = {name: float(getattr(row, name)) for name in objectives}
    return tuple(-v if OBJECTIVES[n] == "maximize" else v for n, v in values.items())


# Texts


def table(found: Findings) -> str:
    """Write what was measured as Markdown, the most accurate first."""
    lines = [
        "| candidate | accuracy % | memory KB | operations | latency ms | network |",
        "| -: | -: | -: | -: | -: | - |",
    ]
    rows = found.measured()
    for row in rows[:SHOWN]:
        mark = " *" if row.front else ""
        latency = "-" if row.latency is None else f"{row.latency * 1e3:.2f}"
        lines.append(
            f"| {row.number}{mark} | {row.accuracy:.2f} | {printed_kb(row.memory)} | "
            f"{printed_ops(row.ops)} | {latency} | {row.net.name}: {in_words(row.net)} |"
        )
    if len(rows) > SHOWN:
        lines.append(f"\n{len(rows) - SHOWN} more are in what --json FILE writes.")
    lines.append("\n* nothing found is better in one objective and as good in all others")
    return "\n".join(lines)


def summary(found: Findings) -> str:
    """Say in two lines what became of all candidates."""
    fates = Counter(row.fate for row in found.rows)
    parts = [f"{fates[Fate.MEASURED]} measured"]
    parts += [f"{count} {fate.value}" for fate, count in fates.items() if fate != Fate.MEASURED]
    lines = [", ".join(parts)]
    pruned = sum(found.over.values())
    if pruned:
        why = ", ".join(
            f"{count} over {limits.replace('+', ' and ')}"
            for limits, count in sorted(found.over.items())
        )
        lines.append(f"{pruned} pruned by cost before any training: {why}")
    failed = [row for row in found.rows if row.fate is Fate.FAILED]
    lines += [f"candidate {row.number} failed: {row.message.splitlines()[0]}" for row in failed[:3]]
    return "\n".join(lines)


def in_words(net: Architecture) -> str:
    """Describe a network in a line."""
    words: list[str] = [f"{net.coefficients} {net.features.name} every {net.stride_ms} ms"]
    for layer in net.layers[:-1]:
        word = _word(layer)
        last, _, count = words[-1].partition(" x")
        if word and last == word:
            words[-1] = f"{word} x{int(count or 1) + 1}"
        elif word:
            words.append(word)
    return ", ".join(words)


def _word(layer: Layer) -> str:
    match layer:
        case Conv(kernel=(1, 1)):
            return ""  # of the depthwise convolution ahead of it
        case Conv():
            return f"conv {layer.channels} {_by(layer.kernel)} /{_by(layer.stride)}"
        case Depthwise():
            return f"separable {_by(layer.kernel)} /{_by(layer.stride)}"
        case AveragePool():
            return "pool"
        case Dense():
            return f"dense {layer.outputs}"
        case Lstm():
            return f"LSTM {layer.cells} to {layer.projection}"
        case BasicLstm():
            return f"basic LSTM {layer.cells}"
        case Gru():
            return f"GRU {layer.cells}"


def _by(pair: tuple[int, int]) -> str:
    return f"{pair[0]}x{pair[1]}"


def as_json(found: Findings, about: Mapping[str, Any]) -> dict[str, Any]:
    """Give all that is known, for `--json`."""
    rows = [
        {
            "candidate": row.number,
            "family": family_of(row.net),
            "front": row.front,
            "fate": row.fate.value,
            "accuracy_percent": row.accuracy,
            "accuracy_by_set_percent": dict(row.by_set),
            "memory_bytes": row.memory,
            "ops": row.ops,
            "cycles": row.cycles,
            "latency_s": row.latency,
            "message": row.message,
            "network": describe(row.net),
        }
        for row in found.rows
    ]
    return {"schema": 1, **about, "pruned_by_cost": dict(found.over), "candidates": rows}
