"""Recurrent layers of float networks, between layers of int8.

They work in 16 bits and powers of two: what they read is quantised to a power of two without a zero
point and widened, what others read of them is narrowed to 7 fraction bits.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armsim.nn import float_network, quantise_recurrent
from armsim.nn.graph import Affine, GraphError, GruQ, LstmQ, PowerOfTwo, Rescale
from armsim.nn.graph_builder import GraphBuilder
from armsim.nn.layers import ModelError
from armsim.nn.parameters import GruWeights, LstmWeights
from armsim.nn.quantise_recurrent import STATE_BITS, WIDEST
from armsim.nn.ranges import fraction_bits

Floats = NDArray[np.floating[Any]]

NARROW = Affine(scale=2.0**-7, zero_point=0)


def power_of_two(low: float, high: float) -> Affine:
    """Return the quantisation by a power of two that reaches from `low` to `high`."""
    return Affine(scale=2.0 ** -fraction_bits(max(-low, high)), zero_point=0)


def run(parameters: GruWeights | LstmWeights, sequences: Floats) -> tuple[Floats, Floats | None]:
    """Return all states (n, steps, cells) of sequences (n, steps, values), and an LSTM's cells."""
    state: Floats = np.zeros((len(sequences), parameters.hidden.weight.shape[1]))
    cell, states, cells = state, [], []
    for step in np.moveaxis(sequences, 1, 0):
        if isinstance(parameters, GruWeights):
            state = float_network.gru_step(parameters, step, state)
        else:
            state, cell = float_network.lstm_step(parameters, step, state, cell)
            cells.append(cell)
        states.append(state)
    return np.stack(states, axis=1), np.stack(cells, axis=1) if cells else None


def quantise(
    builder: GraphBuilder,
    label: str,
    parameters: GruWeights | LstmWeights,
    source: str,
    shape: tuple[int, ...],
    cells: float,
) -> str:
    """Add a layer that reads `source`; its cells reach as far as `cells`."""
    name = builder.number("gru" if isinstance(parameters, GruWeights) else "lstm")
    source, bits = _widen(builder, source)
    widths = WIDEST, quantise_recurrent.cell_width(cells)
    try:
        fields = quantise_recurrent.recurrent(label, parameters, bits, *widths)
    except ModelError as error:
        raise GraphError(str(error)) from None
    kind = GruQ if isinstance(parameters, GruWeights) else LstmQ
    return builder.add(kind, name, [source], shape, PowerOfTwo(bits=STATE_BITS), **fields)


def _widen(builder: GraphBuilder, name: str) -> tuple[str, int]:
    """Return a tensor in 16 bits, and its fraction bits."""
    tensor = builder.tensors[name]
    if isinstance(tensor.quantisation, PowerOfTwo):
        assert tensor.quantisation.bits is not None
        return name, tensor.quantisation.bits
    wide, bits = f"{name}_q15", 8 - round(math.log2(tensor.quantisation.scale))
    if wide not in builder.tensors:
        quantisation = PowerOfTwo(bits=bits)
        builder.add(Rescale, wide, [name], tensor.shape, quantisation, dtype="int16", shift=8)
    return wide, bits


def narrow(builder: GraphBuilder, name: str) -> str:
    """Return a tensor in 8 bits."""
    tensor = builder.tensors[name]
    if tensor.dtype == "int8":
        return name
    narrowed = f"{name}_q7"
    if narrowed not in builder.tensors:
        builder.add(Rescale, narrowed, [name], tensor.shape, NARROW, dtype="int8", shift=-8)
    return narrowed
