"""An image that runs many sequences from many states and writes what they leave.

The harness takes (code, state) pairs from a table: it loads scratch memory, status and registers
from the state, runs the code, stores registers, status and scratch memory to the result area, and
at the end hands that to the host by semihosting. It uses no stack, so that SP can be anything.
"""

import struct
from collections.abc import Sequence as Many

from tests.differential import cases
from tests.differential.cases import SCRATCH, Sequence
from tests.machine.elf_writer import Elf, Load

SAVE, VARIABLES = 0x2000_1000, 0x2000_2000
PAIRS, STATES = 0x10_0000, 0x20_0000  # in the RAM at 0, above the code
CAPACITY = (PAIRS - cases.CODE) // cases.SLOT
RESULTS = {"m4": 0x2100_0000, "m7": 0x6000_0000}
RESULT_BYTES = 4 * cases.OUTPUT_WORDS
MOST_PAIRS = min((16 << 20) // RESULT_BYTES, (STATES - PAIRS) // 8 - 1)
MOST_STATES = (0x40_0000 - STATES) // (4 * cases.INPUT_WORDS)
ENTRY = 0x100


def wide(word: int) -> bytes:
    """Return a 32-bit instruction as it stands in memory."""
    return struct.pack("<HH", word >> 16, word & 0xFFFF)


def narrow(*words: int) -> bytes:
    """Return 16-bit instructions as they stand in memory."""
    return struct.pack(f"<{len(words)}H", *words)


def move_constant(register: int, value: int) -> tuple[int, int]:
    """Return MOVW and MOVT for a register."""
    pair = []
    for base, half in ((0xF240_0000, value & 0xFFFF), (0xF2C0_0000, value >> 16)):
        fields = half >> 12 << 16 | (half >> 11 & 1) << 26 | (half >> 8 & 7) << 12 | half & 0xFF
        pair.append(base | register << 8 | fields)
    return pair[0], pair[1]


def constant(register: int, value: int) -> bytes:
    """Return code that loads a constant."""
    return b"".join(wide(word) for word in move_constant(register, value))


def branch(at: int, target: int) -> int:
    """Return B.W from one address to another."""
    offset = target - at - 4
    sign = offset >> 31 & 1
    j1, j2 = (1 - ((offset >> bit & 1) ^ sign) for bit in (23, 22))
    fields = sign << 26 | (offset >> 12 & 0x3FF) << 16 | j1 << 13 | j2 << 11 | offset >> 1 & 0x7FF
    return 0xF000_9000 | fields


def _msr(special: int, register: int) -> bytes:
    return wide(0xF380_8800 | register << 16 | special)


def _mrs(register: int, special: int) -> bytes:
    return wide(0xF3EF_8000 | register << 8 | special)


def _listed(*registers: int) -> int:
    return sum(1 << register for register in registers)


def _ldmia(base: int, *registers: int) -> bytes:
    return wide(0xE8B0_0000 | base << 16 | _listed(*registers))


def _stmia(base: int, *registers: int) -> bytes:
    return wide(0xE8A0_0000 | base << 16 | _listed(*registers))


def _again(body: bytes, counter: int, count: int) -> bytes:
    """Return a loop: SUBS and BNE around the body."""
    back = -(len(body) + 2) - 4
    start = narrow(0x2000 | counter << 8 | count)
    return start + body + narrow(0x3801 | counter << 8, 0xD100 | back // 2 & 0xFF)


def _harness(results: int) -> tuple[bytes, int]:
    """Return the code and the address that a sequence goes on at."""
    start = b"".join((
        constant(0, 0xE000_ED88), constant(1, 0x00F0_0000), narrow(0x6001),  # CPACR: FPU on
        wide(0xF3BF_8F4F), wide(0xF3BF_8F6F), wide(0xEEF1_0A10),  # DSB, ISB, VMRS
        constant(4, VARIABLES),
        constant(0, PAIRS), constant(1, results), narrow(0x6020, 0x6061),
    ))  # fmt: skip
    copies = (1, 2, 3, 6, 7, 8, 9, 12)
    prepare = b"".join((
        constant(4, VARIABLES),
        narrow(0x6825, 0x682E, 0x686F, 0x3508, 0x6025),  # r5 = pair, r6 = code, r7 = state
        narrow(0x2E00),  # cmp r6, #0; BEQ follows
    ))  # fmt: skip
    run = b"".join((
        narrow(0x2000), _msr(16, 0), _msr(17, 0), _msr(19, 0), _msr(9, 0),
        narrow(0x2004), _msr(20, 0), wide(0xF3BF_8F6F),  # CONTROL = FPCA
        wide(0xF3BF_8F2F),  # CLREX
        wide(0xECB7_0A20),  # vldmia r7!, {s0-s31}
        _ldmia(7, 0, 1, 2, 3),
        wide(0xF107_0840), constant(9, SCRATCH),  # r8 = r7 + 64
    ))  # fmt: skip
    run += narrow(0x4692, 0x469B)  # mov r10, r2; mov r11, r3
    run += _again(_ldmia(8, 2, 3, 4, 12) + _stmia(9, 2, 3, 4, 12), 5, cases.SCRATCH_WORDS // 4)
    run += b"".join((
        wide(0xEEE1_0A10),  # vmsr fpscr, r0
        wide(0xF381_8C00),  # msr apsr_nzcvqg, r1
        narrow(0x46D5, 0x46DE, 0x4638, 0x4730),  # sp = r10, lr = r11, r0 = r7, bx r6
    ))  # fmt: skip
    finish = b"".join((
        _mrs(1, 0), wide(0xEEF1_2A10),  # r1 = APSR, r2 = FPSCR
        constant(4, VARIABLES), narrow(0x6865),  # r5 = result
        wide(0xECA5_0A20),  # vstmia r5!, {s0-s31}
        _mrs(3, 16), _mrs(6, 17), _mrs(7, 19), _mrs(8, 9), _mrs(9, 20),
        _stmia(5, 1, 2, 3, 6, 7, 8, 9),
        constant(0, SAVE),
        _ldmia(0, *copies[:7]), _stmia(5, *copies[:7]),
        _ldmia(0, *copies[:7]), _stmia(5, *copies[:7]),
        constant(0, SCRATCH),
        # Counted in R10: R0 to R7 hold data, so SUBS.W and BNE.
        wide(0xF04F_0A00 | cases.SCRATCH_WORDS // 8),
    ))  # fmt: skip
    copy = _ldmia(0, *copies) + _stmia(5, *copies) + wide(0xF1BA_0A01)
    finish += copy + narrow(0xD100 | -(len(copy) + 4) // 2 & 0xFF)
    finish += narrow(0x6065)  # str r5, [r4, #4]
    next_pair = ENTRY + len(start)
    beq_at = next_pair + len(prepare)
    end = beq_at + 4 + len(run)
    finish += wide(branch(end + len(finish), next_pair))
    done_at = end + len(finish)
    offset = done_at - beq_at - 4
    beq = 0xF000_8000 | (offset >> 12 & 0x3F) << 16 | offset >> 1 & 0x7FF
    opening, block, name = VARIABLES + 16, VARIABLES + 32, VARIABLES + 48
    done = b"".join((
        narrow(0x6865), constant(6, results), wide(0xEBA5_0506),  # r5 = length
        constant(0, int.from_bytes(b":tt\0", "little")), constant(1, name), narrow(0x6008),
        constant(2, opening), narrow(0x6011, 0x2004, 0x6050, 0x2003, 0x6090),  # w, 3 long
        narrow(0x2001, 0x4611, 0xBEAB),  # SYS_OPEN
        constant(1, block), narrow(0x6008, 0x604E, 0x608D, 0x2005, 0xBEAB),  # SYS_WRITE
        narrow(0x2018), constant(1, 0x2_0026), narrow(0xBEAB, 0xE7FE),  # SYS_EXIT
    ))  # fmt: skip
    return start + prepare + wide(beq) + run + finish + done, end


def slot_code(sequence: Sequence, end: int) -> bytes:
    """Return the bytes of a slot: take R0 to R12 from the state, run, save all but one."""
    spoiled = sequence.spoiled
    kept = [number for number in range(13) if number != spoiled]
    code = wide(0xE890_1FFF) + b"".join(item.code for item in sequence.items)
    code += constant(spoiled, SAVE) + _stmia(spoiled, *kept, 14)
    code += wide(0xF8C0_D000 | spoiled << 16)  # str.w sp, [spoiled]
    at = sequence.address + len(code)
    code += wide(branch(at, end))
    assert len(code) <= cases.SLOT, f"{sequence.seed} is {len(code)} bytes long"
    return code + sequence.pool[len(code) :]


PROLOGUE = 4  # bytes before the first instruction of a sequence


def build(
    core: str, sequences: Many[Sequence], states: Many[Many[int]], pairs: Many[tuple[int, int]]
) -> bytes:
    """Return an ELF file that runs (number of sequence, number of state) pairs in order."""
    assert len(pairs) <= MOST_PAIRS and len(states) <= MOST_STATES
    code, end = _harness(RESULTS[core])
    vectors = struct.pack("<II", 0x2001_0000, ENTRY | 1) + struct.pack("<I", FAULT | 1) * 14
    assert ENTRY + len(code) <= FAULT
    low = vectors.ljust(ENTRY, b"\0") + code
    low = low.ljust(FAULT, b"\0") + _fault_code()
    loads = [Load(0, low)]
    for sequence in sequences:
        loads.append(Load(sequence.address, slot_code(sequence, end)))
    table = b"".join(
        struct.pack("<II", sequences[s].address | 1, STATES + 4 * cases.INPUT_WORDS * t)
        for s, t in pairs
    )
    loads.append(Load(PAIRS, table + bytes(8)))
    loads.append(Load(STATES, b"".join(struct.pack(f"<{len(s)}I", *s) for s in states)))
    return Elf(loads=_merged(loads), entry=ENTRY | 1).build()


FAULT = 0x400


def _fault_code() -> bytes:
    """Return the handler of every exception: end with status 1."""
    return narrow(0x2018) + constant(1, 0x2_0023) + narrow(0xBEAB, 0xE7FE)


def _merged(loads: list[Load]) -> list[Load]:
    """Join pieces of the RAM at 0 that are near each other, so that there are few headers."""
    merged: list[Load] = []
    for load in sorted(loads, key=lambda one: one.address):
        last = merged[-1] if merged else None
        if last is not None and 0 <= load.address - last.address - len(last.data) < 4096:
            last.data = last.data.ljust(load.address - last.address, b"\0") + load.data
        else:
            merged.append(Load(load.address, load.data))
    return merged
