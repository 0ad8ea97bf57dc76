import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .guest import FORMS
from .recurrent import Gru, Matrix, matrices
from .strategies import q15_array


@pytest.mark.parametrize("form", FORMS)
@given(
    data=st.data(), inputs=st.integers(1, 11), cells=st.integers(1, 9), int_width=st.integers(0, 3)
)
def test_a_step_equals_the_model(kernels, form, data, inputs, cells, int_width):
    shapes = (3 * cells, inputs), (2 * cells, cells), (cells, cells)
    layer = Gru(*(data.draw(matrices(*shape)) for shape in shapes), int_width)
    vector, state = data.draw(q15_array(inputs)), data.draw(q15_array(cells))
    expected = layer(vector, state)
    scratch = np.zeros(5 * cells, np.int16)
    kernels.call(f"nn_gru_step_q7_q15{form}", layer.fields(), vector, state, scratch)
    np.testing.assert_array_equal(state, expected)


@pytest.mark.parametrize("form", FORMS)
def test_an_open_update_gate_keeps_the_state(kernels, form):
    zeros = np.zeros((6, 2), np.int8)
    bias = np.array([0, 0, 127, 127, 0, 0], np.int8)  # 127 * 2^8: the greatest sum
    layer = Gru(
        Matrix(zeros, bias, 8, 0), Matrix(zeros[:4], zeros[:4, 0], 0, 0),
        Matrix(zeros[:2], zeros[:2, 0], 0, 0), 3,
    )  # fmt: skip
    state = np.array([1000, -20000], np.int16)
    scratch = np.zeros(10, np.int16)
    kernels.call(f"nn_gru_step_q7_q15{form}", layer.fields(), state.copy(), state, scratch)
    assert np.abs(state - [1000, -20000]).max() < 10
