"""What is on the bus: plain memory, devices, watchpoints; and how it refuses an access."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from armsim.dsl.state import Trap


class MemoryFault(Trap):
    """An access that the bus refuses: BusFault, or MemManage where `protection` is true."""

    def __init__(
        self,
        address: int,
        write: bool,
        reason: str,
        *,
        protection: bool = False,
        fetch: bool = False,
    ) -> None:
        verb = "store to" if write else "fetch from" if fetch else "load from"
        super().__init__(f"{verb} {address:#010x}: {reason}")
        self.address, self.write, self.protection = address, write, protection
        self.fetch = fetch


class Refused(Exception):
    """Raised by a device that answers an access with a bus error."""


class Port(Protocol):
    """What a device looks like from the bus."""

    name: str

    def read(self, offset: int, size: int) -> int:
        """Return `size` bytes (1, 2 or 4) at `offset`."""

    def write(self, offset: int, size: int, value: int) -> None:
        """Store `size` bytes at `offset`."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A range that a watchpoint looks at, and which accesses it is about."""

    number: int
    start: int
    end: int
    read: bool
    write: bool


@dataclass(slots=True, eq=False)
class Plain:
    """Bytes of RAM or flash at one address; aliases share the array."""

    name: str
    base: int
    data: npt.NDArray[np.uint8]
    writable: bool

    @property
    def end(self) -> int:
        """Address after the last byte."""
        return self.base + len(self.data)
