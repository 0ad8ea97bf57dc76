"""A block as Python sees it, and what was counted of blocks, in use or gone.

A program that writes its own code makes blocks for ever. What is kept of those that are gone is as
large as the code, not as the run is long.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
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
    starts: Sequence[int]  # first record of each instruction, then of what comes after the last one
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
    """What was counted at the address of an instruction.

    `lost` says how often it issued alone where it might have issued with another, and why. What
    run-time charges booked (caches, prediction, flash) is with the first instruction of a block, in
    `causes` and by itself in `charged`.
    """

    times: int = 0
    causes: dict[str, int] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    charged: dict[str, int] = field(default_factory=dict)
    step: Decoded | None = None  # the instruction itself

    def copy(self) -> "Place":
        """Return another that counts on by itself."""
        return Place(self.times, {**self.causes}, {**self.lost}, {**self.charged}, self.step)


class Gone:
    """What blocks have counted, by address of the instruction; it outlives them."""

    def __init__(self) -> None:
        self.places: dict[int, Place] = {}

    @property
    def lost(self) -> Counter[str]:
        """Why instructions issued alone, and how often."""
        total: Counter[str] = Counter()
        for place in self.places.values():
            total.update(place.lost)
        return total

    def causes(self) -> Counter[str]:
        """Return the cycles of all by cause."""
        total: Counter[str] = Counter()
        for place in self.places.values():
            total.update(place.causes)
        return total

    def _place(self, address: int) -> Place:
        place = self.places.get(address)
        if place is None:
            place = self.places[address] = Place()
        return place

    def add(self, counted: Counted) -> None:
        """Add what a block has counted."""
        run, cost = counted.run, counted.run.cost
        for done, times in ((len(run.steps), counted.entered), *run.partial.items()):
            if times:
                rows = zip_longest(run.steps[:done], cost.steps[:done], cost.lost[:done])
                for step, cycles, reason in rows:
                    place = self._place(step.address)
                    place.times += times
                    place.step = step
                    book(place.causes, cycles, times)
                    if reason is not None:
                        place.lost[reason] = place.lost.get(reason, 0) + times
        first, last = run.steps[0].address, run.steps[-1].address
        if counted.charged:
            place = self._place(first)
            book(place.causes, counted.charged)
            book(place.charged, counted.charged)
        if counted.branched:
            book(self._place(last).causes, cost.taken, counted.branched)


def book(causes: dict[str, int], cycles: Cycles, times: int = 1) -> None:
    """Add cycles by cause, so many times."""
    for cause, count in cycles.items():
        causes[cause] = causes.get(cause, 0) + count * times


def causes_of(blocks: Iterable[Counted]) -> dict[str, int]:
    """Return the cycles of blocks by cause."""
    totals: dict[str, int] = {}
    for run, entered, branched, charged in blocks:
        book(totals, run.causes, entered)
        book(totals, charged)
        book(totals, run.cost.taken, branched)
        for done, times in run.partial.items():
            book(totals, total_causes(run.cost.steps[:done]), times)
    return totals


def lost_of(blocks: Iterable[Counted]) -> Counter[str]:
    """Return how often instructions of blocks had to issue alone, by reason."""
    totals: Counter[str] = Counter()
    for run, entered, _, _ in blocks:
        for done, times in ((len(run.steps), entered), *run.partial.items()):
            for reason in run.cost.lost[:done]:
                if reason is not None and times:
                    totals[reason] += times
    return totals


def total_causes(steps: Iterable[Cycles]) -> dict[str, int]:
    """Add up cycles by cause."""
    totals: dict[str, int] = {}
    for step in steps:
        book(totals, step)
    return totals
