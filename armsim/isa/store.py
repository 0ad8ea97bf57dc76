"""Stores of one register (manual A7.7.158 to A7.7.173)."""

from armsim.dsl import Timing, insn
from armsim.dsl.state import checked_address, reg, set_reg, store8, store16, store32
from armsim.isa.addressing import Access

_STR = Access("str", "0", "100", Timing.STORE, "nopc")
_STRB = Access("strb", "0", "000", Timing.STORE_NARROW, "gpr")
_STRH = Access("strh", "0", "010", Timing.STORE_NARROW, "gpr")


@insn("01100 imm5:5 rn:3 rt:3", "str {rt}, [{rn}{, #offset}]", Timing.STORE,
      operands={"offset": "imm5:00"}, name="str_imm_t1")  # fmt: skip
@insn("10010 rt:3 imm8:8", "str {rt}, [sp{, #offset}]", Timing.STORE,
      operands={"offset": "imm8:00", "rn": "13"}, name="str_imm_t2")  # fmt: skip
@_STR.offset
def str_imm(cpu, rt, rn, offset):
    """Store a word at a base plus a constant."""
    store32(cpu, reg(cpu, rn) + offset, reg(cpu, rt))


@_STR.pre
def str_pre(cpu, rt, rn, offset):
    """Move the base by a constant and store a word there."""
    address = reg(cpu, rn) + offset
    store32(cpu, address, reg(cpu, rt))
    set_reg(cpu, rn, address)


@_STR.post
def str_post(cpu, rt, rn, offset):
    """Store a word at a base and move the base by a constant."""
    address = reg(cpu, rn)
    store32(cpu, address, reg(cpu, rt))
    set_reg(cpu, rn, address + offset)


@insn("0101000 rm:3 rn:3 rt:3", "str {rt}, [{rn}, {rm}]", Timing.STORE,
      operands={"shift_n": "0"}, name="str_reg_t1")  # fmt: skip
@_STR.register
def str_reg(cpu, rt, rn, rm, shift_n):
    """Store a word at a base plus a shifted register."""
    store32(cpu, reg(cpu, rn) + (reg(cpu, rm) << shift_n), reg(cpu, rt))


@insn("01110 offset:5 rn:3 rt:3", "strb {rt}, [{rn}{, #offset}]", Timing.STORE_NARROW,
      name="strb_imm_t1")  # fmt: skip
@_STRB.offset
def strb_imm(cpu, rt, rn, offset):
    """Store a byte at a base plus a constant."""
    store8(cpu, reg(cpu, rn) + offset, reg(cpu, rt))


@_STRB.pre
def strb_pre(cpu, rt, rn, offset):
    """Move the base by a constant and store a byte there."""
    address = reg(cpu, rn) + offset
    store8(cpu, address, reg(cpu, rt))
    set_reg(cpu, rn, address)


@_STRB.post
def strb_post(cpu, rt, rn, offset):
    """Store a byte at a base and move the base by a constant."""
    address = reg(cpu, rn)
    store8(cpu, address, reg(cpu, rt))
    set_reg(cpu, rn, address + offset)


@insn("0101010 rm:3 rn:3 rt:3", "strb {rt}, [{rn}, {rm}]", Timing.STORE_NARROW,
      operands={"shift_n": "0"}, name="strb_reg_t1")  # fmt: skip
@_STRB.register
def strb_reg(cpu, rt, rn, rm, shift_n):
    """Store a byte at a base plus a shifted register."""
    store8(cpu, reg(cpu, rn) + (reg(cpu, rm) << shift_n), reg(cpu, rt))


@insn("10000 imm5:5 rn:3 rt:3", "strh {rt}, [{rn}{, #offset}]", Timing.STORE_NARROW,
      operands={"offset": "imm5:0"}, name="strh_imm_t1")  # fmt: skip
@_STRH.offset
def strh_imm(cpu, rt, rn, offset):
    """Store a halfword at a base plus a constant."""
    store16(cpu, reg(cpu, rn) + offset, reg(cpu, rt))


@_STRH.pre
def strh_pre(cpu, rt, rn, offset):
    """Move the base by a constant and store a halfword there."""
    address = reg(cpu, rn) + offset
    store16(cpu, address, reg(cpu, rt))
    set_reg(cpu, rn, address)


@_STRH.post
def strh_post(cpu, rt, rn, offset):
    """Store a halfword at a base and move the base by a constant."""
    address = reg(cpu, rn)
    store16(cpu, address, reg(cpu, rt))
    set_reg(cpu, rn, address + offset)


@insn("0101001 rm:3 rn:3 rt:3", "strh {rt}, [{rn}, {rm}]", Timing.STORE_NARROW,
      operands={"shift_n": "0"}, name="strh_reg_t1")  # fmt: skip
@_STRH.register
def strh_reg(cpu, rt, rn, rm, shift_n):
    """Store a halfword at a base plus a shifted register."""
    store16(cpu, reg(cpu, rn) + (reg(cpu, rm) << shift_n), reg(cpu, rt))


@_STR.unprivileged
def strt(cpu, rt, rn, offset):
    """Store a word with the rights of unprivileged code."""
    cpu.memory.store_unprivileged(checked_address(cpu, reg(cpu, rn) + offset, 4), 4, reg(cpu, rt))


@_STRB.unprivileged
def strbt(cpu, rt, rn, offset):
    """Store the low byte with the rights of unprivileged code."""
    cpu.memory.store_unprivileged(reg(cpu, rn) + offset, 1, reg(cpu, rt))


@_STRH.unprivileged
def strht(cpu, rt, rn, offset):
    """Store the low halfword with the rights of unprivileged code."""
    cpu.memory.store_unprivileged(checked_address(cpu, reg(cpu, rn) + offset, 2), 2, reg(cpu, rt))
