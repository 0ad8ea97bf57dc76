"""How long a network takes on a simulated core: translated, compiled, run there once.

What is counted is the network alone, from its input to its scores; features are not made. The time
hardly hangs on the weights, so a network need not be trained to be measured: its instructions are
the same, and only the tables that gates look up and the branches of softmax differ.
"""

from __future__ import annotations

import io
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from armsim.errors import ArmsimError
from armsim.nn.features import FeatureSet, Standard
from armsim.nn.graph import Graph, GraphError
from armsim.nn.layers import Architecture, AveragePool, parameter_shapes, shapes
from armsim.nn.parameters import Parameters, assemble
from armsim.nn.quantised import Settings, quantised
from armsim.nn.ranges import Ranges
from armsim.nn.translate import translate
from armsim.nn.translate.board import BOARD_OF_CORE, kernels_folder
from armsim.nn.translate.build import COMPILER, build

_LONGEST = 5_000_000_000  # instructions
_CLASSES = 12
_INPUTS = 8  # on which the ranges of a network of random weights are found


class LatencyError(ArmsimError):
    """A network cannot be compiled or run."""


@dataclass(frozen=True, kw_only=True)
class Latency:
    """What one inference takes on a core."""

    cycles: int
    seconds: float


def check_tools() -> None:
    """Raise LatencyError unless what compiles for a core is there."""
    packages = {COMPILER: "gcc-arm-none-eabi libnewlib-arm-none-eabi", "make": "make"}
    for tool, package in packages.items():
        if shutil.which(tool) is None:
            raise LatencyError(
                f"{tool} is not installed, so no latency can be simulated; get it with "
                f"'apt-get install {package}' (Debian, Ubuntu)"
            )


def untrained(net: Architecture, *, seed: int = 1) -> Graph:
    """Quantise a network of random weights."""
    rng = np.random.default_rng(seed)
    weights: dict[str, Parameters] = {}
    for layer, before, _ in shapes(net):
        if not isinstance(layer, AveragePool):
            arrays = {
                name: (rng.normal(size=shape) / np.sqrt(shape[-1])).astype(np.float32)
                for name, shape in parameter_shapes(layer, before).items()
            }
            weights[layer.name] = assemble(layer, arrays)
    frames = net.frames * net.every
    values = rng.integers(-64, 64, (_INPUTS, frames, net.coefficients)).astype(np.int8)
    items = FeatureSet(values, np.arange(_INPUTS) % _CLASSES)
    ones = np.ones(net.coefficients, np.float32)
    settings = Settings(ranges=Ranges.MAX)
    return quantised(
        net, weights, Standard(0 * ones, ones, net.features), items, settings, lambda _: None
    )


def simulated(graph: Graph, core: str, *, kernels: Path | None = None) -> Latency:
    """Run a quantised network once on a simulated core.

    Raises:
        GraphError: it does not fit the core's board.
        LatencyError: it cannot be compiled, or what it computes is not what NumPy does.
    """
    folder = kernels_folder(kernels)
    with tempfile.TemporaryDirectory(prefix="armsim-latency-") as made:
        translation = translate(graph, Path(made) / "c", board=BOARD_OF_CORE[core], kernels=folder)
        check_tools()
        try:
            image = build(translation.folder, translation.board, folder)
        except GraphError as error:
            raise LatencyError(str(error)) from None
        return _run(image)


def _run(image: Path) -> Latency:
    from armsim.session import run_image  # slow to import, and not always needed

    errors = io.BytesIO()
    run, printed = run_image(image, max_instructions=_LONGEST, stderr=errors)
    total = re.search(r"^total +(\d+)", printed.decode(), re.MULTILINE)
    if run.stop.status or total is None:
        why = errors.getvalue().decode().strip() or run.stop.message
        raise LatencyError(f"the network stopped with status {run.stop.status}: {why}")
    cycles = int(total[1])
    return Latency(cycles=cycles, seconds=cycles / run.clock_hz)
