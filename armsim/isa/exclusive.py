"""Exclusive access (manual A7.7.24, A7.7.53 to A7.7.55, A7.7.167 to A7.7.169).

One core and no other master, so the local monitor is all there is: a reservation is held from a
load exclusive to the next store exclusive, CLREX or exception return.
"""

from armsim.dsl import Timing, insn
from armsim.dsl.state import (
    EXCLUSIVE,
    UNALIGNED,
    load8,
    load16,
    load32_aligned,
    reg,
    set_reg,
    set_slot,
    slot,
    store8,
    store16,
    store32_aligned,
    usage_fault,
)


@insn("111010000101 rn:nopc rt:gpr 1111 imm8:8", "ldrex {rt}, [{rn}{, #offset}]",
      Timing.LOAD_EXCLUSIVE, operands={"offset": "imm8:00"})  # fmt: skip
def ldrex_t1(cpu, rt, rn, offset):
    """Load a word and reserve it."""
    set_reg(cpu, rt, load32_aligned(cpu, reg(cpu, rn) + offset))
    set_slot(cpu, EXCLUSIVE, 1)


@insn("111010001101 rn:nopc rt:gpr 111101001111", "ldrexb {rt}, [{rn}]", Timing.LOAD_EXCLUSIVE)
def ldrexb_t1(cpu, rt, rn):
    """Load a byte and reserve it."""
    set_reg(cpu, rt, load8(cpu, reg(cpu, rn)))
    set_slot(cpu, EXCLUSIVE, 1)


@insn("111010001101 rn:nopc rt:gpr 111101011111", "ldrexh {rt}, [{rn}]", Timing.LOAD_EXCLUSIVE)
def ldrexh_t1(cpu, rt, rn):
    """Load a halfword and reserve it."""
    address = reg(cpu, rn)
    if address & 1:
        usage_fault(cpu, UNALIGNED)
    set_reg(cpu, rt, load16(cpu, address))
    set_slot(cpu, EXCLUSIVE, 1)


@insn("111010000100 rn:nopc rt:gpr rd:gpr imm8:8", "strex {rd}, {rt}, [{rn}{, #offset}]",
      Timing.STORE_EXCLUSIVE, operands={"offset": "imm8:00"},
      when="rd != rn and rd != rt")  # fmt: skip
def strex_t1(cpu, rd, rt, rn, offset):
    """Store a word if it is still reserved; the result is 0 for success."""
    address = reg(cpu, rn) + offset
    if address & 3:
        usage_fault(cpu, UNALIGNED)
    if slot(cpu, EXCLUSIVE) != 0:
        store32_aligned(cpu, address, reg(cpu, rt))
        set_slot(cpu, EXCLUSIVE, 0)
        set_reg(cpu, rd, 0)
    else:
        set_reg(cpu, rd, 1)


@insn("111010001100 rn:nopc rt:gpr 11110100 rd:gpr", "strexb {rd}, {rt}, [{rn}]",
      Timing.STORE_EXCLUSIVE, when="rd != rn and rd != rt")  # fmt: skip
def strexb_t1(cpu, rd, rt, rn):
    """Store a byte if it is still reserved; the result is 0 for success."""
    if slot(cpu, EXCLUSIVE) != 0:
        store8(cpu, reg(cpu, rn), reg(cpu, rt))
        set_slot(cpu, EXCLUSIVE, 0)
        set_reg(cpu, rd, 0)
    else:
        set_reg(cpu, rd, 1)


@insn("111010001100 rn:nopc rt:gpr 11110101 rd:gpr", "strexh {rd}, {rt}, [{rn}]",
      Timing.STORE_EXCLUSIVE, when="rd != rn and rd != rt")  # fmt: skip
def strexh_t1(cpu, rd, rt, rn):
    """Store a halfword if it is still reserved; the result is 0 for success."""
    address = reg(cpu, rn)
    if address & 1:
        usage_fault(cpu, UNALIGNED)
    if slot(cpu, EXCLUSIVE) != 0:
        store16(cpu, address, reg(cpu, rt))
        set_slot(cpu, EXCLUSIVE, 0)
        set_reg(cpu, rd, 0)
    else:
        set_reg(cpu, rd, 1)


@insn("11110011101111111000111100101111", "clrex", Timing.STORE_EXCLUSIVE)
def clrex_t1(cpu):
    """Give up the reservation."""
    set_slot(cpu, EXCLUSIVE, 0)
