"""A word that QEMU executes and we do not define is UNPREDICTABLE or QEMU's error, and we say why.

Words with the fixed bits of an encoding whose fields break its rules (a register that may not be
SP or PC, two that may not be equal, an empty list) are UNPREDICTABLE: the manual has no other
encoding there, or it would be in the table. All others are given to QEMU.
"""

import os
import random
from collections.abc import Iterator

import pytest

from armsim.engine.decoder import Decoder, UndefinedInstruction, is_wide
from tests.differential import machines, words
from tests.differential.generator import CORES

SEED = os.environ.get("ARMSIM_FUZZ_SEED", "1")
COUNT = 100_000
# mask, value: why QEMU 7.2 executes it and the manual does not.
QEMU_IS_WRONG = {
    (0xFFF0_00F0, 0xE8C0_0070): "STREXD is of Armv7-A and R; op3 0111 is unallocated (A5.3.6)",
    (0xFFF0_00FF, 0xE8D0_007F): "LDREXD is of Armv7-A and R; op3 0111 is unallocated (A5.3.6)",
}
NARROW = {
    0xB650: "SETEND is of Armv7-A and R; the place is unallocated (A5.2.5)",
    0xB658: "SETEND is of Armv7-A and R; the place is unallocated (A5.2.5)",
    0xBABC: "HLT is of Armv8; the place is unallocated (A5.2.5)",
}

pytestmark = pytest.mark.skipif(machines.QEMU is None, reason="no QEMU")


def is_defined(decoder: Decoder, first: int, second: int) -> bool:
    """Tell whether a word is an encoding, or one whose fields break a rule."""
    try:
        decoder.decode(first, second)
    except UndefinedInstruction:
        word = first << 16 | second if is_wide(first) else first
        return any(
            word & one.pattern.fixed == one.pattern.value for one in decoder.candidates(first)
        )
    return True


def undefined_words(core: str) -> Iterator[int]:
    decoder, source = Decoder(CORES[core]), random.Random(f"{SEED} {core}")
    for _ in range(COUNT):
        first, second = source.randrange(0xE800, 0x10000), source.getrandbits(16)
        if not is_defined(decoder, first, second):
            yield first << 16 | second


@pytest.mark.parametrize("core", CORES)
def test_what_we_do_not_define_is_undefined_to_qemu(core: str) -> None:
    asked = list(undefined_words(core))
    assert len(asked) > COUNT // 4
    executed = [
        word
        for word, status in zip(asked, words.statuses(core, asked), strict=True)
        if not status & (words.UNDEFINSTR | words.NOCP)
    ]
    unexplained = [
        f"{word:#x}"
        for word in executed
        if not any(word & mask == value for mask, value in QEMU_IS_WRONG)
    ]
    assert unexplained == [], f"seed {SEED}"


def test_halfwords_that_we_do_not_define_are_undefined_to_qemu() -> None:
    decoder = Decoder(CORES["m7"])
    narrow = [first for first in range(0xE800) if not is_defined(decoder, first, 0)]
    assert len(narrow) > 100
    found = words.statuses("m7", [first << 16 | 0xBF00 for first in narrow])
    executed = {
        first for first, status in zip(narrow, found, strict=True) if not status & words.UNDEFINSTR
    }
    assert executed == NARROW.keys()


@pytest.mark.parametrize(("mask", "value"), QEMU_IS_WRONG)
def test_qemu_is_still_wrong(mask: int, value: int) -> None:
    word = value | 0x0001_2300 & ~mask
    assert not is_defined(Decoder(CORES["m7"]), word >> 16, word & 0xFFFF)
    (status,) = words.statuses("m7", [word])
    assert not status & words.UNDEFINSTR, "QEMU is right: take it off the list"


def test_reserved_barrier_options_are_barriers() -> None:
    barriers = [0xF3BF_8F40 | kind << 4 | option for kind in range(3) for option in range(16)]
    decoder = Decoder(CORES["m4"])
    assert all(is_defined(decoder, word >> 16, word & 0xFFFF) for word in barriers)
    for word in barriers:
        decoder.decode(word >> 16, word & 0xFFFF)
