"""Parallel addition and subtraction of bytes and halfwords, with GE or halving (manual A7.7)."""

from armsim.dsl import Timing, insn
from armsim.dsl.state import reg, set_reg
from armsim.isa.helpers import (
    byte_differences,
    byte_sums,
    not_negative,
    pack_bytes,
    pack_halves,
    set_ge,
    set_ge_halves,
    signed_bytes,
    signed_halves,
    unsigned_bytes,
    unsigned_halves,
)


@insn(
    "111110101000 rn:gpr 1111 rd:gpr 0000 rm:gpr",
    "sadd8 {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def sadd8_t1(cpu, rd, rn, rm):
    """Add signed bytes and set the GE flags."""
    a, b, c, d = byte_sums(signed_bytes(reg(cpu, rn)), signed_bytes(reg(cpu, rm)))
    set_ge(cpu, not_negative(a), not_negative(b), not_negative(c), not_negative(d))
    set_reg(cpu, rd, pack_bytes(a, b, c, d))


@insn(
    "111110101100 rn:gpr 1111 rd:gpr 0000 rm:gpr",
    "ssub8 {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def ssub8_t1(cpu, rd, rn, rm):
    """Subtract signed bytes and set the GE flags."""
    a, b, c, d = byte_differences(signed_bytes(reg(cpu, rn)), signed_bytes(reg(cpu, rm)))
    set_ge(cpu, not_negative(a), not_negative(b), not_negative(c), not_negative(d))
    set_reg(cpu, rd, pack_bytes(a, b, c, d))


@insn(
    "111110101001 rn:gpr 1111 rd:gpr 0000 rm:gpr",
    "sadd16 {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def sadd16_t1(cpu, rd, rn, rm):
    """Add signed halfwords and set the GE flags."""
    n_low, n_high = signed_halves(reg(cpu, rn))
    m_low, m_high = signed_halves(reg(cpu, rm))
    low = n_low + m_low
    high = n_high + m_high
    set_ge_halves(cpu, not_negative(low), not_negative(high))
    set_reg(cpu, rd, pack_halves(low, high))


@insn(
    "111110101101 rn:gpr 1111 rd:gpr 0000 rm:gpr",
    "ssub16 {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def ssub16_t1(cpu, rd, rn, rm):
    """Subtract signed halfwords and set the GE flags."""
    n_low, n_high = signed_halves(reg(cpu, rn))
    m_low, m_high = signed_halves(reg(cpu, rm))
    low = n_low - m_low
    high = n_high - m_high
    set_ge_halves(cpu, not_negative(low), not_negative(high))
    set_reg(cpu, rd, pack_halves(low, high))


@insn(
    "111110101010 rn:gpr 1111 rd:gpr 0000 rm:gpr",
    "sasx {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def sasx_t1(cpu, rd, rn, rm):
    """Add and subtract signed halfwords crosswise and set the GE flags."""
    n_low, n_high = signed_halves(reg(cpu, rn))
    m_low, m_high = signed_halves(reg(cpu, rm))
    low = n_low - m_high
    high = n_high + m_low
    set_ge_halves(cpu, not_negative(low), not_negative(high))
    set_reg(cpu, rd, pack_halves(low, high))


@insn(
    "111110101110 rn:gpr 1111 rd:gpr 0000 rm:gpr",
    "ssax {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def ssax_t1(cpu, rd, rn, rm):
    """Subtract and add signed halfwords crosswise and set the GE flags."""
    n_low, n_high = signed_halves(reg(cpu, rn))
    m_low, m_high = signed_halves(reg(cpu, rm))
    low = n_low + m_high
    high = n_high - m_low
    set_ge_halves(cpu, not_negative(low), not_negative(high))
    set_reg(cpu, rd, pack_halves(low, high))


@insn(
    "111110101000 rn:gpr 1111 rd:gpr 0100 rm:gpr",
    "uadd8 {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def uadd8_t1(cpu, rd, rn, rm):
    """Add unsigned bytes and set the GE flags."""
    a, b, c, d = byte_sums(unsigned_bytes(reg(cpu, rn)), unsigned_bytes(reg(cpu, rm)))
    set_ge(cpu, a >> 8, b >> 8, c >> 8, d >> 8)
    set_reg(cpu, rd, pack_bytes(a, b, c, d))


@insn(
    "111110101100 rn:gpr 1111 rd:gpr 0100 rm:gpr",
    "usub8 {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def usub8_t1(cpu, rd, rn, rm):
    """Subtract unsigned bytes and set the GE flags."""
    a, b, c, d = byte_differences(unsigned_bytes(reg(cpu, rn)), unsigned_bytes(reg(cpu, rm)))
    set_ge(cpu, not_negative(a), not_negative(b), not_negative(c), not_negative(d))
    set_reg(cpu, rd, pack_bytes(a, b, c, d))


@insn(
    "111110101001 rn:gpr 1111 rd:gpr 0100 rm:gpr",
    "uadd16 {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def uadd16_t1(cpu, rd, rn, rm):
    """Add unsigned halfwords and set the GE flags."""
    n_low, n_high = unsigned_halves(reg(cpu, rn))
    m_low, m_high = unsigned_halves(reg(cpu, rm))
    low = n_low + m_low
    high = n_high + m_high
    set_ge_halves(cpu, low >> 16, high >> 16)
    set_reg(cpu, rd, pack_halves(low, high))


@insn(
    "111110101101 rn:gpr 1111 rd:gpr 0100 rm:gpr",
    "usub16 {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def usub16_t1(cpu, rd, rn, rm):
    """Subtract unsigned halfwords and set the GE flags."""
    n_low, n_high = unsigned_halves(reg(cpu, rn))
    m_low, m_high = unsigned_halves(reg(cpu, rm))
    low = n_low - m_low
    high = n_high - m_high
    set_ge_halves(cpu, not_negative(low), not_negative(high))
    set_reg(cpu, rd, pack_halves(low, high))


@insn(
    "111110101010 rn:gpr 1111 rd:gpr 0100 rm:gpr",
    "uasx {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def uasx_t1(cpu, rd, rn, rm):
    """Add and subtract unsigned halfwords crosswise and set the GE flags."""
    n_low, n_high = unsigned_halves(reg(cpu, rn))
    m_low, m_high = unsigned_halves(reg(cpu, rm))
    low = n_low - m_high
    high = n_high + m_low
    set_ge_halves(cpu, not_negative(low), high >> 16)
    set_reg(cpu, rd, pack_halves(low, high))


@insn(
    "111110101110 rn:gpr 1111 rd:gpr 0100 rm:gpr",
    "usax {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def usax_t1(cpu, rd, rn, rm):
    """Subtract and add unsigned halfwords crosswise and set the GE flags."""
    n_low, n_high = unsigned_halves(reg(cpu, rn))
    m_low, m_high = unsigned_halves(reg(cpu, rm))
    low = n_low + m_high
    high = n_high - m_low
    set_ge_halves(cpu, low >> 16, not_negative(high))
    set_reg(cpu, rd, pack_halves(low, high))


@insn(
    "111110101000 rn:gpr 1111 rd:gpr 0010 rm:gpr",
    "shadd8 {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def shadd8_t1(cpu, rd, rn, rm):
    """Add signed bytes, halving each result."""
    a, b, c, d = byte_sums(signed_bytes(reg(cpu, rn)), signed_bytes(reg(cpu, rm)))
    set_reg(cpu, rd, pack_bytes(a >> 1, b >> 1, c >> 1, d >> 1))


@insn(
    "111110101100 rn:gpr 1111 rd:gpr 0010 rm:gpr",
    "shsub8 {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def shsub8_t1(cpu, rd, rn, rm):
    """Subtract signed bytes, halving each result."""
    a, b, c, d = byte_differences(signed_bytes(reg(cpu, rn)), signed_bytes(reg(cpu, rm)))
    set_reg(cpu, rd, pack_bytes(a >> 1, b >> 1, c >> 1, d >> 1))


@insn(
    "111110101001 rn:gpr 1111 rd:gpr 0010 rm:gpr",
    "shadd16 {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def shadd16_t1(cpu, rd, rn, rm):
    """Add signed halfwords, halving each result."""
    n_low, n_high = signed_halves(reg(cpu, rn))
    m_low, m_high = signed_halves(reg(cpu, rm))
    set_reg(cpu, rd, pack_halves((n_low + m_low) >> 1, (n_high + m_high) >> 1))


@insn(
    "111110101101 rn:gpr 1111 rd:gpr 0010 rm:gpr",
    "shsub16 {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def shsub16_t1(cpu, rd, rn, rm):
    """Subtract signed halfwords, halving each result."""
    n_low, n_high = signed_halves(reg(cpu, rn))
    m_low, m_high = signed_halves(reg(cpu, rm))
    set_reg(cpu, rd, pack_halves((n_low - m_low) >> 1, (n_high - m_high) >> 1))


@insn(
    "111110101010 rn:gpr 1111 rd:gpr 0010 rm:gpr",
    "shasx {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def shasx_t1(cpu, rd, rn, rm):
    """Add and subtract signed halfwords crosswise, halving each result."""
    n_low, n_high = signed_halves(reg(cpu, rn))
    m_low, m_high = signed_halves(reg(cpu, rm))
    set_reg(cpu, rd, pack_halves((n_low - m_high) >> 1, (n_high + m_low) >> 1))


@insn(
    "111110101110 rn:gpr 1111 rd:gpr 0010 rm:gpr",
    "shsax {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def shsax_t1(cpu, rd, rn, rm):
    """Subtract and add signed halfwords crosswise, halving each result."""
    n_low, n_high = signed_halves(reg(cpu, rn))
    m_low, m_high = signed_halves(reg(cpu, rm))
    set_reg(cpu, rd, pack_halves((n_low + m_high) >> 1, (n_high - m_low) >> 1))


@insn(
    "111110101000 rn:gpr 1111 rd:gpr 0110 rm:gpr",
    "uhadd8 {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def uhadd8_t1(cpu, rd, rn, rm):
    """Add unsigned bytes, halving each result."""
    a, b, c, d = byte_sums(unsigned_bytes(reg(cpu, rn)), unsigned_bytes(reg(cpu, rm)))
    set_reg(cpu, rd, pack_bytes(a >> 1, b >> 1, c >> 1, d >> 1))


@insn(
    "111110101100 rn:gpr 1111 rd:gpr 0110 rm:gpr",
    "uhsub8 {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def uhsub8_t1(cpu, rd, rn, rm):
    """Subtract unsigned bytes, halving each result."""
    a, b, c, d = byte_differences(unsigned_bytes(reg(cpu, rn)), unsigned_bytes(reg(cpu, rm)))
    set_reg(cpu, rd, pack_bytes(a >> 1, b >> 1, c >> 1, d >> 1))


@insn(
    "111110101001 rn:gpr 1111 rd:gpr 0110 rm:gpr",
    "uhadd16 {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def uhadd16_t1(cpu, rd, rn, rm):
    """Add unsigned halfwords, halving each result."""
    n_low, n_high = unsigned_halves(reg(cpu, rn))
    m_low, m_high = unsigned_halves(reg(cpu, rm))
    set_reg(cpu, rd, pack_halves((n_low + m_low) >> 1, (n_high + m_high) >> 1))


@insn(
    "111110101101 rn:gpr 1111 rd:gpr 0110 rm:gpr",
    "uhsub16 {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def uhsub16_t1(cpu, rd, rn, rm):
    """Subtract unsigned halfwords, halving each result."""
    n_low, n_high = unsigned_halves(reg(cpu, rn))
    m_low, m_high = unsigned_halves(reg(cpu, rm))
    set_reg(cpu, rd, pack_halves((n_low - m_low) >> 1, (n_high - m_high) >> 1))


@insn(
    "111110101010 rn:gpr 1111 rd:gpr 0110 rm:gpr",
    "uhasx {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def uhasx_t1(cpu, rd, rn, rm):
    """Add and subtract unsigned halfwords crosswise, halving each result."""
    n_low, n_high = unsigned_halves(reg(cpu, rn))
    m_low, m_high = unsigned_halves(reg(cpu, rm))
    set_reg(cpu, rd, pack_halves((n_low - m_high) >> 1, (n_high + m_low) >> 1))


@insn(
    "111110101110 rn:gpr 1111 rd:gpr 0110 rm:gpr",
    "uhsax {rd}, {rn}, {rm}",
    Timing.PARALLEL,
)
def uhsax_t1(cpu, rd, rn, rm):
    """Subtract and add unsigned halfwords crosswise, halving each result."""
    n_low, n_high = unsigned_halves(reg(cpu, rn))
    m_low, m_high = unsigned_halves(reg(cpu, rm))
    set_reg(cpu, rd, pack_halves((n_low + m_high) >> 1, (n_high - m_low) >> 1))
