"""Random sequences over every encoding that does not stop the machine.

Sequences are valid by construction: base and index registers of loads and stores are set to
constants that keep every access inside scratch memory, branches go forward over instructions that
may or may not run, and nothing writes PC but a branch. What an access touches is not worked out
here: the meaning runs on a core that records it.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import armsim.isa  # noqa: F401  defines the encodings
from armsim.dsl import Instruction, Timing, definitions
from armsim.dsl.state import PC, SP, STATE_WORDS, Trap
from armsim.dsl.timing import BRANCHES, LOADS, STORES
from armsim.engine.decoder import Decoded, Decoder, UndefinedInstruction, advance_it
from tests.differential.cases import SCRATCH, SCRATCH_END, SLOT, Item, Sequence
from tests.differential.image import PROLOGUE, branch, move_constant

LR = 14
EXCLUSIVES = (Timing.LOAD_EXCLUSIVE, Timing.STORE_EXCLUSIVE)
OVERHEAD = 36  # bytes of the slot behind a sequence: constants to save registers, and the branch
CORES = {
    "m4": frozenset({"fp"}),
    "m7": frozenset({"fp", "fp5", "fp64", "fp64v5"}),
}
# Not drawn: they stop the machine, or wait for it.
STOPPING = {"svc_t1", "bkpt_t1", "udf_t1", "udf_t2", "wfi_t1", "wfi_t2"}
BASEPRI, BASEPRI_MAX, FAULTMASK, CONTROL = 17, 18, 19, 20


class CannotDraw(Exception):
    """No form of an encoding fits here."""


class Probe:
    """Memory that records what is touched and answers with addresses of scratch memory."""

    def __init__(self) -> None:
        self.touched: list[tuple[int, int]] = []

    def load(self, address: int, size: int) -> int:
        self.touched.append((address, size))
        return 1

    def store(self, address: int, size: int, value: int) -> None:
        self.touched.append((address, size))

    def check(self, address: int, size: int, write: bool) -> None:
        self.touched.append((address, size))

    load_unprivileged, store_unprivileged = load, store


class ProbeCpu:
    """A core on which a meaning runs to see what it does."""

    def __init__(self, known: dict[int, int]) -> None:
        self.state = [0] * STATE_WORDS
        for number, value in known.items():
            self.state[number] = value
        self.memory = Probe()


@dataclass
class Known:
    """What is known at a point of a sequence: register values, and which units set them."""

    values: dict[int, int] = field(default_factory=dict)
    units: dict[int, frozenset[int]] = field(default_factory=dict)

    def copy(self) -> "Known":
        return Known(dict(self.values), dict(self.units))

    def forget(self, registers: object) -> None:
        for number in list(self.values):
            if number in registers:  # type: ignore[operator]
                del self.values[number], self.units[number]

    def meet(self, other: "Known") -> None:
        """Keep what both know."""
        self.forget({
            number for number in self.values
            if other.values.get(number) != self.values[number]
            or other.units[number] != self.units[number]
        })  # fmt: skip


class Table:
    """The encodings of a core, by what the generator does with them."""

    def __init__(self, core: str) -> None:
        self.core = core
        self.decoder = Decoder(CORES[core])
        self.all = tuple(
            one
            for one in definitions()
            if (not one.needs or one.needs in CORES[core])
            and one.name not in STOPPING
            and one.family != "coprocessor"
        )
        self.memory = [
            one for one in self.all if one.timing in (LOADS | STORES).difference(EXCLUSIVES)
        ]
        self.exclusive_loads = [one for one in self.all if one.timing is Timing.LOAD_EXCLUSIVE]
        self.branches = [one for one in self.all if one.timing in BRANCHES]
        special = {*self.memory, *self.branches}
        self.plain = [
            one
            for one in self.all
            if one not in special
            and not one.system
            and one.timing not in EXCLUSIVES
            and one.timing is not Timing.IT
        ]
        self.system = [
            one for one in self.all
            if one.system and one not in special and not one.name.startswith("wfe")
        ]  # fmt: skip
        self.fp = [one for one in self.plain if one.needs]
        self.by_name = {one.name: one for one in self.all}
        self.pc_loads = [
            one
            for one in self.memory
            if one.timing in (Timing.LOAD, Timing.LOAD_MULTIPLE)
            and one.name.startswith(("ldr_", "ldm", "pop"))
            and (one.size == 4 or one.name == "pop_t1")
        ]


class Generator:
    """Builds one sequence."""

    def __init__(self, table: Table, seed: str, address: int, length: int) -> None:
        self.table, self.seed = table, seed
        self.rng = random.Random(seed)
        self.start, self.at = address, address + PROLOGUE
        self.length = length
        self.items: list[Item] = []
        self.needs: dict[int, frozenset[int]] = {}
        self.known = Known()
        self.locked: set[int] = set()  # registers that nothing may write now
        self.itstate = 0
        self.unit = 0

    def build(self) -> Sequence:
        """Return the sequence."""
        rng = self.rng
        limit = self.start + SLOT - OVERHEAD - 90
        while len(self.items) < self.length and self.at < limit:
            self.anything()
        if not self.items:
            self.emit(0xBF00, 2, self.new_unit())
        spoiled = [number for number in self.known.values if number < 13]
        return Sequence(
            self.seed, self.start, tuple(self.items), self.needs,
            random.Random(self.seed + "pool").randbytes(SLOT),
            rng.choice(spoiled) if spoiled else rng.randrange(13),
        )  # fmt: skip

    # emitting -----------------------------------------------------------------------------------

    def new_unit(self, needs: frozenset[int] = frozenset()) -> int:
        self.unit += 1
        if needs:
            self.needs[self.unit] = needs
        return self.unit

    def emit(self, word: int, size: int, unit: int, *, data: bool = False) -> int:
        """Append an instruction or data; return its number."""
        self.items.append(Item(self.at, size, word, unit, self.itstate, data))
        self.at += size
        return len(self.items) - 1

    def patch(self, number: int, word: int) -> None:
        old = self.items[number]
        self.items[number] = Item(old.address, old.size, word, old.unit, old.itstate, old.data)

    def set_constant(self, register: int, value: int, unit: int) -> tuple[int, int]:
        """Emit MOVW and MOVT, part of `unit`."""
        low, high = move_constant(register, value)
        return self.emit(low, 4, unit), self.emit(high, 4, unit)

    def patch_constant(self, where: tuple[int, int], register: int, value: int) -> None:
        for number, word in zip(where, move_constant(register, value), strict=True):
            self.patch(number, word)

    def free_register(self, *avoid: int, low: bool = False) -> int:
        """Return a core register that may be overwritten."""
        choices = [n for n in range(8 if low else 13) if n not in self.locked and n not in avoid]
        if not choices:
            raise CannotDraw
        return self.rng.choice(choices)

    def provide(self, register: int, value: int, avoid: frozenset[int] = frozenset()) -> None:
        """Set a register to a constant, by code of its own."""
        unit = self.new_unit()
        rng = self.rng
        if register == SP:
            other = self.free_register(*avoid)
            self.known.forget({other})
            self.set_constant(other, value, unit)
            self.emit(0x4685 | other << 3, 2, unit)
        elif rng.random() < 0.2 and value < 256 and register < 8 and not self.itstate:
            self.emit(0xF04F_0000 | register << 8 | value, 4, unit)
        else:
            self.set_constant(register, value, unit)
        self.known.values[register] = value
        self.known.units[register] = frozenset({unit})

    # drawing ------------------------------------------------------------------------------------

    def draw(self, instruction: Instruction, **fixed: int) -> Decoded:
        """Draw a word of an encoding that decodes at this place."""
        rng, pattern = self.rng, instruction.pattern
        for _ in range(60):
            word = rng.getrandbits(pattern.width) & ~pattern.fixed | pattern.value
            few = rng.random() < 0.4
            for part in pattern.fields:
                if part.name in fixed:
                    value = fixed[part.name]
                elif few and part.width in (3, 4) and part.name[0] in "rvd":
                    value = rng.choice((0, 1, 2, 3, 13 & (1 << part.width) - 1))
                elif part.name.startswith(("imm", "offset")) and rng.random() < 0.3:
                    value = rng.choice((0, 1, 2, 4, (1 << part.width) - 1))
                else:
                    continue
                mask = (1 << part.width) - 1
                word = word & ~(mask << part.shift) | (value & mask) << part.shift
            halves = (word >> 16, word & 0xFFFF) if pattern.width == 32 else (word, 0)
            try:
                found = self.table.decoder.decode(*halves, self.at, self.itstate)
            except UndefinedInstruction:
                continue
            if found.instruction is instruction:
                return found
        raise CannotDraw

    def writable(self, decoded: Decoded) -> bool:
        writes = decoded.access.writes
        return PC not in writes and not writes & self.locked

    def wrote(self, registers: object) -> None:
        self.known.forget(registers)

    # kinds of instructions ------------------------------------------------------------------------

    def anything(self) -> None:
        """Append something."""
        before = self.at, len(self.items), self.known.copy(), set(self.locked), self.unit
        try:
            kind = self.rng.random()
            if kind < 0.72:
                self.simple()
            elif kind < 0.84:
                self.it_block()
            elif kind < 0.93:
                self.rng.choice((
                    self.forward, self.forward, self.forward, self.subroutine,
                    self.table_branch, self.computed, self.pc_load,
                ))()  # fmt: skip
            elif kind < 0.96:
                self.exclusive()
            else:
                self.special()
        except CannotDraw:
            self.at, count, self.known, self.locked, self.unit = before
            del self.items[count:]
            self.needs = {unit: needed for unit, needed in self.needs.items() if unit <= self.unit}
            self.itstate = 0

    def simple(self) -> None:
        """Append an instruction that goes on at the next."""
        rng, table = self.rng, self.table
        pick = rng.randrange(len(table.plain) + len(table.memory))
        for _ in range(8):
            if pick < len(table.plain):
                instruction = table.plain[pick]
                decoded = self.draw(instruction)
                if not self.writable(decoded):
                    continue
                self.wrote(decoded.access.writes)
                self.emit(decoded.word, decoded.size, self.new_unit())
            else:
                self.access(table.memory[pick - len(table.plain)])
            return
        raise CannotDraw

    def access(self, instruction: Instruction, **fixed: int) -> None:
        """Append a load or store, with what it needs before it."""
        for _ in range(20):
            decoded = self.draw(instruction, **fixed)
            if self.writable(decoded) and self.reach(decoded):
                return
        raise CannotDraw

    def reach(self, decoded: Decoded) -> bool:
        """Append a load or store if its registers can be made to point to scratch memory."""
        base, index = decoded.access.base, decoded.access.index
        if base < 0:
            touched = touches(decoded, {})
            if touched is None or not inside(touched, self.start, self.start + SLOT):
                return False
            self.put(decoded, frozenset())
            return True
        plan = self.plan(decoded, base, index)
        if plan is None:
            return False
        avoid = frozenset({base, index} | set(decoded.access.reads))
        for register, value in plan.items():
            if register in self.locked:
                return False
            self.provide(register, value, avoid)
        if plan:  # a new address changes what is relative to PC; nothing here is
            decoded = self.again(decoded)
        self.put(decoded, frozenset({base} if index < 0 else {base, index}))
        return True

    def again(self, decoded: Decoded) -> Decoded:
        word = decoded.word
        halves = (word >> 16, word & 0xFFFF) if decoded.size == 4 else (word, 0)
        return self.table.decoder.decode(*halves, self.at, self.itstate)

    def plan(self, decoded: Decoded, base: int, index: int) -> dict[int, int] | None:
        """Return the constants to set, none if what is known will do, or None."""
        rng, known = self.rng, self.known.values
        if base in known and (index < 0 or index in known):
            touched = touches(decoded, known)
            if touched is not None and inside(touched, SCRATCH, SCRATCH_END):
                return {}
        if index == base:
            return None
        plan: dict[int, int] = {}
        if index >= 0 and (index not in known or known[index] > 64):
            plan[index] = rng.choice((0, 1, 2, 3, 4, 5, 8, 13, 0xFFFF_FFFF, 0xFFFF_FFFC))
        middle = SCRATCH + 0x1000_0000
        trial = {**known, **plan, base: middle}
        touched = touches(decoded, trial)
        if touched is None:
            return None
        low = min(address for address, _ in touched) - middle
        high = max(address + size for address, size in touched) - middle
        if high - low > SCRATCH_END - SCRATCH:
            return None
        for attempt in range(4):
            value = rng.randrange(SCRATCH - low, SCRATCH_END - high + 1) & 0xFFFF_FFFF
            if attempt or base == SP or rng.random() < 0.5:
                value &= ~3
            touched = touches(decoded, {**trial, base: value})
            if touched is not None and inside(touched, SCRATCH, SCRATCH_END):
                return {**plan, base: value}
        return None

    def put(self, decoded: Decoded, uses: frozenset[int]) -> None:
        """Append a load or store whose registers are known."""
        needed = frozenset().union(*(self.known.units[number] for number in uses))
        unit = self.new_unit(needed)
        base = decoded.access.base
        moved = None
        loads_base = decoded.values.get("registers", 0) >> max(base, 0) & 1 or base in (
            decoded.values.get("rt"), decoded.values.get("rt2")
        )  # fmt: skip
        if base >= 0 and decoded.access.writeback and not loads_base:
            moved = after(decoded, self.known.values)[base]
        self.wrote(decoded.access.writes)
        self.emit(decoded.word, decoded.size, unit)
        if moved is not None and not self.itstate:
            self.known.values[base] = moved
            self.known.units[base] = needed | {unit}

    def region(self, most: int) -> None:
        """Append up to `most` simple instructions that may be jumped over."""
        before = self.known.copy()
        for _ in range(self.rng.randrange(most + 1)):
            try:
                self.simple()
            except CannotDraw:
                continue
        self.known.meet(before)

    # IT blocks ------------------------------------------------------------------------------------

    def it_block(self) -> None:
        """Append IT and one to four instructions."""
        rng = self.rng
        count = rng.randrange(1, 5)
        cond = rng.randrange(15)
        mask = 1 << (4 - count)
        if cond != 14:
            for bit in range(4, 4 - count + 1, -1):
                mask |= rng.getrandbits(1) << (bit - 1)
        # Draw first as if nothing stood between; set up pointers; then place.
        body: list[Decoded] = []
        state = cond << 4 | mask
        locked, written = set(self.locked), set()
        try:
            self.itstate = state
            for _ in range(count):
                decoded, uses = self.in_block(written)
                body.append(decoded)
                self.locked |= uses
                written |= decoded.access.writes
                self.itstate = advance_it(self.itstate)
        finally:
            self.itstate = 0
            self.locked = locked
        head = self.new_unit()
        self.emit(0xBF00 | cond << 4 | mask, 2, head)
        self.itstate = state
        for number, decoded in enumerate(body):
            uses = {r for r in (decoded.access.base, decoded.access.index) if r >= 0}
            needed = frozenset({head}).union(
                *(self.known.units[r] for r in uses if r in self.known.units)
            )
            self.emit(decoded.word, decoded.size, self.new_unit(needed))
            self.itstate = advance_it(self.itstate) if number < count - 1 else 0
        self.itstate = 0
        self.wrote(written)

    def in_block(self, written: set[int]) -> tuple[Decoded, set[int]]:
        """Draw an instruction of an IT block; set up its pointers before the block."""
        rng, table = self.rng, self.table
        for _ in range(20):
            memory = rng.random() < 0.25
            decoded = self.draw(rng.choice(table.memory if memory else table.plain))
            if not self.writable(decoded):
                continue
            if decoded.instruction.name.startswith("cps"):
                continue
            if not memory:
                return decoded, set()
            base, index = decoded.access.base, decoded.access.index
            if base < 0 or {base, index} & written:
                continue
            plan = self.plan(decoded, base, index)
            if plan is None or set(plan) & self.locked:
                continue
            state, self.itstate = self.itstate, 0
            try:
                for register, value in plan.items():
                    self.provide(register, value, frozenset({base, index}))
            finally:
                self.itstate = state
            return decoded, {r for r in (base, index) if r >= 0}
        raise CannotDraw

    # branches ---------------------------------------------------------------------------------

    def forward(self) -> None:
        """Append a direct branch over some instructions, alone or at the end of an IT block."""
        rng = self.rng
        name = rng.choice(("b_t1", "b_t2", "b_t3", "b_t4", "cbz_t1", "cbnz_t1", "bl_t1"))
        unit = self.new_unit()
        if name in ("b_t2", "b_t4", "bl_t1") and rng.random() < 0.5:
            cond = rng.randrange(14)
            self.emit(0xBF08 | cond << 4, 2, unit)
            self.itstate = cond << 4 | 8
        if name == "bl_t1":
            if LR in self.locked:
                raise CannotDraw
            self.wrote({LR})
        size = 4 if name in ("b_t3", "b_t4", "bl_t1") else 2
        cond, register = rng.randrange(14), rng.randrange(8)
        number = self.emit(0, size, unit)
        self.itstate = 0
        at = self.at - size
        self.region(4)
        if self.at - at < 4:
            self.emit(0xBF00, 2, unit)
        self.patch(number, _direct(name, at, self.at, cond, register))

    def subroutine(self) -> None:
        """Append a call of code that ends with BX LR and is jumped over afterwards."""
        if LR in self.locked:
            raise CannotDraw
        unit = self.new_unit()
        self.wrote({LR})
        register = -1
        if self.rng.random() < 0.5:
            register = self.free_register()
            self.wrote({register})
            handle = self.set_constant(register, 0, unit)
            self.emit(0x4780 | register << 3, 2, unit)
            self.patch_constant(handle, register, self.at + 2 | 1)
        else:
            self.emit(0xF000_F801, 4, unit)  # bl over the next
        over = self.emit(0, 2, unit)
        at = self.at - 2
        self.locked.add(LR)
        for _ in range(self.rng.randrange(4)):
            self.simple()
        self.locked.discard(LR)
        self.emit(0x4770, 2, unit)
        self.patch(over, _direct("b_t2", at, self.at, 0, 0))

    def table_branch(self) -> None:
        """Append TBB or TBH with a table of four places among the next instructions."""
        rng = self.rng
        half = rng.random() < 0.5
        index = self.free_register()
        unit = self.new_unit()
        self.wrote({index})
        self.emit(0xF000_0003 | rng.randrange(13) << 16 | index << 8, 4, unit)  # and index, ?, #3
        base = PC
        handle = None
        if rng.random() < 0.3:
            base = self.free_register(index)
            self.wrote({base})
            handle = self.set_constant(base, 0, unit)
        self.emit(0xE8D0_F000 | base << 16 | half << 4 | index, 4, unit)
        origin = self.at
        if handle:
            self.patch_constant(handle, base, origin)
        table = self.emit(0, 8 if half else 4, unit, data=True)
        before = self.known.copy()
        places = [self.at]
        for _ in range(3):
            self.simple()
            self.known.meet(before)
            places.append(self.at)
        rng.shuffle(places)
        entries = [(place - origin) // 2 for place in places]
        size = 2 if half else 1
        self.patch(
            table, int.from_bytes(b"".join(e.to_bytes(size, "little") for e in entries), "little")
        )

    def computed(self) -> None:
        """Append BX, BLX, MOV PC or ADD PC to a place behind some instructions."""
        rng = self.rng
        kind = rng.choice(("bx", "blx", "mov", "add"))
        unit = self.new_unit()
        register = self.free_register()
        self.wrote({register})
        handle = self.set_constant(register, 0, unit)
        if kind == "blx":
            if LR in self.locked:
                raise CannotDraw
            self.wrote({LR})
        if rng.random() < 0.3:
            cond = rng.randrange(14)
            self.emit(0xBF08 | cond << 4, 2, unit)
            self.itstate = cond << 4 | 8
        word = {"bx": 0x4700, "blx": 0x4780, "mov": 0x4687, "add": 0x4487}[kind]
        self.emit(word | register << 3, 2, unit)
        self.itstate = 0
        at = self.at - 2
        self.region(3)
        target = self.at - at - 4 if kind == "add" else self.at
        self.patch_constant(handle, register, target & 0xFFFF_FFFF if kind == "add" else target | 1)

    def pc_load(self) -> None:
        """Append a load of PC from scratch memory."""
        rng = self.rng
        instruction = rng.choice(self.table.pc_loads)
        fixed = {"rt": 15, "p": 1} if "registers" not in instruction.operands else {"p": 1}
        for _ in range(40):
            decoded = self.draw(instruction, **fixed)
            writes, base = decoded.access.writes, decoded.access.base
            if PC not in writes or writes & self.locked or base < 0:
                continue
            index = decoded.access.index
            plan = self.plan(decoded, base, index)
            if plan is None or set(plan) & self.locked:
                continue
            for register, value in plan.items():
                self.provide(register, value, frozenset({base, index}))
            decoded = self.again(decoded)
            place = touches(decoded, self.known.values)[-1][0]  # type: ignore[index]
            uses = frozenset(r for r in (base, index) if r >= 0)
            value, pointer = self.free_register(*uses), 0
            pointer = self.free_register(*uses, value)
            self.wrote({value, pointer})
            needed = frozenset().union(*(self.known.units[r] for r in uses))
            unit = self.new_unit(needed)
            handle = self.set_constant(value, 0, unit)
            self.set_constant(pointer, place, unit)
            self.emit(0xF8C0_0000 | pointer << 16 | value << 12, 4, unit)
            self.emit(decoded.word, decoded.size, unit)
            self.wrote(writes)
            self.region(3)
            self.patch_constant(handle, value, self.at | 1)
            return
        raise CannotDraw

    # exclusives and system ------------------------------------------------------------------------

    def exclusive(self) -> None:
        """Append a load exclusive, other instructions and stores exclusive to the same place."""
        rng = self.rng
        load = rng.choice(self.table.exclusive_loads)
        fixed = {"imm8": rng.choice((0, 0, 1, 3, 7))}
        for _ in range(20):
            decoded = self.draw(load, **fixed)
            base = decoded.access.base
            if not self.writable(decoded) or base in decoded.access.writes:
                continue
            plan = self.plan(decoded, base, -1)
            if plan is None or set(plan) & self.locked:
                continue
            for register, value in plan.items():
                self.provide(register, value, frozenset({base}))
            if rng.random() < 0.8:
                self.put(self.again(decoded), frozenset({base}))
            self.locked.add(base)
            for _ in range(rng.randrange(3)):
                instruction = rng.choice(self.table.plain)
                plain = self.draw(instruction)
                if self.writable(plain):
                    self.wrote(plain.access.writes)
                    self.emit(plain.word, plain.size, self.new_unit())
            if rng.random() < 0.2:
                self.clear()
            store = self.table.by_name[load.name.replace("ldr", "str")]
            for _ in range(rng.choice((1, 1, 2))):
                again = self.draw(store, rn=base, **fixed)
                if self.writable(again):
                    self.put(self.again(again), frozenset({base}))
            self.locked.discard(base)
            self.clear()
            return
        raise CannotDraw

    def clear(self) -> None:
        self.emit(0xF3BF_8F2F, 4, self.new_unit())

    def special(self) -> None:
        """Append a system instruction."""
        rng = self.rng
        if rng.random() < 0.1:
            event, wait = (0xBF40, 0xBF20) if rng.random() < 0.5 else (0xF3AF_8004, 0xF3AF_8002)
            unit = self.new_unit()
            for word in (event, wait):
                self.emit(word, 4 if word > 0xFFFF else 2, unit)
            return
        fixed = {"sysm": rng.choice((0, 1, 2, 3, 5, 6, 7, 8, 9, 16, 17, 18, 19, 20)), "field": 2}
        if fixed["sysm"] < 4:
            fixed["field"] = rng.choice((1, 2, 3))
        decoded = self.draw(rng.choice(self.table.system), **fixed)
        sysm = decoded.values.get("sysm", -1)
        if not self.writable(decoded):
            raise CannotDraw
        unit = self.new_unit()
        if decoded.instruction.name == "msr_t1":
            register = decoded.values["rn"]
            if sysm in (8, 9) and SP in self.locked:
                raise CannotDraw
            if sysm in (8, 9):
                self.wrote({SP})
            if sysm in (BASEPRI, BASEPRI_MAX, CONTROL):
                if register in self.locked:
                    raise CannotDraw
                self.wrote({register})
                if sysm == CONTROL:
                    if SP in self.locked or rng.random() < 0.5:
                        raise CannotDraw
                    self.wrote({SP})
                    # No flags in FPSCR: a new FP context keeps them, but not in QEMU.
                    source = rng.randrange(13)
                    self.emit(0xF000_60F8 | source << 16 | register << 8, 4, unit)
                    self.emit(0xEEE1_0A10 | register << 12, 4, unit)
                    self.set_constant(register, rng.choice((0, 2, 4, 6)), unit)
                else:
                    source = rng.randrange(13)
                    self.emit(0xF000_00F0 | source << 16 | register << 8, 4, unit)
            decoded = self.again(decoded)
        self.wrote(decoded.access.writes)
        self.emit(decoded.word, decoded.size, unit)
        if sysm == CONTROL and decoded.instruction.name == "msr_t1":
            self.emit(0xF3BF_8F6F, 4, unit)
            self.use_fp(unit)

    def use_fp(self, unit: int) -> None:
        """Append an FP instruction that always runs: QEMU overlooks one in an IT block here."""
        for _ in range(20):
            decoded = self.draw(self.rng.choice(self.table.fp))
            if self.writable(decoded):
                self.wrote(decoded.access.writes)
                self.emit(decoded.word, decoded.size, unit)
                return
        raise CannotDraw


def touches(decoded: Decoded, known: dict[int, int]) -> list[tuple[int, int]] | None:
    """Return what a load or store touches, None when it would fault."""
    cpu = ProbeCpu(known)
    try:
        decoded.instruction.meaning(cpu, *decoded.arguments)
    except Trap:
        return None
    return cpu.memory.touched


def after(decoded: Decoded, known: dict[int, int]) -> list[int]:
    """Return the registers after a load or store."""
    cpu = ProbeCpu(known)
    decoded.instruction.meaning(cpu, *decoded.arguments)
    return cpu.state[:15]


def inside(touched: list[tuple[int, int]], low: int, high: int) -> bool:
    """Tell whether accesses lie in a range of addresses."""
    return all(low <= address and address + size <= high for address, size in touched)


def _direct(name: str, at: int, target: int, cond: int, register: int) -> int:
    """Return a direct forward branch."""
    offset = target - at - 4
    if name in ("cbz_t1", "cbnz_t1"):
        top = 0xB100 if name == "cbz_t1" else 0xB900
        return top | (offset >> 6 & 1) << 9 | (offset >> 1 & 31) << 3 | register
    if name == "b_t1":
        return 0xD000 | cond << 8 | offset >> 1 & 0xFF
    if name == "b_t2":
        return 0xE000 | offset >> 1 & 0x7FF
    if name == "b_t3":
        return 0xF000_8000 | cond << 22 | (offset >> 12 & 0x3F) << 16 | offset >> 1 & 0x7FF
    return branch(at, target) | (0x4000 if name == "bl_t1" else 0)


Maker = Callable[[str, int], Sequence]


def sequence(table: Table, seed: str, address: int) -> Sequence:
    """Return the sequence of a seed."""
    length = random.Random(seed + "length").choice((8, 16, 24, 32, 48, 60))
    return Generator(table, seed, address, length).build()
