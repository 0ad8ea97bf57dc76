"""Shifts and rotations: LSL, LSR, ASR, ROR, RRX (manual A7.7)."""

from armsim.bits import WORD, ror, signed
from armsim.dsl import Timing, insn
from armsim.dsl.state import flag_c, reg, set_reg
from armsim.isa.helpers import ASR, LSL, LSR, ROR, logic_result, shift_by_register

_IMM5 = {"imm5": "imm3:imm2"}
_BY_1_TO_31 = {**_IMM5, "shift_n": "imm5"}
_BY_1_TO_32 = {**_IMM5, "shift_n": "decode_imm_shift_amount(1, imm5)"}


@insn("00000 shift_n:5 rm:3 rd:3", "lsl{s} {rd}, {rm}, #{shift_n}", Timing.SHIFT, name="lsl_imm_t1")
@insn(
    "11101010010 setflags:1 1111 0 imm3:3 rd:gpr imm2:2 00 rm:gpr",
    "lsl{s}.w {rd}, {rm}, #{shift_n}",
    Timing.SHIFT,
    operands=_BY_1_TO_31,
    name="lsl_imm_t2",
)
def lsl_imm(cpu, rd, rm, shift_n, setflags):
    """Shift left by a constant."""
    value = reg(cpu, rm)
    result = (value << shift_n) & WORD
    logic_result(cpu, result, (value >> (32 - shift_n)) & 1, setflags)
    set_reg(cpu, rd, result)


@insn(
    "00001 imm5:5 rm:3 rd:3",
    "lsr{s} {rd}, {rm}, #{shift_n}",
    Timing.SHIFT,
    operands={"shift_n": "decode_imm_shift_amount(1, imm5)"},
    name="lsr_imm_t1",
)
@insn(
    "11101010010 setflags:1 1111 0 imm3:3 rd:gpr imm2:2 01 rm:gpr",
    "lsr{s}.w {rd}, {rm}, #{shift_n}",
    Timing.SHIFT,
    operands=_BY_1_TO_32,
    name="lsr_imm_t2",
)
def lsr_imm(cpu, rd, rm, shift_n, setflags):
    """Shift right by a constant, filling with zeros."""
    value = reg(cpu, rm)
    result = value >> shift_n
    logic_result(cpu, result, (value >> (shift_n - 1)) & 1, setflags)
    set_reg(cpu, rd, result)


@insn(
    "00010 imm5:5 rm:3 rd:3",
    "asr{s} {rd}, {rm}, #{shift_n}",
    Timing.SHIFT,
    operands={"shift_n": "decode_imm_shift_amount(2, imm5)"},
    name="asr_imm_t1",
)
@insn(
    "11101010010 setflags:1 1111 0 imm3:3 rd:gpr imm2:2 10 rm:gpr",
    "asr{s}.w {rd}, {rm}, #{shift_n}",
    Timing.SHIFT,
    operands=_BY_1_TO_32,
    name="asr_imm_t2",
)
def asr_imm(cpu, rd, rm, shift_n, setflags):
    """Shift right by a constant, filling with the sign."""
    value = signed(reg(cpu, rm))
    result = (value >> shift_n) & WORD
    logic_result(cpu, result, (value >> (shift_n - 1)) & 1, setflags)
    set_reg(cpu, rd, result)


@insn(
    "11101010010 setflags:1 1111 0 imm3:3 rd:gpr imm2:2 11 rm:gpr",
    "ror{s}.w {rd}, {rm}, #{shift_n}",
    Timing.SHIFT,
    operands=_BY_1_TO_31,
)
def ror_imm_t1(cpu, rd, rm, shift_n, setflags):
    """Rotate right by a constant."""
    result = ror(reg(cpu, rm), shift_n)
    logic_result(cpu, result, result >> 31, setflags)
    set_reg(cpu, rd, result)


@insn(
    "11101010010 setflags:1 1111 0000 rd:gpr 0011 rm:gpr",
    "rrx{s} {rd}, {rm}",
    Timing.SHIFT,
    instead_of="ror_imm_t1",
)
def rrx_t1(cpu, rd, rm, setflags):
    """Rotate right by one through the carry flag."""
    value = reg(cpu, rm)
    result = value >> 1 | flag_c(cpu) << 31
    logic_result(cpu, result, value & 1, setflags)
    set_reg(cpu, rd, result)


@insn(
    "0100000010 rm:3 rdn:3",
    "lsl{s} {rdn}, {rm}",
    Timing.SHIFT,
    operands={"rd": "rdn", "rn": "rdn"},
    name="lsl_reg_t1",
)
@insn(
    "11111010000 setflags:1 rn:gpr 1111 rd:gpr 0000 rm:gpr",
    "lsl{s}.w {rd}, {rn}, {rm}",
    Timing.SHIFT,
    name="lsl_reg_t2",
)
def lsl_reg(cpu, rd, rn, rm, setflags):
    """Shift left by the low byte of a register."""
    set_reg(cpu, rd, shift_by_register(cpu, reg(cpu, rn), LSL, reg(cpu, rm), setflags))


@insn(
    "0100000011 rm:3 rdn:3",
    "lsr{s} {rdn}, {rm}",
    Timing.SHIFT,
    operands={"rd": "rdn", "rn": "rdn"},
    name="lsr_reg_t1",
)
@insn(
    "11111010001 setflags:1 rn:gpr 1111 rd:gpr 0000 rm:gpr",
    "lsr{s}.w {rd}, {rn}, {rm}",
    Timing.SHIFT,
    name="lsr_reg_t2",
)
def lsr_reg(cpu, rd, rn, rm, setflags):
    """Shift right by the low byte of a register, filling with zeros."""
    set_reg(cpu, rd, shift_by_register(cpu, reg(cpu, rn), LSR, reg(cpu, rm), setflags))


@insn(
    "0100000100 rm:3 rdn:3",
    "asr{s} {rdn}, {rm}",
    Timing.SHIFT,
    operands={"rd": "rdn", "rn": "rdn"},
    name="asr_reg_t1",
)
@insn(
    "11111010010 setflags:1 rn:gpr 1111 rd:gpr 0000 rm:gpr",
    "asr{s}.w {rd}, {rn}, {rm}",
    Timing.SHIFT,
    name="asr_reg_t2",
)
def asr_reg(cpu, rd, rn, rm, setflags):
    """Shift right by the low byte of a register, filling with the sign."""
    set_reg(cpu, rd, shift_by_register(cpu, reg(cpu, rn), ASR, reg(cpu, rm), setflags))


@insn(
    "0100000111 rm:3 rdn:3",
    "ror{s} {rdn}, {rm}",
    Timing.SHIFT,
    operands={"rd": "rdn", "rn": "rdn"},
    name="ror_reg_t1",
)
@insn(
    "11111010011 setflags:1 rn:gpr 1111 rd:gpr 0000 rm:gpr",
    "ror{s}.w {rd}, {rn}, {rm}",
    Timing.SHIFT,
    name="ror_reg_t2",
)
def ror_reg(cpu, rd, rn, rm, setflags):
    """Rotate right by the low byte of a register."""
    set_reg(cpu, rd, shift_by_register(cpu, reg(cpu, rn), ROR, reg(cpu, rm), setflags))
