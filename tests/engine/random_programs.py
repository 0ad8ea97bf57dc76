"""Random programs for engines to agree on.

Code stands in flash behind the vector table. Every exception goes to a handler that skips the
instruction that faulted, so a program may do anything but lose its stack.
"""

import random
from dataclasses import dataclass, field

from assembler import assemble
from machines import CODE, FLASH, RAM, RAM_SIZE, Machine

from armsim.dsl import FEATURES, Instruction, Timing, definitions
from armsim.dsl.state import EXCLUSIVE, FPSCR, GE, S0, SP, C, N, Q, V, Z
from armsim.dsl.timing import BRANCHES, LOADS, STORES
from armsim.engine.blocks import ends_block
from armsim.engine.decoder import Decoded, Decoder, UndefinedInstruction

HANDLER = FLASH + 0x200
STACK = RAM + RAM_SIZE // 2
CORNERS = (0, 1, 2, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x8000_8000, 0x7FFF_8000, 0xFF, 0x100)
SINGLES = (0x3F80_0000, 0xBF80_0000, 0, 0x8000_0000, 0x7F80_0000, 0x7FC0_0000, 1, 0x0080_0000,
           0x7F7F_FFFF, 0x4B00_0000, 0x4F00_0000, 0x3FF0_0000, 0x4024_0000)  # fmt: skip
DECODER = Decoder(frozenset(FEATURES))
# The stack may move a little, but never by a number from anywhere.
_MOVES_STACK = ("push_t1", "pop_t1", "add_sp_imm_t2", "sub_sp_imm_t1", "vpush_single",
                "vpop_single", "vpush_double", "vpop_double", "push_t2", "pop_t2")  # fmt: skip

# Skips the instruction at the stacked PC: 4 bytes if it starts with 0b11101, 0b11110 or 0b11111.
# What an IT block had left goes, as the next instruction may not be in it.
SKIP_FAULT = """
    ldr r1, [sp, #24]
    ldrh r2, [r1]
    lsrs r2, r2, #11
    adds r1, #2
    cmp r2, #29
    it hs
    addhs r1, #2
    str r1, [sp, #24]
    ldr r1, [sp, #28]
    mov32 r2, #0xf9ff03ff
    ands r1, r2
    str r1, [sp, #28]
    bx lr
"""


def is_straight(instruction: Instruction) -> bool:
    """Tell whether an encoding is compiled and never branches."""
    return not (
        instruction.system or instruction.timing in BRANCHES or instruction.timing is Timing.IT
    )


STRAIGHT = [instruction for instruction in definitions() if is_straight(instruction)]
MEMORY = [one for one in STRAIGHT if one.timing in LOADS or one.timing in STORES]


def halves(word: int, size: int) -> list[int]:
    """Return the halfwords of an encoding in the order of memory."""
    return [word >> 16, word & 0xFFFF] if size == 4 else [word]


@dataclass
class Writer:
    """Collects a program as halfwords."""

    source: random.Random
    base: int = CODE
    code: list[int] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    @property
    def here(self) -> int:
        """Address of the next instruction."""
        return self.base + 2 * len(self.code)

    def text(self, program: str) -> None:
        """Append assembly text."""
        data = assemble(program, self.here)
        self.code += [int.from_bytes(data[k : k + 2], "little") for k in range(0, len(data), 2)]

    def draw(self, pool: list[Instruction], itstate: int = 0) -> Decoded:
        """Choose a random encoding that does not end a block and keeps the stack."""
        while True:
            instruction = self.source.choice(pool)
            pattern = instruction.pattern
            word = self.source.getrandbits(pattern.width) & ~pattern.fixed | pattern.value
            parts = [*halves(word, instruction.size), 0]
            try:
                decoded = DECODER.decode(parts[0], parts[1], self.here, itstate)
            except UndefinedInstruction:
                continue
            if ends_block(decoded) or decoded.timing is Timing.IT:
                continue
            moves = SP in decoded.access.writes
            if not moves or decoded.instruction.name in _MOVES_STACK:
                return decoded

    def straight(self, pool: list[Instruction] | None = None) -> None:
        """Append a random instruction; one that accesses memory mostly gets a good address."""
        decoded = self.draw(pool or STRAIGHT)
        access = decoded.access
        if 0 <= access.index < 13 and self.source.random() < 0.9:
            self.text(f"movw r{access.index}, #{self.source.randrange(64)}")
        if 0 <= access.base < 13 and self.source.random() < 0.9:
            self.text(f"mov32 r{access.base}, #{self.pointer(decoded)}")
        decoded = self._again(decoded)
        self.used.add(decoded.instruction.name)
        self.code += halves(decoded.word, decoded.size)

    def _again(self, decoded: Decoded) -> Decoded:
        parts = [*halves(decoded.word, decoded.size), 0]
        return DECODER.decode(parts[0], parts[1], self.here, 0)

    def pointer(self, decoded: Decoded) -> int:
        """Return an address in RAM, often at the edge of a page and often unaligned."""
        offset = decoded.values.get("offset", 0)
        at = RAM + 0x2000 + self.source.randrange(0, 0x3000, 4)
        if self.source.random() < 0.5:
            at = at & ~0x3FF | 0x3F0 + self.source.randrange(16)
        aligned = self.source.random() < 0.6
        return (at & ~7 if aligned else at) - (offset if self.source.random() < 0.5 else 0)

    def it_block(self) -> None:
        """Append an IT block of random instructions under a random condition."""
        length = self.source.randrange(1, 5)
        condition = self.source.randrange(15)
        mask = 1 << 4 - length
        for k in range(1, length):
            same = condition == 14 or self.source.getrandbits(1)
            mask |= (condition & 1 if same else ~condition & 1) << 4 - k
        self.code.append(0xBF00 | condition << 4 | mask)
        state = condition << 4 | mask
        for _ in range(length):
            decoded = self.draw(_IN_IT, state)
            self.used.add(decoded.instruction.name)
            self.code += halves(decoded.word, decoded.size)

    def place(self, machine: Machine) -> int:
        """Put program and handler into a machine; return the address behind the program."""
        data = b"".join(half.to_bytes(2, "little") for half in self.code)
        machine.place(SKIP_FAULT, HANDLER)
        return machine.place(data, self.base)


_IN_IT = [
    one for one in STRAIGHT if one.pattern.value >> 24 != 0xFE and one.name not in ("mov_reg_t2",)
]


def start(machine: Machine, source: random.Random) -> None:
    """Give registers, flags and RAM random values."""
    state = machine.state
    for k in range(13):
        state[k] = source.choice(
            (
                source.getrandbits(32),
                source.choice(CORNERS),
                source.getrandbits(6),
                RAM + source.randrange(0x1000, 0x7000),
            )
        )
    for k in range(S0, S0 + 32):
        state[k] = source.choice((source.getrandbits(32), source.choice(SINGLES)))
    state[SP] = STACK
    state[N], state[Z] = source.getrandbits(1) << 31, source.getrandbits(1)
    state[C], state[V], state[Q] = (source.getrandbits(1) for _ in range(3))
    state[GE] = source.getrandbits(4)
    state[EXCLUSIVE] = source.getrandbits(1)
    state[FPSCR] = source.getrandbits(4) << 22 if source.random() < 0.5 else 0
    machine.ram[: RAM_SIZE // 2] = list(source.randbytes(RAM_SIZE // 2))


def structured(source: random.Random) -> Writer:
    """Return a program with loops, calls, IT blocks, tables and faults that ends in `b .`."""
    writer = Writer(source)
    calls = []
    writer.text("b.w #" + hex(CODE + 4 + 2 * 400))  # functions first
    for k in range(4):
        calls.append(writer.here)
        _function(writer, leaf=k % 2 == 0, calls=calls[:-1])
    writer.code += [0xBF00] * (2 + 400 - len(writer.code))
    for _ in range(source.randrange(5, 9)):
        source.choice((_loop, _loop, _skip, _table, _call, _multiple, _straight, _fault))(
            writer, calls
        )
    writer.text("bkpt #0")  # a fault that is skipped, too
    writer.text(f"b #{writer.here}")
    return writer


def _function(writer: Writer, *, leaf: bool, calls: list[int]) -> None:
    if leaf:
        for _ in range(3):
            writer.straight(_SAFE)
        writer.text("bx lr")
        return
    writer.text("push {r4, r5, lr}")
    writer.straight(_SAFE)
    if calls:
        writer.text(f"bl #{writer.source.choice(calls)}")
    writer.text("movs r4, #0")
    writer.text("pop {r4, r5, pc}")


# What can neither change LR, SP nor the counters of loops.
_NARROW_REGISTERS = {"rd", "rdn", "rt", "rn", "rm"}
_SAFE = [
    one
    for one in STRAIGHT
    if one.size == 2
    and one.name not in _MOVES_STACK
    and one.timing not in LOADS
    and all(part.width <= 3 for part in one.pattern.fields if part.name in _NARROW_REGISTERS)
    and "high" not in {part.name for part in one.pattern.fields}
]


def _straight(writer: Writer, calls: list[int]) -> None:
    for _ in range(writer.source.randrange(1, 12)):
        writer.straight(_SAFE)
    writer.it_block()


def _loop(writer: Writer, calls: list[int]) -> None:
    writer.text(f"movw r9, #{writer.source.randrange(1, 9)}")
    top = writer.here
    _body(writer, calls)
    writer.text("subs.w r9, r9, #1")
    writer.text(f"bne.w #{top}")


def _body(writer: Writer, calls: list[int]) -> None:
    for _ in range(writer.source.randrange(1, 5)):
        kind = writer.source.randrange(4)
        if kind == 0:
            writer.text(f"bl #{writer.source.choice(calls)}")
        elif kind == 1:
            _skip(writer, calls)
        else:
            writer.straight(_SAFE)


def _skip(writer: Writer, calls: list[int]) -> None:
    conditions = "eq ne hs lo mi pl vs vc hi ls ge lt gt le".split()
    chunk = Writer(writer.source, writer.here + 4)
    for _ in range(writer.source.randrange(1, 4)):
        chunk.straight(_SAFE)
    target = chunk.here
    if writer.source.random() < 0.5:
        writer.text(f"b{writer.source.choice(conditions)}.w #{target}")
    else:
        writer.text(f"cbz r{writer.source.randrange(8)}, #{target}")
        writer.code.append(0xBF00)
    writer.code += chunk.code
    writer.used |= chunk.used


def _table(writer: Writer, calls: list[int]) -> None:
    writer.text(f"movw r10, #{writer.source.randrange(4)}")
    writer.text("tbb [pc, r10]")
    writer.code += [0x0302, 0x0504]  # to the second to fifth halfword behind the table's start
    writer.code += [0xBF00] * 4


def _call(writer: Writer, calls: list[int]) -> None:
    writer.text(f"mov32 r11, #{writer.source.choice(calls) | 1}")
    writer.text("blx r11")


def _multiple(writer: Writer, calls: list[int]) -> None:
    at = RAM + 0x3C00 + writer.source.randrange(-32, 32, 4) + writer.source.choice((0, 0, 0, 2))
    writer.text(f"mov32 r8, #{at}")
    writer.text("stm.w r8!, {r0, r1, r2, r3, r4, r5, r6, r7}")
    writer.text("ldmdb r8!, {r0, r2, r4, r6, r10, r11}")
    writer.text("push.w {r0, r1, r8, lr}")
    writer.text("pop.w {r4, r5, r6, lr}")


def _fault(writer: Writer, calls: list[int]) -> None:
    choices = (
        "mov32 r11, #0x60000000\nldr.w r1, [r11]",
        "mov32 r11, #0x8000500\nstr.w r1, [r11]",
        "mov32 r11, #0x20002001\nldrd r1, r2, [r11]",
        "udf #1",
        "svc #0\nnop",
    )
    writer.text(writer.source.choice(choices))
