"""Loads and stores of FP registers that memory refuses: no effect, whatever the list."""

from typing import Any

import pytest

import armsim.isa.fp_memory
from armsim.dsl import FEATURES
from armsim.dsl.state import S0, STATE_WORDS, UNALIGNED, Trap, UsageFault
from armsim.engine.decoder import Decoder
from armsim.isa.fp_memory import vldm, vldr_double, vldr_single, vstm, vstr_double, vstr_single

assert armsim.isa.fp_memory
DECODER = Decoder(frozenset(FEATURES))
BASE, END = 0x2000_0000, 0x2000_0010


class Memory:
    """Four words, and nothing behind them."""

    def __init__(self) -> None:
        self.words = {BASE + 4 * number: 0x100 + number for number in range(4)}

    def load(self, address: int, size: int) -> int:
        self.check(address, size, write=False)
        return self.words[address]

    def store(self, address: int, size: int, value: int) -> None:
        self.check(address, size, write=True)
        self.words[address] = value

    def check(self, address: int, size: int, write: bool) -> None:
        if not BASE <= address <= address + size <= END:
            raise Trap(hex(address))


class Cpu:
    """Registers with their own number in them, and a base in R0."""

    def __init__(self, base: int) -> None:
        self.state = [base, *range(1, STATE_WORDS)]
        self.memory = Memory()


@pytest.mark.parametrize(
    ("meaning", "operands", "base"),
    [
        (vldm, (0, 8, 5, 0, 20), BASE),  # the fifth word is not there
        (vldm, (0, 8, 2, -8, -8), BASE + 4),
        (vstm, (0, 8, 5, 0, 20), BASE),
        (vstm, (0, 8, 2, -8, -8), BASE + 4),
        (vldr_double, (4, 0, 0), END - 4),
        (vstr_double, (4, 0, 0), END - 4),
        (vldr_single, (4, 0, 16), BASE),
        (vstr_single, (4, 0, 16), BASE),
    ],
)
def test_an_access_that_faults_changes_nothing(
    meaning: Any, operands: tuple[int, ...], base: int
) -> None:
    cpu, untouched = Cpu(base), Cpu(base)
    with pytest.raises(Trap):
        meaning(cpu, *operands)
    assert cpu.state == untouched.state
    assert cpu.memory.words == untouched.memory.words


@pytest.mark.parametrize("meaning", [vldr_single, vstr_single, vldr_double, vstr_double])
def test_an_unaligned_address_is_a_usage_fault_whatever_the_core_allows(meaning: Any) -> None:
    with pytest.raises(UsageFault) as fault:
        meaning(Cpu(BASE + 2), 4, 0, 0)
    assert fault.value.bit == UNALIGNED


def test_a_list_with_writeback_moves_the_base_past_every_word() -> None:
    cpu = Cpu(BASE)
    vldm(cpu, 0, 8, 4, 0, 16)
    assert cpu.state[0] == END
    assert cpu.state[S0 + 8 : S0 + 12] == [0x100, 0x101, 0x102, 0x103]


@pytest.mark.parametrize(
    ("word", "reads_registers"),
    [(0xED2D_0A04, 4), (0xED2D_8B04, 4), (0xED2D_8B05, 4)],  # vpush s0-s3; d8, d9; FSTMDBX
)
def test_a_push_reads_its_registers_and_moves_sp(word: int, reads_registers: int) -> None:
    access = DECODER.decode(word >> 16, word & 0xFFFF).access
    assert access.base == 13
    assert access.writeback
    assert len(access.data) == reads_registers
    assert access.reads == access.data | {13}
