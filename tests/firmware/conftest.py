"""Builds the firmware, with the shipped weights and with random ones."""

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from . import cifar10_model
from .guest import FIRMWARE, QEMU_BOARDS, SIMULATED_BOARDS, Board, make_board
from .header_model import HeaderModel


def make(*arguments: str | Path) -> None:
    """Run make in the firmware's folder."""
    # Two processes must not build the same files at once.
    with (FIRMWARE.parent / "kernels" / "Makefile").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = subprocess.run(
            ["make", "-s", "-C", FIRMWARE, "-j2", f"PYTHON={sys.executable}", *arguments],
            capture_output=True,
            text=True,
        )
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="session")
def shipped_header() -> Path:
    """Return the header of the weights in the repository."""
    return FIRMWARE / "kws" / "model" / "ds_cnn_s.h"


@pytest.fixture(scope="session")
def random_header() -> Path:
    """Return a header of random weights."""
    header = FIRMWARE / "build" / "random-model" / "ds_cnn_s.h"
    header.parent.mkdir(parents=True, exist_ok=True)
    tool = FIRMWARE / "kws" / "tools" / "make_random_model.py"
    fresh = header.with_suffix(".new")
    subprocess.run([sys.executable, tool, "1", fresh], check=True)
    if not header.exists() or header.read_bytes() != fresh.read_bytes():
        fresh.replace(header)
    return header


@pytest.fixture(scope="session")
def shipped_build() -> Path:
    """Build the firmware as it is; return the folder of the boards."""
    make("all", "qemu")
    return FIRMWARE / "build"


@pytest.fixture(scope="session")
def random_build(random_header: Path) -> Path:
    """Build the firmware with other weights; return the folder of the boards."""
    weights = random_header.with_name(cifar10_model.HEADER.name)
    text = cifar10_model.header(cifar10_model.SEED + 1)
    if not weights.exists() or weights.read_text() != text:
        weights.write_text(text)
    make("all", "qemu", f"MODEL={random_header}", f"WEIGHTS={weights}", "BUILD=build/random")
    return FIRMWARE / "build" / "random"


@pytest.fixture(scope="session", params=[*SIMULATED_BOARDS, *QEMU_BOARDS])
def board_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def board(board_name: str, shipped_build: Path) -> Board:
    """Return a board with the firmware as it is."""
    return make_board(board_name, shipped_build)


@pytest.fixture(scope="session", params=["shipped", "random"])
def board_and_model(request: pytest.FixtureRequest, board_name: str) -> tuple[Board, HeaderModel]:
    """Return a board and the NumPy form of the network that runs on it."""
    build = request.getfixturevalue(f"{request.param}_build")
    header = request.getfixturevalue(f"{request.param}_header")
    return make_board(board_name, build), HeaderModel.read(header)
