"""The s8 kernels: TensorFlow Lite's int8 arithmetic, with its two roundings."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from armsim.nn.arithmetic.powers import cut
from armsim.nn.arithmetic.windows import Int64, Ints, Pair, Window


def wrap(values: Int64) -> Int64:
    """Take values modulo 2^32."""
    return values.astype(np.int32).astype(np.int64)


def requantise(values: Int64, multiplier: ArrayLike, shift: ArrayLike) -> Int64:
    """Multiply by multiplier * 2**shift / 2**31, rounded twice."""
    multiplier, shift = np.asarray(multiplier, np.int64), np.asarray(shift, np.int64)
    scaled = wrap(wrap(values) << np.maximum(shift, 0))
    return rounding_shift_right(high_product(scaled, multiplier), np.maximum(-shift, 0))


def high_product(a: Int64, b: ArrayLike) -> Int64:
    """The upper half of the doubled product, rounded half up."""
    return wrap((a * np.asarray(b, np.int64) + (1 << 30)) >> 31)


def rounding_shift_right(values: Int64, shift: ArrayLike) -> Int64:
    """Divide by a power of two; halves go away from zero."""
    shift = np.asarray(shift, np.int64)
    half = np.where(shift > 0, 1 << np.maximum(shift - 1, 0), 0)
    rounded: Int64 = np.sign(values) * ((np.abs(values) + half) >> shift)
    return rounded


def finish(
    sums: Int64, multiplier: ArrayLike, shift: ArrayLike, offset: int, activation: Pair
) -> Ints:
    """Requantise sums, add the output's zero point, clamp."""
    return np.clip(wrap(requantise(sums, multiplier, shift) + offset), *activation).astype(np.int8)


def average_pool(images: Ints, window: Window, activation: Pair) -> Ints:
    """The average of the pixels within the image, halves away from zero."""
    sums = window.of(images.astype(np.int64)).sum(axis=(4, 5))
    counts = window.counts(*images.shape[1:3])
    return np.clip(cut(sums + np.sign(sums) * (counts // 2), counts), *activation).astype(np.int8)


def softmax(scores: Ints, multiplier: int, shift: int, diff_min: int) -> Ints:
    """Turn scores along the last axis into shares, by e^x and 1/(1 + x) in fixed point."""
    distances = scores.astype(np.int64) - scores.max(axis=-1, keepdims=True)
    counts = distances >= diff_min
    exponentials = _exp(high_product(wrap(distances << shift), multiplier))
    sums = (rounding_shift_right(exponentials, 12) * counts).sum(axis=-1, keepdims=True)
    headroom = np.vectorize(lambda total: 32 - int(total).bit_length(), otypes=[np.int64])(sums)
    scale = _one_over_one_plus((sums << headroom) - (1 << 31))
    shares = rounding_shift_right(high_product(scale, exponentials), 35 - headroom) - 128
    return np.where(counts, np.clip(shares, -128, 127), -128).astype(np.int8)


def _exp(x: Int64) -> Int64:
    """Return e^x in Q0.31 of x in Q5.26, at most 0."""
    quarter = 1 << 24
    fraction = x % quarter - quarter
    quarters = (fraction - x) // quarter
    t = fraction * 32 + (1 << 28)
    t2 = high_product(t, t)
    t3, t4 = high_product(t2, t), high_product(t2, t2)
    third = round((1 << 31) / 3)
    tail = high_product(rounding_shift_right(t4, 2) + t3, third) + t2
    eighth = round((1 << 31) * math.exp(-0.125))
    result = eighth + high_product(t + rounding_shift_right(tail, 1), eighth)
    for k in range(7):
        power = round((1 << 31) * math.exp(-0.25 * 2**k))
        result = np.where(quarters >> k & 1, high_product(result, power), result)
    return np.where(x == 0, (1 << 31) - 1, result)


def _one_over_one_plus(x: Int64) -> Int64:
    half = (x + (1 << 31)) // 2
    result = round((1 << 29) * 48 / 17) + high_product(half, -round((1 << 29) * 32 / 17))
    for _ in range(3):
        error = (1 << 29) - high_product(half, result)
        result = result + 4 * high_product(result, error)
    return np.minimum(2 * result, (1 << 31) - 1)
