"""Saturation and saturating arithmetic of words, sums of byte differences (manual A7.7)."""

from armsim.bits import WORD, signed
from armsim.dsl import Timing, insn
from armsim.dsl.state import reg, set_reg
from armsim.isa.helpers import (
    byte_differences,
    pack_halves,
    signed_halves,
    signed_sat_q,
    unsigned_bytes,
    unsigned_sat_q,
)

_SHIFT = {"shift_n": "imm3:imm2"}
_SIGNED = {"bits": "saturate + 1"}
_SHIFTED = "shift_n > 0"


@insn(
    "111100110000 rn:gpr 0000 rd:gpr 000 saturate:5",
    "ssat {rd}, #{bits}, {rn}",
    Timing.SATURATE,
    operands=_SIGNED,
)
def ssat_t1(cpu, rd, rn, bits):
    """Bring a signed number into a signed range; Q tells if it was outside."""
    set_reg(cpu, rd, signed_sat_q(cpu, signed(reg(cpu, rn)), bits))


@insn(
    "111100110000 rn:gpr 0 imm3:3 rd:gpr imm2:2 0 saturate:5",
    "ssat {rd}, #{bits}, {rn}, lsl #{shift_n}",
    Timing.SATURATE,
    operands={**_SIGNED, **_SHIFT},
    when=_SHIFTED,
    instead_of="ssat_t1",
)
def ssat_lsl_t1(cpu, rd, rn, bits, shift_n):
    """Shift left and bring into a signed range; Q tells if it was outside."""
    value = signed((reg(cpu, rn) << shift_n) & WORD)
    set_reg(cpu, rd, signed_sat_q(cpu, value, bits))


@insn(
    "111100110010 rn:gpr 0 imm3:3 rd:gpr imm2:2 0 saturate:5",
    "ssat {rd}, #{bits}, {rn}, asr #{shift_n}",
    Timing.SATURATE,
    operands={**_SIGNED, **_SHIFT},
    when=_SHIFTED,
)
def ssat_asr_t1(cpu, rd, rn, bits, shift_n):
    """Shift right and bring into a signed range; Q tells if it was outside."""
    set_reg(cpu, rd, signed_sat_q(cpu, signed(reg(cpu, rn)) >> shift_n, bits))


@insn(
    "111100110010 rn:gpr 0000 rd:gpr 0000 saturate:4",
    "ssat16 {rd}, #{bits}, {rn}",
    Timing.SATURATE,
    operands=_SIGNED,
    instead_of="ssat_asr_t1",
)
def ssat16_t1(cpu, rd, rn, bits):
    """Bring two signed halfwords into a signed range; Q tells if one was outside."""
    low, high = signed_halves(reg(cpu, rn))
    low = signed_sat_q(cpu, low, bits)
    high = signed_sat_q(cpu, high, bits)
    set_reg(cpu, rd, pack_halves(low, high))


@insn(
    "111100111000 rn:gpr 0000 rd:gpr 000 bits:5",
    "usat {rd}, #{bits}, {rn}",
    Timing.SATURATE,
)
def usat_t1(cpu, rd, rn, bits):
    """Bring a signed number into an unsigned range; Q tells if it was outside."""
    set_reg(cpu, rd, unsigned_sat_q(cpu, signed(reg(cpu, rn)), bits))


@insn(
    "111100111000 rn:gpr 0 imm3:3 rd:gpr imm2:2 0 bits:5",
    "usat {rd}, #{bits}, {rn}, lsl #{shift_n}",
    Timing.SATURATE,
    operands=_SHIFT,
    when=_SHIFTED,
    instead_of="usat_t1",
)
def usat_lsl_t1(cpu, rd, rn, bits, shift_n):
    """Shift left and bring into an unsigned range; Q tells if it was outside."""
    value = signed((reg(cpu, rn) << shift_n) & WORD)
    set_reg(cpu, rd, unsigned_sat_q(cpu, value, bits))


@insn(
    "111100111010 rn:gpr 0 imm3:3 rd:gpr imm2:2 0 bits:5",
    "usat {rd}, #{bits}, {rn}, asr #{shift_n}",
    Timing.SATURATE,
    operands=_SHIFT,
    when=_SHIFTED,
)
def usat_asr_t1(cpu, rd, rn, bits, shift_n):
    """Shift right and bring into an unsigned range; Q tells if it was outside."""
    set_reg(cpu, rd, unsigned_sat_q(cpu, signed(reg(cpu, rn)) >> shift_n, bits))


@insn(
    "111100111010 rn:gpr 0000 rd:gpr 0000 bits:4",
    "usat16 {rd}, #{bits}, {rn}",
    Timing.SATURATE,
    instead_of="usat_asr_t1",
)
def usat16_t1(cpu, rd, rn, bits):
    """Bring two signed halfwords into an unsigned range; Q tells if one was outside."""
    low, high = signed_halves(reg(cpu, rn))
    low = unsigned_sat_q(cpu, low, bits)
    high = unsigned_sat_q(cpu, high, bits)
    set_reg(cpu, rd, pack_halves(low, high))


@insn(
    "111110101000 rn:gpr 1111 rd:gpr 1000 rm:gpr",
    "qadd {rd}, {rm}, {rn}",
    Timing.SATURATE,
)
def qadd_t1(cpu, rd, rm, rn):
    """Add signed words with saturation; Q tells if it happened."""
    total = signed(reg(cpu, rm)) + signed(reg(cpu, rn))
    set_reg(cpu, rd, signed_sat_q(cpu, total, 32))


@insn(
    "111110101000 rn:gpr 1111 rd:gpr 1010 rm:gpr",
    "qsub {rd}, {rm}, {rn}",
    Timing.SATURATE,
)
def qsub_t1(cpu, rd, rm, rn):
    """Subtract signed words with saturation; Q tells if it happened."""
    difference = signed(reg(cpu, rm)) - signed(reg(cpu, rn))
    set_reg(cpu, rd, signed_sat_q(cpu, difference, 32))


@insn(
    "111110101000 rn:gpr 1111 rd:gpr 1001 rm:gpr",
    "qdadd {rd}, {rm}, {rn}",
    Timing.SATURATE,
)
def qdadd_t1(cpu, rd, rm, rn):
    """Double a signed word and add it, with saturation; Q tells if it happened."""
    doubled = signed_sat_q(cpu, 2 * signed(reg(cpu, rn)), 32)
    set_reg(cpu, rd, signed_sat_q(cpu, signed(reg(cpu, rm)) + doubled, 32))


@insn(
    "111110101000 rn:gpr 1111 rd:gpr 1011 rm:gpr",
    "qdsub {rd}, {rm}, {rn}",
    Timing.SATURATE,
)
def qdsub_t1(cpu, rd, rm, rn):
    """Double a signed word and subtract it, with saturation; Q tells if it happened."""
    doubled = signed_sat_q(cpu, 2 * signed(reg(cpu, rn)), 32)
    set_reg(cpu, rd, signed_sat_q(cpu, signed(reg(cpu, rm)) - doubled, 32))


@insn(
    "111110110111 rn:gpr 1111 rd:gpr 0000 rm:gpr",
    "usad8 {rd}, {rn}, {rm}",
    Timing.SATURATE,
)
def usad8_t1(cpu, rd, rn, rm):
    """Sum the absolute differences of unsigned bytes."""
    a, b, c, d = byte_differences(unsigned_bytes(reg(cpu, rn)), unsigned_bytes(reg(cpu, rm)))
    set_reg(cpu, rd, abs(a) + abs(b) + abs(c) + abs(d))


@insn(
    "111110110111 rn:gpr ra:gpr rd:gpr 0000 rm:gpr",
    "usada8 {rd}, {rn}, {rm}, {ra}",
    Timing.SATURATE,
)
def usada8_t1(cpu, rd, rn, rm, ra):
    """Add the absolute differences of unsigned bytes to a word."""
    a, b, c, d = byte_differences(unsigned_bytes(reg(cpu, rn)), unsigned_bytes(reg(cpu, rm)))
    set_reg(cpu, rd, reg(cpu, ra) + abs(a) + abs(b) + abs(c) + abs(d))
