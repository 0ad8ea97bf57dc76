"""Fixed-width integers on plain Python ints.

Every value is an int in 0 .. 2**32 - 1 unless a name says otherwise. The functions are written so
that they mean the same in plain Python (unbounded ints) and compiled with 64-bit ints.
Names follow the pseudocode of the Armv7-M Architecture Reference Manual (Arm DDI 0403).
"""

WORD = 0xFFFF_FFFF
SIGN = 0x8000_0000


def mask(width):
    """Return `width` one bits, 0 <= width <= 32."""
    return (1 << width) - 1


def signed(value):
    """Read a word as a two's complement number."""
    return (value ^ SIGN) - SIGN


def signed8(value):
    """Read the low byte as a two's complement number."""
    return ((value & 0xFF) ^ 0x80) - 0x80


def signed16(value):
    """Read the low halfword as a two's complement number."""
    return ((value & 0xFFFF) ^ 0x8000) - 0x8000


def sign_extend(value, width):
    """Extend the low `width` bits of `value`, 1 <= width <= 32, to a signed number."""
    top = 1 << (width - 1)
    return ((value & mask(width)) ^ top) - top


def byte(value, lane):
    """Return byte `lane` (0 to 3) of a word, unsigned."""
    return (value >> (8 * lane)) & 0xFF


def half(value, lane):
    """Return halfword `lane` (0 or 1) of a word, unsigned."""
    return (value >> (16 * lane)) & 0xFFFF


def high_word(value):
    """Return bits 63 to 32 of a 64-bit product or sum."""
    return (value >> 32) & WORD


def ror(value, amount):
    """Rotate a word right by 0 to 31 bits."""
    return ((value >> amount) | (value << (32 - amount))) & WORD


def reverse_bytes(value):
    """Reverse the order of the four bytes."""
    return (
        ((value & 0xFF) << 24)
        | ((value & 0xFF00) << 8)
        | ((value >> 8) & 0xFF00)
        | ((value >> 24) & 0xFF)
    )


def reverse_bits(value):
    """Reverse the order of the 32 bits."""
    value = ((value >> 1) & 0x5555_5555) | ((value & 0x5555_5555) << 1)
    value = ((value >> 2) & 0x3333_3333) | ((value & 0x3333_3333) << 2)
    value = ((value >> 4) & 0x0F0F_0F0F) | ((value & 0x0F0F_0F0F) << 4)
    return reverse_bytes(value)


def count_leading_zeros(value):
    """Return the number of zero bits above the highest one bit; 32 for zero."""
    count = 32
    for step in (16, 8, 4, 2, 1):
        upper = value >> step
        if upper != 0:
            count -= step
            value = upper
    return count - value
