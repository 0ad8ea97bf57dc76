"""arm_lstm_unidirectional_s8: an LSTM of int8 whose gates and cells have 16 bits."""

from __future__ import annotations

from functools import cache

import numpy as np

from armsim.nn.arithmetic.powers import saturate
from armsim.nn.arithmetic.tflite import finish, requantise, wrap
from armsim.nn.arithmetic.windows import Int64, Ints, multiply
from armsim.nn.graph import GateS8, LstmS8


def lstm(layer: LstmS8, sequences: Ints, zero_point: int) -> tuple[Ints, Ints]:
    """Return all states (n, steps, cells) of sequences (n, steps, values), and the last cells."""
    hidden, states = None, []
    cell: Int64 = np.zeros((len(sequences), len(layer.forget_gate.input_bias)), np.int64)
    for vectors in np.moveaxis(sequences, 1, 0):
        kept = requantise(_gate(layer.forget_gate, vectors, hidden) * cell, *layer.forget_scale)
        admitted = _gate(layer.input_gate, vectors, hidden)
        new = _gate(layer.cell_gate, vectors, hidden, tanh=True)
        added = requantise(admitted * new, *layer.input_scale)
        total = wrap(added + saturate(kept, np.int16))
        cell = np.clip(total, -layer.cell_clip, layer.cell_clip)
        squashed = activation_s16(cell.astype(np.int16), layer.cell_power + 12, tanh=True)
        product = _gate(layer.output_gate, vectors, hidden) * squashed.astype(np.int64)
        hidden = finish(product, *layer.output_scale, zero_point, (-128, 127))
        states.append(hidden)
    return np.stack(states, axis=1), cell.astype(np.int16)


def _gate(gate: GateS8, vectors: Ints, hidden: Ints | None, *, tanh: bool = False) -> Int64:
    sums = multiply(vectors, gate.input_weights) + gate.input_bias
    total = saturate(requantise(sums, *gate.input_scale), np.int16).astype(np.int64)
    if hidden is not None:
        sums = multiply(hidden, gate.hidden_weights) + gate.hidden_bias
        total = wrap(total + requantise(sums, *gate.hidden_scale))
    return activation_s16(saturate(total, np.int16), 0, tanh).astype(np.int64)


def activation_s16(values: Ints, left_shift: int, tanh: bool) -> Ints:
    """arm_nn_activation_s16: straight lines between the entries of a table."""
    wide = values.astype(np.int64) * 3
    steps = (
        wide << left_shift if left_shift >= 0 else (wide + 2 ** (-left_shift - 1)) >> -left_shift
    )
    bits = 8 if tanh else 9
    index, part = np.abs(steps) >> bits, np.abs(steps) & (2**bits - 1)
    table = _sigmoid_table()
    below, above = table[np.minimum(index, 254)], table[np.minimum(index, 254) + 1]
    beyond = (2**16 - 1 if tanh else 2**16 - 2) << bits
    curve = np.where(index >= 255, beyond, (below << bits) + part * (above - below))
    if tanh:
        result = np.where(steps >= 0, curve - 2**23 + 128, 2**23 - curve + 127) >> 8
    else:
        result = np.where(steps >= 0, curve + 512, 2**25 - curve + 511) >> 10
    return result.astype(np.int16)


@cache
def _sigmoid_table() -> Int64:
    """The logistic function at 0, 1/24, ..., raised a little where it is bent."""
    x = np.arange(256) / 24
    y = 1 / (1 + np.exp(-x))
    raised = y - y * (1 - y) * (1 - 2 * y) / 24**2 / 16
    table: Int64 = np.floor(raised * 2**16 + 0.5).astype(np.int64)
    table[255] = 2**16 - 1
    return table
