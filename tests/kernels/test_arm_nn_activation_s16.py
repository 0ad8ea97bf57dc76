import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_s8 as model
from .guest import FORMS
from .strategies import q15_array

SIGMOID, TANH = 0, 1


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", [SIGMOID, TANH])
@given(values=st.integers(0, 21).flatmap(q15_array), left_shift=st.integers(-15, 14))
def test_values_equal_the_model(kernels, form, kind, values, left_shift):
    output = np.zeros_like(values)
    status = kernels.call(
        f"arm_nn_activation_s16{form}", values, output, values.size, left_shift, kind
    )
    assert status == 0
    expected = model.activation_s16(values, left_shift, kind == TANH)
    np.testing.assert_array_equal(output, expected)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", [SIGMOID, TANH])
def test_values_are_near_the_function(kernels, form, kind):
    data = np.linspace(-32768, 32767, 999).astype(np.int16)
    exact = data / 2**12
    exact = np.tanh(exact) if kind == TANH else 1 / (1 + np.exp(-exact))
    kernels.call(f"arm_nn_activation_s16{form}", data, data, data.size, 0, kind)
    assert np.abs(data / 2**15 - exact).max() < 0.0001
