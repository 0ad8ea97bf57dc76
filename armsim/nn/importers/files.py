"""What all importers do with a file: read it, and say in one line what is wrong with it."""

from __future__ import annotations

from pathlib import Path

from armsim.nn.graph import GraphError

_LARGEST = 1 << 28
_LONGEST = 1000


def read(path: Path) -> bytes:
    """Return what is in a file.

    Raises:
        GraphError: it cannot be read, or is too large to be a network for a microcontroller.
    """
    try:
        size = path.stat().st_size
        if size > _LARGEST:
            raise GraphError(one_line(f"{path} has {size} bytes; {_LARGEST} are the most"))
        return path.read_bytes()
    except OSError as error:
        raise GraphError(one_line(f"{path} cannot be read: {error.strerror}")) from None


def one_line(text: str) -> str:
    """Make what names from a file are part of fit to be shown."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..."


def why(error: Exception) -> str:
    """Say what was wrong with an operator."""
    if str(error) in ("list index out of range", "tuple index out of range"):
        return "an input, output or dimension is missing"
    return str(error)
