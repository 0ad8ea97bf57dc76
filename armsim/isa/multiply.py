"""Multiplication of words, long multiplication and division (manual A7.7)."""

from armsim.bits import WORD, signed
from armsim.dsl import Timing, insn
from armsim.dsl.state import (
    CCR,
    CCR_DIV_0_TRP,
    DIVBYZERO,
    reg,
    set_nz,
    set_reg,
    slot,
    usage_fault,
)
from armsim.isa.helpers import long_accumulator, set_long

_TWO_RESULTS = "rdlo != rdhi"


@insn("0100001101 rm:3 rdn:3", "mul{s} {rdn}, {rm}, {rdn}", Timing.MULTIPLY)
def mul_t1(cpu, rdn, rm, setflags):
    """Multiply; of the flags only N and Z change."""
    result = (reg(cpu, rdn) * reg(cpu, rm)) & WORD
    if setflags != 0:
        set_nz(cpu, result)
    set_reg(cpu, rdn, result)


@insn("111110110000 rn:gpr 1111 rd:gpr 0000 rm:gpr", "mul {rd}, {rn}, {rm}", Timing.MULTIPLY)
def mul_t2(cpu, rd, rn, rm):
    """Multiply and leave the flags alone."""
    set_reg(cpu, rd, reg(cpu, rn) * reg(cpu, rm))


@insn(
    "111110110000 rn:gpr ra:gpr rd:gpr 0000 rm:gpr",
    "mla {rd}, {rn}, {rm}, {ra}",
    Timing.MULTIPLY_ACCUMULATE,
)
def mla_t1(cpu, rd, rn, rm, ra):
    """Multiply and add."""
    set_reg(cpu, rd, reg(cpu, ra) + reg(cpu, rn) * reg(cpu, rm))


@insn(
    "111110110000 rn:gpr ra:gpr rd:gpr 0001 rm:gpr",
    "mls {rd}, {rn}, {rm}, {ra}",
    Timing.MULTIPLY_ACCUMULATE,
)
def mls_t1(cpu, rd, rn, rm, ra):
    """Multiply and subtract from a register."""
    set_reg(cpu, rd, reg(cpu, ra) - reg(cpu, rn) * reg(cpu, rm))


@insn(
    "111110111000 rn:gpr rdlo:gpr rdhi:gpr 0000 rm:gpr",
    "smull {rdlo}, {rdhi}, {rn}, {rm}",
    Timing.MULTIPLY_LONG,
    when=_TWO_RESULTS,
)
def smull_t1(cpu, rdlo, rdhi, rn, rm):
    """Multiply signed words to a 64-bit product."""
    set_long(cpu, rdlo, rdhi, signed(reg(cpu, rn)) * signed(reg(cpu, rm)))


@insn(
    "111110111010 rn:gpr rdlo:gpr rdhi:gpr 0000 rm:gpr",
    "umull {rdlo}, {rdhi}, {rn}, {rm}",
    Timing.MULTIPLY_LONG,
    when=_TWO_RESULTS,
)
def umull_t1(cpu, rdlo, rdhi, rn, rm):
    """Multiply unsigned words to a 64-bit product."""
    set_long(cpu, rdlo, rdhi, reg(cpu, rn) * reg(cpu, rm))


@insn(
    "111110111100 rn:gpr rdlo:gpr rdhi:gpr 0000 rm:gpr",
    "smlal {rdlo}, {rdhi}, {rn}, {rm}",
    Timing.MULTIPLY_LONG_ACCUMULATE,
    when=_TWO_RESULTS,
)
def smlal_t1(cpu, rdlo, rdhi, rn, rm):
    """Multiply signed words and add the product to a 64-bit accumulator."""
    product = signed(reg(cpu, rn)) * signed(reg(cpu, rm))
    set_long(cpu, rdlo, rdhi, long_accumulator(cpu, rdlo, rdhi) + product)


@insn(
    "111110111110 rn:gpr rdlo:gpr rdhi:gpr 0000 rm:gpr",
    "umlal {rdlo}, {rdhi}, {rn}, {rm}",
    Timing.MULTIPLY_LONG_ACCUMULATE,
    when=_TWO_RESULTS,
)
def umlal_t1(cpu, rdlo, rdhi, rn, rm):
    """Multiply unsigned words and add the product to a 64-bit accumulator."""
    product = reg(cpu, rn) * reg(cpu, rm)
    set_long(cpu, rdlo, rdhi, long_accumulator(cpu, rdlo, rdhi) + product)


@insn(
    "111110111110 rn:gpr rdlo:gpr rdhi:gpr 0110 rm:gpr",
    "umaal {rdlo}, {rdhi}, {rn}, {rm}",
    Timing.MULTIPLY_LONG_ACCUMULATE,
    when=_TWO_RESULTS,
)
def umaal_t1(cpu, rdlo, rdhi, rn, rm):
    """Multiply unsigned words and add both words of the accumulator to the product."""
    product = reg(cpu, rn) * reg(cpu, rm)
    set_long(cpu, rdlo, rdhi, product + reg(cpu, rdlo) + reg(cpu, rdhi))


@insn(
    "111110111001 rn:gpr 1111 rd:gpr 1111 rm:gpr",
    "sdiv {rd}, {rn}, {rm}",
    Timing.DIVIDE,
    operands={"is_signed": "1"},
)
def sdiv_t1(cpu, rd, rn, rm):
    """Divide signed words, rounding towards zero; by zero gives 0 or a UsageFault."""
    dividend = signed(reg(cpu, rn))
    divisor = signed(reg(cpu, rm))
    if divisor != 0:
        quotient = abs(dividend) // abs(divisor)
        set_reg(cpu, rd, quotient if (dividend ^ divisor) >= 0 else -quotient)
    elif slot(cpu, CCR) & CCR_DIV_0_TRP != 0:
        usage_fault(cpu, DIVBYZERO)
    else:
        set_reg(cpu, rd, 0)


@insn(
    "111110111011 rn:gpr 1111 rd:gpr 1111 rm:gpr",
    "udiv {rd}, {rn}, {rm}",
    Timing.DIVIDE,
    operands={"is_signed": "0"},
)
def udiv_t1(cpu, rd, rn, rm):
    """Divide unsigned words, rounding down; by zero gives 0 or a UsageFault."""
    divisor = reg(cpu, rm)
    if divisor != 0:
        set_reg(cpu, rd, reg(cpu, rn) // divisor)
    elif slot(cpu, CCR) & CCR_DIV_0_TRP != 0:
        usage_fault(cpu, DIVBYZERO)
    else:
        set_reg(cpu, rd, 0)
