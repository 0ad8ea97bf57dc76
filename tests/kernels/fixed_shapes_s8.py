"""One call of every s8 kernel at a fixed shape."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from .calls_s8 import NULL, Layer, context, convolve, dims
from .guest import Kernels, record
from .numpy_models import Int8, Int16

Call = Callable[[Kernels, str], npt.NDArray[np.generic]]
SCALE = (2**30 + 2**29, -7)
RANGE = (-128, 127)


def s8(*shape: int) -> Int8:
    return np.random.default_rng(len(shape)).integers(-128, 128, shape).astype(np.int8)


def int32(size: int) -> npt.NDArray[np.int32]:
    return np.random.default_rng(size).integers(-5000, 5000, size).astype(np.int32)


def scales(channels: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    multiplier, shift = SCALE
    return np.full(channels, multiplier, np.int32), np.full(channels, shift, np.int32)


def layer(weights: tuple[int, ...], kernel: tuple[int, int], channels: int) -> Layer:
    """Return a layer of 8 x 8 outputs and 4 channels in, or as many as out if depthwise."""
    depthwise = len(weights) == 3
    pads = tuple(side // 2 for side in kernel)
    return Layer(
        images=s8(1, 8, 8, channels if depthwise else 4),
        weights=s8(*weights),
        bias=int32(channels),
        scales=scales(channels),
        padding=(pads[0], pads[1]),
        stride=(1, 1),
        dilation=(1, 1),
        size=(8, 8),
        input_offset=5,
        output_offset=-3,
        activation=RANGE,
    )


GENERAL = layer((8, 3, 3, 4), (3, 3), 8)
POINT = layer((8, 1, 1, 4), (1, 1), 8)
DEPTHWISE = layer((3, 3, 16), (3, 3), 16)
LINE = replace(layer((8, 1, 3, 4), (1, 3), 8), images=s8(1, 1, 64, 4), size=(1, 64), padding=(0, 1))


def convolution(which: Layer, *, upscale: bool = False, depthwise: bool = False) -> Call:
    def call(kernels: Kernels, name: str) -> Int8:
        options = {"upscale": upscale, "depthwise": depthwise}
        return convolve(kernels, name, which, context(), **options)[1]

    return call


def fully_connected(*scale: object) -> Call:
    def call(kernels: Kernels, name: str) -> Int8:
        output = np.zeros(12, np.int8)
        kernels.call(
            name,
            *(record(NULL, 0), record(5, 0, -3, *RANGE), record(*scale)),
            *(dims(1, 1, 1, 64), s8(64), dims(64, 1, 1, 12), s8(12, 64)),
            *(NULL, int32(12), dims(1, 1, 1, 12), output),
        )
        return output

    return call


def pool(kernels: Kernels, name: str) -> Int8:
    output = np.zeros((4, 4, 16), np.int8)
    kernels.call(
        name,
        *(context(), record(2, 2, 0, 0, *RANGE), dims(1, 8, 8, 16), s8(8, 8, 16)),
        *(dims(1, 2, 2, 1), dims(1, 4, 4, 16), output),
    )
    return output


def add(kernels: Kernels, name: str) -> Int8:
    output = np.zeros(256, np.int8)
    scale = (2**30, -1)
    kernels.call(
        name, s8(256), s8(1, 256), 5, *scale, 7, *scale, 20, output, -3, 2**30, -18, *RANGE, 256
    )
    return output


def multiply(kernels: Kernels, name: str) -> Int8:
    output = np.zeros(256, np.int8)
    kernels.call(name, s8(256), s8(1, 256), 5, 7, output, -3, *SCALE, *RANGE, 256)
    return output


def add_s16(kernels: Kernels, name: str) -> Int16:
    output, wide = np.zeros(256, np.int16), s8(256).astype(np.int16) * 256
    scale = (2**30, -1)
    arguments = (wide, wide[::-1].copy(), 0, *scale, 0, *scale, 15, output, 0, 2**30, -13)
    kernels.call(name, *arguments, -32768, 32767, 256)
    return output


def multiply_s16(kernels: Kernels, name: str) -> Int16:
    output, wide = np.zeros(256, np.int16), s8(256).astype(np.int16) * 256
    kernels.call(name, wide, wide, 0, 0, output, 0, 2**30, -14, -32768, 32767, 256)
    return output


def relu6(kernels: Kernels, name: str) -> Int8:
    data = s8(8000)
    kernels.call(name, data, data.size)
    return data


def softmax(kernels: Kernels, name: str) -> Int8:
    shares = np.zeros(12, np.int8)
    kernels.call(name, s8(12), 1, 12, 2**30, 22, -248, shares)
    return shares


def curve_s16(kernels: Kernels, name: str) -> Int16:
    data = np.linspace(-32768, 32767, 256).astype(np.int16)
    kernels.call(name, data, data, data.size, 0, 0)
    return data


def lstm(kernels: Kernels, name: str) -> Int8:
    output, scale = np.zeros((4, 16), np.int8), (2**30, -8)
    gates = [
        (*scale, s8(16, 10), int32(16), *scale, s8(16, 16), int32(16), NULL, kind)
        for kind in (0, 0, 1, 0)
    ]
    kernels.call(
        name,
        *(s8(4, 10), output),
        record(
            1, 1, 4, 10, 16, 0, 2**30, -14, 2**30, -14, 32767, -11, 2**30, -21, -3, *sum(gates, ())
        ),
        record(*(np.zeros(16, np.int16) for _ in range(3))),
    )
    return output


CALLS: dict[str, Call] = {
    "arm_avgpool_s8": pool,
    "arm_convolve_1_x_n_s8": convolution(LINE),
    "arm_convolve_1x1_s8": convolution(POINT),
    "arm_convolve_1x1_s8_fast": convolution(POINT),
    "arm_convolve_s8": convolution(GENERAL, upscale=True),
    "arm_convolve_wrapper_s8": convolution(GENERAL),
    "arm_depthwise_conv_3x3_s8": convolution(DEPTHWISE, depthwise=True),
    "arm_depthwise_conv_s8": convolution(DEPTHWISE, depthwise=True),
    "arm_depthwise_conv_s8_opt": convolution(DEPTHWISE, depthwise=True),
    "arm_depthwise_conv_wrapper_s8": convolution(DEPTHWISE, depthwise=True),
    "arm_elementwise_add_s16": add_s16,
    "arm_elementwise_add_s8": add,
    "arm_elementwise_mul_s16": multiply_s16,
    "arm_elementwise_mul_s8": multiply,
    "arm_fully_connected_per_channel_s8": fully_connected(*scales(12)),
    "arm_fully_connected_s8": fully_connected(*SCALE),
    "arm_fully_connected_wrapper_s8": fully_connected(*scales(12), 1),
    "arm_lstm_unidirectional_s8": lstm,
    "arm_max_pool_s8": pool,
    "arm_nn_activation_s16": curve_s16,
    "arm_relu6_s8": relu6,
    "arm_softmax_s8": softmax,
}
