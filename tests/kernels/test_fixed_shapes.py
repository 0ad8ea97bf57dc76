"""Every kernel and form at one shape: the same bits as in another emulator, and its cycles."""

import numpy as np
import pytest
from toolchain import BLESSED, require_blessed

from . import fixed_shapes, fixed_shapes_recurrent, fixed_shapes_s8
from .guest import FORMS, KERNELS, Kernels, Simulator, Unicorn

CORES = ("m4", "m7")
CALLS = fixed_shapes.CALLS | fixed_shapes_s8.CALLS | fixed_shapes_recurrent.CALLS


def test_every_kernel_is_called():
    assert sorted(CALLS) == sorted(
        path.stem.removesuffix("_portable") for path in KERNELS.glob("*/*_portable.c")
    )


@pytest.mark.parametrize("core", CORES)
def test_another_emulator_gives_the_same_bits(kernel_images, core):
    image = kernel_images / core / "kernels.elf"
    ours, theirs = Kernels(Simulator(image, core)), Kernels(Unicorn(image))
    for name, call in CALLS.items():
        for form in FORMS:
            here, there = call(ours, name + form), call(theirs, name + form)
            np.testing.assert_array_equal(here, there, name + form)
            assert here.any()


def test_cycles_are_the_blessed_ones(kernel_images, golden):
    require_blessed()
    columns: dict[str, list[int]] = {}
    for core in CORES:
        machine = Simulator(kernel_images / core / "kernels.elf", core)
        kernels, session = Kernels(machine, odd=False), machine.session
        counts = columns[session.model.version] = []
        for name, call in CALLS.items():
            for form in FORMS:
                before = session.engine.now()
                call(kernels, name + form)
                counts.append(session.engine.now() - before)
    names = [name + form for name in CALLS for form in FORMS]
    width = max(map(len, names))
    lines = [f"# cycles at the shapes of tests/kernels/fixed_shapes.py, code by {BLESSED}"]
    lines.append(f"{'timing model':<{width}}" + "".join(f"{v:>10}" for v in columns))
    for name, *cycles in zip(names, *columns.values(), strict=True):
        lines.append(f"{name:<{width}}" + "".join(f"{n:>10}" for n in cycles))
    golden("kernels_cycles.txt", "\n".join(lines) + "\n")
