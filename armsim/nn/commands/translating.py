"""`armsim nn translate`: a network as C that calls the kernels."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from armsim.errors import UsageError
from armsim.nn.catalogue import ARCHITECTURES
from armsim.nn.commands.options import Commands, command
from armsim.nn.graph import Graph
from armsim.nn.importers.onnx import load_onnx
from armsim.nn.importers.tflite import load_tflite
from armsim.nn.network_q7 import shipped_weights
from armsim.nn.quantised import load
from armsim.nn.translate import DEFAULT_BOARD, translate


def load_model(model: str, calibration: Path | None = None) -> Graph:
    """Read a network: one of ours by its name, or a file by what it ends in.

    Raises:
        GraphError, ModelError: it cannot be read, and why.
    """
    path = Path(model)
    suffix = path.suffix.lower()
    if suffix == ".tflite":
        return load_tflite(path)
    if suffix == ".onnx":
        return load_onnx(path, calibration)
    if suffix == ".npz":
        return load(path)
    if path.suffix == ".json":
        raise UsageError(f"{model} only describes a network; name what 'armsim nn quantise' made")
    return load(shipped_weights(model))


def translate_model(arguments: argparse.Namespace) -> None:
    """Write a network as C that calls the kernels, with all it takes to build and run it."""
    graph = load_model(arguments.model, arguments.calibrate)
    done = translate(graph, arguments.output, board=arguments.board, kernels=arguments.kernels)
    print(done.report())
    folder, built, image = (
        shlex.quote(str(path))
        for path in (done.folder, done.folder / "build", done.folder / "build" / "network.elf")
    )
    print(
        f"\ncmake -S {folder} -B {built} -DCMAKE_TOOLCHAIN_FILE=arm-none-eabi.cmake\n"
        f"cmake --build {built} && armsim run {image}"
    )


def add(commands: Commands) -> None:
    """Add the command."""
    sub = command(commands, "translate", translate_model)
    sub.add_argument(
        "model",
        metavar="MODEL",
        help=f"FILE.npz, FILE.tflite (int8), FILE.onnx, or one of {', '.join(ARCHITECTURES)}",
    )
    sub.add_argument("-o", "--output", type=Path, metavar="DIR", required=True, help="a new folder")
    sub.add_argument(
        "--calibrate",
        type=Path,
        metavar="FILE.npy",
        help="inputs of a float ONNX model, to find the ranges of its activations",
    )
    sub.add_argument(
        "--board",
        metavar="NAME",
        default=DEFAULT_BOARD,
        help="whose start-up code and linker script go along (default: %(default)s)",
    )
    sub.add_argument(
        "--kernels",
        type=Path,
        metavar="DIR",
        help="the folder kernels/ of armsim's repository (default: this one's)",
    )
