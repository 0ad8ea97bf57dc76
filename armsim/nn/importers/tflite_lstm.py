"""TensorFlow Lite's UNIDIRECTIONAL_SEQUENCE_LSTM in int8 with cells of int16."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from armsim.nn.graph import Affine, GateS8
from armsim.nn.importers import scales
from armsim.nn.importers.tflite_file import TfliteModel, TfliteOperator, TfliteTensor

# Inputs of the operator: of each, those of the input gate, forget gate, new value, output gate.
_INPUT_WEIGHTS, _HIDDEN_WEIGHTS, _BIASES, _STATE, _CELL = 1, 5, 12, 18, 19
_LEFT_OUT = {9: "peepholes", 10: "peepholes", 11: "peepholes", 16: "projections",
             17: "projections", **dict.fromkeys(range(20, 24), "normalised gates")}  # fmt: skip
_GATES = ("input_gate", "forget_gate", "cell_gate", "output_gate")
_TANH = 4
_SUMS = 2.0**-12  # Q3.12
_MOST_STATES = 1 << 24


def lstm_fields(
    model: TfliteModel, operator: TfliteOperator, values: int, before: Affine
) -> dict[str, Any]:
    """Return the fields of the LstmS8 that reads vectors of so many `values`.

    Raises:
        ValueError: there is no kernel for it, or something of it is missing.
    """
    _check_options(operator)
    state = _one_scale(_input(model, operator, _STATE, "state"), "int8")
    cell = _one_scale(_input(model, operator, _CELL, "cells"), "int16")
    power = math.log2(cell.scale)
    if power != int(power) or cell.zero_point:
        raise ValueError(f"its cells have the scale {cell.scale:g}, not a power of two")
    hidden = state
    if len(operator.intermediates) == 5 and operator.intermediates[4] >= 0:
        hidden = _one_scale(model.tensors[operator.intermediates[4]], "int8")
    cells = _constant(model, operator, _HIDDEN_WEIGHTS, "int8", "weights of the state").shape[0]
    fields: dict[str, Any] = {
        name: _gate(model, operator, number, (cells, values), before, state)
        for number, name in enumerate(_GATES)
    }
    clip = float(operator.option(1, "f"))
    if not 0 <= clip < math.inf:
        raise ValueError(f"cell_clip is {clip:g}, not a positive number")
    most = min(int(np.float32(clip) / np.float32(cell.scale)), 32767) if clip else 32767
    return {
        **fields,
        "forget_scale": scales.multiplier(2.0**-15),
        "input_scale": scales.multiplier(2.0**-30 / cell.scale),
        "output_scale": scales.multiplier(2.0**-30 / hidden.scale),
        "cell_power": int(power),
        "cell_clip": most,
    }


def _check_options(operator: TfliteOperator) -> None:
    if operator.option(0, "b") != _TANH:
        raise ValueError(f"the activation {operator.option(0, 'b')} is not supported; tanh (4) is")
    if operator.option(5, "b"):
        raise ValueError("diagonal weights of the state are not supported")
    for number, what in _LEFT_OUT.items():
        if number < len(operator.inputs) and operator.inputs[number] >= 0:
            raise ValueError(f"{what} (input {number}) are not supported")


def _input(model: TfliteModel, operator: TfliteOperator, number: int, what: str) -> TfliteTensor:
    if number >= len(operator.inputs) or operator.inputs[number] < 0:
        raise ValueError(f"its {what} (input {number}) are missing")
    return model.tensors[operator.inputs[number]]


def _constant(
    model: TfliteModel, operator: TfliteOperator, number: int, dtype: str, what: str
) -> np.ndarray:
    tensor = _input(model, operator, number, what)
    if tensor.values is None or tensor.dtype != dtype:
        raise ValueError(f"its {what} ({tensor.name}) are {tensor.dtype}, not constant {dtype}")
    return tensor.values


def _one_scale(tensor: TfliteTensor, dtype: str) -> Affine:
    if tensor.dtype != dtype or tensor.scales.size != 1:
        raise ValueError(
            f"{tensor.name} is {tensor.dtype} with {tensor.scales.size} scales, not {dtype} with "
            "one; an LSTM of int8 with cells of int16 is supported"
        )
    scale = float(tensor.scales[0])
    if not (math.isfinite(scale) and scale > 0):
        raise ValueError(f"{tensor.name} has the scale {scale:g}, not a positive number")
    zero_point = int(tensor.zero_points[0]) if tensor.zero_points.size else 0
    return Affine(scale=scale, zero_point=zero_point)


def _gate(
    model: TfliteModel, operator: TfliteOperator, number: int, shape: tuple[int, int],
    before: Affine, state: Affine,
) -> GateS8:  # fmt: skip
    """Put the zero points of what a gate reads into its biases."""
    cells, _ = shape
    bias = _constant(model, operator, _BIASES + number, "int32", "biases").astype(np.int64)
    parts: dict[str, Any] = {}
    for name, first, read, wanted in (
        ("input", _INPUT_WEIGHTS, before, shape), ("hidden", _HIDDEN_WEIGHTS, state, (cells, cells))
    ):  # fmt: skip
        tensor = _input(model, operator, first + number, f"weights of the {name}")
        weights = _constant(model, operator, first + number, "int8", f"weights of the {name}")
        if weights.shape != wanted or bias.shape != (cells,) or tensor.zero_points.any():
            raise ValueError(
                f"{tensor.name} is {weights.shape} with biases {bias.shape}, not {wanted} with "
                f"{cells}, without a zero point"
            )
        sums = bias - read.zero_point * weights.sum(axis=1, dtype=np.int64)
        factor = np.float32(read.scale) * np.float32(_one_scale(tensor, "int8").scale)
        parts |= {
            f"{name}_weights": weights,
            f"{name}_bias": np.clip(sums, -(2**31), 2**31 - 1).astype(np.int32),
            f"{name}_scale": scales.multiplier(float(factor / np.float32(_SUMS))),
        }
        bias = np.zeros_like(bias)
    return GateS8(**parts)


def takes_last_step(model: TfliteModel, operator: TfliteOperator, shape: tuple[int, ...]) -> bool:
    """Whether a STRIDED_SLICE takes the last vector of those of a sequence."""
    begin, end, stride = (
        _constant(model, operator, number, "int32", "limits").ravel().tolist()
        for number in (1, 2, 3)
    )
    if math.prod(shape) > _MOST_STATES:
        return False
    masks = [int(operator.option(number, "i")) for number in range(5)]
    if masks[2] or masks[3] or not len(begin) == len(end) == len(stride) <= len(shape):
        return False
    index: list[slice | int] = []
    for axis in range(len(begin)):
        first = None if masks[0] >> axis & 1 else begin[axis]
        last = None if masks[1] >> axis & 1 else end[axis]
        one = masks[4] >> axis & 1
        index.append(begin[axis] if one else slice(first, last, stride[axis]))
    states = np.arange(int(np.prod(shape, dtype=np.int64))).reshape(shape)
    wanted = np.arange(states.size - shape[-1], states.size)
    return np.array_equal(states[tuple(index)].ravel(), wanted)
