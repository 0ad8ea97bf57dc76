"""Exceptions: what is pending and active, priorities, entry, return, faults (manual B1.5)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from armsim.dsl.state import (
    BASEPRI,
    CCR,
    CONTROL,
    EPSR_T,
    EXCLUSIVE,
    FAULTMASK,
    INVPC,
    IPSR,
    ITSTATE,
    LR,
    NEXT_PC,
    PC,
    PRIMASK,
    SP,
    Trap,
    UsageFault,
    set_slot,
    slot,
)
from armsim.machine.memory import MemoryFault

if TYPE_CHECKING:
    from armsim.machine.core import Core

RESET, NMI, HARD_FAULT, MEM_MANAGE, BUS_FAULT, USAGE_FAULT = 1, 2, 3, 4, 5, 6
SVCALL, DEBUG_MONITOR, PENDSV, SYSTICK = 11, 12, 14, 15
NAMES = {
    NMI: "NMI", HARD_FAULT: "HardFault", MEM_MANAGE: "MemManage", BUS_FAULT: "BusFault",
    USAGE_FAULT: "UsageFault", SVCALL: "SVCall", DEBUG_MONITOR: "DebugMonitor",
    PENDSV: "PendSV", SYSTICK: "SysTick",
}  # fmt: skip
USAGE_CAUSES = {
    0: "undefined instruction", 1: "invalid state: a branch to an address with bit 0 clear",
    2: "invalid exception return", 3: "the FPU is switched off (CPACR)", 8: "unaligned access",
    9: "division by zero",
}  # fmt: skip
CCR_STKALIGN = 1 << 9
ENTRY_CYCLES, TAIL_CHAIN_CYCLES, RETURN_CYCLES = 12, 6, 10  # manual: DDI0439 3.9; return: guess
FPCA, SPSEL = 4, 2
FPCCR_LSPACT, FPCCR_LSPEN = 1, 1 << 30
FP_FRAME, BASIC_FRAME = 0x68, 0x20


class GuestDied(Exception):
    """The core cannot go on: lockup."""


@dataclass(frozen=True, slots=True)
class FaultRecord:
    """What a fault was: for the message if nobody handles it."""

    exception: int
    cause: str
    pc: int


class Exceptions:
    """State of all exceptions of a core. Numbers are those of the manual: 16 is interrupt 0."""

    def __init__(self, core: "Core", interrupts: int, priority_bits: int = 4) -> None:
        self.core = core
        self.count = 16 + interrupts
        self.priority_mask = 0xFF & ~((1 << (8 - priority_bits)) - 1)
        self.reset()

    def reset(self) -> None:
        """Return to the state after reset."""
        self.enabled = {NMI, HARD_FAULT, SVCALL, PENDSV, SYSTICK}
        self.pending: set[int] = set()
        self.active: set[int] = set()
        self.priority = [0] * self.count
        self.prigroup = 0
        self.cfsr = self.hfsr = self.dfsr = self.mmfar = self.bfar = 0
        self.faults: list[FaultRecord] = []  # the last few
        self.cycles = 0  # spent on entry and return, not yet booked by the engine

    # priorities ---------------------------------------------------------------------------------

    def _group(self, priority: int) -> int:
        return priority & ~((2 << self.prigroup) - 1) & 0xFF

    def priority_of(self, number: int) -> int:
        """Return the priority of an exception; lower is more urgent."""
        return number - 4 if number <= HARD_FAULT else self.priority[number]

    def group_priority_of(self, number: int) -> int:
        """Return the part of its priority that decides about preemption."""
        return number - 4 if number <= HARD_FAULT else self._group(self.priority[number])

    def execution_priority(self, without: int = 0) -> int:
        """Return the priority of what runs now, masks included (manual B1.5.4)."""
        core = self.core
        level = min(
            (self.group_priority_of(number) for number in self.active if number != without),
            default=256,
        )
        basepri = slot(core, BASEPRI)
        if basepri:
            level = min(level, self._group(basepri))
        if slot(core, PRIMASK):
            level = min(level, 0)
        if slot(core, FAULTMASK):
            level = min(level, -1)
        return level

    def next(self, without: int = 0) -> int | None:
        """Return the pending exception that preempts what runs now, if there is one."""
        ready = self.pending & self.enabled
        if not ready:
            return None
        best = min(ready, key=lambda number: (self.priority_of(number), number))
        return best if self.group_priority_of(best) < self.execution_priority(without) else None

    def wakes(self) -> bool:
        """Tell whether something pending ends WFI: as `next`, but PRIMASK does not count."""
        core = self.core
        mask = slot(core, PRIMASK)
        set_slot(core, PRIMASK, 0)
        try:
            return self.next() is not None
        finally:
            set_slot(core, PRIMASK, mask)

    def pend(self, number: int) -> None:
        """Make an exception pending."""
        if number not in self.pending:
            self.pending.add(number)
            self.core.attention = True

    def unpend(self, number: int) -> None:
        """Make an exception not pending."""
        self.pending.discard(number)

    def enable(self, number: int, on: bool) -> None:
        """Enable or disable an exception."""
        (self.enabled.add if on else self.enabled.discard)(number)
        self.core.attention = True

    # entry and return ---------------------------------------------------------------------------

    def enter(self, number: int) -> None:
        """Take an exception before the instruction at NEXT_PC."""
        frame_lr = self._push()
        if frame_lr is None:  # stacking failed: the derived fault comes first
            return
        self._start(number, frame_lr)
        self.cycles += ENTRY_CYCLES

    def _push(self) -> int | None:
        core = self.core
        control = slot(core, CONTROL)
        extended = bool(control & FPCA)
        size = FP_FRAME if extended else BASIC_FRAME
        sp = slot(core, SP)
        align = 1 if extended else slot(core, CCR) >> 9 & 1
        frame = (sp - size) & 0xFFFF_FFFC
        aligned = align and frame & 4
        if aligned:
            frame -= 4
        words = [slot(core, k) for k in (0, 1, 2, 3, 12, LR)]
        words += [slot(core, NEXT_PC), core.xpsr() | (0x200 if aligned else 0)]
        code = 0xF1 if core.handler_mode else 0xFD if control & SPSEL else 0xF9
        set_slot(core, SP, frame)
        try:
            core.memory.check(frame, size, True)
            for k, word in enumerate(words):
                core.memory.store(frame + 4 * k, 4, word)
            if extended:
                if core.fpccr & FPCCR_LSPEN:
                    core.fpcar = frame + BASIC_FRAME
                    core.fpccr |= FPCCR_LSPACT
                else:
                    core.save_fp(frame + BASIC_FRAME)
        except MemoryFault as fault:
            self.cfsr |= 1 << 12 if not fault.protection else 1 << 4
            self._derived(fault, "while an exception frame was stored", code, extended)
            return None
        return 0xFFFF_FF00 | code & ~(0x10 if extended else 0)

    def _derived(self, fault: MemoryFault, when: str, code: int, extended: bool) -> None:
        number = MEM_MANAGE if fault.protection else BUS_FAULT
        cause = f"{fault}, {when}"
        self._record(number, cause, slot(self.core, NEXT_PC))
        target = self._escalate(number, cause)
        self._start(target, 0xFFFF_FF00 | code & ~(0x10 if extended else 0))

    def _start(self, number: int, exc_return: int) -> None:
        core = self.core
        set_slot(core, LR, exc_return)
        control = slot(core, CONTROL) & ~(FPCA | SPSEL)
        self.pending.discard(number)
        self.active.add(number)
        core.select_stack(control, number)
        set_slot(core, ITSTATE, 0)
        set_slot(core, EXCLUSIVE, 0)
        core.event = True
        core.update_fp()
        try:
            vector = core.memory.load(core.vtor + 4 * number, 4)
        except MemoryFault as fault:
            self.hfsr |= 2
            self._lockup(f"no vector for {self.name(number)}: {fault}")
        set_slot(core, EPSR_T, vector & 1)
        set_slot(core, NEXT_PC, vector & 0xFFFF_FFFE)
        core.attention = True

    def leave(self, exc_return: int) -> None:
        """Return from an exception; `exc_return` is the value branched to, bit 0 lost."""
        core = self.core
        exc_return |= 0xFFFF_FF01
        number = slot(core, IPSR)
        kind = exc_return & 0xF
        nested = len(self.active) > 1
        if number not in self.active or kind not in (1, 9, 13):
            return self._bad_return(number, f"EXC_RETURN is {exc_return:#010x}")
        if (kind == 1) != nested and not slot(core, CCR) & 1:
            where = "Thread mode" if kind != 1 else "Handler mode"
            return self._bad_return(number, f"return to {where} with {len(self.active)} active")
        self.active.discard(number)
        if number != NMI:
            set_slot(core, FAULTMASK, 0)
        chained = self.next()
        if chained is not None:
            self.cycles += TAIL_CHAIN_CYCLES
            self._start(chained, exc_return)
            return None
        extended = not exc_return & 0x10
        size = FP_FRAME if extended else BASIC_FRAME
        process = kind == 13
        frame = core.stack_pointer(process)
        try:
            core.memory.check(frame, size, False)
            words = [core.memory.load(frame + 4 * k, 4) for k in range(8)]
        except (MemoryFault, UsageFault) as fault:
            self.cfsr |= 1 << 11
            self._record(BUS_FAULT, f"{fault}, while an exception frame was read", slot(core, PC))
            target = self._escalate(BUS_FAULT, str(fault))
            self._start(target, exc_return)
            return None
        xpsr = words[7]
        if (xpsr & 0x1FF != 0) != (kind == 1):
            self.active.add(number)
            return self._bad_return(number, f"the stacked IPSR is {xpsr & 0x1FF}")
        control = slot(core, CONTROL) & ~(FPCA | SPSEL)
        if extended:
            if core.fpccr & FPCCR_LSPACT:
                core.fpccr &= ~FPCCR_LSPACT
            else:
                core.load_fp(frame + BASIC_FRAME)
            control |= FPCA
        core.set_stack_pointer(process, frame + size + (4 if xpsr & 0x200 else 0))
        core.select_stack(control | (SPSEL if process else 0), xpsr & 0x1FF)
        for register, word in zip((0, 1, 2, 3, 12, LR), words, strict=False):
            set_slot(core, register, word)
        core.set_xpsr(xpsr)
        set_slot(core, NEXT_PC, words[6] & 0xFFFF_FFFE)
        set_slot(core, EXCLUSIVE, 0)
        core.event = True
        core.attention = True
        core.update_fp()
        self.cycles += RETURN_CYCLES
        if core.sleep_on_exit and kind != 1:
            core.sleeping = True
            core.waits_for_event = False
        return None

    def _bad_return(self, number: int, why: str) -> None:
        self.active.discard(number)
        set_slot(self.core, NEXT_PC, slot(self.core, LR) & 0xFFFF_FFFE)
        self.fault(UsageFault(INVPC, f"invalid exception return: {why}"), slot(self.core, NEXT_PC))

    # faults -------------------------------------------------------------------------------------

    def fault(self, trap: Trap, pc: int, *, fetch: bool = False) -> None:
        """Take the fault that the instruction at `pc` ran into; NEXT_PC becomes its address."""
        core = self.core
        set_slot(core, NEXT_PC, pc)
        cause = str(trap)
        if isinstance(trap, UsageFault):
            number = USAGE_FAULT
            self.cfsr |= 1 << 16 + trap.bit
            cause = cause or USAGE_CAUSES[trap.bit]
        elif isinstance(trap, MemoryFault) and trap.protection:
            number = MEM_MANAGE
            self.cfsr |= 1 if fetch else 0x82
            if not fetch:
                self.mmfar = trap.address
        else:
            number = BUS_FAULT
            self.cfsr |= 1 << 8 if fetch else 1 << 9
            if not fetch and isinstance(trap, MemoryFault):
                self.cfsr |= 1 << 15
                self.bfar = trap.address
        self._record(number, cause, pc)
        self.enter(self._escalate(number, cause))

    def call_supervisor(self) -> None:
        """Take SVC: pending, or HardFault if its priority does not allow it."""
        if self.group_priority_of(SVCALL) < self.execution_priority():
            self.pend(SVCALL)
            return
        self._record(HARD_FAULT, "SVC where SVCall cannot preempt", slot(self.core, PC) - 4)
        self._hard_fault("SVC where SVCall cannot preempt", 1 << 30)
        self.pend(HARD_FAULT)

    def hit_breakpoint(self, number: int) -> None:
        """Take BKPT with no debugger: DebugMonitor if enabled, else HardFault."""
        self.dfsr |= 2
        pc = slot(self.core, PC) - 4
        set_slot(self.core, NEXT_PC, pc)
        if DEBUG_MONITOR in self.enabled and (
            self.group_priority_of(DEBUG_MONITOR) < self.execution_priority()
        ):
            self.pend(DEBUG_MONITOR)
            return
        cause = f"breakpoint #{number:#x} and no debugger"
        self._record(HARD_FAULT, cause, pc)
        self._hard_fault(cause, 1 << 31)
        self.pend(HARD_FAULT)

    def watchpoint(self) -> None:
        """Take a match of a watchpoint comparator: DebugMonitor if enabled, else nothing."""
        if DEBUG_MONITOR in self.enabled and (
            self.group_priority_of(DEBUG_MONITOR) < self.execution_priority()
        ):
            self.dfsr |= 4
            self.pend(DEBUG_MONITOR)

    def _record(self, number: int, cause: str, pc: int) -> None:
        self.faults = [*self.faults[-3:], FaultRecord(number, cause, pc)]

    def _escalate(self, number: int, cause: str) -> int:
        possible = number in self.enabled
        if possible and self.group_priority_of(number) < self.execution_priority():
            return number
        self._hard_fault(cause, 1 << 30)
        return HARD_FAULT

    def _hard_fault(self, cause: str, reason: int) -> None:
        self.hfsr |= reason
        if self.execution_priority() <= -1:
            self._lockup(f"{cause}, while a fault of the highest priority was being handled")

    def _lockup(self, why: str) -> None:
        raise GuestDied(f"lockup: {why}")

    def story(self) -> str:
        """Return the last faults in words, first one first."""
        return "; then ".join(
            f"{self.name(fault.exception)} at {fault.pc:#010x}: {fault.cause}"
            for fault in self.faults
        )

    def name(self, number: int) -> str:
        """Return the manual's name of an exception."""
        return NAMES.get(number) or f"interrupt {number - 16}"
