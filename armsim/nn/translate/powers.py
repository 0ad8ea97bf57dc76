"""The operators of powers of two as calls of q7 and q15 kernels."""

from __future__ import annotations

from armsim.nn.execute import zero_point
from armsim.nn.graph import (
    AveragePoolQ,
    ConvolveQ,
    DepthwiseQ,
    FullyConnectedQ,
    GruQ,
    GruResetAfterQ,
    Ints,
    LstmQ,
    MatrixQ,
    Operator,
    ReluQ,
    Rescale,
    SoftmaxQ,
    Tensor,
)
from armsim.nn.translate.c_text import call
from armsim.nn.translate.interleave import reorder
from armsim.nn.translate.lowering import Lowering, Step

_MOST_AT_ONCE = 65532
_SUFFIX = {"int8": "q7", "int16": "q15"}


def lower(to: Lowering, operator: Operator) -> Step | None:
    """Translate an operator; None where it is of another family."""
    match operator:
        case ConvolveQ():
            return _convolve(to, operator)
        case DepthwiseQ():
            return _depthwise(to, operator)
        case FullyConnectedQ():
            return _fully_connected(to, operator)
        case AveragePoolQ():
            return _average_pool(to, operator)
        case ReluQ():
            return _relu(to, operator)
        case SoftmaxQ():
            return _softmax(to, operator)
        case Rescale():
            return _rescale(to, operator)
        case GruQ():
            return _gru(to, operator)
        case LstmQ():
            return _lstm(to, operator)
    return None


def _ends(to: Lowering, operator: Operator) -> tuple[Tensor, Tensor]:
    return to.graph.tensor(operator.inputs[0]), to.graph.tensor(operator.output)


def _square(operator: ConvolveQ | DepthwiseQ, before: Tensor, after: Tensor) -> bool:
    first = 1 if isinstance(operator, ConvolveQ) else 0
    pairs = (
        before.shape[:2], after.shape[:2], operator.weights.shape[first : first + 2],
        operator.stride, operator.padding,
    )  # fmt: skip
    return all(a == b for a, b in pairs)


def _choose_convolution(operator: ConvolveQ, before: Tensor, after: Tensor) -> tuple[str, str]:
    """Return the kernel's name behind arm_convolve_, and why it is that."""
    channels, outputs = before.shape[2], after.shape[2]
    square = _square(operator, before, after)
    suffix = "" if square else "_nonsquare"
    if before.dtype == "int16":
        if channels % 2 == outputs % 2 == 0:
            suffix = "_nonsquare" if after.shape[0] % 2 else suffix
            return f"HWC_q15_fast{suffix}", "both numbers of channels are even"
        if outputs % 2 == 0:  # any shape, two columns at once
            return "HWC_q15_basic_nonsquare", "the number of channels in is odd"
        return f"HWC_q15_basic{suffix}", "the number of channels out is odd"
    if channels % 4 == 0 and outputs % 2 == 0:
        one = operator.weights.shape[1:3] == (1, 1) == operator.stride
        if one and operator.padding == (0, 0) and before.shape[:2] == after.shape[:2]:
            return "1x1_HWC_q7_fast_nonsquare", "1 x 1, channels in a multiple of 4 and out of 2"
        return f"HWC_q7_fast{suffix}", "channels in are a multiple of 4 and out of 2"
    if channels == 3 and square:
        return "HWC_q7_RGB", "three channels in"
    why = (
        "channels in are no multiple of 4" if channels % 4 else "channels out are no multiple of 2"
    )
    return f"HWC_q7_basic{suffix}", why


def _window_arguments(
    operator: ConvolveQ | DepthwiseQ, before: Tensor, after: Tensor, *, square: bool
) -> tuple[list[object], list[object], list[object], list[object]]:
    """Return what the kernels want to know: input size, kernel and strides, shifts, output size."""
    first = 1 if isinstance(operator, ConvolveQ) else 0
    kernel = operator.weights.shape[first : first + 2]
    shifts: list[object] = [operator.bias_shift, operator.out_shift]
    if square:
        moves: list[object] = [kernel[0], operator.padding[0], operator.stride[0]]
        return [before.shape[0]], moves, shifts, [after.shape[0]]
    moves = [
        *reversed(kernel), *reversed(operator.padding), *reversed(operator.stride),
    ]  # fmt: skip
    return [before.shape[1], before.shape[0]], moves, shifts, [after.shape[1], after.shape[0]]


def _convolve(to: Lowering, operator: ConvolveQ) -> Step:
    before, after = _ends(to, operator)
    name, why = _choose_convolution(operator, before, after)
    square = not name.endswith("_nonsquare")
    sizes, moves, shifts, out = _window_arguments(operator, before, after, square=square)
    columns = 1 if before.dtype == "int16" and after.shape[2] % 2 else 2
    weights = to.constant(operator, "weights", operator.weights)
    bias = to.constant(operator, "bias", operator.bias)
    arguments = [
        to.pointer(before.name), *sizes, before.shape[2], weights, after.shape[2], *moves, bias,
        *shifts, to.pointer(after.name), *out, f"(q15_t *){to.scratch(operator)}", "NULL",
    ]  # fmt: skip
    kernel = f"arm_convolve_{name}"
    scratch = 2 * columns * operator.weights[0].size
    return Step(
        operator=operator, kernel=kernel, why=why, lines=call(kernel, arguments), scratch=scratch
    )


def _depthwise(to: Lowering, operator: DepthwiseQ) -> Step:
    before, after = _ends(to, operator)
    square = before.dtype == "int8" and _square(operator, before, after)
    sizes, moves, shifts, out = _window_arguments(operator, before, after, square=square)
    weights = to.constant(operator, "weights", operator.weights)
    bias = to.constant(operator, "bias", operator.bias)
    arguments = [
        to.pointer(before.name), *sizes, before.shape[2], weights, after.shape[2], *moves, bias,
        *shifts, to.pointer(after.name), *out, "NULL", "NULL",
    ]  # fmt: skip
    kernel = f"arm_depthwise_separable_conv_HWC_{_SUFFIX[before.dtype]}"
    kernel += "" if square else "_nonsquare"
    why = "all is square" if square else "not all is square"
    if before.dtype == "int16":
        why = "for any shape"
    return Step(operator=operator, kernel=kernel, why=why, lines=call(kernel, arguments))


def _weights(to: Lowering, operator: Operator, what: str, weights: Ints, kind: str) -> str:
    """Put the weights of a matrix in flash, in the order of `arm_fully_connected_KIND_opt`."""
    rows, length = weights.shape
    if rows < 4:
        return to.constant(operator, what, weights)
    note = f"{rows} x {length}, four rows interleaved"
    return to.constant(operator, what, reorder(weights, kind), note)


def _fully_connected(to: Lowering, operator: FullyConnectedQ) -> Step:
    before, after = _ends(to, operator)
    rows, length = operator.weights.shape
    kind = "q7"
    if before.dtype == "int16":
        kind = "q15" if operator.weights.dtype.name == "int16" else "mat_q7_vec_q15"
    interleaved = rows >= 4
    weights = _weights(to, operator, "weights", operator.weights, kind)
    bias = to.constant(operator, "bias", operator.bias)
    kernel = f"arm_fully_connected_{kind}" + ("_opt" if interleaved else "")
    why = "weights interleaved by four rows" if interleaved else "fewer than four rows"
    scratch = 2 * length if kind == "q7" else 0
    arguments = [
        to.pointer(before.name), weights, length, rows, operator.bias_shift, operator.out_shift,
        bias, to.pointer(after.name), f"(q15_t *){to.scratch(operator)}" if scratch else "NULL",
    ]  # fmt: skip
    return Step(
        operator=operator, kernel=kernel, why=why, lines=call(kernel, arguments), scratch=scratch
    )


def _average_pool(to: Lowering, operator: AveragePoolQ) -> Step:
    before, after = _ends(to, operator)
    kernel = f"arm_avepool_{_SUFFIX[before.dtype]}_HWC_nonsquare"
    pairs = before.shape[:2], operator.kernel, operator.padding, operator.stride, after.shape[:2]
    sizes = [tuple(reversed(pair)) for pair in pairs]
    arguments = [
        to.pointer(before.name), *sizes[0], before.shape[2], *sizes[1], *sizes[2], *sizes[3],
        *sizes[4], "NULL", to.pointer(after.name), operator.out_lshift,
    ]  # fmt: skip
    why = "one division for each average"
    return Step(operator=operator, kernel=kernel, why=why, lines=call(kernel, arguments))


def _in_place(to: Lowering, operator: Operator) -> list[str]:
    """Copy the input to the output, unless it is there."""
    before, after = _ends(to, operator)
    if to.storages.shared(operator):
        return []
    return call("memcpy", [to.pointer(after.name), to.pointer(before.name), before.nbytes])


def _relu(to: Lowering, operator: ReluQ) -> Step:
    after = to.graph.tensor(operator.output)
    kernel = f"arm_relu_{_SUFFIX[after.dtype]}"
    lines = _in_place(to, operator)
    for start in range(0, after.size, _MOST_AT_ONCE):
        place = to.pointer(after.name) + (f" + {start}" if start else "")
        lines += call(kernel, [place, min(_MOST_AT_ONCE, after.size - start)])
    return Step(operator=operator, kernel=kernel, why="in place", lines=lines)


def _softmax(to: Lowering, operator: SoftmaxQ) -> Step:
    before, after = _ends(to, operator)
    kernel = f"arm_softmax_{_SUFFIX[after.dtype]}"
    arguments = [to.pointer(before.name), before.size, to.pointer(after.name)]
    return Step(operator=operator, kernel=kernel, why="base two", lines=call(kernel, arguments))


def _rescale(to: Lowering, operator: Rescale) -> Step:
    before, after = _ends(to, operator)
    ends = [to.pointer(before.name), to.pointer(after.name)]
    zero = zero_point(before)
    if (before.dtype, after.dtype, operator.shift, zero) == ("int8", "int16", 0, 0):
        kernel, arguments = "arm_q7_to_q15_no_shift", [*ends, after.size]
        why = "the same values in 16 bits"
    else:
        to.helpers.add((before.dtype, after.dtype))
        kernel = f"rescale_{_SUFFIX[before.dtype]}_{_SUFFIX[after.dtype]}"
        arguments = [*ends, zero, operator.shift, after.size]
        why = f"no kernel does it: times 2^{operator.shift}"
    return Step(operator=operator, kernel=kernel, why=why, lines=call(kernel, arguments))


# Recurrent layers


def _matrix(to: Lowering, operator: Operator, what: str, matrix: MatrixQ) -> str:
    """Put a matrix in flash and return the initialiser of its nn_matrix_q7."""
    weights = _weights(to, operator, f"{what}_weights", matrix.weights, "mat_q7_vec_q15")
    bias = to.constant(operator, f"{what}_bias", matrix.bias)
    return f"{{{weights}, {bias}, {matrix.bias_shift}, {matrix.out_shift}}}"


def _over_time(
    to: Lowering, operator: Operator, function: str, layer: str, zeros: list[str], rest: list[str]
) -> list[str]:
    """Call a step function for every vector of a sequence.

    The state is the output itself, or at the start of the scratch memory where all states are put
    out. `zeros` are the states besides, `rest` what the function takes behind the state.
    """
    before, after = _ends(to, operator)
    steps, values = before.shape
    every = len(after.shape) == 2
    output = to.pointer(after.name)
    state = f"(q15_t *){to.scratch(operator)}" if every else output
    lines = call("memset", [state, 0, f"{after.shape[-1]} * sizeof(q15_t)"])
    lines += zeros
    lines.append(f"    for (int step = 0; step < {steps}; step++) {{")
    vector = f"{to.pointer(before.name)} + step * {values}"
    lines += call(function, [f"&{layer}", vector, state, *rest], depth=2)
    if every:
        copied = [f"{output} + step * {after.shape[-1]}", state]
        lines += call("memcpy", [*copied, f"{after.shape[-1]} * sizeof(q15_t)"], depth=2)
    return [*lines, "    }"]


def _gru(to: Lowering, operator: GruQ) -> Step:
    before, after = _ends(to, operator)
    cells = after.shape[-1]
    fields: dict[str, object] = {
        "input": _matrix(to, operator, "input", operator.input),
        "hidden": _matrix(to, operator, "hidden", operator.hidden),
        "candidate": _matrix(to, operator, "candidate", operator.candidate),
        "input_size": before.shape[1],
        "hidden_size": cells,
        "int_width": operator.int_width,
    }
    layer = to.define(operator, "layer", "nn_gru_q7_q15", fields)
    after_matrix = isinstance(operator, GruResetAfterQ)
    kernel = f"nn_gru{'_reset_after' if after_matrix else ''}_step_q7_q15"
    kept = cells if len(after.shape) == 2 else 0
    scratch = f"(q15_t *){to.scratch(operator)}" + (f" + {kept}" if kept else "")
    return Step(
        operator=operator,
        kernel=kernel,
        why="weights q7, interleaved by four rows, states q15",
        lines=_over_time(to, operator, kernel, layer, [], [scratch]),
        scratch=2 * (kept + 5 * cells),
    )


def _lstm(to: Lowering, operator: LstmQ) -> Step:
    before, after = _ends(to, operator)
    cells, outputs = len(operator.input.bias) // 4, after.shape[-1]
    fields: dict[str, object] = {
        "input": _matrix(to, operator, "input", operator.input),
        "hidden": _matrix(to, operator, "hidden", operator.hidden),
    }
    if operator.projection is not None:
        fields["projection"] = _matrix(to, operator, "projection", operator.projection)
    if operator.peepholes is not None:
        fields["peepholes"] = to.constant(operator, "peepholes", operator.peepholes)
        fields["peephole_shift"] = operator.peephole_shift
    fields |= {
        "input_size": before.shape[1],
        "cells": cells,
        "output_size": outputs,
        "int_width": operator.int_width,
        "cell_int_width": operator.cell_int_width,
    }
    layer = to.define(operator, "layer", "nn_lstm_q7_q15", fields)
    kept = outputs if len(after.shape) == 2 else 0
    base = f"(q15_t *){to.scratch(operator)}"
    cell = base + (f" + {kept}" if kept else "")
    zeros = call("memset", [cell, 0, f"{cells} * sizeof(q15_t)"])
    rest = [cell, f"{base} + {kept + cells}"]
    return Step(
        operator=operator,
        kernel="nn_lstm_step_q7_q15",
        why="weights q7, interleaved by four rows, states q15",
        lines=_over_time(to, operator, "nn_lstm_step_q7_q15", layer, zeros, rest),
        scratch=2 * (kept + 9 * cells),
    )
