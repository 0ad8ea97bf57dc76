"""Windows of images, and exact sums of products over them.

Floats carry the sums, because BLAS is fast: where the magnitudes cannot add up beyond what a float
holds exactly, every partial sum is exact in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[Any]
Int64: TypeAlias = NDArray[np.int64]
Pair: TypeAlias = tuple[int, int]

_EXACT = {np.float32: 1 << 24, np.float64: 1 << 53}


@dataclass(frozen=True, kw_only=True)
class Window:
    """How a kernel slides: all (vertical, horizontal); `size` is the output's."""

    kernel: Pair
    stride: Pair
    padding: Pair
    size: Pair
    dilation: Pair = (1, 1)

    def of(self, images: Ints, outside: int = 0) -> Ints:
        """Return (n, out y, out x, channel, kernel y, kernel x), `outside` beyond the images."""
        pads, slices = [(0, 0)], [slice(None)]
        for axis in (0, 1):
            reach = (self.kernel[axis] - 1) * self.dilation[axis] + 1
            needed = (self.size[axis] - 1) * self.stride[axis] + reach
            before = self.padding[axis]
            pads.append((before, max(needed - before - images.shape[axis + 1], 0)))
            slices.append(slice(0, needed))
        padded = np.pad(images, [*pads, (0, 0)], constant_values=outside)[tuple(slices)]
        reach_y, reach_x = (
            (k - 1) * d + 1 for k, d in zip(self.kernel, self.dilation, strict=True)
        )
        windows = sliding_window_view(padded, (reach_y, reach_x), axis=(1, 2))
        stepped = windows[:, :: self.stride[0], :: self.stride[1]]
        return stepped[..., :: self.dilation[0], :: self.dilation[1]]

    def counts(self, height: int, width: int) -> Int64:
        """Return how many pixels of an image each window holds, (1, out y, out x, 1)."""
        ones = np.ones((1, height, width, 1), np.int64)
        counts: Int64 = self.of(ones).sum(axis=(4, 5))
        return counts


def exact_float(values: Ints, weights: Ints, terms_axis: int | tuple[int, ...] = -1) -> Any:
    """Choose the float type that holds the sums over `terms_axis` exactly."""
    most = int(np.abs(values.astype(np.int64, copy=False)).max(initial=0))
    most *= int(np.abs(weights.astype(np.int64)).sum(axis=terms_axis).max(initial=0))
    for kind, limit in _EXACT.items():
        if most <= limit:
            return kind
    raise OverflowError("sums beyond 2^53")


def multiply(vectors: Ints, weights: Ints) -> Int64:
    """Multiply vectors (..., length) with weights (rows, length)."""
    kind = exact_float(vectors, weights)
    product = vectors.astype(kind) @ weights.astype(kind).T
    return product.astype(np.int64)  # type: ignore[no-any-return]


def convolve(images: Ints, weights: Ints, window: Window) -> Int64:
    """Sum over windows; weights are (out, kernel y, kernel x, in), with fewer in for groups."""
    outputs, per_group = len(weights), weights.shape[3]
    groups = images.shape[3] // per_group
    if groups == 1 and window.kernel == window.stride == (1, 1) and window.padding == (0, 0):
        height, width = window.size
        if height <= images.shape[1] and width <= images.shape[2]:
            return multiply(images[:, :height, :width], weights.reshape(outputs, -1))
    parts = [
        _convolve(images[..., g * per_group : (g + 1) * per_group], part, window)
        for g, part in enumerate(np.split(weights, groups))
    ]
    return parts[0] if groups == 1 else np.concatenate(parts, axis=3)


def _convolve(images: Ints, weights: Ints, window: Window) -> Int64:
    kind = exact_float(images, weights, (1, 2, 3))
    columns = window.of(images.astype(kind)).transpose(0, 1, 2, 4, 5, 3)
    rows = columns.reshape(-1, weights[0].size) @ weights.astype(kind).reshape(len(weights), -1).T
    return rows.reshape(*columns.shape[:3], -1).astype(np.int64)  # type: ignore[no-any-return]


def depthwise(images: Ints, weights: Ints, window: Window) -> Int64:
    """Sum over windows, channel by channel; weights are (kernel y, kernel x, out)."""
    kind = exact_float(images, weights, (0, 1))
    repeated = np.repeat(images.astype(kind), weights.shape[2] // images.shape[3], axis=3)
    windows = window.of(repeated)
    total = np.zeros(windows.shape[:4], kind)
    for y, x in np.ndindex(*window.kernel):
        total += windows[..., y, x] * weights[y, x].astype(kind)
    return total.astype(np.int64)
