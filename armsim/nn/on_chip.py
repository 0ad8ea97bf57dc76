"""A translated network over many inputs on the simulated chip: scores, cycles, memory.

Inputs are run in portions, in several processes. What a portion gave is kept beside the clips until
all are done, so that a run that was cut short goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import io
import json
import multiprocessing
import re
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
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
from armsim.session import Session

Ints = NDArray[Any]

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
        width = max(len(name) for name in (*self.layers, "layer"))
        rows = [
            f"{name:{width}} {cycles:>10,} {self._ms(cycles):>9.3f} {100 * cycles / most:>5.1f}"
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

    def _ms(self, cycles: int) -> float:
        return 1000 * cycles / self.clock_hz


def measure(
    graph: Graph,
    inputs: Ints,
    *,
    core: str,
    keep: Path,
    jobs: int = 1,
    report: Callable[[str], None] = lambda line: None,
) -> Measured:
    """Run a network on the board of a core; its outputs are those of NumPy, bit for bit.

    Raises:
        GraphError: it cannot be built or does not fit, or the chip computes something else.
    """
    if not len(inputs):
        raise GraphError("there are no inputs to run")
    kernels = kernels_folder(None)
    with tempfile.TemporaryDirectory() as made:
        translation = translate(graph, Path(made) / "c", board=BOARD_OF_CORE[core])
        image = build(translation.folder, translation.board, kernels)
        content = hashlib.sha256(image.read_bytes() + inputs.tobytes()).hexdigest()[:24]
        folder = keep / f"{graph.name}-{core}-{content}"
        folder.mkdir(parents=True, exist_ok=True)
        texts = _run_portions(image, inputs, folder, jobs, report)
        outputs = {name: _numbers(c, texts) for name, c in translation.network.outputs.items()}
        _compare(graph, inputs, outputs)
        session = Session(image)
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
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    return measured


def _run_portions(
    image: Path, inputs: Ints, folder: Path, jobs: int, report: Callable[[str], None]
) -> str:
    """Return what all portions printed, in order."""
    starts = range(0, len(inputs), PORTION)
    paths = {start: folder / f"{start}.json" for start in starts}
    left = [start for start in starts if not paths[start].exists()]
    done = len(starts) - len(left)
    if done:
        report(f"{done} of {len(starts)} portions were run before")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, max(len(left), 1)), context) as pool:
        running = [
            pool.submit(_run_portion, image, inputs[start : start + PORTION], paths[start])
            for start in left
        ]
        try:
            for future in as_completed(running):
                future.result()
                done += 1
                report(f"{min(done * PORTION, len(inputs))} of {len(inputs)} inputs")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return "\n".join(json.loads(paths[start].read_text())["stdout"] for start in starts)


def _run_portion(image: Path, inputs: Ints, path: Path) -> None:
    """Run some inputs and keep what was printed."""
    source = path.with_suffix(".bin")
    source.write_bytes(inputs.tobytes())
    stdout, stderr = io.BytesIO(), io.BytesIO()
    session = Session(image, arguments=[str(source)], stdout=stdout, stderr=stderr)
    stop = session.run().stop
    source.unlink()
    if stop.reason != "exit" or stop.status:
        why = stop.message or stderr.getvalue().decode(errors="replace").strip()
        raise GraphError(f"the network ended with status {stop.status}: {why}")
    ready = path.with_suffix(".new")
    ready.write_text(json.dumps({"stdout": stdout.getvalue().decode()}))
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
