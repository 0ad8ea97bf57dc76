"""The networks in PyTorch, to be trained, and their way to folded NumPy weights.

Tensors between layers are (n, channels, time, frequency), as PyTorch's convolutions want them. A
recurrent layer multiplies the inputs of all steps at once and then walks the steps; its arithmetic
is that of `float_network`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

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
    Recurrent,
    Shape,
    Windowed,
    padding,
    shapes,
    state_size,
    step_inputs,
)
from armsim.nn.parameters import Floats, GruWeights, LstmWeights, Parameters, Weights

BATCH_NORM_EPSILON = 1e-3


class Convolution(nn.Module):
    """A convolution or depthwise convolution; its bias is the batch norm's where there is one."""

    def __init__(self, layer: Windowed, before: Shape, after: Shape) -> None:
        super().__init__()
        time, frequency = (padding(layer, before, axis) for axis in (0, 1))
        normed = isinstance(layer, Depthwise) or layer.norm
        self.pad = nn.ZeroPad2d((frequency[0], frequency[1], time[0], time[1]))
        self.linear = nn.Conv2d(
            before[2],
            after[2],
            layer.kernel,
            layer.stride,
            groups=before[2] if isinstance(layer, Depthwise) else 1,
            bias=not normed,
        )
        self.norm = nn.BatchNorm2d(after[2], eps=BATCH_NORM_EPSILON) if normed else nn.Identity()
        self.relu = nn.ReLU() if isinstance(layer, Depthwise) or layer.relu else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Pad, convolve, normalise, cut."""
        return self.relu(self.norm(self.linear(self.pad(x))))


class FullyConnected(nn.Module):
    """A dense layer on everything, flattened as (time, frequency, channels)."""

    def __init__(self, layer: Dense, before: Shape, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(before[0] * before[1] * before[2], layer.outputs, not layer.norm)
        self.norm = (
            nn.BatchNorm1d(layer.outputs, eps=BATCH_NORM_EPSILON) if layer.norm else nn.Identity()
        )
        self.relu = nn.ReLU() if layer.relu else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Flatten, multiply, normalise, cut."""
        flat = self.dropout(x.permute(0, 2, 3, 1).flatten(1))
        return self.relu(self.norm(self.linear(flat)))[:, :, None, None]


class _Steps(nn.Module):
    """What recurrent layers share."""

    def __init__(self, layer: Recurrent, before: Shape, gates: int) -> None:
        super().__init__()
        self.sequence = layer.sequence
        self.size = state_size(layer)
        self.input = nn.Linear(step_inputs(before), gates * layer.cells)
        nn.init.xavier_uniform_(self.input.weight)
        nn.init.zeros_(self.input.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Give the state after every step, or after the last."""
        sums = self.input(x.permute(2, 0, 3, 1).flatten(2))
        states = list(self.states(sums.unbind()))
        return torch.stack(states, 2)[..., None] if self.sequence else states[-1][:, :, None, None]

    def states(self, sums: tuple[Tensor, ...]) -> Iterator[Tensor]:
        """Yield the state after every step, given the inputs times their matrix."""
        raise NotImplementedError


class GruSteps(_Steps):
    """A GRU; TensorFlow starts its gates with a bias of one."""

    def __init__(self, layer: Gru, before: Shape) -> None:
        super().__init__(layer, before, 3)
        self.hidden = nn.Linear(layer.cells, 2 * layer.cells, bias=False)
        self.candidate = nn.Linear(layer.cells, layer.cells, bias=False)
        with torch.no_grad():
            self.input.bias[: 2 * layer.cells] = 1

    def states(self, sums: tuple[Tensor, ...]) -> Iterator[Tensor]:
        """Yield the state after every step."""
        state = sums[0].new_zeros(len(sums[0]), self.size)
        for of_gates, of_candidate in (s.split((2 * self.size, self.size), 1) for s in sums):
            gates = torch.sigmoid(of_gates + self.hidden(state))
            reset, update = gates.chunk(2, 1)
            candidate = torch.tanh(of_candidate + self.candidate(reset * state))
            state = torch.lerp(candidate, state, update)
            yield state


class LstmSteps(_Steps):
    """An LSTM, with peepholes and projection where the layer has them."""

    def __init__(self, layer: BasicLstm | Lstm, before: Shape) -> None:
        super().__init__(layer, before, 4)
        n = self.cells = layer.cells
        self.hidden = nn.Linear(self.size, 4 * n, bias=False)
        self.peepholes: nn.Parameter | None = None
        self.projection: nn.Linear | None = None
        if isinstance(layer, Lstm):
            self.peepholes = nn.Parameter(torch.zeros(3, n))
            self.projection = nn.Linear(n, layer.projection, bias=False)
        with torch.no_grad():
            self.input.bias[2 * n : 3 * n] = 1  # to forget little at first

    def states(self, sums: tuple[Tensor, ...]) -> Iterator[Tensor]:
        """Yield the state after every step."""
        state = sums[0].new_zeros(len(sums[0]), self.size)
        cell = sums[0].new_zeros(len(sums[0]), self.cells)
        for step in sums:
            admit, value, forget, release = (step + self.hidden(state)).chunk(4, 1)
            if self.peepholes is not None:
                admit = torch.addcmul(admit, self.peepholes[0], cell)
                forget = torch.addcmul(forget, self.peepholes[1], cell)
            cell = torch.sigmoid(forget) * cell + torch.sigmoid(admit) * torch.tanh(value)
            if self.peepholes is not None:
                release = torch.addcmul(release, self.peepholes[2], cell)
            state = torch.sigmoid(release) * torch.tanh(cell)
            if self.projection is not None:
                state = self.projection(state)
            yield state


def build_torch(net: Architecture, *, dropout: float = 0.2) -> nn.Sequential:
    """Build the trainable network: (n, 1, frames, coefficients) to logits (n, classes).

    Dropout acts ahead of the last layer.
    """
    modules = OrderedDict[str, nn.Module](
        (layer.name, _module(layer, before, after, dropout * (layer is net.layers[-1])))
        for layer, before, after in shapes(net)
    )
    modules["logits"] = nn.Flatten()
    return nn.Sequential(modules)


def _module(layer: Layer, before: Shape, after: Shape, dropout: float) -> nn.Module:
    match layer:
        case Conv() | Depthwise():
            return Convolution(layer, before, after)
        case AveragePool():
            return nn.AdaptiveAvgPool2d(1)
        case Dense():
            return FullyConnected(layer, before, dropout)
        case Gru():
            return GruSteps(layer, before)
        case BasicLstm() | Lstm():
            return LstmSteps(layer, before)


# Folding


def fold(net: Architecture, model: nn.Sequential) -> dict[str, Parameters]:
    """Fold batch norm into the weights and lay them out as the kernels want them."""
    return {
        layer.name: _fold(layer, model.get_submodule(layer.name))
        for layer in net.layers
        if not isinstance(layer, AveragePool)
    }


def _fold(layer: Layer, module: nn.Module) -> Parameters:
    if isinstance(module, GruSteps):
        return GruWeights(
            input=_matrix(module.input),
            hidden=_matrix(module.hidden),
            candidate=_matrix(module.candidate),
        )
    if isinstance(module, LstmSteps):
        return LstmWeights(
            input=_matrix(module.input),
            hidden=_matrix(module.hidden),
            peepholes=None if module.peepholes is None else _numpy(module.peepholes),
            projection=None if module.projection is None else _numpy(module.projection.weight),
        )
    assert isinstance(module, Convolution | FullyConnected)
    folded = _matrix(module.linear)
    if not isinstance(module.norm, nn.Identity):
        folded = _fold_norm(folded.weight, module.norm)
    match layer:
        case Conv():
            weight = folded.weight.transpose(0, 2, 3, 1)
        case Depthwise():
            weight = folded.weight[:, 0].transpose(1, 2, 0)
        case _:
            weight = folded.weight
    return Weights(np.ascontiguousarray(weight), folded.bias)


def _fold_norm(weight: Floats, norm: nn.BatchNorm1d | nn.BatchNorm2d) -> Weights:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = _numpy(norm.weight) / np.sqrt(_numpy(norm.running_var) + np.float32(norm.eps))
    bias = _numpy(norm.bias) - _numpy(norm.running_mean) * scale
    return Weights(weight * scale.reshape(-1, *[1] * (weight.ndim - 1)), bias)


def _matrix(linear: nn.Linear | nn.Conv2d) -> Weights:
    weight = _numpy(linear.weight)
    bias = np.zeros(len(weight), np.float32) if linear.bias is None else _numpy(linear.bias)
    return Weights(weight, bias)


def _numpy(tensor: Tensor) -> Floats:
    return tensor.detach().numpy().astype(np.float32)
