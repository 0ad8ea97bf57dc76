"""python -m benchmarks.accuracy [--images DIR]: our cycles beside those measured on silicon."""

import argparse
import statistics
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from armsim.timing.cortex_m4 import CortexM4
from armsim.timing.cortex_m7 import CortexM7
from benchmarks.accuracy import loops, m4, m7
from benchmarks.accuracy.rows import Row


def table(rows: Sequence[Row]) -> str:
    """Return the rows as Markdown, each group with the mean error of those that were measured."""
    lines = ["| figure | source | silicon | ours | error | |", "| - | - | -: | -: | -: | - |"]
    for group, members in groupby(rows, key=lambda row: row.group):
        found = list(members)
        errors = [abs(row.error) for row in found if row.ours is not None]
        mean = f"mean {statistics.mean(errors):.2%}" if errors else ""
        lines.append(f"| **{group}** | | | | {mean} | |")
        lines += [_line(row) for row in found]
    return "\n".join(lines)


def _line(row: Row) -> str:
    start = f"| {row.figure} | {row.source} | {_number(row.silicon)} |"
    if row.ours is None:
        return f"{start} | | {row.note} |"
    return f"{start} {_number(row.ours)} | {row.error:+.2%} | {row.note} |"


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
    print(f"{CortexM4.version}, {CortexM7.version}\n")
    print(table([*m4.rows(folder), *m7.rows(folder), *loops.rows()]))


if __name__ == "__main__":
    main()
