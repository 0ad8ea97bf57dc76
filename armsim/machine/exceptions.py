"""Exceptions: what is pending and active, priorities, entry, return (manual B1.5)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

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
    NOCP,
    PC,
    PRIMASK,
    SP,
    Trap,
    UsageFault,
    set_slot,
    slot,
)
from armsim.machine import faults
from armsim.machine.bus import MemoryFault
from armsim.machine.faults import (
    BUS_FAULT,
    DEBUG_MONITOR,
    HARD_FAULT,
    MEM_MANAGE,
    NMI,
    PENDSV,
    SVCALL,
    SYSTICK,
    USAGE_FAULT,
    Breakpoint,
    FaultRecord,
    GuestDied,
    LazyStackingFault,
)

if TYPE_CHECKING:
    from armsim.machine.core import Core

CCR_NONBASETHRDENA, CCR_BFHFNMIGN, CCR_STKALIGN = 1, 1 << 8, 1 << 9
ENTRY_CYCLES, TAIL_CHAIN_CYCLES, RETURN_CYCLES = 12, 6, 10  # manual: DDI0439 3.9; return: guess
FP_STATE_CYCLES = 17  # manual: AN298, entry takes 29 with it; loading it back: guess
FPCA, SPSEL, NPRIV = 4, 2, 1
FPCCR_LSPACT, FPCCR_USER, FPCCR_THREAD, FPCCR_HFRDY = 1, 2, 8, 16
FPCCR_MMRDY, FPCCR_BFRDY, FPCCR_MONRDY, FPCCR_LSPEN = 1 << 5, 1 << 6, 1 << 8, 1 << 30
_FPCCR_NOTES = FPCCR_USER | FPCCR_THREAD | FPCCR_HFRDY | FPCCR_MMRDY | FPCCR_BFRDY | FPCCR_MONRDY
FP_FRAME, BASIC_FRAME = 0x68, 0x20
NEVER = 256  # lower than every priority: what Thread mode runs at
STORM = 20_000  # times one fault may come back with not a register changed


class Exceptions:
    """State of all exceptions of a core. Numbers are those of the manual: 16 is interrupt 0.

    Attributes:
        enabled, pending, active: sets of numbers.
        faults: those being handled, the oldest first.
        cycles: spent on entry and return, not yet booked by the engine.
        settle: called when a frame is stored: the engine books `cycles` and lets devices act, and
            what they make pending may be more urgent (manual B1.5.11, late arrival).
    """

    def __init__(self, core: "Core", interrupts: int, priority_bits: int = 4) -> None:
        self.core = core
        self.count = 16 + interrupts
        self.priority_mask = 0xFF & ~((1 << (8 - priority_bits)) - 1)
        self.settle: Callable[[], None] = lambda: None
        self.reset()

    def reset(self) -> None:
        """Return to the state after reset."""
        self.enabled = {NMI, HARD_FAULT, SVCALL, PENDSV, SYSTICK}
        self.pending: set[int] = set()
        self.active: set[int] = set()
        self.priority = [0] * self.count
        self.prigroup = 0
        self.cfsr = self.hfsr = self.dfsr = self.mmfar = self.bfar = 0
        self.faults: list[FaultRecord] = []
        self._last: FaultRecord | None = None
        self._repeated = 0
        self.cycles = 0

    # priorities ---------------------------------------------------------------------------------

    def _group(self, priority: int) -> int:
        return priority & ~((2 << self.prigroup) - 1) & 0xFF

    def priority_of(self, number: int) -> int:
        """Return the priority of an exception; lower is more urgent."""
        return number - 4 if number <= HARD_FAULT else self.priority[number]

    def group_priority_of(self, number: int) -> int:
        """Return the part of its priority that decides about preemption."""
        return number - 4 if number <= HARD_FAULT else self._group(self.priority[number])

    def masked_priority(self) -> int:
        """Return the priority that BASEPRI and FAULTMASK stand for."""
        if slot(self.core, FAULTMASK):
            return -1
        basepri = slot(self.core, BASEPRI)
        return self._group(basepri) if basepri else NEVER

    def execution_priority(self, *, primask: bool = True) -> int:
        """Return the priority of what runs now, masks included (manual B1.5.4)."""
        level = min((self.group_priority_of(number) for number in self.active), default=NEVER)
        if primask and slot(self.core, PRIMASK):
            level = min(level, 0)
        return min(level, self.masked_priority())

    def first_pending(self) -> int | None:
        """Return the most urgent exception that is pending and enabled."""
        ready = self.pending & self.enabled
        if not ready:
            return None
        return min(ready, key=lambda number: (self.priority_of(number), number))

    def next(self, *, primask: bool = True) -> int | None:
        """Return the pending exception that preempts what runs now, if there is one."""
        best = self.first_pending()
        if best is None or self.group_priority_of(best) >= self.execution_priority(primask=primask):
            return None
        return best

    def wakes(self) -> bool:
        """Tell whether something pending ends WFI: as `next`, but PRIMASK does not count."""
        return self.next(primask=False) is not None

    def preempts(self, number: int) -> bool:
        """Tell whether an exception would be taken at once if it became pending."""
        return number in self.enabled and self.group_priority_of(number) < self.execution_priority()

    def pend(self, number: int) -> None:
        """Make an exception pending."""
        if number not in self.pending:
            self.pending.add(number)
            self.core.attention = True
            if self.core.event_on_pend:
                self.core.event = True

    def unpend(self, number: int) -> None:
        """Make an exception not pending."""
        self.pending.discard(number)

    def enable(self, number: int, on: bool) -> None:
        """Enable or disable an exception."""
        (self.enabled.add if on else self.enabled.discard)(number)
        self.core.attention = True

    def activate(self, number: int, on: bool) -> None:
        """Make an exception active or not, as a store to SHCSR does."""
        (self.active.add if on else self.active.discard)(number)
        self.core.attention = True

    # entry --------------------------------------------------------------------------------------

    def enter(self) -> None:
        """Store a frame that returns to NEXT_PC and take the most urgent pending exception."""
        exc_return = self._push()
        self.cycles += ENTRY_CYCLES
        self.settle()
        self._take(exc_return)

    def _push(self) -> int:
        """Store a frame and return EXC_RETURN; a refused store makes a fault pending."""
        core = self.core
        control = slot(core, CONTROL)
        extended = bool(control & FPCA)
        size = FP_FRAME if extended else BASIC_FRAME
        sp = slot(core, SP)
        align = sp & 4 if extended or slot(core, CCR) & CCR_STKALIGN else 0
        frame = (sp - size - align) & 0xFFFF_FFFC
        words = [slot(core, k) for k in (0, 1, 2, 3, 12, LR)]
        words += [slot(core, NEXT_PC), core.xpsr() | (0x200 if align else 0)]
        code = 0xF1 if core.handler_mode else 0xFD if control & SPSEL else 0xF9
        lazy = extended and core.fpccr & FPCCR_LSPEN
        try:
            if extended:  # what is stored lazily must be there, too
                core.memory.check(frame, size, True)
            core.memory.store_words(frame, words)
            if lazy:
                self._note_lazy(frame + BASIC_FRAME)
            elif extended:
                if not core.fp_allowed():
                    raise UsageFault(NOCP, "the FPU is switched off (CPACR)")
                core.save_fp(frame + BASIC_FRAME)
                self.cycles += FP_STATE_CYCLES
        except Trap as trap:
            self._derived(trap, "while the frame of an exception was stored", "stack")
        set_slot(core, SP, frame)
        return 0xFFFF_FF00 | code & ~(0x10 if extended else 0)

    def _note_lazy(self, address: int) -> None:
        """Remember where FP state goes, and the rights it is to be stored with."""
        core = self.core
        notes = FPCCR_LSPACT
        notes |= 0 if core.privileged else FPCCR_USER
        notes |= 0 if core.handler_mode else FPCCR_THREAD
        level = self.execution_priority()
        for number, bit in (
            (HARD_FAULT, FPCCR_HFRDY), (MEM_MANAGE, FPCCR_MMRDY), (BUS_FAULT, FPCCR_BFRDY),
            (DEBUG_MONITOR, FPCCR_MONRDY),
        ):  # fmt: skip
            if number in self.enabled and self.group_priority_of(number) < level:
                notes |= bit
        core.fpcar = address & ~7
        core.fpccr = core.fpccr & ~_FPCCR_NOTES | notes

    def preserve_fp(self) -> None:
        """Store FP state lazily, before an FP instruction (manual B1.5.7, PreserveFPState).

        Raises:
            LazyStackingFault: it cannot be stored, and the fault is taken at once.
        """
        core = self.core
        with core.rights(not core.fpccr & FPCCR_USER):
            try:
                core.memory.check(core.fpcar, 0x44, True)
                core.save_fp(core.fpcar)
                self.cycles += FP_STATE_CYCLES
                self.settle()
            except MemoryFault as fault:
                self._derived(fault, "while FP state was stored lazily", "lazy")
                if self.next() is not None:
                    raise LazyStackingFault(str(fault)) from None
        core.fpccr &= ~FPCCR_LSPACT

    def _derived(self, trap: Trap, when: str, what: str) -> None:
        """Make the fault pending that comes up while an exception is taken or left."""
        number, bits, cause = faults.classify(trap, False)
        protection = number == MEM_MANAGE
        if what == "stack" and number != USAGE_FAULT:
            bits = faults.MSTKERR if protection else faults.STKERR
        elif what == "unstack" and number != USAGE_FAULT:
            bits = faults.MUNSTKERR if protection else faults.UNSTKERR
        elif what == "lazy":
            bits = faults.MLSPERR if protection else faults.LSPERR
        self.cfsr |= bits
        self._raise(number, f"{cause}, {when}", slot(self.core, NEXT_PC))

    def _take(self, exc_return: int) -> None:
        """Start the handler of the most urgent pending exception."""
        core = self.core
        while True:
            number = self.next()
            assert number is not None
            try:
                vector = core.memory.load_vector(core.vtor + 4 * number)
                break
            except MemoryFault as fault:
                self.hfsr |= faults.VECTTBL
                cause = f"no vector for {faults.name(number)}: {fault}"
                self._record(HARD_FAULT, HARD_FAULT, cause, slot(core, NEXT_PC))
                if number <= HARD_FAULT or self.execution_priority() <= -1:
                    raise GuestDied(f"lockup: {cause}") from None
                self.pend(HARD_FAULT)
        set_slot(core, LR, exc_return)
        self.pending.discard(number)
        self.active.add(number)
        core.select_stack(slot(core, CONTROL) & ~(FPCA | SPSEL), number)
        set_slot(core, ITSTATE, 0)
        set_slot(core, EXCLUSIVE, 0)
        set_slot(core, EPSR_T, vector & 1)
        set_slot(core, NEXT_PC, vector & 0xFFFF_FFFE)
        core.event = True
        core.attention = True
        core.update_fp()

    # return -------------------------------------------------------------------------------------

    def leave(self, address: int) -> None:
        """Return from an exception; `address` is the EXC_RETURN branched to, bit 0 in EPSR.T."""
        core = self.core
        exc_return = address | slot(core, EPSR_T)
        kind = exc_return & 0xF
        number = slot(core, IPSR)
        wrong = ""
        if number not in self.active:
            wrong = f"{faults.name(number)} is not active"
        elif kind not in (1, 9, 13) or exc_return >> 5 != 0x7FF_FFFF:
            wrong = f"EXC_RETURN is {exc_return:#010x}"
        elif kind != 1 and len(self.active) > 1 and not slot(core, CCR) & CCR_NONBASETHRDENA:
            wrong = f"to Thread mode while {len(self.active) - 1} more exceptions are active"
        self._deactivate(number)
        if wrong:
            self._invalid_return(wrong)
        if self.next() is not None:
            self.cycles += TAIL_CHAIN_CYCLES
            self.settle()
            self._take(exc_return)
            return
        self._pop(exc_return, kind)

    def _deactivate(self, number: int) -> None:
        self.active.discard(number)
        if self.faults:
            self.faults = [fault for fault in self.faults if fault.taken != number]
        if number != NMI:
            set_slot(self.core, FAULTMASK, 0)
        self.core.update_protection()

    def _invalid_return(self, why: str) -> None:
        self.cfsr |= 1 << 16 + INVPC
        cause = f"{faults.USAGE_CAUSES[INVPC]}: {why}"
        self._raise(USAGE_FAULT, cause, slot(self.core, NEXT_PC), fetch=True)

    def _pop(self, exc_return: int, kind: int) -> None:
        core = self.core
        extended = not exc_return & 0x10
        size = FP_FRAME if extended else BASIC_FRAME
        process, thread = kind == 13, kind != 1
        frame = core.stack_pointer(process)
        restore = extended and not core.fpccr & FPCCR_LSPACT
        with core.rights(not thread or not slot(core, CONTROL) & NPRIV):
            try:
                words = core.memory.load_words(frame, 8)
                if restore and not core.fp_allowed():
                    raise UsageFault(NOCP, "the FPU is switched off (CPACR)")
                if restore:
                    core.load_fp(frame + BASIC_FRAME)
                    self.cycles += FP_STATE_CYCLES
            except Trap as trap:
                self._derived(trap, "while the frame of an exception was read", "unstack")
                self._take(exc_return)
                return
        if extended:
            core.fpccr &= ~FPCCR_LSPACT
        xpsr = words[7]
        align = xpsr >> 7 & 4 if extended or slot(core, CCR) & CCR_STKALIGN else 0
        core.set_stack_pointer(process, frame + size | align)
        control = slot(core, CONTROL) & ~(FPCA | SPSEL)
        control |= (FPCA if extended else 0) | (SPSEL if process else 0)
        core.select_stack(control, xpsr & 0x1FF)
        for register, word in zip((0, 1, 2, 3, 12, LR), words, strict=False):
            set_slot(core, register, word)
        core.set_xpsr(xpsr)
        set_slot(core, NEXT_PC, words[6] & 0xFFFF_FFFE)
        set_slot(core, EXCLUSIVE, 0)
        core.event = True
        core.attention = True
        core.update_fp()
        self.cycles += RETURN_CYCLES
        if thread == bool(xpsr & 0x1FF):
            mode = "Thread" if thread else "Handler"
            self._invalid_return(f"to {mode} mode, but the stacked IPSR is {xpsr & 0x1FF}")
            self._push()
            self._take(exc_return)
        elif thread and core.sleep_on_exit and not self.active:
            core.sleep(for_event=False)

    # faults -------------------------------------------------------------------------------------

    def fault(self, trap: Trap, pc: int, *, fetch: bool = False) -> None:
        """Take the fault that the instruction at `pc` ran into, with `pc` as return address."""
        core = self.core
        set_slot(core, NEXT_PC, pc)
        if isinstance(trap, LazyStackingFault):
            self.enter()
            return
        if isinstance(trap, Breakpoint):
            self.dfsr |= faults.DFSR_BKPT
            self._raise(DEBUG_MONITOR, str(trap), pc, reason=faults.DEBUGEVT)
            self.enter()
            return
        number, bits, cause = faults.classify(trap, fetch)
        self.cfsr |= bits
        if isinstance(trap, MemoryFault) and not fetch:
            if number == MEM_MANAGE:
                self.mmfar = trap.address
            else:
                self.bfar = trap.address
                if self._ignores_bus_faults():
                    core.skip_instruction(pc)
                    return
        self._raise(number, cause, pc, fetch=fetch)
        self.enter()

    def _ignores_bus_faults(self) -> bool:
        return bool(slot(self.core, CCR) & CCR_BFHFNMIGN) and self.execution_priority() <= -1

    def _raise(
        self, number: int, cause: str, pc: int, *, reason: int = faults.FORCED, fetch: bool = False
    ) -> None:
        """Make a synchronous fault pending, or HardFault in its place; else it is lockup."""
        taken = number if self.preempts(number) else HARD_FAULT
        self._record(number, taken, cause, pc, fetch)
        if taken == HARD_FAULT:
            self.hfsr |= reason
            if self.execution_priority() <= -1:
                handled = self.active & {NMI, HARD_FAULT}
                where = (
                    "while a fault of the highest priority was being handled"
                    if handled
                    else "with FAULTMASK set"
                )
                raise GuestDied(f"lockup: {cause}, {where}")
        self.pend(taken)

    def _record(self, number: int, taken: int, cause: str, pc: int, fetch: bool = False) -> None:
        """Note a fault; give up on one that comes back and back with nothing changed."""
        state = np.array(self.core.state)
        record = FaultRecord(number, taken, cause, pc, state, fetch)
        last, self._last = self._last, record
        self.faults = [*self.faults[-7:], record]
        same = last is not None and (last.exception, last.pc) == (number, pc)
        self._repeated = (
            self._repeated + 1 if same and last and np.array_equal(last.state, state) else 0
        )
        if self._repeated >= STORM:
            raise GuestDied(f"the same fault came {STORM:,} times and its handler changed nothing")

    def call_supervisor(self) -> None:
        """Take SVC: pending, or HardFault if its priority does not allow it."""
        if self.preempts(SVCALL):
            self.pend(SVCALL)
            return
        pc = slot(self.core, PC) - 4
        self._raise(SVCALL, "SVC where SVCall cannot preempt", pc)

    def watchpoint(self) -> None:
        """Take a match of a watchpoint comparator: DebugMonitor if enabled, else nothing."""
        if self.preempts(DEBUG_MONITOR):
            self.dfsr |= faults.DFSR_DWTTRAP
            self.pend(DEBUG_MONITOR)

    def can_be_interrupted(self) -> bool:
        """Tell whether anything a device does could still change what the core does."""
        level = self.execution_priority()
        return self.next() is not None or any(
            self.group_priority_of(number) < level for number in self.enabled if number >= SYSTICK
        )

    def story(self) -> str:
        """Return the faults being handled in words, the first one first."""
        return "; then ".join(
            f"{faults.name(fault.exception)} at {fault.pc:#010x}: {fault.cause}"
            for fault in self.faults
        )
