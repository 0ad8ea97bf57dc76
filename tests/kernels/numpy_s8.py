"""What the s8 kernels compute, written with NumPy in 64-bit integers."""

import numpy as np
import numpy.typing as npt

from armsim.nn.arithmetic.lstm_s8 import activation_s16
from armsim.nn.arithmetic.tflite import finish as output
from armsim.nn.arithmetic.tflite import requantise, softmax, wrap

from .numpy_models import Int8, Int64, cut

__all__ = ["activation_s16", "output", "requantise", "softmax", "wrap"]

Window = tuple[int, int]


def windows(
    images: Int8, kernel: Window, padding: Window, stride: Window, dilation: Window, size: Window
) -> tuple[Int64, npt.NDArray[np.bool_]]:
    """Return (n, out y, out x, ky, kx, channel) values and which taps lie inside."""
    y = np.arange(size[0])[:, None] * stride[0] - padding[0] + np.arange(kernel[0]) * dilation[0]
    x = np.arange(size[1])[:, None] * stride[1] - padding[1] + np.arange(kernel[1]) * dilation[1]
    inside_y = (y >= 0) & (y < images.shape[1])
    inside_x = (x >= 0) & (x < images.shape[2])
    inside = inside_y[:, None, :, None] & inside_x[None, :, None, :]
    at_y, at_x = np.where(inside_y, y, 0), np.where(inside_x, x, 0)
    values = images.astype(np.int64)[:, at_y[:, None, :, None], at_x[None, :, None, :]]
    return values, inside


def convolve(images, weights, bias, places, input_offset: int) -> Int64:
    """Return sums; weights are (out, ky, kx, in), with fewer channels in for groups."""
    values, inside = windows(images, weights.shape[1:3], *places)
    values = (values + input_offset) * inside[..., None]
    groups = images.shape[3] // weights.shape[3]
    parts = zip(np.split(values, groups, axis=5), np.split(weights, groups), strict=True)
    sums = [np.einsum("nyxabc,oabc->nyxo", v, w.astype(np.int64)) for v, w in parts]
    return np.concatenate(sums, axis=3) + bias


def depthwise(images, weights, bias, places, input_offset: int) -> Int64:
    """Return sums; weights are (ky, kx, out)."""
    values, inside = windows(images, weights.shape[:2], *places)
    values = np.repeat(
        (values + input_offset) * inside[..., None], weights.shape[2] // images.shape[3], axis=5
    )
    return np.einsum("nyxabc,abc->nyxc", values, weights.astype(np.int64)) + bias


def fully_connected(vectors, weights, bias, input_offset: int, filter_offset: int) -> Int64:
    """Return sums; weights are (row, column)."""
    return (vectors.astype(np.int64) + input_offset) @ (
        weights.astype(np.int64) + filter_offset
    ).T + bias


def average_pool(images: Int8, kernel: Window, places, activation) -> Int8:
    values, inside = windows(images, kernel, *places)
    sums = (values * inside[..., None]).sum(axis=(3, 4))
    counts = inside.sum(axis=(2, 3))[..., None]
    return np.clip(cut(sums + np.sign(sums) * (counts // 2), counts), *activation).astype(np.int8)


def maximum_pool(images: Int8, kernel: Window, places, activation) -> Int8:
    values, inside = windows(images, kernel, *places)
    most = np.where(inside[..., None], values, -129).max(axis=(3, 4))
    return np.clip(most, *activation).astype(np.int8)
