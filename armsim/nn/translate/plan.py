"""Where buffers lie in one arena, so that it is as small as it can be.

A buffer lives from the step that fills it to the last that reads it; buffers whose lives overlap
may not, save where a step may write over what it reads. An arena cannot be smaller than what lives
at any one step: that is the bound. In a chain it is always reached: inputs and outputs take the two
ends by turns, and what a step needs besides lies between them. Elsewhere orders of placement are
tried until one reaches the bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

ALIGNMENT = 4
_ROUNDS = 400
_MOST_STEPS = 1 << 23

Pair: TypeAlias = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Buffer:
    """Bytes that are in use from step `first` to step `last`.

    `over`: a buffer that this may lie over, if it begins there or before: the step that fills it
    reads that one for the last time, no faster than it writes.
    """

    name: str
    size: int
    first: int
    last: int
    over: str = ""

    @property
    def room(self) -> int:
        """The size, so that the next buffer is aligned."""
        return -(-self.size // ALIGNMENT) * ALIGNMENT

    def meets(self, other: Buffer) -> bool:
        """Whether both are in use at some step."""
        return self.first <= other.last and other.first <= self.last

    def closed(self, other: Buffer, its_place: int) -> Pair:
        """Return between which places it may not lie if the other lies at `its_place`."""
        if not self.meets(other):
            return 0, 0
        low = its_place if self.over == other.name else its_place - self.room
        high = its_place if other.over == self.name else its_place + other.room
        return low, high

    def fits(self, place: int, other: Buffer, its_place: int) -> bool:
        """Whether it may lie at `place` if the other lies at `its_place`."""
        low, high = self.closed(other, its_place)
        return not low < place < high


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Where each buffer begins; `bound` is what no plan can undercut."""

    places: dict[str, int]
    size: int
    bound: int


def plan(buffers: Sequence[Buffer]) -> Plan:
    """Place buffers."""
    last = max((buffer.last for buffer in buffers), default=-1)
    bound = max((_alive(buffers, step) for step in range(last + 1)), default=0)
    best = _both_ends(buffers, bound) or _best_greedy(buffers, bound)
    places = {buffer.name: place for buffer, place in zip(buffers, best, strict=True)}
    return Plan(places=places, size=_extent(buffers, best), bound=bound)


def _alive(buffers: Sequence[Buffer], step: int) -> int:
    """Return the bytes that a step needs at least."""
    alive = {buffer.name: buffer for buffer in buffers if buffer.first <= step <= buffer.last}
    total = sum(buffer.room for buffer in alive.values())
    shared = [(b.room, alive[b.over].room) for b in alive.values() if b.over in alive]
    return total - sum(min(pair) for pair in shared)


def _extent(buffers: Sequence[Buffer], places: Sequence[int]) -> int:
    return max((p + b.room for b, p in zip(buffers, places, strict=True)), default=0)


def _both_ends(buffers: Sequence[Buffer], size: int) -> list[int] | None:
    """Place what lives for several steps at the two ends by turns; None where that does not fit."""
    places: dict[int, int] = {}
    names = {buffer.name: i for i, buffer in enumerate(buffers)}
    lasting = [i for i, buffer in enumerate(buffers) if buffer.last > buffer.first]
    at_top = True
    for i in sorted(lasting, key=lambda i: buffers[i].first):
        below = names.get(buffers[i].over)
        if below in places:
            places[i] = places[below]
        else:
            at_top = not at_top
            places[i] = size - buffers[i].room if at_top else 0
    for i, buffer in enumerate(buffers):
        if i not in places:
            places[i] = _lowest(buffer, [(places[k], buffers[k]) for k in places])
    found = [places[i] for i in range(len(buffers))]
    fits = all(
        buffer.fits(found[i], buffers[k], found[k])
        for i, buffer in enumerate(buffers)
        for k in range(i)
    )
    return found if fits and _extent(buffers, found) <= size else None


def _lowest(buffer: Buffer, taken: Iterable[tuple[int, Buffer]]) -> int:
    """Return the lowest place where a buffer fits."""
    place = 0
    for low, high in sorted(buffer.closed(other, its_place) for its_place, other in taken):
        if place <= low:
            break
        place = max(place, high)
    return place


def _best_greedy(buffers: Sequence[Buffer], bound: int) -> list[int]:
    """Place in several orders, then move what sticks out to the front, until the bound is met."""
    neighbours = [
        [k for k, other in enumerate(buffers) if k != i and buffer.meets(other)]
        for i, buffer in enumerate(buffers)
    ]
    rounds = min(_ROUNDS, _MOST_STEPS // max(1, sum(map(len, neighbours))))
    keys: tuple[Callable[[int], tuple[int, ...]], ...] = (
        lambda i: (-buffers[i].room, buffers[i].first),
        lambda i: (-buffers[i].room * (buffers[i].last - buffers[i].first + 1), buffers[i].first),
        lambda i: (buffers[i].first, -buffers[i].room),
        lambda i: (buffers[i].first - buffers[i].last, -buffers[i].room),
    )
    best: list[int] | None = None
    for key in keys:
        order = sorted(range(len(buffers)), key=key)
        for _ in range(max(1, rounds // len(keys))):
            places = _greedy(buffers, order, neighbours)
            if best is None or _extent(buffers, places) < _extent(buffers, best):
                best = places
            if _extent(buffers, best) == bound:
                return best
            ends = [place + buffer.room for buffer, place in zip(buffers, places, strict=True)]
            highest = max(range(len(buffers)), key=lambda i: ends[i])
            at = order.index(highest)
            if at == 0:
                break
            order.insert(at // 2, order.pop(at))
    return best or []


def _greedy(
    buffers: Sequence[Buffer], order: Sequence[int], neighbours: Sequence[Sequence[int]]
) -> list[int]:
    places: dict[int, int] = {}
    for i in order:
        taken = [(places[k], buffers[k]) for k in neighbours[i] if k in places]
        places[i] = _lowest(buffers[i], taken)
    return [places[i] for i in range(len(buffers))]
