"""The q7 and q15 kernels: powers of two, sums of 32 bits that wrap, saturated outputs."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import DTypeLike

from armsim.nn.arithmetic.windows import Int64, Ints, Window


def saturate(values: Int64, dtype: DTypeLike) -> Ints:
    """Saturate to a type."""
    limits = np.iinfo(dtype)
    return np.clip(values, limits.min, limits.max).astype(dtype)


def finish(sums: Int64, bias: Ints, bias_shift: int, out_shift: int, dtype: DTypeLike) -> Ints:
    """Add bias and one half in 32 bits that wrap, shift right, saturate."""
    first = (bias.astype(np.int64) << bias_shift) + ((1 << out_shift) >> 1)
    return saturate((sums + first).astype(np.int32).astype(np.int64) >> out_shift, dtype)


def cut(sums: Int64, counts: Int64) -> Int64:
    """Divide towards zero."""
    return np.sign(sums) * (np.abs(sums) // counts)


def average_pool(images: Ints, window: Window, out_lshift: int) -> Ints:
    """Average: sum * 2**out_lshift / count, towards zero, saturated."""
    sums = window.of(images.astype(np.int64)).sum(axis=(4, 5)) << out_lshift
    return saturate(cut(sums, window.counts(*images.shape[1:3])), images.dtype)


def maximum_pool(images: Ints, window: Window) -> Ints:
    """The largest value of each window."""
    return window.of(images, outside=-128).max(axis=(4, 5))  # type: ignore[no-any-return]


def softmax(scores: Ints) -> Ints:
    """Turn scores along the last axis into shares, to base two: arm_softmax_q7 or _q15."""
    x = scores.astype(np.int64)
    if scores.dtype == np.int8:
        above = x - (x.max(axis=-1, keepdims=True) - 8)
        total = (1 << np.clip(above, 0, 7)).sum(axis=-1, keepdims=True)
        return saturate(((1 << 20) // total) >> np.clip(13 - above, 0, 31), np.int8)
    above = x - (x.max(axis=-1, keepdims=True) - 16)
    powers = np.where(above > 0, 1 << np.clip(above, 0, 16), 0)
    shares = ((1 << 32) // powers.sum(axis=-1, keepdims=True)) >> np.clip(17 - above, 0, 31)
    return np.where(above > 0, np.minimum(shares, 32767), 0).astype(np.int16)


def rescale(values: Ints, shift: int, dtype: DTypeLike, zero_point: int = 0) -> Ints:
    """Multiply by 2**shift; where shift is negative, rounded half up."""
    wide = values.astype(np.int64) - zero_point
    if shift >= 0:
        return saturate(wide << shift, dtype)
    return saturate((wide + (1 << (-shift - 1))) >> -shift, dtype)


def rounded(products: Int64, shift: int = 15) -> Ints:
    """Divide by 2**shift, rounded half up, saturated to q15."""
    return saturate((products + ((1 << shift) >> 1)) >> shift, np.int16)


def activation_q7(values: Ints, int_width: int, tanh: bool) -> Ints:
    """arm_nn_activations_direct_q7."""
    index = (values >> (3 - int_width)).astype(np.int64) + 128
    return _curve(7, tanh)[index].astype(np.int8)


def activation_q15(values: Ints, int_width: int, tanh: bool) -> Ints:
    """arm_nn_activations_direct_q15: straight lines between sixteenths, flat above the last."""
    shift = 11 - int_width
    curve = _curve(15, tanh)
    index, fraction = (values >> shift).astype(np.int64) + 128, values & ((1 << shift) - 1)
    above = curve[np.minimum(index + 1, 255)]
    between = ((1 << shift) - fraction.astype(np.int64)) * curve[index] + fraction * above
    return (between >> shift).astype(np.int16)


@cache
def _curve(bits: int, tanh: bool) -> Int64:
    """The function at -8, -8 + 1/16, ... in integers with so many fraction bits."""
    sixteenths = np.arange(-128, 128)
    exact = np.tanh(sixteenths / 16) if tanh else 1 / (1 + np.exp(-sixteenths / 16))
    curve: Int64 = np.minimum(np.floor(exact * 2**bits + 0.5), 2**bits - 1).astype(np.int64)
    return curve
