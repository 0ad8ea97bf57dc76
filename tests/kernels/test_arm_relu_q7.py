import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_models as model
from .guest import FORMS
from .strategies import q7_array


@pytest.mark.parametrize("form", FORMS)
@given(values=st.integers(0, 37).flatmap(q7_array))
def test_negative_values_become_zero(kernels, form, values):
    data = values.copy()
    kernels.call(f"arm_relu_q7{form}", data, data.size)
    np.testing.assert_array_equal(data, model.relu(values))


@pytest.mark.parametrize("form", FORMS)
def test_all_256_values(kernels, form):
    data = np.arange(-128, 128).astype(np.int8)
    kernels.call(f"arm_relu_q7{form}", data, data.size)
    assert data.tolist() == [0] * 128 + list(range(128))
