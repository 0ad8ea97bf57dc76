import pytest

from .calls_s8 import dims
from .guest import record

PARAMS = (0, 0, 1, 1, 0, 0, 1, 1, -128, 127)
DEPTHWISE = (0, 0, 1, *PARAMS[2:])


def test_convolutions_want_two_columns_of_int16(kernels):
    image, small, odd, point = (
        dims(1, 8, 8, 5),
        dims(4, 3, 3, 5),
        dims(4, 1, 3, 5),
        dims(4, 1, 1, 5),
    )
    assert kernels.call("arm_convolve_s8_get_buffer_size", image, small) == 2 * 48 * 2
    assert kernels.call("arm_convolve_1x1_s8_fast_get_buffer_size", image) == 2 * 8 * 2
    output = dims(1, 8, 8, 4)
    for name in (
        "arm_convolve_wrapper_s8_get_buffer_size",
        "arm_convolve_1_x_n_s8_get_buffer_size",
    ):
        assert kernels.call(name, record(*PARAMS), image, odd, output) == 2 * 16 * 2
        assert kernels.call(name, record(*PARAMS), image, point, output) == 2 * 8 * 2
    name = "arm_convolve_wrapper_s8_get_buffer_size_dsp"
    assert kernels.call(name, record(*PARAMS), image, small, output) == 2 * 48 * 2


@pytest.mark.parametrize("suffix", ["", "_dsp"])
def test_depthwise_convolutions_want_a_column_unless_3x3(kernels, suffix):
    image = dims(1, 8, 8, 5)
    name = f"arm_depthwise_conv_s8_opt_get_buffer_size{suffix}"
    assert kernels.call(name, image, dims(1, 2, 3, 5)) == 2 * 3 * 5 * 2
    name = f"arm_depthwise_conv_wrapper_s8_get_buffer_size{suffix}"
    for kernel, channels, size in (((2, 3), 5, 60), ((3, 3), 5, 0), ((2, 3), 10, 0)):
        filter_dims, output = dims(1, *kernel, channels), dims(1, 8, 8, channels)
        assert kernels.call(name, record(*DEPTHWISE), image, filter_dims, output) == size


@pytest.mark.parametrize("suffix", ["", "_dsp"])
def test_layers_and_pools(kernels, suffix):
    name = f"arm_fully_connected_s8_get_buffer_size{suffix}"
    assert kernels.call(name, dims(64, 1, 1, 12)) == 0
    assert kernels.call(f"arm_avgpool_s8_get_buffer_size{suffix}", 7, 5) == 20
