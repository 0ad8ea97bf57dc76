import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_models as model
from .guest import FORMS
from .strategies import q7_array


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data(), batches=st.integers(0, 4), size=st.integers(1, 20))
def test_each_batch_equals_the_model(kernels, form, data, batches, size):
    scores = data.draw(q7_array(batches, size))
    shares = np.zeros_like(scores)
    kernels.call(f"arm_softmax_with_batch_q7{form}", scores, batches, size, shares)
    for ours, vector in zip(shares, scores, strict=True):
        np.testing.assert_array_equal(ours, model.softmax(vector))
