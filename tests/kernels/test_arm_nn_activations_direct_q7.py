import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_models as model
from .guest import FORMS
from .strategies import q7_array

SIGMOID, TANH = 0, 1


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", [SIGMOID, TANH])
@given(values=st.integers(0, 21).flatmap(q7_array), int_width=st.integers(0, 3))
def test_values_equal_the_model(kernels, form, kind, values, int_width):
    data = values.copy()
    kernels.call(f"arm_nn_activations_direct_q7{form}", data, data.size, int_width, kind)
    np.testing.assert_array_equal(data, model.activation_q7(values, int_width, kind == TANH))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", [SIGMOID, TANH])
def test_values_are_near_the_function(kernels, form, kind):
    data = np.linspace(np.iinfo(np.int8).min, np.iinfo(np.int8).max, 256).astype(np.int8)
    exact = data.astype(float) / 2**4
    exact = np.tanh(exact) if kind == TANH else 1 / (1 + np.exp(-exact))
    kernels.call(f"arm_nn_activations_direct_q7{form}", data, data.size, 3, kind)
    assert np.abs(data / 2**7 - exact).max() <= 1 / 128
