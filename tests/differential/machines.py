"""Run an image in the simulator and in QEMU; return the states it writes."""

import io
import shutil
import subprocess
import tempfile
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from armsim.boards.catalogue import find_board
from armsim.machine.image import load_image
from armsim.session import Session
from tests.differential import image
from tests.differential.cases import INPUT_WORDS, OUTPUT_WORDS, SLOT, Sequence, Words

QEMU = shutil.which("qemu-system-arm")
BOARDS = {"m4": "mps2-an386", "m7": "mps2-an500"}
TIME_LIMIT = 120


class Stopped(Exception):
    """A machine did not come to the end of an image; says which and why."""


@dataclass(frozen=True)
class Job:
    """What one image runs: pairs of a sequence and a state, by number."""

    core: str
    sequences: Many[Sequence]
    states: Many[Many[int]]
    pairs: Many[tuple[int, int]]

    def part(self, pairs: Many[tuple[int, int]]) -> "Job":
        """Return a job of some of the pairs."""
        return Job(self.core, self.sequences, self.states, pairs)


@dataclass(frozen=True)
class Outcome:
    """States after each pair, in this simulator and in QEMU, and instructions executed."""

    ours: Words
    theirs: Words
    instructions: int


def run(job: Job) -> Outcome:
    """Run a job in both machines.

    Raises:
        Stopped: one of them did not finish.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sequences.elf")
        path.write_bytes(image.build(job.core, job.sequences, job.states, job.pairs))
        theirs = _start_qemu(job.core, path)
        try:
            ours, instructions = run_here(job.core, path)
        except BaseException:
            theirs.kill()
            theirs.communicate()
            raise
        try:
            data, errors = theirs.communicate(timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            theirs.kill()
            theirs.communicate()
            raise Stopped("QEMU did not finish") from None
    if theirs.returncode:
        raise Stopped(f"QEMU ended with {theirs.returncode}: {errors.decode()[-500:]}")
    return Outcome(_rows(ours, job, "this simulator"), _rows(data, job, "QEMU"), instructions)


def qemu_command(core: str, path: Path) -> list[str]:
    """Return the command that runs an image in QEMU."""
    assert QEMU is not None
    return [
        QEMU, "-machine", BOARDS[core], "-kernel", str(path), "-display", "none", "-serial",
        "none", "-monitor", "none", "-semihosting-config", "enable=on,target=native",
    ]  # fmt: skip


def _start_qemu(core: str, path: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        qemu_command(core, path),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def run_here(core: str, path: Path) -> tuple[bytes, int]:
    """Run an image in this simulator; return its output and the instructions it took."""
    output = io.BytesIO()
    loaded = load_image(path)
    session = Session(loaded, find_board(BOARDS[core]), stdin=io.BytesIO(), stdout=output)
    outcome = session.run(max_instructions=400_000_000)
    if outcome.stop.reason != "exit" or outcome.stop.status:
        raise Stopped(f"this simulator: {outcome.stop}")
    return output.getvalue(), outcome.instructions


def _rows(data: bytes, job: Job, who: str) -> Words:
    words = np.frombuffer(data, "<u4")
    if len(words) != OUTPUT_WORDS * len(job.pairs):
        raise Stopped(f"{who} wrote {len(data)} bytes for {len(job.pairs)} states")
    return words.reshape(len(job.pairs), OUTPUT_WORDS)


def harness_instructions(core: str) -> tuple[int, int]:
    """Return the instructions of an image without pairs, and those around each sequence."""
    from tests.differential.cases import CODE, Item

    nop = Sequence("", CODE, (Item(CODE + 4, 2, 0xBF00, 1),), pool=bytes(SLOT))
    counts = []
    for pairs in ([], [(0, 0)]):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "empty.elf")
            path.write_bytes(image.build(core, [nop], [[0] * INPUT_WORDS], pairs))
            counts.append(run_here(core, path)[1])
    return counts[0], counts[1] - counts[0] - 1
