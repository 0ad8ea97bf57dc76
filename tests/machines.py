"""Small machines without a board: one core, a little flash and RAM, and two ways to run it.

`Plain` steps with the plain Python meanings and nothing of the engine but the decoder: what the
compiled engine is compared with.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from assembler import assemble

import armsim.isa  # noqa: F401  defines the instructions
from armsim.devices.nvic import Nvic
from armsim.devices.scb import Scb
from armsim.dsl import FEATURES, Timing
from armsim.dsl.cost import BlockCost, Charge, CoreModel, Cost, Cycles, State, Step
from armsim.dsl.state import (
    CONTROL,
    EPSR_T,
    FP_ACTIVE,
    GE,
    INVSTATE,
    ITSTATE,
    NEXT_PC,
    OTHER_SP,
    PC,
    S0,
    STATE_WORDS,
    Q,
    Trap,
    UsageFault,
    apsr,
    condition_passed,
    slot,
)
from armsim.engine.decoder import AL, Decoder, advance_it, is_wide
from armsim.engine.interpreter import Interpreter, LimitReached
from armsim.machine.bus import MemoryFault
from armsim.machine.core import FPCA, Core
from armsim.machine.memory import Memory
from armsim.timing.charges import CHARGES
from armsim.timing.cortex_m4 import CortexM4
from armsim.timing.cortex_m7 import CortexM7
from armsim.timing.divide import divide_early_out

FLASH, FLASH_SIZE = 0x0800_0000, 64 << 10
RAM, RAM_SIZE = 0x2000_0000, 64 << 10
CODE = FLASH + 0x400  # behind the vector table
ALL = frozenset(FEATURES) - {""}
_HIDDEN = (PC, FP_ACTIVE)  # meaningful only while an instruction runs, and derived


class Chained:
    """A model for tests of engines, in which every feature of the interface shows.

    An instruction takes two cycles behind one of another width, also across blocks; a failed
    condition gives one back; a division and unaligned accesses cost more at run time.
    """

    name = "chained"
    version = "test-1"
    setting = None
    charge_functions = CHARGES
    unaligned_load = Cost(1, "test")
    unaligned_store = Cost(2, "test")

    def block(self, run: Sequence[Step], entry: State) -> BlockCost:
        """Return what a run costs behind an instruction of `entry` bytes."""
        steps: list[Cycles] = []
        before: dict[int, tuple[Charge, ...]] = {}
        width = entry
        for number, step in enumerate(run):
            other = width is not None and width != step.size
            steps.append({"issue": 1, "multicycle": 1 + other})
            width = step.size
            if step.timing is Timing.DIVIDE:
                arguments = tuple(step.values[name] for name in ("rn", "rm", "is_signed"))
                before[number] = (Charge(divide_early_out, arguments, 10),)
        return BlockCost(
            steps=tuple(steps),
            taken={"branch": 3},
            fall=width,
            branch=-1,
            before=before,
            skipped=dict.fromkeys(range(len(run)), ("multicycle", 1)),
            unaligned=2 * len(run),
        )


MODELS: dict[str, Callable[[], CoreModel]] = {"m4": CortexM4, "m7": CortexM7, "chained": Chained}


class Machine:
    """A core with flash, RAM, NVIC and SCB; R0 to R12 are 0, SP is at the end of RAM."""

    def __init__(self, features: frozenset[str] = ALL, kind: str = "m7") -> None:
        self.memory = Memory()
        self.flash = self.memory.add_plain("flash", FLASH, FLASH_SIZE, writable=False)
        self.ram = self.memory.add_plain("sram", RAM, RAM_SIZE, writable=True)
        self.core = Core(self.memory, features, 32)
        scb = Scb(self.core, kind, lambda: None)
        self.memory.add_port(0xE000_ED00, scb.size, scb)
        self.memory.add_port(0xE000_E100, 0x3F0, Nvic(self.core.exceptions))

    @property
    def state(self) -> np.ndarray:
        """The words of `armsim.dsl.state`."""
        return self.core.state

    def reset(self, *, fpu: bool = True) -> None:
        """Clear RAM and registers; with `fpu`, FP instructions run at once."""
        self.ram[:] = 0
        self.flash[:] = 0xFF
        vectors = [RAM + RAM_SIZE, CODE | 1] + [FLASH + 0x201] * 62
        self.memory.place(FLASH, b"".join(word.to_bytes(4, "little") for word in vectors))
        self._start(fpu=fpu)

    def rewind(self) -> None:
        """Go back to the state after `reset`, keeping what was placed in flash."""
        self.ram[:] = 0
        self._start(fpu=True)

    def _start(self, *, fpu: bool) -> None:
        self.core.reset(FLASH)
        self.core.exceptions.faults = []
        if fpu and self.core.features:
            self.core.cpacr = 0xF0_0000
            self.state[CONTROL] = FPCA
            self.core.update_fp()
        self.core.on_fpu_change()

    def place(self, program: str | bytes, address: int = CODE) -> int:
        """Put a program, as text or bytes, at an address; return the address behind it."""
        code = assemble(program, address) if isinstance(program, str) else program
        self.memory.place(address, code)
        return address + len(code)

    def seen(self) -> dict[str, int]:
        """Return everything architectural but memory, by name."""
        core, state = self.core, self.state
        names = {f"r{k}": int(state[k]) for k in range(15)}
        names |= {f"s{k}": int(state[S0 + k]) for k in range(32)}
        hidden = {*range(15), *range(S0, S0 + 32), *_HIDDEN, 17, 18, 19, 20}
        names |= {f"slot{k}": int(state[k]) for k in range(STATE_WORDS) if k not in hidden}
        return names | {"apsr": apsr(core)}


class Plain(Machine):
    """Steps with plain Python meanings; counts instructions."""

    def __init__(self, features: frozenset[str] = ALL, kind: str = "m7") -> None:
        super().__init__(features, kind)
        self.decoder = Decoder(features)
        self.instructions = 0
        self.path: list[int] = []  # addresses executed

    def _start(self, *, fpu: bool) -> None:
        super()._start(fpu=fpu)
        self.instructions = 0
        self.path = []

    def run(self, count: int) -> None:
        """Execute `count` instructions, then take exceptions and returns that follow."""
        end = self.instructions + count
        while self.instructions < end:
            self.step()
        self.settle()

    def settle(self) -> None:
        """Take exceptions, returns and bad branches that come before the next instruction."""
        core = self.core
        while True:
            core.attention = False
            address = slot(core, NEXT_PC)
            if core.exceptions.next() is not None:
                core.exceptions.enter()
            elif address >= 0xF000_0000 and core.handler_mode:
                core.exceptions.leave(address)
            elif not slot(core, EPSR_T):
                core.exceptions.fault(UsageFault(INVSTATE, ""), address)
            else:
                return

    def step(self) -> None:
        """Execute one instruction."""
        core = self.core
        self.settle()
        address, itstate = slot(core, NEXT_PC), slot(core, ITSTATE)
        try:
            first = self.memory.fetch(address)
            second = self.memory.fetch(address + 2) if is_wide(first) else 0
        except MemoryFault as fault:
            core.exceptions.fault(fault, address, fetch=True)
            return
        decoded = self.decoder.decode(first, second, address, itstate)
        core.set_read_pc(address)
        core.state[NEXT_PC] = address + decoded.size
        if decoded.timing is Timing.IT:
            after = decoded.values["firstcond"] << 4 | decoded.values["itmask"]
        else:
            after = advance_it(itstate) if itstate else 0
        if itstate == 0 or decoded.condition == AL or condition_passed(core, decoded.condition):
            try:
                if decoded.instruction.needs.startswith("fp"):
                    core.prepare_fp()
                decoded.instruction.meaning(core, *decoded.arguments)
            except Trap as trap:
                core.exceptions.fault(trap, address)
                return
        core.state[ITSTATE] = after
        self.instructions += 1
        self.path.append(address)


class Compiled(Machine):
    """Runs with an engine."""

    def __init__(
        self,
        features: frozenset[str] = ALL,
        kind: str = "m7",
        model: str = "m4",
        engine: str = "auto",
    ) -> None:
        super().__init__(features, kind)
        self.engine = Interpreter(self.core, MODELS[model](), engine=engine)

    def _start(self, *, fpu: bool) -> None:
        super()._start(fpu=fpu)
        self.engine.restart()

    @property
    def instructions(self) -> int:
        """Instructions since reset."""
        return self.engine.instructions

    def run(self, count: int) -> None:
        """Execute `count` instructions."""
        limit = self.engine.run(max_instructions=self.engine.instructions + count)
        assert limit == LimitReached("instructions")

    def check_causes(self) -> None:
        """Fail unless the causes add up to the cycles."""
        assert sum(self.engine.causes().values()) == self.engine.now()


@dataclass
class Stepper:
    """One instruction at a time, in assembly text.

    `name` is the engine's. `step` starts from zero but for what is given: `r0=..`, `s0=..`, the
    flags `n`, `z`, `c`, `v`, `q`, `ge`, `memory={address: bytes}` (RAM), and returns what was
    written: registers, the four flags if it sets any of them, `q` and `ge` when they changed, and
    `memory` (RAM) likewise.
    """

    name: str
    machine: Plain | Compiled

    def step(
        self, text: str, *, memory: dict[int, bytes] | None = None, **given: int
    ) -> dict[str, object]:
        """Execute one instruction and return what it wrote."""
        machine = self.machine
        machine.reset()
        code = assemble(text, CODE)
        machine.place(code)
        machine.place("b #" + hex(CODE + len(code)), CODE + len(code))
        for address, data in (memory or {}).items():
            machine.memory.write_bytes(address, data)
        flags = {key: given.pop(key, 0) for key in ("n", "z", "c", "v", "q", "ge")}
        core, state = machine.core, machine.state
        _put_flags(core, flags)
        for register, value in given.items():
            state[_slot(register)] = value
        before, ram = machine.seen(), bytes(machine.ram)
        first, second = (int.from_bytes(code[k : k + 2], "little") for k in (0, 2))
        decoded = (
            machine.decoder.decode(first, second, CODE)
            if isinstance(machine, Plain)
            else machine.engine.code.decoder.decode(first, second, CODE)
        )
        machine.run(1)
        access = decoded.access
        after = machine.seen()
        changed: dict[str, object] = {
            name: value
            for name, value in after.items()
            if name[0] in "rs"
            and not name.startswith("slot")
            and (value != before[name] or _slot(name) in access.writes)
        }
        if access.sets_flags:
            word = apsr(core)
            changed |= {
                "n": word >> 31,
                "z": word >> 30 & 1,
                "c": word >> 29 & 1,
                "v": word >> 28 & 1,
            }
        for name, number in (("q", Q), ("ge", GE)):
            if slot(core, number) != flags[name]:
                changed[name] = slot(core, number)
        written = (
            {RAM + k: machine.ram[k].item() for k in range(RAM_SIZE) if machine.ram[k] != ram[k]}
            if bytes(machine.ram) != ram
            else {}
        )
        if written:
            changed["memory"] = written
        following = slot(core, NEXT_PC)
        if following != CODE + len(code):
            changed["pc"] = following
        return changed


def _slot(name: str) -> int:
    return {"sp": 13, "lr": 14, "other_sp": OTHER_SP}.get(name) or (
        S0 + int(name[1:]) if name[0] == "s" else int(name[1:])
    )


def _put_flags(core: Core, flags: dict[str, int]) -> None:
    state = core.state
    state[17], state[18] = flags["n"] << 31, 1 - flags["z"]
    state[19], state[20], state[Q], state[GE] = flags["c"], flags["v"], flags["q"], flags["ge"]
