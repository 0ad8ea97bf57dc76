"""The table of cycles in the README of the kernels."""

from toolchain import require_blessed

from benchmarks.kernels.__main__ import BEGIN, CORES, END, README, build, measure_all, missed, table


def test_the_gains_are_reached_and_the_table_is_fresh(kernel_images):
    build()
    figures = {core: measure_all(core) for core in CORES}
    assert missed(figures["m7"]) == []
    require_blessed()
    shown = README.read_text().partition(BEGIN)[2].partition(END)[0].strip().splitlines()
    assert shown == list(table(figures)), "run: python -m benchmarks.kernels --renew"
