import numpy as np
import pytest
from hypothesis import given

from . import numpy_s8 as model
from .calls_s8 import ARG_ERROR, context, convolutions, convolve, windows
from .guest import FORMS


@pytest.mark.parametrize("form", FORMS)
@given(layer=convolutions(windows(), most_groups=3))
def test_the_output_equals_the_model(kernels, form, layer):
    buffer = context()
    status, output = convolve(kernels, f"arm_convolve_s8{form}", layer, buffer, upscale=True)
    assert status == 0
    sums = model.convolve(layer.images, layer.weights, layer.bias, layer.places, layer.input_offset)
    expected = model.output(sums, *layer.scales, layer.output_offset, layer.activation)
    np.testing.assert_array_equal(output, expected)


@pytest.mark.parametrize("form", FORMS)
@given(layer=convolutions(windows()))
def test_a_missing_buffer_is_refused(kernels, form, layer):
    status, output = convolve(kernels, f"arm_convolve_s8{form}", layer, context(0), upscale=True)
    assert status == ARG_ERROR
    assert (output == 99).all()
