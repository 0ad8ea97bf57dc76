"""The devices that vendor start-up code waits for, as the boards describe them."""

from collections.abc import Callable

import pytest

from armsim.boards import board_names, find_board
from armsim.boards.attach import Attached, Host, make_devices
from armsim.devices.absent import Absent
from armsim.devices.bit_band import BitBand
from armsim.devices.cmsdk_uart import CmsdkUart
from armsim.devices.device import DeviceFault
from armsim.devices.stm32_flash import Stm32Flash
from armsim.devices.stm32_usart import Stm32Usart

RCC_F7, PWR_F7 = 0x4002_3800, 0x4000_7000


class Bus:
    """Loads and stores of words on the devices of a board."""

    def __init__(self, board: str, **options) -> None:
        self.sent = bytearray()
        self.reports: list[str] = []
        self.irqs: list[int] = []
        host = Host(
            sink=self.sent.extend,
            raise_irq=self.irqs.append,
            report=self.reports.append,
            load=self.load,
            store=self.store,
            **options,
        )
        self.devices = make_devices(find_board(board), host)

    def _at(self, address: int) -> Attached:
        return next(one for one in self.devices if one.base <= address < one.end)

    def load(self, address: int, size: int = 4) -> int:
        found = self._at(address)
        return found.device.read(address - found.base, size)

    def store(self, address: int, size: int, value: int) -> None:
        found = self._at(address)
        found.device.write(address - found.base, size, value)

    def set(self, address: int, bits: int, clear: int = 0) -> None:
        self.store(address, 4, self.load(address) & ~clear | bits)

    def wait(self, condition: Callable[[], bool]) -> None:
        assert condition(), "start-up code would wait for ever"


def test_f7_start_up_reaches_216_mhz():
    bus = Bus("nucleo-f746zg")
    bus.set(RCC_F7 + 0x40, 1 << 28)  # APB1ENR: PWR
    bus.set(PWR_F7, 0xC000)  # VOS scale 1
    bus.set(RCC_F7, 1 << 16)  # HSEON
    bus.wait(lambda: bool(bus.load(RCC_F7) & 1 << 17))
    bus.store(RCC_F7 + 4, 4, 0x0940_6C04)
    bus.set(RCC_F7, 1 << 24)  # PLLON
    bus.wait(lambda: bool(bus.load(RCC_F7) & 1 << 25))
    bus.set(PWR_F7, 1 << 16)  # ODEN
    bus.wait(lambda: bool(bus.load(PWR_F7 + 4) & 1 << 16))
    bus.set(PWR_F7, 1 << 17)  # ODSWEN
    bus.wait(lambda: bool(bus.load(PWR_F7 + 4) & 1 << 17))
    bus.wait(lambda: bool(bus.load(PWR_F7 + 4) & 1 << 14))
    bus.set(0x4002_3C00, 7, clear=15)  # FLASH_ACR
    bus.wait(lambda: bus.load(0x4002_3C00) & 15 == 7)
    bus.set(RCC_F7 + 8, 2, clear=3)  # SW = PLL
    bus.wait(lambda: bus.load(RCC_F7 + 8) & 0xC == 8)
    bus.set(RCC_F7, 0, clear=1 << 16)
    bus.wait(lambda: not bus.load(RCC_F7) & 1 << 17)
    assert bus.load(RCC_F7 + 4) == 0x0940_6C04
    assert bus.reports == []


def test_f4_start_up_uses_bit_bands():
    bus = Bus("stm32f4-discovery")

    def bit(address: int, number: int) -> int:
        return 0x4200_0000 + (address - 0x4000_0000) * 32 + number * 4

    bus.store(bit(RCC_F7, 24), 4, 1)
    bus.wait(lambda: bool(bus.load(RCC_F7) & 1 << 25))
    bus.wait(lambda: bus.load(bit(RCC_F7, 25)) == 1)
    bus.store(bit(RCC_F7, 24), 4, 0)
    bus.wait(lambda: bus.load(bit(RCC_F7, 25)) == 0)
    bus.wait(lambda: bool(bus.load(PWR_F7 + 4) & 1 << 14))


def test_l4_start_up_leaves_msi_for_the_pll():
    bus = Bus("nucleo-l4r5zi")
    rcc, flash = 0x4002_1000, 0x4002_2000
    bus.wait(lambda: bool(bus.load(rcc) & 2))
    bus.wait(lambda: not bus.load(PWR_F7 + 0x14) & 1 << 10)  # VOSF
    bus.set(rcc, 1 << 24)
    bus.wait(lambda: bool(bus.load(rcc) & 1 << 25))
    bus.set(flash, 5, clear=15)
    bus.wait(lambda: bus.load(flash) & 15 == 5)
    bus.set(rcc + 8, 3)
    bus.wait(lambda: bus.load(rcc + 8) & 0xC == 0xC)
    bus.store(flash + 8, 4, 0x4567_0123)
    bus.store(flash + 8, 4, 0xCDEF_89AB)
    bus.wait(lambda: bus.load(flash + 0x14) >> 30 == 1)  # unlocked, options still locked


def test_h7_start_up_reaches_480_mhz():
    bus = Bus("nucleo-h743zi")
    rcc, pwr, flash = 0x5802_4400, 0x5802_4800, 0x5200_2000
    bus.wait(lambda: bool(bus.load(pwr + 4) & 1 << 13))  # ACTVOSRDY
    bus.set(pwr + 0x18, 0xC000)
    bus.wait(lambda: bool(bus.load(pwr + 0x18) & 1 << 13))
    bus.wait(lambda: bus.load(pwr + 4) & 0xC000 == 0xC000)
    bus.wait(lambda: bool(bus.load(rcc) & 1 << 2))  # HSIRDY
    bus.set(rcc, 1 << 16 | 1 << 24)
    bus.wait(lambda: bus.load(rcc) & 0x0202_0000 == 0x0202_0000)
    bus.set(flash, 4, clear=15)
    bus.wait(lambda: bus.load(flash) & 15 == 4)
    bus.set(rcc + 0x10, 3)
    bus.wait(lambda: bus.load(rcc + 0x10) >> 3 & 7 == 3)


def flash_interface() -> Stm32Flash:
    return Stm32Flash("flash", 0x400, reset={0x14: 0x0FFF_AAED})


def test_flash_control_opens_with_both_keys_and_locks_again():
    flash = flash_interface()
    assert flash.read(0x10, 4) == 1 << 31
    flash.write(0x10, 4, 1)
    assert flash.read(0x10, 4) == 1 << 31
    flash.write(0x04, 4, 0x4567_0123)
    flash.write(0x04, 4, 0xCDEF_89AB)
    assert flash.read(0x10, 4) == 0
    assert flash.read(0x04, 4) == 0
    flash.write(0x10, 4, 1 << 31)
    assert flash.read(0x10, 4) == 1 << 31


def test_a_wrong_flash_key_locks_until_reset():
    flash = flash_interface()
    flash.write(0x04, 4, 0x1234_5678)
    flash.write(0x04, 4, 0x4567_0123)
    flash.write(0x04, 4, 0xCDEF_89AB)
    assert flash.read(0x10, 4) == 1 << 31
    flash.reset()
    flash.write(0x04, 4, 0x4567_0123)
    flash.write(0x04, 4, 0xCDEF_89AB)
    assert flash.read(0x10, 4) == 0
    flash.write(0x08, 4, 0x0819_2A3B)
    flash.write(0x08, 4, 0x4C5D_6E7F)
    assert flash.read(0x14, 4) & 1 == 0


def test_an_erase_is_refused_instead_of_pretended():
    flash = flash_interface()
    flash.write(0x04, 4, 0x4567_0123)
    flash.write(0x04, 4, 0xCDEF_89AB)
    flash.write(0x10, 4, 1 << 16 | 2)
    assert flash.read(0x10, 4) == 2
    assert flash.read(0x0C, 4) == 1 << 4
    flash.write(0x0C, 4, 1 << 4)
    assert flash.read(0x0C, 4) == 0


@pytest.mark.parametrize(
    ("layout", "status", "data", "control"), [("f4", 0, 4, 0x0C), ("f7", 0x1C, 0x28, 0)]
)
def test_serial_ports_send_at_once(layout, status, data, control):
    sent, irqs = bytearray(), []
    port = Stm32Usart(
        "usart2", 0x400, layout=layout, irq=38, sink=sent.extend, raise_irq=irqs.append
    )
    assert port.read(status, 4) & 0xC0 == 0xC0
    port.write(control, 4, 0x2008 if layout == "f4" else 0x9)
    assert port.read(control, 4) == (0x2008 if layout == "f4" else 0x9)
    for byte in b"hi\n":
        assert port.read(status, 4) & 0x80
        port.write(data, 4 if byte == 10 else 1, byte | 0x100 if byte == 10 else byte)
    assert port.read(status, 4) & 0x40
    assert sent == b"hi\n"
    port.write(status, 4, 0)
    assert port.read(status, 4) & 0xC0 == 0xC0
    assert irqs == []
    port.write(control, 4, 0x80 | 9)
    assert irqs == [38]


def test_the_newer_serial_port_acknowledges_its_enables():
    port = Stm32Usart("usart3", 0x400, layout="f7")
    port.write(0, 4, 1 | 4 | 8)
    assert port.read(0x1C, 4) == 0x0060_00C0


def test_the_cmsdk_uart_sends_when_enabled():
    sent, irqs = bytearray(), []
    port = CmsdkUart("uart0", 0x1000, irq=1, sink=sent.extend, raise_irq=irqs.append)
    port.write(0, 4, ord("x"))
    port.write(0x10, 4, 16)
    port.write(8, 4, 1)
    assert port.read(4, 4) & 1 == 0
    port.write(0, 1, ord("h"))
    port.write(8, 4, 5)
    port.write(0, 4, ord("i"))
    assert (bytes(sent), irqs) == (b"hi", [1])
    assert (port.read(0x0C, 4), port.read(0x10, 4), port.read(0xFE0, 4)) == (1, 16, 0x21)
    port.write(0x0C, 4, 1)
    assert port.read(0x0C, 4) == 0


def test_absent_peripherals_read_as_after_reset_and_are_reported_once():
    reports: list[str] = []
    absent = Absent(
        "a peripheral",
        0x2000_0000,
        base=0x4000_0000,
        registers={0x20000: 0xA800_1234},
        parts={"GPIOA": 0x4002_0000},
        report=reports.append,
    )
    assert absent.read(0x20000, 4) == 0xA800_1234
    assert absent.read(0x20002, 2) == 0xA800
    assert absent.read(0x20003, 1) == 0xA8
    absent.write(0x20000, 4, 5)
    assert absent.read(0x20000, 4) == 0xA800_1234
    assert absent.read(0x1234, 4) == 0
    way_out = "it reads as after reset and ignores writes; --strict makes this a fault"
    assert reports == [
        f"GPIOA is not modelled (first read at 0x40020000): {way_out}",
        f"a peripheral is not modelled (first read at 0x40001234): {way_out}",
    ]


def test_strict_makes_absent_peripherals_fault():
    bus = Bus("nucleo-f746zg", strict=True)
    expected = "^GPIOB at 0x40020414 is not modelled, and --strict forbids it$"
    with pytest.raises(DeviceFault, match=expected):
        bus.store(0x4002_0414, 4, 1)


def test_absent_reports_stay_few():
    reports: list[str] = []
    parts = {f"P{i}": 0x4000_0000 + 1024 * i for i in range(100)}
    absent = Absent("all", 1 << 20, base=0x4000_0000, parts=parts, report=reports.append)
    for i in range(100):
        absent.read(1024 * i, 4)
    assert len(reports) == 16


@pytest.mark.parametrize("size", [1, 2, 4])
def test_bit_bands_change_one_bit(size):
    memory = bytearray(range(16))

    def load(address: int, width: int) -> int:
        assert address % width == 0
        return int.from_bytes(memory[address - 0x2000_0000 :][:width], "little")

    def store(address: int, width: int, value: int) -> None:
        memory[address - 0x2000_0000 :][:width] = b""
        memory[address - 0x2000_0000 : address - 0x2000_0000 + width] = value.to_bytes(
            width, "little"
        )

    bits = BitBand("bits", 1 << 25, target=0x2000_0000, load=load, store=store)
    for number in range(128):
        assert bits.read(4 * number, size) == memory[number // 8] >> (number % 8) & 1
    bits.write(4 * 59, size, 0xFE)
    bits.write(4 * 60, size, 1)
    assert memory == bytes([0, 1, 2, 3, 4, 5, 6, 0x17, *range(8, 16)])


@pytest.mark.parametrize("board", board_names())
def test_every_device_answers_at_every_register(board):
    bus = Bus(board)
    for one in bus.devices:
        if isinstance(one.device, BitBand):
            continue
        for offset in range(0, min(one.device.size, 1024), 4):
            assert 0 <= one.device.read(offset, 4) <= 0xFFFF_FFFF
            one.device.write(offset, 4, 0xFFFF_FFFF)
            assert 0 <= one.device.read(offset, 4) <= 0xFFFF_FFFF
            assert 0 <= one.device.read(offset + 3, 1) <= 0xFF
            one.device.reset()
            assert one.device.due is None
