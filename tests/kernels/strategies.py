"""Arrays with enough extremes in them, from one drawn seed each (fast to draw and to shrink)."""

from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st


def q7_array(*shape: int) -> st.SearchStrategy[npt.NDArray[np.int8]]:
    """Return int8 arrays: anything, or extremes only, or one value throughout."""
    return _arrays(np.int8, shape)


def q15_array(*shape: int) -> st.SearchStrategy[npt.NDArray[np.int16]]:
    """Return int16 arrays: anything, or extremes only, or one value throughout."""
    return _arrays(np.int16, shape)


def _arrays(dtype: type[Any], shape: tuple[int, ...]) -> st.SearchStrategy[npt.NDArray[Any]]:
    low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)

    def build(drawn: tuple[int, str]) -> npt.NDArray[Any]:
        seed, kind = drawn
        random = np.random.default_rng(seed)
        if kind == "any":
            values = random.integers(low, high + 1, shape)
        elif kind == "extreme":
            values = random.choice([low, low + 1, -1, 0, 1, high], shape)
        else:
            values = np.full(shape, low if kind == "lowest" else high)
        return values.astype(dtype)

    kinds = st.sampled_from(["any", "extreme", "lowest", "highest"])
    return st.tuples(st.integers(0, 2**32 - 1), kinds).map(build)


bias_shifts = st.integers(0, 12)
out_shifts = st.integers(0, 16)


@st.composite
def geometries(draw: st.DrawFn, most: int = 4) -> dict[str, tuple[int, int]]:
    """Return image, kernel, padding, stride and output as (y, x); each window meets the image."""
    axes = []
    for _ in range(2):
        kernel = draw(st.integers(1, most))
        padding = draw(st.integers(0, kernel - 1))
        image = draw(st.integers(1, 7))
        stride = draw(st.integers(1, 3))
        # The last window may hang over the right edge by all but one tap.
        output = draw(st.integers(1, (image - 1 + padding) // stride + 1))
        axes.append((image, kernel, padding, stride, output))
    y, x = axes
    names = ("image", "kernel", "padding", "stride", "output")
    return dict(zip(names, zip(y, x, strict=True), strict=True))


@st.composite
def square_geometries(draw: st.DrawFn) -> dict[str, tuple[int, int]]:
    """Return geometries whose two axes are alike."""
    return {name: (pair[0], pair[0]) for name, pair in draw(geometries()).items()}
