"""The recurrent steps: layers to draw, their C structures, and what they compute."""

from dataclasses import dataclass

from hypothesis import strategies as st

from armsim.nn.arithmetic.recurrent import apply, gru_step, lstm_step
from armsim.nn.graph import GruQ, GruResetAfterQ, LstmQ, MatrixQ
from armsim.nn.translate.interleave import reorder

from .guest import Argument, record
from .numpy_models import Int8, Int16
from .strategies import q7_array

NULL = 0
NAMES = {"name": "layer", "inputs": ("x",), "output": "y"}


@dataclass(frozen=True)
class Matrix:
    """Weights (row, column), biases and shifts."""

    weights: Int8
    bias: Int8
    bias_shift: int
    out_shift: int

    def quantised(self) -> MatrixQ:
        return MatrixQ(
            weights=self.weights, bias=self.bias, bias_shift=self.bias_shift,
            out_shift=self.out_shift,
        )  # fmt: skip

    @property
    def fields(self) -> tuple[Argument, ...]:
        """Those of an nn_matrix_q7."""
        weights = reorder(self.weights, "mat_q7_vec_q15")
        return weights, self.bias, self.bias_shift | self.out_shift << 16


@st.composite
def matrices(draw: st.DrawFn, rows: int, length: int) -> Matrix:
    shifts = draw(st.integers(0, 12)), draw(st.integers(5, 12))
    return Matrix(draw(q7_array(rows, length)), draw(q7_array(rows)), *shifts)


@dataclass(frozen=True)
class Gru:
    input: Matrix
    hidden: Matrix
    candidate: Matrix
    int_width: int
    reset_after: bool = False

    @property
    def cells(self) -> int:
        return self.candidate.bias.size

    def fields(self) -> Argument:
        sizes = self.input.weights.shape[1] | self.cells << 16
        matrices = self.input, self.hidden, self.candidate
        return record(*(field for m in matrices for field in m.fields), sizes, self.int_width)

    def __call__(self, vector: Int16, state: Int16) -> Int16:
        layer = (GruResetAfterQ if self.reset_after else GruQ)(
            **NAMES, int_width=self.int_width, input=self.input.quantised(),
            hidden=self.hidden.quantised(), candidate=self.candidate.quantised(),
        )  # fmt: skip
        return gru_step(layer, apply(layer.input, vector[None]), state[None])[0]


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

    def __call__(self, vector: Int16, state: Int16, cell: Int16) -> tuple[Int16, Int16]:
        layer = LstmQ(
            **NAMES, int_width=self.int_width, cell_int_width=self.cell_int_width,
            input=self.input.quantised(), hidden=self.hidden.quantised(),
            projection=self.projection.quantised() if self.projection else None,
            peepholes=self.peepholes, peephole_shift=self.peephole_shift,
        )  # fmt: skip
        sums = apply(layer.input, vector[None])
        state, cell = lstm_step(layer, sums, state[None], cell[None])
        return state[0], cell[0]
