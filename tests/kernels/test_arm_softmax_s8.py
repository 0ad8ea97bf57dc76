import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_s8 as model
from .guest import FORMS
from .strategies import q7_array


@pytest.mark.parametrize("form", FORMS)
@given(
    data=st.data(),
    rows=st.integers(1, 3),
    row_size=st.integers(1, 40),
    mult=st.integers(2**30, 2**31 - 1),
    shift=st.integers(15, 23),
)
def test_shares_equal_the_model(kernels, form, data, rows, row_size, mult, shift):
    near = st.integers(0, 2**32 - 1).map(
        lambda seed: np.random.default_rng(seed).integers(90, 110, (rows, row_size)).astype(np.int8)
    )
    scores = data.draw(q7_array(rows, row_size) | near)
    diff_min = -min(128, 2**31 // 2**shift - 1)
    shares = np.zeros_like(scores)
    kernels.call(f"arm_softmax_s8{form}", scores, rows, row_size, mult, shift, diff_min, shares)
    np.testing.assert_array_equal(shares, model.softmax(scores, mult, shift, diff_min))


@pytest.mark.parametrize("form", FORMS)
def test_shares_are_near_the_function(kernels, form):
    scores = np.random.default_rng(1).integers(-128, 128, (4, 12)).astype(np.int8)
    shares = np.zeros_like(scores)
    kernels.call(f"arm_softmax_s8{form}", scores, 4, 12, 2**30, 22, -248, shares)  # scale 1/32
    exact = np.exp(scores / 32)
    exact /= exact.sum(axis=1, keepdims=True)
    assert np.abs((shares.astype(int) + 128) / 256 - exact).max() < 1 / 128


@pytest.mark.parametrize("form", FORMS)
def test_the_longest_row_of_equals(kernels, form):
    scores = np.full((1, 511), 5, np.int8)
    shares = np.zeros_like(scores)
    kernels.call(f"arm_softmax_s8{form}", scores, 1, 511, 2**30, 20, -248, shares)
    np.testing.assert_array_equal(shares, model.softmax(scores, 2**30, 20, -248))
