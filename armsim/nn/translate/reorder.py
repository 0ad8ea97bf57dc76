"""Put the weights of a layer in the order that `arm_fully_connected_..._opt` wants.

    python -m armsim.nn.translate.reorder KIND plain.npy reordered.npy

KIND: q7, q15 or mat_q7_vec_q15, as in the function's name.
plain.npy: int8 (q15: int16), [rows][columns]. reordered.npy: as many, in one dimension.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from armsim.nn.translate.interleave import reorder


def main(arguments: Sequence[str]) -> str | None:
    """Reorder one file; return why that cannot be, if so."""
    if len(arguments) != 3:
        return __doc__
    kind, plain, reordered = arguments
    try:
        np.save(reordered, reorder(np.load(plain), kind))
    except OSError as error:
        return f"{error.filename}: {error.strerror}"
    except ValueError as error:
        return f"{plain}: {error}"
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
