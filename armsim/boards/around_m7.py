"""What the timing model of a Cortex-M7 needs to know of a board."""

from armsim.boards.board import Board
from armsim.machine.mpu import Cacheability, Mpu
from armsim.timing.cortex_m7_cache import UNCACHED, WRITE_BACK, WRITE_THROUGH
from armsim.timing.cortex_m7_memory import Area, Memory, Policy

PART = 1 << 29  # of the memory map
_DEFAULT = (
    WRITE_THROUGH, WRITE_BACK, UNCACHED, WRITE_BACK, WRITE_THROUGH, UNCACHED, UNCACHED, UNCACHED
)  # fmt: skip
_POLICIES = {
    Cacheability.WRITE_BACK: WRITE_BACK,
    Cacheability.WRITE_THROUGH: WRITE_THROUGH,
    Cacheability.NONE: UNCACHED,
}


def memory_around(board: Board) -> Memory:
    """Return a board's memory as the model sees it, with nothing switched on yet."""
    areas = []
    dtcm = (0, 0)
    for region in board.regions:
        if region.kind == "dtcm":
            dtcm = (region.base, region.end)
        if region.bus == "axi" and (region.cacheable or region.wait_states):
            for start in (region.base, *region.aliases):
                # Flash of an STM32F7 is at a lower address on the ITCM port.
                itcm = region.kind == "flash" and start < region.base
                end = start + region.size
                areas.append(Area(start, end, region.wait_states, region.cacheable, itcm))
    icache, dcache = board.caches
    return Memory(dtcm, tuple(areas), icache, dcache)


def policies_of(mpu: Mpu) -> tuple[Policy, ...]:
    """Return the policies of an MPU as the model takes them.

    A region that leaves memory as the default map has it is left out, so that a change of
    permissions alone changes nothing.
    """
    found: list[Policy] = []
    for start, end, cacheability in mpu.cacheability():
        policy = _POLICIES[cacheability]
        below = any(low < end and start < high for low, high, _ in found)
        if below or policy != default_policy(start) or end - start > PART:
            found.append((start, end, policy))
    return tuple(found)


def default_policy(address: int) -> int:
    """Return the policy of the default memory map (DDI0403, B3.1)."""
    return _DEFAULT[address // PART]
