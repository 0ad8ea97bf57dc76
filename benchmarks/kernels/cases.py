"""What is measured: each kernel at the shape of a layer from a small network."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tests.kernels import calls, calls_s8
from tests.kernels.fixed_shapes_s8 import fully_connected as fully_connected_s8
from tests.kernels.fixed_shapes_s8 import layer, scales
from tests.kernels.guest import Kernels

Array = npt.NDArray[np.generic]
Call = Callable[[Kernels, str], Array]
SHIFTS = (2, 9)
SHIFTS_Q15 = (3, 15)


@dataclass(frozen=True, slots=True)
class Case:
    """A call of a kernel: `count` multiplications, or values if it multiplies none.

    `call` gets the name of either form. `baseline` makes the same of the same numbers.
    """

    kernel: str
    shape: str
    count: int
    call: Call
    baseline: Call | None = None
    multiplies: bool = True


def q7(*shape: int) -> Array:
    """Return any int8 values, the same ones each time."""
    return np.random.default_rng(sum(shape)).integers(-128, 128, shape).astype(np.int8)


def q15(*shape: int) -> Array:
    """Return int16 values that are small enough for sums of a layer to fit 32 bits."""
    return np.random.default_rng(sum(shape)).integers(-1024, 1024, shape).astype(np.int16)


def planes(image: Array) -> Array:
    """Turn HWC into CHW."""
    return np.ascontiguousarray(np.moveaxis(image, -1, 0))


def pixels(image: Array) -> Array:
    """Turn CHW into HWC."""
    return np.moveaxis(image, 0, -1)


def square(
    size: int, kernel: int, stride: int, padding: int, output: int
) -> dict[str, tuple[int, int]]:
    """Return the geometry of a square layer."""
    sides = {"image": size, "kernel": kernel, "stride": stride}
    sides |= {"padding": padding, "output": output}
    return {name: (side, side) for name, side in sides.items()}


def convolution(
    kernel: str, size: int, channels: int, outputs: int, taps: int,
    *, values: Callable[..., Array] = q7, nonsquare: bool = False,
) -> Case:  # fmt: skip
    """Return a convolution that keeps the image's size."""
    image, bias = values(size, size, channels), values(outputs)
    weights = values(outputs, taps, taps, channels)
    geometry = square(size, taps, 1, taps // 2, size)
    shifts = SHIFTS if values is q7 else SHIFTS_Q15

    def call(kernels: Kernels, name: str) -> Array:
        function = calls.convolve if nonsquare else calls.convolve_square
        return function(kernels, name, image, weights, bias, geometry, *shifts, outputs)[1]

    def baseline(kernels: Kernels, name: str) -> Array:
        output = np.zeros((outputs, size, size), np.int8)
        by_channel = np.ascontiguousarray(np.moveaxis(weights, -1, 1))
        kernels.call(
            "baseline_convolve_q7",
            *(planes(image), size, channels, by_channel, outputs, taps, taps // 2),
            *(bias, *shifts, output),
        )
        return pixels(output)

    shape = f"{size} x {size} x {channels}, {taps} x {taps} to {outputs}"
    count = size * size * outputs * taps * taps * channels
    return Case(kernel, shape, count, call, baseline if values is q7 else None)


def depthwise(
    kernel: str, size: int, channels: int,
    *, values: Callable[..., Array] = q7, nonsquare: bool = False,
) -> Case:  # fmt: skip
    """Return a 3 x 3 depthwise convolution that keeps the image's size."""
    image, weights, bias = values(size, size, channels), values(3, 3, channels), values(channels)
    geometry = square(size, 3, 1, 1, size)
    shifts = SHIFTS if values is q7 else SHIFTS_Q15

    def call(kernels: Kernels, name: str) -> Array:
        function = calls.convolve if nonsquare else calls.convolve_square
        return function(kernels, name, image, weights, bias, geometry, *shifts, channels)[1]

    def baseline(kernels: Kernels, name: str) -> Array:
        output = np.zeros((channels, size, size), np.int8)
        kernels.call(
            "baseline_depthwise_q7",
            *(planes(image), size, channels, planes(weights), 3, 1, bias, *SHIFTS, output),
        )
        return pixels(output)

    shape = f"{size} x {size} x {channels}, 3 x 3"
    count = size * size * channels * 9
    return Case(kernel, shape, count, call, baseline if values is q7 else None)


def fully_connected(
    kernel: str,
    length: int,
    rows: int,
    vectors: Callable[..., Array],
    weights: Callable[..., Array],
) -> Case:
    """Return a layer; reordered weights are any others."""
    vector, matrix, bias = vectors(length), weights(rows, length), weights(rows)
    shifts = SHIFTS if vectors is q7 else SHIFTS_Q15

    def call(kernels: Kernels, name: str) -> Array:
        return calls.fully_connected(kernels, name, vector, matrix, bias, *shifts)[1]

    def baseline(kernels: Kernels, name: str) -> Array:
        output = np.zeros(rows, np.int8)
        arguments = (vector, matrix, length, rows, *shifts, bias, output)
        kernels.call("baseline_fully_connected_q7", *arguments)
        return output

    plain = vectors is q7 and not kernel.endswith("_opt")
    return Case(kernel, f"{length} to {rows}", length * rows, call, baseline if plain else None)


def pool(kernel: str) -> Case:
    """Return a 3 x 3 pooling with stride 2; values are those of the input."""
    image = q7(32, 32, 32)
    geometry = square(32, 3, 2, 0, 16)

    def call(kernels: Kernels, name: str) -> Array:
        return calls.pool(kernels, name, image, geometry)

    def baseline(kernels: Kernels, name: str) -> Array:
        output = np.zeros((32, 16, 16), np.int8)
        function = kernel.removeprefix("arm_").removesuffix("_q7_HWC")
        kernels.call(f"baseline_{function}_q7", planes(image), 32, 32, 3, 2, 16, output)
        return pixels(output)

    shape = "32 x 32 x 32, 3 x 3, stride 2"
    return Case(kernel, shape, image.size, call, baseline, multiplies=False)


def pool_nonsquare(kernel: str, values: Callable[..., Array]) -> Case:
    """Return the same of a kernel for any shape."""
    image = values(32, 32, 32)

    def call(kernels: Kernels, name: str) -> Array:
        output = np.zeros((16, 16, 32), image.dtype)
        kernels.call(name, image, 32, 32, 32, 3, 3, 0, 0, 2, 2, 16, 16, 0, output, 0)
        return output

    return Case(kernel, "32 x 32 x 32, 3 x 3, stride 2", image.size, call, multiplies=False)


def relu(kernel: str, values: Callable[..., Array]) -> Case:
    """Return an activation of the first layer's output."""
    data = values(32768)

    def run(kernels: Kernels, name: str) -> Array:
        copy = data.copy()
        kernels.call(name, copy, copy.size)
        return copy

    def baseline(kernels: Kernels, name: str) -> Array:
        return run(kernels, "baseline_relu_q7")

    return Case(
        kernel, "32768", data.size, run, baseline if values is q7 else None, multiplies=False
    )


def s8(
    kernel: str, weights: tuple[int, ...], taps: tuple[int, int], channels: int, inputs: int
) -> Case:
    """Return an s8 convolution of 16 x 16 outputs."""
    is_depthwise = len(weights) == 3
    images = q7(1, 16, 16, inputs)
    which = replace(
        layer(weights, taps, channels), images=images, weights=q7(*weights), size=(16, 16),
        scales=(scales(channels)[0], np.full(channels, -9, np.int32)),
    )  # fmt: skip

    def call(kernels: Kernels, name: str) -> Array:
        options = {"upscale": "arm_convolve_s8" in name, "depthwise": is_depthwise}
        return calls_s8.convolve(kernels, name, which, calls_s8.context(), **options)[1]

    count = 256 * which.weights.size
    shape = f"16 x 16 x {inputs}, {taps[0]} x {taps[1]} to {channels}"
    return Case(kernel, shape, count, call)


CASES = (
    convolution("arm_convolve_HWC_q7_RGB", 32, 3, 32, 5),
    convolution("arm_convolve_HWC_q7_basic", 16, 32, 32, 5),
    convolution("arm_convolve_HWC_q7_fast", 16, 32, 32, 5),
    convolution("arm_convolve_1x1_HWC_q7_fast_nonsquare", 16, 64, 64, 1, nonsquare=True),
    convolution("arm_convolve_HWC_q15_basic", 16, 16, 16, 5, values=q15),
    convolution("arm_convolve_HWC_q15_basic_nonsquare", 16, 16, 16, 5, values=q15, nonsquare=True),
    convolution("arm_convolve_HWC_q15_fast", 16, 16, 16, 5, values=q15),
    depthwise("arm_depthwise_separable_conv_HWC_q7", 16, 64),
    depthwise(
        "arm_depthwise_separable_conv_HWC_q15_nonsquare", 16, 64, values=q15, nonsquare=True
    ),
    fully_connected("arm_fully_connected_q7", 1024, 64, q7, q7),
    fully_connected("arm_fully_connected_q7_opt", 1024, 64, q7, q7),
    fully_connected("arm_fully_connected_q15", 1024, 24, q15, q15),
    fully_connected("arm_fully_connected_q15_opt", 1024, 24, q15, q15),
    fully_connected("arm_fully_connected_mat_q7_vec_q15", 1024, 64, q15, q7),
    fully_connected("arm_fully_connected_mat_q7_vec_q15_opt", 1024, 64, q15, q7),
    s8("arm_convolve_s8", (32, 3, 3, 32), (3, 3), 32, 32),
    s8("arm_convolve_1x1_s8_fast", (64, 1, 1, 64), (1, 1), 64, 64),
    s8("arm_depthwise_conv_3x3_s8", (3, 3, 64), (3, 3), 64, 64),
    Case(
        "arm_fully_connected_per_channel_s8", "64 to 12", 768,
        fully_connected_s8(*scales(12)),
    ),
    pool("arm_maxpool_q7_HWC"),
    pool("arm_avepool_q7_HWC"),
    pool_nonsquare("arm_avepool_q7_HWC_nonsquare", q7),
    pool_nonsquare("arm_avepool_q15_HWC_nonsquare", q15),
    relu("arm_relu_q7", q7),
    relu("arm_relu_q15", q15),
)  # fmt: skip
