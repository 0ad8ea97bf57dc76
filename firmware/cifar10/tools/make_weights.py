"""Write a header with seeded random weights and a seeded random image for the CIFAR-10 network.

python firmware/cifar10/tools/make_weights.py SEED cifar10_weights.h

Nothing was trained: time and memory do not depend on the values. The shifts keep the values of
every layer spread over 8 bits.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from armsim.nn.translate.interleave import reorder

INPUT_MEAN = (125, 123, 114)
WIDTH = 100


@dataclass(frozen=True)
class Layer:
    """Weights as (outputs, ...), and how the sum is shifted."""

    name: str
    weights: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int8]
    bias_shift: int
    out_shift: int


@dataclass(frozen=True)
class Network:
    """The layers in order, and an image (rows, columns, colours)."""

    layers: tuple[Layer, ...]
    pixels: npt.NDArray[np.uint8]


def network(seed: int) -> Network:
    """Return the network of a seed."""
    random = np.random.default_rng(seed)

    def layer(name: str, shape: tuple[int, ...], out_shift: int) -> Layer:
        weights = random.integers(-128, 128, shape).astype(np.int8)
        bias = random.integers(-128, 128, shape[0]).astype(np.int8)
        return Layer(name, weights, bias, 5, out_shift)

    layers = (
        layer("CONV1", (32, 5, 5, 3), 9),
        layer("CONV2", (32, 5, 5, 32), 11),
        layer("CONV3", (64, 5, 5, 32), 11),
        layer("FC", (10, 4 * 4 * 64), 12),
    )
    return Network(layers, random.integers(0, 256, (32, 32, 3)).astype(np.uint8))


def header(seed: int) -> str:
    """Return the C text; fully connected weights are in the order of the kernel `_opt`."""
    made = network(seed)
    lines = [
        f"/* Random numbers, written by make_weights.py with seed {seed}; do not edit. */",
        "#ifndef CIFAR10_WEIGHTS_H",
        "#define CIFAR10_WEIGHTS_H",
        "",
        *define("INPUT_MEAN", INPUT_MEAN),
    ]
    for layer in made.layers:
        weights = reorder(layer.weights) if layer.name == "FC" else layer.weights
        lines += [
            *define(f"{layer.name}_WT", weights.ravel().tolist()),
            *define(f"{layer.name}_BIAS", layer.bias.tolist()),
            f"#define {layer.name}_BIAS_SHIFT {layer.bias_shift}",
            f"#define {layer.name}_OUT_SHIFT {layer.out_shift}",
        ]
    lines += define("PIXELS", made.pixels.ravel().tolist())
    return "\n".join([*lines, "", "#endif", ""])


def define(name: str, values: Iterable[int]) -> list[str]:
    """Write a list as a constant, in lines of bounded width."""
    lines, line = [f"#define {name} {{"], ""
    for item in map(str, values):
        if len(line) + len(item) + 3 > WIDTH:
            lines.append(line)
            line = ""
        line += f"{item},"
    return [f"{text} \\" for text in [*lines, line]] + ["}"]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    Path(sys.argv[2]).write_text(header(int(sys.argv[1])))
