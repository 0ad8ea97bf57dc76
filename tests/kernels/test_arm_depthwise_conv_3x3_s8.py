import numpy as np
import pytest
from hypothesis import given

from . import numpy_s8 as model
from .calls_s8 import ARG_ERROR, context, convolve, depthwise_layers, windows
from .guest import FORMS


@pytest.mark.parametrize("form", FORMS)
@given(layer=depthwise_layers(windows((3, 3), 1, (1,))))
def test_the_output_equals_the_model(kernels, form, layer):
    buffer = context()
    status, output = convolve(
        kernels, f"arm_depthwise_conv_3x3_s8{form}", layer, buffer, depthwise=True
    )
    assert status == 0
    sums = model.depthwise(
        layer.images, layer.weights, layer.bias, layer.places, layer.input_offset
    )
    expected = model.output(sums, *layer.scales, layer.output_offset, layer.activation)
    np.testing.assert_array_equal(output, expected)


@pytest.mark.parametrize("form", FORMS)
@given(layer=depthwise_layers(windows((3, 2), dilations=(1,))))
def test_other_windows_are_refused(kernels, form, layer):
    status, output = convolve(
        kernels, f"arm_depthwise_conv_3x3_s8{form}", layer, context(), depthwise=True
    )
    assert status == ARG_ERROR
    assert (output == 99).all()


@pytest.mark.parametrize("form", FORMS)
@given(layer=depthwise_layers(windows((3, 3), 2, (1,)).filter(lambda x: x["padding"][1] == 2)))
def test_wider_padding_is_refused(kernels, form, layer):
    status, output = convolve(
        kernels, f"arm_depthwise_conv_3x3_s8{form}", layer, context(), depthwise=True
    )
    assert status == ARG_ERROR
    assert (output == 99).all()
