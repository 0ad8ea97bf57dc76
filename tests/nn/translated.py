"""Builds what a network was translated to, and runs it in the simulator."""

import fcntl
import io
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from armsim.library.build import CORE_FLAGS
from armsim.nn.graph import Graph
from armsim.session import Session, choose_board, load_image

KERNELS = Path(__file__).parents[2] / "kernels"
BOARDS = {"m4": "stm32f4-discovery", "m7": "nucleo-f746zg"}
FLAGS = "-std=gnu17 -O3 -g -Wall -Wextra -Wconversion -Werror -ffunction-sections".split()


def build(folder: Path, core: str) -> Path:
    """Compile a translated network for the board of a core; return the image."""
    library = f"build/{core}/libkernels.a"
    with (KERNELS / "Makefile").open() as lock:  # one process at a time
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(["make", "-s", "-C", KERNELS, "-j2", library], check=True)
    image = folder / f"network-{core}.elf"
    sources = [*folder.glob("*.c"), *folder.glob("common/*.c"), folder / f"board/{BOARDS[core]}.c"]
    command = [
        "arm-none-eabi-gcc", *CORE_FLAGS[core], "-mthumb", "-mfloat-abi=hard", *FLAGS,
        *(f"-I{folder / name}" for name in ("", "common", "board")), f"-I{KERNELS / 'include'}",
        "-nostartfiles", "--specs=rdimon.specs", "--specs=nano.specs", f"-L{folder / 'board'}",
        "-T", f"{BOARDS[core]}.ld", "-Wl,--gc-sections", *sources, KERNELS / library, "-o", image,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return image


@dataclass(frozen=True)
class Outcome:
    """What a run printed."""

    status: int
    stdout: str
    stderr: str

    def outputs(self, name: str) -> np.ndarray:
        """Return an output of all runs."""
        rows = re.findall(rf"^{name}: (.*)$", self.stdout, re.MULTILINE)
        return np.array([[int(number) for number in row.split()] for row in rows])


def run(image: Path, *arguments: str | Path) -> Outcome:
    loaded = load_image(image)
    stdout, stderr = io.BytesIO(), io.BytesIO()
    session = Session(
        loaded, choose_board(loaded), arguments=map(str, arguments), stdout=stdout, stderr=stderr
    )
    stop = session.run(max_instructions=2_000_000_000).stop
    text = stderr.getvalue().decode() + stop.message
    return Outcome(stop.status, stdout.getvalue().decode(), text)


def assert_equal(graph: Graph, outcome: Outcome, expected: dict[str, np.ndarray]) -> None:
    """Compare what was printed with what NumPy computed."""
    assert (outcome.status, outcome.stderr) == (0, "")
    for name in graph.outputs:
        ours = outcome.outputs(name)
        np.testing.assert_array_equal(ours, expected[name].reshape(len(ours), -1), name)
