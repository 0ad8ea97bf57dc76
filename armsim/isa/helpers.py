"""Arithmetic that several families share, named after the manual's pseudocode (A2.2.1, A7.4.2)."""

from armsim.bits import WORD, high_word, ror, signed
from armsim.dsl.state import C, V, flag_c, reg, set_nz, set_q, set_reg, set_slot


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
