import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .guest import FORMS
from .strategies import q7_array


@pytest.mark.parametrize("form", FORMS)
@given(values=st.integers(0, 21).flatmap(q7_array))
def test_values_are_clamped(kernels, form, values):
    data = values.copy()
    kernels.call(f"arm_relu6_s8{form}", data, data.size)
    np.testing.assert_array_equal(data, np.clip(values, 0, 6))
