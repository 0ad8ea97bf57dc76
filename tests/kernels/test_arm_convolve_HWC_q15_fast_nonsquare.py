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
    channels_in=st.integers(1, 4).map(lambda n: 2 * n),
    channels_out=st.integers(1, 3).map(lambda n: 2 * n),
)
def test_the_output_equals_the_model(kernels, form, data, geometry, channels_in, channels_out):
    image = data.draw(q15_array(*geometry["image"], channels_in))
    weights = data.draw(q15_array(channels_out, *geometry["kernel"], channels_in))
    bias = data.draw(q15_array(channels_out))
    shifts = data.draw(bias_shifts), data.draw(out_shifts)
    status, output = convolve(
        kernels,
        f"arm_convolve_HWC_q15_fast_nonsquare{form}",
        *(image, weights, bias, geometry, *shifts, channels_out),
    )
    assert status == 0
    places = geometry["padding"], geometry["stride"], geometry["output"]
    np.testing.assert_array_equal(output, model.convolve(image, weights, bias, *places, *shifts))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("channels_in", "channels_out"), [(3, 2), (2, 3)])
def test_other_numbers_of_channels_are_refused(kernels, form, channels_in, channels_out):
    geometry = dict.fromkeys(("image", "kernel", "stride", "output"), (1, 1)) | {"padding": (0, 0)}
    status, output = convolve(
        kernels,
        f"arm_convolve_HWC_q15_fast_nonsquare{form}",
        np.ones((1, 1, channels_in), np.int16),
        np.ones((channels_out, 1, 1, channels_in), np.int16),
        *(np.ones(channels_out, np.int16), geometry, 0, 0, channels_out),
    )
    assert status == -3 & 0xFFFF_FFFF
    assert not output.any()
