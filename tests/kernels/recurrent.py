"""The recurrent steps: layers to draw, their C structures, and what they compute."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from . import numpy_models as model
from .guest import Argument, record
from .numpy_models import Int8, Int16, Int64
from .strategies import q7_array

NULL = 0


@dataclass(frozen=True)
class Matrix:
    """Weights (row, column), biases and shifts."""

    weights: Int8
    bias: Int8
    bias_shift: int
    out_shift: int

    def __call__(self, vector: Int16) -> Int64:
        shifts = self.bias_shift, self.out_shift
        return model.fully_connected(vector, self.weights, self.bias, *shifts).astype(np.int64)

    @property
    def fields(self) -> tuple[Argument, ...]:
        """Those of an nn_matrix_q7."""
        return self.weights, self.bias, self.bias_shift | self.out_shift << 16


@st.composite
def matrices(draw: st.DrawFn, rows: int, length: int) -> Matrix:
    shifts = draw(st.integers(0, 12)), draw(st.integers(5, 12))
    return Matrix(draw(q7_array(rows, length)), draw(q7_array(rows)), *shifts)


def saturate(values: Int64) -> Int16:
    return np.clip(values, -(2**15), 2**15 - 1).astype(np.int16)


def rounded(products: Int64, shift: int = 15) -> Int16:
    return saturate((products + 2**shift // 2) >> shift)


def curve(values: Int64, int_width: int, *, tanh: bool) -> Int64:
    return model.activation_q15(saturate(values), int_width, tanh).astype(np.int64)


@dataclass(frozen=True)
class Gru:
    input: Matrix
    hidden: Matrix
    candidate: Matrix
    int_width: int

    @property
    def cells(self) -> int:
        return self.candidate.bias.size

    def fields(self) -> Argument:
        sizes = self.input.weights.shape[1] | self.cells << 16
        matrices = self.input, self.hidden, self.candidate
        return record(*(field for m in matrices for field in m.fields), sizes, self.int_width)

    def __call__(self, vector: Int16, state: Int16) -> Int16:
        cells = self.cells
        sums = self.input(vector)
        gates = curve(sums[: 2 * cells] + self.hidden(state), self.int_width, tanh=False)
        reset, update = gates[:cells], gates[cells:]
        more = self.candidate(rounded(reset * state))
        candidate = curve(sums[2 * cells :] + more, self.int_width, tanh=True)
        return rounded(update * state + (2**15 - update) * candidate)


@dataclass(frozen=True)
class Lstm:
    input: Matrix
    hidden: Matrix
    projection: Matrix | None
    peepholes: Int16 | None
    peephole_shift: int
    int_width: int
    cell_int_width: int

    @property
    def cells(self) -> int:
        return self.input.bias.size // 4

    @property
    def outputs(self) -> int:
        return self.hidden.weights.shape[1]

    def fields(self) -> Argument:
        projection = self.projection.fields if self.projection else (NULL, NULL, 0)
        return record(
            *(*self.input.fields, *self.hidden.fields, *projection),
            NULL if self.peepholes is None else self.peepholes,
            self.peephole_shift | self.input.weights.shape[1] << 16,
            self.cells | self.outputs << 16,
            self.int_width | self.cell_int_width << 16,
        )

    def _peephole(self, gate: int, cell: Int16) -> Int64:
        if self.peepholes is None:
            return np.zeros(self.cells, np.int64)
        products = self.peepholes[gate].astype(np.int64) * cell
        return rounded(products, self.peephole_shift).astype(np.int64)

    def __call__(self, vector: Int16, state: Int16, cell: Int16) -> tuple[Int16, Int16]:
        sums = saturate(self.input(vector) + self.hidden(state)).astype(np.int64)
        admit, value, forget, release = sums.reshape(4, -1)
        admit = curve(admit + self._peephole(0, cell), self.int_width, tanh=False)
        forget = curve(forget + self._peephole(1, cell), self.int_width, tanh=False)
        added = admit * curve(value, self.int_width, tanh=True) >> self.cell_int_width
        cell = rounded(forget * cell + added)
        release = curve(release + self._peephole(2, cell), self.int_width, tanh=False)
        squashed = curve(cell.astype(np.int64), self.cell_int_width, tanh=True)
        state = rounded(release * squashed)
        return (saturate(self.projection(state)) if self.projection else state), cell
