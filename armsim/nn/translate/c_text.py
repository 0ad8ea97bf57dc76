"""Pieces of C in the style of `firmware/`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from numpy.typing import NDArray

WIDTH = 100
KEYWORDS = frozenset(
    "auto break case char const continue default do double else enum extern float for goto if "
    "inline int long register restrict return short signed sizeof static struct switch typedef "
    "union unsigned void volatile while asm typeof "
    "arena done input memcpy memset observer step".split()
)
"""Words of C, and what the text of a network uses."""

_PREFIXES = ("arm_", "cmsis_", "network_", "nn_", "rescale_")
C_TYPES = {"int8": "int8_t", "int16": "int16_t", "int32": "int32_t"}


class Names:
    """C names in lower case, each given out once."""

    def __init__(self) -> None:
        self._taken = set(KEYWORDS)

    def new(self, wanted: str) -> str:
        """Return the name, or one much like it where it is taken."""
        wanted = wanted.lower()
        if wanted.startswith(_PREFIXES):
            wanted = f"the_{wanted}"
        name, number = wanted, 1
        while name in self._taken:
            number += 1
            name = f"{wanted}_{number}"
        self._taken.add(name)
        return name


def wrap(head: str, items: Sequence[str], tail: str) -> list[str]:
    """Write `head` and the items behind it, in lines that are indented to where they start."""
    lines, line, indent = [], head, " " * len(head)
    for i, item in enumerate(items):
        last = i == len(items) - 1
        piece = item + (tail if last else ",")
        space = "" if line == head or not line.strip() else " "
        if len(line) + len(space) + len(piece) > WIDTH and line.strip() and line != head:
            lines.append(line)
            line, space = indent, ""
        line += space + piece
    if not items:
        line += tail
    return [*lines, line]


def call(function: str, arguments: Iterable[object], depth: int = 1) -> list[str]:
    """Call a function."""
    return wrap("    " * depth + function + "(", [str(a) for a in arguments], ");")


def comment(text: str, depth: int = 1) -> list[str]:
    """Write a comment of one or more lines."""
    indent = "    " * depth
    words = text.split()
    lines, line = [], indent + "/*"
    for word in words:
        if len(line) + 1 + len(word) > WIDTH - 3:
            lines.append(line)
            line = indent + "  "
        line += " " + word
    return [*lines, line + " */"]


def numbers(values: NDArray[Any]) -> list[str]:
    """Write numbers in lines that are as full as can be."""
    lines, line = [], "   "
    for value in values.ravel().tolist():
        piece = f" {_number(value)},"
        if len(line) + len(piece) > WIDTH:
            lines.append(line)
            line = "   "
        line += piece
    return [*lines, line] if line.strip() else lines


def _number(value: int) -> str:
    """Write a number; the least int32_t is no literal in C."""
    return "INT32_MIN" if value == -(2**31) else str(value)
