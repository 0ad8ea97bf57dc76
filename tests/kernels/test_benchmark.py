"""The table of cycles in the README of the kernels."""

import pytest
from toolchain import require_blessed

from benchmarks.kernels.__main__ import BEGIN, CORES, END, README, build, measure_all, missed, table


@pytest.fixture(scope="module")
def figures(kernel_images):
    build()
    return {core: measure_all(core) for core in CORES}


def test_the_table_is_fresh(figures):
    require_blessed()
    shown = README.read_text().partition(BEGIN)[2].partition(END)[0].strip().splitlines()
    assert shown == list(table(figures)), "run: python -m benchmarks.kernels --renew"


def test_the_cortex_m7_gains_what_it_should(figures):
    assert missed(figures["m7"]) == []
