"""Put the weights of a layer in the order that `arm_fully_connected_q7_opt` wants.

    python reorder_fully_connected_q7_opt.py plain.npy reordered.npy

plain.npy: int8, [rows][columns]. reordered.npy: int8, as many, in one dimension.
"""

import sys

import numpy as np
import numpy.typing as npt


def reorder(weights: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Return the weights (rows, columns) interleaved by four rows and four columns."""
    if weights.dtype != np.int8 or weights.ndim != 2:
        raise ValueError(
            f"weights are {weights.dtype} of {weights.ndim} dimensions; "
            "int8 of 2 (rows, columns) is needed"
        )
    rows, columns = weights.shape
    full_rows, full_columns = rows // 4 * 4, columns // 4 * 4
    parts = []
    for block in weights[:full_rows].reshape(-1, 4, columns):
        # (row pair, row, group, column pair, column) -> group, column, row pair, column pair, row
        square = block[:, :full_columns].reshape(2, 2, -1, 2, 2)
        parts.append(square.transpose(2, 4, 0, 3, 1).ravel())
        parts.append(block[:, full_columns:].T.ravel())
    parts.append(weights[full_rows:].ravel())
    return np.concatenate(parts)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    np.save(sys.argv[2], reorder(np.load(sys.argv[1])))
