"""What the timing model of a Cortex-M7 needs to know of a board."""

from armsim.boards.board import Board
from armsim.timing.cortex_m7_memory import Area, Memory


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
