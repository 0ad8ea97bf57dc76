"""How far the numbers of a network reach, and how good its answers are.

Weights need no data. What a layer puts out does: its range is that of the values seen, or of all
but one in a thousand of them, or what a sweep finds best.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armsim.nn.float_network import lstm_step, rectified, run_layer, run_linear
from armsim.nn.layers import Architecture, BasicLstm, Lstm, shapes
from armsim.nn.parameters import (
    FloatNetwork,
    Floats,
    GruWeights,
    LstmWeights,
    Parameters,
    Weights,
)

PERCENTILE = 99.9


class Ranges(Enum):
    """How activation ranges are found."""

    MAX = "max"
    PERCENTILE = "percentile"
    SWEEP = "sweep"


@dataclass(frozen=True)
class Span:
    """The smallest and the largest value."""

    low: float
    high: float

    @property
    def reach(self) -> float:
        """Give the largest magnitude."""
        return max(-self.low, self.high)


Spans = Mapping[str, Span]
"""By layer: of its output; `NAME.cells`: of the cells of an LSTM.

`NAME.sums`: of what is ahead of a ReLU, or the output of a layer without; always of all values.
"""


def span_of(values: Floats, ranges: Ranges) -> Span:
    """Measure how far values reach; a sweep starts from the percentile."""
    if ranges is Ranges.MAX:
        return Span(float(values.min()), float(values.max()))
    reach = float(np.percentile(np.abs(values), PERCENTILE))
    return Span(max(float(values.min()), -reach), min(float(values.max()), reach))


def observe(
    net: Architecture, weights: FloatNetwork, features: Floats, ranges: Ranges
) -> dict[str, Span]:
    """Run the float network and measure every layer."""
    spans: dict[str, Span] = {}
    x = features[..., np.newaxis]
    for layer, _, after in shapes(net):
        parameters = weights.get(layer.name)
        if isinstance(parameters, Weights):
            sums = run_linear(layer, parameters, x)
            spans[f"{layer.name}.sums"] = span_of(sums, Ranges.MAX)
            output = rectified(layer, sums)
        else:
            output = run_layer(layer, parameters, x)
        spans[layer.name] = span_of(output, ranges)
        if isinstance(parameters, LstmWeights):
            assert isinstance(layer, BasicLstm | Lstm)
            cells = np.stack(list(_cells(layer, parameters, x)))
            spans[f"{layer.name}.cells"] = span_of(cells, ranges)
        x = output.reshape(-1, *after)
    return spans


def _cells(layer: BasicLstm | Lstm, parameters: LstmWeights, x: Floats) -> Iterator[Floats]:
    state: Floats = np.zeros((len(x), parameters.hidden.weight.shape[1]), np.float32)
    cell: Floats = np.zeros((len(x), layer.cells), np.float32)
    for step in x.reshape(*x.shape[:2], -1).swapaxes(0, 1):
        state, cell = lstm_step(parameters, step, state, cell)
        yield cell


def with_states_within_one(
    net: Architecture, weights: FloatNetwork, spans: Spans
) -> dict[str, Parameters]:
    """Scale what projections put out by powers of two, so that states lie between -1 and 1.

    The network computes the same: what reads a state is scaled the other way.
    """
    scaled = dict(weights)
    scale = 1.0
    for layer in net.layers:
        parameters = scaled.get(layer.name)
        if scale != 1:
            parameters = scaled[layer.name] = _reading(parameters, np.float32(scale))
            scale = 1.0
        if isinstance(layer, Lstm):
            assert isinstance(parameters, LstmWeights)
            assert parameters.projection is not None
            scale = 2.0 ** max(0, math.ceil(math.log2(max(spans[layer.name].reach, 1e-9))))
            hidden = Weights(parameters.hidden.weight * np.float32(scale), parameters.hidden.bias)
            projection = parameters.projection / np.float32(scale)
            scaled[layer.name] = replace(parameters, hidden=hidden, projection=projection)
    return scaled


def _reading(parameters: Parameters | None, scale: np.float32) -> Parameters:
    """Scale the matrix that reads a layer's input."""
    match parameters:
        case Weights():
            return Weights(parameters.weight * scale, parameters.bias)
        case GruWeights() | LstmWeights():
            matrix = Weights(parameters.input.weight * scale, parameters.input.bias)
            return replace(parameters, input=matrix)
        case _:
            raise AssertionError("a pool does not follow a recurrent layer")


# Powers of two

_NOTHING = 2.0**-32
"""What is smaller need not be told from zero."""


def fraction_bits(largest: float, width: int = 8) -> int:
    """Say how many fraction bits a number of `width` bits can have that is to reach `largest`."""
    return width - 1 if largest == 0 else width - 1 - math.ceil(math.log2(max(largest, _NOTHING)))


def largest(values: Floats) -> float:
    """Give the largest magnitude."""
    return float(np.max(np.abs(values), initial=0))


def to_integers(values: Floats, bits: int, dtype: type[np.signedinteger[Any]]) -> NDArray[Any]:
    """Round to the nearest (ties to even) and saturate: an exact power of two would be one more."""
    limits = np.iinfo(dtype)
    scaled = np.rint(values.astype(np.float64) * 2.0**bits)
    return np.clip(scaled, limits.min, limits.max).astype(dtype)


# Answers


def accuracy(logits: NDArray[Any], labels: NDArray[np.int64]) -> float:
    """Give the share of right answers, in percent."""
    return 100 * float(np.mean(logits.argmax(axis=1) == labels))


def cross_entropy(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Give the mean surprise at the right answers."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    surprise = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(labels)), labels]
    return float(np.mean(surprise))
