import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .guest import FORMS
from .strategies import q7_array


@pytest.mark.parametrize("form", FORMS)
@given(values=st.integers(0, 37).flatmap(q7_array))
def test_values_are_widened(kernels, form, values):
    wide = np.zeros(values.size, np.int16)
    kernels.call(f"arm_q7_to_q15_no_shift{form}", values, wide, values.size)
    np.testing.assert_array_equal(wide, values)
