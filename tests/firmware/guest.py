"""The machines that the firmware runs on, and what the firmware prints."""

import contextlib
import io
import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pytest

from armsim.boards.catalogue import find_board
from armsim.machine.image import load_image
from armsim.session import Session

FIRMWARE = Path(__file__).parents[2] / "firmware"
SIMULATED_BOARDS = ("stm32f4-discovery", "nucleo-f746zg")
QEMU_BOARDS = ("mps2-an386", "mps2-an500")
"""A Cortex-M4 and a Cortex-M7 of each."""


@dataclass(frozen=True)
class Run:
    status: int
    stdout: str
    stderr: str

    def numbers(self, name: str) -> npt.NDArray[np.int8]:
        """Return the numbers of a line `name: ...`."""
        (line,) = (x for x in self.stdout.splitlines() if x.startswith(f"{name}:"))
        return np.array(line.split(":")[1].split(), np.int8)


class Board(Protocol):
    """A machine that runs images."""

    name: str

    def run(self, image: str, command_line: str, folder: Path) -> Run:
        """Run an image in a folder with a command line (behind the image's name)."""


class SimulatedBoard:
    """Runs images in the simulator, keeping what it has decoded."""

    def __init__(self, name: str, build: Path) -> None:
        self.name = name
        self.build = build
        self._stdout, self._stderr = io.BytesIO(), io.BytesIO()
        self._sessions: dict[str, Session] = {}

    def session(self, image: str) -> Session:
        """Return the session of an image."""
        if image not in self._sessions:
            self._sessions[image] = Session(
                load_image(self.build / self.name / f"{image}.elf"),
                find_board(self.name),
                stdin=io.BytesIO(),
                stdout=self._stdout,
                stderr=self._stderr,
            )
        return self._sessions[image]

    def run(
        self,
        image: str,
        command_line: str,
        folder: Path,
        change: Callable[[Session], None] | None = None,
    ) -> Run:
        session = self.session(image)
        with contextlib.chdir(folder):
            session.reset(shlex.split(command_line))
            if change:
                change(session)
            stop = session.run(max_instructions=1_000_000_000).stop
        texts = []
        for stream in (self._stdout, self._stderr):
            texts.append(stream.getvalue().decode())
            stream.seek(0)
            stream.truncate()
        assert stop.reason == "exit", stop
        return Run(stop.status, *texts)


class QemuBoard:
    """Runs images under QEMU's user-visible semihosting."""

    def __init__(self, name: str, build: Path) -> None:
        if shutil.which("qemu-system-arm") is None:
            pytest.skip("qemu-system-arm is not installed")
        self.name = name
        self.build = build

    def run(self, image: str, command_line: str, folder: Path) -> Run:
        words = [f"{image}.elf", command_line] if command_line else [f"{image}.elf"]
        # QEMU doubles commas and joins its arguments with single blanks.
        options = "".join(f",arg={word.replace(',', ',,')}" for word in words)
        done = subprocess.run(
            [
                *("qemu-system-arm", "-M", self.name, "-nographic", "-monitor", "none"),
                *("-serial", "none", "-semihosting-config", f"enable=on,target=native{options}"),
                *("-kernel", self.build / self.name / f"{image}.elf"),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        return Run(done.returncode, done.stdout, done.stderr)


def make_board(name: str, build: Path) -> Board:
    """Return a board with the images that a folder has for it."""
    kind = SimulatedBoard if name in SIMULATED_BOARDS else QemuBoard
    return kind(name, build)


def compile_program(source: Path, board: str, build: Path) -> None:
    """Link a program of one file with the firmware's start-up, as `build/<board>/<name>.elf`."""
    folder = build / board
    folder.mkdir()
    sources = [*(FIRMWARE / "common").glob("*.c"), FIRMWARE / "boards" / f"{board}.c", source]
    subprocess.run(
        [
            *("arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16"),
            *("-mfloat-abi=hard", "-O2", f"-I{FIRMWARE / 'common'}", "-nostartfiles"),
            *("--specs=rdimon.specs", "--specs=nano.specs", f"-L{FIRMWARE / 'boards'}"),
            *("-T", f"{board}.ld", *sources, "-o", folder / f"{source.stem}.elf"),
        ],
        check=True,
    )
