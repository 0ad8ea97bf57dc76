"""Compile a translated network as its `CMakeLists.txt` does; make keeps the kernels."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from armsim.nn.graph import GraphError
from armsim.nn.translate.board import CORE_FLAGS, Board

COMPILER = "arm-none-eabi-gcc"
FLAGS = "-std=gnu17 -O3 -g -Wall -Wextra -Wconversion -Werror -ffunction-sections".split()


def build(folder: Path, board: Board, kernels: Path) -> Path:
    """Compile a translated network for a board; return the image.

    Raises:
        GraphError: a tool is missing, or reports errors.
    """
    library = f"build/{board.core}/libkernels.a"
    with (kernels / "Makefile").open() as lock:  # two processes must not build the same files
        fcntl.flock(lock, fcntl.LOCK_EX)
        _run(["make", "-s", "-C", str(kernels), "-j2", library])
    image = folder / f"{board.name}.elf"
    sources = [*folder.glob("*.c"), *folder.glob("common/*.c"), folder / f"board/{board.name}.c"]
    _run([
        COMPILER, *CORE_FLAGS[board.core], *FLAGS,
        *(f"-I{folder / name}" for name in (".", "common", "board")), f"-I{kernels / 'include'}",
        "-nostartfiles", "--specs=rdimon.specs", "--specs=nano.specs", f"-L{folder / 'board'}",
        "-T", f"{board.name}.ld", "-Wl,--gc-sections", *map(str, sorted(sources)),
        str(kernels / library), "-o", str(image),
    ])  # fmt: skip
    return image


def _run(command: Sequence[str]) -> None:
    for tool in (command[0], COMPILER):
        if shutil.which(tool) is None:
            raise GraphError(
                f"{tool} is not installed; on Debian: apt-get install make gcc-arm-none-eabi "
                "libnewlib-arm-none-eabi"
            )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        raise GraphError(f"{command[0]} failed: {(lines or [done.stderr.strip()])[0][:300]}")
