"""A peripheral that the chip has and the simulator has not."""

from collections.abc import Mapping

from armsim.devices.device import Device, DeviceFault, Report, ignore_report, lane


class Absent(Device):
    """Reads as its reset value, forgets what is written, and is reported once.

    With `strict` every access is a bus error instead.
    """

    def __init__(
        self,
        name: str,
        size: int,
        *,
        base: int = 0,
        registers: Mapping[int, int] | None = None,
        report: Report = ignore_report,
        strict: bool = False,
    ) -> None:
        super().__init__(name, size)
        self._base = base
        self._registers = dict(registers or {})
        self._report = report
        self._strict = strict
        self._reported = False

    def read(self, offset: int, size: int) -> int:
        """Return the reset value, 0 unless the chip's data say otherwise."""
        self._notice(offset, "read")
        return lane(self._registers.get(offset & ~3, 0), offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Forget the value."""
        self._notice(offset, "written")

    def _notice(self, offset: int, how: str) -> None:
        where = f"{self._base + offset:#010x}"
        if self._strict:
            raise DeviceFault(f"{where} {how}: {self.name} is not modelled (--strict)")
        if not self._reported:
            self._reported = True
            self._report(
                f"{where} {how}: {self.name} is not modelled; it reads as after reset and "
                "ignores writes (--strict makes this a fault)"
            )
