import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_models as model
from .calls import convolve
from .guest import FORMS
from .strategies import bias_shifts, out_shifts, q7_array

POINT = {
    "image": (3, 5),
    "kernel": (1, 1),
    "padding": (0, 0),
    "stride": (1, 1),
    "output": (3, 5),
}


@pytest.mark.parametrize("form", FORMS)
@given(
    data=st.data(),
    size=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    fours_in=st.integers(1, 5),
    twos_out=st.integers(1, 4),
)
def test_the_output_equals_the_model(kernels, form, data, size, fours_in, twos_out):
    geometry = POINT | {"image": size, "output": size}
    image = data.draw(q7_array(*size, 4 * fours_in))
    weights = data.draw(q7_array(2 * twos_out, 1, 1, 4 * fours_in))
    bias = data.draw(q7_array(2 * twos_out))
    shifts = data.draw(bias_shifts), data.draw(out_shifts)
    status, output = convolve(
        kernels,
        f"arm_convolve_1x1_HWC_q7_fast_nonsquare{form}",
        *(image, weights, bias, geometry, *shifts, 2 * twos_out),
    )
    assert status == 0
    places = geometry["padding"], geometry["stride"], geometry["output"]
    np.testing.assert_array_equal(output, model.convolve(image, weights, bias, *places, *shifts))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("channels_in", "channels_out", "change"),
    [
        (6, 2, {}),
        (4, 3, {}),
        (4, 2, {"kernel": (1, 3)}),
        (4, 2, {"kernel": (3, 1)}),
        (4, 2, {"padding": (0, 1)}),
        (4, 2, {"padding": (1, 0)}),
        (4, 2, {"stride": (1, 2)}),
        (4, 2, {"stride": (2, 1)}),
        (4, 2, {"output": (3, 4)}),
        (4, 2, {"output": (2, 5)}),
    ],
)
def test_sizes_that_do_not_fit_are_refused(kernels, form, channels_in, channels_out, change):
    status, output = convolve(
        kernels,
        f"arm_convolve_1x1_HWC_q7_fast_nonsquare{form}",
        np.ones((3, 5, channels_in), np.int8),
        np.ones((channels_out, 3, 3, channels_in), np.int8),
        *(np.ones(channels_out, np.int8), POINT | change, 0, 0, channels_out),
    )
    assert status == -3 & 0xFFFF_FFFF
    assert not output.any()
