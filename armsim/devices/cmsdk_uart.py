"""The UART of Arm's Cortex-M System Design Kit, as on the MPS2 boards (Arm DDI 0479, 4.3).

Bytes go into a sink in no time; nothing is ever received.
"""

from collections.abc import Callable

from armsim.devices.device import Device, RaiseIrq, ignore_irq, lane, merge

DATA, STATE, CTRL, INTSTATUS, BAUDDIV = 0x00, 0x04, 0x08, 0x0C, 0x10
TX_ENABLE, TX_INTERRUPT = 1 << 0, 1 << 2
# PID4 to PID7, PID0 to PID3, CID0 to CID3
IDENTITY = (0x04, 0, 0, 0, 0x21, 0xB8, 0x1B, 0, 0x0D, 0xF0, 0x05, 0xB1)
IDENTITY_AT = 0xFD0


class CmsdkUart(Device):
    """An APB UART; `irq` is the line of its transmitter."""

    def __init__(
        self,
        name: str,
        size: int,
        *,
        irq: int | None = None,
        sink: Callable[[bytes], object] | None = None,
        raise_irq: RaiseIrq = ignore_irq,
    ) -> None:
        super().__init__(name, size)
        self._irq = irq
        self._sink = sink
        self._raise_irq = raise_irq
        self.reset()

    def reset(self) -> None:
        """Disable the port."""
        self._control = 0
        self._divider = 0
        self._pending = 0

    def read(self, offset: int, size: int) -> int:
        """Return a register; the transmit buffer is never full."""
        index = offset & ~3
        word = {CTRL: self._control, INTSTATUS: self._pending, BAUDDIV: self._divider}.get(index, 0)
        if index >= IDENTITY_AT and (index - IDENTITY_AT) // 4 < len(IDENTITY):
            word = IDENTITY[(index - IDENTITY_AT) // 4]
        return lane(word, offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Send a byte, or keep the setting."""
        index = offset & ~3
        if offset == DATA and self._control & TX_ENABLE:
            if self._sink is not None:
                self._sink(bytes([value & 0xFF]))
            if self._control & TX_INTERRUPT:
                self._pending |= 1
                if self._irq is not None:
                    self._raise_irq(self._irq)
        elif index == CTRL:
            self._control = merge(self._control, offset, size, value) & 0x7F
        elif index == INTSTATUS:
            self._pending &= ~value
        elif index == BAUDDIV:
            self._divider = merge(self._divider, offset, size, value) & 0xF_FFFF
