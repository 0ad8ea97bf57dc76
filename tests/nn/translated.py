"""Builds what a network was translated to, and runs it in the simulator."""

import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from armsim.choices import choose_board
from armsim.machine.image import load_image
from armsim.nn.graph import Graph
from armsim.nn.translate.board import BOARD_OF_CORE, find_board
from armsim.nn.translate.build import build as build_for_board
from armsim.session import Session

KERNELS = Path(__file__).parents[2] / "kernels"


def build(folder: Path, core: str) -> Path:
    """Compile a translated network for the board of a core; return the image."""
    board = find_board(BOARD_OF_CORE[core], KERNELS.parent / "firmware")
    return build_for_board(folder, board, KERNELS)


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
