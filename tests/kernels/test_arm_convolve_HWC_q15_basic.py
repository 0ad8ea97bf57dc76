import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_models as model
from .calls import convolve_square
from .guest import FORMS
from .strategies import bias_shifts, out_shifts, q15_array, square_geometries


@pytest.mark.parametrize("form", FORMS)
@given(
    data=st.data(),
    geometry=square_geometries(),
    channels_in=st.integers(1, 6),
    channels_out=st.integers(1, 5),
)
def test_the_output_equals_the_model(kernels, form, data, geometry, channels_in, channels_out):
    image = data.draw(q15_array(*geometry["image"], channels_in))
    weights = data.draw(q15_array(channels_out, *geometry["kernel"], channels_in))
    bias = data.draw(q15_array(channels_out))
    shifts = data.draw(bias_shifts), data.draw(out_shifts)
    status, output = convolve_square(
        kernels,
        f"arm_convolve_HWC_q15_basic{form}",
        *(image, weights, bias, geometry, *shifts, channels_out),
    )
    assert status == 0
    places = geometry["padding"], geometry["stride"], geometry["output"]
    np.testing.assert_array_equal(output, model.convolve(image, weights, bias, *places, *shifts))
