"""How long a division takes depends on its operands: early termination."""

from collections.abc import Callable
from typing import Any

from armsim.bits import count_leading_zeros
from armsim.dsl.cost import CAUSES
from armsim.dsl.state import charge, reg

MULTICYCLE = CAUSES.index("multicycle")


def magnitude(value, is_signed):
    """Return the absolute value of an operand."""
    if is_signed and value >= 0x8000_0000:
        return 0x1_0000_0000 - value
    return value


def divide_early_out(cpu, rn, rm, is_signed):
    """Book the cycles of a Cortex-M4 division beyond its least, 2.

    An operand of zero takes 2 cycles, a quotient of zero 3, otherwise 5 and one more for each 4
    bits that the dividend is longer than the divisor, at most 12 (compendium of Cortex-M4
    micro-benchmarks, measured; the constant 5 is unverified).
    """
    dividend = magnitude(reg(cpu, rn), is_signed)
    divisor = magnitude(reg(cpu, rm), is_signed)
    if dividend == 0 or divisor == 0:
        return
    longer = count_leading_zeros(divisor) - count_leading_zeros(dividend)
    if longer < 0:
        charge(cpu, MULTICYCLE, 1)
    else:
        extra = 3 + longer // 4
        charge(cpu, MULTICYCLE, extra if extra < 10 else 10)


CHARGES: tuple[Callable[..., Any], ...] = (
    divide_early_out,
)  # every run-time charge of every model: engines compile them together
