"""The flash interface of STM32: access control and the lock, without programming.

What is written to ACR (wait states, accelerator) is told to whoever listens, and reads back, as
start-up code checks. Programming and erasing need the flash model that is not there yet, so a
started operation reports a write-protection error instead of pretending.
"""

from collections.abc import Callable, Mapping

from armsim.devices.device import Registers

KEYS = (0x4567_0123, 0xCDEF_89AB)
OPTION_KEYS = (0x0819_2A3B, 0x4C5D_6E7F)


ACR = 0x00


def _ignore(acr: int) -> None:
    """Take settings that no timing model asks for."""


class _Lock:
    """A lock bit that two keys in a row open; a wrong one keeps it shut until reset."""

    def __init__(self, keys: tuple[int, int]) -> None:
        self._keys = keys
        self.reset()

    def reset(self) -> None:
        self.locked = True
        self._jammed = False
        self._next = 0

    def key(self, value: int) -> None:
        if self._jammed or not self.locked:
            return
        if value != self._keys[self._next]:
            self._jammed = True
        elif self._next == len(self._keys) - 1:
            self.locked = False
            self._next = 0
        else:
            self._next += 1


class Stm32Flash(Registers):
    """FLASH: offsets and bits are the chip's data.

    Args:
        reset: value by offset.
        keyr, optkeyr: offsets of the key registers.
        sr, cr: offsets of status and control.
        clear: offset of the register whose ones clear status bits; SR itself where there is none.
        lock: the bit of CR that the keys clear.
        start: the bit of CR that starts an operation.
        wrperr: the bit of SR that says write-protected.
        optcr: offset of the register that holds the option lock.
        optlock: its bit.
        divider: core cycles to a cycle of the bus that LATENCY counts.
    """

    def __init__(
        self,
        name: str,
        size: int,
        *,
        reset: Mapping[int, int] | None = None,
        keyr: int = 0x04,
        optkeyr: int = 0x08,
        sr: int = 0x0C,
        cr: int = 0x10,
        clear: int | None = None,
        lock: int = 31,
        start: int = 16,
        wrperr: int = 4,
        optcr: int = 0x14,
        optlock: int = 0,
        divider: int = 1,
    ) -> None:
        self.divider = divider
        self._keyr, self._optkeyr = keyr, optkeyr
        self._sr, self._cr, self._optcr = sr, cr, optcr
        self._clear = sr if clear is None else clear
        self._lock_bit, self._start_bit = 1 << lock, 1 << start
        self._wrperr_bit, self._optlock_bit = 1 << wrperr, 1 << optlock
        self.on_access_control: Callable[[int], None] = _ignore
        self._lock, self._option_lock = _Lock(KEYS), _Lock(OPTION_KEYS)
        super().__init__(name, size, reset=reset)

    def reset(self) -> None:
        """Return to the locked state after reset."""
        super().reset()
        self._lock.reset()
        self._option_lock.reset()
        self.on_access_control(self.words.get(ACR, 0))

    def word(self, index: int) -> int:
        """Return a register; the locks show in CR and OPTCR, keys read as zero."""
        if index in (self._keyr, self._optkeyr):
            return 0
        value = super().word(index)
        if index == self._cr:
            value = _with(value, self._lock_bit, self._lock.locked)
        if index == self._optcr:
            value = _with(value, self._optlock_bit, self._option_lock.locked)
        return value

    def write(self, offset: int, size: int, value: int) -> None:
        """Take keys, clear status bits that are written as one, keep the rest."""
        index = offset & ~3
        if index == self._keyr:
            self._lock.key(value)
        elif index == self._optkeyr:
            self._option_lock.key(value)
        elif index == self._clear:
            self.words[self._sr] = self.words.get(self._sr, 0) & ~(value << (8 * (offset & 3)))
        elif index != self._sr and not self._is_locked(index):
            super().write(offset, size, value)

    def _is_locked(self, index: int) -> bool:
        if index == self._cr:
            return self._lock.locked
        return index == self._optcr and self._option_lock.locked

    def written(self, index: int) -> None:
        """Lock when asked; refuse operations; tell of new settings."""
        if index == ACR:
            self.on_access_control(self.words[ACR])
        if index == self._cr:
            if self.words[index] & self._lock_bit:
                self._lock.locked = True
            if self.words[index] & self._start_bit:
                self.words[index] &= ~self._start_bit
                self.words[self._sr] = self.words.get(self._sr, 0) | self._wrperr_bit
        if index == self._optcr and self.words[index] & self._optlock_bit:
            self._option_lock.locked = True


def _with(value: int, bit: int, on: bool) -> int:
    return value | bit if on else value & ~bit
