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
    drawn = (data.draw(matrices(*shape)) for shape in shapes)
    layer = Gru(*drawn, int_width, reset_after=True)
    vector, state = data.draw(q15_array(inputs)), data.draw(q15_array(cells))
    expected = layer(vector, state)
    scratch = np.zeros(5 * cells, np.int16)
    kernels.call(f"nn_gru_reset_after_step_q7_q15{form}", layer.fields(), vector, state, scratch)
    np.testing.assert_array_equal(state, expected)


@pytest.mark.parametrize("form", FORMS)
def test_a_closed_reset_gate_shuts_out_the_bias_of_the_candidate(kernels, form):
    weights, none = np.zeros((6, 2), np.int8), np.zeros(2, np.int8)
    gates = np.array([-128, -128, -128, -128, 0, 0], np.int8)  # -128 * 2^8: the least sum
    layer = Gru(
        Matrix(weights, gates, 8, 0), Matrix(weights[:4], gates[4:].repeat(2), 0, 0),
        Matrix(weights[:2], none + 127, 8, 0), 3, reset_after=True,
    )  # fmt: skip
    state = np.array([1000, -20000], np.int16)
    scratch = np.zeros(10, np.int16)
    name = f"nn_gru_reset_after_step_q7_q15{form}"
    kernels.call(name, layer.fields(), state.copy(), state, scratch)
    assert np.abs(state).max() < 100  # gates of 3e-4 let so much through; an open one 32767
