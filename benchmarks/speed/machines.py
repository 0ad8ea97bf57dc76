"""What is compared: each machine runs an image again and again, and says what a run took."""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from armsim.boards.catalogue import find_board
from armsim.choices import choose_board
from armsim.machine.image import load_image
from armsim.session import Session
from benchmarks.speed.processes import qemu
from benchmarks.speed.unicorn_board import UnicornBoard

ENGINES = ("interpreter", "threaded", "translator", "auto")


@dataclass(frozen=True)
class Timed:
    """One run, and the processor time of the thread that runs the guest."""

    printed: str
    instructions: int
    seconds: float


class Machine(Protocol):
    """One image, ready to run."""

    name: str

    def run(self) -> Timed:
        """Run the image from reset to its end."""


class Ours:
    """A session on one of our engines; `times` runs are timed as one."""

    def __init__(self, image: Path, board: str | None, engine: str, times: int = 1) -> None:
        self.name, self.times = engine, times
        self.printed = io.BytesIO()
        chosen = choose_board(load_image(image), board=board)
        self.session = Session(
            image, chosen, engine=engine,
            stdin=io.BytesIO(), stdout=self.printed, stderr=self.printed,
        )  # fmt: skip

    @property
    def cycles(self) -> int:
        """Cycles of the last run."""
        return self.session.engine.now()

    def run(self) -> Timed:
        """Run the image `times` times."""
        seconds = 0.0
        for _ in range(self.times):
            self.printed.seek(0)
            self.printed.truncate()
            self.session.reset()
            seconds += _seconds(self.session.run)
        done = self.session.engine.instructions * self.times
        return Timed(self.printed.getvalue().decode(), done, seconds)


class Unicorn:
    """The same image in unicorn, which counts nothing: `instructions` are those that we counted."""

    name = "unicorn"

    def __init__(self, image: Path, board: str | None, instructions: int, times: int = 1) -> None:
        chosen = find_board(board) if board else None
        self.board, self.instructions, self.times = UnicornBoard(image, chosen), instructions, times

    def run(self) -> Timed:
        """Run the image `times` times."""
        seconds = 0.0
        for _ in range(self.times):
            self.board.reset()
            seconds += _seconds(self.board.run)
        printed = self.board.printed.getvalue().decode()
        return Timed(printed, self.instructions * self.times, seconds)


class Qemu:
    """QEMU, less what it takes for the same program with one round: its start-up."""

    name = "qemu"

    def __init__(self, image: Path, short: Path, board: str, instructions: int) -> None:
        self.image, self.short, self.board = image, short, board
        self.instructions = instructions

    def run(self) -> Timed:
        """Run the long program and the short one."""
        long, short = (qemu(image, self.board) for image in (self.image, self.short))
        return Timed(long.printed, self.instructions, long.cpu - short.cpu)


def _seconds(run: Callable[[], object]) -> float:
    """Return the processor time of this thread in a call."""
    before = time.thread_time()
    run()
    return time.thread_time() - before
