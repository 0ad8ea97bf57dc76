"""Recurrent layers of float networks, between layers of int8.

They work in 16 bits and powers of two. What they read in int8 is widened without its zero point,
and its scale goes to their weights; what others read of them is narrowed to 7 fraction bits.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armsim.nn import float_network, quantise_recurrent
from armsim.nn.graph import Affine, GraphError, PowerOfTwo, Rescale
from armsim.nn.graph_builder import GraphBuilder
from armsim.nn.layers import ModelError
from armsim.nn.parameters import GruWeights, LstmWeights, Weights
from armsim.nn.quantise_recurrent import STATE_BITS, WIDEST

Floats = NDArray[np.floating[Any]]

_NARROW = Affine(scale=2.0**-7, zero_point=0)
_SHIFT = 7  # of an int8 without its zero point, which has 9 bits


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
    source, scale = _widen(builder, source)
    matrix = Weights(parameters.input.weight * scale, parameters.input.bias)
    widths = WIDEST["sums"], quantise_recurrent.cell_width(cells)
    try:
        scaled = replace(parameters, input=matrix)
        kind, fields = quantise_recurrent.recurrent(label, scaled, STATE_BITS, *widths)
    except ModelError as error:
        raise GraphError(f"{error}, or with standardised inputs") from None
    return builder.add(kind, name, [source], shape, PowerOfTwo(bits=STATE_BITS), **fields)


def _widen(builder: GraphBuilder, name: str) -> tuple[str, float]:
    """Return a tensor in 16 bits, and what its values are the multiple of in Q0.15."""
    tensor = builder.tensors[name]
    if not isinstance(tensor.quantisation, Affine):
        return name, 1.0
    wide, unknown = f"{name}_q15", PowerOfTwo(bits=None)
    if wide not in builder.tensors:
        builder.add(Rescale, wide, [name], tensor.shape, unknown, dtype="int16", shift=_SHIFT)
    return wide, tensor.quantisation.scale * 2.0 ** (STATE_BITS - _SHIFT)


def narrow(builder: GraphBuilder, name: str) -> str:
    """Return a tensor in 8 bits."""
    tensor = builder.tensors[name]
    if tensor.dtype == "int8":
        return name
    narrowed = f"{name}_q7"
    if narrowed not in builder.tensors:
        builder.add(Rescale, narrowed, [name], tensor.shape, _NARROW, dtype="int8", shift=-8)
    return narrowed
