"""Fully connected layers in s8: cases to draw, and the check that the functions share."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from . import numpy_s8 as model
from .calls_s8 import NULL, activations, biases, dims, offsets, output_offsets
from .guest import Argument, Array, Kernels, record
from .numpy_models import Int8
from .strategies import q7_array


@dataclass(frozen=True)
class Layer:
    """One layer and what goes in, but for the scales of its outputs."""

    vectors: Int8  # batches, length
    weights: Int8  # rows, length
    bias: Array | int  # rows, or NULL
    input_offset: int
    filter_offset: int
    output_offset: int
    activation: tuple[int, int]

    @property
    def rows(self) -> int:
        return len(self.weights)


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    rows, length, batches = (draw(st.integers(1, most)) for most in (9, 40, 3))
    return Layer(
        draw(q7_array(batches, length)),
        draw(q7_array(rows, length)),
        draw(biases(rows)),
        draw(offsets),
        draw(st.just(0) | st.integers(-128, 128)),
        draw(output_offsets),
        draw(activations),
    )


def assert_equals_the_model(
    kernels: Kernels, function: str, layer: Layer, scale: tuple[Argument, Argument], *more: Argument
) -> None:
    """Call a function on a layer; `more` follows the scales in the record of quantisation."""
    batches, length = layer.vectors.shape
    output = np.zeros((batches, layer.rows), np.int8)
    status = kernels.call(
        function,
        record(NULL, 0),
        record(layer.input_offset, layer.filter_offset, layer.output_offset, *layer.activation),
        record(*scale, *more),
        *(dims(batches, 1, 1, length), layer.vectors),
        *(dims(length, 1, 1, layer.rows), layer.weights),
        *(NULL, layer.bias, dims(batches, 1, 1, layer.rows), output),
    )
    assert status == 0
    sums = model.fully_connected(
        layer.vectors, layer.weights, layer.bias, layer.input_offset, layer.filter_offset
    )
    expected = model.output(sums, *scale, layer.output_offset, layer.activation)
    np.testing.assert_array_equal(output, expected)
