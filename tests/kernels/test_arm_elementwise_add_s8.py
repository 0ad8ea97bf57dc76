import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_s8 as model
from .calls_s8 import activations, multipliers, offsets, output_offsets, shifts
from .guest import FORMS
from .strategies import q7_array

scale = st.tuples(multipliers, shifts)


@pytest.mark.parametrize("form", FORMS)
@given(
    data=st.data(),
    size=st.integers(0, 21),
    offset=st.tuples(offsets, offsets),
    scales=st.tuples(scale, scale, scale),
    left_shift=st.just(20) | st.integers(0, 20),
    output_offset=output_offsets,
    activation=activations,
)
def test_sums_equal_the_model(
    kernels, form, data, size, offset, scales, left_shift, output_offset, activation
):
    a, b = data.draw(q7_array(size)), data.draw(q7_array(size))
    output = np.zeros(size, np.int8)
    status = kernels.call(
        f"arm_elementwise_add_s8{form}",
        *(a, b, offset[0], *scales[0], offset[1], *scales[1], left_shift),
        *(output, output_offset, *scales[2], *activation, size),
    )
    assert status == 0
    summands = [
        model.requantise((x.astype(np.int64) + y) << left_shift, *z)
        for x, y, z in zip((a, b), offset, scales[:2], strict=True)
    ]
    expected = model.output(sum(summands), *scales[2], output_offset, activation)
    np.testing.assert_array_equal(output, expected)
