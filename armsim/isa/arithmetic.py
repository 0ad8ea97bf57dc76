"""Addition, subtraction and comparison (manual A7.7.1 to A7.7.5, A7.7.27, A7.7.119, A7.7.174)."""

from armsim.bits import WORD
from armsim.dsl import Timing, insn
from armsim.dsl.state import branch, flag_c, reg, set_reg
from armsim.isa.helpers import add_with_carry, shift

_IMM12 = {"imm": "i:imm3:imm8"}
_MODIFIED = {"imm12": "i:imm3:imm8", "imm": "thumb_expand_imm(imm12)"}
_SHIFT = {
    "shift_t": "4 if type == 3 and imm3:imm2 == 0 else type",
    "shift_n": "1 if shift_t == 4 else decode_imm_shift_amount(type, imm3:imm2)",
}
_DEFINED = "modified_immediate_is_defined(imm12)"
_SP_ONLY_FROM_SP = "(rd != 13 or rn == 13)"
_SMALL_SP_SHIFT = "(rd != 13 or rn == 13 and shift_t == 0 and shift_n < 4)"


@insn("0001110 imm:3 rn:3 rd:3", "add{s} {rd}, {rn}, #{imm}", Timing.ALU, name="add_imm_t1")
@insn(
    "11110 i:1 01000 setflags:1 rn:nopc 0 imm3:3 rd:nopc imm8:8",
    "add{s}.w {rd}, {rn}, #{int imm}",
    Timing.ALU,
    operands=_MODIFIED,
    when=f"{_DEFINED} and {_SP_ONLY_FROM_SP}",
    name="add_imm_t3",
)
def add_imm(cpu, rd, rn, imm, setflags):
    """Add a constant."""
    set_reg(cpu, rd, add_with_carry(cpu, reg(cpu, rn), imm, 0, setflags))


@insn("00110 rdn:3 imm:8", "add{s} {rdn}, #{imm}", Timing.ALU)
def add_imm_t2(cpu, rdn, imm, setflags):
    """Add a constant to a register."""
    set_reg(cpu, rdn, add_with_carry(cpu, reg(cpu, rdn), imm, 0, setflags))


@insn(
    "11110 i:1 100000 rn:nopc 0 imm3:3 rd:nopc imm8:8",
    "addw {rd}, {rn}, #{imm}",
    Timing.ALU,
    operands=_IMM12,
    when=_SP_ONLY_FROM_SP,
)
def add_imm_t4(cpu, rd, rn, imm):
    """Add a 12-bit constant and leave the flags alone."""
    set_reg(cpu, rd, reg(cpu, rn) + imm)


@insn("0001100 rm:3 rn:3 rd:3", "add{s} {rd}, {rn}, {rm}", Timing.ALU)
def add_reg_t1(cpu, rd, rn, rm, setflags):
    """Add two registers."""
    set_reg(cpu, rd, add_with_carry(cpu, reg(cpu, rn), reg(cpu, rm), 0, setflags))


@insn(
    "01000100 high:1 rm:4 low:3",
    "add {rdn}, {rm}",
    Timing.ALU,
    operands={"rdn": "high:low"},
    when="rm != 13 and not (rdn == 15 and rm == 15)",
    name="add_reg_t2",
)
@insn(
    "01000100 high:1 1101 low:3",
    "add {rdn}, sp, {rdn}",
    Timing.ALU,
    operands={"rdn": "high:low", "rm": "13"},
    instead_of="add_reg_t2",
    name="add_sp_reg_t1",
)
def add_reg_any(cpu, rdn, rm):
    """Add registers, any of the sixteen, and leave the flags alone; a sum to PC is a branch."""
    result = (reg(cpu, rdn) + reg(cpu, rm)) & WORD
    if rdn == 15:
        branch(cpu, result)
    else:
        set_reg(cpu, rdn, result)


@insn(
    "11101011000 setflags:1 rn:nopc 0 imm3:3 rd:nopc imm2:2 type:2 rm:gpr",
    "add{s}.w {rd}, {rn}, {rm}{, shift}",
    Timing.ALU_SHIFTED,
    operands=_SHIFT,
    when=_SMALL_SP_SHIFT,
)
def add_reg_t3(cpu, rd, rn, rm, shift_t, shift_n, setflags):
    """Add a shifted register."""
    value = shift(cpu, reg(cpu, rm), shift_t, shift_n)
    set_reg(cpu, rd, add_with_carry(cpu, reg(cpu, rn), value, 0, setflags))


@insn(
    "10101 rd:3 imm8:8",
    "add {rd}, sp, #{imm}",
    Timing.ALU,
    operands={"imm": "imm8:00"},
    roles={"sp": "r"},
)
def add_sp_imm_t1(cpu, rd, imm):
    """Add a constant to SP into a register."""
    set_reg(cpu, rd, reg(cpu, 13) + imm)


@insn(
    "101100000 imm7:7",
    "add sp, #{imm}",
    Timing.ALU,
    operands={"imm": "imm7:00"},
    roles={"sp": "rw"},
)
def add_sp_imm_t2(cpu, imm):
    """Add a constant to SP."""
    set_reg(cpu, 13, reg(cpu, 13) + imm)


@insn(
    "10100 rd:3 imm8:8",
    "adr {rd}, #{imm}",
    Timing.ALU,
    operands={"imm": "imm8:00", "result": "word(align(pc, 4) + imm)"},
    name="adr_t1",
)
@insn(
    "11110 i:1 101010 1111 0 imm3:3 rd:gpr imm8:8",
    "subw {rd}, pc, #{imm}",
    Timing.ALU,
    operands={**_IMM12, "result": "word(align(pc, 4) - imm)"},
    name="adr_t2",
)
@insn(
    "11110 i:1 100000 1111 0 imm3:3 rd:gpr imm8:8",
    "addw {rd}, pc, #{imm}",
    Timing.ALU,
    operands={**_IMM12, "result": "word(align(pc, 4) + imm)"},
    name="adr_t3",
)
def adr(cpu, rd, result):
    """Form an address relative to PC."""
    set_reg(cpu, rd, result)


@insn(
    "11110 i:1 01010 setflags:1 rn:gpr 0 imm3:3 rd:gpr imm8:8",
    "adc{s} {rd}, {rn}, #{int imm}",
    Timing.ALU,
    operands=_MODIFIED,
    when=_DEFINED,
)
def adc_imm_t1(cpu, rd, rn, imm, setflags):
    """Add a constant and the carry flag."""
    set_reg(cpu, rd, add_with_carry(cpu, reg(cpu, rn), imm, flag_c(cpu), setflags))


@insn("0100000101 rm:3 rdn:3", "adc{s} {rdn}, {rm}", Timing.ALU)
def adc_reg_t1(cpu, rdn, rm, setflags):
    """Add with the carry flag."""
    result = add_with_carry(cpu, reg(cpu, rdn), reg(cpu, rm), flag_c(cpu), setflags)
    set_reg(cpu, rdn, result)


@insn(
    "11101011010 setflags:1 rn:gpr 0 imm3:3 rd:gpr imm2:2 type:2 rm:gpr",
    "adc{s}.w {rd}, {rn}, {rm}{, shift}",
    Timing.ALU_SHIFTED,
    operands=_SHIFT,
)
def adc_reg_t2(cpu, rd, rn, rm, shift_t, shift_n, setflags):
    """Add a shifted register and the carry flag."""
    value = shift(cpu, reg(cpu, rm), shift_t, shift_n)
    set_reg(cpu, rd, add_with_carry(cpu, reg(cpu, rn), value, flag_c(cpu), setflags))


@insn("0001111 imm:3 rn:3 rd:3", "sub{s} {rd}, {rn}, #{imm}", Timing.ALU, name="sub_imm_t1")
@insn(
    "11110 i:1 01101 setflags:1 rn:nopc 0 imm3:3 rd:nopc imm8:8",
    "sub{s}.w {rd}, {rn}, #{int imm}",
    Timing.ALU,
    operands=_MODIFIED,
    when=f"{_DEFINED} and {_SP_ONLY_FROM_SP}",
    name="sub_imm_t3",
)
def sub_imm(cpu, rd, rn, imm, setflags):
    """Subtract a constant."""
    set_reg(cpu, rd, add_with_carry(cpu, reg(cpu, rn), imm ^ WORD, 1, setflags))


@insn("00111 rdn:3 imm:8", "sub{s} {rdn}, #{imm}", Timing.ALU)
def sub_imm_t2(cpu, rdn, imm, setflags):
    """Subtract a constant from a register."""
    set_reg(cpu, rdn, add_with_carry(cpu, reg(cpu, rdn), imm ^ WORD, 1, setflags))


@insn(
    "11110 i:1 101010 rn:nopc 0 imm3:3 rd:nopc imm8:8",
    "subw {rd}, {rn}, #{imm}",
    Timing.ALU,
    operands=_IMM12,
    when=_SP_ONLY_FROM_SP,
)
def sub_imm_t4(cpu, rd, rn, imm):
    """Subtract a 12-bit constant and leave the flags alone."""
    set_reg(cpu, rd, reg(cpu, rn) - imm)


@insn("0001101 rm:3 rn:3 rd:3", "sub{s} {rd}, {rn}, {rm}", Timing.ALU)
def sub_reg_t1(cpu, rd, rn, rm, setflags):
    """Subtract registers."""
    set_reg(cpu, rd, add_with_carry(cpu, reg(cpu, rn), reg(cpu, rm) ^ WORD, 1, setflags))


@insn(
    "11101011101 setflags:1 rn:nopc 0 imm3:3 rd:nopc imm2:2 type:2 rm:gpr",
    "sub{s}.w {rd}, {rn}, {rm}{, shift}",
    Timing.ALU_SHIFTED,
    operands=_SHIFT,
    when=_SMALL_SP_SHIFT,
)
def sub_reg_t2(cpu, rd, rn, rm, shift_t, shift_n, setflags):
    """Subtract a shifted register."""
    value = shift(cpu, reg(cpu, rm), shift_t, shift_n) ^ WORD
    set_reg(cpu, rd, add_with_carry(cpu, reg(cpu, rn), value, 1, setflags))


@insn(
    "101100001 imm7:7",
    "sub sp, #{imm}",
    Timing.ALU,
    operands={"imm": "imm7:00"},
    roles={"sp": "rw"},
)
def sub_sp_imm_t1(cpu, imm):
    """Subtract a constant from SP."""
    set_reg(cpu, 13, reg(cpu, 13) - imm)


@insn(
    "11110 i:1 01011 setflags:1 rn:gpr 0 imm3:3 rd:gpr imm8:8",
    "sbc{s} {rd}, {rn}, #{int imm}",
    Timing.ALU,
    operands=_MODIFIED,
    when=_DEFINED,
)
def sbc_imm_t1(cpu, rd, rn, imm, setflags):
    """Subtract a constant and the borrow."""
    set_reg(cpu, rd, add_with_carry(cpu, reg(cpu, rn), imm ^ WORD, flag_c(cpu), setflags))


@insn("0100000110 rm:3 rdn:3", "sbc{s} {rdn}, {rm}", Timing.ALU)
def sbc_reg_t1(cpu, rdn, rm, setflags):
    """Subtract a register and the borrow."""
    result = add_with_carry(cpu, reg(cpu, rdn), reg(cpu, rm) ^ WORD, flag_c(cpu), setflags)
    set_reg(cpu, rdn, result)


@insn(
    "11101011011 setflags:1 rn:gpr 0 imm3:3 rd:gpr imm2:2 type:2 rm:gpr",
    "sbc{s}.w {rd}, {rn}, {rm}{, shift}",
    Timing.ALU_SHIFTED,
    operands=_SHIFT,
)
def sbc_reg_t2(cpu, rd, rn, rm, shift_t, shift_n, setflags):
    """Subtract a shifted register and the borrow."""
    value = shift(cpu, reg(cpu, rm), shift_t, shift_n) ^ WORD
    set_reg(cpu, rd, add_with_carry(cpu, reg(cpu, rn), value, flag_c(cpu), setflags))


@insn("0100001001 rn:3 rd:3", "rsb{s} {rd}, {rn}, #0", Timing.ALU)
def rsb_imm_t1(cpu, rd, rn, setflags):
    """Negate a register."""
    set_reg(cpu, rd, add_with_carry(cpu, reg(cpu, rn) ^ WORD, 0, 1, setflags))


@insn(
    "11110 i:1 01110 setflags:1 rn:gpr 0 imm3:3 rd:gpr imm8:8",
    "rsb{s}.w {rd}, {rn}, #{int imm}",
    Timing.ALU,
    operands=_MODIFIED,
    when=_DEFINED,
)
def rsb_imm_t2(cpu, rd, rn, imm, setflags):
    """Subtract a register from a constant."""
    set_reg(cpu, rd, add_with_carry(cpu, reg(cpu, rn) ^ WORD, imm, 1, setflags))


@insn(
    "11101011110 setflags:1 rn:gpr 0 imm3:3 rd:gpr imm2:2 type:2 rm:gpr",
    "rsb{s} {rd}, {rn}, {rm}{, shift}",
    Timing.ALU_SHIFTED,
    operands=_SHIFT,
)
def rsb_reg_t1(cpu, rd, rn, rm, shift_t, shift_n, setflags):
    """Subtract a register from a shifted register."""
    value = shift(cpu, reg(cpu, rm), shift_t, shift_n)
    set_reg(cpu, rd, add_with_carry(cpu, reg(cpu, rn) ^ WORD, value, 1, setflags))


@insn("00101 rn:3 imm:8", "cmp {rn}, #{imm}", Timing.ALU, name="cmp_imm_t1")
@insn(
    "11110 i:1 011011 rn:nopc 0 imm3:3 1111 imm8:8",
    "cmp.w {rn}, #{int imm}",
    Timing.ALU,
    operands=_MODIFIED,
    when=_DEFINED,
    name="cmp_imm_t2",
)
def cmp_imm(cpu, rn, imm):
    """Compare with a constant."""
    add_with_carry(cpu, reg(cpu, rn), imm ^ WORD, 1, 1)


@insn("0100001010 rm:3 rn:3", "cmp {rn}, {rm}", Timing.ALU, name="cmp_reg_t1")
@insn(
    "01000101 high:1 rm:nopc low:3",
    "cmp {rn}, {rm}",
    Timing.ALU,
    operands={"rn": "high:low"},
    when="rn != 15 and (rn > 7 or rm > 7)",
    name="cmp_reg_t2",
)
def cmp_reg(cpu, rn, rm):
    """Compare registers."""
    add_with_carry(cpu, reg(cpu, rn), reg(cpu, rm) ^ WORD, 1, 1)


@insn(
    "111010111011 rn:nopc 0 imm3:3 1111 imm2:2 type:2 rm:gpr",
    "cmp.w {rn}, {rm}{, shift}",
    Timing.ALU_SHIFTED,
    operands=_SHIFT,
)
def cmp_reg_t3(cpu, rn, rm, shift_t, shift_n):
    """Compare with a shifted register."""
    value = shift(cpu, reg(cpu, rm), shift_t, shift_n) ^ WORD
    add_with_carry(cpu, reg(cpu, rn), value, 1, 1)


@insn(
    "11110 i:1 010001 rn:nopc 0 imm3:3 1111 imm8:8",
    "cmn.w {rn}, #{int imm}",
    Timing.ALU,
    operands=_MODIFIED,
    when=_DEFINED,
)
def cmn_imm_t1(cpu, rn, imm):
    """Compare with a negated constant."""
    add_with_carry(cpu, reg(cpu, rn), imm, 0, 1)


@insn("0100001011 rm:3 rn:3", "cmn {rn}, {rm}", Timing.ALU)
def cmn_reg_t1(cpu, rn, rm):
    """Compare with a negated register."""
    add_with_carry(cpu, reg(cpu, rn), reg(cpu, rm), 0, 1)


@insn(
    "111010110001 rn:nopc 0 imm3:3 1111 imm2:2 type:2 rm:gpr",
    "cmn.w {rn}, {rm}{, shift}",
    Timing.ALU_SHIFTED,
    operands=_SHIFT,
)
def cmn_reg_t2(cpu, rn, rm, shift_t, shift_n):
    """Compare with a negated shifted register."""
    value = shift(cpu, reg(cpu, rm), shift_t, shift_n)
    add_with_carry(cpu, reg(cpu, rn), value, 0, 1)
