"""The FP register file and FPSCR as the meanings see them.

A D register is read and written as a 64-bit pattern in two's complement, -2**63 to 2**63 - 1.
"""

from armsim.bits import SIGN, WORD
from armsim.dsl.state import FPSCR, S0, set_slot, slot

FPSCR_BITS = 0xF7C0_009F  # the bits that exist; the others read as zero


def sreg(cpu, number):
    """Return single-precision register `number`."""
    return slot(cpu, S0 + number)


def set_sreg(cpu, number, value):
    """Set single-precision register `number` to the low 32 bits of `value`."""
    set_slot(cpu, S0 + number, value)


def dreg(cpu, number):
    """Return double-precision register `number`."""
    low = slot(cpu, S0 + 2 * number)
    high = slot(cpu, S0 + 2 * number + 1)
    return ((high ^ SIGN) - SIGN) << 32 | low


def set_dreg(cpu, number, bits):
    """Set double-precision register `number`."""
    set_slot(cpu, S0 + 2 * number, bits & WORD)
    set_slot(cpu, S0 + 2 * number + 1, bits >> 32 & WORD)


def fpscr(cpu):
    """Return the Floating-point Status and Control Register."""
    return slot(cpu, FPSCR)


def accumulate(cpu, flags):
    """Set cumulative exception bits."""
    if flags != 0:
        set_slot(cpu, FPSCR, slot(cpu, FPSCR) | flags)


def set_fpscr_nzcv(cpu, nzcv):
    """Set the condition flags of FPSCR from four bits."""
    set_slot(cpu, FPSCR, slot(cpu, FPSCR) & 0x0FFF_FFFF | nzcv << 28)
