"""Runs and loops of our own with the cycles that others found; `make test` has them exact."""

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.accuracy.rows import Row

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from timing import m4_runs, m7_loops

MEASURED = "compendium of Cortex-M4 micro-benchmarks, STM32"
M4_SOURCE = "manual, GCC's models, jnk0le/random on STM32F407"
M7_SOURCE = "jnk0le/random, STM32H743"


def rows() -> Iterator[Row]:
    """Yield a row for each."""
    group = "M4 rules, 0 wait states"
    for name, place, expected in m4_runs.ALIGNED_LOOPS:
        ours, _ = m4_runs.run(m4_runs.ALIGNED_LOOP, m4_runs.ALIGNED_LOOP_LENGTH, place)
        yield Row(group, name, MEASURED, expected, ours)
    yield from (
        Row(group, name, M4_SOURCE, expected, m4_runs.cycles(text))
        for name, (expected, text) in m4_runs.RUNS.items()
    )
    yield from (
        Row("M7 rules", name, M7_SOURCE, expected, m7_loops.settled(text).total)
        for name, (expected, text) in m7_loops.BODIES.items()
    )
