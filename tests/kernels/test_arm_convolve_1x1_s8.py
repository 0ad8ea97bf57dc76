import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_s8 as model
from .calls_s8 import ARG_ERROR, context, convolutions, convolve, windows
from .guest import FORMS


@pytest.mark.parametrize("form", FORMS)
@given(layer=convolutions(windows((1, 1), 0, (1,))), size=st.sampled_from([0, 4096]))
def test_the_output_equals_the_model(kernels, form, layer, size):
    buffer = context(size)
    status, output = convolve(kernels, f"arm_convolve_1x1_s8{form}", layer, buffer)
    assert status == 0
    sums = model.convolve(layer.images, layer.weights, layer.bias, layer.places, layer.input_offset)
    expected = model.output(sums, *layer.scales, layer.output_offset, layer.activation)
    np.testing.assert_array_equal(output, expected)


@pytest.mark.parametrize("form", FORMS)
@given(layer=convolutions(windows((2, 2)).filter(lambda x: any(x["padding"]))))
def test_padding_is_refused(kernels, form, layer):
    status, output = convolve(kernels, f"arm_convolve_1x1_s8{form}", layer, context())
    assert status == ARG_ERROR
    assert (output == 99).all()
