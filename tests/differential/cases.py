"""What a case is: code at an address, and the state it starts in and ends with."""

import random
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

CODE = 0x4000  # the first slot
SLOT = 512  # bytes of code and constants that belong to one sequence
SCRATCH = 0x2000_0000  # where loads and stores go
SCRATCH_WORDS = 64
SCRATCH_END = SCRATCH + 4 * SCRATCH_WORDS

# The words of a state before a sequence.
SINGLES = range(32)
FPSCR, APSR, SP, LR = 32, 33, 34, 35
CORE = range(36, 49)  # R0 to R12
INPUT_SCRATCH = range(52, 52 + SCRATCH_WORDS)
INPUT_WORDS = 52 + SCRATCH_WORDS

# The words of a state after it, in the order in which the harness can store them.
AFTER_APSR, AFTER_FPSCR = 32, 33
AFTER_SPECIAL = range(34, 39)  # PRIMASK, BASEPRI, FAULTMASK, PSP, CONTROL
AFTER_CORE = range(39, 53)  # all core registers but the spoiled one, ascending: LR, then SP last
OUTPUT_SCRATCH = range(53, 53 + SCRATCH_WORDS)
OUTPUT_WORDS = 53 + SCRATCH_WORDS

APSR_BITS, FPSCR_BITS = 0xF80F_0000, 0xF7C0_009F
SPECIAL_NAMES = ("primask", "basepri", "faultmask", "psp", "control")

INTEGERS = (
    0, 1, 2, 0x7FFF_FFFF, 0x8000_0000, 0x8000_0001, 0xFFFF_FFFF, 0xFFFF_FFFE, 0x7FFF_8000,
    0x8000_7FFF, 0x8000_8000, 0x7FFF_7FFF, 0x8080_8080, 0x7F7F_7F7F, 0x0000_FFFF, 0xFFFF_0000,
    0x0000_8000, 0x00FF_00FF, 31, 32, 33, 255, 256,
)  # fmt: skip
FLOATS = (
    0, 1, 0x0040_0000, 0x007F_FFFF, 0x0080_0000, 0x0080_0001, 0x0100_0000, 0x3380_0000,
    0x3F00_0000, 0x3F7F_FFFF, 0x3F80_0000, 0x3F80_0001, 0x3FC0_0000, 0x4000_0000, 0x4020_0000,
    0x4B00_0000, 0x4B7F_FFFF, 0x4EFF_FFFF, 0x4F00_0000, 0x4F7F_FFFF, 0x4F80_0000, 0x477F_E000,
    0x477F_F000, 0x387F_E000, 0x3300_0001, 0x7F00_0000, 0x7F7F_FFFF, 0x7F80_0000, 0x7F80_0001,
    0x7FA0_0123, 0x7FC0_0000, 0x7FC1_2345, 0x7FFF_FFFF, 0x7C00_3C00, 0x7C01_7E05,
)  # fmt: skip
DOUBLE_HIGHS = (
    0, 0x0008_0000, 0x000F_FFFF, 0x0010_0000, 0x3FE0_0000, 0x3FEF_FFFF, 0x3FF0_0000, 0x3FF8_0000,
    0x4000_0000, 0x4330_0000, 0x4340_0000, 0x41DF_FFFF, 0x41E0_0000, 0x41EF_FFFF, 0x41F0_0000,
    0x47EF_FFFF, 0x3810_0000, 0x380F_FFFF, 0x3690_0000, 0x36A0_0000, 0x7FE0_0000, 0x7FEF_FFFF,
    0x7FF0_0000, 0x7FF4_0123, 0x7FF8_0000, 0x7FF8_1234, 0x3CA0_0000,
)  # fmt: skip

Words = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Item:
    """An instruction, or a piece of a table, of a sequence.

    `unit` is what it can be taken away with; `itstate` what an IT block says about it.
    """

    address: int
    size: int
    word: int
    unit: int
    itstate: int = 0
    data: bool = False

    @property
    def code(self) -> bytes:
        """Its bytes as they stand in memory."""
        if self.size == 2 or self.data:
            return self.word.to_bytes(self.size, "little")
        return (self.word >> 16).to_bytes(2, "little") + (self.word & 0xFFFF).to_bytes(2, "little")

    def as_nop(self) -> "Item":
        """Return what stands there when it is taken away."""
        word = 0xBF00 if self.size == 2 else 0xF3AF_8000
        return Item(self.address, self.size, word, self.unit, self.itstate)


@dataclass(frozen=True, slots=True)
class Sequence:
    """Instructions at an address, constants behind them.

    `needs` says on which other units a unit relies. `spoiled` is the core register that the
    harness cannot observe afterwards.
    """

    seed: str
    address: int
    items: tuple[Item, ...]
    needs: dict[int, frozenset[int]] = field(default_factory=dict)
    pool: bytes = b""
    spoiled: int = 0

    @property
    def end(self) -> int:
        """Address after the last item."""
        last = self.items[-1]
        return last.address + last.size

    def without(self, units: frozenset[int]) -> "Sequence":
        """Return the sequence with the units, and those that rely on them, made into NOPs."""
        gone = set(units)
        while more := {unit for unit, needed in self.needs.items() if needed & gone} - gone:
            gone |= more
        items: list[Item] = []
        itstate = 0
        for item in self.items:
            if item.unit in gone and item.data:
                items += [
                    Item(item.address + k, 2, 0xBF00, item.unit) for k in range(0, item.size, 2)
                ]
                continue
            kept = item.as_nop() if item.unit in gone else item
            items.append(replace(kept, itstate=itstate))
            if kept.size == 2 and not kept.data and kept.word >> 8 == 0xBF and kept.word & 15:
                itstate = kept.word & 0xFF
            else:
                itstate = itstate & 0xE0 | itstate << 1 & 0x1F if itstate & 7 else 0
        rest = {unit: needed for unit, needed in self.needs.items() if unit not in gone}
        return Sequence(self.seed, self.address, tuple(items), rest, self.pool, self.spoiled)

    @property
    def units(self) -> list[int]:
        """The units that are not NOPs, in order of their first item."""
        return list(dict.fromkeys(item.unit for item in self.items if item.word not in NOPS))


NOPS = (0xBF00, 0xF3AF_8000)


def integer(rng: random.Random) -> int:
    """Draw a corner value, two corner halves, a small number or any word."""
    kind = rng.randrange(5)
    if kind < 2:
        return rng.choice(INTEGERS)
    if kind == 2:
        halves = (0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF, 0x7F80, 0x807F)
        return rng.choice(halves) << 16 | rng.choice(halves)
    return rng.getrandbits(rng.randrange(1, 33) if kind == 3 else 32)


def single(rng: random.Random) -> int:
    """Draw the bits of a single-precision number: a corner, of moderate size, or any."""
    kind, sign = rng.randrange(8), rng.getrandbits(1) << 31
    if kind < 3:
        return sign | rng.choice(FLOATS)
    if kind < 6:
        return sign | (127 + rng.randrange(-4, 36)) << 23 | rng.getrandbits(23)
    return sign | rng.randrange(3) << 23 | rng.getrandbits(23) if kind == 6 else rng.getrandbits(32)


def double(rng: random.Random) -> tuple[int, int]:
    """Draw the bits of a double-precision number, low word first."""
    kind, sign = rng.randrange(8), rng.getrandbits(1) << 31
    low = rng.choice((0, 0, 1, 0xFFFF_FFFF, 0xE000_0000, 0xF000_0000, rng.getrandbits(32)))
    if kind < 4:
        return low, sign | rng.choice(DOUBLE_HIGHS)
    if kind < 7:
        return low, sign | (1023 + rng.randrange(-4, 66)) << 20 | rng.getrandbits(20)
    return rng.getrandbits(32), rng.getrandbits(32)


def state(rng: random.Random) -> list[int]:
    """Draw a state to start in."""
    words: list[int] = []
    while len(words) < 32:
        words += double(rng) if rng.randrange(2) else (single(rng), single(rng))
    for _ in range(4):  # equal and opposite numbers
        words[rng.randrange(32)] = words[rng.randrange(32)] ^ rng.choice((0, 0, 1, 1 << 31))
    modes = rng.choice((0, 0, 1, 2, 3)) << 22 | (rng.random() < 0.3) << 24
    modes |= (rng.random() < 0.25) << 25 | (rng.random() < 0.25) << 26
    words.append(modes | rng.getrandbits(4) << 28 | rng.choice((0, 0, rng.getrandbits(8) & 0x9F)))
    words.append(rng.getrandbits(32) & APSR_BITS)
    words.append(integer(rng) & 0xFFFF_FFFC)
    words += [integer(rng) for _ in range(14)]
    words += [0, 0, 0]
    for _ in INPUT_SCRATCH:
        words.append(integer(rng) if rng.randrange(2) else single(rng))
    assert len(words) == INPUT_WORDS
    return words


def name_of(index: int, spoiled: int) -> str:
    """Name a word of the state after a sequence."""
    if index < 32:
        return f"s{index}"
    if index == AFTER_APSR:
        return "apsr"
    if index == AFTER_FPSCR:
        return "fpscr"
    if index in AFTER_SPECIAL:
        return SPECIAL_NAMES[index - AFTER_SPECIAL[0]]
    if index in AFTER_CORE:
        order = [*(f"r{n}" for n in range(13) if n != spoiled), "lr", "sp"]
        return order[index - AFTER_CORE[0]]
    return f"[{SCRATCH + 4 * (index - OUTPUT_SCRATCH[0]):#x}]"


def input_name(index: int) -> str:
    """Name a word of the state before a sequence."""
    if index < 32:
        return f"s{index}"
    if index < CORE[0]:
        return ("fpscr", "apsr", "sp", "lr")[index - 32]
    if index in CORE:
        return f"r{index - CORE[0]}"
    return f"[{SCRATCH + 4 * (index - INPUT_SCRATCH[0]):#x}]"
