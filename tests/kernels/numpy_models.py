"""What each kernel computes, written with NumPy in 64-bit integers."""

import numpy as np
import numpy.typing as npt

from armsim.nn.arithmetic.powers import activation_q7, activation_q15, cut, softmax

__all__ = ["activation_q7", "activation_q15", "cut", "softmax"]

Int8 = npt.NDArray[np.int8]
Int16 = npt.NDArray[np.int16]
Ints = Int8 | Int16
Int64 = npt.NDArray[np.int64]


def output(sums: Int64, out_shift: int, dtype: npt.DTypeLike = np.int8) -> Ints:
    """Wrap sums to 32 bits, shift, saturate."""
    limits = np.iinfo(dtype)
    wrapped = sums.astype(np.int32).astype(np.int64)
    return np.clip(wrapped >> out_shift, limits.min, limits.max).astype(dtype)


def first_sums(bias: Ints, bias_shift: int, out_shift: int) -> Int64:
    return bias.astype(np.int64) * 2**bias_shift + 2**out_shift // 2


def windows(
    image: Ints,
    kernel: tuple[int, int],
    padding: tuple[int, int],
    stride: tuple[int, int],
    output: tuple[int, int],
) -> tuple[Int64, npt.NDArray[np.bool_]]:
    """Return (out y, out x, ky, kx, channel) values and which taps lie inside; pairs are (y, x)."""
    y = np.arange(output[0])[:, None] * stride[0] - padding[0] + np.arange(kernel[0])
    x = np.arange(output[1])[:, None] * stride[1] - padding[1] + np.arange(kernel[1])
    inside_y = (y >= 0) & (y < image.shape[0])
    inside_x = (x >= 0) & (x < image.shape[1])
    inside = inside_y[:, None, :, None] & inside_x[None, :, None, :]
    values = image.astype(np.int64)[
        np.where(inside_y, y, 0)[:, None, :, None], np.where(inside_x, x, 0)[None, :, None, :]
    ]
    return values * inside[..., None], inside


def convolve(image, weights, bias, padding, stride, size, bias_shift, out_shift) -> Ints:
    """Weights are (out, ky, kx, in)."""
    patches, _ = windows(image, weights.shape[1:3], padding, stride, size)
    sums = np.einsum("yxabc,oabc->yxo", patches, weights.astype(np.int64))
    return output(sums + first_sums(bias, bias_shift, out_shift), out_shift, image.dtype)


def depthwise(image, weights, bias, padding, stride, size, bias_shift, out_shift) -> Ints:
    """Weights are (ky, kx, channel)."""
    patches, _ = windows(image, weights.shape[:2], padding, stride, size)
    sums = np.einsum("yxabc,abc->yxc", patches, weights.astype(np.int64))
    return output(sums + first_sums(bias, bias_shift, out_shift), out_shift, image.dtype)


def fully_connected(vector, weights, bias, bias_shift, out_shift, dtype=None) -> Ints:
    """Weights are (row, column); the output is of the vector's type or `dtype`."""
    sums = weights.astype(np.int64) @ vector.astype(np.int64)
    return output(sums + first_sums(bias, bias_shift, out_shift), out_shift, dtype or vector.dtype)


def average_pool(image, kernel, padding, stride, output, out_lshift) -> Ints:
    patches, inside = windows(image, kernel, padding, stride, output)
    sums = patches.sum(axis=(2, 3)) * 2**out_lshift
    counts = inside.sum(axis=(2, 3))[..., None]
    limits = np.iinfo(image.dtype)
    return np.clip(cut(sums, counts), limits.min, limits.max).astype(image.dtype)


def average_pool_by_axes(image, kernel, padding, stride, size) -> Int8:
    """Along x, cut towards zero, then along y, cut again."""
    patches, inside = windows(image, kernel, padding, stride, size)
    columns = inside.any(axis=2).sum(axis=2)[..., None, None]
    rows = inside.any(axis=3).sum(axis=2)[..., None]
    along_x = cut(patches.sum(axis=3), columns)
    return cut(along_x.sum(axis=2), rows).astype(np.int8)


def maximum_pool(image, kernel, padding, stride, size) -> Int8:
    patches, inside = windows(image, kernel, padding, stride, size)
    return np.where(inside[..., None], patches, -129).max(axis=(2, 3)).astype(np.int8)


def multiply(a: Ints, b: Ints, out_shift: int) -> Ints:
    return output(a.astype(np.int64) * b + 2**out_shift // 2, out_shift, a.dtype)


def relu(values: Ints) -> Ints:
    return np.maximum(values, 0)


def reorder(values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Each full group 0 1 2 3 along the last axis becomes 0 2 1 3."""
    full = values.shape[-1] // 4 * 4
    groups = values[..., :full].reshape(*values.shape[:-1], -1, 4)[..., [0, 2, 1, 3]]
    return np.concatenate([groups.reshape(*values.shape[:-1], full), values[..., full:]], axis=-1)
