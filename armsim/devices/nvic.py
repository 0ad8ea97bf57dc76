"""The interrupt controller's registers (manual B3.4); what they do is in the core's exceptions."""

from armsim.devices.device import Device
from armsim.machine.exceptions import Exceptions

ISER, ICER, ISPR, ICPR, IABR, IPR = 0x000, 0x080, 0x100, 0x180, 0x200, 0x300


class Nvic(Device):
    """0xE000E100 to 0xE000E4EF."""

    def __init__(self, exceptions: Exceptions) -> None:
        super().__init__("NVIC", 0x3F0)
        self._exceptions = exceptions

    def read(self, offset: int, size: int) -> int:
        """Read enable, pending or active bits, or priorities."""
        return sum(self._byte(offset + k) << (8 * k) for k in range(size))

    def _byte(self, offset: int) -> int:
        exceptions = self._exceptions
        if offset >= IPR:
            number = 16 + offset - IPR
            return exceptions.priority[number] if number < exceptions.count else 0
        group = offset & ~0x7F
        first = 16 + 8 * (offset & 0x7F)
        chosen = {
            ISER: exceptions.enabled, ICER: exceptions.enabled,
            ISPR: exceptions.pending, ICPR: exceptions.pending, IABR: exceptions.active,
        }.get(group, set())  # fmt: skip
        return sum(1 << bit for bit in range(8) if first + bit in chosen)

    def write(self, offset: int, size: int, value: int) -> None:
        """Set or clear enable and pending bits, or set priorities."""
        for k in range(size):
            self._write_byte(offset + k, value >> (8 * k) & 0xFF)

    def _write_byte(self, offset: int, value: int) -> None:
        exceptions = self._exceptions
        if offset >= IPR:
            number = 16 + offset - IPR
            if number < exceptions.count:
                exceptions.priority[number] = value & exceptions.priority_mask
                exceptions.core.attention = True
            return
        group = offset & ~0x7F
        first = 16 + 8 * (offset & 0x7F)
        for bit in range(8):
            number = first + bit
            if not value >> bit & 1 or number >= exceptions.count:
                continue
            if group in (ISER, ICER):
                exceptions.enable(number, group == ISER)
            elif group == ISPR:
                exceptions.pend(number)
            elif group == ICPR:
                exceptions.unpend(number)
