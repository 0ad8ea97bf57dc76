"""Where buffers lie in one arena, so that it is as small as it can be.

A buffer lives from the step that fills it to the last that reads it; buffers whose lives overlap
may not. An arena cannot be smaller than what lives at any one step: that is the bound. In a chain
it is always reached: inputs and outputs take the two ends by turns, and what a step needs besides
lies between them. Elsewhere orders of placement are tried until one reaches the bound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

ALIGNMENT = 4
_ROUNDS = 400


@dataclass(frozen=True, kw_only=True)
class Buffer:
    """Bytes that are in use from step `first` to step `last`."""

    name: str
    size: int
    first: int
    last: int

    @property
    def room(self) -> int:
        """The size, so that the next buffer is aligned."""
        return -(-self.size // ALIGNMENT) * ALIGNMENT

    def meets(self, other: Buffer) -> bool:
        """Whether both are in use at some step."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Where each buffer begins; `bound` is what no plan can undercut."""

    places: dict[str, int]
    size: int
    bound: int


def plan(buffers: Sequence[Buffer]) -> Plan:
    """Place buffers."""
    bound = max(
        (sum(b.room for b in buffers if b.first <= step <= b.last) for step in _steps(buffers)),
        default=0,
    )
    best = _both_ends(buffers, bound) or _best_greedy(buffers, bound)
    places = {buffer.name: place for buffer, place in zip(buffers, best, strict=True)}
    return Plan(places=places, size=_extent(buffers, best), bound=bound)


def _steps(buffers: Sequence[Buffer]) -> range:
    return range(max((buffer.last for buffer in buffers), default=-1) + 1)


def _extent(buffers: Sequence[Buffer], places: Sequence[int]) -> int:
    return max((p + b.room for b, p in zip(buffers, places, strict=True)), default=0)


def _both_ends(buffers: Sequence[Buffer], size: int) -> list[int] | None:
    """Place what lives for several steps at the two ends by turns; None where that does not fit."""
    places = [0] * len(buffers)
    lasting = [i for i, buffer in enumerate(buffers) if buffer.last > buffer.first]
    for turn, i in enumerate(sorted(lasting, key=lambda i: buffers[i].first)):
        places[i] = size - buffers[i].room if turn % 2 else 0
    for i, buffer in enumerate(buffers):
        if i not in lasting:
            taken = [(places[k], buffers[k]) for k in lasting if buffers[k].meets(buffer)]
            taken += [
                (places[k], buffers[k])
                for k in range(i)
                if k not in lasting and buffers[k].meets(buffer)
            ]
            places[i] = _lowest_gap(buffer, taken)
    return places if _extent(buffers, places) <= size and _apart(buffers, places) else None


def _apart(buffers: Sequence[Buffer], places: Sequence[int]) -> bool:
    return not any(
        a.meets(b) and places[i] < places[k] + b.room and places[k] < places[i] + a.room
        for i, a in enumerate(buffers)
        for k, b in enumerate(buffers[:i])
    )


def _lowest_gap(buffer: Buffer, taken: Sequence[tuple[int, Buffer]]) -> int:
    place = 0
    for start, other in sorted(taken, key=lambda item: item[0]):
        if place + buffer.room <= start:
            break
        place = max(place, start + other.room)
    return place


def _best_greedy(buffers: Sequence[Buffer], bound: int) -> list[int]:
    """Place in several orders, then move what sticks out to the front, until the bound is met."""
    keys: tuple[Callable[[int], tuple[int, ...]], ...] = (
        lambda i: (-buffers[i].room, buffers[i].first),
        lambda i: (-buffers[i].room * (buffers[i].last - buffers[i].first + 1), buffers[i].first),
        lambda i: (buffers[i].first, -buffers[i].room),
        lambda i: (buffers[i].first - buffers[i].last, -buffers[i].room),
    )
    best: list[int] | None = None
    for key in keys:
        order = sorted(range(len(buffers)), key=key)
        for _ in range(_ROUNDS // len(keys)):
            places = _greedy(buffers, order)
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


def _greedy(buffers: Sequence[Buffer], order: Sequence[int]) -> list[int]:
    places = [0] * len(buffers)
    done: list[int] = []
    for i in order:
        places[i] = _lowest_gap(
            buffers[i], [(places[k], buffers[k]) for k in done if buffers[k].meets(buffers[i])]
        )
        done.append(i)
    return places
