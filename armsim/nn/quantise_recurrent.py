"""Recurrent layers from float to powers of two: q7 weights, states and sums of 16 bits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from armsim.nn.graph import GruQ, GruResetAfterQ, LstmQ, MatrixQ, Operator
from armsim.nn.graph_rules import LARGEST_BIAS_SHIFT
from armsim.nn.layers import ModelError
from armsim.nn.parameters import GruWeights, LstmWeights, Weights
from armsim.nn.ranges import fraction_bits, largest, to_integers

STATE_BITS = 15
WIDEST = {"sums": 3, "cells": 7}  # integer bits of a sum ahead of a gate; of an LSTM's cell
_LARGEST_SHIFT = 30


def cell_width(reach: float) -> int:
    """Choose the integer bits of cells that have been seen to reach so far."""
    return min(math.ceil(math.log2(max(reach, 1))), WIDEST["cells"])


def recurrent(
    name: str, weights: GruWeights | LstmWeights, in_bits: int, int_width: int, cell_int_width: int
) -> tuple[type[Operator], dict[str, Any]]:
    """Quantise a layer whose input has `in_bits`; return its operator and the fields of that.

    Sums ahead of a gate get `int_width` integer bits, the cells of an LSTM get `cell_int_width`.

    Raises:
        ModelError: the weights reach too far.
    """
    sums = STATE_BITS - int_width
    fields: dict[str, Any] = {
        "int_width": int_width,
        "input": matrix(f"{name}.input", weights.input, in_bits, sums),
        "hidden": matrix(f"{name}.hidden", weights.hidden, STATE_BITS, sums),
    }
    if isinstance(weights, GruWeights):
        fields["candidate"] = matrix(f"{name}.candidate", weights.candidate, STATE_BITS, sums)
        return (GruResetAfterQ if weights.reset_after else GruQ), fields
    fields["cell_int_width"] = cell_int_width
    if weights.projection is not None:
        none = np.zeros(len(weights.projection), np.float32)
        projection = Weights(weights.projection, none)
        fields["projection"] = matrix(f"{name}.projection", projection, STATE_BITS, STATE_BITS)
    if weights.peepholes is not None:
        bits = fraction_bits(largest(weights.peepholes), 16)
        # peephole * cell has bits + 15 - cell_int_width fraction bits, the sum 15 - int_width.
        shift = bits - cell_int_width + int_width
        bits -= max(shift - _LARGEST_SHIFT, 0)
        fields["peepholes"] = to_integers(weights.peepholes, bits, np.int16)
        fields["peephole_shift"] = min(shift, _LARGEST_SHIFT)
    return LstmQ, fields


def matrix(name: str, w: Weights, in_bits: int, out_bits: int) -> MatrixQ:
    """Quantise a matrix of a recurrent layer."""
    weight_bits, bias_bits = fraction_bits(largest(w.weight)), fraction_bits(largest(w.bias))
    most = min(out_bits + _LARGEST_SHIFT, bias_bits + LARGEST_BIAS_SHIFT["int8"])
    total_bits = min(in_bits + weight_bits, max(most, out_bits))
    if total_bits < out_bits:
        raise ModelError(
            f"weights of {name} reach {largest(w.weight):g} and its input has {in_bits} fraction "
            f"bits, too few together for sums with {out_bits}; train with more weight decay"
        )
    bias_bits = min(bias_bits, total_bits)
    return MatrixQ(
        weights=to_integers(w.weight, total_bits - in_bits, np.int8),
        bias=to_integers(w.bias, bias_bits, np.int8),
        bias_shift=total_bits - bias_bits,
        out_shift=total_bits - out_bits,
    )
