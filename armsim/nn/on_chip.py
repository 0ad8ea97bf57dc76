"""A translated network over many inputs on the simulated chip: scores, cycles, memory.

Inputs are run in portions, by workers that get the program and their inputs and give what it has
printed. That is kept beside the clips until all are done, so that a run that was cut short goes on
where it stopped.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armsim.nn.execute import execute
from armsim.nn.graph import Graph, GraphError
from armsim.nn.translate import translate
from armsim.nn.translate.board import BOARD_OF_CORE, kernels_folder
from armsim.nn.translate.build import build
from armsim.nn.workers import WorkerError, open_workers
from armsim.session import Session

Ints = NDArray[Any]
Progress = Callable[[int, int], None]
"""Told how many inputs of how many have been run."""

PORTION = 25
_STAGE = re.compile(r"^(\w+) +(\d+) +\d+\.\d{3}$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What running a network on a chip gave."""

    board: str
    clock_hz: int
    outputs: dict[str, Ints]
    cycles: NDArray[np.int64]  # of each input
    layers: dict[str, int]  # cycles of the last input
    flash: int  # bytes of the image
    sram: int  # bytes of its variables
    stack: int  # bytes, as deep as it was

    def report(self) -> str:
        """Show time and memory."""
        median, most = int(np.median(self.cycles)), int(self.cycles.max())
        total = sum(self.layers.values())
        width = max(len(name) for name in (*self.layers, "layer"))
        rows = [
            f"{name:{width}} {cycles:>10,} {self._ms(cycles):>9.3f} {100 * cycles / total:>5.1f}"
            for name, cycles in self.layers.items()
        ]
        return "\n".join([
            f"{'layer':{width}} {'cycles':>10} {'ms':>9} {'%':>5}",
            *rows,
            "",
            f"{self.board}, {self.clock_hz / 1e6:g} MHz: {median:,} cycles, "
            f"{self._ms(median):.3f} ms (median; at most {most:,})",
            f"flash {self.flash:,} bytes, SRAM {self.sram:,}, stack {self.stack:,}",
        ])  # fmt: skip

    def figures(self) -> dict[str, Any]:
        """Give time and memory as JSON can hold them: cycles of the median input, and bytes."""
        return {
            "board": self.board,
            "clock_hz": self.clock_hz,
            "cycles": int(np.median(self.cycles)),
            "most_cycles": int(self.cycles.max()),
            "layer_cycles": self.layers,
            "flash": self.flash,
            "sram": self.sram,
            "stack": self.stack,
        }

    def _ms(self, cycles: int) -> float:
        return 1000 * cycles / self.clock_hz


@dataclass(frozen=True)
class Program:
    """An image as it is sent to workers, and the timing model that it is to run by."""

    elf: bytes
    timing_model: str
    scratch: str | None
    """A folder for files, which is removed even if a worker is killed; None: the system's."""

    def run(self, inputs: bytes) -> str:
        """Return what is printed for some inputs, the only file that the guest may read."""
        with tempfile.TemporaryDirectory(prefix="armsim-portion-", dir=self.scratch) as made:
            image, source = Path(made) / "network.elf", Path(made) / "inputs.bin"
            image.write_bytes(self.elf)
            source.write_bytes(inputs)
            stdout, stderr = io.BytesIO(), io.BytesIO()
            session = Session(
                image,
                arguments=[str(source)],
                stdin=io.BytesIO(),
                stdout=stdout,
                stderr=stderr,
            )
            if session.model.version != self.timing_model:
                raise WorkerError(
                    f"a worker's timing model is {session.model.version}, not "
                    f"{self.timing_model}; install the same armsim on all machines"
                )
            stop = session.run().stop
        if stop.reason != "exit" or stop.status:
            why = stop.message or stderr.getvalue().decode(errors="replace").strip()
            raise GraphError(f"the network ended with status {stop.status}: {why}")
        return stdout.getvalue().decode()


def measure(
    graph: Graph,
    inputs: Ints,
    *,
    core: str,
    keep: Path,
    scheduler: str | None = None,
    jobs: int = 1,
    progress: Progress = lambda done, total: None,
) -> Measured:
    """Run a network on the board of a core; its outputs are those of NumPy, bit for bit.

    Raises:
        GraphError: it cannot be built or does not fit, or the chip computes something else.
        WorkerError: the scheduler's cluster cannot be used, or workers died.
    """
    if not len(inputs):
        raise GraphError("there are no inputs to run")
    kernels = kernels_folder(None)
    with tempfile.TemporaryDirectory(prefix="armsim-on-chip-") as made:
        translation = translate(graph, Path(made) / "c", board=BOARD_OF_CORE[core])
        image = build(translation.folder, translation.board, kernels)
        session = Session(image)
        local = None if scheduler else made
        program = Program(image.read_bytes(), session.model.version, local)
        # What is loaded: the rest of the file names the folder that it was compiled in.
        loaded = b"".join(segment.data for segment in session.image.segments)
        made_of = loaded + inputs.tobytes() + program.timing_model.encode()
        folder = keep / f"{graph.name}-{core}-{hashlib.sha256(made_of).hexdigest()[:24]}"
        folder.mkdir(parents=True, exist_ok=True)
        texts = _run_portions(program, inputs, folder, scheduler, jobs, progress)
    outputs = {name: _numbers(c, texts) for name, c in translation.network.outputs.items()}
    try:
        _compare(graph, inputs, outputs)
    except GraphError:
        shutil.rmtree(folder, ignore_errors=True)  # it is to be run again
        raise
    stack = max(int(number) for number in re.findall(r"^stack (\d+) bytes$", texts, re.M))
    table = texts[texts.rindex("\nstage ") :]
    stages = {name: int(cycles) for name, cycles in _STAGE.findall(table)}
    stages.pop("total")
    measured = Measured(
        board=session.board.name,
        clock_hz=session.board.clock_hz,
        outputs=outputs,
        cycles=_numbers("cycles", texts)[:, 0],
        layers=stages,
        flash=sum(len(segment.data) for segment in session.image.segments),
        sram=_end_of_variables(session),
        stack=stack,
    )
    shutil.rmtree(folder, ignore_errors=True)
    return measured


def _run_portions(
    program: Program,
    inputs: Ints,
    folder: Path,
    scheduler: str | None,
    jobs: int,
    progress: Progress,
) -> str:
    """Return what all portions printed, in order; what is in the folder is not run again."""
    starts = range(0, len(inputs), PORTION)
    paths = {start: folder / f"{start}.json" for start in starts}
    texts = {start: text for start in starts if (text := _kept(paths[start])) is not None}
    left = [start for start in starts if start not in texts]
    portions = [inputs[start : start + PORTION] for start in left]
    done = len(inputs) - sum(map(len, portions))
    with open_workers(scheduler if left else None, min(jobs, len(left))) as workers:
        progress(done, len(inputs))
        sent = [portion.tobytes() for portion in portions]
        for number, printed in workers.completed(program.run, sent):
            texts[left[number]] = printed
            _keep(printed, paths[left[number]])
            done += len(portions[number])
            progress(done, len(inputs))
    return "\n".join(texts[start] for start in starts)


def _kept(path: Path) -> str | None:
    """Read what a portion printed; what is damaged is not there, and is run again."""
    try:
        text = json.loads(path.read_text())["stdout"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return text if isinstance(text, str) else None


def _keep(printed: str, path: Path) -> None:
    ready = path.with_suffix(f".{os.getpid()}")
    with suppress(FileNotFoundError):  # who measured the same has finished, and has removed it all
        ready.write_text(json.dumps({"stdout": printed}))
        ready.replace(path)


def _end_of_variables(session: Session) -> int:
    """Return the bytes from the start of SRAM to the heap."""
    start, end = session.image.symbol("data_start"), session.image.symbol("end")
    assert start is not None
    assert end is not None
    return end.address - start.address


def _numbers(name: str, text: str) -> NDArray[np.int64]:
    rows = re.findall(rf"^{name}: (.*)$", text, re.MULTILINE)
    return np.array([row.split() for row in rows], np.int64)


def _compare(graph: Graph, inputs: Ints, outputs: dict[str, Ints]) -> None:
    for name, wanted in execute(graph, inputs).items():
        flat = wanted.reshape(len(inputs), -1)
        if outputs[name].shape != flat.shape:
            raise GraphError(f"the chip gave {len(outputs[name])} outputs for {len(inputs)} inputs")
        wrong = np.flatnonzero((outputs[name] != flat).any(axis=1))
        if wrong.size:
            raise GraphError(
                f"{name} of input {wrong[0]} is {outputs[name][wrong[0]].tolist()} on the chip, "
                f"{flat[wrong[0]].tolist()} in NumPy; {wrong.size} of {len(inputs)} differ"
            )
