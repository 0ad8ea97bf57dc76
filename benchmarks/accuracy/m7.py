"""Cortex-M7 against silicon: loops of our own, and programs of others that the user has built.

An image of the latter measures itself with DWT.CYCCNT, as its author did, leaves the differences in
an array of words named `cycles` and ends. Where it is missing its rows are left out.
"""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from armsim.machine.image import load_image
from armsim.session import Session, choose_board
from benchmarks.accuracy.rows import Row

JNK = "jnk0le/random, STM32H743 rev Y"
BOARD = "nucleo-h743zi"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that an image measures: the word of `cycles`, divided by `runs`."""

    name: str
    source: str
    silicon: float
    word: int
    runs: int = 1
    note: str = ""


# Code in ITCM, data in DTCM, caches on; the words are of calls after the first.
IMAGES = {
    "m7-aes.elf": (
        Figure("AES-128 CM7_1T key schedule", "jnk0le/cortexm-AES, STM32H743", 139, 0),
        Figure("AES-128 CM7_1T encrypt", "jnk0le/cortexm-AES, STM32H743", 292, 1),
    ),
    "m7-coremark.elf": (
        Figure("CoreMark, an iteration, -O2, TCM", "eembc/coremark, i.MX RT1060", 248_900, 0, 10,
               "another compiler than ours"),
    ),
}  # fmt: skip


def of_images(folder: Path) -> Iterator[Row]:
    """Yield the rows of the images in a folder."""
    for name, figures in IMAGES.items():
        path = folder / name
        if not path.exists():
            continue
        image = load_image(path)
        symbol = image.symbol("cycles")
        if symbol is None:
            raise ValueError(f"{path} has no array 'cycles'")
        session = Session(image, choose_board(image, board=BOARD), stdout=io.BytesIO())
        stop = session.run(max_instructions=1_000_000_000).stop
        if stop.reason != "exit" or stop.status:
            raise ValueError(f"{path} did not end well: {stop.message or stop.status}")
        count = 1 + max(figure.word for figure in figures)
        words = struct.unpack(f"<{count}I", session.memory.read_bytes(symbol.address, 4 * count))
        for figure in figures:
            ours = words[figure.word] / figure.runs
            yield Row("M7", figure.name, figure.source, figure.silicon, ours, figure.note)


def rows(folder: Path | None = None) -> list[Row]:
    """Return all rows that can be had: those of images if a folder of them is named."""
    return list(of_images(folder)) if folder else []
