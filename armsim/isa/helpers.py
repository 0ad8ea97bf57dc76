"""Arithmetic that several families share, named after the manual's pseudocode (A2.2.1, A7.4.2)."""

from armsim.bits import WORD, high_word, ror, signed, signed8, signed16
from armsim.dsl.state import GE, C, V, flag_c, reg, set_nz, set_q, set_reg, set_slot


def add_with_carry(cpu, x, y, carry, setflags):
    """Return x + y + carry as a word; set N, Z, C and V if `setflags`."""
    total = x + y + carry
    result = total & WORD
    if setflags != 0:
        set_nz(cpu, result)
        set_slot(cpu, C, total >> 32)
        set_slot(cpu, V, ((x ^ result) & (y ^ result)) >> 31)
    return result


def logic_result(cpu, result, carry, setflags):
    """Set N, Z and C of a logical operation if `setflags`; a carry of 2 keeps C."""
    if setflags != 0:
        set_nz(cpu, result)
        if carry != 2:
            set_slot(cpu, C, carry)


LSL, LSR, ASR, ROR, RRX = 0, 1, 2, 3, 4


def shift(cpu, value, shift_t, shift_n):
    """Shift a word as an instruction's constant says: LSL, LSR, ASR, ROR or RRX by 0 to 32."""
    if shift_n == 0:
        return value
    if shift_t == LSL:
        return (value << shift_n) & WORD
    if shift_t == LSR:
        return value >> shift_n
    if shift_t == ASR:
        return (((value ^ 0x8000_0000) - 0x8000_0000) >> shift_n) & WORD
    if shift_t == ROR:
        return ror(value, shift_n & 31)
    return value >> 1 | flag_c(cpu) << 31


def shift_carry(value, shift_t, shift_n):
    """Return the bit that such a shift moves out last, 2 if it moves none."""
    if shift_n == 0:
        return 2
    if shift_t == LSL:
        return (value >> (32 - shift_n)) & 1
    if shift_t == ASR and shift_n >= 32:
        return value >> 31
    return (value >> (shift_n - 1)) & 1


def shift_by_register(cpu, value, shift_t, amount, setflags):
    """Shift by the low byte of a register, 0 to 255, and set N, Z and C if `setflags`."""
    amount = amount & 0xFF
    carry = flag_c(cpu)
    result = value
    if amount != 0:
        if shift_t == ROR:
            result = ror(value, amount & 31)
            carry = result >> 31
        elif amount < 33:
            result = shift(cpu, value, shift_t, amount)
            carry = shift_carry(value, shift_t, amount)
        elif shift_t == ASR:
            carry = value >> 31
            result = carry * WORD
        else:
            result = 0
            carry = 0
    logic_result(cpu, result, carry, setflags)
    return result


def logic_result_shifted(cpu, result, value, shift_t, shift_n, setflags):
    """Set N, Z and C of a logical operation on `value` shifted by a constant, if `setflags`."""
    if setflags != 0:
        logic_result(cpu, result, shift_carry(value, shift_t, shift_n), 1)


def pack_halves(low, high):
    """Return the word made of the low 16 bits of two numbers."""
    return (low & 0xFFFF) | (high & 0xFFFF) << 16


def accumulated(cpu, total):
    """Return a signed sum cut to a word; set Q if it does not fit."""
    result = total & WORD
    if signed(result) != total:
        set_q(cpu)
    return result


def long_accumulator(cpu, rdlo, rdhi):
    """Return the 64-bit number in a pair of registers, for arithmetic modulo 2**64."""
    return reg(cpu, rdhi) << 32 | reg(cpu, rdlo)


def set_long(cpu, rdlo, rdhi, value):
    """Set a pair of registers to the low 64 bits of `value`."""
    set_reg(cpu, rdhi, high_word(value))
    set_reg(cpu, rdlo, value & WORD)


def signed_sat(value, bits):
    """Return the number of `bits` bits, signed, that is nearest to `value`."""
    limit = 1 << (bits - 1)
    return min(max(value, -limit), limit - 1)


def unsigned_sat(value, bits):
    """Return the number of `bits` bits, unsigned, that is nearest to the signed `value`."""
    return min(max(value, 0), (1 << bits) - 1)


def signed_sat_q(cpu, value, bits):
    """Return `signed_sat(value, bits)`; set Q if that is another number."""
    result = signed_sat(value, bits)
    if result != value:
        set_q(cpu)
    return result


def unsigned_sat_q(cpu, value, bits):
    """Return `unsigned_sat(value, bits)`; set Q if that is another number."""
    result = unsigned_sat(value, bits)
    if result != value:
        set_q(cpu)
    return result


def signed_halves(value):
    """Return both halfwords of a word, low one first, as signed numbers."""
    return signed16(value), signed16(value >> 16)


def unsigned_halves(value):
    """Return both halfwords of a word, low one first."""
    return value & 0xFFFF, value >> 16


def signed_bytes(value):
    """Return the four bytes of a word, lowest first, as signed numbers."""
    return signed8(value), signed8(value >> 8), signed8(value >> 16), signed8(value >> 24)


def unsigned_bytes(value):
    """Return the four bytes of a word, lowest first."""
    return value & 0xFF, (value >> 8) & 0xFF, (value >> 16) & 0xFF, value >> 24


def byte_sums(x, y):
    """Return the sums of two by four numbers, lane by lane."""
    return x[0] + y[0], x[1] + y[1], x[2] + y[2], x[3] + y[3]


def byte_differences(x, y):
    """Return the differences of two by four numbers, lane by lane."""
    return x[0] - y[0], x[1] - y[1], x[2] - y[2], x[3] - y[3]


def pack_bytes(a, b, c, d):
    """Return the word made of the low 8 bits of four numbers, lowest byte first."""
    return (a & 0xFF) | (b & 0xFF) << 8 | (c & 0xFF) << 16 | (d & 0xFF) << 24


def not_negative(value):
    """Return 1 for a number from 0 to 2**31 - 1, 0 for one from -2**31 to -1."""
    return 1 - ((value >> 31) & 1)


def set_ge(cpu, a, b, c, d):
    """Set the four GE flags, lowest first."""
    set_slot(cpu, GE, a | b << 1 | c << 2 | d << 3)


def set_ge_halves(cpu, low, high):
    """Set the GE flags in pairs: both of the low halfword, both of the high one."""
    set_slot(cpu, GE, low * 3 | high * 12)
