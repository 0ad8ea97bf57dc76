import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_models as model
from .calls import convolve
from .guest import FORMS
from .strategies import bias_shifts, geometries, out_shifts, q15_array


@pytest.mark.parametrize("form", FORMS)
@given(
    data=st.data(),
    geometry=geometries(),
    channels_in=st.integers(1, 6),
    channels_out=st.integers(1, 5),
)
def test_the_output_equals_the_model(kernels, form, data, geometry, channels_in, channels_out):
    image = data.draw(q15_array(*geometry["image"], channels_in))
    weights = data.draw(q15_array(channels_out, *geometry["kernel"], channels_in))
    bias = data.draw(q15_array(channels_out))
    shifts = data.draw(bias_shifts), data.draw(out_shifts)
    status, output = convolve(
        kernels,
        f"arm_convolve_HWC_q15_basic_nonsquare{form}",
        *(image, weights, bias, geometry, *shifts, channels_out),
    )
    assert status == 0
    places = geometry["padding"], geometry["stride"], geometry["output"]
    np.testing.assert_array_equal(output, model.convolve(image, weights, bias, *places, *shifts))


@pytest.mark.parametrize("form", FORMS)
def test_an_odd_number_of_outputs_needs_one_column_only(kernels, form):
    random = np.random.default_rng(0)
    image = random.integers(-99, 99, (3, 4, 5)).astype(np.int16)
    weights = random.integers(-99, 99, (3, 2, 3, 5)).astype(np.int16)
    output, column = np.zeros((2, 2, 3), np.int16), np.zeros(30, np.int16)
    kernels.call(
        f"arm_convolve_HWC_q15_basic_nonsquare{form}",
        *(image, 4, 3, 5, weights, 3, 3, 2, 0, 0, 1, 1, np.zeros(3, np.int16), 0, 2),
        *(output, 2, 2, column, 0),
    )
    expected = model.convolve(image, weights, np.zeros(3), (0, 0), (1, 1), (2, 2), 0, 2)
    np.testing.assert_array_equal(output, expected)
