"""The operators of TensorFlow Lite's int8 arithmetic as calls of s8 kernels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from armsim.nn.execute import window_of, zero_point
from armsim.nn.graph import (
    AddS8,
    AveragePoolS8,
    ConvolveS8,
    DepthwiseS8,
    FullyConnectedS8,
    GateS8,
    LstmS8,
    MaxPool,
    MulS8,
    Operator,
    Pair,
    SoftmaxS8,
    Tensor,
)
from armsim.nn.translate.c_text import call
from armsim.nn.translate.lowering import Lowering, Step


def lower(to: Lowering, operator: Operator) -> Step | None:
    """Translate an operator; None where it is of another family."""
    match operator:
        case ConvolveS8():
            return _convolve(to, operator)
        case DepthwiseS8():
            return _depthwise(to, operator)
        case FullyConnectedS8():
            return _fully_connected(to, operator)
        case AveragePoolS8() | MaxPool():
            return _pool(to, operator)
        case AddS8():
            return _add(to, operator)
        case MulS8():
            return _mul(to, operator)
        case SoftmaxS8():
            return _softmax(to, operator)
        case LstmS8():
            return _lstm(to, operator)
    return None


def _ends(to: Lowering, operator: Operator) -> tuple[Tensor, Tensor]:
    return to.graph.tensor(operator.inputs[0]), to.graph.tensor(operator.output)


def _tile(pair: Pair) -> str:
    return f"{{.w = {pair[1]}, .h = {pair[0]}}}"


def _limits(activation: Pair) -> str:
    return f"{{{activation[0]}, {activation[1]}}}"


def _dims(to: Lowering, operator: Operator, what: str, dims: Sequence[int]) -> str:
    """Define a cmsis_nn_dims and return its address."""
    name = to.names.new(f"{operator.name}_{what}")
    to.definitions.append([f"static const cmsis_nn_dims {name} = {{{', '.join(map(str, dims))}}};"])
    return f"&{name}"


def _context(to: Lowering, operator: Operator, size: int) -> tuple[str, list[str]]:
    """Return the address of a context, and the line that makes it."""
    name = to.names.new(f"{operator.name}_context")
    buffer = to.scratch(operator) if size else "NULL"
    return f"&{name}", [f"    const cmsis_nn_context {name} = {{{buffer}, {size}}};"]


def _two_columns(length: int) -> int:
    """Return the bytes of two columns of int16, each filled up to a multiple of four."""
    return 2 * (-(-length // 4) * 4) * 2


def _per_channel(
    to: Lowering, operator: ConvolveS8 | DepthwiseS8 | FullyConnectedS8
) -> tuple[str, str, str]:
    """Put weights, biases and scales in flash; return the names and that of the quantisation."""
    weights = to.constant(operator, "weights", operator.weights)
    bias = to.constant(operator, "bias", operator.bias)
    if operator.multipliers.size < operator.bias.size:
        scales: dict[str, object] = {
            "multiplier": int(operator.multipliers[0]),
            "shift": int(operator.shifts[0]),
        }
        kind = "per_tensor"
    else:
        multipliers = to.constant(operator, "multipliers", operator.multipliers)
        shifts = to.constant(operator, "shifts", operator.shifts)
        scales = {"multiplier": f"(int32_t *){multipliers}", "shift": f"(int32_t *){shifts}"}
        kind = "per_channel"
    return weights, bias, to.define(operator, "scales", f"cmsis_nn_{kind}_quant_params", scales)


def _windowed(
    to: Lowering, operator: ConvolveS8 | DepthwiseS8, kernel: str, why: str, size: int
) -> Step:
    """Call a convolution."""
    before, after = _ends(to, operator)
    window = window_of(operator, after)
    deep = isinstance(operator, DepthwiseS8)
    weights, bias, scales = _per_channel(to, operator)
    fields: dict[str, object] = {
        "input_offset": -zero_point(before),
        "output_offset": zero_point(after),
        "stride": _tile(operator.stride),
        "padding": _tile(operator.padding),
        "dilation": _tile(operator.dilation),
        "activation": _limits(operator.activation),
    }
    if deep:
        fields["ch_mult"] = after.shape[2] // before.shape[2]
        filter_dims = (1, *window.kernel, after.shape[2])
    else:
        filter_dims = (after.shape[2], *window.kernel, operator.weights.shape[3])
    params = to.define(operator, "params", f"cmsis_nn_{'dw_' if deep else ''}conv_params", fields)
    context, lines = _context(to, operator, size)
    arguments = [
        context, f"&{params}", f"&{scales}", _dims(to, operator, "input", (1, *before.shape)),
        to.pointer(before.name), _dims(to, operator, "filter", filter_dims), weights, "NULL", bias,
        *(["NULL"] if kernel == "arm_convolve_s8" else []),
        _dims(to, operator, "output", (1, *after.shape)), to.pointer(after.name),
    ]  # fmt: skip
    return Step(
        operator=operator,
        kernel=kernel,
        why=why,
        lines=lines + call(kernel, arguments),
        scratch=size,
    )


def _convolve(to: Lowering, operator: ConvolveS8) -> Step:
    before, _ = _ends(to, operator)
    height, width, per_group = operator.weights.shape[1:]
    channels = before.shape[2]
    plain = operator.dilation == (1, 1) and per_group == channels
    if plain and (height, width) == (1, 1) and operator.padding == (0, 0):
        fast = operator.stride == (1, 1)
        kernel = "arm_convolve_1x1_s8" + ("_fast" if fast else "")
        why = "1 x 1, no padding, stride 1" if fast else "1 x 1, no padding"
        return _windowed(to, operator, kernel, why, _two_columns(channels))
    size = _two_columns(height * width * channels)
    if plain and before.shape[0] == height == 1 and operator.stride[1] * channels % 4 == 0:
        return _windowed(to, operator, "arm_convolve_1_x_n_s8", "one row", size)
    why = "any convolution" if per_group == channels else "in groups"
    return _windowed(to, operator, "arm_convolve_s8", why, size)


def _depthwise(to: Lowering, operator: DepthwiseS8) -> Step:
    before, after = _ends(to, operator)
    height, width = operator.weights.shape[:2]
    if after.shape[2] != before.shape[2]:
        return _windowed(to, operator, "arm_depthwise_conv_s8", "several kernels a channel", 0)
    if operator.dilation != (1, 1):
        return _windowed(to, operator, "arm_depthwise_conv_s8", "dilated", 0)
    if (height, width) == (3, 3) and max(operator.padding) <= 1:
        return _windowed(to, operator, "arm_depthwise_conv_3x3_s8", "3 x 3, padding up to 1", 0)
    size = before.shape[2] * height * width * 2
    return _windowed(to, operator, "arm_depthwise_conv_s8_opt", "one kernel a channel", size)


def _fully_connected(to: Lowering, operator: FullyConnectedS8) -> Step:
    before, after = _ends(to, operator)
    rows, length = operator.weights.shape
    weights, bias, scales = _per_channel(to, operator)
    fields: dict[str, object] = {
        "input_offset": -zero_point(before),
        "output_offset": zero_point(after),
        "activation": _limits(operator.activation),
    }
    params = to.define(operator, "params", "cmsis_nn_fc_params", fields)
    context, lines = _context(to, operator, 0)
    one = operator.multipliers.size < rows
    kernel = "arm_fully_connected_s8" if one else "arm_fully_connected_per_channel_s8"
    arguments = [
        context, f"&{params}", f"&{scales}", _dims(to, operator, "input", (1, 1, 1, length)),
        to.pointer(before.name), _dims(to, operator, "filter", (length, 1, 1, rows)), weights,
        "NULL", bias, _dims(to, operator, "output", (1, 1, 1, rows)), to.pointer(after.name),
    ]  # fmt: skip
    why = "one scale" if one else "a scale for each output"
    return Step(operator=operator, kernel=kernel, why=why, lines=lines + call(kernel, arguments))


def _pool(to: Lowering, operator: AveragePoolS8 | MaxPool) -> Step:
    before, after = _ends(to, operator)
    average = isinstance(operator, AveragePoolS8)
    if isinstance(operator, MaxPool) and _may_destroy(to, operator):
        return _destructive_max_pool(to, operator)
    fields: dict[str, object] = {
        "stride": _tile(operator.stride),
        "padding": _tile(operator.padding),
        "activation": _limits(operator.activation),
    }
    params = to.define(operator, "params", "cmsis_nn_pool_params", fields)
    size = 4 * before.shape[2] if average else 0
    context, lines = _context(to, operator, size)
    kernel = "arm_avgpool_s8" if average else "arm_max_pool_s8"
    arguments = [
        context, f"&{params}", _dims(to, operator, "input", (1, *before.shape)),
        to.pointer(before.name), _dims(to, operator, "filter", (1, *operator.kernel, 1)),
        _dims(to, operator, "output", (1, *after.shape)), to.pointer(after.name),
    ]  # fmt: skip
    why = "averages rounded" if average else "leaves its input as it is"
    return Step(
        operator=operator,
        kernel=kernel,
        why=why,
        lines=lines + call(kernel, arguments),
        scratch=size,
    )


def _may_destroy(to: Lowering, operator: MaxPool) -> bool:
    """Whether all is square and nobody needs the input afterwards."""
    before, after = _ends(to, operator)
    storage = to.storages.of[before.name]
    pairs = before.shape[:2], after.shape[:2], operator.kernel, operator.stride, operator.padding
    step = to.graph.operators.index(operator)
    return (
        all(a == b for a, b in pairs)
        and operator.activation == (-128, 127)
        and storage.parameter is None
        and storage.last == step
    )


def _destructive_max_pool(to: Lowering, operator: MaxPool) -> Step:
    before, after = _ends(to, operator)
    kernel = "arm_maxpool_q7_HWC"
    arguments = [
        to.pointer(before.name), before.shape[0], before.shape[2], operator.kernel[0],
        operator.padding[0], operator.stride[0], after.shape[0], "NULL", to.pointer(after.name),
    ]  # fmt: skip
    why = "all is square, and nobody needs the input afterwards"
    return Step(
        operator=operator,
        kernel=kernel,
        why=why,
        lines=call(kernel, arguments),
        overwrites=operator.stride[0] > operator.padding[0],
    )


def _add(to: Lowering, operator: AddS8) -> Step:
    a, b = (to.graph.tensor(name) for name in operator.inputs)
    after = to.graph.tensor(operator.output)
    kernel = "arm_elementwise_add_s8"
    arguments = [
        to.pointer(a.name), to.pointer(b.name),
        -zero_point(a), *operator.input_scales[0], -zero_point(b), *operator.input_scales[1],
        operator.left_shift, to.pointer(after.name), zero_point(after), *operator.output_scale,
        *operator.activation, after.size,
    ]  # fmt: skip
    return Step(operator=operator, kernel=kernel, why="a sum", lines=call(kernel, arguments))


def _mul(to: Lowering, operator: MulS8) -> Step:
    a, b = (to.graph.tensor(name) for name in operator.inputs)
    after = to.graph.tensor(operator.output)
    kernel = "arm_elementwise_mul_s8"
    arguments = [
        to.pointer(a.name), to.pointer(b.name), -zero_point(a), -zero_point(b),
        to.pointer(after.name), zero_point(after), *operator.output_scale, *operator.activation,
        after.size,
    ]  # fmt: skip
    return Step(operator=operator, kernel=kernel, why="a product", lines=call(kernel, arguments))


def _softmax(to: Lowering, operator: SoftmaxS8) -> Step:
    before, after = _ends(to, operator)
    kernel = "arm_softmax_s8"
    length = before.shape[-1]
    arguments = [
        to.pointer(before.name), int(np.prod(before.shape[:-1])), length, operator.multiplier,
        operator.shift, operator.diff_min, to.pointer(after.name),
    ]  # fmt: skip
    why = "e^x in fixed point"
    return Step(operator=operator, kernel=kernel, why=why, lines=call(kernel, arguments))


def _gate(to: Lowering, operator: LstmS8, what: str, gate: GateS8, function: str) -> str:
    """Put a gate in flash and return the initialiser of its cmsis_nn_lstm_gate."""
    fields = []
    for source, weights, bias, scale in (
        ("input", gate.input_weights, gate.input_bias, gate.input_scale),
        ("hidden", gate.hidden_weights, gate.hidden_bias, gate.hidden_scale),
    ):
        names = (
            to.constant(operator, f"{what}_{source}_weights", weights),
            to.constant(operator, f"{what}_{source}_bias", bias),
        )
        fields += [*map(str, scale), *names]
    return f"{{{', '.join(fields)}, NULL, {function}}}"


def _lstm(to: Lowering, operator: LstmS8) -> Step:
    before, after = _ends(to, operator)
    steps, values = before.shape
    cells = after.shape[-1]
    fields: dict[str, object] = {
        "time_major": 1, "batch_size": 1, "time_steps": steps, "input_size": values,
        "hidden_size": cells, "input_offset": -zero_point(before),
    }  # fmt: skip
    scales = {
        "forget_to_cell": operator.forget_scale, "input_to_cell": operator.input_scale,
        "output": operator.output_scale,
    }  # fmt: skip
    for name, (multiplier, shift) in scales.items():
        fields |= {f"{name}_multiplier": multiplier, f"{name}_shift": shift}
    fields |= {
        "cell_clip": operator.cell_clip, "cell_scale_power": operator.cell_power,
        "output_offset": zero_point(after),
        "forget_gate": _gate(to, operator, "forget", operator.forget_gate, "ARM_SIGMOID"),
        "input_gate": _gate(to, operator, "input", operator.input_gate, "ARM_SIGMOID"),
        "cell_gate": _gate(to, operator, "cell", operator.cell_gate, "ARM_TANH"),
        "output_gate": _gate(to, operator, "output", operator.output_gate, "ARM_SIGMOID"),
    }  # fmt: skip
    params = to.define(operator, "params", "cmsis_nn_lstm_params", fields)
    context, scratch = to.names.new(f"{operator.name}_context"), to.scratch(operator)
    buffers = [scratch, *(f"{scratch} + {2 * i * cells}" for i in (1, 2))]
    lines = [f"    cmsis_nn_lstm_context {context} = {{{', '.join(buffers)}}};"]
    output, size = to.pointer(after.name), 6 * cells
    every = output if len(after.shape) == 2 else f"{scratch} + {size}"
    lines += call(
        "arm_lstm_unidirectional_s8", [to.pointer(before.name), every, f"&{params}", f"&{context}"]
    )
    if every != output:
        lines += call("memcpy", [output, f"{every} + {(steps - 1) * cells}", cells])
        size += steps * cells
    return Step(
        operator=operator, kernel="arm_lstm_unidirectional_s8", why="gates and cells of 16 bits",
        lines=lines, scratch=size,
    )  # fmt: skip
