"""What we define disassembles as Capstone prints it.

Every 16-bit encoding, a million 32-bit words that begin with every other halfword, and random words
of each definition; outside and inside IT blocks. Disagreements that are right stand in `EXCEPTIONS`
with their reason, and an entry that no longer disagrees fails.
"""

import random
from collections.abc import Iterator

import capstone
import pytest

import armsim.isa  # noqa: F401  defines the instructions
from armsim.dsl import FEATURES, Instruction, Timing, definitions
from armsim.engine.decoder import Decoded, Decoder, UndefinedInstruction, is_wide
from armsim.engine.disassembler import disassemble

ADDRESS = 0x1000
SEED = 20_240_229
DECODER = Decoder(frozenset(FEATURES))
CAPSTONE = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB + capstone.CS_MODE_MCLASS)

# word, in an IT block -> (what Capstone prints, why we print something else)
EXCEPTIONS = {
    (0xDEFE, False): ("trap", "LLVM's name for one UDF; the manual has none"),
    (0xDEF9, False): ("", "Capstone knows it as a trap of Native Client only"),
}

# Encodings for which Capstone has no text, or another one for part of them.
UNALLOCATED_HINTS = {
    *(f"hint_ldrsh_{form}" for form in ("imm12", "minus_imm8", "reg", "literal", "literal_minus")),
    "hint_ldrh_literal", "hint_ldrh_literal_minus",
}  # fmt: skip
# Coprocessor numbers that later architectures use for half precision, dot products and the like.
LATER, LATER_UNCONDITIONAL = (9,), (8, 9, 12, 13)


def is_read_otherwise(decoded: Decoded) -> bool:
    """Tell whether Capstone is known to read an encoding in another way."""
    if decoded.instruction.family == "coprocessor":
        later = LATER_UNCONDITIONAL if decoded.word >> 28 == 15 else LATER
        return decoded.values["coproc"] in later
    return decoded.instruction.name in UNALLOCATED_HINTS


def reading(code: bytes, skip: int = 0) -> tuple[int, str]:
    """Return size and text of the instruction behind `skip` others, as Capstone reads them."""
    found = list(CAPSTONE.disasm_lite(code, ADDRESS - 2 * skip))
    if len(found) <= skip:
        return 0, ""
    _, size, mnemonic, operands = found[skip]
    return size, f"{mnemonic} {operands}".strip()


def decode(word: int, wide: bool, itstate: int = 0) -> Decoded | None:
    first, second = (word >> 16, word & 0xFFFF) if wide else (word, 0)
    try:
        return DECODER.decode(first, second, ADDRESS, itstate)
    except UndefinedInstruction:
        return None


def code_of(word: int, wide: bool) -> bytes:
    first, second = (word >> 16, word & 0xFFFF) if wide else (word, 0xBF00)
    return first.to_bytes(2, "little") + second.to_bytes(2, "little")


def complaints(words: Iterator[tuple[int, bool]]) -> dict[tuple[int, bool], tuple[str, str]]:
    """Return (ours, Capstone's) for each word that we define and read differently."""
    different = {}
    for word, wide in words:
        decoded = decode(word, wide)
        if decoded is None or is_read_otherwise(decoded):
            continue
        size, text = reading(code_of(word, wide))
        ours = disassemble(decoded)
        if text != ours or size != decoded.size:
            different[word, False] = (ours, text)
    return different


def unexplained(different: dict[tuple[int, bool], tuple[str, str]]) -> list[str]:
    return [
        f"{word:#x}{' in an IT block' if it else ''}: ours {ours!r}, Capstone {theirs!r}"
        for (word, it), (ours, theirs) in different.items()
        if EXCEPTIONS.get((word, it), ("-",))[0] != theirs
    ]


def random_words(name: str, count: int) -> Iterator[int]:
    """Return words that one definition's fixed bits allow."""
    (instruction,) = (one for one in definitions() if one.name == name)
    pattern, source = instruction.pattern, random.Random(f"{SEED} {name}")
    for _ in range(count):
        yield source.getrandbits(pattern.width) & ~pattern.fixed | pattern.value


def test_every_16_bit_encoding() -> None:
    narrow = [first for first in range(1 << 16) if not is_wide(first)]
    assert len(narrow) == 0xE800
    different = complaints((word, False) for word in narrow)
    assert unexplained(different) == []


@pytest.mark.parametrize("part", range(8))
def test_a_million_32_bit_words(part: int) -> None:
    source = random.Random(f"{SEED} {part}")
    firsts = range(0xE800 + part, 0x10000, 8)
    words = [(first << 16 | source.getrandbits(16), True) for first in firsts for _ in range(163)]
    assert 8 * len(words) >= 1_000_000
    assert unexplained(complaints(iter(words))) == [], f"seed {SEED}"


WIDE = [instruction.name for instruction in definitions() if instruction.size == 4]


@pytest.mark.parametrize("part", range(8))
def test_random_words_of_each_definition(part: int) -> None:
    words = ((word, True) for name in WIDE[part::8] for word in random_words(name, 300))
    assert unexplained(complaints(words)) == [], f"seed {SEED}"


def test_every_definition_is_reached() -> None:
    missed = []
    for instruction in definitions():
        wide = instruction.size == 4
        found = (decode(word, wide) for word in random_words(instruction.name, 2000))
        if not any(one is not None and one.instruction is instruction for one in found):
            missed.append(instruction.name)
    assert missed == []


NOT_IN_IT = {
    "mov_reg_t2": "UNPREDICTABLE in an IT block (A7.7.77)",
    "cps_t1": "UNPREDICTABLE in an IT block (B5.2.1)",
    "udf_t1": "Capstone prints no condition",
    "udf_t2": "Capstone prints no condition",
}


def may_stand_in_it(instruction: Instruction) -> bool:
    """Tell whether the manual allows it in an IT block, and conditional."""
    if instruction.timing in (Timing.IT, Timing.BRANCH_CONDITIONAL, Timing.COMPARE_BRANCH):
        return False
    unconditional = instruction.pattern.value >> 24 == 0xFE  # FPv5: VSEL, VRINTA, ...
    return not unconditional and instruction.name not in NOT_IN_IT


def differs_in_it(name: str, condition: int) -> Iterator[tuple[str, str, str]]:
    """Yield (word, ours, Capstone's) where a conditional instruction reads differently."""
    it = (0xBF08 | condition << 4).to_bytes(2, "little")
    for word in random_words(name, 8):
        decoded = decode(word, word >= 1 << 16, condition << 4 | 8)
        if decoded is None or decoded.instruction.name != name or is_read_otherwise(decoded):
            continue
        _, text = reading(it + code_of(word, word >= 1 << 16), 1)
        if text != disassemble(decoded):
            yield hex(word), disassemble(decoded), text


@pytest.mark.parametrize("condition", range(14))
def test_the_condition_of_an_it_block_is_in_the_mnemonic(condition: int) -> None:
    allowed = [one.name for one in definitions() if may_stand_in_it(one)]
    assert len(allowed) > 400
    different = [case for name in allowed for case in differs_in_it(name, condition)]
    assert different == [], f"seed {SEED}"


def test_no_exception_is_stale() -> None:
    for name in NOT_IN_IT:
        assert any(differs_in_it(name, 0)), f"{name} agrees: remove it from NOT_IN_IT"
    for (word, in_it), (theirs, reason) in EXCEPTIONS.items():
        assert reason
        wide = word >= 1 << 16
        decoded = decode(word, wide, 8 if in_it else 0)
        assert decoded is not None, f"{word:#x} is not defined any more"
        _, text = reading(code_of(word, wide))
        assert text == theirs, f"Capstone now prints {text!r} for {word:#x}"
        assert text != disassemble(decoded), f"{word:#x} agrees: remove it from EXCEPTIONS"


@pytest.mark.parametrize("name", [*sorted(UNALLOCATED_HINTS), "stc_offset", "cdp2_t1"])
def test_capstone_still_reads_it_otherwise(name: str) -> None:
    for word in random_words(name, 3000):
        decoded = decode(word, True)
        if decoded is not None and is_read_otherwise(decoded):
            _, text = reading(code_of(word, True))
            if text != disassemble(decoded):
                return
    pytest.fail(f"Capstone agrees about {name}")
