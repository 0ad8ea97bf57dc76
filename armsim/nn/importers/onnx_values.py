"""The tensors of an ONNX model on its way to a float network, and windows over its images.

A change of shape or order costs nothing where what reads the tensor can be told where each value
is: weights are put in the order of the values. So it makes no node, but another view of a tensor.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from armsim.nn.graph import Affine, Pair
from armsim.nn.importers.float_graph import FloatNode, Floats
from armsim.nn.importers.onnx_file import OnnxModel, OnnxNode

Places: TypeAlias = NDArray[np.int32]

_MOST_VALUES = 1 << 22  # of a tensor: no board has memory for more
_MOST_IN_WINDOWS = 1 << 26
_MOST_COMPUTED = 1 << 26
_PASSING = ("Identity", "Dropout", "QuantizeLinear", "DequantizeLinear")
_VIEWS = ("Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Gather", "Slice")


class Unsupported(Exception):
    """Why a node cannot be taken."""


class OutOfOrder(Unsupported):
    """A node reads values in another order than they are in."""

    def __init__(self, text: str = "") -> None:
        super().__init__(
            text
            or "its input's values are not in the order in which it reads them, and no kernel "
            "transposes; as steps, those of an image's height or width are supported"
        )


@dataclass(frozen=True)
class Value:
    """A tensor of the float network as ONNX sees it."""

    tensor: str
    shape: tuple[int, ...]  # ours, without the batch
    moved: Places | None = None  # where ONNX's values are in ours; None: as they were computed
    alone: bool = True  # no other name stands for the tensor
    parts: tuple[Value, ...] = ()  # of a Concat, which is no tensor

    @property
    def size(self) -> int:
        """Number of values."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def image(self) -> bool:
        """Whether ours is height x width x channels."""
        return len(self.shape) == 3

    @property
    def outer(self) -> tuple[int, ...]:
        """Give ONNX's shape, with the batch."""
        if self.moved is not None:
            return self.moved.shape
        return (1, self.shape[2], *self.shape[:2]) if self.image else (1, *self.shape)

    @property
    def places(self) -> Places:
        """Say where ONNX's values are in ours."""
        if self.moved is not None:
            return self.moved
        laid = places(self.shape)
        return laid.transpose(2, 0, 1)[np.newaxis] if self.image else laid[np.newaxis]

    @property
    def in_order(self) -> bool:
        """Whether ONNX's order is ours."""
        return bool((self.places.ravel() == np.arange(self.size)).all())


def places(shape: tuple[int, ...]) -> Places:
    """Number the values of a tensor in its own order."""
    return np.arange(_size(shape), dtype=np.int32).reshape(shape)


def _size(shape: tuple[int, ...]) -> int:
    size = math.prod(shape)
    if size > _MOST_VALUES:
        raise Unsupported(f"a tensor of {shape} has more than {_MOST_VALUES} values")
    return size


class Values:
    """What is known of the tensors of a model so far.

    `swapped` lays images out as width x height x channels.
    """

    def __init__(self, model: OnnxModel, *, swapped: bool = False) -> None:
        self.model = model
        self.swapped = swapped
        self._computed = 0
        self.constants: dict[str, NDArray[Any]] = dict(model.constants)
        self.scales: dict[str, Floats] = {}  # of constants that the model has quantised
        self.nodes: dict[str, FloatNode] = {}  # by the tensor they write
        self.fixed: dict[str, Affine] = {}
        self.pads: dict[str, tuple[str, list[int]]] = {}
        self.last_steps: dict[str, str] = {}  # by all states: the tensor of the last one
        self.readers = Counter(name for node in model.nodes for name in node.inputs)
        self.readers.update(model.outputs)
        if len(model.inputs) != 1:
            raise Unsupported(f"it has {len(model.inputs)} inputs; one is supported")
        self.entry, shape = next(iter(model.inputs.items()))
        first = self._first_readers()
        time_first = len(shape) == 3 and bool(first) and first <= {"LSTM", "GRU"}
        self.batch = shape[1] if time_first else shape[0] if shape else 0
        self.entry_shape = (shape[0], shape[2]) if time_first else shape[1:]
        if len(shape) not in (2, 3, 4) or min(self.entry_shape) < 1:
            raise Unsupported(
                f"the input {self.entry} has the shape {shape}, not (1, channels, height, width), "
                "(1, steps, values) or (1, length), with 0 where it is not fixed"
            )
        _size(self.entry_shape)
        self.channels_first = len(shape) == 4 and not (shape[1] > 1 and first <= set(_VIEWS))
        self.values = {self.entry: self._entry_value(time_first)}

    def _entry_value(self, time_first: bool) -> Value:
        shape = self.entry_shape
        if self.channels_first:
            return self._laid(self.entry, (*self.pair((shape[1], shape[2])), shape[0]))
        moved = places((1, *shape))
        return Value(self.entry, shape, moved.swapaxes(0, 1) if time_first else moved)

    def _first_readers(self) -> set[str]:
        """Return the kinds of nodes that do something with the input."""
        names, kinds = {self.entry}, set()
        for node in self.model.nodes:
            if names.isdisjoint(node.inputs):
                continue
            if node.kind in _PASSING:
                names.update(node.outputs)
            elif node.kind != "Shape":
                kinds.add(node.kind)
        return kinds

    # What a node reads

    def view(self, name: str) -> Value:
        """Return a tensor that was computed, or a Concat."""
        if name in self.pads:
            raise Unsupported("a Pad ahead of it is supported ahead of Conv only")
        if name not in self.values:
            raise Unsupported(f"its input {name} is not computed")
        return self.values[name]

    def value(self, name: str) -> Value:
        """Return a tensor that was computed."""
        value = self.view(name)
        if value.parts:
            raise Unsupported(f"its input {name} is a Concat, of which only parts may be read")
        return value

    def image(self, name: str) -> Value:
        """Return a tensor that is an image."""
        value = self.value(name)
        if value.moved is None and value.image:
            return value
        if len(value.outer) != 4 or value.outer[0] != 1:
            raise Unsupported(f"its input {name} of {value.outer} is no image")
        ours = value.places[0].transpose((2, 1, 0) if self.swapped else (1, 2, 0))
        if (ours.ravel() != np.arange(value.size)).any():
            raise OutOfOrder
        return self._laid(self.shaped(value, ours.shape), ours.shape)

    def pair(self, pair: Pair) -> Pair:
        """Turn (height, width) to the order of our images, or back."""
        return (pair[1], pair[0]) if self.swapped else pair

    def shaped(self, value: Value, shape: tuple[int, ...]) -> str:
        """Return a tensor in another shape."""
        if value.shape == shape:
            return value.tensor
        name = f"{value.tensor} as {'x'.join(map(str, shape))}"
        if name not in self.nodes:
            self.nodes[name] = FloatNode(
                kind="reshape", name="", inputs=[value.tensor], output=name, shape=shape
            )
        return name

    def spread(self, value: Value, numbers: Floats) -> Floats:
        """Return a constant for each value of a tensor, in our order."""
        self.compute(value.size)
        spread: Floats = np.empty(value.size)
        try:
            spread[value.places.ravel()] = np.broadcast_to(numbers, value.outer).ravel()
        except ValueError:
            raise Unsupported(f"a constant of {numbers.shape} for {value.outer}") from None
        return spread

    def compute(self, size: int) -> None:
        """Take note of so many numbers that a small file may ask for again and again."""
        self._computed += size
        if self._computed > _MOST_COMPUTED:
            raise Unsupported(f"the model computes with more than {_MOST_COMPUTED} constants")

    def floats(self, name: str, what: str) -> Floats:
        """Return constant numbers."""
        if name not in self.constants:
            raise Unsupported(f"its {what} ({name}) are not constant")
        self.compute(self.constants[name].size)
        values = self.constants[name].astype(np.float64)
        if not np.isfinite(values).all():
            raise Unsupported(f"its {what} ({name}) hold NaN or infinity")
        return values

    # What a node writes

    def check_new(self, node: OnnxNode) -> None:
        """Refuse a node that writes what is there already."""
        for name in filter(None, node.outputs):
            if name in self.values or name in self.constants or name in self.pads:
                raise Unsupported(f"it writes {name}, which is there already")

    def new(
        self, node: OnnxNode, kind: str, inputs: list[str], shape: tuple[int, ...], *,
        moved: Places | None = None, **fields: Any,
    ) -> None:  # fmt: skip
        """Add an operator that writes the node's output."""
        self.add(node, node.outputs[0], kind, inputs, shape, **fields)
        self.put(node.outputs[0], shape, moved)

    def put(self, name: str, shape: tuple[int, ...], moved: Places | None = None) -> None:
        """Note that a tensor is computed."""
        self.values[name] = self._laid(name, shape, moved)

    def _laid(self, tensor: str, shape: tuple[int, ...], moved: Places | None = None) -> Value:
        if self.swapped and len(shape) == 3 and moved is None:
            moved = places(shape).transpose(2, 1, 0)[np.newaxis]
        return Value(tensor, shape, moved)

    def add(
        self, node: OnnxNode, output: str, kind: str, inputs: list[str], shape: tuple[int, ...],
        **fields: Any,
    ) -> None:  # fmt: skip
        """Add an operator that writes a tensor."""
        _size(shape)
        self.nodes[output] = FloatNode(
            kind=kind, name=node.name, inputs=inputs, output=output, shape=shape, **fields
        )

    def see(self, node: OnnxNode, value: Value) -> None:
        """Let the node's output be another view of its first input."""
        alone = value.alone and self.readers[node.inputs[0]] == 1
        self.values[node.outputs[0]] = replace(value, alone=alone)

    def producer(self, name: str, kinds: tuple[str, ...]) -> FloatNode | None:
        """Return the node that wrote a tensor, if it may still change it for its only reader."""
        value = self.values.get(name)
        if value is None or self.readers[name] != 1 or not value.alone:
            return None
        made = self.nodes.get(value.tensor) if value.tensor not in self.fixed else None
        return made if made and made.kind in kinds and made.activation == "NONE" else None

    # Windows

    def window(
        self, node: OnnxNode, size: tuple[int, ...], kernel: Pair, extra: list[int]
    ) -> tuple[Pair, Pair, Pair]:
        """Return stride, padding and the output's size, ours; `extra` pads are of a Pad ahead.

        The kernel's size is ONNX's, the image's is ours.
        """
        channels = size[2]
        size = self.pair((size[0], size[1]))
        stride = node.ints("strides", [1, 1])
        if node.ints("dilations", [1, 1]) != [1, 1] or node.attributes.get("ceil_mode"):
            raise Unsupported("dilations and ceil_mode are not supported")
        pads = node.ints("pads", [0, 0, 0, 0])
        automatic = str(node.attributes.get("auto_pad", "NOTSET"))
        if len(stride) != 2 or len(pads) != 4 or min(stride) < 1 or min(pads) < 0:
            raise Unsupported(f"strides {stride} and pads {pads} are not those of an image")
        padding, out, padded = [0, 0], [0, 0], channels
        for axis in (0, 1):
            before, after = pads[axis], pads[axis + 2]
            full = size[axis] + extra[axis] + extra[axis + 2]
            if automatic.startswith("SAME"):
                total = max((-(-full // stride[axis]) - 1) * stride[axis] + kernel[axis] - full, 0)
                before = total // 2 if automatic == "SAME_UPPER" else total - total // 2
                after = total - before
            padding[axis] = before + extra[axis]
            padded *= full + before + after
            out[axis] = (full + before + after - kernel[axis]) // stride[axis] + 1
            if out[axis] < 1:
                raise Unsupported(f"a kernel of {kernel} does not fit an image of {size[:2]}")
        if max(padded, math.prod((*out, *kernel, channels))) > _MOST_IN_WINDOWS:
            raise Unsupported(f"its windows have more than {_MOST_IN_WINDOWS} values")
        moves = (stride[0], stride[1]), (padding[0], padding[1]), (out[0], out[1])
        return self.pair(moves[0]), self.pair(moves[1]), self.pair(moves[2])
