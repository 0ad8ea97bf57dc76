"""Layers to draw for the s8 kernels, and the argument lists that they are called with."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from .guest import Array, Record, record
from .numpy_models import Int8
from .strategies import q7_array

NULL = 0
CONTEXT_SIZE = 4 << 10
ARG_ERROR = -1 & 0xFFFF_FFFF


def context(size: int = CONTEXT_SIZE) -> Record:
    """Return a cmsis_nn_context with a buffer, which is NULL if the size is 0."""
    return record(np.zeros(size // 4, np.int32) if size else NULL, size)


def int32_array(size: int, most: int = 2**31 - 1) -> st.SearchStrategy[Array]:
    return st.integers(0, 2**32 - 1).map(
        lambda seed: np.random.default_rng(seed).integers(-most, most + 1, size).astype(np.int32)
    )


multipliers = st.sampled_from([0, 1, 2**30, 2**31 - 1]) | st.integers(2**30, 2**31 - 1)
shifts = st.integers(-14, 0) | st.sampled_from([-31, 1, 8, 30])
offsets = st.sampled_from([-127, 0, 128]) | st.integers(-127, 128)
output_offsets = st.sampled_from([-128, 0, 127]) | st.integers(-128, 127)
activations = st.just((-128, 127)) | st.tuples(st.integers(-128, 127), st.integers(-128, 127)).map(
    lambda pair: (min(pair), max(pair))
)


@st.composite
def scales(draw: st.DrawFn, channels: int) -> tuple[Array, Array]:
    """Return a multiplier and a shift for each channel."""
    lists = [st.lists(x, min_size=channels, max_size=channels) for x in (multipliers, shifts)]
    multiplier, shift = (np.array(draw(x), np.int32) for x in lists)
    return multiplier, shift


@st.composite
def biases(draw: st.DrawFn, channels: int) -> Array | int:
    """Return int32 biases, or NULL."""
    if draw(st.booleans()):
        return NULL
    return draw(int32_array(channels, draw(st.sampled_from([2**31 - 1, 2**18]))))


@st.composite
def axis(draw: st.DrawFn, kernel: int, padding: int, stride: int, dilation: int) -> tuple[int, int]:
    """Return sizes of image and output such that each window meets the image."""
    image = draw(st.integers(max(1, padding - dilation * (kernel - 1) + 1), 7))
    return image, draw(st.integers(1, max(1, (image - 1 + padding) // stride + 1)))


@dataclass(frozen=True)
class Layer:
    """A convolution; pairs are (y, x)."""

    images: Int8
    weights: Int8
    bias: Array | int
    scales: tuple[Array, Array]
    padding: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    size: tuple[int, int]
    input_offset: int
    output_offset: int
    activation: tuple[int, int]
    ch_mult: int = 1

    @property
    def places(self) -> Any:
        return self.padding, self.stride, self.dilation, self.size

    @property
    def channels(self) -> int:
        return self.scales[0].size


def tile(pair: tuple[int, int]) -> tuple[int, int]:
    """Return the fields of a cmsis_nn_tile, width first."""
    return pair[1], pair[0]


def dims(n: int, h: int, w: int, c: int) -> Record:
    return record(n, h, w, c)


@st.composite
def windows(
    draw: st.DrawFn,
    kernel: tuple[int, int] | None = None,
    most_padding: int = 9,
    dilations: tuple[int, ...] = (1, 1, 2, 3),
    strides: tuple[int, ...] = (1, 2, 3),
) -> dict[str, tuple[int, int]]:
    """Return kernel, padding, stride, dilation, image and size as pairs."""
    sides = []
    for k in range(2):
        taps = kernel[k] if kernel else draw(st.integers(1, 4))
        padding = draw(st.integers(0, min(taps - 1, most_padding)))
        stride = draw(st.sampled_from(strides))
        dilation = draw(st.sampled_from(dilations))
        image, size = draw(axis(taps, padding, stride, dilation))
        sides.append((taps, padding, stride, dilation, image, size))
    y, x = sides
    names = ("kernel", "padding", "stride", "dilation", "image", "size")
    return dict(zip(names, zip(y, x, strict=True), strict=True))


@st.composite
def convolutions(
    draw: st.DrawFn,
    places: st.SearchStrategy[dict[str, tuple[int, int]]],
    *,
    most_groups: int = 1,
    most_batches: int = 2,
    channels_in: st.SearchStrategy[int] = st.integers(1, 9),  # noqa: B008
) -> Layer:
    place = draw(places)
    groups = draw(st.integers(1, most_groups))
    of_group = draw(channels_in)
    channels = groups * draw(st.integers(1, 5))
    batches = draw(st.integers(1, most_batches))
    return Layer(
        images=draw(q7_array(batches, *place["image"], groups * of_group)),
        weights=draw(q7_array(channels, *place["kernel"], of_group)),
        bias=draw(biases(channels)),
        scales=draw(scales(channels)),
        **{key: place[key] for key in ("padding", "stride", "dilation", "size")},
        input_offset=draw(offsets),
        output_offset=draw(output_offsets),
        activation=draw(activations),
    )


@st.composite
def depthwise_layers(
    draw: st.DrawFn,
    places: st.SearchStrategy[dict[str, tuple[int, int]]],
    *,
    ch_mults: st.SearchStrategy[int] = st.just(1),  # noqa: B008
    most_batches: int = 1,
) -> Layer:
    place = draw(places)
    channels_in, ch_mult = draw(st.integers(1, 9)), draw(ch_mults)
    channels = channels_in * ch_mult
    batches = draw(st.integers(1, most_batches))
    return Layer(
        images=draw(q7_array(batches, *place["image"], channels_in)),
        weights=draw(q7_array(*place["kernel"], channels)),
        bias=draw(biases(channels)),
        scales=draw(scales(channels)),
        **{key: place[key] for key in ("padding", "stride", "dilation", "size")},
        input_offset=draw(offsets),
        output_offset=draw(output_offsets),
        activation=draw(activations),
        ch_mult=ch_mult,
    )


def convolve(kernels, name: str, layer: Layer, buffer: Record, *, upscale=False, depthwise=False):
    """Call a convolution; return status and output."""
    batches, image_y, image_x, channels_in = layer.images.shape
    if depthwise:
        kernel_y, kernel_x, _ = layer.weights.shape
        filter_dims = dims(1, kernel_y, kernel_x, layer.channels)
    else:
        filter_dims = dims(*layer.weights.shape)
    output = np.full((batches, *layer.size, layer.channels), 99, np.int8)
    places = (*tile(layer.stride), *tile(layer.padding), *tile(layer.dilation), *layer.activation)
    params = (layer.input_offset, layer.output_offset, *([layer.ch_mult] if depthwise else []))
    status = kernels.call(
        name,
        buffer,
        record(*params, *places),
        record(*layer.scales),
        dims(batches, image_y, image_x, channels_in),
        layer.images,
        filter_dims,
        layer.weights,
        NULL,
        layer.bias,
        *([NULL] if upscale else []),
        dims(batches, *layer.size, layer.channels),
        output,
    )
    return status, output
