"""Comparison, selection and conversion of IEEE 754 numbers on integers, as `softfloat` does it.

Integers go in as signed numbers and come out as words, or as 64-bit patterns in two's complement.
"""

from armsim.isa.softfloat import (
    AHP,
    INFINITY,
    IOC,
    IXC,
    MAGNITUDE64,
    QUIET,
    SIGNALLING,
    ZERO,
    either_nan,
    infinity,
    nan_result,
    rounded,
    rounds_up,
    unpack,
    with_sign,
)

LESS, EQUAL, GREATER, UNORDERED = 8, 6, 2, 3  # as NZCV


def order_key(bits, kind, sign, width):
    """Return an integer that orders numbers as their values are ordered."""
    if kind == ZERO:
        return 0
    magnitude = bits & (MAGNITUDE64 if width == 64 else (1 << (width - 1)) - 1)
    return magnitude if sign == 0 else -magnitude


def soft_compare(a, b, signal_quiet, width, fpscr):
    """Compare; return NZCV in four bits. `signal_quiet` makes quiet NaNs invalid (FPCompare)."""
    kind1, sign1, _, _, flags1 = unpack(a, width, fpscr)
    kind2, sign2, _, _, flags2 = unpack(b, width, fpscr)
    flags = flags1 | flags2
    if kind1 >= QUIET or kind2 >= QUIET:
        if signal_quiet != 0 or kind1 == SIGNALLING or kind2 == SIGNALLING:
            flags |= IOC
        return UNORDERED, flags
    x = order_key(a, kind1, sign1, width)
    y = order_key(b, kind2, sign2, width)
    if x == y:
        return EQUAL, flags
    return LESS if x < y else GREATER, flags


def soft_extreme_number(a, b, least, width, fpscr):
    """Return the greater number, or the lesser when `least` is 1 (FPMaxNum, FPMinNum).

    A quiet NaN loses against a number.
    """
    kind1, sign1, _, mantissa1, flags1 = unpack(a, width, fpscr)
    kind2, sign2, _, mantissa2, flags2 = unpack(b, width, fpscr)
    flags = flags1 | flags2
    if kind1 == SIGNALLING or kind2 == SIGNALLING or (kind1 == QUIET and kind2 == QUIET):
        # A quiet NaN beside a signalling one has been replaced by an infinity; either way it loses.
        return either_nan(kind1, sign1, mantissa1, kind2, sign2, mantissa2, width, fpscr, flags)
    if kind1 == ZERO and kind2 == ZERO:
        return with_sign(sign1 | sign2 if least != 0 else sign1 & sign2, 0, width), flags
    first = kind2 == QUIET
    if kind1 != QUIET and kind2 != QUIET:
        x = order_key(a, kind1, sign1, width)
        y = order_key(b, kind2, sign2, width)
        first = x < y if least != 0 else x > y
    if first:
        return with_sign(sign1, 0, width) if kind1 == ZERO else a, flags
    return with_sign(sign2, 0, width) if kind2 == ZERO else b, flags


def soft_round_to_integral(a, mode, exact, width, fpscr):
    """Round to an integer in the same format; `exact` makes a change inexact (FPRoundInt)."""
    kind, sign, exponent, mantissa, flags = unpack(a, width, fpscr)
    if kind >= QUIET:
        return nan_result(kind, sign, mantissa, width, fpscr, flags)
    if kind == ZERO:
        return with_sign(sign, 0, width), flags
    if kind == INFINITY or exponent >= 52:
        return a, flags
    drop = 52 - exponent
    if drop > 54:
        drop, mantissa = 54, 1
    kept = mantissa >> drop
    lost = mantissa & ((1 << drop) - 1)
    kept += rounds_up(mode, sign, kept, lost, 1 << (drop - 1))
    if lost != 0 and exact != 0:
        flags |= IXC
    if kept == 0:
        return with_sign(sign, 0, width), flags
    return rounded(sign, 61, kept, width, fpscr, flags)


def soft_to_fixed(a, fraction, size, unsigned, mode, width, fpscr):
    """Convert to an integer of `size` bits, 16 or 32, times 2**fraction; saturate (FPToFixed)."""
    kind, sign, exponent, mantissa, flags = unpack(a, width, fpscr)
    if kind >= QUIET:
        return 0, flags | IOC
    if kind == ZERO:
        return 0, flags
    least = 0 if unsigned != 0 else -(1 << (size - 1))
    most = (1 << size) - 1 if unsigned != 0 else (1 << (size - 1)) - 1
    exponent += fraction
    if kind == INFINITY or exponent > 40:
        return least if sign != 0 else most, flags | IOC
    drop = 52 - exponent
    if drop > 54:
        drop, mantissa = 54, 1
    kept = mantissa >> drop
    lost = mantissa & ((1 << drop) - 1)
    kept += rounds_up(mode, sign, kept, lost, 1 << (drop - 1))
    if sign != 0:
        kept = -kept
    if kept < least:
        return least, flags | IOC
    if kept > most:
        return most, flags | IOC
    return kept, flags | (IXC if lost != 0 else 0)


def soft_from_fixed(value, fraction, width, fpscr):
    """Convert a signed number of up to 33 bits, divided by 2**fraction (FixedToFP)."""
    if value == 0:
        return 0, 0
    sign = 1 if value < 0 else 0
    return rounded(sign, 61 - fraction, -value if sign != 0 else value, width, fpscr, 0)


def soft_convert(a, source, width, fpscr):
    """Convert between formats (FPDoubleToSingle, FPHalfToSingle and their like)."""
    kind, sign, exponent, mantissa, flags = unpack(a, source, fpscr)
    alternative = width == 16 and fpscr & AHP != 0
    if kind >= QUIET:
        if alternative:
            return with_sign(sign, 0, 16), flags | IOC
        return nan_result(kind, sign, mantissa, width, fpscr, flags)
    if kind == INFINITY:
        if alternative:
            return with_sign(sign, 0x7FFF, 16), flags | IOC
        return infinity(sign, width), flags
    if kind == ZERO:
        return with_sign(sign, 0, width), flags
    return rounded(sign, exponent + 1, mantissa << 8, width, fpscr, flags)
