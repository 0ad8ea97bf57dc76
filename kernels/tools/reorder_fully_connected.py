"""Put the weights of a layer in the order that `arm_fully_connected_..._opt` wants.

    python reorder_fully_connected.py KIND plain.npy reordered.npy

KIND: q7, q15 or mat_q7_vec_q15, as in the function's name.
plain.npy: int8 (q15: int16), [rows][columns]. reordered.npy: as many, in one dimension.
"""

import sys

import numpy as np

from armsim.nn.translate.reorder import reorder

if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    np.save(sys.argv[3], reorder(np.load(sys.argv[2]), sys.argv[1]))
