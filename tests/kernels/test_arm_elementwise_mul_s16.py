import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_s8 as model
from .calls_s8 import multipliers, shifts
from .guest import FORMS
from .strategies import q15_array

scale = st.tuples(multipliers, shifts)
activations = st.just((-32768, 32767)) | st.tuples(st.integers(-32768, 0), st.integers(0, 32767))


@pytest.mark.parametrize("form", FORMS)
@given(
    data=st.data(),
    size=st.integers(0, 13),
    scale=scale,
    activation=activations,
)
def test_products_equal_the_model(kernels, form, data, size, scale, activation):
    a, b = data.draw(q15_array(size)), data.draw(q15_array(size))
    output = np.zeros(size, np.int16)
    status = kernels.call(
        f"arm_elementwise_mul_s16{form}", a, b, 9, 9, output, 9, *scale, *activation, size
    )
    assert status == 0
    products = model.requantise(a.astype(np.int64) * b, *scale)
    np.testing.assert_array_equal(output, np.clip(products, *activation))
