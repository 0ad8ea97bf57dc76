"""One call of every kernel at a fixed shape; DS-CNN S's own where it has the kernel."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from .calls import convolve, convolve_square
from .guest import Kernels

Int8 = npt.NDArray[np.int8]
CONV1 = {"image": (49, 10), "kernel": (10, 4), "padding": (4, 1), "stride": (2, 2)}
DEPTHWISE = {"image": (25, 5), "kernel": (3, 3), "padding": (1, 1), "stride": (1, 1)}
POINTWISE = {"image": (25, 5), "kernel": (1, 1), "padding": (0, 0), "stride": (1, 1)}
SQUARE = {"image": (8, 8), "kernel": (3, 3), "padding": (1, 1), "stride": (1, 1), "output": (8, 8)}
for geometry in (CONV1, DEPTHWISE, POINTWISE):
    geometry["output"] = (25, 5)
SHIFTS = (2, 7)


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


def fully_connected(kernels: Kernels, name: str) -> Int8:
    output = np.zeros(12, np.int8)
    buffer = np.zeros(64, np.int16)
    kernels.call(name, q7(64), q7(12, 64), 64, 12, *SHIFTS, q7(12), output, buffer)
    return output


def pool(kernels: Kernels, name: str) -> Int8:
    output = np.zeros((4, 4, 16), np.int8)
    kernels.call(name, q7(8, 8, 16), 8, 16, 2, 0, 2, 4, 0, output)
    return output


def pool_nonsquare(kernels: Kernels, name: str) -> Int8:
    output = np.zeros(64, np.int8)
    kernels.call(name, q7(25, 5, 64), 5, 25, 64, 5, 25, 0, 0, 1, 1, 1, 1, 0, output, 2)
    return output


def relu(kernels: Kernels, name: str) -> Int8:
    data = q7(8000)
    kernels.call(name, data, data.size)
    return data


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
    "arm_avepool_q7_HWC": pool,
    "arm_avepool_q7_HWC_nonsquare": pool_nonsquare,
    "arm_convolve_1x1_HWC_q7_fast_nonsquare": pointwise,
    "arm_convolve_HWC_q7_basic": basic,
    "arm_convolve_HWC_q7_basic_nonsquare": basic_nonsquare,
    "arm_depthwise_separable_conv_HWC_q7": depthwise,
    "arm_depthwise_separable_conv_HWC_q7_nonsquare": depthwise_nonsquare,
    "arm_fully_connected_q7": fully_connected,
    "arm_fully_connected_q7_opt": fully_connected,
    "arm_nn_mat_mult_kernel_q7_q15": matrix_product,
    "arm_nn_mat_mult_kernel_q7_q15_reordered": matrix_product,
    "arm_q7_to_q15_no_shift": widen,
    "arm_q7_to_q15_reordered_no_shift": widen,
    "arm_relu_q7": relu,
    "arm_softmax_q7": softmax,
}
