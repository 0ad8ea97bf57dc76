"""FlatBuffers, as far as a reader of tables needs them; every offset is checked."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Vectors of several tables may be the same bytes: a small file could ask for much memory.
_MOST_TABLES = 1 << 14
_MOST_INTEGERS = 1 << 8
_LONGEST_TEXT = 100


class FlatbufferError(ValueError):
    """An offset that leads out of the file."""


@dataclass(frozen=True)
class Table:
    """A table: fields by number, each of which may be missing."""

    data: bytes
    place: int

    @staticmethod
    def root(data: bytes) -> Table:
        """Return the table that a file begins with."""
        return Table(data, _scalar(data, "<I", 0))

    def _field(self, number: int) -> int | None:
        """Return where a field is."""
        vtable = self.place - int(_scalar(self.data, "<i", self.place))
        size = _scalar(self.data, "<H", vtable)
        entry = 4 + 2 * number
        offset = _scalar(self.data, "<H", vtable + entry) if entry + 2 <= size else 0
        return self.place + offset if offset else None

    def number(self, number: int, form: str, default: int | float = 0) -> Any:
        """Return a scalar field; `form` is a letter of `struct`."""
        place = self._field(number)
        return default if place is None else _scalar(self.data, "<" + form, place)

    def _follow(self, number: int) -> int | None:
        place = self._field(number)
        return None if place is None else place + int(_scalar(self.data, "<I", place))

    def table(self, number: int) -> Table | None:
        """Return a table field."""
        place = self._follow(number)
        return None if place is None else Table(self.data, place)

    def tables(self, number: int) -> list[Table]:
        """Return a field that is a vector of tables."""
        offsets = self._few(number, "<u4", _MOST_TABLES)
        start = self._follow(number)
        if start is None:
            return []
        return [
            Table(self.data, start + 4 + 4 * i + int(offset)) for i, offset in enumerate(offsets)
        ]

    def array(self, number: int, dtype: str) -> NDArray[Any]:
        """Return a field that is a vector of scalars; empty where it is missing."""
        place = self._follow(number)
        if place is None:
            return np.zeros(0, dtype)
        count = int(_scalar(self.data, "<I", place))
        size = np.dtype(dtype).itemsize
        if place + 4 + count * size > len(self.data):
            raise FlatbufferError(f"a vector of {count} entries does not fit the file")
        return np.frombuffer(self.data, dtype, count, place + 4)

    def _few(self, number: int, dtype: str, most: int) -> NDArray[Any]:
        found = self.array(number, dtype)
        if found.size > most:
            raise FlatbufferError(f"a vector has {found.size} entries; {most} are the most")
        return found

    def integers(self, number: int) -> tuple[int, ...]:
        """Return a field that is a short vector of 32-bit integers."""
        return tuple(self._few(number, "<i4", _MOST_INTEGERS).tolist())

    def text(self, number: int) -> str:
        """Return the beginning of a string field."""
        start = self.array(number, "u1")[:_LONGEST_TEXT]
        return start.tobytes().decode("utf-8", "replace")


def _scalar(data: bytes, form: str, place: int) -> Any:
    if place < 0 or place + struct.calcsize(form) > len(data):
        raise FlatbufferError(f"an offset leads to byte {place} of {len(data)}")
    return struct.unpack_from(form, data, place)[0]
