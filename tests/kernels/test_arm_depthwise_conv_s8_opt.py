import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_s8 as model
from .calls_s8 import ARG_ERROR, context, convolve, depthwise_layers, windows
from .guest import FORMS


@pytest.mark.parametrize("form", FORMS)
@given(layer=depthwise_layers(windows(dilations=(1,))))
def test_the_output_equals_the_model(kernels, form, layer):
    buffer = context()
    status, output = convolve(
        kernels, f"arm_depthwise_conv_s8_opt{form}", layer, buffer, depthwise=True
    )
    assert status == 0
    sums = model.depthwise(
        layer.images, layer.weights, layer.bias, layer.places, layer.input_offset
    )
    expected = model.output(sums, *layer.scales, layer.output_offset, layer.activation)
    np.testing.assert_array_equal(output, expected)


@pytest.mark.parametrize("form", FORMS)
@given(layer=depthwise_layers(windows(dilations=(1,))))
def test_a_missing_buffer_is_refused(kernels, form, layer):
    status, output = convolve(
        kernels, f"arm_depthwise_conv_s8_opt{form}", layer, context(0), depthwise=True
    )
    assert status == ARG_ERROR
    assert (output == 99).all()


@pytest.mark.parametrize("form", FORMS)
@given(layer=depthwise_layers(windows(dilations=(1,)), ch_mults=st.just(2)))
def test_more_channels_are_refused(kernels, form, layer):
    status, output = convolve(
        kernels, f"arm_depthwise_conv_s8_opt{form}", layer, context(), depthwise=True
    )
    assert status == ARG_ERROR
    assert (output == 99).all()
