"""What the s8 kernels compute, written with NumPy in 64-bit integers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from armsim.nn.arithmetic.tflite import finish as output
from armsim.nn.arithmetic.tflite import requantise, softmax, wrap

from .numpy_models import Int8, Int16, Int64, cut

__all__ = ["output", "requantise", "softmax", "wrap"]

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


def sigmoid_table() -> Int64:
    x = np.arange(256) / 24
    y = 1 / (1 + np.exp(-x))
    raised = y - y * (1 - y) * (1 - 2 * y) / 24**2 / 16
    table = np.floor(raised * 2**16 + 0.5).astype(np.int64)
    table[255] = 2**16 - 1
    return table


def activation_s16(values: Int16, left_shift: int, tanh: bool) -> Int16:
    wide = values.astype(np.int64) * 3
    steps = (
        wide << left_shift if left_shift >= 0 else (wide + 2 ** (-left_shift - 1)) >> -left_shift
    )
    bits = 8 if tanh else 9
    index, part = np.abs(steps) >> bits, np.abs(steps) & (2**bits - 1)
    table = sigmoid_table()
    below, above = table[np.minimum(index, 254)], table[np.minimum(index, 254) + 1]
    beyond = (2**16 - 1 if tanh else 2**16 - 2) << bits
    curve = np.where(index >= 255, beyond, (below << bits) + part * (above - below))
    if tanh:
        result = np.where(steps >= 0, curve - 2**23 + 128, 2**23 - curve + 127) >> 8
    else:
        result = np.where(steps >= 0, curve + 512, 2**25 - curve + 511) >> 10
    return result.astype(np.int16)


@dataclass(frozen=True)
class Gate:
    """Weights (hidden, input) and (hidden, hidden), biases, scales, and whether it is a tanh."""

    input_weights: Int8
    input_bias: npt.NDArray[np.int32]
    input_scale: tuple[int, int]
    hidden_weights: Int8
    hidden_bias: npt.NDArray[np.int32]
    hidden_scale: tuple[int, int]
    tanh: bool

    def __call__(self, vectors: Int8, hidden: Int8 | None) -> Int64:
        sums = vectors.astype(np.int64) @ self.input_weights.T.astype(np.int64) + self.input_bias
        total = np.clip(requantise(sums, *self.input_scale), -(2**15), 2**15 - 1)
        if hidden is not None:
            sums = hidden.astype(np.int64) @ self.hidden_weights.T.astype(np.int64)
            more = requantise(sums + self.hidden_bias, *self.hidden_scale)
            total = np.clip(wrap(total + more), -(2**15), 2**15 - 1)
        return activation_s16(total.astype(np.int16), 0, self.tanh).astype(np.int64)


def lstm(sequence, gates, forget_scale, input_scale, clip, power, output_scale, offset):
    """Return hidden states (time, batch, hidden) and the last cell state; gates are f, i, c, o."""
    forget_gate, input_gate, cell_gate, output_gate = gates
    hidden, outputs = None, []
    cell = np.zeros((sequence.shape[1], forget_gate.input_bias.size), np.int64)
    for vectors in sequence:
        kept = requantise(forget_gate(vectors, hidden) * cell, *forget_scale)
        kept = np.clip(kept, -(2**15), 2**15 - 1)
        added = input_gate(vectors, hidden) * cell_gate(vectors, hidden)
        cell = np.clip(wrap(requantise(added, *input_scale) + kept), -clip, clip)
        squashed = activation_s16(cell.astype(np.int16), power + 12, tanh=True).astype(np.int64)
        product = output_gate(vectors, hidden) * squashed
        hidden = output(product, *output_scale, offset, (-128, 127))
        outputs.append(hidden)
    return np.array(outputs), cell.astype(np.int16)
