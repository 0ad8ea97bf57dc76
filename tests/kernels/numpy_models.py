"""What each kernel computes, written with NumPy in 64-bit integers."""

import numpy as np
import numpy.typing as npt

Int8 = npt.NDArray[np.int8]
Int16 = npt.NDArray[np.int16]
Int64 = npt.NDArray[np.int64]


def output_q7(sums: Int64, out_shift: int) -> Int8:
    return np.clip(sums >> out_shift, -128, 127).astype(np.int8)


def first_sums(bias: Int8, bias_shift: int, out_shift: int) -> Int64:
    return bias.astype(np.int64) * 2**bias_shift + 2**out_shift // 2


def windows(
    image: Int8,
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


def convolve(image, weights, bias, padding, stride, output, bias_shift, out_shift) -> Int8:
    """Weights are (out, ky, kx, in)."""
    patches, _ = windows(image, weights.shape[1:3], padding, stride, output)
    sums = np.einsum("yxabc,oabc->yxo", patches, weights.astype(np.int64))
    return output_q7(sums + first_sums(bias, bias_shift, out_shift), out_shift)


def depthwise(image, weights, bias, padding, stride, output, bias_shift, out_shift) -> Int8:
    """Weights are (ky, kx, channel)."""
    patches, _ = windows(image, weights.shape[:2], padding, stride, output)
    sums = np.einsum("yxabc,abc->yxc", patches, weights.astype(np.int64))
    return output_q7(sums + first_sums(bias, bias_shift, out_shift), out_shift)


def fully_connected(vector, weights, bias, bias_shift, out_shift) -> Int8:
    """Weights are (row, column)."""
    sums = weights.astype(np.int64) @ vector.astype(np.int64)
    return output_q7(sums + first_sums(bias, bias_shift, out_shift), out_shift)


def average_pool(image, kernel, padding, stride, output, out_lshift) -> Int8:
    patches, inside = windows(image, kernel, padding, stride, output)
    sums = patches.sum(axis=(2, 3)) * 2**out_lshift
    counts = inside.sum(axis=(2, 3))[..., None]
    return np.clip(np.sign(sums) * (np.abs(sums) // counts), -128, 127).astype(np.int8)


def softmax(scores: Int8) -> Int8:
    base = int(scores.max()) - 8
    above = scores.astype(np.int64) - base
    total = int((2 ** np.clip(above, 0, 7)).sum())
    shares = 2**20 // total >> np.clip(13 - above, 0, 31)
    return np.clip(shares, -128, 127).astype(np.int8)


def relu(values: Int8) -> Int8:
    return np.maximum(values, 0)


def reorder(values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Each full group 0 1 2 3 along the last axis becomes 0 2 1 3."""
    full = values.shape[-1] // 4 * 4
    groups = values[..., :full].reshape(*values.shape[:-1], -1, 4)[..., [0, 2, 1, 3]]
    return np.concatenate([groups.reshape(*values.shape[:-1], full), values[..., full:]], axis=-1)
