import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_models as model
from .guest import FORMS
from .strategies import geometries, q15_array


def pool(kernels, form, image, geometry, out_lshift):
    pairs = (geometry[key] for key in ("image", "kernel", "padding", "stride", "output"))
    (in_y, in_x), (ky, kx), (pad_y, pad_x), (step_y, step_x), (out_y, out_x) = pairs
    output = np.zeros((out_y, out_x, image.shape[2]), np.int16)
    before = image.copy()
    kernels.call(
        f"arm_avepool_q15_HWC_nonsquare{form}",
        *(image, in_x, in_y, image.shape[2], kx, ky, pad_x, pad_y, step_x, step_y),
        *(out_x, out_y, 0, output, out_lshift),
    )
    np.testing.assert_array_equal(image, before)
    return output


@pytest.mark.parametrize("form", FORMS)
@given(
    data=st.data(), geometry=geometries(), channels=st.integers(1, 9), out_lshift=st.integers(0, 3)
)
def test_the_output_equals_the_model(kernels, form, data, geometry, channels, out_lshift):
    image = data.draw(q15_array(*geometry["image"], channels))
    output = pool(kernels, form, image, geometry, out_lshift)
    rest = (geometry[key] for key in ("kernel", "padding", "stride", "output"))
    np.testing.assert_array_equal(output, model.average_pool(image, *rest, out_lshift))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("count", "channels", "out_lshift"), [(60_000, 1, 0), (8191, 5, 3), (511, 5, 7), (1, 5, 15)]
)
@pytest.mark.parametrize("value", [-32768, 32767])
def test_the_largest_sums_do_not_overflow(kernels, form, count, channels, out_lshift, value):
    geometry = {"image": (1, count), "kernel": (1, count), "padding": (0, 0), "stride": (1, 1)}
    image = np.full((1, count, channels), value, np.int16)
    output = pool(kernels, form, image, geometry | {"output": (1, 1)}, out_lshift)
    assert output.ravel().tolist() == [value] * channels
