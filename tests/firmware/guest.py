"""The machine that the firmware runs on, and what the firmware prints."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

FIRMWARE = Path(__file__).parents[2] / "firmware"
BOARDS = ("mps2-an386", "mps2-an500")
"""A Cortex-M4 and a Cortex-M7."""


@dataclass(frozen=True)
class Run:
    status: int
    stdout: str
    stderr: str

    def numbers(self, name: str) -> npt.NDArray[np.int8]:
        """Return the numbers of a line `name: ...`."""
        (line,) = (x for x in self.stdout.splitlines() if x.startswith(f"{name}:"))
        return np.array(line.split(":")[1].split(), np.int8)


class QemuBoard:
    """Runs images under QEMU's user-visible semihosting."""

    def __init__(self, name: str, build: Path) -> None:
        self.name = name
        self.build = build

    def run(self, image: str, command_line: str, folder: Path) -> Run:
        """Run an image in a folder with a command line (behind the image's name)."""
        words = [f"{image}.elf", command_line] if command_line else [f"{image}.elf"]
        # QEMU doubles commas and joins its arguments with single blanks.
        options = "".join(f",arg={word.replace(',', ',,')}" for word in words)
        done = subprocess.run(
            ["qemu-system-arm", "-M", self.name, "-nographic", "-monitor", "none"]
            + ["-serial", "none", "-semihosting-config", f"enable=on,target=native{options}"]
            + ["-kernel", self.build / self.name / f"{image}.elf"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        return Run(done.returncode, done.stdout, done.stderr)
