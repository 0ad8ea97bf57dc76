"""Build C sources into an image that only offers functions to call."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from armsim.boards.board import Board
from armsim.boards.catalogue import default_board, find_board
from armsim.boards.texts import parse_core
from armsim.errors import UsageError

COMPILER = "arm-none-eabi-gcc"
CORE_FLAGS = {
    "m4": ("-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16"),
    "m7": ("-mcpu=cortex-m7", "-mfpu=fpv5-sp-d16"),
}
DEFAULT_FLAGS = ("-O2", "-Wall")

_START = """\
extern unsigned stack_top[];
void Reset_Handler(void);
void Reset_Handler(void)
{
    for (;;) {
    }
}
union vector {
    void *stack;
    void (*handler)(void);
};
__attribute__((section(".vectors"), used)) static const union vector vectors[16] = {
    {.stack = stack_top},       {.handler = Reset_Handler}, {.handler = Reset_Handler},
    {.handler = Reset_Handler}, {.handler = Reset_Handler}, {.handler = Reset_Handler},
    {.handler = Reset_Handler},
};
"""
_SCRIPT = """\
MEMORY
{{
    flash (rx) : ORIGIN = {flash:#x}, LENGTH = {flash_size:#x}
    ram (rw) : ORIGIN = {ram:#x}, LENGTH = {ram_size:#x}
}}
stack_top = ORIGIN(ram) + LENGTH(ram);
ENTRY(Reset_Handler)
SECTIONS
{{
    .text : {{ KEEP(*(.vectors)) *(.text .text.*) *(.rodata .rodata.*) }} > flash
    .data : {{ *(.data .data.*) }} > ram AT > flash
    .bss : {{ *(.bss .bss.* COMMON) . = ALIGN(8); end = .; }} > ram
    /DISCARD/ : {{ *(.ARM.exidx* .ARM.extab*) }}
}}
"""


def build(
    sources: Sequence[str | Path],
    output: Path,
    *,
    core: str = "m7",
    board: str | Path | None = None,
    flags: Sequence[str] = DEFAULT_FLAGS,
    include: Sequence[str | Path] = (),
    float_abi: str = "hard",
) -> Path:
    """Compile and link C sources for `armsim.load`, with -g, and return the image.

    Args:
        sources: C or assembly files.
        output: the image to write; what it takes to link lies beside it.
        core: "m4", "m7" or a spelling of GCC's.
        board: whose flash and RAM to use; by default that of the core.
        flags: for the compiler, besides core and floating-point unit.
        include: folders of headers.
        float_abi: "hard", "softfp" or "soft".

    Raises:
        UsageError: there is no cross compiler, or it reports errors, which the message shows.
    """
    __tracebackhide__ = True
    if shutil.which(COMPILER) is None:
        raise UsageError(
            f"{COMPILER} is not installed; on Debian: apt-get install gcc-arm-none-eabi"
        )
    choice = parse_core(core)
    chosen = find_board(board) if board is not None else default_board(choice.core)
    output.parent.mkdir(parents=True, exist_ok=True)
    start, script = output.with_suffix(".start.c"), output.with_suffix(".ld")
    start.write_text(_START)
    script.write_text(_script(chosen))
    command = [
        COMPILER, *CORE_FLAGS[choice.core], "-mthumb", f"-mfloat-abi={float_abi}", "-g",
        *flags, *(f"-I{folder}" for folder in include), "-nostartfiles", "-T", str(script),
        str(start), *map(str, sources), "-lm", "-o", str(output),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UsageError(f"{COMPILER} failed:\n{done.stderr.rstrip()}")
    return output


def _script(board: Board) -> str:
    """Return a linker script for the board's boot flash and its largest run of RAM."""
    flash = next(region for region in board.regions if region.kind == "flash")
    runs: list[tuple[int, int]] = []
    for region in sorted((r for r in board.regions if r.writable), key=lambda r: r.base):
        if runs and sum(runs[-1]) == region.base:
            runs[-1] = (runs[-1][0], runs[-1][1] + region.size)
        else:
            runs.append((region.base, region.size))
    ram, size = max(runs, key=lambda run: run[1])
    return _SCRIPT.format(flash=flash.base, flash_size=flash.size, ram=ram, ram_size=size)
