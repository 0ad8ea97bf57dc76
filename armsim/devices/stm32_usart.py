"""The serial port of STM32, transmitting into a byte sink; nothing is ever received.

A byte leaves in no time, so the transmitter is always empty and complete.
"""

from collections.abc import Callable
from dataclasses import dataclass

from armsim.devices.device import RaiseIrq, Registers, ignore_irq

TXE, TC = 1 << 7, 1 << 6  # the same bits of SR and of ISR
TXEIE, TCIE = 1 << 7, 1 << 6  # the same bits of CR1
TE = 1 << 3
TEACK, REACK = 1 << 21, 1 << 22


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a generation of the port has its registers."""

    status: int
    transmit: int
    receive: int
    control: int  # CR1
    control3: int
    read_only: tuple[int, ...]
    acknowledges: bool  # TEACK and REACK follow TE and RE


LAYOUTS = {
    # STM32F1, F2, F4, L1: SR, DR, BRR, CR1 ...
    "f4": Layout(0x00, 0x04, 0x04, 0x0C, 0x14, (0x00,), acknowledges=False),
    # STM32F0, F3, F7, L4, H7: CR1 ... ISR, ICR, RDR, TDR
    "f7": Layout(0x1C, 0x28, 0x24, 0x00, 0x08, (0x1C, 0x24), acknowledges=True),
}


class Stm32Usart(Registers):
    """USART or UART in either register layout, "f4" or "f7"."""

    def __init__(
        self,
        name: str,
        size: int,
        *,
        layout: str = "f7",
        irq: int | None = None,
        sink: Callable[[bytes], object] | None = None,
        raise_irq: RaiseIrq = ignore_irq,
    ) -> None:
        self._layout = LAYOUTS[layout]
        self._irq = irq
        self._sink = sink
        self._raise_irq = raise_irq
        super().__init__(name, size)

    def word(self, index: int) -> int:
        """Return a register; the status says that everything was sent."""
        layout = self._layout
        if index == layout.status:
            control = self.words.get(layout.control, 0)
            acknowledged = 0
            if layout.acknowledges and control & 1:  # UE
                acknowledged = (TEACK if control & TE else 0) | (REACK if control & 4 else 0)
            return TXE | TC | acknowledged
        if index in (layout.receive, layout.transmit):
            return 0
        return super().word(index)

    def write(self, offset: int, size: int, value: int) -> None:
        """Send a byte, or keep the setting."""
        index = offset & ~3
        if index == self._layout.transmit:
            if offset == index and self._sink is not None:
                self._sink(bytes([value & 0xFF]))
            self._interrupt()
        elif index not in self._layout.read_only:
            super().write(offset, size, value)

    def written(self, index: int) -> None:
        """Raise the interrupt as soon as it is enabled: the transmitter is always empty."""
        if index == self._layout.control:
            self._interrupt()

    def _interrupt(self) -> None:
        control = self.words.get(self._layout.control, 0)
        if self._irq is not None and control & (TXEIE | TCIE):
            self._raise_irq(self._irq)
