"""Print activation/activation_tables.c: the curves that sigmoid and tanh are read from.

python make_activation_tables.py > activation_tables.c
"""

import math
from collections.abc import Callable, Iterator

CURVES: dict[str, Callable[[float], float]] = {
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": math.tanh,
}


def entries(curve: Callable[[float], float], bits: int, count: int) -> list[int]:
    """Return the curve at i / 16, i wrapping from 127 to -128, with `bits` fractional bits."""
    points = [(i & 0xFF) - 256 * (i >> 7 & 1) for i in range(count)]
    values = [math.floor(curve(point / 16) * 2**bits + 0.5) for point in points]
    return [max(-(2**bits), min(2**bits - 1, value)) for value in values]


def tables() -> dict[str, list[int]]:
    """Return every table by its name in C."""
    return {
        f"{name}Table_q{bits}": entries(curve, bits, count)
        for name, curve in CURVES.items()
        for bits, count in ((7, 256), (15, 257))
    }


def raised_sigmoid(points: int) -> list[int]:
    """Return the logistic function at i / 24 with 16 fractional bits, for straight lines.

    A chord of a curve with second derivative f'' lies up to f'' step^2 / 8 below it; half of that
    is added. The last entry is that of infinity.
    """
    step = 1 / 24
    values = []
    for i in range(points - 1):
        y = CURVES["sigmoid"](i * step)
        curvature = y * (1 - y) * (1 - 2 * y)
        values.append(math.floor((y - curvature * step * step / 16) * 2**16 + 0.5))
    return [*values, 2**16 - 1]


def lines() -> Iterator[str]:
    """Yield the C source."""
    yield "/* Written by tools/make_activation_tables.py. */"
    yield "/* clang-format off */"
    yield '#include "arm_nn_tables.h"'
    yield '#include "internal/activation_s16.h"'
    for name, values in tables().items():
        yield from array(f"{name.rpartition('_')[2]}_t", name, values)
    yield from array("uint16_t", "sigmoid_table_uint16", raised_sigmoid(256))


def array(kind: str, name: str, values: list[int]) -> Iterator[str]:
    """Yield the definition of a constant array."""
    yield ""
    yield f"const {kind} {name}[{len(values)}] = {{"
    for start in range(0, len(values), 16):
        yield "    " + " ".join(f"{value}," for value in values[start : start + 16])
    yield "};"


if __name__ == "__main__":
    print("\n".join(lines()))
