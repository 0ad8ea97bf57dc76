"""Room that `heap` keeps free behind the variables is the program's to use."""

from pathlib import Path

import numpy as np
import pytest

import armsim
from armsim.errors import CallError, UsageError
from armsim.library.build import build

SIZE = 256
SOURCE = """
#include <stddef.h>
#include <stdlib.h>

extern char end[];
static char *top = end;

void *_sbrk(ptrdiff_t size)
{
    char *const old = top;
    top += size;
    return old;
}

const void *where(const signed char *data)
{
    return data;
}

/* Sum, by way of a copy in memory from malloc. */
int sum(const signed char *data, int n)
{
    signed char *const copy = malloc((size_t)n);
    for (int k = 0; k < n; k++) {
        copy[k] = data[k];
    }
    int total = 0;
    for (int k = 0; k < n; k++) {
        total += copy[k];
    }
    return total;
}
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("heap")
    source = folder / "heap.c"
    source.write_text(SOURCE)
    return build([source], folder / "heap.elf", flags=("-O1", "--specs=nano.specs"))


def test_arguments_stay_clear_of_it(image: Path) -> None:
    data = np.zeros(8, np.int8)
    without, with_heap = (armsim.load(image, heap=heap).where(data).value for heap in (0, 4096))
    assert with_heap - without == 4096


def test_malloc_has_it(image: Path) -> None:
    lib = armsim.load(image, heap=8192)
    data = np.arange(SIZE, dtype=np.uint8).view(np.int8)
    for _ in range(4):
        assert lib.sum(data, SIZE).value == data.sum(dtype=int)


def test_without_it_malloc_writes_where_arguments_are(image: Path) -> None:
    data = np.arange(SIZE, dtype=np.uint8).view(np.int8)
    with pytest.raises(CallError, match="sum"):
        armsim.load(image).sum(data, SIZE)


def test_more_than_there_is_is_told(image: Path) -> None:
    with pytest.raises(UsageError, match="RAM"):
        armsim.load(image, heap=1 << 24).where(np.zeros(8, np.int8))
