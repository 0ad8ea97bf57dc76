"""Images to measure, and the command that measures them."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from guests import image

from armsim.cli import main
from armsim.library.build import build

HERE = Path(__file__).parent
HELLO = """
    mov32 r1, text
    movs r0, #4
    bkpt #0xab
    b exit
    .align 4
text:
    .word 0x6c6c6548, 0x000a6f
"""
HANGS = "forever: b forever"
FAILS = """
    movs r1, #3
    b leave
"""


@dataclass
class Outcome:
    """What a command returned and wrote."""

    status: int
    out: str
    err: str


class Bench:
    """A folder with a suite and its images."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capture = folder, capture
        self.suite = folder / "suite.toml"

    def write(self, text: str) -> None:
        self.suite.write_text(text)

    def program(self, name: str, text: str) -> None:
        (self.folder / name).write_bytes(image(text).build())

    def run(self, *options: object) -> Outcome:
        """Run `armsim bench` on the suite."""
        return self.command("bench", self.suite, *options)

    def command(self, *arguments: object) -> Outcome:
        self._capture.readouterr()
        status = main([str(argument) for argument in arguments])
        return Outcome(status, *self._capture.readouterr())


@pytest.fixture(scope="session")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build functions.c; return the folder with an image for each core."""
    folder = tmp_path_factory.mktemp("functions")
    for core in ("m4", "m7"):
        build([HERE / "functions.c"], folder / f"{core}.elf", core=core)
    return folder


@pytest.fixture
def bench(
    tmp_path: Path,
    functions: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Bench:
    """A folder with m4.elf and m7.elf of functions.c, and no suite yet."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    for core in ("m4", "m7"):
        shutil.copy(functions / f"{core}.elf", tmp_path)
    return Bench(tmp_path, capsys)
