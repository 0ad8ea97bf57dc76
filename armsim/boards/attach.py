"""Make the devices that a board describes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from armsim.boards.board import Board, DeviceSpec
from armsim.devices.absent import Absent
from armsim.devices.bit_band import BitBand, Load, Store
from armsim.devices.cmsdk_uart import CmsdkUart
from armsim.devices.device import Device, RaiseIrq, Report, ignore_irq, ignore_report
from armsim.devices.following import Follow
from armsim.devices.stm32_flash import Stm32Flash
from armsim.devices.stm32_pwr import Stm32Pwr
from armsim.devices.stm32_rcc import Stm32Rcc
from armsim.devices.stm32_usart import LAYOUTS, Stm32Usart
from armsim.errors import BoardError, suggest

WORD = 0xFFFF_FFFF


def _no_load(address: int, size: int) -> int:
    raise NotImplementedError(f"no bus to load {size} bytes at {address:#010x} from")


def _no_store(address: int, size: int, value: int) -> None:
    raise NotImplementedError(f"no bus to store {value:#x} ({size} bytes) at {address:#010x}")


def _no_sink(data: bytes) -> None:
    """Take what a serial port sends when nobody listens."""


@dataclass(frozen=True, slots=True)
class Host:
    """What devices may reach of the machine around them."""

    sink: Callable[[bytes], object] = _no_sink  # what serial ports send
    raise_irq: RaiseIrq = ignore_irq
    report: Report = ignore_report  # what the user should hear of once
    strict: bool = False  # a peripheral that is not modelled is a bus error
    load: Load = _no_load  # the bus, for bit-banding
    store: Store = _no_store


@dataclass(frozen=True, slots=True)
class Attached:
    """A device at its address."""

    base: int
    device: Device

    @property
    def end(self) -> int:
        """Return the address after the last byte."""
        return self.base + self.device.size


def make_devices(board: Board, host: Host) -> tuple[Attached, ...]:
    """Return the board's devices; where two share an address, the first one answers.

    Raises:
        BoardError: an option of a device makes no sense.
    """
    ordered = sorted(board.devices, key=lambda spec: (spec.kind == "absent", spec.size, spec.base))
    return tuple(Attached(spec.base, make_device(spec, host, board.name)) for spec in ordered)


def make_device(spec: DeviceSpec, host: Host, board: str) -> Device:
    """Return the device that `spec` describes.

    Raises:
        BoardError: its kind is unknown or an option makes no sense.
    """
    where = f"{board}: device {spec.name}"
    if spec.kind not in KINDS:
        raise BoardError(
            f"{where}: unknown kind {spec.kind!r}{suggest(spec.kind, KINDS)}; "
            f"one of {', '.join(KINDS)}"
        )
    make, keys = KINDS[spec.kind]
    for key in spec.options:
        if key not in keys:
            hint = suggest(key, keys) or f"; options: {', '.join(keys) or 'none'}"
            raise BoardError(f"{where}: unknown option {key!r}{hint}")
    return make(_Options(where, spec.options), spec, host)


class _Options:
    """The options of one device, each checked as it is taken."""

    def __init__(self, where: str, table: Mapping[str, object]) -> None:
        self._where = where
        self._table = table

    def word(self, key: str, default: int) -> int:
        return self._word(key, self._table.get(key, default))

    def optional_word(self, key: str) -> int | None:
        return self.word(key, 0) if key in self._table else None

    def words(self, key: str) -> dict[int, int]:
        """Return a table from offset to value; TOML's keys are texts."""
        found = {}
        for offset, value in self._items(key):
            try:
                number = int(offset, 0)
            except ValueError:
                self._fail(key, f"{offset!r} is no offset")
            found[number] = self._word(key, value)
        return found

    def names(self, key: str) -> dict[str, int]:
        return {name: self._word(key, value) for name, value in self._items(key)}

    def choice(self, key: str, known: Mapping[str, object]) -> str:
        value = self._table.get(key)
        if not isinstance(value, str) or value not in known:
            self._fail(key, f"{value!r} is none of {', '.join(known)}")
        return value

    def follow(self, key: str) -> list[Follow]:
        rows = self._table.get(key, [])
        found = []
        for row in rows if isinstance(rows, list) else [rows]:
            numbers = [item for item in row if type(item) is int] if isinstance(row, list) else []
            good = numbers == row and len(numbers) in (4, 5) and min(numbers) >= 0
            if not good or max(numbers[1], *numbers[3:]) > 31:
                self._fail(key, f"{row!r} is not [source, bit, target, bit] or with a width")
            found.append(Follow(*numbers))
        return found

    def _items(self, key: str) -> list[tuple[str, object]]:
        table = self._table.get(key, {})
        if not isinstance(table, dict):
            self._fail(key, f"{table!r} is not a table")
        return list(table.items())

    def _word(self, key: str, value: object) -> int:
        if type(value) is not int or not 0 <= value <= WORD:
            self._fail(key, f"{value!r} is no 32-bit number")
        return value

    def _fail(self, key: str, why: str) -> NoReturn:
        raise BoardError(f"{self._where}: option {key}: {why}")


def _absent(options: _Options, spec: DeviceSpec, host: Host) -> Device:
    return Absent(
        spec.name,
        spec.size,
        base=spec.base,
        registers=options.words("registers"),
        parts=options.names("parts"),
        report=host.report,
        strict=host.strict,
    )


def _bit_band(options: _Options, spec: DeviceSpec, host: Host) -> Device:
    target = options.word("target", 0)
    return BitBand(spec.name, spec.size, target=target, load=host.load, store=host.store)


def _cmsdk_uart(_: _Options, spec: DeviceSpec, host: Host) -> Device:
    return CmsdkUart(spec.name, spec.size, irq=spec.irq, sink=host.sink, raise_irq=host.raise_irq)


def _stm32_flash(options: _Options, spec: DeviceSpec, _: Host) -> Device:
    return Stm32Flash(
        spec.name,
        spec.size,
        reset=options.words("reset"),
        keyr=options.word("keyr", 0x04),
        optkeyr=options.word("optkeyr", 0x08),
        sr=options.word("sr", 0x0C),
        cr=options.word("cr", 0x10),
        clear=options.optional_word("clear"),
        lock=options.word("lock", 31) & 31,
        start=options.word("start", 16) & 31,
        wrperr=options.word("wrperr", 4) & 31,
        optcr=options.word("optcr", 0x14),
        optlock=options.word("optlock", 0) & 31,
        divider=max(1, options.word("divider", 1)),
    )


def _stm32_following(cls: type[Stm32Rcc] | type[Stm32Pwr]) -> "Make":
    def make(options: _Options, spec: DeviceSpec, _: Host) -> Device:
        return cls(
            spec.name,
            spec.size,
            reset=options.words("reset"),
            ones=options.words("ones"),
            follow=options.follow("follow"),
            self_clearing=options.words("self_clearing"),
        )

    return make


def _stm32_usart(options: _Options, spec: DeviceSpec, host: Host) -> Device:
    return Stm32Usart(
        spec.name,
        spec.size,
        layout=options.choice("layout", LAYOUTS),
        irq=spec.irq,
        sink=host.sink,
        raise_irq=host.raise_irq,
    )


Make = Callable[[_Options, DeviceSpec, Host], Device]
_FOLLOWING = ("reset", "ones", "follow", "self_clearing")
_FLASH = ("reset", "keyr", "optkeyr", "sr", "cr", "clear", "lock", "start", "wrperr", "optcr")
KINDS: dict[str, tuple[Make, tuple[str, ...]]] = {
    "absent": (_absent, ("registers", "parts")),
    "bit_band": (_bit_band, ("target",)),
    "cmsdk_uart": (_cmsdk_uart, ()),
    "stm32_flash": (_stm32_flash, (*_FLASH, "optlock", "divider")),
    "stm32_pwr": (_stm32_following(Stm32Pwr), _FOLLOWING),
    "stm32_rcc": (_stm32_following(Stm32Rcc), _FOLLOWING),
    "stm32_usart": (_stm32_usart, ("layout",)),
}
