"""Faults: what a trap is to the architecture, in numbers and in words (manual B1.5.14)."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from armsim.dsl.state import Trap, UsageFault
from armsim.machine.bus import MemoryFault

RESET, NMI, HARD_FAULT, MEM_MANAGE, BUS_FAULT, USAGE_FAULT = 1, 2, 3, 4, 5, 6
SVCALL, DEBUG_MONITOR, PENDSV, SYSTICK = 11, 12, 14, 15
FAULTS = frozenset({HARD_FAULT, MEM_MANAGE, BUS_FAULT, USAGE_FAULT, DEBUG_MONITOR})
NAMES = {
    RESET: "Reset", NMI: "NMI", HARD_FAULT: "HardFault", MEM_MANAGE: "MemManage",
    BUS_FAULT: "BusFault", USAGE_FAULT: "UsageFault", SVCALL: "SVCall",
    DEBUG_MONITOR: "DebugMonitor", PENDSV: "PendSV", SYSTICK: "SysTick",
}  # fmt: skip
USAGE_CAUSES = {
    0: "undefined instruction",
    1: "invalid state: not in Thumb state",
    2: "invalid exception return",
    3: "no such coprocessor, or it is switched off",
    8: "unaligned access",
    9: "division by zero",
}
# Bits of CFSR
IACCVIOL, DACCVIOL, MUNSTKERR, MSTKERR, MLSPERR, MMARVALID = (1 << k for k in (0, 1, 3, 4, 5, 7))
IBUSERR, PRECISERR, UNSTKERR, STKERR, LSPERR, BFARVALID = (1 << k for k in (8, 9, 11, 12, 13, 15))
# Bits of HFSR and DFSR
VECTTBL, FORCED, DEBUGEVT = 1 << 1, 1 << 30, 1 << 31
DFSR_BKPT, DFSR_DWTTRAP = 1 << 1, 1 << 2


class GuestDied(Exception):
    """The core cannot go on: lockup, or nothing can ever happen again."""


class Breakpoint(Trap):
    """BKPT where no debugger and no host takes it."""


class LazyStackingFault(Trap):
    """FP state could not be stored to the frame reserved for it; the fault is pending already."""


@dataclass(frozen=True, slots=True)
class FaultRecord:
    """A fault that is being handled: for the message if its handler is the end.

    Attributes:
        exception: what it was.
        taken: the exception that handles it, HardFault if it escalated.
        cause: in words.
        pc: where the instruction stands, or the address that could not be fetched from.
        state: the core's registers at the fault, as `armsim.dsl.state` lays them out.
        fetch: whether there was no instruction to execute at `pc`.
    """

    exception: int
    taken: int
    cause: str
    pc: int
    state: npt.NDArray[np.uint32] = field(repr=False)
    fetch: bool = False


def name(number: int) -> str:
    """Return the manual's name of an exception."""
    return NAMES.get(number) or f"interrupt {number - 16}"


def classify(trap: Trap, fetch: bool) -> tuple[int, int, str]:
    """Return the exception of a trap, the bits it sets in CFSR, and its cause in words."""
    cause = str(trap)
    if isinstance(trap, UsageFault):
        return USAGE_FAULT, 1 << 16 + trap.bit, cause or USAGE_CAUSES[trap.bit]
    if isinstance(trap, MemoryFault) and trap.protection:
        return MEM_MANAGE, IACCVIOL if fetch else DACCVIOL | MMARVALID, cause
    if fetch:
        return BUS_FAULT, IBUSERR, cause
    return BUS_FAULT, PRECISERR | BFARVALID, cause
