"""Builds the kernels and hands them to the tests."""

import fcntl
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

from .guest import KERNELS, Kernels, Simulator

# The guest is slow to reach and never flaky: no deadline, and the same examples in every run.
# `pytest tests/kernels --hypothesis-profile thorough` looks for more.
settings.register_profile("kernels", deadline=None, derandomize=True, max_examples=50)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile("kernels")


@pytest.fixture(scope="session")
def kernel_images() -> Path:
    """Build the kernels; return the folder with one image per core."""
    # Two processes must not build the same files at once.
    with (KERNELS / "Makefile").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = subprocess.run(
            ["make", "-s", "-C", KERNELS, "-j2"], capture_output=True, text=True
        )
    assert result.returncode == 0, result.stderr
    return KERNELS / "build"


@pytest.fixture(scope="session", params=["m4", "m7"])
def kernels(request: pytest.FixtureRequest, kernel_images: Path) -> Kernels:
    """Return the kernels of one core, ready to be called."""
    return Kernels(Simulator(kernel_images / request.param / "kernels.elf", request.param))
