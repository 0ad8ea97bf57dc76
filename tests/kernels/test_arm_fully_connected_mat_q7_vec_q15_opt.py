import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armsim.nn.translate.interleave import reorder

from . import numpy_models as model
from .calls import fully_connected
from .guest import FORMS
from .strategies import bias_shifts, out_shifts, q7_array, q15_array


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data(), rows=st.integers(1, 13), length=st.integers(1, 70))
def test_the_product_equals_the_model(kernels, form, data, rows, length):
    vector = data.draw(q15_array(length))
    weights = data.draw(q7_array(rows, length))
    bias = data.draw(q7_array(rows))
    shifts = data.draw(bias_shifts), data.draw(out_shifts)
    status, output = fully_connected(
        kernels,
        f"arm_fully_connected_mat_q7_vec_q15_opt{form}",
        vector,
        reorder(weights, "mat_q7_vec_q15"),
        bias,
        *shifts,
    )
    assert status == 0
    expected = model.fully_connected(vector, weights, bias, *shifts)
    np.testing.assert_array_equal(output, expected)
