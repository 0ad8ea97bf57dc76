"""Compare the plain Python meanings with unicorn after every instruction of a sequence."""

from collections.abc import Iterator
from collections.abc import Sequence as Many
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import unicorn
from unicorn import arm_const as arm

from armsim.dsl import Timing
from armsim.dsl.state import (
    CONTROL,
    EPSR_T,
    NEXT_PC,
    S0,
    Trap,
    apsr,
    condition_passed,
    set_apsr,
    slot,
)
from armsim.dsl.state import FPSCR as FPSCR_SLOT
from armsim.engine.decoder import Decoded, Decoder, UndefinedInstruction
from armsim.machine.core import FPCA, Core
from armsim.machine.memory import Memory
from tests.differential import cases, image, known
from tests.differential.generator import CORES
from tests.differential.report import listing

MODELS = {"m4": arm.UC_CPU_ARM_CORTEX_M4, "m7": arm.UC_CPU_ARM_CORTEX_M7}
CODE_SIZE, DATA_SIZE = 0x10_0000, 0x1000
ADVANCE = 400  # more instructions than any sequence executes
_NAMES = (
    *(f"r{n}" for n in range(13)), "sp", "lr", "apsr", "fpscr", *(f"s{n}" for n in range(32))
)  # fmt: skip
_REGISTERS = (
    *(getattr(arm, f"UC_ARM_REG_R{n}") for n in range(13)),
    arm.UC_ARM_REG_SP, arm.UC_ARM_REG_LR, arm.UC_ARM_REG_CPSR, arm.UC_ARM_REG_FPSCR,
    *(getattr(arm, f"UC_ARM_REG_S{n}") for n in range(32)),
)  # fmt: skip
_CORE_WORDS = (*cases.CORE, cases.SP, cases.LR)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Registers in the order of `_NAMES`, and scratch memory, before the instruction at `pc`."""

    pc: int
    registers: tuple[int, ...]
    scratch: bytes


@dataclass(frozen=True, slots=True)
class Difference:
    """The first instruction of a run after which the two differ, and how."""

    sequence: cases.Sequence
    state: Many[int]
    at: int
    name: str
    found: dict[str, tuple[int, int]]  # what: here, in unicorn

    def text(self, core: str) -> str:
        """Describe it."""
        wrong = "; ".join(
            f"{name} is {a:#x}, unicorn {b:#x}" for name, (a, b) in self.found.items()
        )
        before = " ".join(
            f"{cases.input_name(k)}={word:#x}" for k, word in enumerate(self.state[:49]) if word
        )
        return (
            f"seed {self.sequence.seed}: {core} differs after {self.at:#x} ({self.name}): {wrong}\n"
            f"{listing(core, self.sequence)}\nfrom {before}"
        )


class Stepper:
    """A core here and one in unicorn, with the same code and the same scratch memory.

    A `forgiving` one goes on after an error of unicorn that `known` explains.
    """

    def __init__(self, core: str, *, forgiving: bool = True) -> None:
        self.name, self.forgiving = core, forgiving
        self.decoder = Decoder(CORES[core])
        self._make_unicorn()
        memory = Memory()
        self.code = memory.add_plain("code", 0, CODE_SIZE, writable=True)
        self.data = memory.add_plain("data", cases.SCRATCH, DATA_SIZE, writable=True)
        self.core = Core(memory, CORES[core], 32)
        self.core.cpacr = 0xF0_0000
        self._decoded: dict[int, Decoded] = {}

    def _make_unicorn(self) -> None:
        # In MCLASS mode unicorn insists on a Cortex-M33; without it the chosen model stands.
        uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB)
        uc.ctl_set_cpu_model(MODELS[self.name])
        uc.mem_map(0, CODE_SIZE)
        uc.mem_map(cases.SCRATCH, DATA_SIZE)
        uc.reg_write(arm.UC_ARM_REG_C1_C0_2, 0xF << 20)
        uc.reg_write(arm.UC_ARM_REG_FPEXC, 1 << 30)
        uc.mem_write(0x100, b"\xb0\xee\x40\x0a")  # vmov.f32 s0, s0: the first one resets FPSCR
        uc.emu_start(0x101, 0x104, count=1)
        uc.hook_add(unicorn.UC_HOOK_CODE, self._record)
        self.uc = uc
        self._trace: list[Snapshot] = []
        self.failed = ""

    def _record(self, uc: Any, address: int, size: int, user: Any) -> None:
        self._trace.append(self._snapshot(address))

    def _snapshot(self, address: int) -> Snapshot:
        values = [value & 0xFFFF_FFFF for value in self.uc.reg_read_batch(_REGISTERS)]
        values[15] &= cases.APSR_BITS
        if values[13] & 3 and self.forgiving:  # unicorn keeps these bits; go on as the manual says
            values[13] &= ~3
            self.uc.reg_write(arm.UC_ARM_REG_SP, values[13])
        scratch = bytes(self.uc.mem_read(cases.SCRATCH, 4 * cases.SCRATCH_WORDS))
        return Snapshot(address, tuple(values), scratch)

    def place(self, sequences: Many[cases.Sequence]) -> None:
        """Put sequences into memory; they stay until the next call."""
        self._make_unicorn()
        self._decoded.clear()
        for sequence in sequences:
            code = image.slot_code(sequence, 0x1000)
            self.uc.mem_write(sequence.address, code)
            self.core.memory.place(sequence.address, code)
            for item in sequence.items:
                if item.data:
                    continue
                self._decoded[item.address] = self._decode(item)
                if item.word in known.STOPS_UNICORN and self.forgiving:
                    for machine in (self.uc.mem_write, self.core.memory.place):
                        machine(item.address, item.as_nop().code)  # literals see it in both

    def _decode(self, item: cases.Item) -> Decoded:
        halves = (item.word >> 16, item.word & 0xFFFF) if item.size == 4 else (item.word, 0)
        return self.decoder.decode(*halves, item.address, item.itstate)

    def run(self, sequence: cases.Sequence, state: Many[int]) -> tuple[int, Difference | None]:
        """Run a placed sequence; return the instructions executed, and the first difference."""
        first = sequence.items[0].address
        trace = self._run_unicorn(first, sequence.end, state)
        self._prepare(first, state)
        for done, (before, after) in enumerate(pairwise(trace)):
            decoded = self._decoded.get(before.pc)
            if decoded is None:
                return done, Difference(sequence, state, before.pc, "outside", {})
            try:
                self._step(decoded)
                self._skip()
            except (Trap, UndefinedInstruction) as trap:
                name = f"{decoded.instruction.name}: {type(trap).__name__}: {trap}"
                return done, Difference(sequence, state, before.pc, name, {})
            found = self._compare(after)
            if found and not (self.forgiving and known.explains(decoded, before, found)):
                name = decoded.instruction.name
                return done + 1, Difference(sequence, state, before.pc, name, found)
            if found:
                self._adopt(after)
        if self.failed:
            at = trace[-1].pc
            name = f"{self._decoded[at].instruction.name}: {self.failed}"
            return len(trace) - 1, Difference(sequence, state, at, name, {})
        return len(trace) - 1, None

    def _run_unicorn(self, first: int, end: int, state: Many[int]) -> list[Snapshot]:
        uc = self.uc
        for register in (arm.UC_ARM_REG_PRIMASK, arm.UC_ARM_REG_BASEPRI, arm.UC_ARM_REG_FAULTMASK):
            uc.reg_write(register, 0)
        uc.reg_write(arm.UC_ARM_REG_CONTROL, FPCA)
        uc.reg_write(arm.UC_ARM_REG_PSP, 0)
        scratch = b"".join(state[k].to_bytes(4, "little") for k in cases.INPUT_SCRATCH)
        uc.mem_write(cases.SCRATCH, scratch)
        values = [state[k] for k in _CORE_WORDS]
        uc.reg_write_batch(list(zip(_REGISTERS[:15], values, strict=True)))
        uc.reg_write_batch(list(zip(_REGISTERS[17:], state[:32], strict=True)))
        uc.reg_write(arm.UC_ARM_REG_FPSCR, state[cases.FPSCR])
        uc.reg_write(arm.UC_ARM_REG_APSR_NZCVQG, state[cases.APSR])
        self._trace = []
        uc.mem_write(0x200, b"\xbf\xf3\x2f\x8f")  # clrex
        uc.emu_start(0x201, 0x204, count=1)
        self._trace, self.failed = [], ""
        pc = first
        while pc != end and len(self._trace) < ADVANCE:
            try:
                uc.emu_start(pc | 1, end)  # comes back early from WFE
            except unicorn.UcError as error:
                self.failed = str(error)
                return self._trace
            pc = uc.reg_read(arm.UC_ARM_REG_PC) & ~1
        return [*self._trace, self._snapshot(end)]

    def _prepare(self, first: int, state: Many[int]) -> None:
        core = self.core
        words = core.state
        words[:] = 0
        words[:15] = [state[k] for k in _CORE_WORDS]
        words[S0 : S0 + 32] = state[:32]
        words[FPSCR_SLOT] = state[cases.FPSCR]
        words[CONTROL] = FPCA
        words[EPSR_T] = 1
        words[NEXT_PC] = first
        core.event = core.sleeping = False
        set_apsr(core, state[cases.APSR])
        core.update_fp()
        core.memory.place(
            cases.SCRATCH, b"".join(state[k].to_bytes(4, "little") for k in cases.INPUT_SCRATCH)
        )

    def _step(self, decoded: Decoded) -> None:
        core = self.core
        core.set_read_pc(decoded.address)
        core.state[NEXT_PC] = decoded.address + decoded.size
        if decoded.instruction.needs.startswith("fp"):
            core.prepare_fp()
        if decoded.timing is not Timing.IT:
            decoded.instruction.meaning(core, *decoded.arguments)

    def _skip(self) -> None:
        """Go past instructions of an IT block whose condition fails: unicorn does not show them."""
        core = self.core
        while True:
            following = self._decoded.get(slot(core, NEXT_PC))
            if following is None or condition_passed(core, following.condition):
                return
            core.state[NEXT_PC] = following.address + following.size

    def _values(self) -> Iterator[int]:
        words = self.core.state
        yield from words[:15].tolist()
        yield apsr(self.core)
        yield slot(self.core, FPSCR_SLOT)
        yield from words[S0 : S0 + 32].tolist()

    def _compare(self, after: Snapshot) -> dict[str, tuple[int, int]]:
        found = {
            name: (a, b)
            for name, a, b in zip(_NAMES, self._values(), after.registers, strict=True)
            if a != b
        }
        if slot(self.core, NEXT_PC) != after.pc:
            found["pc"] = slot(self.core, NEXT_PC), after.pc
        scratch = self.data[: 4 * cases.SCRATCH_WORDS].tobytes()
        if scratch != after.scratch:
            for k in range(0, len(scratch), 4):
                a, b = (int.from_bytes(x[k : k + 4], "little") for x in (scratch, after.scratch))
                if a != b:
                    found[f"[{cases.SCRATCH + k:#x}]"] = a, b
        return found

    def _adopt(self, after: Snapshot) -> None:
        """Go on from unicorn's state, where its difference is explained."""
        words = self.core.state
        words[:15] = after.registers[:15]
        words[S0 : S0 + 32] = after.registers[17:]
        words[FPSCR_SLOT] = after.registers[16]
        set_apsr(self.core, after.registers[15])
