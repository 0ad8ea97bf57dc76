"""Float networks on their way to int8: nodes in our layout, their ranges, and quantisation.

Images are height x width x channels, as in the quantised graph. Weights get a scale per output
channel, activations one scale and a zero point from the least and the largest value that they take
for the calibration inputs. What pools and changes of shape put out has the scale of their input.
For recurrent layers see `float_recurrent.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armsim.nn.arithmetic.windows import Window
from armsim.nn.graph import (
    AddS8,
    Affine,
    AveragePoolS8,
    ConvolveS8,
    DepthwiseS8,
    FullyConnectedS8,
    Graph,
    GraphError,
    MaxPool,
    MulS8,
    Pair,
    Reshape,
    SoftmaxS8,
)
from armsim.nn.graph_builder import GraphBuilder
from armsim.nn.importers import float_recurrent, scales
from armsim.nn.parameters import GruWeights, LstmWeights

Floats = NDArray[np.floating[Any]]

_SAMPLES_AT_ONCE = 16
_VALUES_AT_ONCE = 1 << 24


@dataclass(kw_only=True)
class FloatNode:
    """An operator of a float network; `kind` is one of those in `_run`.

    Weights are laid out as the quantised operator has them.
    """

    kind: str
    name: str
    inputs: list[str]
    output: str
    shape: tuple[int, ...]
    weights: Floats = field(default_factory=lambda: np.zeros(0))
    bias: Floats = field(default_factory=lambda: np.zeros(0))
    parameters: GruWeights | LstmWeights | None = None  # of a recurrent layer
    weight_scales: Floats | None = None  # where the model has quantised them
    kernel: Pair = (1, 1)
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    activation: str = "NONE"

    @property
    def window(self) -> Window:
        """How it slides."""
        return Window(
            kernel=self.kernel,
            stride=self.stride,
            padding=self.padding,
            size=(self.shape[0], self.shape[1]),
        )


@dataclass(kw_only=True)
class FloatGraph:
    """A float network, and what is known of the quantisation of its tensors."""

    name: str
    input: str
    shape: tuple[int, ...]
    nodes: list[FloatNode]
    outputs: list[str]
    fixed: dict[str, Affine] = field(default_factory=dict)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)  # seen in calibration

    def without_what_nobody_reads(self) -> FloatGraph:
        """Return the graph without nodes that no output needs."""
        needed, kept = set(self.outputs), []
        for node in reversed(self.nodes):
            if node.output in needed:
                kept.append(node)
                needed.update(node.inputs)
        return replace(self, nodes=kept[::-1])

    def wants_ranges(self) -> bool:
        """Whether a tensor is left whose range only inputs can tell."""
        known = {*_KEEP_SCALE, *_RECURRENT}
        tensors = {self.input, *(n.output for n in self.nodes if n.kind not in known)}
        cells = {_cells(n.output) for n in self.nodes if n.kind == "lstm"}
        return bool(tensors - set(self.fixed) or cells - set(self.ranges))

    def calibrate(self, inputs: Floats) -> None:
        """Fix the quantisation of all tensors by the values that they take."""
        total = sum(math.prod(node.shape) * math.prod(node.kernel) for node in self.nodes)
        at_once = max(1, min(_SAMPLES_AT_ONCE, _VALUES_AT_ONCE // max(total, 1)))
        for start in range(0, len(inputs), at_once):
            values = self.run(inputs[start : start + at_once])
            for name, value in values.items():
                low, high = self.ranges.get(name, (0.0, 0.0))
                self.ranges[name] = min(low, float(value.min())), max(high, float(value.max()))
        for name, (low, high) in self.ranges.items():
            self.fixed.setdefault(name, affine(low, high))

    def run(self, inputs: Floats) -> dict[str, Floats]:
        """Return all tensors for inputs (n, *shape), and the cells of LSTMs."""
        values = {self.input: inputs}
        for node in self.nodes:
            before = [values[name] for name in node.inputs]
            if node.parameters is not None:
                states, cells = float_recurrent.run(node.parameters, before[0])
                values[node.output] = _finite(
                    node, states if len(node.shape) == 2 else states[:, -1]
                )
                if cells is not None:
                    values[_cells(node.output)] = _finite(node, cells)
            else:
                values[node.output] = _run(node, before)
        return values

    def quantised(self, about: Mapping[str, object]) -> Graph:
        """Return the network in int8."""
        builder = GraphBuilder(self.name, self.shape, "int8", self.fixed[self.input])
        names = {self.input: builder.entry}
        for node in self.nodes:
            names[node.output] = _quantise(self, builder, node, [names[n] for n in node.inputs])
        return builder.build([names[name] for name in self.outputs], about)


def affine(low: float, high: float) -> Affine:
    """Return the quantisation that reaches from `low` to `high`, and has zero."""
    scale = float(np.float32((high - low) / 255)) or 1.0
    zero_point = scales.round_half_away(-128 - low / scale)
    return Affine(scale=scale, zero_point=max(-128, min(127, zero_point)))


# In float


@np.errstate(all="ignore")
def _run(node: FloatNode, inputs: Sequence[Floats]) -> Floats:
    x = inputs[0]
    y: Floats
    match node.kind:
        case "conv":
            columns = node.window.of(x).transpose(0, 1, 2, 4, 5, 3)
            rows = columns.reshape(-1, node.weights[0].size)
            y = rows @ node.weights.reshape(len(node.weights), -1).T
            y = y.reshape(len(x), *node.shape) + node.bias
        case "depthwise":
            windows = node.window.of(np.repeat(x, node.weights.shape[2] // x.shape[3], axis=3))
            y = np.einsum("nyxcij,ijc->nyxc", windows, node.weights) + node.bias
        case "fc":
            y = (x.reshape(len(x), -1) @ node.weights.T + node.bias).reshape(-1, *node.shape)
        case "average":
            counts = node.window.counts(*x.shape[1:3])
            y = node.window.of(x).sum(axis=(4, 5)) / counts
        case "maximum":
            y = node.window.of(x, outside=-(2**30)).max(axis=(4, 5))
        case "add":
            y = x + inputs[1]
        case "mul":
            y = x * inputs[1]
        case "softmax":
            e = np.exp(x - x.max(axis=-1, keepdims=True))
            y = e / e.sum(axis=-1, keepdims=True)
        case _:
            y = x.reshape(len(x), *node.shape)
    limits = {"RELU": (0, np.inf), "RELU6": (0, 6)}
    if node.activation in limits:
        y = np.clip(y, *limits[node.activation])
    return _finite(node, y)


def _finite(node: FloatNode, values: Floats) -> Floats:
    if not np.isfinite(values).all():
        raise GraphError(f"{node.output} goes beyond what a float can hold")
    return values


def _cells(output: str) -> str:
    """Name the cells of an LSTM among its network's values."""
    return f"cells of {output}"


# In int8

_KEEP_SCALE = ("average", "maximum", "reshape")
_RECURRENT = ("gru", "lstm")
_STEMS = {"average": "pool", "maximum": "pool"}


def _quantise(graph: FloatGraph, builder: GraphBuilder, node: FloatNode, inputs: list[str]) -> str:
    if node.parameters is not None:
        cells = max(map(abs, graph.ranges.get(_cells(node.output), (0.0, 0.0))))
        label = node.name or node.output
        return float_recurrent.quantise(
            builder, label, node.parameters, inputs[0], node.shape, cells
        )
    if node.kind == "reshape":
        kept = builder.tensors[inputs[0]].quantisation
        return builder.add(Reshape, builder.number("reshape"), inputs, node.shape, kept)
    inputs = [float_recurrent.narrow(builder, name) for name in inputs]
    before = [builder.tensors[name].quantisation for name in inputs]
    first, second = before[0], before[-1]
    assert isinstance(first, Affine)
    assert isinstance(second, Affine)
    after = first if node.kind in _KEEP_SCALE else graph.fixed.get(node.output, first)
    name = builder.number(_STEMS.get(node.kind, node.kind))
    limits = scales.clamp(node.activation, after)
    match node.kind:
        case "conv" | "depthwise" | "fc":
            kind = {"conv": ConvolveS8, "depthwise": DepthwiseS8, "fc": FullyConnectedS8}[node.kind]
            moves: dict[str, Any] = (
                {} if node.kind == "fc" else {"stride": node.stride, "padding": node.padding}
            )
            return builder.add(
                kind, name, inputs, node.shape, after, activation=limits, **moves,
                **_weights(node, first, after),
            )  # fmt: skip
        case "average" | "maximum":
            return builder.add(
                AveragePoolS8 if node.kind == "average" else MaxPool, name, inputs, node.shape,
                after, kernel=node.kernel, stride=node.stride, padding=node.padding,
                activation=limits,
            )  # fmt: skip
        case "add":
            left, scale_a, scale_b, total = scales.addition(first, second, after)
            return builder.add(
                AddS8, name, inputs, node.shape, after, input_scales=(scale_a, scale_b),
                output_scale=total, left_shift=left, activation=limits,
            )  # fmt: skip
        case "mul":
            total = scales.multiplier(first.scale * second.scale / after.scale)
            return builder.add(
                MulS8, name, inputs, node.shape, after, output_scale=total, activation=limits
            )
        case "softmax":
            multiplier, shift, diff_min = scales.softmax(1.0, first.scale)
            return builder.add(
                SoftmaxS8, name, inputs, node.shape, Affine(scale=1 / 256, zero_point=-128),
                multiplier=multiplier, shift=shift, diff_min=diff_min,
            )  # fmt: skip
    raise AssertionError(f"{node.kind} is no operator")


def _weights(node: FloatNode, before: Affine, after: Affine) -> dict[str, Any]:
    """Quantise weights per output channel, and biases at the scale of the sums."""
    axis = 2 if node.kind == "depthwise" else 0
    others = tuple(i for i in range(node.weights.ndim) if i != axis)
    if node.weight_scales is not None:
        steps = np.broadcast_to(node.weight_scales.astype(np.float64), node.bias.shape)
    else:
        steps = np.abs(node.weights).max(axis=others).astype(np.float64) / 127
        steps = np.where(steps > 0, steps, 1.0)
    shape = [-1 if i == axis else 1 for i in range(node.weights.ndim)]
    levels = np.rint(node.weights.astype(np.float64) / steps.reshape(shape))
    bias = np.rint(node.bias.astype(np.float64) / (before.scale * steps))
    multipliers, shifts = scales.multipliers((before.scale * steps / after.scale).tolist())
    return {
        "weights": np.clip(levels, -128, 127).astype(np.int8),
        "bias": np.clip(bias, -(2**31), 2**31 - 1).astype(np.int32),
        "multipliers": multipliers,
        "shifts": shifts,
    }
