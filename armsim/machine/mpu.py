"""The Memory Protection Unit: regions, subregions and what they allow (manual B3.5).

An access to the Private Peripheral Bus never asks it. Where no region holds an address, privileged
code gets the default memory map if PRIVDEFENA is set, and everything else is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

PPB, PPB_END = 0xE000_0000, 0xE010_0000
ENABLE, HFNMIENA, PRIVDEFENA = 1, 2, 4
REGIONS = 8  # STM32F4, F7, L4 and QEMU's models of the MPS2 boards
# AP: (privileged read, privileged write, unprivileged read, unprivileged write)
_ACCESS = {
    0: (False, False, False, False),
    1: (True, True, False, False),
    2: (True, True, True, False),
    3: (True, True, True, True),
    4: (False, False, False, False),
    5: (True, False, False, False),
    6: (True, False, True, False),
    7: (True, False, True, False),
}
# Parts of 512 MiB of the default map that hold no code (manual B3.1)
_DEFAULT_XN = (False, False, True, False, False, True, True, True)
EXECUTE_NEVER_PARTS = {2: "peripheral space", 5: "device space", 6: "device space",
                       7: "system space"}  # fmt: skip


class Cacheability(Enum):
    """What a cache keeps of a region, and where stores go."""

    WRITE_BACK = auto()
    WRITE_THROUGH = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True)
class Permission:
    """What is allowed at an address."""

    read: bool
    write: bool
    execute: bool


NOTHING = Permission(False, False, False)


# Internal RAM at 0x20000000 and external RAM at 0x60000000 to 0x9FFFFFFF may hold code.
_DEFAULT = tuple(Permission(True, True, not never) for never in _DEFAULT_XN)


def default_permission(address: int) -> Permission:
    """Return what the default memory map allows, which only forbids execution in places."""
    return _DEFAULT[address >> 29]


class Mpu:
    """Registers MPU_CTRL, MPU_RNR, MPU_RBAR and MPU_RASR, and what they mean together."""

    def __init__(self, regions: int = REGIONS) -> None:
        self.count = regions
        self.reset()

    def reset(self) -> None:
        """Switch off, with every region disabled."""
        self.control = 0
        self.number = 0
        self.base = [0] * self.count
        self.attributes = [0] * self.count

    def read(self, register: int) -> int:
        """Return a register; `register` is its offset from MPU_TYPE."""
        if register == 0x00:
            return self.count << 8
        if register == 0x04:
            return self.control
        if register == 0x08:
            return self.number
        if (register - 0x0C) % 8 == 0:
            return self.base[self.number] | self.number
        return self.attributes[self.number]

    def write(self, register: int, value: int) -> None:
        """Write a register; the three aliases of RBAR and RASR are the same registers."""
        if register == 0x04:
            self.control = value & 7
        elif register == 0x08:
            if value & 0xFF < self.count:
                self.number = value & 0xFF
        elif register >= 0x0C and (register - 0x0C) % 8 == 0:
            if value & 0x10 and value & 0xF < self.count:
                self.number = value & 0xF
            self.base[self.number] = value & 0xFFFF_FFE0
        elif register >= 0x10:
            self.attributes[self.number] = value & 0x173F_FF3F

    def regions(self) -> Iterator[tuple[int, int, int]]:
        """Yield (start, size, attributes) of what is enabled, the least important first.

        Disabled subregions are left out: a region comes as up to eight runs.
        """
        for number in range(self.count):
            attributes = self.attributes[number]
            if not attributes & 1:
                continue
            size = 2 << (attributes >> 1 & 31)
            if size < 32:
                continue
            start = self.base[number] & ~(size - 1)
            disabled = attributes >> 8 & 0xFF if size >= 256 else 0
            if not disabled:
                yield start, size, attributes
                continue
            for k in range(8):
                if not disabled >> k & 1:
                    yield start + k * (size // 8), size // 8, attributes

    def permission(self, address: int, privileged: bool) -> Permission:
        """Return what the enabled MPU allows at an address."""
        if PPB <= address < PPB_END:
            return default_permission(address)
        found = None
        for start, size, attributes in self.regions():
            if start <= address < start + size:
                found = attributes
        if found is None:
            allowed = privileged and self.control & PRIVDEFENA
            return default_permission(address) if allowed else NOTHING
        return region_permission(found, privileged, address)

    def cacheability(self) -> list[tuple[int, int, Cacheability]]:
        """Return (start, end, cacheability) of what is enabled, the least important first."""
        if not self.control & ENABLE:
            return []
        return [
            (start, start + size, cacheability_of(attributes))
            for start, size, attributes in self.regions()
        ]


def cacheability_of(attributes: int) -> Cacheability:
    """Return what a region with these attributes (MPU_RASR) keeps in the cache of the core.

    Shareable memory is not kept (Cortex-M7: DDI0489, 5.2).
    """
    tex, shareable, cacheable, bufferable = (attributes >> bit for bit in (19, 18, 17, 16))
    if shareable & 1:
        return Cacheability.NONE
    if tex & 4:
        policy = attributes >> 16 & 3  # that of the inner cache
        return (
            Cacheability.NONE, Cacheability.WRITE_BACK, Cacheability.WRITE_THROUGH,
            Cacheability.WRITE_BACK,
        )[policy]  # fmt: skip
    if not cacheable & 1:
        return Cacheability.NONE
    return Cacheability.WRITE_BACK if bufferable & 1 else Cacheability.WRITE_THROUGH


def region_permission(attributes: int, privileged: bool, address: int) -> Permission:
    """Return what a region with these attributes (MPU_RASR) allows."""
    access = _ACCESS[attributes >> 24 & 7]
    read, write = access[:2] if privileged else access[2:]
    never = bool(attributes >> 28 & 1) or address >> 29 == 7
    return Permission(read, write, read and not never)
