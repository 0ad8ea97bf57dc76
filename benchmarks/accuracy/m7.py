"""Cortex-M7 against silicon: programs of others that the user has built.

Their code is in ITCM, their data in DTCM, caches are on; the words of `cycles` are of calls after
the first. The loops of our own are checked by tests/timing/test_cortex_m7_cycles.py.
"""

from pathlib import Path

from benchmarks.accuracy.images import Figure, rows_of
from benchmarks.accuracy.rows import Row

BOARD = "nucleo-h743zi"
_AES = "jnk0le/cortexm-AES, STM32H743"
ASSEMBLY = {
    "m7-aes.elf": (
        Figure("AES-128 CM7_1T key schedule", _AES, 139, 0),
        Figure("AES-128 CM7_1T encrypt", _AES, 292, 1),
    ),
}
COMPILED = {
    "m7-coremark.elf": (
        Figure("CoreMark, an iteration of 10, -O2", "eembc/coremark, i.MX RT1060", 248_900, 0, 10,
               "4.018 CoreMark/MHz; another compiler than ours"),
    ),
}  # fmt: skip


def rows(folder: Path | None = None) -> list[Row]:
    """Return all rows that can be had: those of images if a folder of them is named."""
    if folder is None:
        return []
    return [
        *rows_of(folder, ASSEMBLY, "M7 assembly", BOARD),
        *rows_of(folder, COMPILED, "M7 compiled", BOARD),
    ]
