import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_models as model
from .guest import FORMS
from .strategies import q7_array


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data(), size=st.integers(0, 21), out_shift=st.integers(0, 14))
def test_products_equal_the_model(kernels, form, data, size, out_shift):
    a, b = data.draw(q7_array(size)), data.draw(q7_array(size))
    output = np.zeros_like(a)
    kernels.call(f"arm_nn_mult_q7{form}", a, b, output, out_shift, size)
    np.testing.assert_array_equal(output, model.multiply(a, b, out_shift))
