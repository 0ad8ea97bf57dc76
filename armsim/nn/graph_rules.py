"""What the checks of operators are made of: each raises `Wrong` with one line."""

from __future__ import annotations

import numpy as np

from armsim.nn.graph import ConvolveS8, DepthwiseS8, FullyConnectedS8, Ints, Pair, Tensor

LARGEST_BIAS_SHIFT = {"int8": 23, "int16": 15}


class Wrong(Exception):
    """What is wrong with one operator or tensor."""


def need(condition: bool, text: str) -> None:
    """Raise `Wrong` unless a condition holds."""
    if not condition:
        raise Wrong(text)


def same(before: Tensor, after: Tensor, *, shape: bool = True, scale: bool = True) -> None:
    """Check that what goes in comes out in the same form."""
    need(not shape or before.shape == after.shape, f"{before.shape} in, but {after.shape} out")
    need(before.dtype == after.dtype, f"{before.dtype} in, but {after.dtype} out")
    need(
        not scale or before.quantisation == after.quantisation,
        "input and output are quantised differently",
    )


def array_of(array: Ints, shape: tuple[int, ...], dtype: str, what: str) -> None:
    """Check the shape and the type of an array."""
    need(
        array.shape == shape and array.dtype == np.dtype(dtype),
        f"{what} are {array.dtype}{list(array.shape)}, not {dtype}{list(shape)}",
    )


def within(value: int, low: int, high: int, what: str) -> None:
    """Check a number."""
    need(low <= value <= high, f"{what} is {value}, not {low} to {high}")


def activation(limits: Pair) -> None:
    """Check the limits of an activation."""
    low, high = limits
    need(-128 <= low <= high <= 127, f"the activation's limits {limits} are not within int8")


def factor(multiplier: int, shift: int) -> None:
    """Check a factor as multiplier and shift."""
    within(multiplier, 0, 2**31 - 1, "a multiplier")
    within(shift, -31, 30, "a shift")


def factors(operator: ConvolveS8 | DepthwiseS8 | FullyConnectedS8, channels: int) -> None:
    """Check biases, factors and activation of an s8 operator."""
    many = channels
    if isinstance(operator, FullyConnectedS8) and operator.multipliers.size == 1:
        many = 1
    array_of(operator.bias, (channels,), "int32", "biases")
    array_of(operator.multipliers, (many,), "int32", "multipliers")
    array_of(operator.shifts, (many,), "int32", "shifts")
    factor(int(operator.multipliers.min()), int(operator.shifts.min()))
    factor(int(operator.multipliers.max()), int(operator.shifts.max()))
    activation(operator.activation)


def shifts(bias_shift: int, out_shift: int, bias: Ints) -> None:
    """Check the shifts of a q7 or q15 operator."""
    within(bias_shift, 0, LARGEST_BIAS_SHIFT[bias.dtype.name], "bias_shift")
    within(out_shift, 0, 30, "out_shift")
