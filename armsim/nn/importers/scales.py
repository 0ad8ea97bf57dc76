"""The scales of TensorFlow Lite as multipliers and shifts, computed as it computes them."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from armsim.nn.graph import Affine, Int32, Pair

Multiplier = Pair
"""(multiplier, shift): a real factor = multiplier * 2**shift / 2**31."""

_INPUT_BITS = 5
"""Integer bits of a softmax's scaled distances."""


def round_half_away(value: float) -> int:
    """Round as C's round does."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def multiplier(real: float) -> Multiplier:
    """Write a positive factor as a 31-bit fraction and a power of two."""
    if real == 0:
        return 0, 0
    fraction, shift = math.frexp(real)
    fixed = round_half_away(fraction * 2**31)
    if fixed == 2**31:
        fixed, shift = fixed // 2, shift + 1
    if shift < -31:
        return 0, 0
    return (2**31 - 1, 30) if shift > 30 else (fixed, shift)


def multipliers(reals: Iterable[float]) -> tuple[Int32, Int32]:
    """Write several factors; return the fractions and the powers."""
    pairs = np.array([multiplier(real) for real in reals], np.int32).reshape(-1, 2)
    return np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])


def mean(real: float, count: int) -> Multiplier:
    """Write a factor divided by a count, as the mean of `count` values has it."""
    fixed, shift = multiplier(real)
    bits = max(min(count.bit_length() - 1, 32, 31 + shift), 0)
    return (fixed << bits) // count, shift - bits


def addition(
    a: Affine, b: Affine, result: Affine
) -> tuple[int, Multiplier, Multiplier, Multiplier]:
    """Return the left shift of an addition, the scales of its summands and of its result."""
    left_shift = 20
    twice = 2 * max(a.scale, b.scale)
    total = multiplier(twice / ((1 << left_shift) * result.scale))
    return left_shift, multiplier(a.scale / twice), multiplier(b.scale / twice), total


def softmax(beta: float, scale: float) -> tuple[int, int, int]:
    """Return multiplier, shift and diff_min of a softmax."""
    real = min(beta * scale * (1 << (31 - _INPUT_BITS)), (1 << 31) - 1.0)
    fixed, shift = multiplier(real)
    radius = ((1 << _INPUT_BITS) - 1) * (1 << (31 - _INPUT_BITS)) / (1 << max(shift, 0))
    return fixed, shift, -math.floor(radius)


def clamp(activation: str, result: Affine) -> Pair:
    """Return the limits that a fused activation sets."""

    def quantised(value: float) -> int:
        moved = result.zero_point + round_half_away(
            float(np.float32(value) / np.float32(result.scale))
        )
        return max(-128, min(127, moved))

    match activation:
        case "NONE":
            return -128, 127
        case "RELU":
            return quantised(0), 127
        case "RELU6":
            return quantised(0), quantised(6)
        case "RELU_N1_TO_1":
            return quantised(-1), quantised(1)
    raise ValueError(f"the fused activation {activation} is not supported")
