"""Peripherals that the chip has and the simulator has not."""

from collections.abc import Mapping

from armsim.devices.device import Device, DeviceFault, Report, ignore_report, lane

PART = 1024  # bytes that an address in `parts` names
MOST_REPORTS = 16


class Absent(Device):
    """Reads as its reset value and forgets what is written; each part is reported once.

    With `strict` every access is a bus error instead.

    Args:
        base: its address, for reports.
        registers: reset values by offset, 0 where none is given.
        parts: what is at which address, by name; each names 1 KiB.
    """

    def __init__(
        self,
        name: str,
        size: int,
        *,
        base: int = 0,
        registers: Mapping[int, int] | None = None,
        parts: Mapping[str, int] | None = None,
        report: Report = ignore_report,
        strict: bool = False,
    ) -> None:
        super().__init__(name, size)
        self._base = base
        self._registers = dict(registers or {})
        self._parts = {address // PART: part for part, address in (parts or {}).items()}
        self._report = report
        self._strict = strict
        self._reported: set[str] = set()

    def read(self, offset: int, size: int) -> int:
        """Return the reset value."""
        self._notice(offset, "read")
        return lane(self._registers.get(offset & ~3, 0), offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Forget the value."""
        self._notice(offset, "write")

    def _notice(self, offset: int, how: str) -> None:
        address = self._base + offset
        part = self._parts.get(address // PART, self.name)
        if self._strict:
            raise DeviceFault(f"{part} at {address:#010x} is not modelled, and --strict forbids it")
        if part in self._reported or len(self._reported) >= MOST_REPORTS:
            return
        self._reported.add(part)
        self._report(
            f"{part} is not modelled (first {how} at {address:#010x}): it reads as after reset "
            "and ignores writes; --strict makes this a fault"
        )
