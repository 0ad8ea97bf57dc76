"""One call of every kernel at a fixed shape; DS-CNN S's own where it has the kernel."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from .calls import convolve, convolve_square
from .calls import fully_connected as call_fully_connected
from .calls import pool as call_pool
from .guest import Kernels

Int8 = npt.NDArray[np.int8]
Int16 = npt.NDArray[np.int16]
CONV1 = {"image": (49, 10), "kernel": (10, 4), "padding": (4, 1), "stride": (2, 2)}
DEPTHWISE = {"image": (25, 5), "kernel": (3, 3), "padding": (1, 1), "stride": (1, 1)}
POINTWISE = {"image": (25, 5), "kernel": (1, 1), "padding": (0, 0), "stride": (1, 1)}
SQUARE = {"image": (8, 8), "kernel": (3, 3), "padding": (1, 1), "stride": (1, 1), "output": (8, 8)}
for geometry in (CONV1, DEPTHWISE, POINTWISE):
    geometry["output"] = (25, 5)
SHIFTS = (2, 7)
SHIFTS_Q15 = (3, 14)


def q15(*shape: int) -> Int16:
    """Small enough for a product of 36 to fit 32 bits."""
    return np.random.default_rng(len(shape)).integers(-4096, 4096, shape).astype(np.int16)


def q7(*shape: int) -> Int8:
    return np.random.default_rng(len(shape)).integers(-128, 128, shape).astype(np.int8)


def basic(kernels: Kernels, name: str) -> Int8:
    arguments = (q7(8, 8, 4), q7(8, 3, 3, 4), q7(8), SQUARE, *SHIFTS, 8)
    return convolve_square(kernels, name, *arguments)[1]


def basic_nonsquare(kernels: Kernels, name: str) -> Int8:
    arguments = (q7(49, 10, 1), q7(64, 10, 4, 1), q7(64), CONV1, *SHIFTS, 64)
    return convolve(kernels, name, *arguments)[1]


def pointwise(kernels: Kernels, name: str) -> Int8:
    arguments = (q7(25, 5, 64), q7(64, 1, 1, 64), q7(64), POINTWISE, *SHIFTS, 64)
    return convolve(kernels, name, *arguments)[1]


def depthwise(kernels: Kernels, name: str) -> Int8:
    arguments = (q7(8, 8, 16), q7(3, 3, 16), q7(16), SQUARE, *SHIFTS, 16)
    return convolve_square(kernels, name, *arguments)[1]


def depthwise_nonsquare(kernels: Kernels, name: str) -> Int8:
    arguments = (q7(25, 5, 64), q7(3, 3, 64), q7(64), DEPTHWISE, *SHIFTS, 64)
    return convolve(kernels, name, *arguments)[1]


def rgb(kernels: Kernels, name: str) -> Int8:
    arguments = (q7(8, 8, 3), q7(8, 3, 3, 3), q7(8), SQUARE, *SHIFTS, 8)
    return convolve_square(kernels, name, *arguments)[1]


def square_q15(kernels: Kernels, name: str) -> Int16:
    arguments = (q15(8, 8, 4), q15(8, 3, 3, 4), q15(8), SQUARE, *SHIFTS_Q15, 8)
    return convolve_square(kernels, name, *arguments)[1]


def nonsquare(kernels: Kernels, name: str) -> Int8:
    arguments = (q7(8, 8, 4), q7(8, 3, 3, 4), q7(8), SQUARE, *SHIFTS, 8)
    return convolve(kernels, name, *arguments)[1]


def nonsquare_q15(kernels: Kernels, name: str) -> Int16:
    arguments = (q15(8, 8, 4), q15(8, 3, 3, 4), q15(8), SQUARE, *SHIFTS_Q15, 8)
    return convolve(kernels, name, *arguments)[1]


def basic_nonsquare_q15(kernels: Kernels, name: str) -> Int16:
    arguments = (q15(49, 10, 1), q15(64, 10, 4, 1), q15(64), CONV1, *SHIFTS_Q15, 64)
    return convolve(kernels, name, *arguments)[1]


def depthwise_nonsquare_q15(kernels: Kernels, name: str) -> Int16:
    arguments = (q15(25, 5, 64), q15(3, 3, 64), q15(64), DEPTHWISE, *SHIFTS_Q15, 64)
    return convolve(kernels, name, *arguments)[1]


def fully_connected(kernels: Kernels, name: str) -> Int8:
    return call_fully_connected(kernels, name, q7(64), q7(12, 64), q7(12), *SHIFTS)[1]


def fully_connected_q15(kernels: Kernels, name: str) -> Int16:
    arguments = (q15(64), q15(12, 64), q15(12), *SHIFTS_Q15)
    return call_fully_connected(kernels, name, *arguments)[1]


def fully_connected_mixed(kernels: Kernels, name: str) -> Int16:
    return call_fully_connected(kernels, name, q15(64), q7(12, 64), q7(12), *SHIFTS)[1]


def pool(kernels: Kernels, name: str) -> Int8:
    geometry = {"image": (8, 8), "kernel": (2, 2), "padding": (0, 0), "stride": (2, 2)}
    return call_pool(kernels, name, q7(8, 8, 16), geometry | {"output": (4, 4)})


def pool_nonsquare(kernels: Kernels, name: str) -> Int8:
    output = np.zeros(64, np.int8)
    kernels.call(name, q7(25, 5, 64), 5, 25, 64, 5, 25, 0, 0, 1, 1, 1, 1, 0, output, 2)
    return output


def pool_nonsquare_q15(kernels: Kernels, name: str) -> Int16:
    output = np.zeros(64, np.int16)
    kernels.call(name, q15(25, 5, 64), 5, 25, 64, 5, 25, 0, 0, 1, 1, 1, 1, 0, output, 2)
    return output


def relu(kernels: Kernels, name: str) -> Int8:
    data = q7(8000)
    kernels.call(name, data, data.size)
    return data


def relu_q15(kernels: Kernels, name: str) -> Int16:
    data = q15(4000)
    kernels.call(name, data, data.size)
    return data


def curve(kernels: Kernels, name: str) -> Int8:
    data = q7(256)
    kernels.call(name, data, data.size, 2, 1)
    return data


def curve_q15(kernels: Kernels, name: str) -> Int16:
    data = q15(256)
    kernels.call(name, data, data.size, 2, 0)
    return data


def softmax_batches(kernels: Kernels, name: str) -> Int8:
    shares = np.zeros((2, 12), np.int8)
    kernels.call(name, q7(2, 12), 2, 12, shares)
    return shares


def softmax_q15(kernels: Kernels, name: str) -> Int16:
    shares = np.zeros(12, np.int16)
    kernels.call(name, q15(12) // 256, 12, shares)
    return shares


def multiply(kernels: Kernels, name: str) -> Int8:
    output = np.zeros(256, np.int8)
    kernels.call(name, q7(256), q7(256), output, 7, 256)
    return output


def multiply_q15(kernels: Kernels, name: str) -> Int16:
    output = np.zeros(256, np.int16)
    kernels.call(name, q15(256), q15(256), output, 12, 256)
    return output


def softmax(kernels: Kernels, name: str) -> Int8:
    shares = np.zeros(12, np.int8)
    kernels.call(name, q7(12), 12, shares)
    return shares


def widen(kernels: Kernels, name: str) -> npt.NDArray[np.int16]:
    wide = np.zeros(576, np.int16)
    kernels.call(name, q7(576), wide, wide.size)
    return wide


def matrix_product(kernels: Kernels, name: str) -> Int8:
    output = np.zeros((2, 64), np.int8)
    columns = q7(2, 64).astype(np.int16)
    kernels.call(name, q7(64, 64), columns, 64, 64, *SHIFTS, q7(64), output)
    return output


CALLS: dict[str, Callable[[Kernels, str], npt.NDArray[np.generic]]] = {
    "arm_avepool_q15_HWC_nonsquare": pool_nonsquare_q15,
    "arm_avepool_q7_HWC": pool,
    "arm_avepool_q7_HWC_nonsquare": pool_nonsquare,
    "arm_convolve_1x1_HWC_q7_fast_nonsquare": pointwise,
    "arm_convolve_HWC_q15_basic": square_q15,
    "arm_convolve_HWC_q15_basic_nonsquare": basic_nonsquare_q15,
    "arm_convolve_HWC_q15_fast": square_q15,
    "arm_convolve_HWC_q15_fast_nonsquare": nonsquare_q15,
    "arm_convolve_HWC_q7_RGB": rgb,
    "arm_convolve_HWC_q7_basic": basic,
    "arm_convolve_HWC_q7_basic_nonsquare": basic_nonsquare,
    "arm_convolve_HWC_q7_fast": basic,
    "arm_convolve_HWC_q7_fast_nonsquare": nonsquare,
    "arm_depthwise_separable_conv_HWC_q15_nonsquare": depthwise_nonsquare_q15,
    "arm_depthwise_separable_conv_HWC_q7": depthwise,
    "arm_depthwise_separable_conv_HWC_q7_nonsquare": depthwise_nonsquare,
    "arm_fully_connected_mat_q7_vec_q15": fully_connected_mixed,
    "arm_fully_connected_mat_q7_vec_q15_opt": fully_connected_mixed,
    "arm_fully_connected_q15": fully_connected_q15,
    "arm_fully_connected_q15_opt": fully_connected_q15,
    "arm_fully_connected_q7": fully_connected,
    "arm_fully_connected_q7_opt": fully_connected,
    "arm_maxpool_q7_HWC": pool,
    "arm_nn_activations_direct_q15": curve_q15,
    "arm_nn_activations_direct_q7": curve,
    "arm_nn_mat_mult_kernel_q7_q15": matrix_product,
    "arm_nn_mat_mult_kernel_q7_q15_reordered": matrix_product,
    "arm_nn_mult_q15": multiply_q15,
    "arm_nn_mult_q7": multiply,
    "arm_q7_to_q15_no_shift": widen,
    "arm_q7_to_q15_reordered_no_shift": widen,
    "arm_relu_q15": relu_q15,
    "arm_relu_q7": relu,
    "arm_softmax_q15": softmax_q15,
    "arm_softmax_q7": softmax,
    "arm_softmax_with_batch_q7": softmax_batches,
}
