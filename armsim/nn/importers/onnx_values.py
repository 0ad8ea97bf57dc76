"""The tensors of an ONNX model on its way to a float network, and windows over its images."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armsim.nn.graph import Affine, Pair
from armsim.nn.importers.float_graph import FloatNode, Floats
from armsim.nn.importers.onnx_file import OnnxModel, OnnxNode

_MOST_VALUES = 1 << 26


class Unsupported(Exception):
    """Why a node cannot be taken."""


@dataclass(frozen=True)
class Value:
    """A tensor: its name in the float network, and the order of a flattened image."""

    tensor: str
    shape: tuple[int, ...]
    order: tuple[int, int, int] | None = None  # channels, height, width: ONNX has it in this order

    @property
    def image(self) -> bool:
        """Whether it is height x width x channels."""
        return len(self.shape) == 3


class Values:
    """What is known of the tensors of a model so far."""

    def __init__(self, model: OnnxModel) -> None:
        self.model = model
        self.constants: dict[str, NDArray[Any]] = dict(model.constants)
        self.scales: dict[str, Floats] = {}  # of constants that the model has quantised
        self.nodes: dict[str, FloatNode] = {}  # by the tensor they write
        self.fixed: dict[str, Affine] = {}
        self.pads: dict[str, tuple[str, list[int]]] = {}
        self.readers = Counter(name for node in model.nodes for name in node.inputs)
        self.readers.update(model.outputs)
        self.last_first = False  # the input's channels are last
        if len(model.inputs) != 1:
            raise Unsupported(f"it has {len(model.inputs)} inputs; one is supported")
        self.entry, self.entry_shape = next(iter(model.inputs.items()))
        if len(self.entry_shape) not in (2, 4) or min(self.entry_shape[1:]) < 1:
            raise Unsupported(
                f"the input {self.entry} has the shape {self.entry_shape}, not (1, channels, "
                "height, width) or (1, length)"
            )
        shape = self.entry_shape[1:]
        ours = (*shape[1:], shape[0]) if len(shape) == 3 else shape
        self.values = {self.entry: Value(self.entry, ours)}

    def value(self, name: str) -> Value:
        """Return a tensor that was computed."""
        if name in self.pads:
            raise Unsupported("a Pad ahead of it is supported ahead of Conv only")
        if name not in self.values:
            raise Unsupported(f"its input {name} is not computed")
        return self.values[name]

    def image(self, name: str) -> Value:
        """Return a tensor that is an image."""
        value = self.value(name)
        if not value.image:
            raise Unsupported(f"its input {name} of {value.shape} is no image")
        return value

    def floats(self, name: str, what: str) -> Floats:
        """Return constant numbers."""
        if name not in self.constants:
            raise Unsupported(f"its {what} ({name}) are not constant")
        values = self.constants[name].astype(np.float64)
        if not np.isfinite(values).all():
            raise Unsupported(f"its {what} ({name}) hold NaN or infinity")
        return values

    def new(
        self, node: OnnxNode, kind: str, inputs: list[str], shape: tuple[int, ...], **fields: Any
    ) -> None:
        """Add an operator that writes the node's output."""
        output = node.outputs[0]
        if int(np.prod(shape, dtype=np.float64)) > _MOST_VALUES:
            raise Unsupported(f"its output {shape} has more than 2^26 values")
        made = FloatNode(
            kind=kind, name=node.name, inputs=inputs, output=output, shape=shape, **fields
        )
        self.nodes[output] = made
        self.values[output] = Value(output, shape)

    def producer(self, name: str, kinds: tuple[str, ...]) -> FloatNode | None:
        """Return the node that wrote a tensor, if it may still change it for its only reader."""
        value = self.values.get(name)
        if value is None or self.readers[name] != 1 or value.tensor in self.fixed:
            return None
        made = self.nodes.get(value.tensor)
        return made if made and made.kind in kinds and made.activation == "NONE" else None

    # Windows

    def window(self, node: OnnxNode, kernel: Pair, extra: list[int]) -> tuple[Pair, Pair, Pair]:
        """Return stride, padding and the output's size; `extra` pads are of a Pad ahead."""
        size = self.values[node.inputs[0]].shape if node.inputs[0] in self.values else None
        if size is None:
            size = self.values[self.pads[node.inputs[0]][0]].shape
        stride = node.ints("strides", [1, 1])
        if node.ints("dilations", [1, 1]) != [1, 1] or node.attributes.get("ceil_mode"):
            raise Unsupported("dilations and ceil_mode are not supported")
        pads = node.ints("pads", [0, 0, 0, 0])
        automatic = str(node.attributes.get("auto_pad", "NOTSET"))
        if len(stride) != 2 or len(pads) != 4 or min(stride) < 1 or min(pads) < 0:
            raise Unsupported(f"strides {stride} and pads {pads} are not those of an image")
        padding, out = [0, 0], [0, 0]
        for axis in (0, 1):
            before, after = pads[axis], pads[axis + 2]
            full = size[axis] + extra[axis] + extra[axis + 2]
            if automatic.startswith("SAME"):
                total = max((-(-full // stride[axis]) - 1) * stride[axis] + kernel[axis] - full, 0)
                before = total // 2 if automatic == "SAME_UPPER" else total - total // 2
                after = total - before
            padding[axis] = before + extra[axis]
            out[axis] = (full + before + after - kernel[axis]) // stride[axis] + 1
            if out[axis] < 1:
                raise Unsupported(f"a kernel of {kernel} does not fit an image of {size[:2]}")
        return (stride[0], stride[1]), (padding[0], padding[1]), (out[0], out[1])
