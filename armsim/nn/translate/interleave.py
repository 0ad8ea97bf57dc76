"""Weights in the order that `arm_fully_connected_..._opt` wants."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Four rows and so many columns make a block. Its axes are (row pair, row, column pair, column);
# the order says which of them runs slowest.
BLOCKS: dict[str, tuple[type, int, tuple[int, int, int, int]]] = {
    "q7": (np.int8, 4, (3, 0, 2, 1)),
    "q15": (np.int16, 2, (0, 1, 2, 3)),
    "mat_q7_vec_q15": (np.int8, 2, (0, 2, 3, 1)),
}


def reorder(weights: NDArray[Any], kind: str = "q7") -> NDArray[Any]:
    """Return the weights (rows, columns) interleaved by four rows, in one dimension."""
    if kind not in BLOCKS:
        raise ValueError(f"unknown kind {kind!r}; kinds: {', '.join(BLOCKS)}")
    dtype, width, order = BLOCKS[kind]
    if weights.dtype != dtype or weights.ndim != 2:
        raise ValueError(
            f"weights are {weights.dtype} of {weights.ndim} dimensions; "
            f"{np.dtype(dtype)} of 2 (rows, columns) is needed"
        )
    rows, columns = weights.shape
    full_rows, full_columns = rows // 4 * 4, columns // width * width
    parts = []
    for four_rows in weights[:full_rows].reshape(-1, 4, columns):
        blocks = four_rows[:, :full_columns].reshape(2, 2, -1, width // 2, 2)
        # (row pair, row, block, column pair, column), and the block runs slowest of all.
        by_block = blocks.transpose(2, 0, 1, 3, 4)
        parts.append(by_block.transpose(0, *(axis + 1 for axis in order)).ravel())
        parts.append(four_rows[:, full_columns:].T.ravel())
    parts.append(weights[full_rows:].ravel())
    return np.concatenate(parts)
