import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from .guest import KERNELS, Kernels, Simulator
from .strategies import q7_array

SOURCE = Path(__file__).parent / "read_and_pad.c"


@pytest.fixture(scope="module", params=["m4", "m7"])
def inline(request, kernel_images, tmp_path_factory):
    """Return the inline functions, compiled for a core."""
    image = tmp_path_factory.mktemp("inline") / "read_and_pad.elf"
    subprocess.run(
        [
            *("arm-none-eabi-gcc", f"-mcpu=cortex-{request.param}", "-mthumb", "-O2"),
            *("-Wall", "-Wextra", "-Wconversion", "-Werror", f"-I{KERNELS / 'include'}"),
            *("-nostartfiles", "-Wl,--entry=Reset_Handler", f"-T{KERNELS / 'image/kernels.ld'}"),
            *(SOURCE, KERNELS / "image" / "vectors.c", "-o", image),
        ],
        check=True,
    )
    return Kernels(Simulator(image, request.param))


@pytest.mark.parametrize(("name", "order"), [("", [0, 1, 2, 3]), ("_reordered", [0, 2, 1, 3])])
@given(values=q7_array(4))
def test_four_values_are_widened(inline, name, order, values):
    pairs = np.zeros(2, np.int16), np.zeros(2, np.int16)
    arguments = values, *pairs
    end = inline.call(f"call_read_and_pad{name}", *arguments)
    assert end == inline.place(0, *arguments) + 4
    assert [*pairs[0], *pairs[1]] == values[order].tolist()
