"""Cortex-M7: the memory around the core, and what its wait states and caches cost.

Tightly coupled memory answers at once. The rest is behind AXI, with or without the caches of the
core, or, as flash of an STM32F7 at its second address, on the ITCM port behind an accelerator
(ART). No trustworthy measurement of a line fill was found: these costs are estimates.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from armsim.dsl.cost import Charge, Cost
from armsim.timing.cortex_m7_cache import (
    CODE_NEXT,
    CODE_TAGS,
    CODE_WAYS,
    DATA_NEXT,
    DATA_TAGS,
    DATA_WAYS,
    DIRTY,
    END,
    FLASH_WAIT,
    GENERATION,
    ICACHE_MISS,
    LARGEST,
    LINE_BITS,
    NOTED,
    NOTES,
    POLICIES,
    SEEN_LINES,
    UNCACHED,
    cached_access,
    code_lines,
    uncached_load,
)
from armsim.timing.cortex_m7_data import NO_REGISTER, place_word
from armsim.timing.cortex_m7_operation import Operation, Place

ESTIMATE = "guess: AXI of 64 bits, four beats, a bridge; 6 to 10 cycles for SRAM, 16 for flash"
# Cycles on top of the wait states
LINE_FILL = Cost(7, ESTIMATE)  # until the core goes on
SINGLE_LOAD = Cost(6, "guess: an H743 loses two thirds of its CoreMark with the D-cache off")
WRITE_BACK_LINE = Cost(4, "guess: four beats before the line that is loaded instead")
FETCH_LINE = Cost(4, ESTIMATE)  # without the I-cache: the first fetch from a line of flash
FETCH_AGAIN = Cost(3, ESTIMATE)  # and each fetch of 8 bytes from the line that flash holds
READ_AHEAD = Cost(4, "guess: what a line of code takes while ART reads the next")
ART_LINES = 64  # RM0385: 64 lines of 256 bits; taken as 32 sets of 2
LINE = 1 << LINE_BITS
WORD = 0xFFFF_FFFF
Words = npt.NDArray[np.int64]  # those of the model
Policy = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Area:
    """Memory that is not tightly coupled."""

    start: int
    end: int
    waits: int  # cycles of an access beyond the first
    cacheable: bool = True
    accelerated: bool = False  # on the ITCM port, behind ART


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of a board, and how it is set; the default answers at once everywhere.

    `icache` and `dcache` are sizes in bytes; the rest is what the guest has switched on, and where
    the MPU has another policy than the default memory map: start, end and policy, the last counts.
    """

    dtcm: tuple[int, int] = (0x2000_0000, 0x2002_0000)
    areas: tuple[Area, ...] = ()
    icache: int = 0
    dcache: int = 0
    icache_on: bool = False
    dcache_on: bool = False
    art_on: bool = False
    read_ahead: bool = False
    policies: tuple[Policy, ...] = ()

    def __post_init__(self) -> None:
        if max(self.icache, self.dcache) > LARGEST:
            raise ValueError(f"caches of more than {LARGEST} bytes are not modelled")

    @property
    def data_sets(self) -> int:
        """The sets of the data cache."""
        return self.dcache // LINE // DATA_WAYS

    def with_flash_waits(self, waits: int) -> "Memory":
        """Return the same memory with other wait states of flash, which is below RAM."""
        areas = tuple(
            replace(area, waits=waits) if area.start < 0x1000_0000 else area for area in self.areas
        )
        return replace(self, areas=areas)

    def area(self, address: int) -> Area | None:
        """Return the area at an address, if it is not tightly coupled."""
        for area in self.areas:
            if area.start <= address < area.end:
                return area
        return None

    def fetch(self, address: int) -> tuple[int, int]:
        """Return what a fetch of 8 bytes costs more: the first from a line, and the others."""
        area = self.area(address)
        if area is None or self._is_kept(area, address):
            return 0, 0
        if area.accelerated:
            return area.waits, 0
        return area.waits + FETCH_LINE.cycles, FETCH_AGAIN.cycles

    def _is_kept(self, area: Area, address: int) -> bool:
        if area.accelerated:
            return self.art_on
        if not (area.cacheable and self.icache_on and self.icache):
            return False
        found = [policy for start, end, policy in self.policies if start <= address < end]
        return not found or found[-1] != UNCACHED

    def code_charge(self, start: int, end: int) -> Charge | None:
        """Return the charge for the lines of a run, if a cache or ART may not have them."""
        area = self.area(start)
        if area is None or not self._is_kept(area, start):
            return None
        first, last = start >> LINE_BITS, (end - 1) >> LINE_BITS
        if area.accelerated:
            sets, cause, cycles = ART_LINES // CODE_WAYS, FLASH_WAIT, area.waits
            if self.read_ahead:
                cycles = max(0, cycles - READ_AHEAD.cycles)
        else:
            sets = self.icache // LINE // CODE_WAYS
            cause, cycles = ICACHE_MISS, area.waits + LINE_FILL.cycles
        count = last - first + 1
        note = NOTED + (start >> 1) % NOTES
        return Charge(code_lines, (note, first, count, sets, cycles, cause), count * cycles)

    def data_charge(self, operation: Operation) -> Charge | None:
        """Return the charge for a load or store that a cache may not have."""
        place = operation.place
        if not self.areas or place is None or not (operation.loads or operation.stores):
            return None
        if place.base < 0:
            area = self.area(place.offset)
            if area is None or area.accelerated:
                return None
        flash = max((area.waits for area in self.areas if area.start < 0x1000_0000), default=0)
        ram = max((area.waits for area in self.areas if area.start >= 0x1000_0000), default=0)
        span = 4 * (place.words - 1)
        where = packed(place)
        if self.dcache_on and self.dcache:
            sets = self.data_sets
            misses = flash + LINE_FILL.cycles | (ram + LINE_FILL.cycles) << 8
            misses |= WRITE_BACK_LINE.cycles << 16
            misses |= LINE_FILL.cycles - SINGLE_LOAD.cycles << 24
            kind = span << 1 | operation.stores
            longest = max(flash, ram) + LINE_FILL.cycles + WRITE_BACK_LINE.cycles
            most = 0 if operation.stores else 2 * longest
            return Charge(cached_access, (*where, kind, sets, *self.dtcm, misses), most)
        if operation.stores:
            return None  # buffered
        beats = (place.words + 1) // 2
        waits = flash + SINGLE_LOAD.cycles | (ram + SINGLE_LOAD.cycles) << 8
        most = beats * (max(flash, ram) + SINGLE_LOAD.cycles)
        return Charge(uncached_load, (*where, beats, *self.dtcm, waits), most)


def packed(place: Place) -> tuple[int, int]:
    """Return the registers of an address, and its offset, as a charge takes them."""
    base = NO_REGISTER if place.base < 0 else place.base
    index = NO_REGISTER if place.index < 0 else place.index
    return place_word(base, index, place.shift), place.offset & WORD


def set_policies(words: Words, policies: Sequence[Policy]) -> None:
    """Let the words of the model hold the policies of a memory; lines stay, as they do there."""
    words[POLICIES] = len(policies)
    flat = [number for policy in policies for number in policy]
    words[POLICIES + 1 : POLICIES + 1 + len(flat)] = flat
    words[SEEN_LINES:END] = 0


def maintain(words: Words, register: int, value: int, sets: int) -> None:
    """Do what a cache maintenance register says, by its offset from 0xE000ED00 (DDI0403, B2.2).

    `sets` are those of the data cache. Cleaning takes no time here.
    """
    if register == 0x250:  # ICIALLU
        words[CODE_TAGS:NOTED] = 0
        words[GENERATION] += 1
    elif register == 0x258:  # ICIMVAU
        tags = words[CODE_TAGS:CODE_NEXT]
        tags[tags == (value >> LINE_BITS) + 1] = 0
        words[GENERATION] += 1
    elif register in (0x25C, 0x264, 0x268, 0x270):  # DCIMVAC, DCCMVAU, DCCMVAC, DCCIMVAC
        tags = words[DATA_TAGS:DATA_NEXT]
        places = np.flatnonzero(tags & DIRTY - 1 == (value >> LINE_BITS) + 1)
        _maintain_lines(words, places, invalidate=register in (0x25C, 0x270))
    elif register in (0x260, 0x26C, 0x274) and sets:  # DCISW, DCCSW, DCCISW
        number = (value >> LINE_BITS) % sets * DATA_WAYS + (value >> 30)
        _maintain_lines(words, np.array([number]), invalidate=register != 0x26C)


def _maintain_lines(words: Words, places: Words, *, invalidate: bool) -> None:
    """Invalidate lines of data, given where their tags are, or note that they are clean."""
    seen = words[SEEN_LINES:END]
    for tag in DATA_TAGS + places:
        seen[seen == (words[tag] & DIRTY - 1) - 1] = 0
        words[tag] = 0 if invalidate else words[tag] & DIRTY - 1
