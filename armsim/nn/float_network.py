"""The folded float network in NumPy: what training must equal, what quantising starts from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

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
    ModelError,
    Recurrent,
    Windowed,
    padding,
    shapes,
    state_size,
)
from armsim.nn.parameters import FloatNetwork, Floats, GruWeights, LstmWeights, Parameters, Weights


def run_float(net: Architecture, weights: FloatNetwork, features: Floats) -> Floats:
    """Return the logits (n, classes) of standardised features (n, frames, coefficients)."""
    *_, last = run_float_layers(net, weights, features)
    return last.reshape(len(last), -1)


def run_float_layers(
    net: Architecture, weights: FloatNetwork, features: Floats
) -> Iterator[Floats]:
    """Yield the output (n, time, frequency, channels) of every layer, after its ReLU if any."""
    x = features[..., np.newaxis]
    for layer, _, after in shapes(net):
        x = run_layer(layer, weights.get(layer.name), x).reshape(-1, *after)
        yield x


def run_layer(layer: Layer, parameters: Parameters | None, x: Floats) -> Floats:
    """Run one layer."""
    if isinstance(layer, AveragePool):
        pooled: Floats = x.mean(axis=(1, 2), dtype=np.float32)
        return pooled
    if isinstance(layer, BasicLstm | Lstm | Gru):
        states = np.stack(list(_states(layer, parameters, x)), axis=1)
        return states if layer.sequence else states[:, -1]
    assert isinstance(parameters, Weights)
    return rectified(layer, run_linear(layer, parameters, x))


def run_linear(layer: Layer, parameters: Weights, x: Floats) -> Floats:
    """Run one layer without its ReLU."""
    sums: Floats = accumulate(x, parameters.weight, layer) + parameters.bias
    return sums


def rectified(layer: Layer, sums: Floats) -> Floats:
    """Apply the ReLU of a layer, if any."""
    return np.maximum(sums, 0) if has_relu(layer) else sums


def has_relu(layer: Layer) -> bool:
    """Say whether negative sums of a layer become zero."""
    return isinstance(layer, Depthwise) or (isinstance(layer, Conv | Dense) and layer.relu)


# Sums


def patches(x: Floats, layer: Windowed) -> Floats:
    """Cut (n, time, frequency, channels) into zero-padded windows (n, t, f, channels, kt, kf)."""
    pads = [padding(layer, x.shape[1:], axis)[:2] for axis in (0, 1)]
    padded = np.pad(x, [(0, 0), *pads, (0, 0)])
    windows = sliding_window_view(padded, layer.kernel, axis=(1, 2))
    return windows[:, :: layer.stride[0], :: layer.stride[1]]


def accumulate(x: Floats, weight: Floats, layer: Layer) -> Floats:
    """Multiply and add."""
    total: Floats
    match layer:
        case Conv() if layer.kernel == (1, 1) and layer.stride == (1, 1):
            total = x @ weight.reshape(layer.channels, -1).T
        case Conv():
            columns = patches(x, layer).transpose(0, 1, 2, 4, 5, 3)
            n, time, frequency = columns.shape[:3]
            rows = columns.reshape(n * time * frequency, -1) @ weight.reshape(layer.channels, -1).T
            total = rows.reshape(n, time, frequency, layer.channels)
        case Depthwise():
            windows = patches(x, layer)
            total = np.zeros(windows.shape[:4], weight.dtype)
            for i, j in np.ndindex(*layer.kernel):
                total += windows[..., i, j] * weight[i, j]
        case Dense():
            total = x.reshape(len(x), -1) @ weight.T
        case _:
            raise ModelError(f"{layer.name} has not one matrix of weights")
    return total


# Recurrent layers


def _states(layer: Recurrent, parameters: Parameters | None, x: Floats) -> Iterator[Floats]:
    """Yield the state (n, size) after every step."""
    steps = x.reshape(*x.shape[:2], -1).swapaxes(0, 1)
    state: Floats = np.zeros((len(x), state_size(layer)), np.float32)
    if isinstance(layer, Gru):
        assert isinstance(parameters, GruWeights)
        for step in steps:
            state = gru_step(parameters, step, state)
            yield state
    else:
        assert isinstance(parameters, LstmWeights)
        cell: Floats = np.zeros((len(x), layer.cells), np.float32)
        for step in steps:
            state, cell = lstm_step(parameters, step, state, cell)
            yield state


def gru_step(w: GruWeights, x: Floats, state: Floats) -> Floats:
    """Let a GRU see one more input."""
    cells = state.shape[1]
    sums = _product(w.input, x)
    gates = sigmoid(sums[:, : 2 * cells] + _product(w.hidden, state))
    reset, update = gates[:, :cells], gates[:, cells:]
    if w.reset_after:
        more = reset * _product(w.candidate, state)
    else:
        more = _product(w.candidate, reset * state)
    candidate = np.tanh(sums[:, 2 * cells :] + more)
    after: Floats = update * state + (1 - update) * candidate
    return after


def lstm_step(w: LstmWeights, x: Floats, state: Floats, cell: Floats) -> tuple[Floats, Floats]:
    """Let an LSTM see one more input: its new state and cell."""
    sums = _product(w.input, x) + _product(w.hidden, state)
    admit, value, forget, release = np.split(sums, 4, axis=1)
    peephole = w.peepholes if w.peepholes is not None else np.zeros((3, 1), np.float32)
    admit = sigmoid(admit + peephole[0] * cell)
    forget = sigmoid(forget + peephole[1] * cell)
    cell = forget * cell + admit * np.tanh(value)
    release = sigmoid(release + peephole[2] * cell)
    state = release * np.tanh(cell)
    return (state if w.projection is None else state @ w.projection.T), cell


def sigmoid(x: Floats) -> Floats:
    """Squash to 0 .. 1; by the hyperbolic tangent, which never overflows."""
    half = np.float32(0.5)
    squashed: Floats = half + half * np.tanh(half * x)
    return squashed


def _product(matrix: Weights, x: Floats) -> Floats:
    product: Floats = x @ matrix.weight.T + matrix.bias
    return product
