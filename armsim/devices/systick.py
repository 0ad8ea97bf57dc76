"""SysTick (manual B3.3)."""

from collections.abc import Callable

from armsim.devices.device import Device, lane, merge

CSR, RVR, CVR, CALIB = 0x00, 0x04, 0x08, 0x0C
ENABLE, TICKINT, COUNTFLAG = 1, 2, 1 << 16


class SysTick(Device):
    """The 24-bit timer of the core; both of its clock sources are taken to be the core's clock.

    Args:
        now: returns the current cycle.
        tick: makes the SysTick exception pending.
    """

    def __init__(self, now: Callable[[], int], tick: Callable[[], None]) -> None:
        super().__init__("SysTick", 0x10)
        self._now, self._tick = now, tick
        self.reset()

    def reset(self) -> None:
        """Return every register to its reset value."""
        self.control = 4
        self.reload = 0
        self.current = 0  # when disabled
        self.zero_at = 0  # cycle at which it next counts to zero, when enabled
        self.count_flag = False
        self.due = None

    @property
    def _running(self) -> bool:
        return bool(self.control & ENABLE) and self.reload > 0

    def _settle(self) -> None:
        """Take note of the times it has counted to zero until now."""
        if not self._running:
            return
        now = self._now()
        if now >= self.zero_at:
            period = self.reload + 1
            self.zero_at += ((now - self.zero_at) // period + 1) * period
            self.count_flag = True

    def _schedule(self) -> None:
        self.due = self.zero_at if self._running and self.control & TICKINT else None

    def _value(self) -> int:
        if not self._running:
            return self.current
        left = self.zero_at - self._now()
        return 0 if left > self.reload else left  # zero for one cycle, then the reload value

    def advance(self, cycle: int) -> None:
        """Count to zero: make the exception pending."""
        self._settle()
        if self.control & TICKINT:
            self._tick()
        self._schedule()

    def read(self, offset: int, size: int) -> int:
        """Read a register; reading CSR clears COUNTFLAG."""
        self._settle()
        register = offset & ~3
        if register == CSR:
            value = self.control | (COUNTFLAG if self.count_flag else 0)
            self.count_flag = False
        elif register == RVR:
            value = self.reload
        elif register == CVR:
            value = self._value()
        else:
            value = 0x4000_0000  # CALIB: no reference clock is specified, SKEW set
        self._schedule()
        return lane(value, offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; any write to CVR clears it."""
        self._settle()
        register = offset & ~3
        if register == CSR:
            current = self._value()
            control = merge(self.control, offset, size, value) & 7
            starts = control & ENABLE and not self.control & ENABLE
            self.control = control
            if starts:
                self._start(current)
            elif not control & ENABLE:
                self.current = current
        elif register == RVR:
            was_running, current = self._running, self._value()
            self.reload = merge(self.reload, offset, size, value) & 0xFF_FFFF
            if self._running and not was_running:
                self._start(current)
        elif register == CVR:
            self.current = 0
            self.count_flag = False
            if self._running:
                self._start(0)
        self._schedule()

    def _start(self, current: int) -> None:
        # From zero the counter loads the reload value with the next clock, then counts down.
        self.zero_at = self._now() + (current if current else self.reload + 1)
