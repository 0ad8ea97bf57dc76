"""Programs as pieces that are laid out quickly and can be left out one by one.

The assembler of these tests searches for an encoding; here the few forms that hold an address or a
number are encoded at once, and the rest is assembled once and kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from assembler import assemble

CONDITIONS = ("eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le")


@dataclass(frozen=True, slots=True)
class Code:
    """Halfwords that mean the same anywhere."""

    halves: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A label."""

    name: str


@dataclass(frozen=True, slots=True)
class Jump:
    """`b.w`, `bl`, or a conditional branch, to a label."""

    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Point:
    """The address of a label and some bytes more into a register, by MOVW and MOVT."""

    register: int
    label: str
    plus: int = 1


@dataclass(frozen=True, slots=True)
class Word:
    """The address of a label as data."""

    label: str
    plus: int = 1


Piece = Code | Mark | Jump | Point | Word
_SIZES = {Mark: 0, Jump: 4, Point: 8, Word: 4}


def size_of(piece: Piece) -> int:
    """Return how many bytes a piece takes."""
    return 2 * len(piece.halves) if isinstance(piece, Code) else _SIZES[type(piece)]


@cache
def text(program: str) -> Code:
    """Return assembly text without labels."""
    data = assemble(program.replace(";", "\n"))
    return Code(tuple(int.from_bytes(data[k : k + 2], "little") for k in range(0, len(data), 2)))


def move(register: int, value: int) -> Code:
    """Return MOVW and, if need be, MOVT of a number."""
    low = _move(0xF240, register, value & 0xFFFF)
    return Code(low + _move(0xF2C0, register, value >> 16 & 0xFFFF) if value >> 16 else low)


def _move(first: int, register: int, half: int) -> tuple[int, int]:
    return (
        first | (half >> 11 & 1) << 10 | half >> 12,
        (half >> 8 & 7) << 12 | register << 8 | half & 0xFF,
    )


def place(pieces: Iterable[Piece], base: int) -> dict[str, int]:
    """Return where the labels come to stand."""
    labels, at = {}, base
    for piece in pieces:
        if isinstance(piece, Mark):
            labels[piece.name] = at
        at += size_of(piece)
    return labels


def lay_out(pieces: Sequence[Piece], base: int) -> bytes:
    """Return the bytes of a program; a label that is gone is the start."""
    labels = place(pieces, base)
    halves: list[int] = []
    for piece in pieces:
        at = base + 2 * len(halves)
        if isinstance(piece, Code):
            halves += piece.halves
        elif isinstance(piece, Jump):
            halves += _jump(piece.kind, labels.get(piece.label, base) - at - 4)
        elif isinstance(piece, Point):
            address = labels.get(piece.label, base) + piece.plus
            halves += _move(0xF240, piece.register, address & 0xFFFF)
            halves += _move(0xF2C0, piece.register, address >> 16)
        elif isinstance(piece, Word):
            address = labels.get(piece.label, base) + piece.plus
            halves += (address & 0xFFFF, address >> 16)
    return b"".join(half.to_bytes(2, "little") for half in halves)


def _jump(kind: str, offset: int) -> tuple[int, int]:
    sign = int(offset < 0)
    low = offset >> 1 & 0x7FF
    if kind in CONDITIONS:
        first = 0xF000 | sign << 10 | CONDITIONS.index(kind) << 6 | offset >> 12 & 0x3F
        return first, 0x8000 | (offset >> 18 & 1) << 13 | (offset >> 19 & 1) << 11 | low
    j1, j2 = (~(offset >> 23) ^ sign) & 1, (~(offset >> 22) ^ sign) & 1
    first = 0xF000 | sign << 10 | offset >> 12 & 0x3FF
    return first, (0xD000 if kind == "bl" else 0x9000) | j1 << 13 | j2 << 11 | low
