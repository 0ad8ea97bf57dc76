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
    scales=st.tuples(scale, scale, scale),
    left_shift=st.integers(0, 15),
    activation=activations,
)
def test_sums_equal_the_model(kernels, form, data, size, scales, left_shift, activation):
    a, b = data.draw(q15_array(size)), data.draw(q15_array(size))
    output = np.zeros(size, np.int16)
    status = kernels.call(
        f"arm_elementwise_add_s16{form}",
        *(a, b, 9, *scales[0], 9, *scales[1], left_shift),
        *(output, 9, *scales[2], *activation, size),
    )
    assert status == 0
    summands = [
        model.requantise(x.astype(np.int64) << left_shift, *y)
        for x, y in zip((a, b), scales[:2], strict=True)
    ]
    expected = np.clip(model.requantise(sum(summands), *scales[2]), *activation)
    np.testing.assert_array_equal(output, expected)
