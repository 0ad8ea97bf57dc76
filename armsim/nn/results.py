"""How good the networks are, and what they take on a chip, as their records say.

A record stands in `weights/`, beside the network itself where that is small enough to be shipped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from armsim.nn.catalogue import ARCHITECTURES, title
from armsim.nn.costs import costs
from armsim.nn.published import PUBLISHED, QUANTISED, printed_kb, printed_ops

Record: TypeAlias = Mapping[str, Any]

FOLDER = Path(__file__).parent / "weights"
BEGIN, END = "<!-- results -->\n", "<!-- end of results -->\n"
_SETS = ("train", "val", "test")


def records() -> dict[str, dict[str, Any]]:
    """Read the record of every network that has one."""
    paths = {name: FOLDER / f"{name}.json" for name in ARCHITECTURES}
    return {name: json.loads(path.read_text()) for name, path in paths.items() if path.exists()}


def shipped() -> list[str]:
    """Name the networks that come with the package."""
    return [name for name in ARCHITECTURES if (FOLDER / f"{name}.npz").exists()]


def tables() -> str:
    """Write costs and accuracy beside the published figures, as Markdown."""
    found = records()
    return "\n".join([
        "Memory, operations, and the published accuracy (on Google Speech Commands) beside ours;",
        "milliseconds are those of an inference of the translated network, without features.",
        "",
        *_costs(found),
        "",
        "Accuracy before and after quantisation, train / val / test, and what was published.",
        "",
        *_quantisation(found),
        "",
    ])  # fmt: skip


def _costs(found: Mapping[str, Record]) -> list[str]:
    heads = ["memory KB", "published", "operations", "published", "M4, ms", "M7, ms",
             "test, 8 bits", "published"]  # fmt: skip
    rows = []
    for name, net in ARCHITECTURES.items():
        cost, row, record = costs(net), PUBLISHED[name], found.get(name, {})
        rows.append([
            title(name), printed_kb(cost.memory_bytes), row.memory_kb, printed_ops(cost.ops),
            row.ops, _milliseconds(record, "m4"), _milliseconds(record, "m7"),
            _percent(record, "8-bit", ["test"]), row.accuracy,
        ])  # fmt: skip
    return _markdown(["network", *heads], rows)


def _quantisation(found: Mapping[str, Record]) -> list[str]:
    heads = ["float", "8 bits", "float, noisy", "8 bits, noisy", "published: float", "8 bits"]
    rows = []
    for name, record in found.items():
        ours = [
            _percent(record, kind, [part + noisy for part in _SETS])
            for noisy in ("", "_noisy")
            for kind in ("float", "8-bit")
        ]
        rows.append([title(name), *ours, *QUANTISED.get(name, ("", ""))])
    return _markdown(["network", *heads], rows)


def _percent(record: Record, kind: str, sets: Sequence[str]) -> str:
    if not record:
        return ""
    return " / ".join(f"{record['accuracy_percent'][kind][name]:.2f}" for name in sets)


def _milliseconds(record: Record, core: str) -> str:
    measured = record.get("on_chip", {}).get(core)
    return f"{1000 * measured['cycles'] / measured['clock_hz']:.2f}" if measured else ""


def _markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [heads, ["-"] * len(heads), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def with_tables(readme: str) -> str:
    """Return a text with the tables of today between `BEGIN` and `END`."""
    head, _, rest = readme.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{tables()}{END}{tail}"
