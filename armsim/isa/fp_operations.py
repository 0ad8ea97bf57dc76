"""Floating-point operations on a core: the exact soft ones, and host doubles where they agree.

The host is asked only when FPSCR says round to nearest and no operand is to be flushed to zero, and
its answer is taken only when it is provably the right one: a double holds sum, product, quotient
and root of single-precision numbers well enough to round twice (53 >= 2 * 24 + 2), as long as the
result is a normal number. NaNs, infinities, overflow and underflow take the soft path, and so do
double operations whose exactness would have to be found out because IXC is still clear.
"""

import math

from armsim.bits import WORD, signed
from armsim.isa.fp_registers import accumulate, fpscr
from armsim.isa.fp_soft_convert import (
    EQUAL,
    GREATER,
    LESS,
    soft_compare,
    soft_convert,
    soft_extreme_number,
    soft_from_fixed,
    soft_round_to_integral,
    soft_to_fixed,
)
from armsim.isa.hostfloat import f32_from_bits, f32_to_bits, f64_from_bits, f64_to_bits
from armsim.isa.softfloat import (
    FZ,
    IXC,
    MAGNITUDE64,
    RMODE,
    SIGN64,
    TO_ZERO,
    soft_add,
    soft_divide,
    soft_multiply,
    soft_multiply_add,
    soft_square_root,
)

SIGN32 = 0x8000_0000
MAGNITUDE32 = 0x7FFF_FFFF
NORMAL32, INFINITY32 = 0x0080_0000, 0x7F80_0000
NORMAL64, INFINITY64 = 1 << 52, 2047 << 52
SPLIT = 134217729.0  # 2**27 + 1


def finish(cpu, result):
    """Book the exceptions of a soft operation and return its result."""
    bits, flags = result
    accumulate(cpu, flags)
    return bits


def host_serves32(status, a, b):
    """Tell whether the host rounds as FPSCR says and takes these operands: none to be flushed."""
    if status & (RMODE | FZ) == 0:
        return True
    if status & RMODE != 0:
        return False
    return not (0 < a & MAGNITUDE32 < NORMAL32 or 0 < b & MAGNITUDE32 < NORMAL32)


def host_serves64(status, a, b):
    """Tell the same for double-precision operands."""
    if status & (RMODE | FZ) == 0:
        return True
    if status & RMODE != 0:
        return False
    return not (0 < a & MAGNITUDE64 < NORMAL64 or 0 < b & MAGNITUDE64 < NORMAL64)


def negate32(bits):
    """Flip the sign, of NaNs too."""
    return bits ^ SIGN32


def negate64(bits):
    """Flip the sign, of NaNs too."""
    return bits ^ SIGN64


def add32(cpu, a, b):
    """Add single-precision numbers."""
    status = fpscr(cpu)
    if host_serves32(status, a, b):
        x = f32_from_bits(a)
        y = f32_from_bits(b)
        total = x + y
        bits = f32_to_bits(total)
        if NORMAL32 <= bits & MAGNITUDE32 < INFINITY32 or total == 0.0:
            if status & IXC == 0:
                exact = f32_from_bits(bits) == total and total - x == y and total - y == x
                if not exact:
                    accumulate(cpu, IXC)
            return bits
    return finish(cpu, soft_add(a, b, 0, 32, status))


def subtract32(cpu, a, b):
    """Subtract single-precision numbers."""
    status = fpscr(cpu)
    if host_serves32(status, a, b):
        x = f32_from_bits(a)
        y = f32_from_bits(b)
        total = x - y
        bits = f32_to_bits(total)
        if NORMAL32 <= bits & MAGNITUDE32 < INFINITY32 or total == 0.0:
            if status & IXC == 0:
                exact = f32_from_bits(bits) == total and x - total == y and total + y == x
                if not exact:
                    accumulate(cpu, IXC)
            return bits
    return finish(cpu, soft_add(a, b, 1, 32, status))


def multiply32(cpu, a, b):
    """Multiply single-precision numbers."""
    status = fpscr(cpu)
    if host_serves32(status, a, b):
        product = f32_from_bits(a) * f32_from_bits(b)  # exact: 48 bits
        bits = f32_to_bits(product)
        if NORMAL32 < bits & MAGNITUDE32 < INFINITY32:
            if status & IXC == 0 and f32_from_bits(bits) != product:
                accumulate(cpu, IXC)
            return bits
        if product == 0.0:
            return bits
    return finish(cpu, soft_multiply(a, b, 32, status))


def divide32(cpu, a, b):
    """Divide single-precision numbers."""
    status = fpscr(cpu)
    if host_serves32(status, a, b) and b & MAGNITUDE32 != 0:
        x = f32_from_bits(a)
        y = f32_from_bits(b)
        bits = f32_to_bits(x / y)
        if NORMAL32 < bits & MAGNITUDE32 < INFINITY32:
            if status & IXC == 0 and f32_from_bits(bits) * y != x:
                accumulate(cpu, IXC)
            return bits
    return finish(cpu, soft_divide(a, b, 32, status))


def square_root32(cpu, a):
    """Take the square root of a single-precision number."""
    status = fpscr(cpu)
    if status & (RMODE | FZ) == 0 and a < INFINITY32:
        x = f32_from_bits(a)
        bits = f32_to_bits(math.sqrt(x))
        if status & IXC == 0:
            root = f32_from_bits(bits)
            if root * root != x:
                accumulate(cpu, IXC)
        return bits
    return finish(cpu, soft_square_root(a, 32, status))


def multiply_add32(cpu, addend, a, b):
    """Add a product to a single-precision number and round once."""
    status = fpscr(cpu)
    if host_serves32(status, a, b) and host_serves32(status, addend, addend):
        product = f32_from_bits(a) * f32_from_bits(b)
        x = f32_from_bits(addend)
        total = product + x
        bits = f32_to_bits(total)
        # Rounding twice goes wrong only when the first rounding lands halfway between two
        # single-precision numbers.
        if (
            NORMAL32 < bits & MAGNITUDE32 < INFINITY32
            and f64_to_bits(total) & 0x1FFF_FFFF != 0x1000_0000
        ):
            if status & IXC == 0:
                exact = f32_from_bits(bits) == total and total - product == x
                if not exact or total - x != product:
                    accumulate(cpu, IXC)
            return bits
        if total == 0.0:
            return bits
    return finish(cpu, soft_multiply_add(addend, a, b, 32, status))


def compare32(cpu, a, b, signal_quiet):
    """Compare single-precision numbers; return NZCV in four bits."""
    status = fpscr(cpu)
    if host_serves32(status & FZ, a, b):
        x = f32_from_bits(a)
        y = f32_from_bits(b)
        if x == y:
            return EQUAL
        if x < y:
            return LESS
        if x > y:
            return GREATER
    return finish(cpu, soft_compare(a, b, signal_quiet, 32, status))


def add64(cpu, a, b):
    """Add double-precision numbers."""
    status = fpscr(cpu)
    if host_serves64(status, a, b):
        x = f64_from_bits(a)
        y = f64_from_bits(b)
        total = x + y
        bits = f64_to_bits(total)
        if NORMAL64 <= bits & MAGNITUDE64 < INFINITY64 or total == 0.0:
            if status & IXC == 0 and (total - x != y or total - y != x):
                accumulate(cpu, IXC)
            return bits
    return finish(cpu, soft_add(a, b, 0, 64, status))


def subtract64(cpu, a, b):
    """Subtract double-precision numbers."""
    status = fpscr(cpu)
    if host_serves64(status, a, b):
        x = f64_from_bits(a)
        y = f64_from_bits(b)
        total = x - y
        bits = f64_to_bits(total)
        if NORMAL64 <= bits & MAGNITUDE64 < INFINITY64 or total == 0.0:
            if status & IXC == 0 and (x - total != y or total + y != x):
                accumulate(cpu, IXC)
            return bits
    return finish(cpu, soft_add(a, b, 1, 64, status))


def multiply64(cpu, a, b):
    """Multiply double-precision numbers."""
    status = fpscr(cpu)
    if status & IXC != 0 and host_serves64(status, a, b):
        bits = f64_to_bits(f64_from_bits(a) * f64_from_bits(b))
        if NORMAL64 < bits & MAGNITUDE64 < INFINITY64:
            return bits
    return finish(cpu, soft_multiply(a, b, 64, status))


def divide64(cpu, a, b):
    """Divide double-precision numbers."""
    status = fpscr(cpu)
    if status & IXC != 0 and host_serves64(status, a, b) and b & MAGNITUDE64 != 0:
        bits = f64_to_bits(f64_from_bits(a) / f64_from_bits(b))
        if NORMAL64 < bits & MAGNITUDE64 < INFINITY64:
            return bits
    return finish(cpu, soft_divide(a, b, 64, status))


def square_root64(cpu, a):
    """Take the square root of a double-precision number."""
    status = fpscr(cpu)
    if status & (RMODE | FZ | IXC) == IXC and 0 <= a < INFINITY64:
        return f64_to_bits(math.sqrt(f64_from_bits(a)))
    return finish(cpu, soft_square_root(a, 64, status))


def sum_error(x, y, total):
    """Return what rounding cut off `total`, the double nearest to x + y."""
    part = total - x
    return (x - (total - part)) + (y - part)


def far_from_limits(bits, distance):
    """Tell whether a double lies between 2**-distance and 2**distance."""
    return -distance < (bits >> 52 & 0x7FF) - 1023 < distance


def multiply_add64(cpu, addend, a, b):
    """Add a product to a double-precision number and round once."""
    status = fpscr(cpu)
    if (
        status & (RMODE | IXC) == IXC
        and far_from_limits(a, 300)
        and far_from_limits(b, 300)
        and far_from_limits(addend, 600)
    ):
        # Dekker's exact product, two exact sums, and what is left rounded to odd, so that the
        # last sum rounds right (Boldo and Melquiond, Emulation of FMA, 2008).
        x, y, z = f64_from_bits(a), f64_from_bits(b), f64_from_bits(addend)
        product = x * y
        x_high, y_high = x * SPLIT - (x * SPLIT - x), y * SPLIT - (y * SPLIT - y)
        x_low, y_low = x - x_high, y - y_high
        tail = x_high * y_high - product + x_high * y_low + x_low * y_high + x_low * y_low
        low = z + tail
        high = product + low
        rest, rest_error = sum_error(z, tail, low), sum_error(product, low, high)
        odd = rest + rest_error
        lost = sum_error(rest, rest_error, odd)
        bits = f64_to_bits(odd)
        if lost != 0.0 and bits & 1 == 0:
            bits += 1 if (lost > 0.0) == (odd > 0.0) else -1
        return f64_to_bits(high + f64_from_bits(bits))
    return finish(cpu, soft_multiply_add(addend, a, b, 64, status))


def compare64(cpu, a, b, signal_quiet):
    """Compare double-precision numbers; return NZCV in four bits."""
    status = fpscr(cpu)
    if host_serves64(status & FZ, a, b):
        x = f64_from_bits(a)
        y = f64_from_bits(b)
        if x == y:
            return EQUAL
        if x < y:
            return LESS
        if x > y:
            return GREATER
    return finish(cpu, soft_compare(a, b, signal_quiet, 64, status))


def extreme_number(cpu, a, b, least, width):
    """Return the greater number, or the lesser when `least` is 1."""
    status = fpscr(cpu)
    if status & FZ == 0:
        x = f32_from_bits(a) if width == 32 else f64_from_bits(a)
        y = f32_from_bits(b) if width == 32 else f64_from_bits(b)
        if x > y:
            return b if least != 0 else a
        if x < y:
            return a if least != 0 else b
    return finish(cpu, soft_extreme_number(a, b, least, width, status))


def round_to_integral(cpu, a, mode, exact, width):
    """Round to an integer in the same format."""
    return finish(cpu, soft_round_to_integral(a, mode, exact, width, fpscr(cpu)))


def fits_word(x, unsigned):
    """Tell whether a double, cut to an integer, is a word."""
    if unsigned != 0:
        return 0.0 <= x < 4294967296.0
    return -2147483649.0 < x < 2147483648.0


def to_integer32(cpu, a, unsigned, mode):
    """Convert a single-precision number to a word."""
    status = fpscr(cpu)
    if mode == TO_ZERO and status & FZ == 0:
        x = f32_from_bits(a)
        if fits_word(x, unsigned):
            value = int(x)
            if float(value) != x:
                accumulate(cpu, IXC)
            return value & WORD
    return finish(cpu, soft_to_fixed(a, 0, 32, unsigned, mode, 32, status)) & WORD


def to_integer64(cpu, a, unsigned, mode):
    """Convert a double-precision number to a word."""
    status = fpscr(cpu)
    if mode == TO_ZERO and status & FZ == 0:
        x = f64_from_bits(a)
        if fits_word(x, unsigned):
            value = int(x)
            if float(value) != x:
                accumulate(cpu, IXC)
            return value & WORD
    return finish(cpu, soft_to_fixed(a, 0, 32, unsigned, mode, 64, status)) & WORD


def from_integer32(cpu, word, unsigned):
    """Convert a word to single precision."""
    value = word if unsigned != 0 else signed(word)
    status = fpscr(cpu)
    if status & RMODE == 0:
        x = float(value)
        bits = f32_to_bits(x)
        if f32_from_bits(bits) != x:
            accumulate(cpu, IXC)
        return bits
    return finish(cpu, soft_from_fixed(value, 0, 32, status))


def from_integer64(word, unsigned):
    """Convert a word to double precision, which is always exact."""
    return f64_to_bits(float(word if unsigned != 0 else signed(word)))


def to_fixed(cpu, a, fraction, size, unsigned, width):
    """Convert to a fixed-point number, towards zero."""
    return finish(cpu, soft_to_fixed(a, fraction, size, unsigned, TO_ZERO, width, fpscr(cpu)))


def from_fixed(cpu, value, fraction, size, unsigned, width):
    """Convert from a fixed-point number in the low bits of `value`, to nearest in any mode."""
    value &= (1 << size) - 1
    if unsigned == 0 and value >> (size - 1) != 0:
        value -= 1 << size
    return finish(cpu, soft_from_fixed(value, fraction, width, fpscr(cpu) & ~RMODE))


def single_to_double(cpu, a):
    """Convert single to double precision."""
    status = fpscr(cpu)
    if NORMAL32 <= a & MAGNITUDE32 < INFINITY32:
        return f64_to_bits(f32_from_bits(a))
    return finish(cpu, soft_convert(a, 32, 64, status))


def double_to_single(cpu, a):
    """Convert double to single precision."""
    status = fpscr(cpu)
    if status & (RMODE | FZ) == 0:
        x = f64_from_bits(a)
        bits = f32_to_bits(x)
        if NORMAL32 < bits & MAGNITUDE32 < INFINITY32:
            if f32_from_bits(bits) != x:
                accumulate(cpu, IXC)
            return bits
        if x == 0.0:
            return bits
    return finish(cpu, soft_convert(a, 64, 32, status))


def convert(cpu, a, source, width):
    """Convert between formats."""
    return finish(cpu, soft_convert(a, source, width, fpscr(cpu)))
