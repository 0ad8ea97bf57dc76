"""What the manual says at the corners, and where the oracles cannot be asked."""

import pytest

import armsim.isa  # noqa: F401  defines the encodings
from armsim.dsl import definitions
from armsim.dsl.state import CCR, CCR_DIV_0_TRP, DIVBYZERO, GE, STATE_WORDS, C, Q, UsageFault, slot

MEANINGS = {instruction.name: instruction.meaning for instruction in definitions()}


class Cpu:
    """A core without memory: R0 to R3 as given, everything else zero."""

    def __init__(self, *registers: int) -> None:
        self.state = [0] * STATE_WORDS
        self.state[: len(registers)] = registers
        self.memory = None


@pytest.mark.parametrize("name", ["sdiv_t1", "udiv_t1"])
def test_division_by_zero_gives_zero(name: str) -> None:
    cpu = Cpu(7, 0x8000_0000, 0)
    MEANINGS[name](cpu, 0, 1, 2)
    assert cpu.state[0] == 0


@pytest.mark.parametrize("name", ["sdiv_t1", "udiv_t1"])
def test_division_by_zero_faults_without_effect_when_the_trap_is_set(name: str) -> None:
    cpu = Cpu(7, 0x8000_0000, 0)
    cpu.state[CCR] = CCR_DIV_0_TRP
    before = list(cpu.state)
    with pytest.raises(UsageFault) as fault:
        MEANINGS[name](cpu, 0, 1, 2)
    assert fault.value.bit == DIVBYZERO
    assert cpu.state == before


@pytest.mark.parametrize(
    ("dividend", "divisor", "quotient"),
    [
        (0x8000_0000, 0xFFFF_FFFF, 0x8000_0000),  # the one quotient that does not fit
        (0x8000_0000, 1, 0x8000_0000),
        (0xFFFF_FFF9, 2, 0xFFFF_FFFD),  # -7 / 2 = -3
        (7, 0xFFFF_FFFE, 0xFFFF_FFFD),
        (0xFFFF_FFF9, 0xFFFF_FFFE, 3),
    ],
)
def test_signed_division_rounds_towards_zero(dividend: int, divisor: int, quotient: int) -> None:
    cpu = Cpu(0, dividend, divisor)
    MEANINGS["sdiv_t1"](cpu, 0, 1, 2)
    assert cpu.state[0] == quotient


def test_smlad_looks_at_the_whole_sum_for_q() -> None:
    cpu = Cpu(0, 0x8000_8000, 0x8000_8000, 0x8000_0000)
    MEANINGS["smlad_t1"](cpu, 0, 1, 2, 3, 0)
    assert cpu.state[0] == 0
    assert slot(cpu, Q) == 0
    cpu.state[3] = 0
    MEANINGS["smlad_t1"](cpu, 0, 1, 2, 3, 0)
    assert cpu.state[0] == 0x8000_0000
    assert slot(cpu, Q) == 1


def test_q_stays_set() -> None:
    cpu = Cpu(0, 0x7FFF_FFFF, 1)
    MEANINGS["qadd_t1"](cpu, 0, 1, 2)
    assert cpu.state[0] == 0x7FFF_FFFF
    MEANINGS["qadd_t1"](cpu, 0, 2, 2)
    assert cpu.state[0] == 2
    assert slot(cpu, Q) == 1


def test_qdadd_saturates_the_doubled_operand_first() -> None:
    cpu = Cpu(0, 0xFFFF_FFFF, 0x7000_0000)
    MEANINGS["qdadd_t1"](cpu, 0, 1, 2)
    assert cpu.state[0] == 0x7FFF_FFFE
    assert slot(cpu, Q) == 1


def test_parallel_saturation_leaves_q_and_ge_alone() -> None:
    cpu = Cpu(0, 0x7F80_7F80, 0x7F80_7F80)
    cpu.state[GE] = 5
    MEANINGS["qadd8_t1"](cpu, 0, 1, 2)
    assert cpu.state[0] == 0x7F80_7F80
    assert (slot(cpu, Q), slot(cpu, GE)) == (0, 5)


def test_halving_keeps_the_carry_of_each_lane() -> None:
    cpu = Cpu(0, 0xFFFF_0001, 0xFFFF_FFFF)
    MEANINGS["uhadd16_t1"](cpu, 0, 1, 2)
    assert cpu.state[0] == 0xFFFF_8000
    MEANINGS["shadd16_t1"](cpu, 0, 1, 2)
    assert cpu.state[0] == 0xFFFF_0000


def test_sel_takes_bytes_by_ge() -> None:
    cpu = Cpu(0, 0x1122_3344, 0xAABB_CCDD)
    cpu.state[GE] = 0b0110
    MEANINGS["sel_t1"](cpu, 0, 1, 2)
    assert cpu.state[0] == 0xAA22_33DD


def test_smmls_subtracts_the_whole_product() -> None:
    cpu = Cpu(0, 1, 1, 5)
    MEANINGS["smmls_t1"](cpu, 0, 1, 2, 3, 0)
    assert cpu.state[0] == 4  # a borrow from the low word, which is cut off
    MEANINGS["smmlsr_t1"](cpu, 0, 1, 2, 3, 0x8000_0000)
    assert cpu.state[0] == 5


def test_umaal_fills_64_bits_exactly() -> None:
    cpu = Cpu(*[0xFFFF_FFFF] * 4)
    MEANINGS["umaal_t1"](cpu, 0, 1, 2, 3)
    assert cpu.state[:2] == [0xFFFF_FFFF, 0xFFFF_FFFF]


@pytest.mark.parametrize(
    ("name", "amount", "result", "carry"),
    [
        ("lsl_reg_t1", 0, 0x8000_0001, 1),
        ("lsl_reg_t1", 32, 0, 1),
        ("lsl_reg_t1", 33, 0, 0),
        ("lsr_reg_t1", 32, 0, 1),
        ("lsr_reg_t1", 255, 0, 0),
        ("asr_reg_t1", 200, 0xFFFF_FFFF, 1),
        ("ror_reg_t1", 32, 0x8000_0001, 1),
        ("ror_reg_t1", 0x101, 0xC000_0000, 1),
    ],
)
def test_a_shift_by_register_counts_to_255(name: str, amount: int, result: int, carry: int) -> None:
    cpu = Cpu(0, 0x8000_0001, amount)
    cpu.state[C] = 1
    MEANINGS[name](cpu, 0, 1, 2, 1)
    assert cpu.state[0] == result
    assert slot(cpu, C) == carry
