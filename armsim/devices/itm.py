"""Instrumentation Trace Macrocell: 32 stimulus ports that a program prints to (manual C1.7)."""

from collections.abc import Callable

from armsim.devices.device import Device, lane, merge

PORTS_END = 0x80
TER, TPR, TCR, LAR, LSR = 0xE00, 0xE40, 0xE80, 0xFB0, 0xFB4
ITMENA = 1


class Itm(Device):
    """What is written to an enabled port goes to `sink` as bytes, in order.

    Args:
        sink: takes the bytes.
        trace_enabled: tells whether DEMCR.TRCENA is set.
    """

    def __init__(self, sink: Callable[[bytes], object], trace_enabled: Callable[[], bool]) -> None:
        super().__init__("ITM", 0x1000)
        self._sink, self._trace_enabled = sink, trace_enabled
        self.reset()

    def reset(self) -> None:
        """Return every register to its reset value."""
        self.words = {TER: 0, TPR: 0, TCR: 0}

    def _enabled(self, port: int) -> bool:
        on = self._trace_enabled() and self.words[TCR] & ITMENA
        return bool(on and self.words[TER] >> port & 1)

    def read(self, offset: int, size: int) -> int:
        """Read a register; an enabled port reads 1: ready for more."""
        register = offset & ~3
        if register < PORTS_END:
            return lane(int(self._enabled(register // 4)), offset, size)
        return lane(self.words.get(register, 0), offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write to a port or a register."""
        register = offset & ~3
        if register < PORTS_END:
            if self._enabled(register // 4):
                self._sink(value.to_bytes(size, "little"))
        elif register in self.words:
            self.words[register] = merge(self.words[register], offset, size, value)
