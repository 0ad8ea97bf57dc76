import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_s8 as model
from .calls_s8 import context, convolve, depthwise_layers, windows
from .guest import FORMS


@pytest.mark.parametrize("form", FORMS)
@given(
    layer=depthwise_layers(
        windows() | windows((3, 3), 1, (1,)), ch_mults=st.sampled_from([1, 1, 2]), most_batches=2
    )
)
def test_the_output_equals_the_model(kernels, form, layer):
    buffer = context()
    status, output = convolve(
        kernels, f"arm_depthwise_conv_wrapper_s8{form}", layer, buffer, depthwise=True
    )
    assert status == 0
    sums = model.depthwise(
        layer.images, layer.weights, layer.bias, layer.places, layer.input_offset
    )
    expected = model.output(sums, *layer.scales, layer.output_offset, layer.activation)
    np.testing.assert_array_equal(output, expected)
