"""Single 32-bit words in QEMU: which ones it executes and which are undefined to it.

Every word stands in a place of its own; all registers point into RAM. A fault of any kind is
noted, with the fault status, and the next word goes on.
"""

import struct
import subprocess
import tempfile
from collections.abc import Sequence as Many
from pathlib import Path

from tests.differential import machines
from tests.differential.image import (
    RESULTS,
    branch,
    constant,
    narrow,
    wide,
)
from tests.machine.elf_writer import Elf, Load

CODE, SPACING, ENTRY, HANDLER = 0x4000, 8, 0x100, 0x400
MOST = (0x30_0000 - CODE) // SPACING
TABLE = 0x30_0000
DATA, VARIABLES, STACK = 0x2000_8000, 0x2010_0000, 0x2010_1000
UNDEFINSTR, NOCP = 1 << 16, 1 << 19


def _msr(special: int) -> bytes:
    return wide(0xF380_8800 | special)


def _harness(results: int, count: int) -> tuple[bytes, bytes, int]:
    """Return the code at ENTRY, the handler, and where a word goes on that does not fault."""
    start = b"".join((
        constant(0, 0xE000_ED88), constant(1, 0x00F0_0000), narrow(0x6001),  # CPACR: FPU on
        constant(0, 0xE000_EF34), narrow(0x2100, 0x6001),  # FPCCR: plain exception frames
        wide(0xF3BF_8F4F), wide(0xF3BF_8F6F),
        constant(4, VARIABLES), constant(0, TABLE), constant(1, results), narrow(0x6020, 0x6061),
    ))  # fmt: skip
    following = ENTRY + len(start)
    take = constant(4, VARIABLES) + narrow(0x6825, 0x682E, 0x3504, 0x6025, 0x2E00)
    run = b"".join((
        narrow(0x2000), _msr(16), _msr(17), _msr(19), _msr(20), wide(0xF3BF_8F6F),
        constant(0, DATA), wide(0xF8C0_6FFC),  # str.w r6, [r0, #0xffc]
        *(narrow(0x4600 | (number & 8) << 4 | number & 7) for number in range(1, 13)),
        narrow(0x4685, 0x4686), wide(0xF8D0_FFFC),  # sp = lr = r0; ldr.w pc, [r0, #0xffc]
    ))  # fmt: skip
    good_at = following + len(take) + 4 + len(run)
    note = constant(4, VARIABLES) + narrow(0x6865, 0x6029, 0x3504, 0x6065)
    good = narrow(0x2100) + note
    good += wide(branch(good_at + len(good), following))
    done_at = good_at + len(good)
    offset = done_at - (following + len(take)) - 4
    beq = wide(0xF000_8000 | (offset >> 12 & 0x3F) << 16 | offset >> 1 & 0x7FF)
    opening, block, name = VARIABLES + 16, VARIABLES + 32, VARIABLES + 48
    done = b"".join((
        constant(6, results), constant(5, 4 * count),
        constant(0, int.from_bytes(b":tt\0", "little")), constant(1, name), narrow(0x6008),
        constant(2, opening), narrow(0x6011, 0x2004, 0x6050, 0x2003, 0x6090),
        narrow(0x2001, 0x4611, 0xBEAB),
        constant(1, block), narrow(0x6008, 0x604E, 0x608D, 0x2005, 0xBEAB),
        narrow(0x2018), constant(1, 0x2_0026), narrow(0xBEAB, 0xE7FE),
    ))  # fmt: skip
    handler = b"".join((
        constant(0, 0xE000_ED28), narrow(0x6801, 0x6001),  # r1 = CFSR; clear it
        wide(0xF041_0102),  # a fault without cause is noted as 2
        note,
        constant(0, STACK), constant(1, following), narrow(0x6181), constant(1, 1 << 24),
        narrow(0x61C1, 0x4685), wide(0xF06F_0E06), narrow(0x4770),  # return to thread mode
    ))  # fmt: skip
    return start + take + beq + run + good + done, handler, good_at


HANGS = 4  # in place of a fault status: the word keeps QEMU from going on
CHUNK, PATIENCE = 16384, 5


def statuses(core: str, words: Many[int]) -> list[int]:
    """Return for each word 0, HANGS, or the fault status with which QEMU refused it."""
    found: list[int] = []
    for at in range(0, len(words), CHUNK):
        found += _patiently(core, words[at : at + CHUNK])
    return found


def _patiently(core: str, words: Many[int]) -> list[int]:
    try:
        return _statuses(core, words)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        if len(words) == 1:
            return [HANGS]
    half = len(words) // 2
    return _patiently(core, words[:half]) + _patiently(core, words[half:])


def _statuses(core: str, words: Many[int]) -> list[int]:
    assert len(words) <= MOST
    code, handler, good = _harness(RESULTS[core], len(words))
    vectors = struct.pack("<II", STACK, ENTRY | 1) + struct.pack("<I", HANDLER | 1) * 14
    low = (vectors.ljust(ENTRY, b"\0") + code).ljust(HANDLER, b"\0") + handler
    places = [CODE + SPACING * k for k in range(len(words))]
    body = b"".join(
        wide(word) + wide(branch(at + 4, good)) for at, word in zip(places, words, strict=True)
    )
    table = b"".join(struct.pack("<I", at | 1) for at in places) + bytes(4)
    elf = Elf(loads=[Load(0, low), Load(CODE, body), Load(TABLE, table)], entry=ENTRY | 1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "words.elf")
        path.write_bytes(elf.build())
        assert machines.QEMU is not None
        found = subprocess.run(
            machines.qemu_command(core, path), stdin=subprocess.DEVNULL, capture_output=True,
            timeout=PATIENCE, check=True,
        )  # fmt: skip
    assert len(found.stdout) == 4 * len(words), found.stderr
    return list(struct.unpack(f"<{len(words)}I", found.stdout))
