import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_s8 as model
from .calls_s8 import ARG_ERROR, context, convolutions, convolve, windows
from .guest import FORMS


@pytest.mark.parametrize("form", FORMS)
@given(
    layer=convolutions(
        windows((1, 3), 2, (1,)).filter(lambda x: x["image"][0] == 1),
        channels_in=st.integers(1, 3).map(lambda n: 4 * n),
    )
)
def test_the_output_equals_the_model(kernels, form, layer):
    buffer = context()
    status, output = convolve(kernels, f"arm_convolve_1_x_n_s8{form}", layer, buffer)
    assert status == 0
    sums = model.convolve(layer.images, layer.weights, layer.bias, layer.places, layer.input_offset)
    expected = model.output(sums, *layer.scales, layer.output_offset, layer.activation)
    np.testing.assert_array_equal(output, expected)


@pytest.mark.parametrize("form", FORMS)
@given(
    layer=convolutions(
        windows((1, 3), 2, (1,)).filter(lambda x: x["image"][0] == 1), channels_in=st.just(4)
    )
)
def test_a_missing_buffer_is_refused(kernels, form, layer):
    status, output = convolve(kernels, f"arm_convolve_1_x_n_s8{form}", layer, context(0))
    assert status == ARG_ERROR
    assert (output == 99).all()


@pytest.mark.parametrize("form", FORMS)
@given(
    layer=convolutions(
        windows((1, 3), 2, (1,)).filter(lambda x: x["image"][0] > 1), channels_in=st.just(4)
    )
)
def test_higher_images_are_refused(kernels, form, layer):
    status, output = convolve(kernels, f"arm_convolve_1_x_n_s8{form}", layer, context())
    assert status == ARG_ERROR
    assert (output == 99).all()


@pytest.mark.parametrize("form", FORMS)
@given(
    layer=convolutions(
        windows((1, 3), 2, (1,)).filter(lambda x: x["image"][0] == 1), channels_in=st.just(1)
    ).filter(lambda x: x.stride[1] % 4)
)
def test_odd_steps_are_refused(kernels, form, layer):
    status, output = convolve(kernels, f"arm_convolve_1_x_n_s8{form}", layer, context())
    assert status == ARG_ERROR
    assert (output == 99).all()
