"""A core: registers, status, modes and stack pointers, and what system instructions do.

`Core` is the `cpu` that meanings get when they run as plain Python, and the `system` that system
instructions act on. Exceptions are in `armsim.machine.exceptions`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from armsim.dsl.state import (
    BASEPRI,
    CCR,
    CONTROL,
    EPSR_T,
    FAULTMASK,
    FP_ACTIVE,
    FPSCR,
    IPSR,
    ITSTATE,
    LR,
    NEXT_PC,
    NOCP,
    OTHER_SP,
    PC,
    PRIMASK,
    S0,
    SP,
    STATE_WORDS,
    UNDEFINSTR,
    UsageFault,
    apsr,
    set_apsr,
    set_slot,
    slot,
)
from armsim.machine.exceptions import Exceptions
from armsim.machine.faults import Breakpoint
from armsim.machine.memory import Memory
from armsim.machine.mpu import ENABLE, HFNMIENA, Mpu

PRIVILEGED_ONLY = 1  # CONTROL.nPRIV
SPSEL = 2
FPCA = 4
FPCCR_LSPACT, FPCCR_LSPEN, FPCCR_ASPEN = 1, 1 << 30, 1 << 31
FPSCR_CONTROL = 0x07C0_0000  # AHP, DN, FZ and RMode: what a new context takes from FPDSCR


class Core:
    """Registers and modes of one Armv7E-M core.

    Attributes:
        state: the words of `armsim.dsl.state`.
        memory: the bus.
        features: what the FPU has, of `armsim.dsl.FEATURES`; empty without one.
        exceptions: pending and active exceptions and their priorities.
        now: returns the cycle count at the start of the current instruction.
        semihosting: called with (operation, parameter), returns r0; None without a host.
        attention: true when the engine must look at exceptions before the next instruction.
        sleeping: true from WFI or WFE until it is woken.
        waits_for_event: whether it was WFE: an event ends the sleep, too.
        event: the event register.
        event_on_pend: an exception that becomes pending is an event (SCR.SEVONPEND).
    """

    def __init__(
        self,
        memory: Memory,
        features: frozenset[str],
        interrupts: int,
        priority_bits: int = 4,
    ) -> None:
        self.state = np.zeros(STATE_WORDS, np.uint32)
        self.memory = memory
        self.features = features
        self.system = self
        self.now: Callable[[], int] = lambda: 0
        self.semihosting: Callable[[int, int], int] | None = None
        self.attention = False
        self.sleeping = False
        self.waits_for_event = False
        self.event = False
        self.event_on_pend = False
        self.sleep_on_exit = False
        self.vtor = 0
        self.cpacr = 0
        self.fpccr = FPCCR_ASPEN | FPCCR_LSPEN
        self.fpcar = 0
        self.fpdscr = 0
        self.exceptions = Exceptions(self, interrupts, priority_bits)
        self.on_barrier: Callable[[], None] = lambda: None
        self.mpu = Mpu()
        self._protection = (False, True)
        self.on_protection: Callable[[bool], None] = lambda changed: None
        self.on_fpu_change: Callable[[], None] = lambda: None

    def reset(self, vector_table: int) -> None:
        """Take SP and the first instruction's address from the vector table (manual B1.5.5)."""
        self.state[:] = 0
        set_apsr(self, 0)
        self.state[LR] = 0xFFFF_FFFF
        self.vtor = vector_table
        self.state[CCR] = 0x200
        self.cpacr = 0
        self.fpccr = FPCCR_ASPEN | FPCCR_LSPEN
        self.exceptions.reset()
        used_mpu = self.mpu.control != 0
        self.mpu.reset()
        self.update_protection(changed=used_mpu)
        set_slot(self, SP, self.memory.load(vector_table, 4) & ~3)
        start = self.memory.load(vector_table + 4, 4)
        set_slot(self, EPSR_T, start & 1)
        set_slot(self, NEXT_PC, start & ~1)
        self.attention = self.sleeping = self.event = False
        self.update_fp()

    @property
    def handler_mode(self) -> bool:
        """Whether an exception is being handled."""
        return bool(self.state[IPSR])

    @property
    def privileged(self) -> bool:
        """Whether the current code has all rights."""
        return self.handler_mode or not int(self.state[CONTROL]) & PRIVILEGED_ONLY

    @property
    def uses_psp(self) -> bool:
        """Whether SP is the process stack pointer."""
        return not self.handler_mode and bool(int(self.state[CONTROL]) & SPSEL)

    def xpsr(self) -> int:
        """Return the combined status register, IT bits from ITSTATE."""
        it = slot(self, ITSTATE)
        return int(
            apsr(self) | (it & 3) << 25 | slot(self, EPSR_T) << 24 | (it >> 2) << 10
            | slot(self, IPSR)
        )  # fmt: skip

    def set_xpsr(self, value: int) -> None:
        """Set flags, IT bits, T and the exception number."""
        set_apsr(self, value)
        set_slot(self, ITSTATE, (value >> 25 & 3) | (value >> 10 & 0x3F) << 2)
        set_slot(self, EPSR_T, value >> 24 & 1)
        set_slot(self, IPSR, value & 0x1FF)

    def select_stack(self, control: int, ipsr: int) -> None:
        """Set CONTROL and IPSR together and exchange the stack pointers if that calls for it."""
        before = self.uses_psp
        set_slot(self, CONTROL, control)
        set_slot(self, IPSR, ipsr)
        if self.uses_psp != before:
            self.state[SP], self.state[OTHER_SP] = int(self.state[OTHER_SP]), int(self.state[SP])
        self.update_protection()

    def update_protection(self, changed: bool = False) -> None:
        """Bring memory up to date with privilege and the MPU; `changed` if its registers did."""
        level = self.exceptions.execution_priority() if self.mpu.control else 0
        on = self.mpu.control & ENABLE and (level >= 0 or self.mpu.control & HFNMIENA)
        key = (bool(on), self.privileged)
        if key != self._protection or changed:
            self._protection = key
            self.memory.protect(self.mpu if on else None, self.privileged)
            if on or changed:
                self.on_protection(changed)

    def stack_pointer(self, process: bool) -> int:
        """Return MSP or PSP, whichever is selected now."""
        return slot(self, SP if process == self.uses_psp else OTHER_SP)

    def set_stack_pointer(self, process: bool, value: int) -> None:
        """Set MSP or PSP."""
        set_slot(self, SP if process == self.uses_psp else OTHER_SP, value & ~3)

    @contextmanager
    def rights(self, privileged: bool) -> Iterator[None]:
        """Let memory accesses have rights other than those of the current code."""
        kept, self.memory.privileged = self.memory.privileged, privileged
        try:
            yield
        finally:
            self.memory.privileged = kept

    def skip_instruction(self, pc: int) -> None:
        """Go on behind the instruction at `pc`, whose place in an IT block ITSTATE says."""
        wide = self.memory.fetch(pc) >= 0xE800
        set_slot(self, NEXT_PC, pc + (4 if wide else 2))
        it = slot(self, ITSTATE)
        set_slot(self, ITSTATE, it & 0xE0 | it << 1 & 0x1F if it & 7 else 0)

    # floating point -------------------------------------------------------------------------

    def update_fp(self) -> None:
        """Work out whether FP instructions may run without looking at the machine."""
        ready = self.fp_allowed() and not self.fpccr & FPCCR_LSPACT
        if self.fpccr & FPCCR_ASPEN and not slot(self, CONTROL) & FPCA:
            ready = False
        set_slot(self, FP_ACTIVE, int(ready))

    def fp_allowed(self) -> bool:
        """Whether CPACR lets the current code use the FPU."""
        access = self.cpacr >> 20 & 3
        return bool(self.features) and (access == 3 or (access == 1 and self.privileged))

    def prepare_fp(self) -> None:
        """Do what comes before an FP instruction: check access, save lazily, note the context."""
        if not self.fp_allowed():
            raise UsageFault(NOCP, "the FPU is switched off (CPACR)")
        if self.fpccr & FPCCR_LSPACT:
            self.exceptions.preserve_fp()
        if self.fpccr & FPCCR_ASPEN and not slot(self, CONTROL) & FPCA:
            set_slot(self, CONTROL, slot(self, CONTROL) | FPCA)
            set_slot(self, FPSCR, slot(self, FPSCR) & ~FPSCR_CONTROL | self.fpdscr)
        self.update_fp()

    def save_fp(self, address: int) -> None:
        """Store S0 to S15 and FPSCR to an exception frame."""
        self.memory.store_words(address, [*self.state[S0 : S0 + 16].tolist(), slot(self, FPSCR)])

    def load_fp(self, address: int) -> None:
        """Load S0 to S15 and FPSCR from an exception frame."""
        *singles, status = self.memory.load_words(address, 17)
        self.state[S0 : S0 + 16] = singles
        set_slot(self, FPSCR, status)

    # what system instructions do --------------------------------------------------------------

    def data_barrier(self) -> None:
        """Complete memory accesses; they are complete already."""

    def instruction_barrier(self) -> None:
        """Make context changes visible to what follows."""
        self.on_barrier()

    def read_special(self, sysm: int) -> int:
        """Return what MRS reads (manual B5.2.2)."""
        if sysm < 4:
            return int(apsr(self) | (slot(self, IPSR) if sysm & 1 else 0))
        if sysm in (5, 7):
            return slot(self, IPSR)
        if sysm in (8, 9):
            return self.stack_pointer(sysm == 9) if self.privileged else 0
        if sysm == 20:
            return slot(self, CONTROL)
        if not self.privileged:
            return 0
        masks = {16: PRIMASK, 17: BASEPRI, 18: BASEPRI, 19: FAULTMASK}
        return slot(self, masks[sysm]) if sysm in masks else 0

    def write_special(self, sysm: int, field: int, value: int) -> None:
        """Do what MSR does (manual B5.2.3)."""
        if sysm < 4:
            keep = apsr(self)
            if field & 2:
                keep = keep & 0x07FF_FFFF | value & 0xF800_0000
            if field & 1:
                keep = keep & ~0x000F_0000 | value & 0x000F_0000
            set_apsr(self, keep)
            return
        if not self.privileged:
            return
        self.attention = True
        if sysm in (8, 9):
            self.set_stack_pointer(sysm == 9, value)
        elif sysm == 16:
            set_slot(self, PRIMASK, value & 1)
        elif sysm == 17:
            set_slot(self, BASEPRI, value & self.exceptions.priority_mask)
        elif sysm == 18:
            new, old = value & self.exceptions.priority_mask, slot(self, BASEPRI)
            if new and (new < old or old == 0):
                set_slot(self, BASEPRI, new)
        elif sysm == 19:  # cleared whatever runs: the pseudocode's test is about setting it
            if not value & 1 or self.exceptions.execution_priority() > -1:
                set_slot(self, FAULTMASK, value & 1)
                self.update_protection()
        elif sysm == 20:
            control = slot(self, CONTROL) & ~7 | value & (7 if self.features else 3)
            if self.handler_mode:
                control = control & ~SPSEL | slot(self, CONTROL) & SPSEL
            self.select_stack(control, slot(self, IPSR))
            self.update_fp()

    def change_state(self, disable: int, i: int, f: int) -> None:
        """Do what CPS does."""
        if not self.privileged:
            return
        if i:
            set_slot(self, PRIMASK, disable)
        if f and (not disable or self.exceptions.execution_priority() > -1):
            set_slot(self, FAULTMASK, disable)
            self.update_protection()
        self.attention = True

    def supervisor_call(self) -> None:
        """Make SVCall pending; it is taken before the next instruction."""
        self.exceptions.call_supervisor()

    def breakpoint(self, number: int) -> None:
        """Call the host for 0xab; any other BKPT without a debugger is a fault."""
        if number == 0xAB and self.semihosting is not None:
            set_slot(self, 0, self.semihosting(slot(self, 0), slot(self, 1)))
            return
        raise Breakpoint(f"breakpoint #{number:#x} and no debugger")

    def undefined(self) -> None:
        """Raise what UDF raises."""
        raise UsageFault(UNDEFINSTR, "undefined instruction")

    def no_coprocessor(self, number: int) -> None:
        """Raise what an instruction for a coprocessor that is not there raises."""
        raise UsageFault(NOCP, f"there is no coprocessor {number}")

    def sleep(self, *, for_event: bool) -> None:
        """Sleep before the next instruction; an event ends it only where that is waited for."""
        self.sleeping = self.attention = True
        self.waits_for_event = for_event

    def wait_for_interrupt(self) -> None:
        """Sleep until an exception is pending that would preempt if PRIMASK were clear."""
        self.sleep(for_event=False)

    def wait_for_event(self) -> None:
        """Sleep unless an event was registered."""
        if self.event:
            self.event = False
        else:
            self.sleep(for_event=True)

    def wakes(self) -> bool:
        """Tell whether sleep is over; the event that ended it is used up."""
        if not self.waits_for_event:
            return self.exceptions.wakes()
        event, self.event = self.event, False
        return event or self.exceptions.next() is not None

    def send_event(self) -> None:
        """Register an event."""
        self.event = True

    @property
    def pc(self) -> int:
        """The address of the next instruction, when no instruction is being executed."""
        return slot(self, NEXT_PC)

    def set_read_pc(self, address: int) -> None:
        """Set what an instruction at `address` reads as PC."""
        set_slot(self, PC, address + 4)
