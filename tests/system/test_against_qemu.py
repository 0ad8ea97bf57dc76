"""Programs about exceptions, faults, modes, time and protection print what QEMU prints."""

import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from armsim.choices import choose_board
from armsim.machine.image import load_image
from armsim.session import Session

from .builds import Build, compile_build, covering_builds, every_build
from .known import DIFFERENCES

LIMIT = 50_000_000
_SPECIAL = re.compile(r"^\[([\w-]+)\] (.*)$", re.MULTILINE)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "build" in metafunc.fixturenames:
        everything = metafunc.config.getoption("--exhaustive")
        builds = every_build() if everything else covering_builds()
        metafunc.parametrize("build", builds, ids=str)


def qemu_prints(image: Path, board: str) -> tuple[str, int]:
    options = "-nographic -monitor none -serial none -semihosting-config"
    command = ["qemu-system-arm", "-M", board, *options.split()]
    command += ["enable=on,target=native,userspace=on", "-kernel", str(image)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )
    return done.stdout + done.stderr, done.returncode


def armsim_prints(image: Path, board: str) -> tuple[str, int]:
    loaded = load_image(image)
    output = io.BytesIO()
    session = Session(loaded, choose_board(loaded, board=board), stdout=output, stdin=io.BytesIO())
    run = session.run(max_instructions=LIMIT)
    assert sum(run.causes.values()) == run.cycles
    text = output.getvalue().decode()
    return (text + run.stop.message if run.stop.message else text), run.stop.status


def test_a_program_prints_what_qemu_prints(build: Build, tmp_path: Path) -> None:
    if shutil.which("qemu-system-arm") is None:
        pytest.skip("qemu-system-arm is not installed")
    image = compile_build(build, tmp_path)
    theirs, their_status = qemu_prints(image, build.board)
    ours, our_status = armsim_prints(image, build.board)
    assert _SPECIAL.sub(r"[\1]", ours) == _SPECIAL.sub(r"[\1]", theirs)
    assert our_status == their_status == 0
    for (name, right), (_, qemu) in zip(
        _SPECIAL.findall(ours), _SPECIAL.findall(theirs), strict=True
    ):
        known = DIFFERENCES[name]
        assert (right, qemu) == (known.right, known.qemu), name


def test_every_known_difference_is_printed_by_a_program() -> None:
    sources = Path(__file__).parent.glob("programs/*.c")
    printed = {
        name for source in sources for name in re.findall(r'say\("\[([\w-]+)\]', source.read_text())
    }
    assert printed == set(DIFFERENCES)
