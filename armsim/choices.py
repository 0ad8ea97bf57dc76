"""What a run is to be on: the board, the engine, this host; and why it cannot."""

from dataclasses import replace
from pathlib import Path

from armsim.boards.board import Board, resize, with_clock, with_core
from armsim.boards.catalogue import default_board, find_board
from armsim.boards.texts import parse_core
from armsim.errors import UsageError
from armsim.isa.hostfloat import host_is_ieee
from armsim.machine.image import Image

ENGINES = ("auto", "interpreter", "threaded", "translator")


def choose_board(
    image: Image,
    *,
    core: str | None = None,
    board: str | Path | None = None,
    clock_hz: int | None = None,
    flash: tuple[int, int] | None = None,
    sram: tuple[int, int] | None = None,
) -> Board:
    """Return the board that an image is to run on, as the options say.

    Without `core` and `board` the image's own attributes decide.

    Raises:
        UsageError: the core is unknown, or nothing says which one it is.
        BoardError: the board is unknown, has another core, or a change to it makes no sense.
    """
    choice = parse_core(core) if core else None
    if board is not None:
        chosen = find_board(board)
    else:
        kind = choice.core if choice else image.core
        if kind is None:
            raise UsageError(
                f"{image.path} does not say which core it is for; add --core m4 or --core m7"
            )
        chosen = default_board(kind)
    if choice is not None:
        chosen = with_core(chosen, choice)
    if clock_hz is not None:
        chosen = replace(with_clock(chosen, clock_hz), clock_given=True)
    return resize(chosen, flash=flash, sram=sram)


def check_engine(name: str) -> None:
    """Raise UsageError unless there is an engine of that name."""
    if name not in ENGINES:
        raise UsageError(f"unknown engine {name!r}; engines: {', '.join(ENGINES)}")


def check_host() -> None:
    """Raise UsageError unless the host's floating-point arithmetic is as IEEE 754 has it.

    What is exact in a double is left to the host, so it may not round or flush in its own way.
    """
    if not host_is_ieee():
        raise UsageError(
            "floating-point arithmetic in this process does not round to nearest or flushes "
            "subnormal numbers to zero, which something loaded into it has asked for (a library "
            "built with -ffast-math, torch.set_flush_denormal); run armsim in a process of its own"
        )
