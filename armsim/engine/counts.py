"""A block as Python sees it, and what was counted of blocks, in use or gone.

A program that writes its own code makes blocks for ever. What is kept of those that are gone is as
large as the code, not as the run is long.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from typing import NamedTuple

from armsim.dsl.cost import BlockCost, Cycles, State
from armsim.engine.decoder import Decoded


@dataclass(eq=False)
class Run:
    """A block as Python sees it."""

    number: int
    address: int
    steps: list[Decoded]
    starts: list[int]  # first record of each instruction, then of what comes after the last one
    cost: BlockCost
    entry: State  # the pipeline state it was made for
    partial: dict[int, int] = field(default_factory=dict)  # instructions done -> how often

    @cached_property
    def causes(self) -> dict[str, int]:
        """Cycles by cause of all instructions together."""
        return total_causes(self.cost.steps)

    @cached_property
    def before(self) -> list[int]:
        """Cycles spent before each instruction, and at the end."""
        total, sums = 0, [0]
        for step in self.cost.steps:
            total += sum(step.values())
            sums.append(total)
        return sums


class Counted(NamedTuple):
    """How often a block was run to its end and branched, and what run-time charges booked."""

    run: Run
    entered: int
    branched: int
    charged: Cycles


@dataclass(slots=True)
class Place:
    """An address at which instructions of blocks that are gone were executed."""

    times: int = 0
    causes: Counter[str] = field(default_factory=Counter)


class Gone:
    """What blocks that are gone have counted, by address of the instruction."""

    def __init__(self) -> None:
        self.places: dict[int, Place] = {}
        self.lost: Counter[str] = Counter()  # why instructions issued alone

    def causes(self) -> Counter[str]:
        """Return the cycles of all by cause."""
        total: Counter[str] = Counter()
        for place in self.places.values():
            total.update(place.causes)
        return total

    def add(self, counted: Counted) -> None:
        """Add what a block has counted."""
        run, cost = counted.run, counted.run.cost
        for done, times in ((len(run.steps), counted.entered), *run.partial.items()):
            if times:
                rows = zip_longest(run.steps[:done], cost.steps[:done], cost.lost[:done])
                for step, cycles, reason in rows:
                    place = self.places.setdefault(step.address, Place())
                    place.times += times
                    _book(place.causes, cycles, times)
                    if reason is not None:
                        self.lost[reason] += times
        first, last = run.steps[0].address, run.steps[-1].address
        if counted.charged:
            self.places.setdefault(first, Place()).causes.update(counted.charged)
        if counted.branched:
            _book(self.places.setdefault(last, Place()).causes, cost.taken, counted.branched)


def _book(causes: Counter[str], cycles: Cycles, times: int) -> None:
    for cause, count in cycles.items():
        causes[cause] += count * times


def total_causes(steps: Iterable[Cycles]) -> dict[str, int]:
    """Add up cycles by cause."""
    totals: dict[str, int] = {}
    for step in steps:
        for cause, cycles in step.items():
            totals[cause] = totals.get(cause, 0) + cycles
    return totals
