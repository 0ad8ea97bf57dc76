"""The folder that a network becomes: its texts, and start-up code for the boards."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from armsim.nn.graph import Graph, GraphError
from armsim.nn.graph_check import check
from armsim.nn.translate import network_text, program_text
from armsim.nn.translate.board import (
    CODE,
    CODE_PER_STEP,
    DATA,
    DATA_PER_LAYER,
    STACK_AND_HEAP,
    Board,
    boards,
    check_fits,
    find_board,
    firmware_folder,
    kernels_folder,
)
from armsim.nn.translate.network_text import Network

DEFAULT_BOARD = "nucleo-f746zg"


@dataclass(frozen=True, kw_only=True)
class Translation:
    """What was written, and what it takes."""

    network: Network
    board: Board
    folder: Path

    @property
    def flash_bytes(self) -> int:
        """Weights, test vector and an upper limit of the code, C library included."""
        graph = self.network.graph
        vector = graph.tensor(graph.input).nbytes + self.network.output_bytes
        code = CODE + CODE_PER_STEP * len(graph.operators)
        return self.network.weights_bytes + vector + code

    @property
    def sram_bytes(self) -> int:
        """Arena, outputs and all else of the program, with room for stack and heap."""
        used = self.network.plan.size + self.network.output_bytes
        return used + DATA + DATA_PER_LAYER * len(self.network.layers) + STACK_AND_HEAP

    def report(self) -> str:
        """Show the kernel chosen for each layer, and the memory needed."""
        rows = [("layer", "kernel", "why", "scratch")]
        for layer in self.network.layers:
            for i, step in enumerate(layer.steps):
                scratch = f"{step.scratch:,}" if step.scratch else ""
                rows.append((layer.name if i == 0 else "", step.kernel, step.why, scratch))
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        lines = []
        for row in rows:
            left = [f"{cell:{width}}" for cell, width in zip(row, widths, strict=False)]
            lines.append("  ".join([*left, f"{row[3]:>7}"]).rstrip())
        plan = self.network.plan
        least = "the least there can be" if plan.size == plan.bound else f"at least {plan.bound:,}"
        flash = f"at most {self.flash_bytes:,} of {self.board.flash:,} bytes of flash"
        sram = f"{self.sram_bytes:,} of {self.board.sram:,} bytes of SRAM"
        lines += [
            "",
            f"arena    {plan.size:>9,} bytes, {least}",
            f"weights  {self.network.weights_bytes:>9,} bytes",
            f"{self.board.name}: {flash}, {sram}, all included",
        ]
        return "\n".join(lines)


def translate(
    graph: Graph, folder: Path, *, board: str = DEFAULT_BOARD, kernels: Path | None = None
) -> Translation:
    """Write a network to a new folder, all of it or nothing.

    Raises:
        GraphError: it does not fit the board, or the folder cannot be written.
    """
    check(graph)
    kernels = kernels_folder(kernels)
    firmware = firmware_folder(kernels)
    chosen = find_board(board, firmware)
    network = network_text.lower(graph)
    done = Translation(network=network, board=chosen, folder=folder)
    check_fits(chosen, done.flash_bytes, done.sram_bytes)
    m4 = [name for name, found in boards(firmware).items() if found.core == "m4"]
    texts = {
        "network.h": network_text.header(network),
        "network.c": network_text.source(network),
        "weights.h": network_text.weights_header(network),
        "weights.c": network_text.weights_source(network),
        "main.c": program_text.main_source(network),
        "test_vector.h": program_text.test_vector(network),
        "CMakeLists.txt": program_text.cmake_lists(board, kernels.as_posix(), m4),
        "arm-none-eabi.cmake": program_text.TOOLCHAIN,
    }
    for kind, pattern in (("common", "*.[ch]"), ("boards", "*.[ch]"), ("boards", "*.ld")):
        target = "board" if kind == "boards" else kind
        for path in sorted((firmware / kind).glob(pattern)):
            texts[f"{target}/{path.name}"] = path.read_text()
    _write(folder, texts)
    return done


def _write(folder: Path, texts: dict[str, str]) -> None:
    """Write files to a folder that is new or empty."""
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise GraphError(f"{folder} exists already; name a new folder")
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
        try:
            for name, text in texts.items():
                path = made / name
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
            made.chmod(0o755)
            made.replace(folder)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    except OSError as error:
        raise GraphError(f"{folder} cannot be written: {error.strerror}") from None
