"""Host doubles from bit patterns and back; the engine compiles these four as bit casts.

A double's pattern is an int in two's complement, -2**63 to 2**63 - 1, so that plain Python and
64-bit ints agree. Only fast paths use host arithmetic, and only where it is provably exact.
"""

import struct


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
