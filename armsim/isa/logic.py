"""Bitwise operations and tests: AND, BIC, ORR, ORN, EOR, TST, TEQ (manual A7.7)."""

from armsim.bits import WORD
from armsim.dsl import Timing, insn
from armsim.dsl.state import reg, set_reg
from armsim.isa.helpers import logic_result, logic_result_shifted, shift

_MODIFIED = {
    "imm12": "i:imm3:imm8",
    "imm": "thumb_expand_imm(imm12)",
    "carry": "expand_carry(imm12)",
}
_SHIFT = {
    "shift_t": "4 if type == 3 and imm3:imm2 == 0 else type",
    "shift_n": "1 if shift_t == 4 else decode_imm_shift_amount(type, imm3:imm2)",
}
_DEFINED = "modified_immediate_is_defined(imm12)"


@insn(
    "11110 i:1 00000 setflags:1 rn:gpr 0 imm3:3 rd:gpr imm8:8",
    "and{s} {rd}, {rn}, #{imm}",
    Timing.ALU,
    operands=_MODIFIED,
    when=_DEFINED,
)
def and_imm_t1(cpu, rd, rn, imm, carry, setflags):
    """And with a constant."""
    result = reg(cpu, rn) & imm
    logic_result(cpu, result, carry, setflags)
    set_reg(cpu, rd, result)


@insn("0100000000 rm:3 rdn:3", "and{s} {rdn}, {rm}", Timing.ALU)
def and_reg_t1(cpu, rdn, rm, setflags):
    """And two registers."""
    result = reg(cpu, rdn) & reg(cpu, rm)
    logic_result(cpu, result, 2, setflags)
    set_reg(cpu, rdn, result)


@insn(
    "11101010000 setflags:1 rn:gpr 0 imm3:3 rd:gpr imm2:2 type:2 rm:gpr",
    "and{s}.w {rd}, {rn}, {rm}{, shift}",
    Timing.ALU_SHIFTED,
    operands=_SHIFT,
)
def and_reg_t2(cpu, rd, rn, rm, shift_t, shift_n, setflags):
    """And with a shifted register."""
    value = reg(cpu, rm)
    result = reg(cpu, rn) & shift(cpu, value, shift_t, shift_n)
    logic_result_shifted(cpu, result, value, shift_t, shift_n, setflags)
    set_reg(cpu, rd, result)


@insn(
    "11110 i:1 00001 setflags:1 rn:gpr 0 imm3:3 rd:gpr imm8:8",
    "bic{s} {rd}, {rn}, #{imm}",
    Timing.ALU,
    operands=_MODIFIED,
    when=_DEFINED,
)
def bic_imm_t1(cpu, rd, rn, imm, carry, setflags):
    """Clear the bits of a constant."""
    result = reg(cpu, rn) & (imm ^ WORD)
    logic_result(cpu, result, carry, setflags)
    set_reg(cpu, rd, result)


@insn("0100001110 rm:3 rdn:3", "bic{s} {rdn}, {rm}", Timing.ALU)
def bic_reg_t1(cpu, rdn, rm, setflags):
    """Clear the bits of another register."""
    result = reg(cpu, rdn) & (reg(cpu, rm) ^ WORD)
    logic_result(cpu, result, 2, setflags)
    set_reg(cpu, rdn, result)


@insn(
    "11101010001 setflags:1 rn:gpr 0 imm3:3 rd:gpr imm2:2 type:2 rm:gpr",
    "bic{s}.w {rd}, {rn}, {rm}{, shift}",
    Timing.ALU_SHIFTED,
    operands=_SHIFT,
)
def bic_reg_t2(cpu, rd, rn, rm, shift_t, shift_n, setflags):
    """Clear the bits of a shifted register."""
    value = reg(cpu, rm)
    result = reg(cpu, rn) & (shift(cpu, value, shift_t, shift_n) ^ WORD)
    logic_result_shifted(cpu, result, value, shift_t, shift_n, setflags)
    set_reg(cpu, rd, result)


@insn(
    "11110 i:1 00010 setflags:1 rn:gpr 0 imm3:3 rd:gpr imm8:8",
    "orr{s} {rd}, {rn}, #{imm}",
    Timing.ALU,
    operands=_MODIFIED,
    when=_DEFINED,
)
def orr_imm_t1(cpu, rd, rn, imm, carry, setflags):
    """Or with a constant."""
    result = reg(cpu, rn) | imm
    logic_result(cpu, result, carry, setflags)
    set_reg(cpu, rd, result)


@insn("0100001100 rm:3 rdn:3", "orr{s} {rdn}, {rm}", Timing.ALU)
def orr_reg_t1(cpu, rdn, rm, setflags):
    """Or two registers."""
    result = reg(cpu, rdn) | reg(cpu, rm)
    logic_result(cpu, result, 2, setflags)
    set_reg(cpu, rdn, result)


@insn(
    "11101010010 setflags:1 rn:gpr 0 imm3:3 rd:gpr imm2:2 type:2 rm:gpr",
    "orr{s}.w {rd}, {rn}, {rm}{, shift}",
    Timing.ALU_SHIFTED,
    operands=_SHIFT,
)
def orr_reg_t2(cpu, rd, rn, rm, shift_t, shift_n, setflags):
    """Or with a shifted register."""
    value = reg(cpu, rm)
    result = reg(cpu, rn) | shift(cpu, value, shift_t, shift_n)
    logic_result_shifted(cpu, result, value, shift_t, shift_n, setflags)
    set_reg(cpu, rd, result)


@insn(
    "11110 i:1 00011 setflags:1 rn:gpr 0 imm3:3 rd:gpr imm8:8",
    "orn{s} {rd}, {rn}, #{int imm}",
    Timing.ALU,
    operands=_MODIFIED,
    when=_DEFINED,
)
def orn_imm_t1(cpu, rd, rn, imm, carry, setflags):
    """Or with the complement of a constant."""
    result = reg(cpu, rn) | (imm ^ WORD)
    logic_result(cpu, result, carry, setflags)
    set_reg(cpu, rd, result)


@insn(
    "11101010011 setflags:1 rn:gpr 0 imm3:3 rd:gpr imm2:2 type:2 rm:gpr",
    "orn{s} {rd}, {rn}, {rm}{, shift}",
    Timing.ALU_SHIFTED,
    operands=_SHIFT,
)
def orn_reg_t1(cpu, rd, rn, rm, shift_t, shift_n, setflags):
    """Or with the complement of a shifted register."""
    value = reg(cpu, rm)
    result = reg(cpu, rn) | (shift(cpu, value, shift_t, shift_n) ^ WORD)
    logic_result_shifted(cpu, result, value, shift_t, shift_n, setflags)
    set_reg(cpu, rd, result)


@insn(
    "11110 i:1 00100 setflags:1 rn:gpr 0 imm3:3 rd:gpr imm8:8",
    "eor{s} {rd}, {rn}, #{imm}",
    Timing.ALU,
    operands=_MODIFIED,
    when=_DEFINED,
)
def eor_imm_t1(cpu, rd, rn, imm, carry, setflags):
    """Exclusive-or with a constant."""
    result = reg(cpu, rn) ^ imm
    logic_result(cpu, result, carry, setflags)
    set_reg(cpu, rd, result)


@insn("0100000001 rm:3 rdn:3", "eor{s} {rdn}, {rm}", Timing.ALU)
def eor_reg_t1(cpu, rdn, rm, setflags):
    """Exclusive-or two registers."""
    result = reg(cpu, rdn) ^ reg(cpu, rm)
    logic_result(cpu, result, 2, setflags)
    set_reg(cpu, rdn, result)


@insn(
    "11101010100 setflags:1 rn:gpr 0 imm3:3 rd:gpr imm2:2 type:2 rm:gpr",
    "eor{s}.w {rd}, {rn}, {rm}{, shift}",
    Timing.ALU_SHIFTED,
    operands=_SHIFT,
)
def eor_reg_t2(cpu, rd, rn, rm, shift_t, shift_n, setflags):
    """Exclusive-or with a shifted register."""
    value = reg(cpu, rm)
    result = reg(cpu, rn) ^ shift(cpu, value, shift_t, shift_n)
    logic_result_shifted(cpu, result, value, shift_t, shift_n, setflags)
    set_reg(cpu, rd, result)


@insn(
    "11110 i:1 000001 rn:gpr 0 imm3:3 1111 imm8:8",
    "tst.w {rn}, #{int imm}",
    Timing.ALU,
    operands=_MODIFIED,
    when=_DEFINED,
)
def tst_imm_t1(cpu, rn, imm, carry):
    """Set the flags of an and with a constant."""
    logic_result(cpu, reg(cpu, rn) & imm, carry, 1)


@insn("0100001000 rm:3 rn:3", "tst {rn}, {rm}", Timing.ALU)
def tst_reg_t1(cpu, rn, rm):
    """Set the flags of an and of two registers."""
    logic_result(cpu, reg(cpu, rn) & reg(cpu, rm), 2, 1)


@insn(
    "111010100001 rn:gpr 0 imm3:3 1111 imm2:2 type:2 rm:gpr",
    "tst.w {rn}, {rm}{, shift}",
    Timing.ALU_SHIFTED,
    operands=_SHIFT,
)
def tst_reg_t2(cpu, rn, rm, shift_t, shift_n):
    """Set the flags of an and with a shifted register."""
    value = reg(cpu, rm)
    result = reg(cpu, rn) & shift(cpu, value, shift_t, shift_n)
    logic_result_shifted(cpu, result, value, shift_t, shift_n, 1)


@insn(
    "11110 i:1 001001 rn:gpr 0 imm3:3 1111 imm8:8",
    "teq.w {rn}, #{int imm}",
    Timing.ALU,
    operands=_MODIFIED,
    when=_DEFINED,
)
def teq_imm_t1(cpu, rn, imm, carry):
    """Set the flags of an exclusive-or with a constant."""
    logic_result(cpu, reg(cpu, rn) ^ imm, carry, 1)


@insn(
    "111010101001 rn:gpr 0 imm3:3 1111 imm2:2 type:2 rm:gpr",
    "teq.w {rn}, {rm}{, shift}",
    Timing.ALU_SHIFTED,
    operands=_SHIFT,
)
def teq_reg_t1(cpu, rn, rm, shift_t, shift_n):
    """Set the flags of an exclusive-or with a shifted register."""
    value = reg(cpu, rm)
    result = reg(cpu, rn) ^ shift(cpu, value, shift_t, shift_n)
    logic_result_shifted(cpu, result, value, shift_t, shift_n, 1)
