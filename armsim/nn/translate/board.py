"""The boards that a translated network can start on, and whether it fits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from armsim.nn.graph import GraphError

SOURCES = Path(__file__).parents[3]
"""The repository, where the package is not installed without it."""

CORE_FLAGS = {
    "m4": "-mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard".split(),
    "m7": "-mcpu=cortex-m7 -mthumb -mfpu=fpv5-sp-d16 -mfloat-abi=hard".split(),
}
BOARD_OF_CORE = {"m4": "stm32f4-discovery", "m7": "nucleo-f746zg"}
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20}
_MEMORY = re.compile(r"^\s*(\w+)\s*\(\w+\)\s*:\s*ORIGIN = \w+, LENGTH = (\d+)([KM]?)", re.MULTILINE)

CODE = 28 << 10
CODE_PER_STEP = 256
"""Upper limits of what is in flash besides constants, with start-up code and C library."""
DATA = 4608
DATA_PER_LAYER = 8
"""The same of RAM besides arena and outputs."""
STACK_AND_HEAP = 8 << 10
"""What the linker script wants to be left."""


@dataclass(frozen=True, kw_only=True)
class Board:
    """A board's name, core and memory."""

    name: str
    core: str
    flash: int
    sram: int


def kernels_folder(chosen: Path | None) -> Path:
    """Return the folder of the kernels.

    Raises:
        GraphError: it is not there.
    """
    folder = (chosen or SOURCES / "kernels").resolve()
    if not (folder / "include" / "arm_nnfunctions.h").exists():
        raise GraphError(
            f"{folder} has no kernels; get armsim's repository and name its folder kernels/ "
            "with --kernels"
        )
    return folder


def firmware_folder(kernels: Path) -> Path:
    """Return the folder of start-up code and linker scripts, which lies beside the kernels.

    Raises:
        GraphError: it is not there.
    """
    folder = kernels.parent / "firmware"
    if not (folder / "boards" / "sections.ld").exists():
        raise GraphError(
            f"{folder} has no start-up code; get armsim's repository and name its folder "
            "kernels/ with --kernels"
        )
    return folder


def boards(firmware: Path) -> dict[str, Board]:
    """Return the boards with start-up code."""
    found = {}
    for script in sorted((firmware / "boards").glob("*.ld")):
        code = script.with_suffix(".c")
        if code.exists():
            memory = {
                name: int(length) * _UNITS[unit]
                for name, length, unit in _MEMORY.findall(script.read_text())
            }
            core = "m7" if "Cortex-M7" in code.read_text() else "m4"
            found[script.stem] = Board(
                name=script.stem, core=core, flash=memory["flash"], sram=memory["sram"]
            )
    return found


def find_board(name: str, firmware: Path) -> Board:
    """Look a board up.

    Raises:
        GraphError: there is none of that name.
    """
    known = boards(firmware)
    if name not in known:
        raise GraphError(f"no start-up code for the board {name!r}; boards: {', '.join(known)}")
    return known[name]


def check_fits(board: Board, flash: int, sram: int) -> None:
    """Raise GraphError if a program needs more than a board has, by how much and where."""
    needs = (("flash", flash, board.flash), ("sram", sram, board.sram))
    lacks = [
        f"{region} by {need - has:,} bytes ({need:,} needed, {has:,} there)"
        for region, need, has in needs
        if need > has
    ]
    if lacks:
        raise GraphError(
            f"the network does not fit {board.name}: too big for {' and '.join(lacks)}"
        )
