import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_s8 as model
from .calls_s8 import int32_array, output_offsets
from .guest import FORMS, record
from .strategies import q7_array

SIGMOID, TANH = 0, 1
scale = st.tuples(st.integers(2**30, 2**31 - 1), st.integers(-14, -4))


@st.composite
def gates(draw, kind, inputs, cells):
    return model.Gate(
        *(draw(q7_array(cells, inputs)), draw(int32_array(cells, 2**16)), draw(scale)),
        *(draw(q7_array(cells, cells)), draw(int32_array(cells, 2**16)), draw(scale)),
        tanh=kind == TANH,
    )


def fields(gate):
    return (
        *(*gate.input_scale, gate.input_weights, gate.input_bias),
        *(*gate.hidden_scale, gate.hidden_weights, gate.hidden_bias),
        *(0, TANH if gate.tanh else SIGMOID),
    )


@pytest.mark.parametrize("form", FORMS)
@given(
    data=st.data(),
    inputs=st.integers(1, 9),
    cells=st.integers(1, 9),
    steps=st.integers(1, 4),
    batches=st.integers(1, 3),
    time_major=st.booleans(),
    scales=st.tuples(*[st.tuples(st.integers(2**30, 2**31 - 1), st.integers(-17, -13))] * 2),
    output_scale=st.tuples(st.integers(2**30, 2**31 - 1), st.integers(-24, -20)),
    clip=st.sampled_from([32767, 1000]),
    power=st.integers(-12, -8),
    offset=output_offsets,
)
def test_states_equal_the_model(
    kernels, form, data, inputs, cells, steps, batches, time_major, scales, output_scale, clip,
    power, offset,
):  # fmt: skip
    sequence = data.draw(q7_array(steps, batches, inputs))
    layers = [data.draw(gates(kind, inputs, cells)) for kind in (SIGMOID, SIGMOID, TANH, SIGMOID)]
    expected, last = model.lstm(sequence, layers, *scales, clip, power, output_scale, offset)
    order = (0, 1, 2) if time_major else (1, 0, 2)
    output = np.zeros_like(expected.transpose(order))
    temp, state = np.zeros((2, batches, cells), np.int16), np.ones((batches, cells), np.int16)
    status = kernels.call(
        f"arm_lstm_unidirectional_s8{form}",
        np.ascontiguousarray(sequence.transpose(order)),
        output,
        record(
            *(time_major, batches, steps, inputs, cells, 0),
            *(*scales[0], *scales[1], clip, power, *output_scale, offset),
            *(field for layer in layers for field in fields(layer)),
        ),
        record(temp[0].copy(), temp[1].copy(), state),
    )
    assert status == 0
    np.testing.assert_array_equal(output.transpose(order), expected)
    np.testing.assert_array_equal(state, last)
