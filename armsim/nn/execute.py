"""Run a quantised network in NumPy, bit for bit as its kernels do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from armsim.nn.arithmetic import lstm_s8, powers, recurrent, tflite
from armsim.nn.arithmetic.windows import Int64, Ints, Window, convolve, depthwise, multiply
from armsim.nn.graph import (
    AddS8,
    Affine,
    AveragePoolQ,
    AveragePoolS8,
    ConvolveQ,
    ConvolveS8,
    DepthwiseQ,
    DepthwiseS8,
    FullyConnectedQ,
    FullyConnectedS8,
    Graph,
    GraphError,
    GruQ,
    LstmQ,
    LstmS8,
    MaxPool,
    MulS8,
    Operator,
    ReluQ,
    Rescale,
    Reshape,
    SoftmaxQ,
    SoftmaxS8,
    Tensor,
)

_VALUES_AT_ONCE = 1 << 21


def execute(graph: Graph, inputs: Ints, wanted: Sequence[str] = ()) -> dict[str, Ints]:
    """Return the outputs, or the `wanted` tensors, of inputs (n, *shape) as (n, *shape).

    Raises:
        GraphError: the inputs are of another type or shape.
    """
    first = graph.tensor(graph.input)
    if inputs.dtype != np.dtype(first.dtype) or inputs.shape[1:] != first.shape:
        raise GraphError(
            f"inputs are {inputs.dtype} of shape {inputs.shape}; "
            f"{first.dtype} (n, {', '.join(map(str, first.shape))}) wanted"
        )
    names = tuple(wanted) or graph.outputs
    at_once = max(1, _VALUES_AT_ONCE // max(tensor.size for tensor in graph.tensors))
    blocks = [inputs[i : i + at_once] for i in range(0, len(inputs), at_once)] or [inputs]
    parts = [_run(graph, block, names) for block in blocks]
    return {name: np.concatenate([part[name] for part in parts]) for name in names}


def trace(graph: Graph, inputs: Ints) -> Iterator[tuple[Operator, Ints]]:
    """Yield every operator with what it puts out for inputs (n, *shape)."""
    values = {graph.input: inputs}
    for operator in graph.operators:
        before = [values[name] for name in operator.inputs]
        tensors = [*graph.read_by(operator), graph.written_by(operator)]
        values[operator.output] = run_operator(operator, before, tensors)
        yield operator, values[operator.output]


def _run(graph: Graph, inputs: Ints, names: Sequence[str]) -> dict[str, Ints]:
    found = {graph.input: inputs} if graph.input in names else {}
    for operator, output in trace(graph, inputs):
        if operator.output in names:
            found[operator.output] = output
    return found


def run_operator(operator: Operator, values: Sequence[Ints], tensors: Sequence[Tensor]) -> Ints:
    """Run one operator on a batch; `tensors` are those of its inputs and its output."""
    x, after = values[0], tensors[-1]
    match operator:
        case Reshape():
            return x.reshape(len(x), *after.shape)
        case ReluQ():
            return np.maximum(x, 0)
        case Rescale():
            return powers.rescale(x, operator.shift, after.dtype, zero_point(tensors[0]))
        case SoftmaxQ():
            return powers.softmax(x.reshape(len(x), -1)).reshape(x.shape)
        case SoftmaxS8():
            return tflite.softmax(x, operator.multiplier, operator.shift, operator.diff_min)
        case GruQ():
            return _last(recurrent.gru(operator, x), after)
        case LstmQ():
            return _last(recurrent.lstm(operator, x), after)
        case LstmS8():
            return _last(lstm_s8.lstm(operator, x, zero_point(after))[0], after)
        case ConvolveQ() | DepthwiseQ() | FullyConnectedQ():
            sums = _sums(operator, x, after)
            shifts = operator.bias_shift, operator.out_shift
            return powers.finish(sums, operator.bias, *shifts, after.dtype)
        case ConvolveS8() | DepthwiseS8() | FullyConnectedS8():
            sums = _sums(operator, x.astype(np.int16) - np.int16(zero_point(tensors[0])), after)
            scales = operator.multipliers, operator.shifts
            return tflite.finish(
                sums + operator.bias, *scales, zero_point(after), operator.activation
            )
        case AveragePoolQ():
            return powers.average_pool(x, window_of(operator, after), operator.out_lshift)
        case AveragePoolS8():
            return tflite.average_pool(x, window_of(operator, after), operator.activation)
        case MaxPool():
            most = powers.maximum_pool(x, window_of(operator, after))
            return np.clip(most, *operator.activation).astype(np.int8)
        case AddS8() | MulS8():
            return _elementwise(operator, values, tensors)
    raise GraphError(f"{operator.name}: {type(operator).__name__} cannot be run")


def zero_point(tensor: Tensor) -> int:
    """Return the integer that stands for zero."""
    return tensor.quantisation.zero_point if isinstance(tensor.quantisation, Affine) else 0


def window_of(
    operator: ConvolveQ | DepthwiseQ | ConvolveS8 | DepthwiseS8
    | MaxPool | AveragePoolQ | AveragePoolS8,
    after: Tensor,
) -> Window:  # fmt: skip
    """Say how an operator slides over its image."""
    match operator:
        case ConvolveQ() | ConvolveS8():
            kernel = operator.weights.shape[1:3]
        case DepthwiseQ() | DepthwiseS8():
            kernel = operator.weights.shape[:2]
        case _:
            kernel = operator.kernel
    dilated = operator.dilation if isinstance(operator, ConvolveS8 | DepthwiseS8) else (1, 1)
    return Window(
        kernel=(kernel[0], kernel[1]),
        stride=operator.stride,
        padding=operator.padding,
        size=(after.shape[0], after.shape[1]),
        dilation=dilated,
    )


def _sums(
    operator: ConvolveQ | DepthwiseQ | FullyConnectedQ
    | ConvolveS8 | DepthwiseS8 | FullyConnectedS8,
    x: Ints,
    after: Tensor,
) -> Int64:  # fmt: skip
    match operator:
        case ConvolveQ() | ConvolveS8():
            return convolve(x, operator.weights, window_of(operator, after))
        case DepthwiseQ() | DepthwiseS8():
            return depthwise(x, operator.weights, window_of(operator, after))
        case _:
            sums = multiply(x.reshape(len(x), -1), operator.weights)
            return sums.reshape(len(x), *after.shape)


def _elementwise(
    operator: AddS8 | MulS8, values: Sequence[Ints], tensors: Sequence[Tensor]
) -> Ints:
    a, b = (
        value.astype(np.int64) - zero_point(tensor)
        for value, tensor in zip(values, tensors, strict=False)
    )
    if isinstance(operator, AddS8):
        first, second = operator.input_scales
        left = operator.left_shift
        total = tflite.requantise(a << left, *first) + tflite.requantise(b << left, *second)
    else:
        total = a * b
    offset = zero_point(tensors[-1])
    return tflite.finish(total, *operator.output_scale, offset, operator.activation)


def _last(states: Ints, after: Tensor) -> Ints:
    return states if len(after.shape) == 2 else states[:, -1]
