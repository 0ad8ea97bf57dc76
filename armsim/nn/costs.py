"""What a network costs, counted as *Hello Edge* does.

Memory is one byte for every weight, bias and activation, batch norm folded. Of activations there
are as many as the hungriest layer has inputs and outputs; a recurrent layer has its inputs, all
frames of them, and `GATE_VECTORS` vectors as long as it has cells. Operations are two for every
multiplication with addition, one for every bias added, and `STATE_OPERATIONS` for every cell and
step of a recurrent layer; features, pooling, ReLU and softmax are not counted.

The paper does not give these rules. They were derived from its figures, and the two tables of
constants were fitted, one number for each kind of recurrent layer against three figures: another
constant nearby would fit the operations as well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from armsim.nn.layers import (
    Architecture,
    AveragePool,
    BasicLstm,
    Conv,
    Dense,
    Depthwise,
    Gru,
    Layer,
    Lstm,
    Shape,
    parameter_shapes,
    shapes,
)

GATE_VECTORS = {BasicLstm: 4, Lstm: 5, Gru: 3}
STATE_OPERATIONS = {BasicLstm: 4, Lstm: 6, Gru: 5}


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What a network needs."""

    weights: int
    biases: int
    activations: int
    products: int
    ops: int

    @property
    def memory_bytes(self) -> int:
        """Add up what must be stored."""
        return self.weights + self.biases + self.activations


def costs(net: Architecture) -> Costs:
    """Count what a network needs."""
    walked = list(shapes(net))
    weights = sum(_weights(layer, before) for layer, before, _ in walked)
    biases = sum(_biases(layer, before) for layer, before, _ in walked)
    products = sum(
        _weights(layer, before) * _uses(layer, before, out) for layer, before, out in walked
    )
    additions = sum(
        _biases(layer, before) * _uses(layer, before, out) for layer, before, out in walked
    )
    state = sum(_state_operations(layer, before) for layer, before, _ in walked)
    return Costs(
        weights=weights,
        biases=biases,
        activations=max(_activations(layer, before, after) for layer, before, after in walked),
        products=products,
        ops=2 * products + additions + state,
    )


def _weights(layer: Layer, before: Shape) -> int:
    arrays = parameter_shapes(layer, before)
    return sum(math.prod(shape) for name, shape in arrays.items() if not name.endswith("bias"))


def _biases(layer: Layer, before: Shape) -> int:
    """Count the biases; a recurrent layer has those of its inputs only."""
    arrays = parameter_shapes(layer, before)
    return sum(math.prod(arrays.get(name, (0,))) for name in ("bias", "input.bias"))


def _uses(layer: Layer, before: Shape, after: Shape) -> int:
    """Say how often every weight and bias is used."""
    match layer:
        case Conv() | Depthwise():
            return after[0] * after[1]
        case BasicLstm() | Lstm() | Gru():
            return before[0]
        case Dense() | AveragePool():
            return 1


def _state_operations(layer: Layer, before: Shape) -> int:
    if isinstance(layer, BasicLstm | Lstm | Gru):
        return STATE_OPERATIONS[type(layer)] * layer.cells * before[0]
    return 0


def _activations(layer: Layer, before: Shape, after: Shape) -> int:
    if isinstance(layer, BasicLstm | Lstm | Gru):
        return math.prod(before) + GATE_VECTORS[type(layer)] * layer.cells
    return math.prod(before) + math.prod(after)
