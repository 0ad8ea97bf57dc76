"""From a folded float network to powers of two: the graph that the q7 and q15 kernels run.

Every tensor gets one scale: value = integer / 2**bits, where `bits` may exceed the width or be
negative, and no zero point. Activations are 8 bits wide and from the first recurrent layer on 16,
as the kernels of such layers want them; weights are 8 bits wide. With `width=16` all activations
but the features have 16 bits, and so have the weights of convolutions and dense layers; those of
recurrent layers keep 8.

Kernels sum in 32 bits. With products of 16 by 16 bits these would not do: weights get fewer
fraction bits than would fit, so that sums may reach four times as far as those seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from armsim.nn import graph, quantise_recurrent
from armsim.nn.features import Standard
from armsim.nn.float_network import has_relu
from armsim.nn.graph import Graph, PowerOfTwo
from armsim.nn.graph_builder import GraphBuilder
from armsim.nn.graph_check import largest_pool_shift
from armsim.nn.graph_rules import LARGEST_BIAS_SHIFT
from armsim.nn.layers import (
    Architecture,
    AveragePool,
    BasicLstm,
    Conv,
    Dense,
    Depthwise,
    Gru,
    Lstm,
    ModelError,
    Recurrent,
    Shape,
    padding,
    shapes,
    state_size,
)
from armsim.nn.parameters import FloatNetwork, GruWeights, LstmWeights, Weights
from armsim.nn.quantise_recurrent import STATE_BITS, WIDEST, cell_width
from armsim.nn.ranges import Spans, fraction_bits, largest, to_integers

INPUT_BITS = 5
_GUARD = 2  # bits that a sum may have more than what was seen of it

Choices: TypeAlias = Mapping[str, int]
"""By layer: the fraction bits of its output; `NAME.sums`, `NAME.cells`: integer bits.

Sums are those ahead of a gate, or those of 16-bit weights.
"""


def choices_from(net: Architecture, spans: Spans, width: int = 8) -> dict[str, int]:
    """Choose the bits that reach just as far as the values seen."""
    choices: dict[str, int] = {}
    wide = width == 16
    for layer in net.layers:
        name = layer.name
        if not isinstance(layer, BasicLstm | Lstm | Gru):
            choices[name] = fraction_bits(spans[name].reach, width)
            if wide and not isinstance(layer, AveragePool):
                choices[f"{name}.sums"] = 15 - fraction_bits(spans[f"{name}.sums"].reach, 16)
            continue
        width = 16
        choices[f"{name}.sums"] = WIDEST["sums"]
        if not isinstance(layer, Gru):
            choices[f"{name}.cells"] = cell_width(spans[f"{name}.cells"].reach)
    return choices


def quantise(
    net: Architecture,
    weights: FloatNetwork,
    standard: Standard,
    choices: Choices,
    *,
    width: int = 8,
) -> Graph:
    """Make the graph whose tensors have the chosen bits; its outputs: logits, scores."""
    builder = _Builder(net, choices, width)
    for layer, before, after in shapes(net):
        match layer:
            case AveragePool():
                builder.pool(layer, before, after)
            case Conv() | Depthwise():
                builder.convolution(layer, before, after, _matrix(weights, layer.name))
            case Dense():
                builder.dense(layer, after, _matrix(weights, layer.name))
            case BasicLstm() | Lstm() | Gru():
                builder.recurrent(layer, before, after, weights)
    return builder.finished(standard)


def _matrix(weights: FloatNetwork, name: str) -> Weights:
    matrix = weights[name]
    assert isinstance(matrix, Weights)
    return matrix


class _Builder:
    """A chain of operators so far, and what the last tensor is."""

    def __init__(self, net: Architecture, choices: Choices, width: int) -> None:
        self.net, self.choices, self.width = net, choices, width
        shape = (net.frames, net.coefficients, 1)
        self.built = GraphBuilder(
            net.name, shape, "int8", PowerOfTwo(bits=INPUT_BITS), entry="features"
        )
        self.last = self.built.tensors["features"]

    @property
    def bits(self) -> int:
        """Give the fraction bits of the last tensor."""
        quantisation = self.last.quantisation
        assert isinstance(quantisation, PowerOfTwo)
        assert quantisation.bits is not None
        return quantisation.bits

    @property
    def weight_type(self) -> type[np.signedinteger[Any]]:
        """Give the type of the weights of convolutions and dense layers."""
        return np.int16 if self.width == 16 else np.int8

    def add(
        self,
        kind: type[graph.Operator],
        name: str,
        output: str,
        shape: tuple[int, ...],
        bits: int,
        *,
        dtype: str = "",
        **fields: Any,
    ) -> None:
        """Add an operator that reads the last tensor."""
        before, scale = (self.last.name,), PowerOfTwo(bits=bits)
        self.built.add(kind, name, before, shape, scale, dtype=dtype, output=output, **fields)
        self.last = self.built.tensors[output]

    def widen(self, name: str) -> None:
        """Go on with 16 bits."""
        if self.last.dtype == "int8":
            shape, bits = self.last.shape, self.bits + 8
            output = f"{self.last.name}_q15"
            self.add(graph.Rescale, f"{name}_widen", output, shape, bits, dtype="int16", shift=8)

    def relu(self, output: str) -> None:
        """Cut what is negative."""
        self.add(graph.ReluQ, f"{output}_relu", output, self.last.shape, self.bits)

    def pool(self, layer: AveragePool, before: Shape, after: Shape) -> None:
        """Average over the whole image."""
        most = largest_pool_shift(before[:2], self.last.dtype)
        more = max(min(self.choices[layer.name] - self.bits, most), 0)
        self.add(
            graph.AveragePoolQ,
            layer.name,
            layer.name,
            after,
            self.bits + more,
            kernel=before[:2],
            stride=(1, 1),
            out_lshift=more,
        )

    def scaled(self, name: str, w: Weights, dtype: type[np.signedinteger[Any]]) -> dict[str, Any]:
        """Quantise weights and bias of a layer and shift its sums; `bits` are its output's."""
        size = np.iinfo(dtype).bits
        weight_bits = fraction_bits(largest(w.weight), size)
        bias_bits = fraction_bits(largest(w.bias), size)
        # A bias is shifted so far at most: weights that are small beside it give up fraction bits.
        total_bits = min(self.bits + weight_bits, bias_bits + LARGEST_BIAS_SHIFT[f"int{size}"])
        if size == 16:  # sums of 32 bits would not reach far enough
            total_bits = min(total_bits, 31 - self.choices[f"{name}.sums"] - _GUARD)
        bias_bits = min(bias_bits, total_bits)
        # A left shift of the sum does not exist: give up fraction bits instead.
        outputs = min(self.choices[name], total_bits)
        return {
            "weights": to_integers(w.weight, total_bits - self.bits, dtype),
            "bias": to_integers(w.bias, bias_bits, dtype),
            "bias_shift": total_bits - bias_bits,
            "out_shift": total_bits - outputs,
            "bits": outputs,
        }

    def convolution(self, layer: Conv | Depthwise, before: Shape, after: Shape, w: Weights) -> None:
        """Slide windows over the image."""
        if self.width == 16:
            self.widen(layer.name)
        relu = has_relu(layer)
        self.add(
            graph.DepthwiseQ if isinstance(layer, Depthwise) else graph.ConvolveQ,
            layer.name,
            f"{layer.name}_sums" if relu else layer.name,
            after,
            **self.scaled(layer.name, w, self.weight_type),
            stride=layer.stride,
            padding=(padding(layer, before, 0)[0], padding(layer, before, 1)[0]),
        )
        if relu:
            self.relu(layer.name)

    def dense(self, layer: Dense, after: Shape, w: Weights) -> None:
        """Multiply the whole tensor with a matrix."""
        if self.width == 16:
            self.widen(layer.name)
        output = "logits" if layer is self.net.layers[-1] else layer.name
        self.add(
            graph.FullyConnectedQ,
            layer.name,
            f"{output}_sums" if layer.relu else output,
            (after[2],),
            **self.scaled(layer.name, w, self.weight_type),
        )
        if layer.relu:
            self.relu(output)

    def recurrent(
        self, layer: Recurrent, before: Shape, after: Shape, weights: FloatNetwork
    ) -> None:
        """Walk the steps of a sequence."""
        name, parameters = layer.name, weights[layer.name]
        self.widen(name)
        sequence = (before[0], before[1] * before[2])
        if self.last.shape != sequence:
            self.add(graph.Reshape, f"{name}_steps", f"{name}_sequence", sequence, self.bits)
        assert isinstance(parameters, GruWeights | LstmWeights)
        widths = self.choices[f"{name}.sums"], self.choices.get(f"{name}.cells", 0)
        try:
            kind, fields = quantise_recurrent.recurrent(name, parameters, self.bits, *widths)
        except ModelError as error:
            raise ModelError(f"{self.net.name}: {error}") from None
        shape = (before[0], state_size(layer)) if layer.sequence else (state_size(layer),)
        self.add(kind, name, name, shape, STATE_BITS, **fields)

    def finished(self, standard: Standard) -> Graph:
        """Add the shares of the classes and give the graph."""
        one = 7 if self.last.dtype == "int8" else 15
        self.add(graph.SoftmaxQ, "softmax", "scores", self.last.shape, one)
        return self.built.build(("logits", "scores"), about(self.net, standard))


def about(net: Architecture, standard: Standard) -> dict[str, Any]:
    """Say how the features of a network are made."""
    return {
        "feature_kind": net.features.value,
        "feature_mean": standard.mean[: net.coefficients].tolist(),
        "feature_inv_sigma": standard.inv_sigma[: net.coefficients].tolist(),
        "frame_step_ms": net.stride_ms,
    }
