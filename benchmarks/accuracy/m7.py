"""Cortex-M7 against silicon: programs of others that the user has built.

Where nothing else is said, their code is in ITCM, their data in DTCM, caches are on; the words of
`cycles` are of calls after the first.
"""

from pathlib import Path

from benchmarks.accuracy.images import Figure, rows_of
from benchmarks.accuracy.rows import Row

BOARD = "nucleo-h743zi"
_AES = "jnk0le/cortexm-AES, STM32H743"
_CMSIS_NN = "CMSIS-NN paper, NUCLEO-F746ZG, 216 MHz"
_COMPILER = "compiler and exact memory map unknown: 10 %"
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


# firmware/cifar10 linked with Arm's kernels, for with ours it does other work than silicon did:
#     make -C firmware build/arm/nucleo-f746zg/cifar10.elf BUILD=build/arm KERNELS=<their library>
# Code in flash at 0x08000000, caches on, data from DTCM up; `cycles`: all, then each stage.
_MS = 216_000
NETWORK = {
    "m7-cifar10.elf": (
        Figure("CIFAR-10 CNN, an image", _CMSIS_NN, 99.1 * _MS, 0, 1, _COMPILER),
        Figure("its conv2, 5x5x32x32 on 16x16", _CMSIS_NN, 42.8 * _MS, 4, 1, _COMPILER),
        Figure("its first maxpool", _CMSIS_NN, 1.6 * _MS, 3, 1, _COMPILER),
    ),
}


def rows(folder: Path | None = None) -> list[Row]:
    """Return all rows, those of the images in a folder with our cycles."""
    return [
        *rows_of(folder, ASSEMBLY, "M7 assembly", BOARD),
        *rows_of(folder, COMPILED, "M7 compiled", BOARD),
        *rows_of(folder, NETWORK, "M7 network", "nucleo-f746zg"),
    ]
