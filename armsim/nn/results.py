"""How good the networks are that come with the package, as their records say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from armsim.nn.catalogue import ARCHITECTURES, title

FOLDER = Path(__file__).parent / "weights"
BEGIN, END = "<!-- results -->\n", "<!-- end of results -->\n"
_SETS = ("train", "val", "test")


def records() -> dict[str, dict[str, Any]]:
    """Read the record of every network that has one."""
    paths = {name: FOLDER / f"{name}.json" for name in ARCHITECTURES}
    return {name: json.loads(path.read_text()) for name, path in paths.items() if path.exists()}


def table() -> str:
    """Write accuracy, float against 8 bits, as Markdown."""
    lines = [
        "| network | float: train / val / test | 8 bits | float, noisy | 8 bits, noisy | KB |",
        "| - | - | - | - | - | - |",
    ]
    for name, record in records().items():
        columns = [
            " / ".join(f"{record['accuracy_percent'][kind][part + noisy]:.2f}" for part in _SETS)
            for noisy in ("", "_noisy")
            for kind in ("float", "8-bit")
        ]
        size = (FOLDER / f"{name}.npz").stat().st_size / 1000
        lines.append(f"| {title(name)} | {' | '.join(columns)} | {size:.0f} |")
    return "\n".join(lines) + "\n"


def with_table(readme: str) -> str:
    """Return a text with the table of today between `BEGIN` and `END`."""
    head, _, rest = readme.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{table()}{END}{tail}"
