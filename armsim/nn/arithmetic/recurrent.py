"""The recurrent kernels: steps of a GRU and an LSTM, for a batch of sequences."""

from __future__ import annotations

import numpy as np

from armsim.nn.arithmetic.powers import activation_q15, finish, rounded, saturate
from armsim.nn.arithmetic.windows import Int64, Ints, multiply
from armsim.nn.graph import GruQ, GruResetAfterQ, LstmQ, MatrixQ


def apply(matrix: MatrixQ, vectors: Ints) -> Int64:
    """arm_fully_connected_mat_q7_vec_q15, widened."""
    sums = multiply(vectors, matrix.weights)
    shifts = matrix.bias_shift, matrix.out_shift
    return finish(sums, matrix.bias, *shifts, np.int16).astype(np.int64)


def _gate(sums: Int64, int_width: int, *, tanh: bool = False) -> Int64:
    return activation_q15(saturate(sums, np.int16), int_width, tanh=tanh).astype(np.int64)


def gru(layer: GruQ, sequences: Ints) -> Ints:
    """Return all states (n, steps, cells) of sequences (n, steps, values)."""
    state = np.zeros((len(sequences), len(layer.candidate.bias)), np.int16)
    states = []
    for sums in np.moveaxis(apply(layer.input, sequences), 1, 0):
        state = gru_step(layer, sums, state)
        states.append(state)
    return np.stack(states, axis=1)


def gru_step(layer: GruQ, sums: Int64, state: Ints) -> Ints:
    """Return the states (n, cells) after a step whose input makes the `sums` of the gates."""
    cells = state.shape[1]
    gates = _gate(sums[:, : 2 * cells] + apply(layer.hidden, state), layer.int_width)
    reset, update = gates[:, :cells], gates[:, cells:]
    if isinstance(layer, GruResetAfterQ):
        more = rounded(reset * apply(layer.candidate, state)).astype(np.int64)
    else:
        more = apply(layer.candidate, rounded(reset * state))
    candidate = _gate(sums[:, 2 * cells :] + more, layer.int_width, tanh=True)
    return rounded(update * state + ((1 << 15) - update) * candidate)


def lstm(layer: LstmQ, sequences: Ints) -> Ints:
    """Return all states (n, steps, outputs) of sequences (n, steps, values)."""
    state = np.zeros((len(sequences), layer.hidden.weights.shape[1]), np.int16)
    cell = np.zeros((len(sequences), len(layer.input.bias) // 4), np.int16)
    states = []
    for sums in np.moveaxis(apply(layer.input, sequences), 1, 0):
        state, cell = lstm_step(layer, sums, state, cell)
        states.append(state)
    return np.stack(states, axis=1)


def lstm_step(layer: LstmQ, sums: Int64, state: Ints, cell: Ints) -> tuple[Ints, Ints]:
    """Return states and cells after a step whose input makes the `sums` of the gates."""
    total = saturate(sums + apply(layer.hidden, state), np.int16).astype(np.int64)
    admit, value, forget, release = np.split(total, 4, axis=1)
    admit = _gate(admit + _peephole(layer, 0, cell), layer.int_width)
    forget = _gate(forget + _peephole(layer, 1, cell), layer.int_width)
    added = admit * _gate(value, layer.int_width, tanh=True) >> layer.cell_int_width
    cell = rounded(forget * cell + added)
    release = _gate(release + _peephole(layer, 2, cell), layer.int_width)
    int_width = min(layer.cell_int_width, 3)
    argument = cell.astype(np.int64) << (layer.cell_int_width - int_width)
    squashed = _gate(argument, int_width, tanh=True)
    state = rounded(release * squashed)
    if layer.projection is not None:
        state = saturate(apply(layer.projection, state), np.int16)
    return state, cell


def _peephole(layer: LstmQ, gate: int, cell: Ints) -> Int64:
    if layer.peepholes is None:
        return np.zeros(cell.shape, np.int64)
    products = layer.peepholes[gate].astype(np.int64) * cell
    return rounded(products, layer.peephole_shift).astype(np.int64)
