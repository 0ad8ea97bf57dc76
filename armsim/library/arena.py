"""The guest's memory for one call: arrays with untouchable bytes around them, and the stack."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from armsim.errors import CallError, UsageError
from armsim.machine.memory import Memory

Bytes = npt.NDArray[np.uint8]
REDZONE = 32
"""Bytes before and behind each array that no function may change."""


@lru_cache(maxsize=4)
def _paint(count: int) -> Bytes:
    return (np.arange(count) * 37 + 11).astype(np.uint8)


@dataclass(slots=True)
class Place:
    """Where an array is, and what it is called in messages."""

    name: str
    address: int
    data: Bytes  # what the call finds there
    const: bool

    @property
    def end(self) -> int:
        """The address after the last byte."""
        return self.address + len(self.data)


def _overflowed(changed: npt.NDArray[np.bool_]) -> bool:
    """Whether the stack grew down to its end; else what changed there was written from below.

    Frames leave few bytes as they were; behind an array that was overrun most are.
    """
    written = np.flatnonzero(changed)
    if not written.size or written[0] != 0:
        return False
    gaps = np.diff(written, append=len(changed))
    return int(gaps.max()) <= len(changed) // 2


class Arena:
    """Lays out what a call finds in memory from `start` up; the stack grows down from `top`.

    All that belongs to nobody is painted, so what the call wrote there can be told.
    """

    def __init__(self, memory: Memory, start: int, top: int, align: int, least_stack: int) -> None:
        self._memory, self._start, self._top = memory, start, top
        self._align, self._least_stack = align, least_stack
        self._places: list[Place] = []
        self._next = start

    def put(self, name: str, data: Bytes, *, const: bool) -> Place:
        """Give an array a place.

        Raises:
            UsageError: there is no room for it.
        """
        address = -(-(self._next + REDZONE) // self._align) * self._align
        self._next = address + len(data) + REDZONE
        if self._next + self._least_stack > self._top:
            raise UsageError(
                f"{name} ({len(data):,} bytes) does not fit: there are "
                f"{max(self._top - self._least_stack - self._start, 0):,} bytes of RAM for "
                f"arguments from {self._start:#010x} on, with {self._least_stack:,} for the stack "
                "above; choose a board with more, or its RAM with sram=(base, size)"
            )
        place = Place(name, address, data, const)
        self._places.append(place)
        return place

    def fill(self) -> None:
        """Write arrays and paint to the guest's memory."""
        count = self._top - self._start
        self._before = _paint(count).copy()
        for place in self._places:
            self._before[place.address - self._start : place.end - self._start] = place.data
        self._memory.write_bytes(self._start, self._before.tobytes())

    def collect(self, function: str) -> tuple[list[Bytes], int]:
        """Return what the call left in each array, and how many bytes of stack it wrote.

        Raises:
            CallError: it wrote where it may not.
        """
        count = self._top - self._start
        after = np.frombuffer(self._memory.read_bytes(self._start, count), np.uint8)
        changed = after != self._before
        results = []
        for place in self._places:
            span = slice(place.address - self._start, place.end - self._start)
            results.append(after[span])
            if place.const and changed[span].any():
                first = int(changed[span].argmax())
                raise CallError(
                    f"{function} changed {place.name} at byte {first}, which its prototype "
                    "says is const"
                )
            changed[span] = False
        used = changed[self._next - self._start :]
        stack = len(used) - int(used.argmax()) if used.any() else 0
        wild = np.flatnonzero(changed[: self._next - self._start])
        if wild.size:
            raise CallError(
                self._explain(function, self._start + int(wild[0]), wild.size, _overflowed(used))
            )
        return results, stack

    def _explain(self, function: str, first: int, count: int, overflow: bool) -> str:
        many = "a byte" if count == 1 else f"{count:,} bytes"
        if overflow:
            return (
                f"{function} ran out of stack: it used all of "
                f"{self._top - self._next:,} bytes and wrote {many} of its arguments' memory"
            )
        below = [place for place in self._places if place.end <= first]
        above = [place for place in self._places if place.address > first]
        if below and (not above or first - below[-1].end < above[0].address - first):
            near, distance = below[-1], first - below[-1].end
            where = "behind the end of" if not distance else f"{distance} bytes behind the end of"
        else:
            near, distance = above[0], above[0].address - first
            where = f"{distance} bytes before" if distance > 1 else "just before"
        return (
            f"{function} wrote {many} outside its arguments, the first at {first:#010x}, "
            f"{where} {near.name} ({len(near.data):,} bytes at {near.address:#010x})"
        )
