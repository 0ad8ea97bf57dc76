import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_models as model
from .guest import FORMS
from .strategies import q15_array


@pytest.mark.parametrize("form", FORMS)
@given(values=st.integers(0, 21).flatmap(q15_array))
def test_negative_values_become_zero(kernels, form, values):
    data = values.copy()
    kernels.call(f"arm_relu_q15{form}", data, data.size)
    np.testing.assert_array_equal(data, model.relu(values))
