"""python -m benchmarks.accuracy --images DIR: our cycles beside those measured on silicon."""

import argparse
import statistics
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from armsim.timing.cortex_m4 import CortexM4
from armsim.timing.cortex_m7 import CortexM7
from benchmarks.accuracy import m4, m7
from benchmarks.accuracy.rows import Row


def table(rows: Sequence[Row]) -> str:
    """Return the rows as Markdown, each group with its mean error."""
    lines = ["| figure | source | silicon | ours | error | |", "| - | - | -: | -: | -: | - |"]
    for group, members in groupby(rows, key=lambda row: row.group):
        found = list(members)
        mean = statistics.mean(abs(row.error) for row in found)
        lines.append(f"| **{group}** | | | | mean {mean:.2%} | |")
        lines += [
            f"| {row.figure} | {row.source} | {_number(row.silicon)} | {_number(row.ours)} "
            f"| {row.error:+.2%} | {row.note} |"
            for row in found
        ]
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10_000 or value == int(value) else f"{value:,.2f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument(
        "--images", type=Path, metavar="DIR",
        help="a folder of images built from the sources that the table names (see README.md)",
    )  # fmt: skip
    folder = parser.parse_args().images
    if folder is not None and not folder.is_dir():
        parser.error(f"{folder} is not a folder")
    rows = [*m4.rows(folder), *m7.rows(folder)]
    print(f"{CortexM4.version}, {CortexM7.version}\n")
    print(table(rows) if rows else "no images: give a folder of them with --images")


if __name__ == "__main__":
    main()
