"""Data Watchpoint and Trace: the cycle counter (manual C1.8)."""

from collections.abc import Callable

from armsim.devices.device import Device, lane, merge

CTRL, CYCCNT = 0x00, 0x04
CYCCNTENA = 1
NUMCOMP = 4 << 28


class Dwt(Device):
    """CYCCNT counts while CYCCNTENA and DEMCR.TRCENA are set.

    Args:
        now: returns the current cycle.
        trace_enabled: tells whether DEMCR.TRCENA is set.
    """

    def __init__(self, now: Callable[[], int], trace_enabled: Callable[[], bool]) -> None:
        super().__init__("DWT", 0x1000)
        self._now, self._trace_enabled = now, trace_enabled
        self.reset()

    def reset(self) -> None:
        """Return every register to its reset value."""
        self.control = 0
        self._count = 0  # while stopped
        self._since = 0  # cycle at which the count was 0, while running
        self._running = False
        self.kept: dict[int, int] = {}

    def update(self) -> None:
        """Start or stop counting as the enable bits say."""
        runs = bool(self.control & CYCCNTENA) and self._trace_enabled()
        if runs and not self._running:
            self._since = self._now() - self._count
        elif self._running and not runs:
            self._count = (self._now() - self._since) & 0xFFFF_FFFF
        self._running = runs

    def read(self, offset: int, size: int) -> int:
        """Read a register."""
        register = offset & ~3
        self.update()
        if register == CTRL:
            value = NUMCOMP | self.control
        elif register == CYCCNT:
            value = (self._now() - self._since if self._running else self._count) & 0xFFFF_FFFF
        else:
            value = self.kept.get(register, 0)
        return lane(value, offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register."""
        register = offset & ~3
        self.update()
        if register == CTRL:
            self.control = merge(self.control, offset, size, value) & 0x007F_1FFF
            self.update()
        elif register == CYCCNT:
            count = merge(self.read(CYCCNT, 4), offset, size, value)
            self._count, self._since = count, self._now() - count
        elif register < 0x60:
            self.kept[register] = merge(self.kept.get(register, 0), offset, size, value)
