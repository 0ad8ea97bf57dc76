"""Parallel addition and subtraction of bytes and halfwords with saturation (manual A7.7)."""

from armsim.dsl import Timing, insn
from armsim.dsl.state import reg, set_reg
from armsim.isa.helpers import (
    byte_differences,
    byte_sums,
    pack_bytes,
    pack_halves,
    signed_bytes,
    signed_halves,
    signed_sat,
    unsigned_bytes,
    unsigned_halves,
    unsigned_sat,
)


@insn(
    "111110101000 rn:gpr 1111 rd:gpr 0001 rm:gpr",
    "qadd8 {rd}, {rn}, {rm}",
    Timing.SATURATE,
)
def qadd8_t1(cpu, rd, rn, rm):
    """Add signed bytes, saturating each result."""
    a, b, c, d = byte_sums(signed_bytes(reg(cpu, rn)), signed_bytes(reg(cpu, rm)))
    set_reg(
        cpu, rd, pack_bytes(signed_sat(a, 8), signed_sat(b, 8), signed_sat(c, 8), signed_sat(d, 8))
    )


@insn(
    "111110101100 rn:gpr 1111 rd:gpr 0001 rm:gpr",
    "qsub8 {rd}, {rn}, {rm}",
    Timing.SATURATE,
)
def qsub8_t1(cpu, rd, rn, rm):
    """Subtract signed bytes, saturating each result."""
    a, b, c, d = byte_differences(signed_bytes(reg(cpu, rn)), signed_bytes(reg(cpu, rm)))
    set_reg(
        cpu, rd, pack_bytes(signed_sat(a, 8), signed_sat(b, 8), signed_sat(c, 8), signed_sat(d, 8))
    )


@insn(
    "111110101001 rn:gpr 1111 rd:gpr 0001 rm:gpr",
    "qadd16 {rd}, {rn}, {rm}",
    Timing.SATURATE,
)
def qadd16_t1(cpu, rd, rn, rm):
    """Add signed halfwords, saturating each result."""
    n_low, n_high = signed_halves(reg(cpu, rn))
    m_low, m_high = signed_halves(reg(cpu, rm))
    set_reg(cpu, rd, pack_halves(signed_sat(n_low + m_low, 16), signed_sat(n_high + m_high, 16)))


@insn(
    "111110101101 rn:gpr 1111 rd:gpr 0001 rm:gpr",
    "qsub16 {rd}, {rn}, {rm}",
    Timing.SATURATE,
)
def qsub16_t1(cpu, rd, rn, rm):
    """Subtract signed halfwords, saturating each result."""
    n_low, n_high = signed_halves(reg(cpu, rn))
    m_low, m_high = signed_halves(reg(cpu, rm))
    set_reg(cpu, rd, pack_halves(signed_sat(n_low - m_low, 16), signed_sat(n_high - m_high, 16)))


@insn(
    "111110101010 rn:gpr 1111 rd:gpr 0001 rm:gpr",
    "qasx {rd}, {rn}, {rm}",
    Timing.SATURATE,
)
def qasx_t1(cpu, rd, rn, rm):
    """Add and subtract signed halfwords crosswise, saturating each result."""
    n_low, n_high = signed_halves(reg(cpu, rn))
    m_low, m_high = signed_halves(reg(cpu, rm))
    set_reg(cpu, rd, pack_halves(signed_sat(n_low - m_high, 16), signed_sat(n_high + m_low, 16)))


@insn(
    "111110101110 rn:gpr 1111 rd:gpr 0001 rm:gpr",
    "qsax {rd}, {rn}, {rm}",
    Timing.SATURATE,
)
def qsax_t1(cpu, rd, rn, rm):
    """Subtract and add signed halfwords crosswise, saturating each result."""
    n_low, n_high = signed_halves(reg(cpu, rn))
    m_low, m_high = signed_halves(reg(cpu, rm))
    set_reg(cpu, rd, pack_halves(signed_sat(n_low + m_high, 16), signed_sat(n_high - m_low, 16)))


@insn(
    "111110101000 rn:gpr 1111 rd:gpr 0101 rm:gpr",
    "uqadd8 {rd}, {rn}, {rm}",
    Timing.SATURATE,
)
def uqadd8_t1(cpu, rd, rn, rm):
    """Add unsigned bytes, saturating each result."""
    a, b, c, d = byte_sums(unsigned_bytes(reg(cpu, rn)), unsigned_bytes(reg(cpu, rm)))
    set_reg(
        cpu,
        rd,
        pack_bytes(unsigned_sat(a, 8), unsigned_sat(b, 8), unsigned_sat(c, 8), unsigned_sat(d, 8)),
    )


@insn(
    "111110101100 rn:gpr 1111 rd:gpr 0101 rm:gpr",
    "uqsub8 {rd}, {rn}, {rm}",
    Timing.SATURATE,
)
def uqsub8_t1(cpu, rd, rn, rm):
    """Subtract unsigned bytes, saturating each result."""
    a, b, c, d = byte_differences(unsigned_bytes(reg(cpu, rn)), unsigned_bytes(reg(cpu, rm)))
    set_reg(
        cpu,
        rd,
        pack_bytes(unsigned_sat(a, 8), unsigned_sat(b, 8), unsigned_sat(c, 8), unsigned_sat(d, 8)),
    )


@insn(
    "111110101001 rn:gpr 1111 rd:gpr 0101 rm:gpr",
    "uqadd16 {rd}, {rn}, {rm}",
    Timing.SATURATE,
)
def uqadd16_t1(cpu, rd, rn, rm):
    """Add unsigned halfwords, saturating each result."""
    n_low, n_high = unsigned_halves(reg(cpu, rn))
    m_low, m_high = unsigned_halves(reg(cpu, rm))
    set_reg(
        cpu, rd, pack_halves(unsigned_sat(n_low + m_low, 16), unsigned_sat(n_high + m_high, 16))
    )


@insn(
    "111110101101 rn:gpr 1111 rd:gpr 0101 rm:gpr",
    "uqsub16 {rd}, {rn}, {rm}",
    Timing.SATURATE,
)
def uqsub16_t1(cpu, rd, rn, rm):
    """Subtract unsigned halfwords, saturating each result."""
    n_low, n_high = unsigned_halves(reg(cpu, rn))
    m_low, m_high = unsigned_halves(reg(cpu, rm))
    set_reg(
        cpu, rd, pack_halves(unsigned_sat(n_low - m_low, 16), unsigned_sat(n_high - m_high, 16))
    )


@insn(
    "111110101010 rn:gpr 1111 rd:gpr 0101 rm:gpr",
    "uqasx {rd}, {rn}, {rm}",
    Timing.SATURATE,
)
def uqasx_t1(cpu, rd, rn, rm):
    """Add and subtract unsigned halfwords crosswise, saturating each result."""
    n_low, n_high = unsigned_halves(reg(cpu, rn))
    m_low, m_high = unsigned_halves(reg(cpu, rm))
    set_reg(
        cpu, rd, pack_halves(unsigned_sat(n_low - m_high, 16), unsigned_sat(n_high + m_low, 16))
    )


@insn(
    "111110101110 rn:gpr 1111 rd:gpr 0101 rm:gpr",
    "uqsax {rd}, {rn}, {rm}",
    Timing.SATURATE,
)
def uqsax_t1(cpu, rd, rn, rm):
    """Subtract and add unsigned halfwords crosswise, saturating each result."""
    n_low, n_high = unsigned_halves(reg(cpu, rn))
    m_low, m_high = unsigned_halves(reg(cpu, rm))
    set_reg(
        cpu, rd, pack_halves(unsigned_sat(n_low + m_high, 16), unsigned_sat(n_high - m_low, 16))
    )
