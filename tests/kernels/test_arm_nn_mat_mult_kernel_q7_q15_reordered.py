import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_models as model
from .guest import FORMS
from .strategies import bias_shifts, out_shifts, q7_array


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data(), rows=st.integers(1, 9), length=st.integers(1, 41))
def test_two_columns_equal_the_model(kernels, form, data, rows, length):
    weights = data.draw(q7_array(rows, length))
    bias = data.draw(q7_array(rows))
    columns = data.draw(q7_array(2, length)).astype(np.int16)
    bias_shift, out_shift = data.draw(bias_shifts), data.draw(out_shifts)
    output = np.zeros((2, rows), np.int8)
    arguments = (weights, model.reorder(columns), rows, length, bias_shift, out_shift, bias, output)
    end = kernels.call(f"arm_nn_mat_mult_kernel_q7_q15_reordered{form}", *arguments)
    expected = [
        model.fully_connected(column, weights, bias, bias_shift, out_shift, np.int8)
        for column in columns
    ]
    np.testing.assert_array_equal(output, expected)
    assert end == kernels.place(7, *arguments) + output.size
