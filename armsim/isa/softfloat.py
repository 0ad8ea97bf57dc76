"""IEEE 754 arithmetic on integers, exactly as the Arm manual's pseudocode defines it (A2.5).

Numbers come and go as bit patterns of 16, 32 or 64 bits; a 64-bit pattern is in two's complement
(-2**63 to 2**63 - 1). Every operation takes `fpscr` for rounding mode and modes of operation, and
returns the result and the cumulative exception bits it raises; nothing here touches the core.

Inside, a number is (kind, sign, exponent, mantissa, flags). A finite one is
mantissa * 2**(exponent - 52) with 2**52 <= mantissa < 2**53, whatever its format; a NaN keeps its
payload in `mantissa`, aligned to the 52 fraction bits of a double.
"""

from armsim.bits import WORD, count_leading_zeros

IOC, DZC, OFC, UFC, IXC, IDC = 1, 2, 4, 8, 16, 128
RMODE, FZ, DN, AHP = 3 << 22, 1 << 24, 1 << 25, 1 << 26

NEAREST, UP, DOWN, TO_ZERO, AWAY = 0, 1, 2, 3, 4  # AWAY: to nearest, ties away from zero

ZERO, FINITE, INFINITY, QUIET, SIGNALLING = 0, 1, 2, 3, 4

FRACTION = (1 << 52) - 1
ONE = 1 << 52
QUIET_BIT = 1 << 51
SIGN64 = -(1 << 63)
MAGNITUDE64 = (1 << 63) - 1
LIMB = (1 << 60) - 1
HALF_MANTISSA = (1 << 27) - 1


def rounding_mode(fpscr):
    """Return the rounding mode: NEAREST, UP, DOWN or TO_ZERO."""
    return fpscr >> 22 & 3


def bit_length(value):
    """Return how many bits a number below 2**63 has."""
    high = value >> 32
    if high != 0:
        return 64 - count_leading_zeros(high)
    return 32 - count_leading_zeros(value & WORD)


def shift_right_jam(value, amount):
    """Shift right; bit 0 of the result also tells whether a one was lost."""
    if amount > 61:
        return 1 if value != 0 else 0
    lost = value & ((1 << amount) - 1)
    return value >> amount | (1 if lost != 0 else 0)


def fraction_bits(width):
    """Return the number of fraction bits of a format."""
    if width == 32:
        return 23
    return 52 if width == 64 else 10


def top_exponent(width):
    """Return the biased exponent of infinities and NaNs."""
    if width == 32:
        return 255
    return 2047 if width == 64 else 31


def with_sign(sign, magnitude, width):
    """Put a sign bit on a pattern."""
    if sign == 0:
        return magnitude
    return magnitude | SIGN64 if width == 64 else magnitude | 1 << (width - 1)


def infinity(sign, width):
    """Return an infinity."""
    return with_sign(sign, top_exponent(width) << fraction_bits(width), width)


def default_nan(width):
    """Return the NaN that an invalid operation gives."""
    return top_exponent(width) << fraction_bits(width) | 1 << (fraction_bits(width) - 1)


def unpack(bits, width, fpscr):
    """Take a number apart; flush a subnormal to zero and say so when FZ is set."""
    if width == 32:
        sign, biased, fraction = bits >> 31 & 1, bits >> 23 & 0xFF, (bits & 0x7F_FFFF) << 29
    elif width == 64:
        sign, biased, fraction = bits >> 63 & 1, bits >> 52 & 0x7FF, bits & FRACTION
    else:
        sign, biased, fraction = bits >> 15 & 1, bits >> 10 & 0x1F, (bits & 0x3FF) << 42
    top = top_exponent(width)
    bias = top >> 1
    if biased == 0:
        if fraction == 0:
            return ZERO, sign, 0, 0, 0
        if fpscr & FZ != 0 and width != 16:
            return ZERO, sign, 0, 0, IDC
        shift = 53 - bit_length(fraction)
        return FINITE, sign, 1 - bias - shift, fraction << shift, 0
    if biased == top and (width != 16 or fpscr & AHP == 0):
        if fraction == 0:
            return INFINITY, sign, 0, 0, 0
        return SIGNALLING if fraction & QUIET_BIT == 0 else QUIET, sign, 0, fraction, 0
    return FINITE, sign, biased - bias, fraction | ONE, 0


def nan_result(kind, sign, payload, width, fpscr, flags):
    """Return a NaN operand as a result: quiet, or the default NaN when DN is set."""
    if kind == SIGNALLING:
        flags |= IOC
    if fpscr & DN != 0:
        return default_nan(width), flags
    size = fraction_bits(width)
    magnitude = top_exponent(width) << size | (payload | QUIET_BIT) >> (52 - size)
    return with_sign(sign, magnitude, width), flags


def either_nan(kind1, sign1, payload1, kind2, sign2, payload2, width, fpscr, flags):
    """Return the NaN of two operands that the manual prefers: signalling first, then the first."""
    if kind1 >= kind2:
        return nan_result(kind1, sign1, payload1, width, fpscr, flags)
    return nan_result(kind2, sign2, payload2, width, fpscr, flags)


def rounds_up(mode, sign, kept, lost, half):
    """Tell (1 or 0) whether rounding adds one to `kept`, `lost` of 2 * `half` being cut off."""
    if mode == NEAREST:
        return 1 if lost > half or (lost == half and kept & 1 != 0) else 0
    if mode == AWAY:
        return 1 if lost >= half else 0
    if lost == 0 or mode == TO_ZERO:
        return 0
    return 1 if (mode == UP) == (sign == 0) else 0


def rounded(sign, exponent, mantissa, width, fpscr, flags):
    """Round mantissa * 2**(exponent - 61) into a format (FPRound).

    The mantissa is above zero and below 2**62; its bit 0 may stand for ones further right as long
    as it has 56 bits or more.
    """
    shift = 62 - bit_length(mantissa)
    mantissa <<= shift
    exponent -= shift
    size, top = fraction_bits(width), top_exponent(width)
    mode = rounding_mode(fpscr)
    biased = exponent + (top >> 1)
    drop = 61 - size
    if biased <= 0:
        if fpscr & FZ != 0 and width != 16:
            return with_sign(sign, 0, width), flags | UFC
        drop += 1 - biased
        biased = 0
        if drop > 62:
            drop = 62
            mantissa = 1
    kept = mantissa >> drop
    lost = mantissa & ((1 << drop) - 1)
    if lost != 0 and biased == 0:
        flags |= UFC
    kept += rounds_up(mode, sign, kept, lost, 1 << (drop - 1))
    limit = top
    if width == 16 and fpscr & AHP != 0:
        limit = top + 1
    if biased < limit:  # the implicit one bit of a normal number adds one to the exponent
        magnitude = kept if biased == 0 else kept + ((biased - 1) << size)
        if magnitude < limit << size:
            return with_sign(sign, magnitude, width), flags | (IXC if lost != 0 else 0)
    if limit != top:
        return with_sign(sign, 0x7FFF, 16), flags | IOC
    flags |= OFC | IXC
    if mode == NEAREST or (mode == UP and sign == 0) or (mode == DOWN and sign != 0):
        return infinity(sign, width), flags
    return with_sign(sign, (top << size) - 1, width), flags


def exact_zero(width, fpscr, flags):
    """Return the zero of x - x: negative only when rounding down."""
    return with_sign(1 if rounding_mode(fpscr) == DOWN else 0, 0, width), flags


def soft_add(a, b, subtract, width, fpscr):
    """Add, or subtract b from a when `subtract` is 1 (FPAdd, FPSub)."""
    kind1, sign1, exponent1, mantissa1, flags1 = unpack(a, width, fpscr)
    kind2, sign2, exponent2, mantissa2, flags2 = unpack(b, width, fpscr)
    flags = flags1 | flags2
    if kind1 >= QUIET or kind2 >= QUIET:
        return either_nan(kind1, sign1, mantissa1, kind2, sign2, mantissa2, width, fpscr, flags)
    sign2 ^= subtract
    if kind1 == INFINITY or kind2 == INFINITY:
        if kind1 == kind2 and sign1 != sign2:
            return default_nan(width), flags | IOC
        return infinity(sign1 if kind1 == INFINITY else sign2, width), flags
    if kind1 == ZERO and kind2 == ZERO:
        if sign1 == sign2:
            return with_sign(sign1, 0, width), flags
        return exact_zero(width, fpscr, flags)
    if kind1 == ZERO:
        exponent1 = exponent2
    elif kind2 == ZERO:
        exponent2 = exponent1
    exponent = max(exponent2, exponent1)
    x = shift_right_jam(mantissa1 << 8, exponent - exponent1)
    y = shift_right_jam(mantissa2 << 8, exponent - exponent2)
    total = (x if sign1 == 0 else -x) + (y if sign2 == 0 else -y)
    if total == 0:
        return exact_zero(width, fpscr, flags)
    sign = 1 if total < 0 else 0
    return rounded(sign, exponent + 1, total if sign == 0 else -total, width, fpscr, flags)


def product_limbs(x, y):
    """Multiply two 53-bit mantissas; return the product * 2**6 as two limbs of 60 bits."""
    x1, x0 = x >> 27, x & HALF_MANTISSA
    y1, y0 = y >> 27, y & HALF_MANTISSA
    middle = x1 * y0 + x0 * y1
    low = ((middle & HALF_MANTISSA) << 27) + x0 * y0
    high = x1 * y1 + (middle >> 27) + (low >> 54)
    return high, (low << 6) & LIMB


def soft_multiply(a, b, width, fpscr):
    """Multiply (FPMul)."""
    kind1, sign1, exponent1, mantissa1, flags1 = unpack(a, width, fpscr)
    kind2, sign2, exponent2, mantissa2, flags2 = unpack(b, width, fpscr)
    flags = flags1 | flags2
    if kind1 >= QUIET or kind2 >= QUIET:
        return either_nan(kind1, sign1, mantissa1, kind2, sign2, mantissa2, width, fpscr, flags)
    sign = sign1 ^ sign2
    if kind1 == INFINITY or kind2 == INFINITY:
        if kind1 == ZERO or kind2 == ZERO:
            return default_nan(width), flags | IOC
        return infinity(sign, width), flags
    if kind1 == ZERO or kind2 == ZERO:
        return with_sign(sign, 0, width), flags
    high, low = product_limbs(mantissa1, mantissa2)
    mantissa = high << 10 | low >> 50 | (1 if low & ((1 << 50) - 1) != 0 else 0)
    return rounded(sign, exponent1 + exponent2 + 1, mantissa, width, fpscr, flags)


def shift_limbs_right_jam(high, low, amount):
    """Shift two limbs of 60 bits right; bit 0 also tells whether a one was lost."""
    if amount >= 120:
        return 0, 1
    lost = 0
    if amount >= 60:
        lost = low
        high, low = 0, high
        amount -= 60
    lost |= low & ((1 << amount) - 1)
    low = low >> amount | (high & ((1 << amount) - 1)) << (60 - amount)
    return high >> amount, low | (1 if lost != 0 else 0)


def soft_multiply_add(addend, a, b, width, fpscr):
    """Add a * b to `addend` and round once (FPMulAdd)."""
    kind0, sign0, exponent0, mantissa0, flags0 = unpack(addend, width, fpscr)
    kind1, sign1, exponent1, mantissa1, flags1 = unpack(a, width, fpscr)
    kind2, sign2, exponent2, mantissa2, flags2 = unpack(b, width, fpscr)
    flags = flags0 | flags1 | flags2
    invalid = (kind1 == INFINITY and kind2 == ZERO) or (kind1 == ZERO and kind2 == INFINITY)
    if kind0 >= QUIET or kind1 >= QUIET or kind2 >= QUIET:
        if kind0 == QUIET and invalid:
            return default_nan(width), flags | IOC
        if kind0 >= kind1 and kind0 >= kind2:
            return nan_result(kind0, sign0, mantissa0, width, fpscr, flags)
        return either_nan(kind1, sign1, mantissa1, kind2, sign2, mantissa2, width, fpscr, flags)
    sign = sign1 ^ sign2
    infinite = kind1 == INFINITY or kind2 == INFINITY
    if invalid or (infinite and kind0 == INFINITY and sign != sign0):
        return default_nan(width), flags | IOC
    if infinite or kind0 == INFINITY:
        return infinity(sign if infinite else sign0, width), flags
    if kind1 == ZERO or kind2 == ZERO:
        if kind0 != ZERO:
            return rounded(sign0, exponent0 + 1, mantissa0 << 8, width, fpscr, flags)
        if sign == sign0:
            return with_sign(sign, 0, width), flags
        return exact_zero(width, fpscr, flags)
    high, low = product_limbs(mantissa1, mantissa2)  # the value is limbs * 2**(exponent - 110)
    exponent = exponent1 + exponent2
    if kind0 != ZERO:
        high0, low0 = mantissa0 >> 2, (mantissa0 & 3) << 58
        if exponent >= exponent0:
            high0, low0 = shift_limbs_right_jam(high0, low0, exponent - exponent0)
        else:
            high, low = shift_limbs_right_jam(high, low, exponent0 - exponent)
            exponent = exponent0
        if sign == sign0:
            high, low = high + high0, low + low0
        else:
            high, low = high - high0, low - low0
        high, low = high + (low >> 60), low & LIMB
        if high < 0:
            sign ^= 1
            high, low = -high - (1 if low != 0 else 0), -low & LIMB
        if high == 0 and low == 0:
            return exact_zero(width, fpscr, flags)
    if high == 0:
        return rounded(sign, exponent - 49, low, width, fpscr, flags)
    spare = 62 - bit_length(high)  # between 8 and 61: two limbs to one with a sticky bit
    below = 60 - spare
    if below > 0:
        mantissa = high << spare | shift_right_jam(low, below)
    else:
        mantissa = high << spare | low << -below
    return rounded(sign, exponent + 11 - spare, mantissa, width, fpscr, flags)


def soft_divide(a, b, width, fpscr):
    """Divide (FPDiv)."""
    kind1, sign1, exponent1, mantissa1, flags1 = unpack(a, width, fpscr)
    kind2, sign2, exponent2, mantissa2, flags2 = unpack(b, width, fpscr)
    flags = flags1 | flags2
    if kind1 >= QUIET or kind2 >= QUIET:
        return either_nan(kind1, sign1, mantissa1, kind2, sign2, mantissa2, width, fpscr, flags)
    sign = sign1 ^ sign2
    if kind1 == kind2 and kind1 != FINITE:
        return default_nan(width), flags | IOC
    if kind1 == INFINITY:
        return infinity(sign, width), flags
    if kind2 == ZERO:
        return infinity(sign, width), flags | DZC
    if kind1 == ZERO or kind2 == INFINITY:
        return with_sign(sign, 0, width), flags
    quotient = mantissa1 // mantissa2
    rest = mantissa1 - quotient * mantissa2
    for _ in range(6):  # nine bits at a time, 54 in all
        rest <<= 9
        digit = rest // mantissa2
        rest -= digit * mantissa2
        quotient = quotient << 9 | digit
    mantissa = quotient << 1 | (1 if rest != 0 else 0)
    return rounded(sign, exponent1 - exponent2 + 6, mantissa, width, fpscr, flags)


def soft_square_root(a, width, fpscr):
    """Take the square root (FPSqrt)."""
    kind, sign, exponent, mantissa, flags = unpack(a, width, fpscr)
    if kind >= QUIET:
        return nan_result(kind, sign, mantissa, width, fpscr, flags)
    if kind == ZERO:
        return with_sign(sign, 0, width), flags
    if sign != 0:
        return default_nan(width), flags | IOC
    if kind == INFINITY:
        return infinity(0, width), flags
    if exponent & 1 != 0:
        mantissa <<= 1
        exponent -= 1
    root = rest = 0
    for step in range(55):  # the root of mantissa * 2**56, bit by bit
        rest <<= 2
        if step < 27:
            rest |= mantissa >> (52 - 2 * step) & 3
        trial = root << 2 | 1
        root <<= 1
        if rest >= trial:
            rest -= trial
            root |= 1
    mantissa = root << 1 | (1 if rest != 0 else 0)
    return rounded(0, (exponent >> 1) + 6, mantissa, width, fpscr, flags)
