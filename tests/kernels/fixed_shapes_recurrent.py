"""One step of each recurrent kernel: 10 inputs, 32 cells."""

import numpy as np

from .fixed_shapes import q7, q15
from .guest import Kernels
from .numpy_models import Int16
from .recurrent import Gru, Lstm, Matrix

INPUTS, CELLS = 10, 32


def matrix(rows: int, length: int) -> Matrix:
    return Matrix(q7(rows, length), q7(rows), 4, 10)


def gru(kernels: Kernels, name: str) -> Int16:
    layer = Gru(matrix(3 * CELLS, INPUTS), matrix(2 * CELLS, CELLS), matrix(CELLS, CELLS), 3)
    state, scratch = q15(CELLS), np.zeros(5 * CELLS, np.int16)
    kernels.call(name, layer.fields(), q15(INPUTS), state, scratch)
    return state


def lstm(kernels: Kernels, name: str) -> Int16:
    whole = matrix(4 * CELLS, INPUTS), matrix(4 * CELLS, CELLS), matrix(CELLS, CELLS)
    layer = Lstm(*whole, q15(3, CELLS), 12, 3, 2)
    state, cell, scratch = q15(CELLS), q15(CELLS), np.zeros(8 * CELLS, np.int16)
    kernels.call(name, layer.fields(), q15(INPUTS), state, cell, scratch)
    return state


CALLS = {
    "nn_gru_step_q7_q15": gru,
    "nn_gru_reset_after_step_q7_q15": gru,
    "nn_lstm_step_q7_q15": lstm,
}
