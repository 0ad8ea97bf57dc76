import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_models as model
from .guest import FORMS
from .strategies import q7_array


@pytest.mark.parametrize("form", FORMS)
@given(values=st.integers(0, 37).flatmap(q7_array))
def test_values_are_widened(kernels, form, values):
    wide = np.zeros(values.size, np.int16)
    kernels.call(f"arm_q7_to_q15_reordered_no_shift{form}", values, wide, values.size)
    np.testing.assert_array_equal(wide, model.reorder(values))


@pytest.mark.parametrize("form", FORMS)
@given(values=st.integers(1, 37).flatmap(q7_array))
def test_the_input_may_be_the_upper_half_of_the_output(kernels, form, values):
    wide = np.zeros(values.size, np.int16)
    wide.view(np.int8)[values.size :] = values
    start = kernels.place(0, wide)
    kernels.call(f"arm_q7_to_q15_reordered_no_shift{form}", start + values.size, wide, values.size)
    np.testing.assert_array_equal(wide, model.reorder(values))
