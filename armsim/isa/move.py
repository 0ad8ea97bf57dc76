"""Moves between registers and from constants: MOV, MOVT, MVN (manual A7.7)."""

from armsim.bits import WORD
from armsim.dsl import Timing, insn
from armsim.dsl.state import branch, reg, set_reg
from armsim.isa.helpers import logic_result, logic_result_shifted, shift

_MODIFIED = {
    "imm12": "i:imm3:imm8",
    "imm": "thumb_expand_imm(imm12)",
    "carry": "expand_carry(imm12)",
}
_IMM16 = {"imm": "imm4:i:imm3:imm8"}
_SHIFT = {
    "shift_t": "4 if type == 3 and imm3:imm2 == 0 else type",
    "shift_n": "1 if shift_t == 4 else decode_imm_shift_amount(type, imm3:imm2)",
}
_DEFINED = "modified_immediate_is_defined(imm12)"
_ONE_SP_WITHOUT_FLAGS = "rd != 13 and rm != 13 or setflags == 0 and rd != rm"


@insn(
    "00100 rd:3 imm:8",
    "mov{s} {rd}, #{imm}",
    Timing.ALU,
    operands={"carry": "2"},
    name="mov_imm_t1",
)
@insn(
    "11110 i:1 00010 setflags:1 1111 0 imm3:3 rd:gpr imm8:8",
    "mov{s}.w {rd}, #{int imm}",
    Timing.ALU,
    operands=_MODIFIED,
    when=_DEFINED,
    name="mov_imm_t2",
)
def mov_imm(cpu, rd, imm, carry, setflags):
    """Load a constant."""
    logic_result(cpu, imm, carry, setflags)
    set_reg(cpu, rd, imm)


@insn(
    "11110 i:1 100100 imm4:4 0 imm3:3 rd:gpr imm8:8",
    "movw {rd}, #{imm}",
    Timing.ALU,
    operands=_IMM16,
)
def mov_imm_t3(cpu, rd, imm):
    """Load a 16-bit constant and leave the flags alone."""
    set_reg(cpu, rd, imm)


@insn(
    "11110 i:1 101100 imm4:4 0 imm3:3 rd:gpr imm8:8",
    "movt {rd}, #{imm}",
    Timing.ALU,
    operands=_IMM16,
    roles={"rd": "rw"},
)
def movt_t1(cpu, rd, imm):
    """Load a 16-bit constant into the high half of a register and leave the low half alone."""
    set_reg(cpu, rd, imm << 16 | reg(cpu, rd) & 0xFFFF)


@insn("01000110 high:1 rm:4 low:3", "mov {rd}, {rm}", Timing.ALU, operands={"rd": "high:low"})
def mov_reg_t1(cpu, rd, rm):
    """Copy a register, any of the sixteen, and leave the flags alone; a copy to PC is a branch."""
    if rd == 15:
        branch(cpu, reg(cpu, rm))
    else:
        set_reg(cpu, rd, reg(cpu, rm))


@insn(
    "0000000000 rm:3 rd:3",
    "mov{s} {rd}, {rm}",
    Timing.ALU,
    instead_of="lsl_imm_t1",
    name="mov_reg_t2",
)
@insn(
    "11101010010 setflags:1 1111 0000 rd:nopc 0000 rm:nopc",
    "mov{s}.w {rd}, {rm}",
    Timing.ALU,
    when=_ONE_SP_WITHOUT_FLAGS,
    instead_of="lsl_imm_t2",
    name="mov_reg_t3",
)
def mov_reg(cpu, rd, rm, setflags):
    """Copy a register."""
    result = reg(cpu, rm)
    logic_result(cpu, result, 2, setflags)
    set_reg(cpu, rd, result)


@insn(
    "11110 i:1 00011 setflags:1 1111 0 imm3:3 rd:gpr imm8:8",
    "mvn{s} {rd}, #{imm}",
    Timing.ALU,
    operands=_MODIFIED,
    when=_DEFINED,
)
def mvn_imm_t1(cpu, rd, imm, carry, setflags):
    """Load the complement of a constant."""
    result = imm ^ WORD
    logic_result(cpu, result, carry, setflags)
    set_reg(cpu, rd, result)


@insn("0100001111 rm:3 rd:3", "mvn{s} {rd}, {rm}", Timing.ALU)
def mvn_reg_t1(cpu, rd, rm, setflags):
    """Complement a register."""
    result = reg(cpu, rm) ^ WORD
    logic_result(cpu, result, 2, setflags)
    set_reg(cpu, rd, result)


@insn(
    "11101010011 setflags:1 1111 0 imm3:3 rd:gpr imm2:2 type:2 rm:gpr",
    "mvn{s}.w {rd}, {rm}{, shift}",
    Timing.ALU_SHIFTED,
    operands=_SHIFT,
)
def mvn_reg_t2(cpu, rd, rm, shift_t, shift_n, setflags):
    """Complement a shifted register."""
    value = reg(cpu, rm)
    result = shift(cpu, value, shift_t, shift_n) ^ WORD
    logic_result_shifted(cpu, result, value, shift_t, shift_n, setflags)
    set_reg(cpu, rd, result)
