"""A network after quantisation, as plain data: tensors, and the operators that fill them, in order.

Every operator means exactly what a kernel of `kernels/` computes; its header has the arithmetic.
Two families share the tensors:

- Operators that end in Q work on powers of two: a value is integer / 2**bits, all sums are shifted
  (`arm_nnfunctions_q.h`, `nn_recurrent.h`).
- Operators that end in S8 work as TensorFlow Lite does: a value is scale * (integer - zero point),
  all sums are multiplied by a 32-bit fraction and shifted (`arm_nnfunctions_s8.h`).

Shapes leave out the batch. Images are (height, width, channels), height being time for speech;
sequences are (steps, values). Pairs are (vertical, horizontal). Padding is what lies above and to
the left; what lies below and to the right follows from the output's size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from armsim.errors import ArmsimError

Int8: TypeAlias = NDArray[np.int8]
Int32: TypeAlias = NDArray[np.int32]
Ints: TypeAlias = NDArray[Any]
Pair: TypeAlias = tuple[int, int]


class GraphError(ArmsimError):
    """A network that no kernel can run, or a file that is none."""


@dataclass(frozen=True, kw_only=True)
class PowerOfTwo:
    """value = integer / 2**bits; `bits` may be negative, exceed the width, or not be known."""

    bits: int | None


@dataclass(frozen=True, kw_only=True)
class Affine:
    """value = scale * (integer - zero_point)."""

    scale: float
    zero_point: int


Quantisation: TypeAlias = PowerOfTwo | Affine


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """An array that one operator writes, or the network's input."""

    name: str
    shape: tuple[int, ...]
    dtype: str  # "int8" or "int16"
    quantisation: Quantisation

    @property
    def size(self) -> int:
        """Number of values."""
        product = 1
        for length in self.shape:
            product *= length
        return product

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self.size * np.dtype(self.dtype).itemsize


@dataclass(frozen=True, kw_only=True)
class Operator:
    """A step that reads some tensors and writes one."""

    name: str
    inputs: tuple[str, ...]
    output: str


# Both families


@dataclass(frozen=True, kw_only=True)
class Reshape(Operator):
    """The same values in another shape; costs nothing."""


@dataclass(frozen=True, kw_only=True)
class MaxPool(Operator):
    """The largest value of each channel in each window, clamped to `activation`; of int8."""

    kernel: Pair
    stride: Pair
    padding: Pair = (0, 0)
    activation: Pair = (-128, 127)


# Powers of two


@dataclass(frozen=True, kw_only=True)
class ConvolveQ(Operator):
    """saturate((bias << bias_shift) + half + sum of input * weight >> out_shift).

    The weights (output channels, height, width, input channels) and biases are of the input's type.
    """

    weights: Ints
    bias: Ints
    bias_shift: int
    out_shift: int
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)


@dataclass(frozen=True, kw_only=True)
class DepthwiseQ(Operator):
    """The same with a kernel for each channel: weights (height, width, channels)."""

    weights: Ints
    bias: Ints
    bias_shift: int
    out_shift: int
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)


@dataclass(frozen=True, kw_only=True)
class FullyConnectedQ(Operator):
    """The same with weights (rows, length) and the whole input as a vector.

    int8 times int8 gives int8; an int16 input gives int16, with weights and biases of either type.
    """

    weights: Ints
    bias: Ints
    bias_shift: int
    out_shift: int


@dataclass(frozen=True, kw_only=True)
class AveragePoolQ(Operator):
    """saturate(sum * 2**out_lshift / count), towards zero, over the pixels within the image."""

    kernel: Pair
    stride: Pair
    padding: Pair = (0, 0)
    out_lshift: int = 0


@dataclass(frozen=True, kw_only=True)
class ReluQ(Operator):
    """Negative values become zero."""


@dataclass(frozen=True, kw_only=True)
class SoftmaxQ(Operator):
    """Shares by powers of two, as arm_softmax_q7 and arm_softmax_q15 have them."""


@dataclass(frozen=True, kw_only=True)
class Rescale(Operator):
    """saturate((input - zero point) * 2**shift) in the output's type; shifted right, half up.

    It stands between layers of both families; only the input may have a zero point.
    """

    shift: int


@dataclass(frozen=True, kw_only=True)
class MatrixQ:
    """Weights (rows, length) and biases of a recurrent layer, for q15 vectors."""

    weights: Int8
    bias: Int8
    bias_shift: int
    out_shift: int


@dataclass(frozen=True, kw_only=True)
class GruQ(Operator):
    """Steps of nn_gru_step_q7_q15 over a sequence, from a state of zero.

    The output is the last state (cells,), or all of them (steps, cells). States are Q0.15.
    """

    input: MatrixQ  # (3 * cells, values): reset, update, candidate
    hidden: MatrixQ  # (2 * cells, cells): reset, update
    candidate: MatrixQ  # (cells, cells)
    int_width: int


@dataclass(frozen=True, kw_only=True)
class GruResetAfterQ(GruQ):
    """The same of nn_gru_reset_after_step_q7_q15: the reset gate is behind candidate's matrix."""


@dataclass(frozen=True, kw_only=True)
class LstmQ(Operator):
    """Steps of nn_lstm_step_q7_q15 over a sequence, from states of zero; output as GruQ's."""

    input: MatrixQ  # (4 * cells, values): input gate, new value, forget, output
    hidden: MatrixQ  # (4 * cells, outputs)
    projection: MatrixQ | None = None  # (outputs, cells)
    peepholes: Ints | None = None  # int16 (3, cells): input gate, forget, output
    peephole_shift: int = 0
    int_width: int
    cell_int_width: int


# TensorFlow Lite's int8


@dataclass(frozen=True, kw_only=True)
class ConvolveS8(Operator):
    """clamp(requantise(bias + sum of (input - zero point) * weight) + zero point).

    Weights (output channels, height, width, input channels per group); multipliers and shifts, as
    the kernels take them, per output channel.
    """

    weights: Int8
    bias: Int32
    multipliers: Int32
    shifts: Int32
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    activation: Pair = (-128, 127)


@dataclass(frozen=True, kw_only=True)
class DepthwiseS8(Operator):
    """The same with weights (height, width, output channels).

    Output channel = input channel * multiplier + kernel, where the channels are a multiple.
    """

    weights: Int8
    bias: Int32
    multipliers: Int32
    shifts: Int32
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    activation: Pair = (-128, 127)


@dataclass(frozen=True, kw_only=True)
class FullyConnectedS8(Operator):
    """The same with weights (rows, length), and one multiplier and shift, or one for each row."""

    weights: Int8
    bias: Int32
    multipliers: Int32
    shifts: Int32
    activation: Pair = (-128, 127)


@dataclass(frozen=True, kw_only=True)
class AveragePoolS8(Operator):
    """The average over the pixels within the image, halves away from zero, clamped."""

    kernel: Pair
    stride: Pair
    padding: Pair = (0, 0)
    activation: Pair = (-128, 127)


@dataclass(frozen=True, kw_only=True)
class AddS8(Operator):
    """The sum of two tensors; `input_scales` and `output_scale` are (multiplier, shift)."""

    input_scales: tuple[Pair, Pair]
    output_scale: Pair
    left_shift: int = 20
    activation: Pair = (-128, 127)


@dataclass(frozen=True, kw_only=True)
class MulS8(Operator):
    """The product of two tensors; `output_scale` is (multiplier, shift)."""

    output_scale: Pair
    activation: Pair = (-128, 127)


@dataclass(frozen=True, kw_only=True)
class SoftmaxS8(Operator):
    """Shares of each row, scale 1/256, zero point -128."""

    multiplier: int
    shift: int
    diff_min: int


@dataclass(frozen=True, kw_only=True)
class GateS8:
    """Weights of the input (cells, values) and of the state (cells, cells), for int8.

    The biases hold what the zero points add; a scale is (multiplier, shift), of sums in Q3.12.
    """

    input_weights: Int8
    input_bias: Int32
    input_scale: Pair
    hidden_weights: Int8
    hidden_bias: Int32
    hidden_scale: Pair


@dataclass(frozen=True, kw_only=True)
class LstmS8(Operator):
    """arm_lstm_unidirectional_s8, from states of zero; output as GruQ's, int8.

    A cell has 15 + cell_power fraction bits. The scales, (multiplier, shift), are those of forget
    gate * cell, of input gate * new value, and of output gate * tanh(cell).
    """

    forget_gate: GateS8
    input_gate: GateS8
    cell_gate: GateS8
    output_gate: GateS8
    forget_scale: Pair
    input_scale: Pair
    output_scale: Pair
    cell_power: int
    cell_clip: int = 32767


OPERATORS: tuple[type[Operator], ...] = (
    Reshape, MaxPool,
    ConvolveQ, DepthwiseQ, FullyConnectedQ, AveragePoolQ, ReluQ, SoftmaxQ, Rescale, GruQ,
    GruResetAfterQ, LstmQ,
    ConvolveS8, DepthwiseS8, FullyConnectedS8, AveragePoolS8, AddS8, MulS8, SoftmaxS8, LstmS8,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A network: one input, one or more outputs.

    `about` is what JSON can hold and no operator reads: classes, how features are made, provenance.
    """

    name: str
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    input: str
    outputs: tuple[str, ...]
    about: Mapping[str, Any] = field(default_factory=dict)

    def tensor(self, name: str) -> Tensor:
        """Look a tensor up."""
        for tensor in self.tensors:
            if tensor.name == name:
                return tensor
        raise GraphError(f"{self.name} has no tensor {name!r}")

    def read_by(self, operator: Operator) -> tuple[Tensor, ...]:
        """Return the tensors that an operator reads."""
        return tuple(self.tensor(name) for name in operator.inputs)

    def written_by(self, operator: Operator) -> Tensor:
        """Return the tensor that an operator writes."""
        return self.tensor(operator.output)
