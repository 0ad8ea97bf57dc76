"""What a device is to the bus.

A device never ticks. It says in `due` at which cycle it next acts, and the machine calls
`advance` when that cycle has come; between, only reads and writes reach it.
"""

from collections.abc import Callable, Mapping

from armsim.machine.bus import Refused

RaiseIrq = Callable[[int], None]  # an external interrupt line becomes pending
Report = Callable[[str], None]  # something the user should hear of once


class DeviceFault(Refused):
    """An access that the device answers with a bus error."""


def ignore_irq(number: int) -> None:
    """Take an interrupt that nobody listens to."""


def ignore_report(text: str) -> None:
    """Take a report that nobody reads."""


class Device:
    """A range of registers; the base class keeps nothing and never acts.

    Offsets count from the device's base; sizes are 1, 2 or 4 bytes; values are unsigned.
    """

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.size = size
        self.due: int | None = None

    def reset(self) -> None:
        """Return every register to its reset value."""

    def read(self, offset: int, size: int) -> int:
        """Return the value that a load of `size` bytes at `offset` gets."""
        raise NotImplementedError

    def write(self, offset: int, size: int, value: int) -> None:
        """Take a store of `size` bytes at `offset`."""
        raise NotImplementedError

    def advance(self, cycle: int) -> None:
        """Act, now that `cycle` has come."""


class Reserved(Device):
    """Addresses that hold nothing but do not fault: they read as zero and forget writes."""

    def read(self, offset: int, size: int) -> int:
        """Read zero."""
        return 0

    def write(self, offset: int, size: int, value: int) -> None:
        """Forget the value."""


def lane(word: int, offset: int, size: int) -> int:
    """Return the bytes of a register that an access of `size` bytes at `offset` sees."""
    return (word >> (8 * (offset & 3))) & ((1 << (8 * size)) - 1)


def merge(word: int, offset: int, size: int, value: int) -> int:
    """Return a register after a store of `size` bytes at `offset`."""
    shift = 8 * (offset & 3)
    field = ((1 << (8 * size)) - 1) << shift
    return (word & ~field | (value << shift) & field) & 0xFFFF_FFFF


class Registers(Device):
    """A device of 32-bit registers that are kept as written.

    What a chip gives to it as data: `reset`, value by offset, and `ones`, bits by offset that
    always read as one.
    """

    def __init__(
        self,
        name: str,
        size: int,
        *,
        reset: Mapping[int, int] | None = None,
        ones: Mapping[int, int] | None = None,
    ) -> None:
        super().__init__(name, size)
        self._reset = dict(reset or {})
        self._ones = dict(ones or {})
        self.words: dict[int, int] = {}
        self.reset()

    def reset(self) -> None:
        """Return every register to its reset value."""
        self.words = dict(self._reset)

    def read(self, offset: int, size: int) -> int:
        """Return what is in the register, with the bits that are always set."""
        return lane(self.word(offset & ~3), offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Keep the value, then let the device follow it."""
        index = offset & ~3
        self.words[index] = merge(self.words.get(index, 0), offset, size, value)
        self.written(index)

    def word(self, index: int) -> int:
        """Return the register at `index` as a load of a word gets it."""
        return self.words.get(index, 0) | self._ones.get(index, 0)

    def written(self, index: int) -> None:
        """React to a new value of the register at `index`."""
