import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_models as model
from .calls import convolve_square
from .guest import FORMS
from .strategies import bias_shifts, out_shifts, q7_array, square_geometries


@pytest.mark.parametrize("form", FORMS)
@given(
    data=st.data(),
    geometry=square_geometries(),
    channels_in=st.just(3),
    channels_out=st.integers(1, 5),
)
def test_the_output_equals_the_model(kernels, form, data, geometry, channels_in, channels_out):
    image = data.draw(q7_array(*geometry["image"], channels_in))
    weights = data.draw(q7_array(channels_out, *geometry["kernel"], channels_in))
    bias = data.draw(q7_array(channels_out))
    shifts = data.draw(bias_shifts), data.draw(out_shifts)
    status, output = convolve_square(
        kernels,
        f"arm_convolve_HWC_q7_RGB{form}",
        *(image, weights, bias, geometry, *shifts, channels_out),
    )
    assert status == 0
    places = geometry["padding"], geometry["stride"], geometry["output"]
    np.testing.assert_array_equal(output, model.convolve(image, weights, bias, *places, *shifts))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("channels_in", "channels_out"), [(2, 2), (4, 2)])
def test_other_numbers_of_channels_are_refused(kernels, form, channels_in, channels_out):
    geometry = dict.fromkeys(("image", "kernel", "stride", "output"), (1, 1)) | {"padding": (0, 0)}
    status, output = convolve_square(
        kernels,
        f"arm_convolve_HWC_q7_RGB{form}",
        np.ones((1, 1, channels_in), np.int8),
        np.ones((channels_out, 1, 1, channels_in), np.int8),
        *(np.ones(channels_out, np.int8), geometry, 0, 0, channels_out),
    )
    assert status == -3 & 0xFFFF_FFFF
    assert not output.any()
