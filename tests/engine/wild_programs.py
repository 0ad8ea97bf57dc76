"""Random programs that do whatever a guest may do, again and again, so that all of it gets hot.

Code stands in flash at one of its addresses or in RAM, and goes round for ever: loops, calls and
returns, tables, IT blocks, FP, unaligned accesses, devices, interrupts, faults that a handler
skips, code that is patched while it runs, the MPU, privilege, caches and wait states. Registers r0
to r7 take random values, r9 and r10 count rounds, r8, r11 and r12 hold addresses.
"""

import random
from dataclasses import dataclass, field
from functools import cache

from assembler import assemble, labels_of

from armsim.dsl import definitions
from armsim.dsl.state import PC, SP
from armsim.dsl.timing import LOADS, STORES
from armsim.engine.decoder import advance_it

from .pieces import CONDITIONS, Code, Jump, Mark, Piece, Point, Word, lay_out, move, text
from .random_programs import DECODER, MEMORY, STRAIGHT, Writer, halves

FLASH, RAM = 0x0800_0000, 0x2000_0000
HANDLERS, IN_FLASH, IN_RAM = FLASH + 0x200, FLASH + 0x400, RAM + 0x1_8000
BASES = {
    "m4": (IN_FLASH, IN_FLASH, 0x400, IN_RAM),
    "m7": (IN_FLASH, IN_FLASH, 0x20_0400, IN_RAM),
}
STACK, DATA, COPY, COUNTS = RAM + 0x8000, RAM + 0x2000, RAM + 0x6000, RAM + 0x400
FAR_DATA = RAM + 0x1_4000  # behind the caches of a Cortex-M7
PROBE, IRQS = 0x4001_F000, 8
CPACR, SHCSR, CCR, SHPR2, SHPR3 = (0xE000_ED00 + k for k in (0x88, 0x24, 0x14, 0x1C, 0x20))
SYSTICK, ISER, ISPR, ICSR = 0xE000_E010, 0xE000_E100, 0xE000_E200, 0xE000_ED04
MPU_CTRL, FLASH_ACR, CYCCNT = 0xE000_ED94, 0x4002_3C00, 0xE000_1004
MAINTENANCE = (0xE000_EF50, 0xE000_EF5C, 0xE000_EF60, 0xE000_EF70)

_HANDLERS = f"""
fault:
    tst.w lr, #4
    ite eq
    mrseq r0, msp
    mrsne r0, psp
    mov32 r2, #0xe000ed28
    ldr r3, [r2]
    str r3, [r2]
    ldr r1, [r0, #24]
    lsrs r2, r1, #20
    cmp r2, #2
    bls known
    cmp r2, #0x80
    beq known
    cmp.w r2, #0x200
    beq known
    mov32 r1, #BASE
    b resume
known:
    ldrh r2, [r1]
    lsrs r2, r2, #11
    adds r1, #2
    cmp r2, #29
    it hs
    addhs r1, #2
resume:
    str r1, [r0, #24]
    mov32 r1, #0x01000000
    str r1, [r0, #28]
    bx lr
systick:
    mov32 r0, #{COUNTS}
    ldr r1, [r0]
    adds r1, #1
    str r1, [r0]
    vmov s1, r1
    vadd.f32 s1, s1, s2
    mov32 r2, #{CYCCNT}
    ldr r3, [r2]
    mov32 r2, #{PROBE}
    str r3, [r2, #4]
    bx lr
pendsv:
    movs r1, #6
again:
    subs r1, #1
    bne again
    mov32 r2, #{PROBE}
    ldr r1, [r2, #8]
    mov32 r0, #{COUNTS}
    str r1, [r0, #4]
    bx lr
svcall:
    mrs r0, control
    eor r0, r0, #1
    msr control, r0
    bx lr
irq:
    mrs r0, ipsr
    mov32 r2, #{PROBE}
    str r0, [r2, #12]
    bx lr
"""


@cache
def handlers(base: int) -> bytes:
    """Return vector table and handlers of a program at `base`, for address FLASH."""
    source = _HANDLERS.replace("BASE", hex(base))
    code = assemble(source, HANDLERS)
    labels = {name: at | 1 for name, at in labels_of(source, HANDLERS).items()}
    table = [STACK, base | 1, *[labels["fault"]] * 5, *[labels["fault"]] * 4]
    table += [labels["svcall"], labels["fault"], labels["fault"], labels["pendsv"]]
    table += [labels["systick"], *[labels["irq"]] * 112]
    return b"".join(word.to_bytes(4, "little") for word in table) + code


@dataclass
class Program:
    """Code, where it stands, what RAM holds, and when runs stop."""

    seed: str
    core: str
    base: int
    pieces: list[Piece]
    setup: list[tuple[int, int]]  # words stored before the first instruction
    data: bytes
    stops: list[tuple[str, int]]  # instructions or cycles, and how many more

    def segments(self) -> list[tuple[int, bytes]]:
        """Return what goes where before reset."""
        code = lay_out(self.pieces, self.base)
        at = self.base if self.base >= FLASH else self.base % 0x10_0000 + FLASH
        table = handlers(self.base)
        assert len(table) <= 0x400
        return [(FLASH, table), (at, code), (DATA, self.data), (FAR_DATA, self.data[:1024])]


@dataclass
class Maker:
    """Writes one program."""

    source: random.Random
    core: str
    pieces: list[Piece] = field(default_factory=list)
    setup: list[tuple[int, int]] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    labels: int = 0

    def add(self, *pieces: Piece | str) -> None:
        """Append pieces, or assembly text."""
        self.pieces += [text(piece) if isinstance(piece, str) else piece for piece in pieces]

    def label(self) -> str:
        """Return a new label."""
        self.labels += 1
        return f"l{self.labels}"

    def chance(self, share: float) -> bool:
        """Return true that often."""
        return self.source.random() < share

    def store(self, address: int, value: int) -> None:
        """Append a store of a word."""
        self.add(move(11, address), move(12, value), "str.w r12, [r11]")

    def straight(self, pool: list | None = None) -> None:
        """Append a random instruction that leaves r8 to r14 alone."""
        writer = Writer(self.source, IN_FLASH)
        while True:
            decoded = writer.draw(pool or (MEMORY if self.chance(0.3) else STRAIGHT))
            access = decoded.access
            if any(8 <= number <= 15 for number in access.writes):
                continue
            if access.base > 7 and access.base not in (SP, PC):
                continue
            memory = decoded.timing in LOADS or decoded.timing in STORES
            if access.base == SP and decoded.timing in STORES and self.chance(0.9):
                continue
            break
        if memory and 0 <= access.index < 8 and self.chance(0.9):
            self.add(move(access.index, self.source.randrange(64)))
        if memory and 0 <= access.base < 8 and self.chance(0.85):
            at = writer.pointer(decoded)
            self.add(move(access.base, at + FAR_DATA - DATA if self.chance(0.3) else at))
        self.add(Code(tuple(halves(decoded.word, decoded.size))))

    def straights(self, most: int) -> None:
        """Append a few random instructions."""
        for _ in range(self.source.randrange(1, most + 1)):
            self.straight()

    def it_block(self) -> None:
        """Append an IT block, sometimes with a branch as its last instruction."""
        writer = Writer(self.source, IN_FLASH)
        while True:
            writer.code.clear()
            writer.it_block()
            if self._is_tame(writer.code):
                break
        self.add(Code(tuple(writer.code)))

    def _is_tame(self, code: list[int]) -> bool:
        state, at = code[0] & 0xFF, 1
        while at < len(code):
            step = DECODER.decode(code[at], [*code, 0][at + 1], IN_FLASH, state)
            if any(8 <= number <= 15 for number in step.access.writes):
                return False
            state, at = advance_it(state), at + step.size // 2
        return True


def program(seed: str, core: str, units: int = 1, instructions: int = 700) -> Program:
    """Return the program of a seed for a core (`m4` or `m7`).

    It has at least as many units, and is run for about as many instructions, as said.
    """
    source = random.Random(f"{seed} {core} {units}")
    maker = Maker(source, core)
    base = source.choice(BASES[core])
    _set_up(maker)
    maker.add(Mark("outer"))
    for _ in range(source.randrange(units, 2 * units + 1)):
        source.choice(UNITS)(maker)
    maker.add("adds.w r10, r10, #1", Jump("b", "outer"))
    for name in list(maker.functions):
        _function(maker, name)
    stops = []
    while sum(count for _, count in stops) < instructions:
        what = source.choice(("instructions", "cycles"))
        many = source.randrange(1, 1 + instructions // 2)
        stops.append((what, source.choice((source.randrange(1, 8), many, instructions // 2))))
    data = source.randbytes(0x3000)
    return Program(seed, core, base, maker.pieces, maker.setup, data, stops)


def noise(seed: str, core: str, instructions: int = 1500) -> Program:
    """Return a program of random words, most of them instructions with random operands."""
    source = random.Random(f"noise {seed} {core}")
    maker = Maker(source, core)
    base = source.choice(BASES[core])
    _set_up(maker)
    every = definitions()
    for _ in range(source.randrange(20, 200)):
        one = source.choice(every)
        word = source.getrandbits(one.pattern.width) & ~one.pattern.fixed | one.pattern.value
        if maker.chance(0.05):
            word = source.getrandbits(one.pattern.width)
        maker.add(Code(tuple(halves(word, one.size))))
        if maker.chance(0.1):
            maker.add(move(source.randrange(13), source.choice((DATA, FAR_DATA, STACK, COPY | 1))))
    stops = [(what, instructions // 3) for what in ("instructions", "cycles", "instructions")]
    data = source.randbytes(0x3000)
    return Program(seed, core, base, maker.pieces, maker.setup, data, stops)


def _set_up(maker: Maker) -> None:
    source, setup = maker.source, maker.setup
    for register in range(8):
        value = source.choice((source.getrandbits(32), source.getrandbits(5), DATA + 64 * register))
        maker.add(move(register, value))
    maker.add(move(10, 0))
    if maker.chance(0.95):
        setup.append((CPACR, 0xF0_0000))
    if maker.chance(0.6):
        setup.append((SHCSR, 0x7_0000))
    caches = source.choice((0, 0x1_0000, 0x2_0000, 0x3_0000)) if maker.core == "m7" else 0
    setup.append((CCR, 0x200 | source.choice((0, 0x10, 0x18, 0x8)) | caches))
    if maker.chance(0.6):
        setup.append((FLASH_ACR, source.randrange(8) | source.randrange(8) << 8))
    setup.append((0xE000_EDFC, 1 << 24))
    setup.append((0xE000_1000, 1))
    if maker.chance(0.5):
        setup.append((SHPR2, source.randrange(16) << 28))
        setup.append((SHPR3, source.randrange(16) << 20 | source.randrange(16) << 28))
    if maker.chance(0.5):
        setup.append((ISER, (1 << IRQS) - 1))
    if maker.chance(0.6):
        period = source.choice((source.randrange(20, 100), source.randrange(100, 3000)))
        setup.append((SYSTICK + 4, period))
        setup.append((SYSTICK + 8, 0))
        setup.append((SYSTICK, 7))


def _function(maker: Maker, name: str) -> None:
    kind = maker.source.randrange(4)
    maker.add(Mark(name))
    if kind == 0:
        maker.straights(4)
        maker.add("bx lr")
    elif kind == 1:  # calls itself, deeper than any return stack
        maker.add("push {r4, lr}", "subs r4, #1", Jump("le", name + "x"), Jump("bl", name))
        maker.add(Mark(name + "x"), "pop {r4, pc}")
    elif kind == 2:
        maker.add("push.w {r4, r5, r9, lr}")
        _loop(maker)
        maker.add("pop.w {r4, r5, r9, pc}")
    else:
        maker.add("push {r6, lr}")
        maker.straights(3)
        maker.add("pop.w {r6, lr}", "bx lr")


def _body(maker: Maker) -> None:
    for _ in range(maker.source.randrange(1, 4)):
        kind = maker.source.randrange(6)
        if kind == 0:
            _skip(maker)
        elif kind == 1 and maker.chance(0.3):  # a branch that goes where it would fall
            maker.add(Jump("b", following := maker.label()), Mark(following))
        elif kind == 1:
            maker.it_block()
        elif kind == 2 and maker.chance(0.4):
            _device(maker)
        else:
            maker.straight()


def _loop(maker: Maker) -> None:
    top = maker.label()
    maker.add(move(9, maker.source.choice((3, 7, 20, 50))), Mark(top))
    _body(maker)
    maker.add("subs.w r9, r9, #1", Jump("ne", top))


def _stream(maker: Maker) -> None:
    top = maker.label()
    at = maker.source.choice((DATA, FAR_DATA)) + maker.source.choice((0, 0, 0, 1, 2))
    maker.add(move(8, at), move(9, maker.source.choice((16, 40))), Mark(top))
    maker.add(maker.source.choice(("ldr r0, [r8], #4", "ldrh r0, [r8], #2", "ldrsb r0, [r8, #7]!")))
    maker.straight()
    maker.add(maker.source.choice(("str.w r0, [r8, #64]", "vldr s3, [r8, #8]", "strb.w r1, [r8]")))
    maker.add("subs.w r9, r9, #1", Jump("ne", top))


def _skip(maker: Maker) -> None:
    past = maker.label()
    if maker.chance(0.7):
        maker.add(Jump(maker.source.choice(CONDITIONS), past))
    else:
        maker.add(text(f"tst.w r10, #{maker.source.choice((1, 3, 7))}"), Jump("ne", past))
    maker.straights(3)
    maker.add(Mark(past))


def _callee(maker: Maker) -> str:
    if not maker.functions or (len(maker.functions) < 3 and maker.chance(0.6)):
        maker.functions.append(f"f{len(maker.functions)}")
    return maker.source.choice(maker.functions)


def _call(maker: Maker) -> None:
    maker.add(move(4, maker.source.randrange(1, 14)))
    if maker.chance(0.5):
        maker.add(Jump("bl", _callee(maker)))
    else:
        maker.add(Point(12, _callee(maker)), "blx r12")


def _call_in_turn(maker: Maker) -> None:
    """Call through a pointer that goes from one function to the other."""
    one, other = _callee(maker), _callee(maker)
    maker.add(move(4, 3), "tst.w r10, #1", Jump("ne", past := maker.label()), Point(12, one))
    maker.add(Mark(past), Jump("eq", after := maker.label()), Point(12, other), Mark(after))
    maker.add("blx r12")


def _table(maker: Maker) -> None:
    source = maker.source
    maker.add("and r11, r10, #3")
    if source.getrandbits(1):
        maker.add("tbb [pc, r11]", Code((0x0302, 0x0504)), Code((0xBF00, 0x3001, 0x3102, 0x3203)))
        return
    names = [maker.label() for _ in range(4)]
    table = maker.label()
    if maker.chance(0.5):
        maker.add(Point(12, table, 0), "ldr.w pc, [r12, r11, lsl #2]", Mark(table))
    else:
        maker.add(Point(12, table, 0), "ldr.w r12, [r12, r11, lsl #2]", "bx r12", Mark(table))
    maker.add(*(Word(name) for name in names))
    for name in names:
        maker.add(Mark(name))
        maker.straight()


def _device(maker: Maker) -> None:
    source = maker.source
    at = source.choice((PROBE, PROBE, PROBE, SYSTICK + 8, CYCCNT, ICSR, SYSTICK))
    maker.add(move(8, at))
    load = source.choice(("ldr.w r1, [r8]", "ldr.w r1, [r8]", "ldrb.w r1, [r8, #1]"))
    maker.add(load if at != PROBE or maker.chance(0.5) else "str.w r0, [r8, #16]")


def _pend(maker: Maker) -> None:
    if maker.chance(0.5):
        maker.store(ICSR, maker.source.choice((1 << 28, 1 << 26)))
    else:
        maker.store(ISPR, 1 << maker.source.randrange(IRQS))


def _service(maker: Maker) -> None:
    maker.add(
        maker.source.choice(("svc #0", "svc #3\nnop\nsvc #1", "wfe", "sev", "isb sy", "dsb sy"))
    )
    if maker.chance(0.2):
        maker.add("wfi")


def _mask(maker: Maker) -> None:
    source = maker.source
    priority = "movs r0, #32; msr basepri, r0", "movs r0, #0; msr basepri, r0"
    on, off = source.choice((("cpsid i", "cpsie i"), ("cpsid f", "cpsie f"), priority))
    maker.add(on)
    _body(maker)
    if maker.chance(0.9):
        maker.add(off)


def _fault(maker: Maker) -> None:
    maker.add(
        maker.source.choice(
            (
                "mov32 r11, #0x60000000; ldr.w r1, [r11]",
                "mov32 r11, #0x08000500; str.w r1, [r11]",
                "mov32 r11, #0x20002001; ldrd r1, r2, [r11]",
                "mov32 r11, #0x2001fffd; ldr.w r1, [r11]",
                "mov32 r11, #0x2000fffe; ldm.w r11, {r0, r1, r2}",
                "mov32 r11, #0x20002000; bx r11",
                "mov32 r11, #0x40000001; bx r11",
                "movs r1, #0; udiv r2, r3, r1",
                "movs r1, #0; sdiv r2, r3, r1",
                "udf #1",
                "bkpt #1",
                "mcr p3, #0, r0, c1, c2, #0",
            )
        )
    )


def _jump_to_data(maker: Maker) -> None:
    maker.add("tst.w r10, #7", Jump("ne", past := maker.label()))
    maker.add(move(11, maker.source.choice((DATA + 0x101, STACK - 63, 0xF000_0001, 0x1000_0001))))
    maker.add(maker.source.choice(("blx r11", "bx r11")), Mark(past))


def _patched_copy(maker: Maker) -> None:
    """Copy code to RAM once, patch it now and then, and call it in a loop."""
    source = maker.source
    code, past, copied, top = (maker.label() for _ in range(4))
    maker.add(Jump("b", past), Mark(code), move(2, source.randrange(256)))
    maker.straights(2)
    maker.add("bx lr", Code((0xBF00,) * 20), Mark(past), "cmp.w r10, #0", Jump("ne", copied))
    maker.add(Point(8, code, 0), move(11, COPY), move(9, 10), Mark(top))
    maker.add("ldr r12, [r8], #4", "str r12, [r11], #4", "subs.w r9, r9, #1", Jump("ne", top))
    maker.add(Mark(copied), move(9, source.choice((2, 9, 30))), Mark(again := maker.label()))
    often = source.choice(("tst.w r10, #1", "tst.w r10, #7", "tst.w r9, #3", "tst.w r9, #15"))
    maker.add(often, Jump("ne", call := maker.label()))
    # MOVW r2, #imm8 with another number in its second halfword
    maker.add(
        "and r12, r9, #0xf", "add.w r12, r12, #0x200", move(11, COPY), "strh.w r12, [r11, #2]"
    )
    maker.add(Mark(call), move(12, COPY | 1), "blx r12", "subs.w r9, r9, #1", Jump("ne", again))


def _protection(maker: Maker) -> None:
    """Turn the MPU on with a region over some data, or off."""
    source = maker.source
    maker.add("tst.w r10, #3", Jump("ne", past := maker.label()))
    size = source.choice((7, 9, 11))
    at = (DATA + source.randrange(0, 0x2000)) & -(2 << size)
    regions = ((0x10, 0x0300_0000 | 31 << 1 | 1),
               (at | 0x11, source.randrange(8) << 24 | size << 1 | 1))  # fmt: skip
    for base, attributes in regions:
        maker.store(MPU_CTRL + 8, base)
        maker.store(MPU_CTRL + 12, attributes)
    maker.store(MPU_CTRL, source.choice((5, 5, 4)))
    maker.add("isb sy", Mark(past))
    maker.straights(3)
    if maker.chance(0.3):
        maker.store(MPU_CTRL, 0)
    if maker.chance(0.5):
        maker.add("movs r0, #1; msr control, r0; isb sy")


def _setting(maker: Maker) -> None:
    """Switch caches, or flash, now and then, and mostly back."""
    source = maker.source
    maker.add(source.choice(("tst.w r10, #1", "tst.w r10, #3", "tst.w r10, #15")))
    maker.add(Jump("ne", other := maker.label()))
    if maker.core == "m7" and maker.chance(0.2):
        maker.store(source.choice(MAINTENANCE), source.choice((0, DATA, FAR_DATA)))
        maker.add(Mark(other))
        return
    settings = [(FLASH_ACR, source.randrange(8) | source.randrange(8) << 8) for _ in range(2)]
    if maker.core == "m7" and maker.chance(0.8):
        settings = [(CCR, 0x200 | source.randrange(4) << 16) for _ in range(2)]
    maker.store(*settings[0])
    maker.add(Jump("b", past := maker.label()), Mark(other))
    maker.store(*settings[1])
    maker.add(Mark(past))
    _body(maker)


UNITS = (
    _loop, _loop, _loop, _stream, _stream, _call, _call, _call_in_turn, _table, _table, _device,
    _pend, _service, _mask, _fault, _fault, _jump_to_data, _patched_copy, _patched_copy,
    _protection, _setting, _setting,
)  # fmt: skip
