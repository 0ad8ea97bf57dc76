import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_models as model
from .calls import convolve
from .guest import FORMS
from .strategies import bias_shifts, geometries, out_shifts, q15_array

THREE = {"image": (4, 5), "kernel": (3, 3), "padding": (1, 1), "stride": (1, 1), "output": (4, 5)}
"""Whole windows and clipped ones of the size that has a form of its own."""


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data(), geometry=geometries() | st.just(THREE), channels=st.integers(1, 13))
def test_the_output_equals_the_model(kernels, form, data, geometry, channels):
    image = data.draw(q15_array(*geometry["image"], channels))
    weights = data.draw(q15_array(*geometry["kernel"], channels))
    bias = data.draw(q15_array(channels))
    shifts = data.draw(bias_shifts), data.draw(out_shifts)
    status, output = convolve(
        kernels,
        f"arm_depthwise_separable_conv_HWC_q15_nonsquare{form}",
        *(image, weights, bias, geometry, *shifts, channels),
    )
    assert status == 0
    places = geometry["padding"], geometry["stride"], geometry["output"]
    np.testing.assert_array_equal(output, model.depthwise(image, weights, bias, *places, *shifts))


@pytest.mark.parametrize("form", FORMS)
def test_other_channels_out_than_in_are_refused(kernels, form):
    geometry = dict.fromkeys(("image", "kernel", "stride", "output"), (1, 1))
    geometry["padding"] = (0, 0)
    ones = np.ones((1, 1, 4), np.int16)
    status, output = convolve(
        kernels,
        f"arm_depthwise_separable_conv_HWC_q15_nonsquare{form}",
        *(ones, ones, ones[0, 0], geometry, 0, 0, 8),
    )
    assert status == -3 & 0xFFFF_FFFF
    assert not output.any()
