"""A small project that tests a C function: what `armsim init` writes."""

from pathlib import Path

from armsim.errors import UsageError

_C = """\
/* The dot product of n signed bytes: plain, and with the instructions of the Cortex-M4 and M7. */
#include <arm_acle.h>
#include <stdint.h>
#include <string.h>

int32_t dot_q7_portable(const int8_t *a, const int8_t *b, uint32_t n)
{
    int32_t sum = 0;
    for (uint32_t k = 0; k < n; k++) {
        sum += a[k] * b[k];
    }
    return sum;
}

static uint32_t ror8(uint32_t word)
{
    return word >> 8 | word << 24;
}

static uint32_t load4(const int8_t *p)
{
    uint32_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

int32_t dot_q7(const int8_t *a, const int8_t *b, uint32_t n)
{
    int32_t sum = 0;
    uint32_t k = 0;
    for (; k + 4 <= n; k += 4) {
        uint32_t x = load4(a + k), y = load4(b + k);
        sum = __smlad(__sxtb16(x), __sxtb16(y), sum);
        sum = __smlad(__sxtb16(ror8(x)), __sxtb16(ror8(y)), sum);
    }
    return sum + dot_q7_portable(a + k, b + k, n - k);
}
"""
_TEST = '''\
"""The dot product is right to the bit, and as quick as it was."""

import numpy as np
import pytest

FORMS = ["dot_q7_portable", "dot_q7"]


@pytest.fixture(params=["m4", "m7"])
def lib(armsim, request):
    """The functions of dot_q7.c, on one core."""
    return armsim.load(armsim.build("dot_q7.c", core=request.param), core=request.param)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("n", [0, 1, 3, 4, 7, 64])
def test_the_bits_are_those_of_numpy(lib, form, n):
    a, b = np.random.default_rng(n).integers(-128, 128, (2, n), np.int8)
    assert lib[form](a, b, n).value == np.dot(a.astype(int), b)


# `max` is a limit. Without it, cycles are held to a baseline, which
# `pytest --armsim-update` writes to armsim-cycles.json; commit that file.
@pytest.mark.cycles(max={limit})
def test_it_is_quick(lib):
    a, b = np.random.default_rng(1).integers(-128, 128, (2, 256), np.int8)
    lib.dot_q7(a, b, a.size)


def test_it_is_quicker_than_plain_c(lib):
    a, b = np.random.default_rng(1).integers(-128, 128, (2, 256), np.int8)
    plain, quick = (lib[form](a, b, a.size) for form in FORMS)
    assert quick.cycles < plain.cycles, (quick.causes, plain.causes)
'''
LIMIT = 1500
"""Of both cores, with room for other compilers."""
FILES = {
    "dot_q7.c": _C,
    "test_dot_q7.py": _TEST.format(limit=LIMIT),
    "pytest.ini": "[pytest]\naddopts = --strict-markers\n",
}


def write_example(folder: Path) -> list[Path]:
    """Write the project to a folder, which is made if need be, and return the files.

    Raises:
        UsageError: one of the files is there already, or cannot be written.
    """
    paths = [folder / name for name in FILES]
    for path in paths:
        if path.exists():
            raise UsageError(f"{path} exists already; name a new folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in zip(paths, FILES.values(), strict=True):
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from None
    return paths
