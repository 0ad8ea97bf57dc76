import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_models as model
from .guest import FORMS
from .strategies import q15_array


@pytest.mark.parametrize("form", FORMS)
@given(
    scores=st.integers(1, 300).flatmap(q15_array)
    | st.lists(st.integers(90, 110), min_size=1, max_size=20).map(lambda x: np.array(x, np.int16))
)
def test_shares_equal_the_model(kernels, form, scores):
    shares = np.zeros_like(scores)
    kernels.call(f"arm_softmax_q15{form}", scores, scores.size, shares)
    np.testing.assert_array_equal(shares, model.softmax(scores))


@pytest.mark.parametrize("form", FORMS)
def test_a_clear_winner_gets_32767(kernels, form):
    scores = np.array([-100, 20, -100, -100], np.int16)
    shares = np.zeros_like(scores)
    kernels.call(f"arm_softmax_q15{form}", scores, scores.size, shares)
    assert shares.tolist() == [0, 32767, 0, 0]
