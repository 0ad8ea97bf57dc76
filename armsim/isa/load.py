"""Loads of one register (manual A7.7.42 to A7.7.66) and preload hints (A7.7.95 to A7.7.98)."""

from armsim.bits import signed8, signed16
from armsim.dsl import Timing, insn
from armsim.dsl.state import (
    bx_write_pc,
    checked_address,
    load8,
    load16,
    load32,
    load32_aligned,
    reg,
    set_reg,
)
from armsim.isa.addressing import Access

_LDR = Access("ldr", "0", "101", Timing.LOAD, "4")
_LDRB = Access("ldrb", "0", "001", Timing.LOAD_NARROW, "gpr")
_LDRH = Access("ldrh", "0", "011", Timing.LOAD_NARROW, "gpr")
_LDRSB = Access("ldrsb", "1", "001", Timing.LOAD_NARROW, "gpr")
_LDRSH = Access("ldrsh", "1", "011", Timing.LOAD_NARROW, "gpr")


def load_word(cpu, rt, address):
    """Load a word into a register; into PC it is a branch, and must be aligned."""
    if rt == 15:
        bx_write_pc(cpu, load32_aligned(cpu, address))
    else:
        set_reg(cpu, rt, load32(cpu, address))


@insn("01101 imm5:5 rn:3 rt:3", "ldr {rt}, [{rn}{, #offset}]", Timing.LOAD,
      operands={"offset": "imm5:00"}, name="ldr_imm_t1")  # fmt: skip
@insn("10011 rt:3 imm8:8", "ldr {rt}, [sp{, #offset}]", Timing.LOAD,
      operands={"offset": "imm8:00", "rn": "13"}, name="ldr_imm_t2")  # fmt: skip
@_LDR.offset
def ldr_imm(cpu, rt, rn, offset):
    """Load a word at a base plus a constant."""
    load_word(cpu, rt, reg(cpu, rn) + offset)


@_LDR.pre
def ldr_pre(cpu, rt, rn, offset):
    """Move the base by a constant and load a word there."""
    address = reg(cpu, rn) + offset
    load_word(cpu, rt, address)
    set_reg(cpu, rn, address)


@_LDR.post
def ldr_post(cpu, rt, rn, offset):
    """Load a word at a base and move the base by a constant."""
    address = reg(cpu, rn)
    load_word(cpu, rt, address)
    set_reg(cpu, rn, address + offset)


@insn("01001 rt:3 imm8:8", "ldr {rt}, [pc, #{offset}]", Timing.LOAD,
      operands={"offset": "imm8:00", "address": "word(align(pc, 4) + offset)"},
      name="ldr_literal_t1")  # fmt: skip
@_LDR.literal
def ldr_literal(cpu, rt, address):
    """Load a word relative to PC."""
    load_word(cpu, rt, address)


@insn("0101100 rm:3 rn:3 rt:3", "ldr {rt}, [{rn}, {rm}]", Timing.LOAD,
      operands={"shift_n": "0"}, name="ldr_reg_t1")  # fmt: skip
@_LDR.register
def ldr_reg(cpu, rt, rn, rm, shift_n):
    """Load a word at a base plus a shifted register."""
    load_word(cpu, rt, reg(cpu, rn) + (reg(cpu, rm) << shift_n))


@insn("01111 offset:5 rn:3 rt:3", "ldrb {rt}, [{rn}{, #offset}]", Timing.LOAD_NARROW,
      name="ldrb_imm_t1")  # fmt: skip
@_LDRB.offset
def ldrb_imm(cpu, rt, rn, offset):
    """Load a byte at a base plus a constant."""
    set_reg(cpu, rt, load8(cpu, reg(cpu, rn) + offset))


@_LDRB.pre
def ldrb_pre(cpu, rt, rn, offset):
    """Move the base by a constant and load a byte there."""
    address = reg(cpu, rn) + offset
    set_reg(cpu, rt, load8(cpu, address))
    set_reg(cpu, rn, address)


@_LDRB.post
def ldrb_post(cpu, rt, rn, offset):
    """Load a byte at a base and move the base by a constant."""
    address = reg(cpu, rn)
    set_reg(cpu, rt, load8(cpu, address))
    set_reg(cpu, rn, address + offset)


@_LDRB.literal
def ldrb_literal(cpu, rt, address):
    """Load a byte relative to PC."""
    set_reg(cpu, rt, load8(cpu, address))


@insn("0101110 rm:3 rn:3 rt:3", "ldrb {rt}, [{rn}, {rm}]", Timing.LOAD_NARROW,
      operands={"shift_n": "0"}, name="ldrb_reg_t1")  # fmt: skip
@_LDRB.register
def ldrb_reg(cpu, rt, rn, rm, shift_n):
    """Load a byte at a base plus a shifted register."""
    set_reg(cpu, rt, load8(cpu, reg(cpu, rn) + (reg(cpu, rm) << shift_n)))


@insn("10001 imm5:5 rn:3 rt:3", "ldrh {rt}, [{rn}{, #offset}]", Timing.LOAD_NARROW,
      operands={"offset": "imm5:0"}, name="ldrh_imm_t1")  # fmt: skip
@_LDRH.offset
def ldrh_imm(cpu, rt, rn, offset):
    """Load a halfword at a base plus a constant."""
    set_reg(cpu, rt, load16(cpu, reg(cpu, rn) + offset))


@_LDRH.pre
def ldrh_pre(cpu, rt, rn, offset):
    """Move the base by a constant and load a halfword there."""
    address = reg(cpu, rn) + offset
    set_reg(cpu, rt, load16(cpu, address))
    set_reg(cpu, rn, address)


@_LDRH.post
def ldrh_post(cpu, rt, rn, offset):
    """Load a halfword at a base and move the base by a constant."""
    address = reg(cpu, rn)
    set_reg(cpu, rt, load16(cpu, address))
    set_reg(cpu, rn, address + offset)


@_LDRH.literal
def ldrh_literal(cpu, rt, address):
    """Load a halfword relative to PC."""
    set_reg(cpu, rt, load16(cpu, address))


@insn("0101101 rm:3 rn:3 rt:3", "ldrh {rt}, [{rn}, {rm}]", Timing.LOAD_NARROW,
      operands={"shift_n": "0"}, name="ldrh_reg_t1")  # fmt: skip
@_LDRH.register
def ldrh_reg(cpu, rt, rn, rm, shift_n):
    """Load a halfword at a base plus a shifted register."""
    set_reg(cpu, rt, load16(cpu, reg(cpu, rn) + (reg(cpu, rm) << shift_n)))


@_LDRSB.offset
def ldrsb_imm(cpu, rt, rn, offset):
    """Load a signed byte at a base plus a constant."""
    set_reg(cpu, rt, signed8(load8(cpu, reg(cpu, rn) + offset)))


@_LDRSB.pre
def ldrsb_pre(cpu, rt, rn, offset):
    """Move the base by a constant and load a signed byte there."""
    address = reg(cpu, rn) + offset
    set_reg(cpu, rt, signed8(load8(cpu, address)))
    set_reg(cpu, rn, address)


@_LDRSB.post
def ldrsb_post(cpu, rt, rn, offset):
    """Load a signed byte at a base and move the base by a constant."""
    address = reg(cpu, rn)
    set_reg(cpu, rt, signed8(load8(cpu, address)))
    set_reg(cpu, rn, address + offset)


@_LDRSB.literal
def ldrsb_literal(cpu, rt, address):
    """Load a signed byte relative to PC."""
    set_reg(cpu, rt, signed8(load8(cpu, address)))


@insn("0101011 rm:3 rn:3 rt:3", "ldrsb {rt}, [{rn}, {rm}]", Timing.LOAD_NARROW,
      operands={"shift_n": "0"}, name="ldrsb_reg_t1")  # fmt: skip
@_LDRSB.register
def ldrsb_reg(cpu, rt, rn, rm, shift_n):
    """Load a signed byte at a base plus a shifted register."""
    set_reg(cpu, rt, signed8(load8(cpu, reg(cpu, rn) + (reg(cpu, rm) << shift_n))))


@_LDRSH.offset
def ldrsh_imm(cpu, rt, rn, offset):
    """Load a signed halfword at a base plus a constant."""
    set_reg(cpu, rt, signed16(load16(cpu, reg(cpu, rn) + offset)))


@_LDRSH.pre
def ldrsh_pre(cpu, rt, rn, offset):
    """Move the base by a constant and load a signed halfword there."""
    address = reg(cpu, rn) + offset
    set_reg(cpu, rt, signed16(load16(cpu, address)))
    set_reg(cpu, rn, address)


@_LDRSH.post
def ldrsh_post(cpu, rt, rn, offset):
    """Load a signed halfword at a base and move the base by a constant."""
    address = reg(cpu, rn)
    set_reg(cpu, rt, signed16(load16(cpu, address)))
    set_reg(cpu, rn, address + offset)


@_LDRSH.literal
def ldrsh_literal(cpu, rt, address):
    """Load a signed halfword relative to PC."""
    set_reg(cpu, rt, signed16(load16(cpu, address)))


@insn("0101111 rm:3 rn:3 rt:3", "ldrsh {rt}, [{rn}, {rm}]", Timing.LOAD_NARROW,
      operands={"shift_n": "0"}, name="ldrsh_reg_t1")  # fmt: skip
@_LDRSH.register
def ldrsh_reg(cpu, rt, rn, rm, shift_n):
    """Load a signed halfword at a base plus a shifted register."""
    set_reg(cpu, rt, signed16(load16(cpu, reg(cpu, rn) + (reg(cpu, rm) << shift_n))))


@_LDR.unprivileged
def ldrt(cpu, rt, rn, offset):
    """Load a word with the rights of unprivileged code."""
    set_reg(
        cpu, rt, cpu.memory.load_unprivileged(checked_address(cpu, reg(cpu, rn) + offset, 4), 4)
    )


@_LDRB.unprivileged
def ldrbt(cpu, rt, rn, offset):
    """Load a byte with the rights of unprivileged code."""
    set_reg(cpu, rt, cpu.memory.load_unprivileged(reg(cpu, rn) + offset, 1))


@_LDRH.unprivileged
def ldrht(cpu, rt, rn, offset):
    """Load a halfword with the rights of unprivileged code."""
    set_reg(
        cpu, rt, cpu.memory.load_unprivileged(checked_address(cpu, reg(cpu, rn) + offset, 2), 2)
    )


@_LDRSB.unprivileged
def ldrsbt(cpu, rt, rn, offset):
    """Load a signed byte with the rights of unprivileged code."""
    set_reg(cpu, rt, signed8(cpu.memory.load_unprivileged(reg(cpu, rn) + offset, 1)))


@_LDRSH.unprivileged
def ldrsht(cpu, rt, rn, offset):
    """Load a signed halfword with the rights of unprivileged code."""
    set_reg(
        cpu,
        rt,
        signed16(cpu.memory.load_unprivileged(checked_address(cpu, reg(cpu, rn) + offset, 2), 2)),
    )


# The same bits with the size of a halfword are unallocated hints and do nothing (manual A5.3.8);
# some are PLDW elsewhere.
@insn("111110001011 rn:nopc 1111 offset:12", "pldw [{rn}{, #offset}]", Timing.PRELOAD,
      name="hint_ldrh_imm12")  # fmt: skip
@insn("111110000011 rn:nopc 1111 1100 imm8:8", "pldw [{rn}, #-{hex imm8}]", Timing.PRELOAD,
      name="hint_ldrh_minus_imm8")  # fmt: skip
@insn("111110011011 rn:nopc 1111 offset:12", "ldrsh.w pc, [{rn}{, #offset}]", Timing.PRELOAD,
      name="hint_ldrsh_imm12")  # fmt: skip
@insn("111110010011 rn:nopc 1111 1100 imm8:8", "ldrsh pc, [{rn}, #-{hex imm8}]", Timing.PRELOAD,
      name="hint_ldrsh_minus_imm8")  # fmt: skip
@insn("111110001001 rn:nopc 1111 offset:12", "pld [{rn}{, #offset}]", Timing.PRELOAD,
      name="pld_imm_t1")  # fmt: skip
@insn("111110000001 rn:nopc 1111 1100 imm8:8", "pld [{rn}, #-{hex imm8}]", Timing.PRELOAD,
      operands={"offset": "-imm8"}, name="pld_imm_t2")  # fmt: skip
@insn("111110011001 rn:nopc 1111 offset:12", "pli [{rn}{, #offset}]", Timing.PRELOAD,
      name="pli_imm_t1")  # fmt: skip
@insn("111110010001 rn:nopc 1111 1100 imm8:8", "pli [{rn}, #-{hex imm8}]", Timing.PRELOAD,
      operands={"offset": "-imm8"}, name="pli_imm_t2")  # fmt: skip
def preload_imm(cpu, rn):
    """Hint that memory at a base plus a constant will be used."""


@insn("111110001 0111111 1111 offset:12", "ldrh.w pc, [pc{, #offset}]", Timing.PRELOAD,
      name="hint_ldrh_literal")  # fmt: skip
@insn("111110000 0111111 1111 imm12:12", "ldrh.w pc, [pc, #-{hex imm12}]", Timing.PRELOAD,
      name="hint_ldrh_literal_minus")  # fmt: skip
@insn("111110011 0111111 1111 offset:12", "ldrsh.w pc, [pc{, #offset}]", Timing.PRELOAD,
      name="hint_ldrsh_literal")  # fmt: skip
@insn("111110010 0111111 1111 imm12:12", "ldrsh.w pc, [pc, #-{hex imm12}]", Timing.PRELOAD,
      name="hint_ldrsh_literal_minus")  # fmt: skip
@insn("111110001 0011111 1111 offset:12", "pld [pc{, #offset}]", Timing.PRELOAD,
      name="pld_literal_plus")  # fmt: skip
@insn("111110000 0011111 1111 imm12:12", "pld [pc, #-{hex imm12}]", Timing.PRELOAD,
      name="pld_literal_minus")  # fmt: skip
@insn("111110011 0011111 1111 offset:12", "pli [pc{, #offset}]", Timing.PRELOAD,
      name="pli_literal_plus")  # fmt: skip
@insn("111110010 0011111 1111 imm12:12", "pli [pc, #-{hex imm12}]", Timing.PRELOAD,
      name="pli_literal_minus")  # fmt: skip
def preload_literal(cpu):
    """Hint that memory relative to PC will be used."""


@insn("111110000011 rn:nopc 1111 000000 shift_n:2 rm:gpr", "pldw [{rn}, {rm}{, lsl}]",
      Timing.PRELOAD, name="hint_ldrh_reg")  # fmt: skip
@insn("111110010011 rn:nopc 1111 000000 shift_n:2 rm:gpr", "ldrsh.w pc, [{rn}, {rm}{, lsl}]",
      Timing.PRELOAD, name="hint_ldrsh_reg")  # fmt: skip
@insn("111110000001 rn:nopc 1111 000000 shift_n:2 rm:gpr", "pld [{rn}, {rm}{, lsl}]",
      Timing.PRELOAD, name="pld_reg_t1")  # fmt: skip
@insn("111110010001 rn:nopc 1111 000000 shift_n:2 rm:gpr", "pli [{rn}, {rm}{, lsl}]",
      Timing.PRELOAD, name="pli_reg_t1")  # fmt: skip
def preload_reg(cpu, rn, rm):
    """Hint that memory at a base plus a shifted register will be used."""
