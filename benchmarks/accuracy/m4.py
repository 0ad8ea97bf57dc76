"""Cortex-M4 against silicon: programs of others that the user has built.

How the measured ones were set up, which an image has to do as well (code in flash):
- `m4-chacha8.elf`: all of the accelerator on, 0 wait states, stack at the end of 128 KiB of RAM.
- `m4-aes-schwabe-stoffelen.elf`: the same, stack at the end of 112 KiB (SRAM1); tables in flash;
  256 keys, then 256 blocks in one loop, with what the loop in C takes, as their author has it.
- `m4-aes-0ws.elf`, `m4-aes-5ws.elf`: the same with tables, keys, data and stack in SRAM1; LATENCY 0
  and 5; each call measured for itself, after others of the same; CTR32 over 256 blocks.
- `m4-embench-NAME.elf`: accelerator off, 0 wait states, stack at the end of 128 KiB, soft float,
  -O2; memcpy and memset byte by byte, made with -Os: so are those of a newlib configured with
  --enable-target-optspace, as it was; cycles of `benchmark()` with GLOBAL_SCALE_FACTOR=1.
- `m4-mlperf-kws.elf`: as submitted, code and weights in flash.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.accuracy.images import Figure, rows_of
from benchmarks.accuracy.rows import Row

BOARD = "stm32f4-discovery"
CHACHA = "joostrijneveld/chacha-arm-cortex-m, STM32F407"
SCHWABE_STOFFELEN = "Ko-/aes-armcortexm, STM32F407"
JNK = "jnk0le/cortexm-AES, STM32F407"
EMBENCH = "embench/embench-iot, STM32F407, GCC 14.1"
TABLES = "data in flash meets code there, which is not modelled at 0 wait states"
COMPILER = "GCC 12.2 here; from that to GCC 13.2 these programs change by up to 1.6 %"
ASSEMBLY: Mapping[str, Sequence[Figure]] = {
    "m4-chacha8.elf": (Figure("ChaCha8 permutation, unrolled", CHACHA, 414),),
    "m4-aes-schwabe-stoffelen.elf": (
        Figure("AES-128 key expansion", SCHWABE_STOFFELEN, 244.9, 0, 256, TABLES),
        Figure("AES-128 encrypt, of 4096 bytes", SCHWABE_STOFFELEN, 634.7, 1, 256, TABLES),
    ),
    "m4-aes-0ws.elf": (
        Figure("AES-128 CM3_1T key schedule", JNK, 302, 0),
        Figure("AES-128 CM3_1T encrypt", JNK, 626, 1),
        Figure("AES-128 CM3_1T encrypt, unrolled", JNK, 601, 2),
        Figure("AES-128 CTR32, unrolled, a byte", JNK, 30.59, 3, 4096),
    ),
}
WAIT_STATES: Mapping[str, Sequence[Figure]] = {
    "m4-aes-5ws.elf": (
        Figure("AES-128 CM3_1T encrypt, unrolled", JNK, 715, 2),
        Figure("AES-128 CTR32, unrolled, a byte", JNK, 38.48, 3, 4096),
    ),
}


def _embench(name: str, silicon: float, runs: int) -> tuple[str, Sequence[Figure]]:
    return f"m4-embench-{name}.elf", (Figure(name, EMBENCH, silicon, 0, runs, COMPILER),)


COMPILED: Mapping[str, Sequence[Figure]] = dict(
    (
        _embench("crc32", 23_565, 170),
        _embench("matmult-int", 102_821, 39),
        _embench("edn", 49_457, 81),
        _embench("nettle-sha256", 7_114, 562),
        _embench("aha-mont64", 8_479, 472),
        _embench("huffbench", 363_000, 11),
    )
)
GROUPS = {
    "M4 assembly, 0 wait states": ASSEMBLY,
    "M4 assembly, 5 wait states": WAIT_STATES,
    "M4 compiled C (Embench)": COMPILED,
}

NETWORK: Mapping[str, Sequence[Figure]] = {
    "m4-mlperf-kws.elf": (
        Figure("DS-CNN S of MLPerf Tiny v1.1, microTVM with CMSIS-NN, an inference",
               "MLPerf Tiny, NUCLEO-L4R5ZI, 120 MHz, 5 wait states", 99.81e-3 * 120e6),
    ),
}  # fmt: skip


def rows(folder: Path | None = None) -> list[Row]:
    """Return all rows, those of the images in a folder with our cycles."""
    found = [
        row for group, images in GROUPS.items() for row in rows_of(folder, images, group, BOARD)
    ]
    return [*found, *rows_of(folder, NETWORK, "M4 network", "nucleo-l4r5zi")]
