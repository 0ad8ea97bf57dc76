"""Bit fields, byte and bit order, counting, packing and selecting (manual A7.7)."""

from armsim.bits import (
    count_leading_zeros,
    mask,
    reverse_bits,
    reverse_bytes,
    sign_extend,
    signed,
    signed16,
)
from armsim.dsl import Timing, insn
from armsim.dsl.state import GE, reg, set_reg, slot

_INSERT = {"lsb": "imm3:imm2", "width": "msb + 1 - lsb"}
_EXTRACT = {"lsb": "imm3:imm2", "width": "widthm1 + 1"}
_ONE_SOURCE = "rm == again"  # the manual wants the source register named twice


@insn(
    "11110 0 11 0110 rn:gpr 0 imm3:3 rd:gpr imm2:2 0 msb:5",
    "bfi {rd}, {rn}, #{lsb}, #{width}",
    Timing.BITFIELD,
    operands=_INSERT,
    when="width > 0",
    roles={"rd": "rw"},
)
def bfi_t1(cpu, rd, rn, lsb, width):
    """Copy the low bits of a register into a bit field of another."""
    field = mask(width) << lsb
    set_reg(cpu, rd, (reg(cpu, rd) & ~field) | ((reg(cpu, rn) << lsb) & field))


@insn(
    "11110 0 11 0110 1111 0 imm3:3 rd:gpr imm2:2 0 msb:5",
    "bfc {rd}, #{lsb}, #{width}",
    Timing.BITFIELD,
    operands=_INSERT,
    when="width > 0",
    roles={"rd": "rw"},
)
def bfc_t1(cpu, rd, lsb, width):
    """Clear a bit field."""
    set_reg(cpu, rd, reg(cpu, rd) & ~(mask(width) << lsb))


@insn(
    "11110 0 11 1100 rn:gpr 0 imm3:3 rd:gpr imm2:2 0 widthm1:5",
    "ubfx {rd}, {rn}, #{lsb}, #{width}",
    Timing.BITFIELD,
    operands=_EXTRACT,
    when="lsb + width <= 32",
)
def ubfx_t1(cpu, rd, rn, lsb, width):
    """Copy a bit field to the low bits of another register."""
    set_reg(cpu, rd, (reg(cpu, rn) >> lsb) & mask(width))


@insn(
    "11110 0 11 0100 rn:gpr 0 imm3:3 rd:gpr imm2:2 0 widthm1:5",
    "sbfx {rd}, {rn}, #{lsb}, #{width}",
    Timing.BITFIELD,
    operands=_EXTRACT,
    when="lsb + width <= 32",
)
def sbfx_t1(cpu, rd, rn, lsb, width):
    """Copy a bit field to the low bits of another register and extend its sign."""
    set_reg(cpu, rd, sign_extend(reg(cpu, rn) >> lsb, width))


@insn("1011101000 rm:3 rd:3", "rev {rd}, {rm}", Timing.REVERSE, name="rev_t1")
@insn(
    "111110101001 again:gpr 1111 rd:gpr 1000 rm:gpr",
    "rev.w {rd}, {rm}",
    Timing.REVERSE,
    when=_ONE_SOURCE,
    name="rev_t2",
)
def rev(cpu, rd, rm):
    """Reverse the order of the bytes."""
    set_reg(cpu, rd, reverse_bytes(reg(cpu, rm)))


@insn("1011101001 rm:3 rd:3", "rev16 {rd}, {rm}", Timing.REVERSE, name="rev16_t1")
@insn(
    "111110101001 again:gpr 1111 rd:gpr 1001 rm:gpr",
    "rev16.w {rd}, {rm}",
    Timing.REVERSE,
    when=_ONE_SOURCE,
    name="rev16_t2",
)
def rev16(cpu, rd, rm):
    """Swap the bytes of each halfword."""
    value = reg(cpu, rm)
    set_reg(cpu, rd, (value & 0x00FF_00FF) << 8 | (value >> 8) & 0x00FF_00FF)


@insn("1011101011 rm:3 rd:3", "revsh {rd}, {rm}", Timing.REVERSE, name="revsh_t1")
@insn(
    "111110101001 again:gpr 1111 rd:gpr 1011 rm:gpr",
    "revsh.w {rd}, {rm}",
    Timing.REVERSE,
    when=_ONE_SOURCE,
    name="revsh_t2",
)
def revsh(cpu, rd, rm):
    """Swap the bytes of the low halfword and extend its sign."""
    value = reg(cpu, rm)
    set_reg(cpu, rd, signed16(value << 8 | (value >> 8) & 0xFF))


@insn(
    "111110101001 again:gpr 1111 rd:gpr 1010 rm:gpr",
    "rbit {rd}, {rm}",
    Timing.REVERSE,
    when=_ONE_SOURCE,
)
def rbit_t1(cpu, rd, rm):
    """Reverse the order of the bits."""
    set_reg(cpu, rd, reverse_bits(reg(cpu, rm)))


@insn(
    "111110101011 again:gpr 1111 rd:gpr 1000 rm:gpr",
    "clz {rd}, {rm}",
    Timing.COUNT,
    when=_ONE_SOURCE,
)
def clz_t1(cpu, rd, rm):
    """Count the zero bits above the highest one bit."""
    set_reg(cpu, rd, count_leading_zeros(reg(cpu, rm)))


@insn(
    "111010101100 rn:gpr 0 imm3:3 rd:gpr imm2:2 00 rm:gpr",
    "pkhbt {rd}, {rn}, {rm}, lsl #{shift_n}",
    Timing.PACK,
    operands={"shift_n": "imm3:imm2"},
    name="pkhbt_shifted_t1",
)
@insn(
    "111010101100 rn:gpr 0000 rd:gpr 0000 rm:gpr",
    "pkhbt {rd}, {rn}, {rm}",
    Timing.PACK,
    operands={"shift_n": "0"},
    instead_of="pkhbt_shifted_t1",
    name="pkhbt_t1",
)
def pkhbt(cpu, rd, rn, rm, shift_n):
    """Join the low half of a register and the high half of another shifted left."""
    set_reg(cpu, rd, (reg(cpu, rn) & 0xFFFF) | ((reg(cpu, rm) << shift_n) & 0xFFFF_0000))


@insn(
    "111010101100 rn:gpr 0 imm3:3 rd:gpr imm2:2 10 rm:gpr",
    "pkhtb {rd}, {rn}, {rm}, asr #{shift_n}",
    Timing.PACK,
    operands={"shift_n": "decode_imm_shift_amount(2, imm3:imm2)"},
)
def pkhtb_t1(cpu, rd, rn, rm, shift_n):
    """Join the high half of a register and the low half of another shifted right."""
    value = signed(reg(cpu, rm)) >> shift_n
    set_reg(cpu, rd, (reg(cpu, rn) & 0xFFFF_0000) | (value & 0xFFFF))


@insn("111110101010 rn:gpr 1111 rd:gpr 1000 rm:gpr", "sel {rd}, {rn}, {rm}", Timing.SELECT)
def sel_t1(cpu, rd, rn, rm):
    """Take each byte from the first register where its GE flag is set, else from the second."""
    ge = slot(cpu, GE)
    first = ((ge & 1) | (ge & 2) << 7 | (ge & 4) << 14 | (ge & 8) << 21) * 0xFF
    set_reg(cpu, rd, (reg(cpu, rn) & first) | (reg(cpu, rm) & ~first))
