import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_s8 as model
from .calls_s8 import NULL, activations, biases, dims, offsets, output_offsets, scales
from .guest import FORMS, record
from .strategies import q7_array


@pytest.mark.parametrize("form", FORMS)
@given(
    data=st.data(),
    rows=st.integers(1, 9),
    length=st.integers(1, 40),
    batches=st.integers(1, 3),
    input_offset=offsets,
    filter_offset=st.just(0) | st.integers(-128, 128),
    output_offset=output_offsets,
    activation=activations,
)
def test_the_product_equals_the_model(
    kernels,
    form,
    data,
    rows,
    length,
    batches,
    input_offset,
    filter_offset,
    output_offset,
    activation,
):
    vectors = data.draw(q7_array(batches, length))
    weights = data.draw(q7_array(rows, length))
    bias = data.draw(biases(rows))
    per_channel = data.draw(st.booleans())
    scale = data.draw(scales(rows if per_channel else 1))
    output = np.zeros((batches, rows), np.int8)
    status = kernels.call(
        f"arm_fully_connected_wrapper_s8{form}",
        record(NULL, 0),
        record(input_offset, filter_offset, output_offset, *activation),
        record(*scale, per_channel),
        *(dims(batches, 1, 1, length), vectors, dims(length, 1, 1, rows), weights),
        *(NULL, bias, dims(batches, 1, 1, rows), output),
    )
    assert status == 0
    sums = model.fully_connected(vectors, weights, bias, input_offset, filter_offset)
    expected = model.output(sums, *scale, output_offset, activation)
    np.testing.assert_array_equal(output, expected)
