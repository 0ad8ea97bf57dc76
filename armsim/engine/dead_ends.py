"""Where a program goes no further: what is no instruction of the core, and endless loops."""

from collections.abc import Callable

from armsim.dsl.state import IPSR, NOCP, UNDEFINSTR, UsageFault, slot
from armsim.engine.decoder import UndefinedInstruction
from armsim.machine.core import Core
from armsim.machine.faults import NMI, SVCALL, GuestDied, name


def undefined(
    core: Core, found: UndefinedInstruction, read: Callable[[UndefinedInstruction], str]
) -> UsageFault:
    """Return the fault of an instruction that is not one of this core (manual B1.5.14).

    `read` says what another core would take it for.
    """
    top, coprocessor = found.word >> 24, found.word >> 8 & 15
    if found.size == 4 and top in (0xEC, 0xED, 0xEE, 0xFC, 0xFD, 0xFE):
        if coprocessor not in (10, 11):
            return UsageFault(NOCP, f"there is no coprocessor {coprocessor}")
        if not core.features:
            return UsageFault(NOCP, "this core has no FPU")
        if not core.fp_allowed():
            return UsageFault(NOCP, "the FPU is switched off (CPACR)")
    halves = f"{found.word:0{2 * found.size}x}"
    text = " ".join(halves[k : k + 4] for k in range(0, len(halves), 4))
    return UsageFault(UNDEFINSTR, f"undefined instruction {text} ({found.why or read(found)})")


def check_endless(core: Core, *, alone: bool, limited: bool) -> None:
    """Give up where the core spins in place and nothing can ever interrupt it.

    In a handler of a fault that is how firmware says that it has died; elsewhere a limit that the
    user set is reached as usual.

    Args:
        core: about to run a block that only branches to itself.
        alone: no device will ever have anything to do.
        limited: the user set a limit.

    Raises:
        GuestDied: it will spin for ever.
    """
    if not alone and core.exceptions.can_be_interrupted():
        return
    number = slot(core, IPSR)
    if number == 0 or not (NMI <= number < SVCALL or core.exceptions.faults):
        if limited:
            return
        where = f"the handler of {name(number)}" if number else "Thread mode"
        raise GuestDied(f"an endless loop in {where} that nothing can interrupt")
    raise GuestDied(f"an endless loop in the handler of {name(number)}")
