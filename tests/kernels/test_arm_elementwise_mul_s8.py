import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_s8 as model
from .calls_s8 import activations, multipliers, offsets, output_offsets, shifts
from .guest import FORMS
from .strategies import q7_array


@pytest.mark.parametrize("form", FORMS)
@given(
    data=st.data(),
    size=st.integers(0, 21),
    offset=st.tuples(offsets, offsets),
    scale=st.tuples(multipliers, shifts),
    output_offset=output_offsets,
    activation=activations,
)
def test_products_equal_the_model(
    kernels, form, data, size, offset, scale, output_offset, activation
):
    a, b = data.draw(q7_array(size)), data.draw(q7_array(size))
    output = np.zeros(size, np.int8)
    status = kernels.call(
        f"arm_elementwise_mul_s8{form}",
        *(a, b, *offset, output, output_offset, *scale, *activation, size),
    )
    assert status == 0
    products = (a.astype(np.int64) + offset[0]) * (b.astype(np.int64) + offset[1])
    expected = model.output(products, *scale, output_offset, activation)
    np.testing.assert_array_equal(output, expected)
