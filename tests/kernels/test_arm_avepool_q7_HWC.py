import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_models as model
from .calls import pool
from .guest import FORMS
from .strategies import q7_array, square_geometries


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data(), geometry=square_geometries(), channels=st.integers(1, 9))
def test_the_output_equals_the_model(kernels, form, data, geometry, channels):
    image = data.draw(q7_array(*geometry["image"], channels))
    output = pool(kernels, f"arm_avepool_q7_HWC{form}", image, geometry)
    rest = (geometry[key] for key in ("kernel", "padding", "stride", "output"))
    np.testing.assert_array_equal(output, model.average_pool_by_axes(image, *rest))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [-128, 127])
def test_the_longest_windows_do_not_overflow(kernels, form, value):
    image = np.full((130, 130, 5), value, np.int8)
    geometry = dict.fromkeys(("image", "kernel"), (130, 130)) | {
        "padding": (0, 0),
        "stride": (1, 1),
        "output": (1, 1),
    }
    output = pool(kernels, f"arm_avepool_q7_HWC{form}", image, geometry)
    assert output.ravel().tolist() == [value] * 5


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 16, 19])
def test_every_sum_is_cut_towards_zero(kernels, form, count):
    sums = np.linspace(-128 * count, 127 * count, 64).astype(int) // count * count
    sums = np.concatenate([sums, sums + 1, sums - 1]).clip(-128 * count, 127 * count)
    row = sums // count + (np.arange(count)[:, None] < sums % count)
    image = np.broadcast_to(row, (count, count, sums.size)).astype(np.int8)
    geometry = dict.fromkeys(("image", "kernel"), (count, count)) | {
        "padding": (0, 0),
        "stride": (1, 1),
        "output": (1, 1),
    }
    output = pool(kernels, f"arm_avepool_q7_HWC{form}", image, geometry)
    np.testing.assert_array_equal(output.ravel(), np.trunc(sums / count))
