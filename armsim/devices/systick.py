"""SysTick (manual B3.3)."""

from collections.abc import Callable

from armsim.devices.device import Device, lane, merge

CSR, RVR, CVR, CALIB = 0x00, 0x04, 0x08, 0x0C
ENABLE, TICKINT, CLKSOURCE, COUNTFLAG = 1, 2, 4, 1 << 16
NOREF = 1 << 31


class SysTick(Device):
    """The 24-bit timer of the core.

    Args:
        now: returns the current cycle.
        tick: makes the SysTick exception pending.
        divider: cycles of the core to one of the reference clock; 0 where the chip has none.
        calibration: what CALIB reads as.
    """

    def __init__(
        self,
        now: Callable[[], int],
        tick: Callable[[], None],
        divider: int = 0,
        calibration: int = NOREF,
    ) -> None:
        super().__init__("SysTick", 0x10)
        self._cycle, self._tick = now, tick
        self._divider, self._calibration = divider, calibration
        self.reset()

    def _now(self) -> int:
        """Return the time in cycles of the clock that is chosen."""
        return self._cycle() // self._scale

    @property
    def _scale(self) -> int:
        return 1 if self.control & CLKSOURCE else self._divider

    def reset(self) -> None:
        """Return every register to its reset value."""
        self.control = 0 if self._divider else CLKSOURCE
        self.reload = 0
        self.current = 0  # when disabled
        self.zero_at = 0  # when it next counts to zero, when enabled, in cycles of its clock
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
        ticks = self._running and self.control & TICKINT
        self.due = self.zero_at * self._scale if ticks else None

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
            value = self._calibration
        self._schedule()
        return lane(value, offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; any write to CVR clears it."""
        self._settle()
        register = offset & ~3
        if register == CSR:
            current = self._value()
            control = merge(self.control, offset, size, value) & 7
            if not self._divider:
                control |= CLKSOURCE  # the only one there is
            starts = control & ENABLE and (control ^ self.control) & (ENABLE | CLKSOURCE)
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
