"""Host doubles from bit patterns and back; the engine compiles these four as bit casts.

A double's pattern is an int in two's complement, -2**63 to 2**63 - 1, so that plain Python and
64-bit ints agree. Only fast paths use host arithmetic, and only where it is provably exact, given
that the host rounds to nearest and keeps subnormal numbers, as it does unless it was told not to.
"""

import struct

_ONE, _HALF_ULP, _LEAST_NORMAL, _LEAST = 1.0, 2.0**-53, 2.0**-1022, 5e-324


def host_is_ieee():
    """Tell whether this thread's arithmetic rounds to nearest and keeps subnormal numbers.

    A library built with -ffast-math, `torch.set_flush_denormal` or fesetround can change that.
    """
    nearest = _ONE + _HALF_ULP == _ONE and _ONE + 3 * _HALF_ULP == _ONE + 4 * _HALF_ULP
    symmetric = -_ONE - _HALF_ULP == -_ONE
    return nearest and symmetric and _LEAST_NORMAL / 2 != 0 and _LEAST + _LEAST != 0


def f32_from_bits(word):
    """Return the single-precision number with these bits as a double."""
    return struct.unpack("<f", struct.pack("<I", word))[0]


def f32_to_bits(x):
    """Round a double to the nearest single-precision number and return its bits."""
    try:
        return struct.unpack("<I", struct.pack("<f", x))[0]
    except OverflowError:
        return 0x7F80_0000 if x > 0 else 0xFF80_0000


def f64_from_bits(bits):
    """Return the double with these bits."""
    return struct.unpack("<d", struct.pack("<q", bits))[0]


def f64_to_bits(x):
    """Return the bits of a double."""
    return struct.unpack("<q", struct.pack("<d", x))[0]
