import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_models as model
from .guest import FORMS
from .strategies import geometries, q7_array


def pool(kernels, form, image, geometry, out_lshift):
    pairs = (geometry[key] for key in ("image", "kernel", "padding", "stride", "output"))
    (in_y, in_x), (ky, kx), (pad_y, pad_x), (step_y, step_x), (out_y, out_x) = pairs
    output = np.zeros((out_y, out_x, image.shape[2]), np.int8)
    before = image.copy()
    kernels.call(
        f"arm_avepool_q7_HWC_nonsquare{form}",
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
    image = data.draw(q7_array(*geometry["image"], channels))
    output = pool(kernels, form, image, geometry, out_lshift)
    rest = (geometry[key] for key in ("kernel", "padding", "stride", "output"))
    np.testing.assert_array_equal(output, model.average_pool(image, *rest, out_lshift))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [(1, 255), (1, 256), (1, 257), (2, 600)])
@pytest.mark.parametrize("value", [-128, 127])
def test_long_windows_do_not_overflow(kernels, form, size, value):
    geometry = {"image": size, "kernel": size, "padding": (0, 0), "stride": (1, 1)}
    image = np.full((*size, 5), value, np.int8)
    output = pool(kernels, form, image, geometry | {"output": (1, 1)}, 0)
    assert output.ravel().tolist() == [value] * 5
