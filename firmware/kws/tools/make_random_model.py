"""Write a model header with random weights, for tests and until a trained one is there.

python firmware/kws/tools/make_random_model.py SEED ds_cnn_s.h
"""

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

SHAPES = {"CONV1": (64, 10, 4, 1), "FC": (12, 64)}
OUT_SHIFTS = {"CONV1": 9, "FC": 9}
for _i in range(1, 5):
    SHAPES |= {f"DW{_i}": (3, 3, 64), f"PW{_i}": (64, 64)}
    OUT_SHIFTS |= {f"DW{_i}": 9, f"PW{_i}": 10}


def array(values: npt.NDArray[np.int8]) -> str:
    """Return a C initialiser."""
    return "{" + ",".join(map(str, values.ravel())) + "}"


def header(seed: int) -> str:
    """Return the C text; the same seed, the same weights."""
    random = np.random.default_rng(seed)
    mean = ",".join(f"{float(np.float32(v)).hex()}f" for v in random.uniform(-5, 5, 10))
    inv_sigma = ",".join(f"{float(np.float32(v)).hex()}f" for v in random.uniform(0.2, 1, 10))
    lines = [
        f"/* Random weights, written by make_random_model.py with seed {seed}. */",
        f"#define KWS_FEATURE_MEAN {{{mean}}}",
        f"#define KWS_FEATURE_INV_SIGMA {{{inv_sigma}}}",
        "#define POOL_OUT_LSHIFT 1",
    ]
    for name, shape in SHAPES.items():
        weights = random.integers(-128, 128, shape).astype(np.int8)
        bias = random.integers(-128, 128, 12 if name == "FC" else 64).astype(np.int8)
        lines += [
            f"#define {name}_WT {array(weights)}",
            f"#define {name}_BIAS {array(bias)}",
            f"#define {name}_BIAS_SHIFT 5",
            f"#define {name}_OUT_SHIFT {OUT_SHIFTS[name]}",
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    Path(sys.argv[2]).write_text(header(int(sys.argv[1])))
