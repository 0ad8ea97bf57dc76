"""The stated roles of operands are what the meanings do.

Every meaning runs on a recording register file with random operands and registers. What it reads
and writes, which registers make its address, which it stores, and whether flags matter to it, is
compared with what `armsim.dsl.roles.access` says; the timing models and the engine go by that.
"""

import random
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

import armsim.isa  # noqa: F401  defines the instructions
from armsim.dsl import FEATURES, Instruction, Timing, definitions
from armsim.dsl.state import (
    EPSR_T,
    EXCLUSIVE,
    FPSCR,
    GE,
    NEXT_PC,
    PC,
    S0,
    STATE_WORDS,
    C,
    N,
    Trap,
    V,
    Z,
)
from armsim.engine.blocks import ends_block
from armsim.engine.decoder import Decoded, Decoder, UndefinedInstruction

SEED = 7_301
WORDS, RUNS = 6, 12  # encodings of each definition, and runs of each
ADDRESS = 0x0800_0400
DECODER = Decoder(frozenset(FEATURES))
REGISTERS = {*range(16), *range(S0, S0 + 32), GE}
FLAGS = (N, Z, C, V)


class Recorder(list[int]):
    """State words that note which of them were read and written."""

    def __init__(self, words: list[int]) -> None:
        super().__init__(words)
        self.reads: set[int] = set()
        self.writes: set[int] = set()

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        self.reads.add(index)
        return super().__getitem__(index)

    def __setitem__(self, index, value):  # type: ignore[no-untyped-def]
        self.writes.add(index)
        super().__setitem__(index, value)


class Bus:
    """Memory everywhere: what is at an address depends on the address only."""

    def __init__(self) -> None:
        self.addresses: list[int] = []
        self.stored: list[int] = []

    def load(self, address: int, size: int) -> int:
        self.addresses.append(address)
        return (address * 0x9E37_79B1 | 1) & (1 << 8 * size) - 1

    def store(self, address: int, size: int, value: int) -> None:
        self.addresses.append(address)
        self.stored.append(value)

    def check(self, address: int, size: int, write: bool) -> None:
        pass

    def charge(self, cycles: int) -> None:
        pass

    load_unprivileged = load
    store_unprivileged = store


class Cpu:
    """What a meaning gets; `system` answers everything with 0."""

    def __init__(self, words: list[int]) -> None:
        self.state = Recorder(words)
        self.memory = Bus()
        self.system = SimpleNamespace(
            data_barrier=lambda: None,
            instruction_barrier=lambda: None,
            read_special=lambda sysm: 0,
            write_special=lambda sysm, field, value: None,
            change_state=lambda disable, i, f: None,
            supervisor_call=lambda: None,
            no_coprocessor=lambda number: None,
            breakpoint=lambda number: None,
            undefined=lambda: None,
            wait_for_interrupt=lambda: None,
            wait_for_event=lambda: None,
            send_event=lambda: None,
        )

    def outcome(self) -> tuple[list[int], list[int], list[int]]:
        """Return state, addresses and stored values."""
        return list(self.state), self.memory.addresses, self.memory.stored


def encodings(instruction: Instruction, source: random.Random) -> Iterator[Decoded]:
    """Yield decoded words of one definition."""
    pattern, found = instruction.pattern, 0
    for _ in range(3000):
        word = source.getrandbits(pattern.width) & ~pattern.fixed | pattern.value
        first, second = (word >> 16, word & 0xFFFF) if instruction.size == 4 else (word, 0)
        try:
            decoded = DECODER.decode(first, second, ADDRESS)
        except UndefinedInstruction:
            continue
        if decoded.instruction is instruction:
            yield decoded
            found += 1
            if found == WORDS:
                return


def random_state(source: random.Random) -> list[int]:
    """Return registers whose values can be addresses, and random flags."""
    words = [source.getrandbits(32) & 0x0FFF_FFFC for _ in range(STATE_WORDS)]
    if source.random() < 0.5:
        for k in range(S0, S0 + 32):
            words[k] = source.choice((0x3F80_0000, 0xC000_0000, 0x4120_0000, 0x3FF0_0000))
    for k in (*FLAGS, EXCLUSIVE, EPSR_T):
        words[k] = source.getrandbits(1)
    words[N] <<= 31
    words[GE] = source.getrandbits(4)
    words[FPSCR] = 0
    words[NEXT_PC], words[PC], words[65] = ADDRESS + 4, ADDRESS + 4, 0
    return words


def execute(decoded: Decoded, words: list[int]) -> Cpu | None:
    """Run the meaning; None when it traps."""
    cpu = Cpu(words)
    try:
        decoded.instruction.meaning(cpu, *decoded.arguments)
    except Trap:
        return None
    return cpu


def changed(words: list[int], slot: int, value: int) -> list[int]:
    """Return a copy with one word changed."""
    return [value if k == slot else word for k, word in enumerate(words)]


def flags_matter(decoded: Decoded, words: list[int]) -> bool:
    """Tell whether another value of a flag changes anything but that flag."""
    for flag in FLAGS:
        flipped = words[flag] ^ (1 << 31 if flag == N else 1)
        one, other = execute(decoded, words), execute(decoded, changed(words, flag, flipped))
        if one is None or other is None:
            continue
        (before, *rest), (after, *others) = one.outcome(), other.outcome()
        before[flag] = after[flag] = 0
        if (before, rest) != (after, others):
            return True
    return False


def influences(decoded: Decoded, words: list[int], slot: int) -> tuple[bool, bool]:
    """Tell whether a register changes the first address, and whether it changes what is stored."""
    one = execute(decoded, words)
    other = execute(decoded, changed(words, slot, words[slot] + 8))
    if one is None or other is None or not one.memory.addresses:
        return False, False
    return (
        one.memory.addresses[0] != other.memory.addresses[0],
        one.memory.stored != other.memory.stored,
    )


def register_names(slots: set[int] | frozenset[int]) -> list[str]:
    names = {GE: "ge", PC: "pc"}
    return sorted(
        names.get(slot) or (f"s{slot - S0}" if slot >= S0 else f"r{slot}") for slot in slots
    )


FAMILIES = sorted({instruction.family for instruction in definitions()})


@pytest.mark.parametrize("family", FAMILIES)
def test_roles_are_what_meanings_do(family: str) -> None:
    source = random.Random(f"{SEED} {family}")
    wrong = []
    for instruction in definitions():
        if instruction.family == family:
            for decoded in encodings(instruction, source):
                wrong += [
                    f"{instruction.name} {decoded.word:#x} ({decoded.instruction.template}): {text}"
                    for text in differences(decoded, source)
                ]
    assert wrong == [], f"seed {SEED}"


# Where what is stated is more than the meaning does.
PRELOADS = "a preload uses its address, though the model of memory has nothing to do"


def differences(decoded: Decoded, source: random.Random) -> Iterator[str]:
    stated = decoded.access
    reads: set[int] = set()
    writes: set[int] = set()
    flag_writes = flag_reads = False
    address: set[int] = set()
    data: set[int] = set()
    ran = 0
    for _ in range(RUNS):
        words = random_state(source)
        cpu = execute(decoded, words)
        if cpu is None:
            continue
        ran += 1
        reads |= cpu.state.reads & REGISTERS
        writes |= cpu.state.writes & REGISTERS
        if cpu.state.writes & {NEXT_PC, EPSR_T} and not ends_block(decoded):
            yield "branches in the middle of a block"
        flag_writes = flag_writes or bool(cpu.state.writes & set(FLAGS))
        flag_reads = flag_reads or flags_matter(decoded, words)
        for slot in cpu.state.reads & REGISTERS:
            moves, stores = influences(decoded, words, slot)
            address |= {slot} if moves else set()
            data |= {slot} if stores else set()
    if not ran:  # an address that is never aligned, or
        return
    yield from _compare(decoded, reads, writes, flag_writes, flag_reads)
    if decoded.instruction.system or not address:
        return
    named = {stated.base, stated.index} - {-1}
    if address - {PC} != named - {PC}:
        yield f"its address is made of {register_names(address)}, stated {register_names(named)}"
    if data - address != stated.data - address:
        yield f"it stores {register_names(data)}, stated {register_names(stated.data)}"


def _compare(
    decoded: Decoded, reads: set[int], writes: set[int], flag_writes: bool, flag_reads: bool
) -> Iterator[str]:
    stated = decoded.access
    # What a meaning does to the PC is seen in NEXT_PC; what it reads there, in the stated reads.
    for what, real, said in (
        ("reads", reads, stated.reads),
        ("writes", writes, stated.writes - {PC}),
    ):
        if real != said and not (decoded.timing is Timing.PRELOAD and real < said and PRELOADS):
            missing, extra = register_names(real - said), register_names(said - real)
            yield f"{what}: really also {missing}, really not {extra}"
    if flag_writes != stated.sets_flags:
        yield f"sets flags: really {flag_writes}, stated {stated.sets_flags}"
    same = len(
        {decoded.values[name] for name in ("sn", "sm", "dn", "dm") if name in decoded.values}
    )
    if flag_reads != stated.reads_flags and same != 1:  # VSEL of one register with itself
        yield f"reads flags: really {flag_reads}, stated {stated.reads_flags}"
    if stated.writeback != (stated.base in writes):
        yield f"writeback: stated {stated.writeback}, base {stated.base}"
