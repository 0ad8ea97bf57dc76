"""Cycles that tests are held to: a JSON file that is committed with them.

Nothing is compared across cores, boards, compilers or versions of the timing model.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from armsim.errors import UsageError
from armsim.report.files import write_whole

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Key:
    """What a baseline is for."""

    test: str
    core: str
    board: str
    compiler: str
    timing_model: str

    def __str__(self) -> str:
        return f"{self.test} on {self.board} ({self.core}), {self.compiler}, {self.timing_model}"


@dataclass(frozen=True, slots=True)
class Measured:
    """What a test took on one image, all its calls and runs together."""

    key: Key
    cycles: int
    instructions: int
    causes: dict[str, int]
    functions: dict[str, int] = field(default_factory=dict)  # cycles by function called
    seconds: float = 0.0  # simulated
    why: dict[str, dict[str, int]] = field(default_factory=dict)  # by function and cause, if known

    def as_dict(self) -> dict[str, Any]:
        """Return it in plain types; `from_dict` is the way back."""
        data = asdict(self)
        if not self.why:
            del data["why"]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Measured":
        """Return what `as_dict` was made of."""
        return cls(**{**data, "key": Key(**data["key"])})


class Baselines:
    """The baselines in a file; one that does not exist is empty.

    Raises:
        UsageError: the file is not one of ours.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[Key, Measured] = {}
        if not path.exists():
            return
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["schema"] != SCHEMA:
                raise ValueError(f"schema {data['schema']}, not {SCHEMA}")
            for entry in map(Measured.from_dict, data["baselines"]):
                self._known[entry.key] = entry
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"{path} holds no baselines of armsim ({error}); remove it, or name another file "
                "with armsim_baselines"
            ) from None

    def find(self, key: Key) -> Measured | None:
        """Return the baseline for exactly this."""
        return self._known.get(key)

    def others(self, key: Key) -> list[Key]:
        """Return the keys of the same test, core and board with another compiler or model."""
        return [
            other
            for other in self._known
            if (other.test, other.core, other.board) == (key.test, key.core, key.board)
        ]

    def update(self, measured: Iterable[Measured]) -> None:
        """Take over new figures and write the file; those of older timing models go."""
        for entry in measured:
            for other in self.others(entry.key):
                if other.compiler == entry.key.compiler:
                    del self._known[other]
            self._known[entry.key] = entry
        entries = sorted(self._known.values(), key=lambda entry: str(entry.key))
        data = {"schema": SCHEMA, "baselines": [entry.as_dict() for entry in entries]}
        write_whole(self.path, json.dumps(data, indent=1, sort_keys=True) + "\n")


def exceeds(now: Measured, before: Measured, tolerance: float) -> bool:
    """Whether cycles are more than the baseline's by a greater share than `tolerance`."""
    return now.cycles > before.cycles * (1 + tolerance)


SHOWN = 10
"""Functions in a table of what changed."""


def difference(now: Measured, before: Measured) -> str:
    """Return a table of what changed, by cause and by function, the largest change first."""
    rows = _changes(before.causes, now.causes)
    functions = _changes(before.functions, now.functions)
    if len(now.functions | before.functions) > 1:
        rows.append(("", 0, 0))
        for name, old, new in functions[:SHOWN]:
            causes = _changes(before.why.get(name, {}), now.why.get(name, {}))
            rows += [(name, old, new), *((f"  {cause}", o, n) for cause, o, n in causes)]
        if more := functions[SHOWN:]:
            name = f"{len(more)} more functions"
            rows.append((name, sum(old for _, old, _ in more), sum(new for _, _, new in more)))
    rows += [
        ("", 0, 0),
        ("cycles", before.cycles, now.cycles),
        ("instructions", before.instructions, now.instructions),
    ]
    width = max(len(name) for name, _, _ in rows)
    lines = [f"{'':{width}} {'baseline':>14} {'now':>14} {'change':>12}"]
    for name, old, new in rows:
        share = f"{(new - old) / old:+9.2%}" if old else f"{'':9}"
        text = f"{name:{width}} {old:>14,} {new:>14,} {new - old:>+12,} {share}"
        lines.append(text.rstrip() if name else "")
    return "\n".join(lines)


def _changes(before: dict[str, int], now: dict[str, int]) -> list[tuple[str, int, int]]:
    rows = [(name, before.get(name, 0), now.get(name, 0)) for name in before | now]
    rows = [row for row in rows if row[1] != row[2]]
    return sorted(rows, key=lambda row: (-abs(row[2] - row[1]), row[0]))


def benchmark_json(measured: Iterable[Measured], version: str, when: str) -> str:
    """Return figures as pytest-benchmark writes them; times are simulated seconds."""
    benchmarks = []
    for entry in measured:
        seconds = entry.seconds
        stats = dict.fromkeys(
            "min max mean median q1 q3 ld15iqr hd15iqr total".split(), seconds
        ) | {
            "stddev": 0.0, "iqr": 0.0, "outliers": "0;0", "iqr_outliers": 0, "stddev_outliers": 0,
            "rounds": 1, "iterations": 1, "ops": 1 / seconds if seconds else 0.0,
        }  # fmt: skip
        extra = entry.as_dict() | asdict(entry.key)
        del extra["key"]
        benchmarks.append(
            {
                "group": entry.key.core,
                "name": f"{entry.key.test.rsplit('::', 1)[-1]} ({entry.key.core})",
                "fullname": f"{entry.key.test} ({entry.key.core}, {entry.key.board})",
                "params": None,
                "param": None,
                "extra_info": extra,
                "options": {"timer": "simulated cycles / clock", "warmup": False},
                "stats": stats,
            }
        )
    document = {
        "machine_info": {"node": "armsim", "processor": "simulated"},
        "commit_info": {},
        "benchmarks": benchmarks,
        "datetime": when,
        "version": f"armsim-{version}",
    }
    return json.dumps(document, indent=1) + "\n"
