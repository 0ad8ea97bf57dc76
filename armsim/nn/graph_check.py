"""Whether a graph means something: names, shapes, types and the ranges that the kernels take."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from itertools import chain
from typing import TypeAlias

import numpy as np

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
    MatrixQ,
    MaxPool,
    MulS8,
    Operator,
    Pair,
    PowerOfTwo,
    ReluQ,
    Rescale,
    Reshape,
    SoftmaxQ,
    SoftmaxS8,
    Tensor,
)
from armsim.nn.graph_rules import (
    Wrong,
    activation,
    array_of,
    factor,
    factors,
    need,
    same,
    shifts,
    within,
)

Convolution: TypeAlias = ConvolveQ | DepthwiseQ | ConvolveS8 | DepthwiseS8
Pool: TypeAlias = MaxPool | AveragePoolQ | AveragePoolS8
Connected: TypeAlias = FullyConnectedQ | FullyConnectedS8

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
LARGEST = 65535
LARGEST_NETWORK = 1024
LARGEST_PADDED = 1 << 26


def check(graph: Graph) -> Graph:
    """Return the graph if every operator of it can run.

    Raises:
        GraphError: which operator or tensor cannot, and why.
    """
    where = graph.name
    try:
        _check_names(graph)
        for tensor in graph.tensors:
            where = tensor.name
            _check_tensor(tensor)
        for operator in graph.operators:
            where = operator.name
            _check_operator(graph, operator)
    except Wrong as error:
        raise GraphError(f"{where}: {error}") from None
    return graph


def _check_names(graph: Graph) -> None:
    many = len(graph.operators)
    need(many <= LARGEST_NETWORK, f"it has {many} operators; {LARGEST_NETWORK} are the most")
    tensors = [tensor.name for tensor in graph.tensors]
    operators = [operator.name for operator in graph.operators]
    for name in (graph.name, *tensors, *operators):
        need(
            NAME.fullmatch(name) is not None,
            f"the name {name!r} is not one of up to 64 letters, digits and _",
        )
    for names, kind in ((tensors, "tensors"), (operators, "operators")):
        twice = {name for name in names if names.count(name) > 1}
        need(not twice, f"several {kind} are called {min(twice, default='')}")
    need(bool(operators), "there is no operator")
    need(bool(graph.outputs), "there is no output")
    need(graph.input not in graph.outputs, "the input is an output")
    known = {graph.input}
    for operator in graph.operators:
        for name in operator.inputs:
            need(name in known, f"{operator.name} reads {name}, which nothing has written")
        need(operator.output not in known, f"{operator.output} is written twice")
        known.add(operator.output)
    for name in known:
        need(name in tensors, f"there is no tensor {name}")
    read = set(chain(graph.outputs, *(operator.inputs for operator in graph.operators)))
    for name in tensors:
        need(name in known, f"nothing writes the tensor {name}")
        need(name in read, f"nothing reads the tensor {name}")
    need(read <= known, f"the output {min(read - known, default='')} is not written")


def _check_tensor(tensor: Tensor) -> None:
    need(tensor.dtype in ("int8", "int16"), f"values are {tensor.dtype}, not int8 or int16")
    need(
        1 <= len(tensor.shape) <= 3 and all(length > 0 for length in tensor.shape),
        f"the shape {tensor.shape} is not one of one to three positive lengths",
    )
    need(tensor.size < 1 << 28, f"the shape {tensor.shape} has more than 2^28 values")
    match tensor.quantisation:
        case Affine(scale=scale, zero_point=zero_point):
            need(math.isfinite(scale) and scale > 0, f"the scale is {scale:g}, not positive")
            need(tensor.dtype == "int8", "a scale with a zero point is for int8")
            need(-128 <= zero_point <= 127, f"the zero point {zero_point} is not an int8")
        case PowerOfTwo(bits=int(bits)):
            need(abs(bits) <= 63, f"{bits} fraction bits are beyond reason")


# Operators


def _check_operator(graph: Graph, operator: Operator) -> None:
    """Check one operator with the tensors around it."""
    arity = 2 if isinstance(operator, AddS8 | MulS8) else 1
    need(len(operator.inputs) == arity, f"it reads {len(operator.inputs)} tensors, not {arity}")
    before, after = graph.read_by(operator), graph.written_by(operator)
    family = PowerOfTwo if type(operator).__name__.endswith("Q") else Affine
    if not isinstance(operator, Reshape | MaxPool | Rescale):
        for tensor in (*before, after):
            need(
                isinstance(tensor.quantisation, family),
                f"{tensor.name} is not quantised as {family.__name__}",
            )
    for kinds, rule in _RULES:
        if isinstance(operator, kinds):
            rule(operator, before[0], after)
            return
    if isinstance(operator, AddS8 | MulS8):
        _check_elementwise(operator, before[0], before[1], after)
        return
    raise Wrong(f"{type(operator).__name__} is no operator")


def _check_windows(operator: Convolution | Pool, before: Tensor, after: Tensor) -> Pair:
    """Check what all that slides over an image has in common; return the kernel."""
    need(len(before.shape) == 3 and len(after.shape) == 3, "input and output are no images")
    if isinstance(operator, MaxPool | AveragePoolQ | AveragePoolS8):
        kernel = operator.kernel
    else:
        first = 0 if isinstance(operator, DepthwiseQ | DepthwiseS8) else 1
        dimensions = 3 + first
        need(operator.weights.ndim == dimensions, f"weights have not {dimensions} dimensions")
        kernel = (operator.weights.shape[first], operator.weights.shape[first + 1])
    numbers = (*kernel, *operator.stride, *operator.padding, *before.shape, *after.shape)
    need(min(*kernel, *operator.stride) > 0, "kernel and stride are not positive")
    need(min(operator.padding) >= 0, "padding is negative")
    need(max(numbers) <= LARGEST, f"a size is {max(numbers)}, beyond {LARGEST}")
    padded = before.shape[2]
    for axis, dilation in enumerate(getattr(operator, "dilation", (1, 1))):
        reach = (kernel[axis] - 1) * dilation + 1
        last = (after.shape[axis] - 1) * operator.stride[axis] + reach
        padded *= max(operator.padding[axis] + before.shape[axis], last)
    need(padded <= LARGEST_PADDED, f"with its padding the image has {padded} values")
    return kernel


def _check_convolution(operator: Convolution, before: Tensor, after: Tensor) -> None:
    kernel = _check_windows(operator, before, after)
    weights, channels, outputs = operator.weights, before.shape[2], after.shape[2]
    shape: tuple[int, ...]
    match operator:
        case ConvolveQ():
            shape = (outputs, *kernel, channels)
            need(math.prod(shape[1:]) <= LARGEST, f"a window has more than {LARGEST} values")
        case DepthwiseQ():
            shape = (*kernel, channels)
        case DepthwiseS8():
            shape = (*kernel, outputs)
            need(outputs % channels == 0, f"{outputs} channels are no multiple of {channels}")
        case ConvolveS8():
            groups = channels // max(weights.shape[3], 1)
            shape = (outputs, *kernel, channels // max(groups, 1))
            need(
                groups > 0 and channels % groups == 0 and outputs % groups == 0,
                f"{channels} channels in and {outputs} out make no {groups} groups",
            )
    array_of(weights, shape, before.dtype, "weights")
    same(before, after, shape=False, scale=False)
    if isinstance(operator, ConvolveQ | DepthwiseQ):
        array_of(operator.bias, (outputs,), before.dtype, "biases")
        shifts(operator.bias_shift, operator.out_shift, operator.bias)
    else:
        need(min(operator.dilation) > 0, "dilation is not positive")
        factors(operator, outputs)


def largest_pool_shift(kernel: Pair, dtype: str) -> int:
    """Say by how many bits the sums over a window can be shifted left; -1 if there is no room."""
    beyond = 1 << (32 - np.iinfo(dtype).bits)
    return ((beyond - 1) // math.prod(kernel)).bit_length() - 1


def _check_pool(operator: Pool, before: Tensor, after: Tensor) -> None:
    kernel = _check_windows(operator, before, after)
    need(before.shape[2] == after.shape[2], "the numbers of channels differ")
    same(before, after, shape=False, scale=isinstance(operator, MaxPool))
    need(
        before.dtype == "int8" or isinstance(operator, AveragePoolQ),
        "no kernel takes the maximum of int16",
    )
    for axis in (0, 1):
        last = (after.shape[axis] - 1) * operator.stride[axis] - operator.padding[axis]
        need(
            operator.padding[axis] < kernel[axis] and last < before.shape[axis],
            "a window lies outside the image",
        )
    if isinstance(operator, AveragePoolQ):
        within(operator.out_lshift, 0, 23, "out_lshift")
        most = largest_pool_shift(kernel, before.dtype)
        need(operator.out_lshift <= most, "sums go beyond 32 bits")
        _bits(before, after, operator.out_lshift)
    else:
        need(math.prod(kernel) <= 1 << 24, "a window has more than 2^24 pixels")
        activation(operator.activation)


def _bits(before: Tensor, after: Tensor, more: int) -> None:
    if PowerOfTwo(bits=None) in (before.quantisation, after.quantisation):
        return
    first, second = _fraction_bits(before), _fraction_bits(after)
    need(
        second == first + more,
        f"{first} fraction bits in, but {second} out instead of {first + more}",
    )


def _fraction_bits(tensor: Tensor) -> int:
    """Return the bits of a power of two, which a scale may be, too."""
    match tensor.quantisation:
        case PowerOfTwo(bits=int(bits)):
            return bits
        case Affine(scale=scale) if math.frexp(scale)[0] == 0.5:
            return 1 - math.frexp(scale)[1]
    raise Wrong(f"the scale of {tensor.name} is no power of two")


def _check_connected(operator: Connected, before: Tensor, after: Tensor) -> None:
    weights, rows = operator.weights, after.size
    need(weights.dtype.name in ("int8", before.dtype), f"weights are {weights.dtype}")
    array_of(weights, (rows, before.size), weights.dtype.name, "weights")
    same(before, after, shape=False, scale=False)
    need(max(weights.shape) <= LARGEST, f"the input is longer than {LARGEST}")
    if isinstance(operator, FullyConnectedQ):
        array_of(operator.bias, (rows,), weights.dtype.name, "biases")
        shifts(operator.bias_shift, operator.out_shift, operator.bias)
    else:
        factors(operator, rows)


def _check_softmax(operator: SoftmaxQ | SoftmaxS8, before: Tensor, after: Tensor) -> None:
    same(before, after, scale=False)
    if isinstance(operator, SoftmaxQ):
        need(before.size <= 32767, f"{before.size} scores are more than 32767")
        need(
            after.quantisation == PowerOfTwo(bits=7 if after.dtype == "int8" else 15),
            "shares have 7 fraction bits in int8 and 15 in int16",
        )
        return
    within(before.shape[-1], 1, 511, "the length of a row")
    within(operator.multiplier, 0, 2**31 - 1, "the multiplier")
    within(operator.shift, 0, 30, "the shift")
    least = -((2**31 - 1) >> operator.shift)
    within(operator.diff_min, least, -1, "diff_min")
    need(after.quantisation == Affine(scale=1 / 256, zero_point=-128), "scale is not 1/256")


def _check_rescale(operator: Rescale, before: Tensor, after: Tensor) -> None:
    need(before.shape == after.shape, f"{before.shape} in, but {after.shape} out")
    within(operator.shift, -15, 15, "the shift")
    need(getattr(after.quantisation, "zero_point", 0) == 0, "the output has a zero point")
    _bits(before, after, operator.shift)


def _matrix(matrix: MatrixQ, rows: int, length: int, what: str) -> None:
    array_of(matrix.weights, (rows, length), "int8", f"{what} weights")
    array_of(matrix.bias, (rows,), "int8", f"{what} biases")
    shifts(matrix.bias_shift, matrix.out_shift, matrix.bias)


def _sequence(before: Tensor, after: Tensor) -> tuple[int, int]:
    """Check the shapes of a recurrent layer; return the lengths of a step's input and output."""
    need(len(before.shape) == 2, f"the input {before.shape} is no sequence of vectors")
    steps, values = before.shape
    need(after.shape[:-1] in ((), (steps,)), f"the output {after.shape} is no state or sequence")
    same(before, after, shape=False, scale=False)
    need(max(before.shape) <= LARGEST, f"a size is beyond {LARGEST}")
    return values, after.shape[-1]


def _sequence_q15(before: Tensor, after: Tensor) -> tuple[int, int]:
    need(before.dtype == "int16", "a recurrent layer takes int16")
    need(after.quantisation == PowerOfTwo(bits=15), "states have 15 fraction bits")
    return _sequence(before, after)


def _check_gru(operator: GruQ, before: Tensor, after: Tensor) -> None:
    values, cells = _sequence_q15(before, after)
    _matrix(operator.input, 3 * cells, values, "input")
    _matrix(operator.hidden, 2 * cells, cells, "hidden")
    _matrix(operator.candidate, cells, cells, "candidate")
    within(operator.int_width, 0, 3, "int_width")


def _check_lstm(operator: LstmQ, before: Tensor, after: Tensor) -> None:
    values, outputs = _sequence_q15(before, after)
    cells = len(operator.input.bias) // 4
    _matrix(operator.input, 4 * cells, values, "input")
    _matrix(operator.hidden, 4 * cells, outputs, "hidden")
    if operator.projection is None:
        need(cells == outputs, f"{outputs} outputs, but {cells} cells and no projection")
    else:
        _matrix(operator.projection, outputs, cells, "projection")
    if operator.peepholes is not None:
        array_of(operator.peepholes, (3, cells), "int16", "peepholes")
    within(operator.peephole_shift, 0, 30, "peephole_shift")
    within(operator.int_width, 0, 3, "int_width")
    within(operator.cell_int_width, 0, 7, "cell_int_width")


def _check_lstm_s8(operator: LstmS8, before: Tensor, after: Tensor) -> None:
    values, cells = _sequence(before, after)
    for gate in (
        operator.forget_gate, operator.input_gate, operator.cell_gate, operator.output_gate
    ):  # fmt: skip
        array_of(gate.input_weights, (cells, values), "int8", "input weights")
        array_of(gate.hidden_weights, (cells, cells), "int8", "hidden weights")
        for bias, scale in (
            (gate.input_bias, gate.input_scale), (gate.hidden_bias, gate.hidden_scale)
        ):  # fmt: skip
            array_of(bias, (cells,), "int32", "biases")
            factor(*scale)
    for scale in (operator.forget_scale, operator.input_scale, operator.output_scale):
        factor(*scale)
    within(operator.cell_power, -27, 2, "cell_power")
    within(operator.cell_clip, 1, 32767, "cell_clip")


def _check_elementwise(operator: AddS8 | MulS8, a: Tensor, b: Tensor, after: Tensor) -> None:
    need(a.shape == b.shape, f"{a.name} is {a.shape}, but {b.name} is {b.shape}")
    same(a, after, scale=False)
    same(b, after, scale=False)
    factor(*operator.output_scale)
    activation(operator.activation)
    if isinstance(operator, AddS8):
        for scale in operator.input_scales:
            factor(*scale)
        within(operator.left_shift, 0, 20, "left_shift")


def _check_reshape(operator: Reshape, before: Tensor, after: Tensor) -> None:
    need(before.size == after.size, f"{before.size} values in, but {after.size} out")
    same(before, after, shape=False)


def _check_relu(operator: ReluQ, before: Tensor, after: Tensor) -> None:
    same(before, after)


_RULES: tuple[tuple[tuple[type[Operator], ...], Callable[..., None]], ...] = (
    ((ConvolveQ, DepthwiseQ, ConvolveS8, DepthwiseS8), _check_convolution),
    ((MaxPool, AveragePoolQ, AveragePoolS8), _check_pool),
    ((FullyConnectedQ, FullyConnectedS8), _check_connected),
    ((SoftmaxQ, SoftmaxS8), _check_softmax),
    ((Rescale,), _check_rescale),
    ((GruQ,), _check_gru),
    ((LstmQ,), _check_lstm),
    ((LstmS8,), _check_lstm_s8),
    ((Reshape,), _check_reshape),
    ((ReluQ,), _check_relu),
)
