import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .guest import FORMS
from .recurrent import Lstm, Matrix, matrices
from .strategies import q15_array


@pytest.mark.parametrize("form", FORMS)
@given(
    data=st.data(),
    inputs=st.integers(1, 11),
    cells=st.integers(1, 9),
    outputs=st.none() | st.integers(1, 7),
    peepholes=st.booleans(),
    peephole_shift=st.integers(8, 30) | st.just(0),
    widths=st.tuples(st.integers(0, 3), st.integers(0, 7)),
)
def test_a_step_equals_the_model(
    kernels, form, data, inputs, cells, outputs, peepholes, peephole_shift, widths
):
    states = outputs or cells
    layer = Lstm(
        data.draw(matrices(4 * cells, inputs)),
        data.draw(matrices(4 * cells, states)),
        data.draw(matrices(states, cells)) if outputs else None,
        data.draw(q15_array(3, cells)) if peepholes else None,
        peephole_shift,
        *widths,
    )
    vector = data.draw(q15_array(inputs))
    state, cell = data.draw(q15_array(states)), data.draw(q15_array(cells))
    expected = layer(vector, state, cell)
    scratch = np.zeros(8 * cells, np.int16)
    kernels.call(f"nn_lstm_step_q7_q15{form}", layer.fields(), vector, state, cell, scratch)
    np.testing.assert_array_equal(state, expected[0])
    np.testing.assert_array_equal(cell, expected[1])


@pytest.mark.parametrize("form", FORMS)
def test_closed_gates_forget(kernels, form):
    zeros = np.zeros((8, 2), np.int8)
    bias = np.full(8, -128, np.int8)  # times 2^8: the lowest sum
    layer = Lstm(Matrix(zeros, bias, 8, 0), Matrix(zeros, zeros[:, 0], 0, 0), None, None, 0, 3, 2)
    state, cell = np.array([[1000, -20000], [30000, -30000]], np.int16)
    scratch = np.zeros(16, np.int16)
    vector, state, cell = state.copy(), state.copy(), cell.copy()
    kernels.call(f"nn_lstm_step_q7_q15{form}", layer.fields(), vector, state, cell, scratch)
    assert np.abs([state, cell]).max() < 20
