import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armsim.nn.arithmetic.lstm_s8 import lstm
from armsim.nn.graph import GateS8, LstmS8

from .calls_s8 import int32_array, output_offsets
from .guest import FORMS, record
from .strategies import q7_array

SIGMOID, TANH = 0, 1
scale = st.tuples(st.integers(2**30, 2**31 - 1), st.integers(-14, -4))


@st.composite
def gates(draw, inputs, cells):
    return GateS8(
        input_weights=draw(q7_array(cells, inputs)), input_bias=draw(int32_array(cells, 2**16)),
        input_scale=draw(scale), hidden_weights=draw(q7_array(cells, cells)),
        hidden_bias=draw(int32_array(cells, 2**16)), hidden_scale=draw(scale),
    )  # fmt: skip


def fields(gate, kind):
    return (
        *(*gate.input_scale, gate.input_weights, gate.input_bias),
        *(*gate.hidden_scale, gate.hidden_weights, gate.hidden_bias),
        *(0, kind),
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
    sequence = data.draw(q7_array(batches, steps, inputs))
    layers = [data.draw(gates(inputs, cells)) for _ in range(4)]
    named = zip(("forget_gate", "input_gate", "cell_gate", "output_gate"), layers, strict=True)
    layer = LstmS8(
        name="lstm", inputs=("x",), output="y", forget_scale=scales[0], input_scale=scales[1],
        output_scale=output_scale, cell_power=power, cell_clip=clip, **dict(named),
    )  # fmt: skip
    expected, last = lstm(layer, sequence, offset)
    order = (1, 0, 2) if time_major else (0, 1, 2)
    kinds = SIGMOID, SIGMOID, TANH, SIGMOID
    output = np.zeros_like(expected.transpose(order))
    temp, state = np.zeros((2, batches, cells), np.int16), np.ones((batches, cells), np.int16)
    status = kernels.call(
        f"arm_lstm_unidirectional_s8{form}",
        np.ascontiguousarray(sequence.transpose(order)),
        output,
        record(
            *(time_major, batches, steps, inputs, cells, 0),
            *(*scales[0], *scales[1], clip, power, *output_scale, offset),
            *(
                field
                for gate, kind in zip(layers, kinds, strict=True)
                for field in fields(gate, kind)
            ),
        ),
        record(temp[0].copy(), temp[1].copy(), state),
    )
    assert status == 0
    np.testing.assert_array_equal(output.transpose(order), expected)
    np.testing.assert_array_equal(state, last)
