"""Loads and stores of several registers.

Manual A7.7.41, A7.7.50, A7.7.99 to A7.7.101, A7.7.159, A7.7.166.
The whole range is checked before the first effect, so an access that faults leaves the registers
as they were and the instruction can start again.
"""

from armsim.dsl import Timing, insn
from armsim.dsl.state import (
    bx_write_pc,
    check_branch,
    check_load,
    check_store,
    load32_aligned,
    reg,
    set_reg,
    store32_aligned,
)

_LIST = "registers & (registers - 1) != 0"
_LOAD_LIST = f"{_LIST} and registers & 0x2000 == 0 and registers & 0xC000 != 0xC000"
_STORE_LIST = f"{_LIST} and registers & 0xA000 == 0"
_BASE_NOT_IN_LIST = "registers >> rn & 1 == 0"


def bit_count(listed):
    """Return how many registers a 16-bit list names."""
    listed = listed - ((listed >> 1) & 0x5555)
    listed = (listed & 0x3333) + ((listed >> 2) & 0x3333)
    listed = (listed + (listed >> 4)) & 0x0F0F
    return (listed + (listed >> 8)) & 0x1F


def check_list(cpu, registers, address):
    """Trap unless the words can be read, and, with PC in the list, execution can go on there."""
    size = 4 * bit_count(registers)
    check_load(cpu, address, size)
    if registers >> 15 & 1:
        check_branch(cpu, load32_aligned(cpu, address + size - 4))


def load_registers(cpu, registers, address):
    """Load the listed registers from ascending words; PC last, as a branch."""
    for number in range(15):
        if registers >> number & 1:
            set_reg(cpu, number, load32_aligned(cpu, address))
            address += 4
    if registers >> 15 & 1:
        bx_write_pc(cpu, load32_aligned(cpu, address))


def store_registers(cpu, registers, address):
    """Store the listed registers to ascending words."""
    check_store(cpu, address, 4 * bit_count(registers))
    for number in range(15):
        if registers >> number & 1:
            store32_aligned(cpu, address, reg(cpu, number))
            address += 4


@insn("11001 rn:3 registers:8", "ldm {rn}{writeback}, {registers}", Timing.LOAD_MULTIPLE,
      operands={"writeback": "1 - (registers >> rn & 1)"}, when="registers != 0",
      name="ldm_t1")  # fmt: skip
@insn("111010001001 rn:nopc registers:16", "ldm.w {rn}, {registers}", Timing.LOAD_MULTIPLE,
      operands={"writeback": "0"}, when=_LOAD_LIST, name="ldm_t2")  # fmt: skip
@insn("111010001011 rn:gpr registers:16", "ldm.w {rn}!, {registers}", Timing.LOAD_MULTIPLE,
      operands={"writeback": "1"}, when=f"{_LOAD_LIST} and {_BASE_NOT_IN_LIST}",
      name="ldm_t2_writeback")  # fmt: skip
def ldm(cpu, rn, registers, writeback):
    """Load registers from ascending words and move the base past them if it is written back."""
    address = reg(cpu, rn)
    check_list(cpu, registers, address)
    if writeback:
        set_reg(cpu, rn, address + 4 * bit_count(registers))
    load_registers(cpu, registers, address)


@insn("111010010001 rn:nopc registers:16", "ldmdb {rn}, {registers}", Timing.LOAD_MULTIPLE,
      operands={"writeback": "0"}, when=_LOAD_LIST, name="ldmdb_t1")  # fmt: skip
@insn("111010010011 rn:nopc registers:16", "ldmdb {rn}!, {registers}", Timing.LOAD_MULTIPLE,
      operands={"writeback": "1"}, when=f"{_LOAD_LIST} and {_BASE_NOT_IN_LIST}",
      name="ldmdb_t1_writeback")  # fmt: skip
def ldmdb(cpu, rn, registers, writeback):
    """Load registers from the words below the base and move the base if it is written back."""
    address = reg(cpu, rn) - 4 * bit_count(registers)
    check_list(cpu, registers, address)
    if writeback:
        set_reg(cpu, rn, address)
    load_registers(cpu, registers, address)


@insn("1011110 p:1 low:8", "pop {registers}", Timing.LOAD_MULTIPLE,
      operands={"registers": "p << 15 | low"}, when="registers != 0", roles={"sp": "rw"},
      name="pop_t1")  # fmt: skip
@insn("1110100010111101 registers:16", "pop.w {registers}", Timing.LOAD_MULTIPLE,
      when=_LOAD_LIST, roles={"sp": "rw"}, name="pop_t2")  # fmt: skip
def pop(cpu, registers):
    """Load registers from the stack."""
    address = reg(cpu, 13)
    check_list(cpu, registers, address)
    set_reg(cpu, 13, address + 4 * bit_count(registers))
    load_registers(cpu, registers, address)


@insn("11000 rn:3 registers:8", "stm {rn}!, {registers}", Timing.STORE_MULTIPLE,
      operands={"writeback": "1"}, when="registers != 0", name="stm_t1")  # fmt: skip
@insn("111010001000 rn:nopc registers:16", "stm.w {rn}, {registers}", Timing.STORE_MULTIPLE,
      operands={"writeback": "0"}, when=_STORE_LIST, name="stm_t2")  # fmt: skip
@insn("111010001010 rn:nopc registers:16", "stm.w {rn}!, {registers}", Timing.STORE_MULTIPLE,
      operands={"writeback": "1"}, when=f"{_STORE_LIST} and {_BASE_NOT_IN_LIST}",
      name="stm_t2_writeback")  # fmt: skip
def stm(cpu, rn, registers, writeback):
    """Store registers to ascending words and move the base past them if it is written back."""
    address = reg(cpu, rn)
    store_registers(cpu, registers, address)
    if writeback:
        set_reg(cpu, rn, address + 4 * bit_count(registers))


@insn("111010010000 rn:nopc registers:16", "stmdb {rn}, {registers}", Timing.STORE_MULTIPLE,
      operands={"writeback": "0"}, when=_STORE_LIST, name="stmdb_t1")  # fmt: skip
@insn("111010010010 rn:gpr registers:16", "stmdb {rn}!, {registers}", Timing.STORE_MULTIPLE,
      operands={"writeback": "1"}, when=f"{_STORE_LIST} and {_BASE_NOT_IN_LIST}",
      name="stmdb_t1_writeback")  # fmt: skip
def stmdb(cpu, rn, registers, writeback):
    """Store registers to the words below the base and move the base if it is written back."""
    address = reg(cpu, rn) - 4 * bit_count(registers)
    store_registers(cpu, registers, address)
    if writeback:
        set_reg(cpu, rn, address)


@insn("1011010 m:1 low:8", "push {registers}", Timing.STORE_MULTIPLE,
      operands={"registers": "m << 14 | low"}, when="registers != 0", roles={"sp": "rw"},
      name="push_t1")  # fmt: skip
@insn("1110100100101101 registers:16", "push.w {registers}", Timing.STORE_MULTIPLE,
      when=_STORE_LIST, roles={"sp": "rw"}, name="push_t2")  # fmt: skip
def push(cpu, registers):
    """Store registers on the stack."""
    address = reg(cpu, 13) - 4 * bit_count(registers)
    store_registers(cpu, registers, address)
    set_reg(cpu, 13, address)


def load_pair(cpu, rt, rt2, address):
    """Load two registers from two words."""
    check_load(cpu, address, 8)
    first = load32_aligned(cpu, address)
    set_reg(cpu, rt2, load32_aligned(cpu, address + 4))
    set_reg(cpu, rt, first)


def store_pair(cpu, rt, rt2, address):
    """Store two registers to two words."""
    check_store(cpu, address, 8)
    store32_aligned(cpu, address, reg(cpu, rt))
    store32_aligned(cpu, address + 4, reg(cpu, rt2))


_PLUS, _MINUS = {"offset": "imm8:00"}, {"offset": "-(imm8:00)", "down": "imm8:00"}
_MOVES = "rn != rt and rn != rt2"


@insn("111010011101 rn:nopc rt:gpr rt2:gpr imm8:8", "ldrd {rt}, {rt2}, [{rn}{, #offset}]",
      Timing.LOAD_DOUBLE, operands=_PLUS, when="rt != rt2", name="ldrd_imm")  # fmt: skip
@insn("111010010101 rn:nopc rt:gpr rt2:gpr imm8:8", "ldrd {rt}, {rt2}, [{rn}, #-{hex down}]",
      Timing.LOAD_DOUBLE, operands=_MINUS, when="rt != rt2", name="ldrd_imm_minus")  # fmt: skip
def ldrd_imm(cpu, rt, rt2, rn, offset):
    """Load two registers at a base plus a constant."""
    load_pair(cpu, rt, rt2, reg(cpu, rn) + offset)


@insn("111010011111 rn:nopc rt:gpr rt2:gpr imm8:8", "ldrd {rt}, {rt2}, [{rn}, #{offset}]!",
      Timing.LOAD_DOUBLE, operands=_PLUS, when=f"rt != rt2 and {_MOVES}",
      roles={"rn": "rw"}, name="ldrd_pre")  # fmt: skip
@insn("111010010111 rn:nopc rt:gpr rt2:gpr imm8:8", "ldrd {rt}, {rt2}, [{rn}, #-{hex down}]!",
      Timing.LOAD_DOUBLE, operands=_MINUS, when=f"rt != rt2 and {_MOVES}",
      roles={"rn": "rw"}, name="ldrd_pre_minus")  # fmt: skip
def ldrd_pre(cpu, rt, rt2, rn, offset):
    """Move the base by a constant and load two registers there."""
    address = reg(cpu, rn) + offset
    load_pair(cpu, rt, rt2, address)
    set_reg(cpu, rn, address)


@insn("111010001111 rn:nopc rt:gpr rt2:gpr imm8:8", "ldrd {rt}, {rt2}, [{rn}], #{offset}",
      Timing.LOAD_DOUBLE, operands=_PLUS, when=f"rt != rt2 and {_MOVES}",
      roles={"rn": "rw"}, name="ldrd_post")  # fmt: skip
@insn("111010000111 rn:nopc rt:gpr rt2:gpr imm8:8", "ldrd {rt}, {rt2}, [{rn}], #-{down}",
      Timing.LOAD_DOUBLE, operands=_MINUS, when=f"rt != rt2 and {_MOVES}",
      roles={"rn": "rw"}, name="ldrd_post_minus")  # fmt: skip
def ldrd_post(cpu, rt, rt2, rn, offset):
    """Load two registers at a base and move the base by a constant."""
    address = reg(cpu, rn)
    load_pair(cpu, rt, rt2, address)
    set_reg(cpu, rn, address + offset)


@insn("1110100111011111 rt:gpr rt2:gpr imm8:8", "ldrd {rt}, {rt2}, [pc{, #offset}]",
      Timing.LOAD_DOUBLE, operands={"offset": "imm8:00", "address": "word(align(pc, 4) + offset)"},
      when="rt != rt2", name="ldrd_literal")  # fmt: skip
@insn("1110100101011111 rt:gpr rt2:gpr imm8:8", "ldrd {rt}, {rt2}, [pc, #-{hex down}]",
      Timing.LOAD_DOUBLE, operands={**_MINUS, "address": "word(align(pc, 4) + offset)"},
      when="rt != rt2", name="ldrd_literal_minus")  # fmt: skip
def ldrd_literal(cpu, rt, rt2, address):
    """Load two registers relative to PC."""
    load_pair(cpu, rt, rt2, address)


@insn("111010011100 rn:nopc rt:gpr rt2:gpr imm8:8", "strd {rt}, {rt2}, [{rn}{, #offset}]",
      Timing.STORE_DOUBLE, operands=_PLUS, name="strd_imm")  # fmt: skip
@insn("111010010100 rn:nopc rt:gpr rt2:gpr imm8:8", "strd {rt}, {rt2}, [{rn}, #-{hex down}]",
      Timing.STORE_DOUBLE, operands=_MINUS, name="strd_imm_minus")  # fmt: skip
def strd_imm(cpu, rt, rt2, rn, offset):
    """Store two registers at a base plus a constant."""
    store_pair(cpu, rt, rt2, reg(cpu, rn) + offset)


@insn("111010011110 rn:nopc rt:gpr rt2:gpr imm8:8", "strd {rt}, {rt2}, [{rn}, #{offset}]!",
      Timing.STORE_DOUBLE, operands=_PLUS, when=_MOVES, roles={"rn": "rw"},
      name="strd_pre")  # fmt: skip
@insn("111010010110 rn:nopc rt:gpr rt2:gpr imm8:8", "strd {rt}, {rt2}, [{rn}, #-{hex down}]!",
      Timing.STORE_DOUBLE, operands=_MINUS, when=_MOVES, roles={"rn": "rw"},
      name="strd_pre_minus")  # fmt: skip
def strd_pre(cpu, rt, rt2, rn, offset):
    """Move the base by a constant and store two registers there."""
    address = reg(cpu, rn) + offset
    store_pair(cpu, rt, rt2, address)
    set_reg(cpu, rn, address)


@insn("111010001110 rn:nopc rt:gpr rt2:gpr imm8:8", "strd {rt}, {rt2}, [{rn}], #{offset}",
      Timing.STORE_DOUBLE, operands=_PLUS, when=_MOVES, roles={"rn": "rw"},
      name="strd_post")  # fmt: skip
@insn("111010000110 rn:nopc rt:gpr rt2:gpr imm8:8", "strd {rt}, {rt2}, [{rn}], #-{down}",
      Timing.STORE_DOUBLE, operands=_MINUS, when=_MOVES, roles={"rn": "rw"},
      name="strd_post_minus")  # fmt: skip
def strd_post(cpu, rt, rt2, rn, offset):
    """Store two registers at a base and move the base by a constant."""
    address = reg(cpu, rn)
    store_pair(cpu, rt, rt2, address)
    set_reg(cpu, rn, address + offset)
