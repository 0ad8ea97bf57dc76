"""From a folded float network to TensorFlow Lite's int8: the graph that the s8 kernels run.

Weights have one scale for each output channel and no zero point; activations one scale and a zero
point, which is 0 if they are to be symmetric. Scales are any number, or powers of two if wished.
There are no kernels for recurrent layers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armsim.nn import graph
from armsim.nn.features import Standard
from armsim.nn.graph import Affine, Graph
from armsim.nn.graph_builder import GraphBuilder
from armsim.nn.importers.scales import multipliers as scales_of
from armsim.nn.importers.scales import softmax
from armsim.nn.layers import (
    Architecture,
    AveragePool,
    Conv,
    Dense,
    Depthwise,
    ModelError,
    Shape,
    padding,
    shapes,
)
from armsim.nn.parameters import FloatNetwork, Weights
from armsim.nn.quantise import INPUT_BITS, about
from armsim.nn.ranges import Span, Spans

SMALLEST = 1e-6  # of a range, so that a layer that is always zero has a scale
_LARGEST_BIAS = 2**30  # which leaves the products as much again
HALVES = 2  # a choice of 1 makes a range smaller by the square root of two


@dataclass(frozen=True, kw_only=True)
class Form:
    """Which int8: with a zero point or without, any scale or powers of two."""

    symmetric: bool = False
    powers: bool = False


def quantise_int8(
    net: Architecture,
    weights: FloatNetwork,
    standard: Standard,
    spans: Spans,
    form: Form,
    choices: Mapping[str, int],
) -> Graph:
    """Make the graph; `choices` make the range of a layer smaller, in half octaves."""
    builder = _Builder(net, form)
    for layer, before, after in shapes(net):
        span = _shrunk(spans[layer.name], choices.get(layer.name, 0))
        match layer:
            case AveragePool():
                builder.pool(layer, before, after)
            case Conv() | Depthwise() | Dense():
                matrix = weights[layer.name]
                assert isinstance(matrix, Weights)
                builder.sums(layer, before, after, matrix, span)
            case _:
                raise ModelError(
                    f"{net.name}: no kernel runs {layer.name} in int8; use --scheme q7, which "
                    "has steps of recurrent layers"
                )
    return builder.finished(standard)


def choices_for(net: Architecture) -> dict[str, int]:
    """Give the choices that change nothing."""
    return {layer.name: 0 for layer in net.layers if not isinstance(layer, AveragePool)}


def _shrunk(span: Span, halves: int) -> Span:
    scale = 2.0 ** (-halves / HALVES)
    return Span(span.low * scale, span.high * scale)


class _Builder(GraphBuilder):
    """A chain of operators so far, and what the last tensor is."""

    def __init__(self, net: Architecture, form: Form) -> None:
        self.net, self.form = net, form
        first = Affine(scale=2.0**-INPUT_BITS, zero_point=0)
        shape = (net.frames, net.coefficients, 1)
        super().__init__(net.name, shape, "int8", first, entry="features")
        self.last = "features"

    @property
    def affine(self) -> Affine:
        """Say what the last tensor's integers stand for."""
        affine = self.tensors[self.last].quantisation
        assert isinstance(affine, Affine)
        return affine

    def pool(self, layer: AveragePool, before: Shape, after: Shape) -> None:
        """Average over the whole image."""
        self.last = self.add(
            graph.AveragePoolS8,
            layer.name,
            (self.last,),
            after,
            self.affine,
            kernel=before[:2],
            stride=(1, 1),
        )

    def sums(
        self, layer: Conv | Depthwise | Dense, before: Shape, after: Shape, w: Weights, span: Span
    ) -> None:
        """Convolve or multiply, requantise, cut."""
        relu = isinstance(layer, Depthwise) or layer.relu
        out = self.affine_for(span)
        channels = 2 if isinstance(layer, Depthwise) else 0
        scales = self.weight_scales(w, channels)
        sums_scales = self.affine.scale * scales
        multipliers, shifts = scales_of((sums_scales / out.scale).tolist())
        shape = [1] * w.weight.ndim
        shape[channels] = -1
        fields: dict[str, Any] = {
            "weights": _rounded(w.weight / scales.reshape(shape), np.int8, 127),
            "bias": _rounded(w.bias / sums_scales, np.int32, 2**31 - 1),
            "multipliers": multipliers,
            "shifts": shifts,
            "activation": (out.zero_point if relu else -128, 127),
        }
        kind: type[graph.Operator] = graph.FullyConnectedS8
        output = "logits" if layer is self.net.layers[-1] else layer.name
        shape_after: tuple[int, ...] = (after[2],)
        if isinstance(layer, Conv | Depthwise):
            kind = graph.DepthwiseS8 if isinstance(layer, Depthwise) else graph.ConvolveS8
            fields["stride"] = layer.stride
            fields["padding"] = (padding(layer, before, 0)[0], padding(layer, before, 1)[0])
            shape_after = after
        self.last = self.add(
            kind, layer.name, (self.last,), shape_after, out, output=output, **fields
        )

    def affine_for(self, span: Span) -> Affine:
        """Cover a range, and zero exactly."""
        low, high = min(span.low, 0.0), max(span.high, 0.0)
        if self.form.symmetric:
            return Affine(scale=self.scale(max(-low, high) / 127), zero_point=0)
        scale = self.scale((high - low) / 255)
        return Affine(scale=scale, zero_point=int(np.clip(round(-128 - low / scale), -128, 127)))

    def scale(self, scale: float) -> float:
        """Take a scale, or the next larger power of two."""
        scale = max(scale, SMALLEST)
        return 2.0 ** math.ceil(math.log2(scale)) if self.form.powers else scale

    def weight_scales(self, w: Weights, channels: int) -> NDArray[np.float64]:
        """Give a scale for each output channel, with which its bias fits into 32 bits, too."""
        axes = tuple(axis for axis in range(w.weight.ndim) if axis != channels)
        reach = np.abs(w.weight).max(axis=axes).astype(np.float64) / 127
        least = np.abs(w.bias).astype(np.float64) / (self.affine.scale * _LARGEST_BIAS)
        return np.array([self.scale(scale) for scale in np.maximum(reach, least).tolist()])

    def finished(self, standard: Standard) -> Graph:
        """Add the shares of the classes and give the graph."""
        multiplier, shift, diff_min = softmax(1.0, self.affine.scale)
        scores = self.add(
            graph.SoftmaxS8,
            "softmax",
            (self.last,),
            self.tensors[self.last].shape,
            Affine(scale=1 / 256, zero_point=-128),
            output="scores",
            multiplier=multiplier,
            shift=shift,
            diff_min=diff_min,
        )
        return self.build((self.last, scores), about(self.net, standard))


def _rounded(values: NDArray[Any], dtype: type[np.signedinteger[Any]], most: int) -> NDArray[Any]:
    return np.clip(np.rint(values.astype(np.float64)), -most, most).astype(dtype)
