"""The recurrent kernels: steps of a GRU and an LSTM, for a batch of sequences."""

from __future__ import annotations

import numpy as np

from armsim.nn.arithmetic.powers import activation_q15, finish, rounded, saturate
from armsim.nn.arithmetic.windows import Int64, Ints, multiply
from armsim.nn.graph import GruQ, LstmQ, MatrixQ


def apply(matrix: MatrixQ, vectors: Ints) -> Int64:
    """arm_fully_connected_mat_q7_vec_q15, widened."""
    sums = multiply(vectors, matrix.weights)
    shifts = matrix.bias_shift, matrix.out_shift
    return finish(sums, matrix.bias, *shifts, np.int16).astype(np.int64)


def _gate(sums: Int64, int_width: int, *, tanh: bool = False) -> Int64:
    return activation_q15(saturate(sums, np.int16), int_width, tanh=tanh).astype(np.int64)


def gru(layer: GruQ, sequences: Ints) -> Ints:
    """Return all states (n, steps, cells) of sequences (n, steps, values)."""
    cells = len(layer.candidate.bias)
    state = np.zeros((len(sequences), cells), np.int16)
    states = np.empty((*sequences.shape[:2], cells), np.int16)
    driven = apply(layer.input, sequences)
    for step in range(sequences.shape[1]):
        sums = driven[:, step]
        gates = _gate(sums[:, : 2 * cells] + apply(layer.hidden, state), layer.int_width)
        reset, update = gates[:, :cells], gates[:, cells:]
        more = apply(layer.candidate, rounded(reset * state))
        candidate = _gate(sums[:, 2 * cells :] + more, layer.int_width, tanh=True)
        state = rounded(update * state + ((1 << 15) - update) * candidate)
        states[:, step] = state
    return states


def lstm(layer: LstmQ, sequences: Ints) -> tuple[Ints, Ints]:
    """Return all states (n, steps, outputs) and the last cells (n, cells)."""
    cells, outputs = len(layer.input.bias) // 4, layer.hidden.weights.shape[1]
    state = np.zeros((len(sequences), outputs), np.int16)
    cell = np.zeros((len(sequences), cells), np.int16)
    states = np.empty((*sequences.shape[:2], outputs), np.int16)
    driven = apply(layer.input, sequences)
    for step in range(sequences.shape[1]):
        sums = saturate(driven[:, step] + apply(layer.hidden, state), np.int16).astype(np.int64)
        admit, value, forget, release = np.split(sums, 4, axis=1)
        admit = _gate(admit + _peephole(layer, 0, cell), layer.int_width)
        forget = _gate(forget + _peephole(layer, 1, cell), layer.int_width)
        added = admit * _gate(value, layer.int_width, tanh=True) >> layer.cell_int_width
        cell = rounded(forget * cell + added)
        release = _gate(release + _peephole(layer, 2, cell), layer.int_width)
        squashed = _gate(cell.astype(np.int64), layer.cell_int_width, tanh=True)
        state = rounded(release * squashed)
        if layer.projection is not None:
            state = saturate(apply(layer.projection, state), np.int16)
        states[:, step] = state
    return states, cell


def _peephole(layer: LstmQ, gate: int, cell: Ints) -> Int64:
    if layer.peepholes is None:
        return np.zeros(cell.shape, np.int64)
    products = layer.peepholes[gate].astype(np.int64) * cell
    return rounded(products, layer.peephole_shift).astype(np.int64)
