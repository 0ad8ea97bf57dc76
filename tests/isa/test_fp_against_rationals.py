"""Soft arithmetic against exact rationals, and the fast paths against soft arithmetic.

The reference below is the manual's pseudocode (FPUnpack, FPRound, FPAdd and so on) in Python's
unbounded integers and fractions; it shares no code with `armsim.isa`.
"""

import os
import random
from fractions import Fraction
from math import isqrt

import pytest

from armsim.dsl.state import FPSCR, STATE_WORDS
from armsim.isa import fp_operations as fast
from armsim.isa import fp_soft_convert as conversion
from armsim.isa import softfloat as soft

SEED = int(os.environ.get("ARMSIM_FUZZ_SEED", "1"))
CASES = int(os.environ.get("ARMSIM_FUZZ_CASES", "3000"))
IOC, DZC, OFC, UFC, IXC, IDC = 1, 2, 4, 8, 16, 128
FZ, DN, AHP = 1 << 24, 1 << 25, 1 << 26
EXPONENT_BITS = {16: 5, 32: 8, 64: 11}
INFINITE, NUMBER, NAN = "infinite", "number", "nan"


class Reference:
    """The manual's pseudocode for one format and one value of FPSCR; `flags` gathers exceptions."""

    def __init__(self, width: int, fpscr: int) -> None:
        self.width, self.fpscr, self.flags = width, fpscr, 0
        self.exponent_bits = EXPONENT_BITS[width]
        self.fraction_bits = width - 1 - self.exponent_bits
        self.minimum = 2 - (1 << (self.exponent_bits - 1))
        self.mode = fpscr >> 22 & 3

    def pattern(self, sign: int, magnitude: int) -> int:
        return sign << (self.width - 1) | magnitude

    def infinity(self, sign: int) -> int:
        return self.pattern(sign, ((1 << self.exponent_bits) - 1) << self.fraction_bits)

    def default_nan(self) -> int:
        return self.infinity(0) | 1 << (self.fraction_bits - 1)

    def invalid(self) -> int:
        self.flags |= IOC
        return self.default_nan()

    def unpack(self, bits: int) -> tuple[str, int, Fraction]:
        """FPUnpack."""
        sign = bits >> (self.width - 1)
        biased = bits >> self.fraction_bits & ((1 << self.exponent_bits) - 1)
        fraction = Fraction(bits & ((1 << self.fraction_bits) - 1), 1 << self.fraction_bits)
        if biased == 0:
            if fraction and self.fpscr & FZ and self.width != 16:
                self.flags |= IDC
                fraction = Fraction(0)
            return NUMBER, sign, (-1) ** sign * fraction * Fraction(2) ** self.minimum
        if biased == (1 << self.exponent_bits) - 1 and not (self.width == 16 and self.fpscr & AHP):
            return (NAN if fraction else INFINITE), sign, Fraction(0)
        return (
            NUMBER,
            sign,
            (-1) ** sign * (1 + fraction) * Fraction(2) ** (biased - 1 + self.minimum),
        )

    def is_signalling(self, bits: int) -> bool:
        return not bits >> (self.fraction_bits - 1) & 1

    def nans(self, *operands: int) -> int | None:
        """FPProcessNaNs and FPProcessNaNs3."""
        nans = [bits for bits in operands if self.unpack(bits)[0] == NAN]
        signalling = [bits for bits in nans if self.is_signalling(bits)]
        if signalling:
            self.flags |= IOC
        for bits in signalling or nans:
            return self.default_nan() if self.fpscr & DN else bits | 1 << (self.fraction_bits - 1)
        return None

    def round(self, value: Fraction, mode: int | None = None) -> int:
        """FPRound of a nonzero value."""
        mode = self.mode if mode is None else mode
        sign, value = int(value < 0), abs(value)
        exponent = value.numerator.bit_length() - value.denominator.bit_length()
        if Fraction(2) ** exponent > value:
            exponent -= 1
        if self.fpscr & FZ and self.width != 16 and exponent < self.minimum:
            self.flags |= UFC
            return self.pattern(sign, 0)
        biased = max(exponent - self.minimum + 1, 0)
        scale = Fraction(2) ** (self.fraction_bits - max(exponent, self.minimum))
        mantissa = int(value * scale)
        error = value * scale - mantissa
        if biased == 0 and error:
            self.flags |= UFC
        half = Fraction(1, 2)
        up = {
            0: error > half or (error == half and mantissa & 1 == 1),
            1: error != 0 and not sign,
            2: error != 0 and sign == 1,
            3: False,
        }[mode]
        if up:
            mantissa += 1
            if mantissa == 1 << self.fraction_bits:
                biased = 1
            if mantissa == 1 << (self.fraction_bits + 1):
                biased, mantissa = biased + 1, mantissa >> 1
        top = 1 << self.exponent_bits
        fraction = mantissa & ((1 << self.fraction_bits) - 1)
        if self.width == 16 and self.fpscr & AHP:
            if biased >= top:
                self.flags |= IOC
                return self.pattern(sign, 0x7FFF)
        elif biased >= top - 1:
            self.flags |= OFC | IXC
            to_infinity = {0: True, 1: not sign, 2: sign == 1, 3: False}[mode]
            return self.infinity(sign) if to_infinity else self.infinity(sign) - 1
        if error:
            self.flags |= IXC
        return self.pattern(sign, biased << self.fraction_bits | fraction)

    def zero(self) -> int:
        return self.pattern(int(self.mode == 2), 0)

    def add(self, a: int, b: int, subtract: int = 0) -> int:
        (kind1, sign1, value1), (kind2, sign2, value2) = self.unpack(a), self.unpack(b)
        nan = self.nans(a, b)
        if nan is not None:
            return nan
        if subtract:
            sign2, value2 = 1 - sign2, -value2
        if kind1 == kind2 == INFINITE and sign1 != sign2:
            return self.invalid()
        if INFINITE in (kind1, kind2):
            return self.infinity(sign1 if kind1 == INFINITE else sign2)
        if value1 == value2 == 0 and sign1 == sign2:
            return self.pattern(sign1, 0)
        return self.round(value1 + value2) if value1 + value2 else self.zero()

    def multiply(self, a: int, b: int) -> int:
        (kind1, sign1, value1), (kind2, sign2, value2) = self.unpack(a), self.unpack(b)
        nan = self.nans(a, b)
        if nan is not None:
            return nan
        zeros = (kind1 == NUMBER and not value1) or (kind2 == NUMBER and not value2)
        if INFINITE in (kind1, kind2):
            return self.invalid() if zeros else self.infinity(sign1 ^ sign2)
        return self.pattern(sign1 ^ sign2, 0) if zeros else self.round(value1 * value2)

    def divide(self, a: int, b: int) -> int:
        (kind1, sign1, value1), (kind2, sign2, value2) = self.unpack(a), self.unpack(b)
        nan = self.nans(a, b)
        if nan is not None:
            return nan
        zero1, zero2 = (k == NUMBER and not v for k, v in ((kind1, value1), (kind2, value2)))
        if kind1 == kind2 == INFINITE or (zero1 and zero2):
            return self.invalid()
        if kind1 == INFINITE or zero2:
            self.flags |= 0 if kind1 == INFINITE else DZC
            return self.infinity(sign1 ^ sign2)
        if zero1 or kind2 == INFINITE:
            return self.pattern(sign1 ^ sign2, 0)
        return self.round(value1 / value2)

    def square_root(self, a: int) -> int:
        kind, sign, value = self.unpack(a)
        nan = self.nans(a)
        if nan is not None:
            return nan
        if kind == NUMBER and not value:
            return self.pattern(sign, 0)
        if sign:
            return self.invalid()
        if kind == INFINITE:
            return a
        scale = 1 << 1400
        squared = value * scale * scale
        root = isqrt(int(squared))
        exact = Fraction(root, scale)
        return self.round(exact if root * root == squared else exact + Fraction(1, 4 * scale))

    def multiply_add(self, addend: int, a: int, b: int) -> int:
        kind0, sign0, value0 = self.unpack(addend)
        (kind1, sign1, value1), (kind2, sign2, value2) = self.unpack(a), self.unpack(b)
        nan = self.nans(addend, a, b)
        zero1, zero2 = (k == NUMBER and not v for k, v in ((kind1, value1), (kind2, value2)))
        invalid = (kind1 == INFINITE and zero2) or (zero1 and kind2 == INFINITE)
        if kind0 == NAN and not self.is_signalling(addend) and invalid:
            return self.invalid()
        if nan is not None:
            return nan
        sign = sign1 ^ sign2
        infinite = INFINITE in (kind1, kind2)
        if invalid or (kind0 == INFINITE and infinite and sign0 != sign):
            return self.invalid()
        if kind0 == INFINITE or infinite:
            return self.infinity(sign0 if kind0 == INFINITE else sign)
        if not value0 and (zero1 or zero2) and sign0 == sign:
            return self.pattern(sign, 0)
        total = value0 + value1 * value2
        return self.round(total) if total else self.zero()

    def to_fixed(self, a: int, fraction: int, size: int, unsigned: int, mode: int) -> int:
        kind, sign, value = self.unpack(a)
        if kind == NAN:
            self.flags |= IOC
            return 0
        least = 0 if unsigned else -(1 << (size - 1))
        most = (1 << size) - 1 if unsigned else (1 << (size - 1)) - 1
        if kind == INFINITE:
            self.flags |= IOC
            return least if sign else most
        value *= Fraction(2) ** fraction
        floor = value.numerator // value.denominator
        error = value - floor
        half = Fraction(1, 2)
        up = {
            0: error > half or (error == half and floor & 1 == 1),
            1: error != 0,
            2: False,
            3: error != 0 and floor < 0,
            4: error > half or (error == half and floor >= 0),
        }[mode]
        result = floor + up
        if not least <= result <= most:
            self.flags |= IOC
            return max(least, min(most, result))
        if error:
            self.flags |= IXC
        return result


def pattern(bits: int) -> int:
    """Turn a 64-bit pattern into the two's complement form that the meanings use."""
    return bits - (1 << 64) if bits >> 63 else bits


def number(rng: random.Random, width: int, near: int | None = None) -> int:
    """Draw a pattern: corners, near another, few bits, or any."""
    exponent_bits = EXPONENT_BITS[width]
    size = width - 1 - exponent_bits
    top = (1 << exponent_bits) - 1
    sign = rng.getrandbits(1) << (width - 1)
    kind = rng.randrange(8)
    if kind == 0:
        return sign | rng.choice(
            (0, 1, (1 << size) - 1, 1 << size, (1 << size) + 1, top << size, (top << size) - 1,
             top << size | 1, top << size | 1 << (size - 1), (top << size | 1 << size - 1) + 5,
             top >> 1 << size, ((top >> 1) << size) - 1)
        )  # fmt: skip
    if kind < 3 and near is not None:
        change = rng.choice((0, 1, 2, 1 << size, 1 << (width - 1), rng.getrandbits(4) << size))
        return near ^ change ^ sign
    if kind < 5:
        return sign | ((top >> 1) + rng.randrange(-5, 6)) % top << size | rng.getrandbits(size)
    if kind == 5:
        return sign | rng.randrange(top + 1) << size | rng.getrandbits(3) << (size - 3)
    if kind == 6:
        return sign | rng.randrange(4) << size | rng.getrandbits(size)
    return rng.getrandbits(width)


def status(rng: random.Random) -> int:
    """Draw the modes in FPSCR."""
    modes = rng.choice((0, 0, 1, 2, 3)) << 22
    return modes | rng.choice((0, 0, FZ)) | rng.choice((0, 0, 0, DN)) | rng.choice((0, 0, AHP))


def read(bits: int, width: int) -> int:
    return pattern(bits) if width == 64 else bits


OPERATIONS = {
    "add": (2, Reference.add, lambda a, b, w, f: soft.soft_add(a, b, 0, w, f)),
    "subtract": (
        2, lambda r, a, b: r.add(a, b, 1), lambda a, b, w, f: soft.soft_add(a, b, 1, w, f)
    ),
    "multiply": (2, Reference.multiply, soft.soft_multiply),
    "divide": (2, Reference.divide, soft.soft_divide),
    "square_root": (1, Reference.square_root, soft.soft_square_root),
    "multiply_add": (3, Reference.multiply_add, soft.soft_multiply_add),
}  # fmt: skip


@pytest.mark.parametrize("width", [32, 64])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_soft_arithmetic_is_the_pseudocode_on_rationals(operation: str, width: int) -> None:
    count, reference, soft_operation = OPERATIONS[operation]
    rng = random.Random(f"{SEED} {operation} {width}")
    for _ in range(CASES):
        fpscr = status(rng)
        operands: list[int] = []
        for _ in range(count):
            operands.append(number(rng, width, operands[-1] if operands else None))
        if operation == "multiply_add" and rng.randrange(4) == 0:  # an addend that cancels
            product = Reference(width, 0).multiply(operands[1], operands[2])
            operands[0] = product ^ 1 << (width - 1) ^ rng.getrandbits(1)
        model = Reference(width, fpscr)
        want = read(reference(model, *operands), width), model.flags
        got = soft_operation(*(read(bits, width) for bits in operands), width, fpscr)
        assert got == want, f"{operation} {[hex(x) for x in operands]} fpscr {fpscr:#x}"


@pytest.mark.parametrize("width", [32, 64])
def test_conversions_to_fixed_point_are_the_pseudocode_on_rationals(width: int) -> None:
    rng = random.Random(f"{SEED} fixed {width}")
    bias = (1 << (EXPONENT_BITS[width] - 1)) - 1
    size_of_fraction = width - 1 - EXPONENT_BITS[width]
    for _ in range(CASES):
        fpscr, unsigned, size = status(rng), rng.getrandbits(1), rng.choice((16, 32))
        fraction, mode = rng.randrange(size + 1), rng.randrange(5)
        bits = number(rng, width)
        if rng.getrandbits(1):
            low = rng.choice((0, rng.getrandbits(size_of_fraction), (1 << size_of_fraction) - 1))
            bits = rng.getrandbits(1) << (width - 1) | low
            bits |= (bias + size - fraction + rng.randrange(-9, 3)) << size_of_fraction
        model = Reference(width, fpscr)
        want = model.to_fixed(bits, fraction, size, unsigned, mode), model.flags
        got = conversion.soft_to_fixed(
            read(bits, width), fraction, size, unsigned, mode, width, fpscr
        )
        assert got == want, f"{bits:#x} {fraction} {size} {unsigned} {mode} fpscr {fpscr:#x}"


@pytest.mark.parametrize(
    ("source", "width"), [(16, 32), (16, 64), (32, 16), (32, 64), (64, 16), (64, 32)]
)
def test_conversions_between_formats_round_the_exact_value(source: int, width: int) -> None:
    rng = random.Random(f"{SEED} {source} {width}")
    for _ in range(CASES):
        fpscr, bits = status(rng), number(rng, source)
        if rng.getrandbits(1) and source > width:
            small = Reference(source, 0)
            kind, _, value = Reference(width, 0).unpack(number(rng, width))
            bits = small.round(value) if kind == NUMBER and value else bits
            bits ^= rng.choice((0, 1, 1 << rng.randrange(small.fraction_bits)))
        before, after = Reference(source, fpscr), Reference(width, fpscr)
        kind, sign, value = before.unpack(bits)
        if kind != NUMBER:
            continue  # infinities and NaNs: see the test against unicorn
        want = after.round(value) if value else after.pattern(sign, 0)
        got = conversion.soft_convert(read(bits, source), source, width, fpscr)
        assert got == (read(want, width), before.flags | after.flags), f"{bits:#x} {fpscr:#x}"


class Cpu:
    """A core that has nothing but FPSCR."""

    memory = None

    def __init__(self, fpscr: int) -> None:
        self.state = [0] * STATE_WORDS
        self.state[FPSCR] = fpscr


FAST = {
    f"{name}{width}": (width, *OPERATIONS[name][::2], getattr(fast, f"{name}{width}"))
    for name in OPERATIONS
    for width in (32, 64)
}


@pytest.mark.parametrize("operation", FAST)
def test_the_fast_path_is_the_soft_path(operation: str) -> None:
    width, count, soft_operation, fast_operation = FAST[operation]
    rng = random.Random(f"{SEED} fast {operation}")
    for _ in range(10 * CASES):
        fpscr = rng.choice((0, 0, IXC, IXC, FZ, FZ | IXC, status(rng)))
        operands: list[int] = []
        for _ in range(count):
            operands.append(number(rng, width, operands[-1] if operands else None))
        patterns = [read(bits, width) for bits in operands]
        cpu = Cpu(fpscr)
        got = fast_operation(cpu, *patterns), cpu.state[FPSCR]
        want, flags = soft_operation(*patterns, width, fpscr)
        assert got == (want, fpscr | flags), f"{[hex(x) for x in operands]} fpscr {fpscr:#x}"


def test_a_fused_product_that_lands_halfway_is_rounded_once() -> None:
    """Sums halfway between two single-precision numbers up to a bit that a double cannot hold."""
    rng = random.Random(f"{SEED} halfway")
    for _ in range(CASES):
        product = 0x3F80_0001 + 2 * rng.getrandbits(20)
        factor = 0x3F80_0001 + 2 * rng.getrandbits(20)
        exponent = 127 + rng.randrange(1, 60)
        addend = rng.getrandbits(1) << 31 | exponent << 23 | rng.getrandbits(23)
        cpu = Cpu(0)
        got = fast.multiply_add32(cpu, addend, product, factor), cpu.state[FPSCR]
        assert got == soft.soft_multiply_add(addend, product, factor, 32, 0)


def test_a_fused_double_sum_is_rounded_once_on_the_host_too() -> None:
    """Addends that cancel a product, or hang on the edge of its last bits."""
    rng = random.Random(f"{SEED} fused")
    exact = Reference(64, 0)
    for _ in range(5 * CASES):
        a, b = (
            rng.getrandbits(1) << 63
            | (1023 + rng.randrange(-320, 320)) << 52
            | rng.choice((rng.getrandbits(52), rng.getrandbits(26) << 26, (1 << 52) - 1, 1, 0))
            for _ in range(2)
        )
        addend = exact.multiply(a, b) ^ 1 << 63 ^ rng.choice((0, 1, 2, rng.getrandbits(52)))
        shift = rng.choice((0, 0, 1, -1, 52, 53, 54, -52, -53, -54, rng.randrange(-120, 120)))
        addend += shift << 52
        fpscr = IXC | rng.choice((0, 0, FZ))
        cpu = Cpu(fpscr)
        operands = pattern(addend), pattern(a), pattern(b)
        got = fast.multiply_add64(cpu, *operands), cpu.state[FPSCR]
        want, flags = soft.soft_multiply_add(*operands, 64, fpscr)
        assert got == (want, fpscr | flags), f"{addend:#x} + {a:#x} * {b:#x}"


@pytest.mark.parametrize("width", [32, 64])
def test_fast_comparisons_and_extremes_are_the_soft_ones(width: int) -> None:
    rng = random.Random(f"{SEED} compare {width}")
    compare = fast.compare32 if width == 32 else fast.compare64
    for _ in range(CASES):
        fpscr, flag = status(rng), rng.getrandbits(1)
        a = number(rng, width)
        a, b = read(a, width), read(number(rng, width, a), width)
        cpu = Cpu(fpscr)
        want, flags = conversion.soft_compare(a, b, flag, width, fpscr)
        assert (compare(cpu, a, b, flag), cpu.state[FPSCR]) == (want, fpscr | flags)
        cpu = Cpu(fpscr)
        want, flags = conversion.soft_extreme_number(a, b, flag, width, fpscr)
        got = fast.extreme_number(cpu, a, b, flag, width)
        assert (got, cpu.state[FPSCR]) == (want, fpscr | flags)


def test_fast_conversions_are_the_soft_ones() -> None:
    rng = random.Random(f"{SEED} convert")
    for _ in range(3 * CASES):
        fpscr = rng.choice((0, IXC, 1 << 22, 2 << 22, 3 << 22, FZ, DN))
        unsigned, mode = rng.getrandbits(1), rng.choice((3, 3, 0))
        single, double = number(rng, 32), pattern(number(rng, 64))
        word = rng.choice((rng.getrandbits(32), rng.getrandbits(rng.randrange(1, 33))))
        value = word if unsigned else (word ^ 1 << 31) - (1 << 31)
        for function, operands, (want, flags) in (
            (fast.to_integer32, (single, unsigned, mode),
             conversion.soft_to_fixed(single, 0, 32, unsigned, mode, 32, fpscr)),
            (fast.to_integer64, (double, unsigned, mode),
             conversion.soft_to_fixed(double, 0, 32, unsigned, mode, 64, fpscr)),
            (fast.from_integer32, (word, unsigned),
             conversion.soft_from_fixed(value, 0, 32, fpscr)),
            (fast.single_to_double, (single,), conversion.soft_convert(single, 32, 64, fpscr)),
            (fast.double_to_single, (double,), conversion.soft_convert(double, 64, 32, fpscr)),
        ):  # fmt: skip
            cpu = Cpu(fpscr)
            if function in (fast.to_integer32, fast.to_integer64):
                want &= 0xFFFF_FFFF
            got = function(cpu, *operands), cpu.state[FPSCR]
            assert got == (want, fpscr | flags), f"{function} {operands} fpscr {fpscr:#x}"
        exact, _ = conversion.soft_from_fixed(value, 0, 64, fpscr)
        assert fast.from_integer64(word, unsigned) == exact
