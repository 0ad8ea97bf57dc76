"""What a graph needs of TensorFlow Lite's tensors and options."""

from __future__ import annotations

import math

import numpy as np

from armsim.nn.graph import Affine
from armsim.nn.importers.tflite_file import TfliteOperator, TfliteTensor

_MOST_VALUES = 1 << 24
_ACTIVATIONS = "NONE RELU RELU_N1_TO_1 RELU6 TANH SIGN_BIT".split()


class Wrong(Exception):
    """Why an operator cannot be taken."""


def shape_of(tensor: TfliteTensor) -> tuple[int, ...]:
    """Leave out the batch."""
    shape = tensor.shape
    if len(shape) > 1 and shape[0] == 1:
        shape = shape[1:]
    if not 1 <= len(shape) <= 3 or min(shape) < 1:
        raise Wrong(f"{tensor.name} has the shape {tensor.shape}; a batch of one is supported")
    if math.prod(shape) > _MOST_VALUES:
        raise Wrong(f"{tensor.name} of {tensor.shape} has more than {_MOST_VALUES} values")
    return shape


def affine(tensor: TfliteTensor) -> Affine:
    """Return the scale and zero point of an int8 tensor."""
    if tensor.dtype != "int8":
        raise Wrong(
            f"{tensor.name} is {tensor.dtype}, not int8; convert the model with full-integer "
            "quantisation"
        )
    if tensor.scales.size != 1:
        raise Wrong(f"{tensor.name} has {tensor.scales.size} scales, not one")
    zero_point = int(tensor.zero_points[0]) if tensor.zero_points.size else 0
    scale = float(tensor.scales[0])
    if not (np.isfinite(scale) and scale > 0):
        raise Wrong(f"{tensor.name} has the scale {scale:g}, not a positive number")
    return Affine(scale=scale, zero_point=zero_point)


def fused(operator: TfliteOperator, number: int) -> str:
    """Return the name of an option that is a fused activation."""
    code = int(operator.option(number, "b"))
    return _ACTIVATIONS[code] if 0 <= code < len(_ACTIVATIONS) else str(code)
