import numpy as np
import pytest
from hypothesis import given

from . import numpy_s8 as model
from .calls_s8 import context, convolutions, convolve, windows
from .guest import FORMS


@pytest.mark.parametrize("form", FORMS)
@given(
    layer=convolutions(
        windows() | windows((1, 1), 0, (1,)) | windows((1, 3), 1, (1,)), most_groups=2
    )
)
def test_the_output_equals_the_model(kernels, form, layer):
    buffer = context()
    status, output = convolve(kernels, f"arm_convolve_wrapper_s8{form}", layer, buffer)
    assert status == 0
    sums = model.convolve(layer.images, layer.weights, layer.bias, layer.places, layer.input_offset)
    expected = model.output(sums, *layer.scales, layer.output_offset, layer.activation)
    np.testing.assert_array_equal(output, expected)
