"""Programs that measure themselves, run here: what they found, beside what silicon did.

An image does what its author's benchmark does: it reads DWT.CYCCNT before and after, leaves the
differences in an array of words named `cycles`, and ends. The user builds it and names the folder.
"""

import io
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from armsim.choices import choose_board
from armsim.machine.image import load_image
from armsim.session import Session
from benchmarks.accuracy.rows import Row

MOST_INSTRUCTIONS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that an image measures: the word of `cycles`, divided by `runs`."""

    name: str
    source: str
    silicon: float
    word: int = 0
    runs: int = 1
    note: str = ""


def measured(image: Path, board: str, words: int) -> tuple[int, ...]:
    """Run an image to its end and return the first words of its array `cycles`.

    Raises:
        ValueError: it has none, or did not end with success.
    """
    loaded = load_image(image)
    symbol = loaded.symbol("cycles")
    if symbol is None:
        raise ValueError(f"{image} has no array 'cycles'")
    session = Session(loaded, choose_board(loaded, board=board), stdout=io.BytesIO())
    stop = session.run(max_instructions=MOST_INSTRUCTIONS).stop
    if stop.reason != "exit" or stop.status:
        raise ValueError(f"{image} did not end well: {stop.message or stop.status}")
    return struct.unpack(f"<{words}I", session.memory.read_bytes(symbol.address, 4 * words))


def rows_of(
    folder: Path | None, images: Mapping[str, Sequence[Figure]], group: str, board: str
) -> Iterator[Row]:
    """Yield the rows of images, those that the folder has with our cycles."""
    for name, figures in images.items():
        path = folder / name if folder is not None else None
        words: tuple[int, ...] | None = None
        if path is not None and path.exists():
            words = measured(path, board, 1 + max(figure.word for figure in figures))
        for figure in figures:
            ours = words[figure.word] / figure.runs if words else None
            note = figure.note if words else f"needs {name}"
            yield Row(group, figure.name, figure.source, figure.silicon, ours, note)
