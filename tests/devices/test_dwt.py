"""DWT: the counters' sum, and comparators."""

from collections.abc import Callable

import pytest

from armsim.devices.dwt import (
    CPICNT,
    CTRL,
    CYCCNT,
    EXCCNT,
    FOLDCNT,
    LSUCNT,
    ON_ACCESS,
    ON_PC,
    ON_READ,
    ON_WRITE,
    SLEEPCNT,
    Dwt,
)
from armsim.machine.bus import Watch

FUNCTION0, COMP0, MASK0 = 0x28, 0x20, 0x24
ALL_EVENTS = 0x1F << 17 | 1


class World:
    """What a Dwt sees: counts by cause, TRCENA, and what it asks to watch."""

    def __init__(self) -> None:
        self.table = {"instructions": 0, "issue": 0}
        self.trace = True
        self.watched: list[tuple[list[Watch], dict[int, int]]] = []
        self.dwt = Dwt(
            self.now,
            lambda: self.table,
            lambda: self.trace,
            lambda ranges, instructions: self.watched.append((ranges, instructions)),
        )

    def now(self) -> int:
        """Cycles so far."""
        return sum(count for cause, count in self.table.items() if cause != "instructions")


@pytest.fixture
def world() -> World:
    """A fresh world."""
    return World()


def _read(world: World) -> Callable[[int], int]:
    return lambda register: world.dwt.read(register, 4)


def test_cyccnt_counts_only_while_both_enables_are_set(world: World) -> None:
    read = _read(world)
    world.table["issue"] = 10
    assert read(CYCCNT) == 0
    world.dwt.write(CTRL, 4, 1)
    world.table["issue"] = 25
    assert read(CYCCNT) == 15
    world.trace = False
    world.dwt.update()
    world.table["issue"] = 99
    assert read(CYCCNT) == 15


def test_cyccnt_can_be_set_and_wraps(world: World) -> None:
    world.dwt.write(CTRL, 4, 1)
    world.dwt.write(CYCCNT, 4, 0xFFFF_FFFE)
    world.table["issue"] = 5
    assert world.dwt.read(CYCCNT, 4) == 3


def test_the_event_counters_obey_the_sum_of_the_manual(world: World) -> None:
    world.dwt.write(CTRL, 4, ALL_EVENTS)
    world.table = {
        "instructions": 50, "issue": 47, "multicycle": 9, "branch": 8, "load_use": 3, "bus": 4,
        "exception": 12, "sleep": 20,
    }  # fmt: skip
    read = _read(world)
    extra = read(CPICNT) + read(EXCCNT) + read(SLEEPCNT) + read(LSUCNT) - read(FOLDCNT)
    assert read(CYCCNT) == 50 + extra
    assert (read(CPICNT), read(LSUCNT), read(FOLDCNT)) == (17, 7, 3)


def test_event_counters_have_eight_bits(world: World) -> None:
    world.dwt.write(CTRL, 4, ALL_EVENTS)
    world.table["sleep"] = 0x1FF
    assert world.dwt.read(SLEEPCNT, 4) == 0xFF


@pytest.mark.parametrize(
    ("kind", "read", "write"),
    [(ON_READ, True, False), (ON_WRITE, False, True), (ON_ACCESS, True, True)],
)
def test_a_data_comparator_watches_its_masked_range(
    world: World, kind: int, read: bool, write: bool
) -> None:
    world.dwt.write(COMP0, 4, 0x2000_0013)
    world.dwt.write(MASK0, 4, 4)
    world.dwt.write(FUNCTION0, 4, kind)
    assert world.watched[-1] == ([Watch(0, 0x2000_0010, 0x2000_0020, read, write)], {})


def test_an_instruction_comparator_watches_addresses(world: World) -> None:
    world.dwt.write(COMP0, 4, 0x0800_0100)
    world.dwt.write(MASK0, 4, 2)
    world.dwt.write(FUNCTION0, 4, ON_PC)
    assert world.watched[-1] == ([], {0x0800_0100: 0, 0x0800_0102: 0})


def test_matched_is_set_until_it_is_read(world: World) -> None:
    world.dwt.write(FUNCTION0, 4, ON_READ)
    world.dwt.matched(0)
    assert world.dwt.read(FUNCTION0, 4) == 1 << 24 | ON_READ
    assert world.dwt.read(FUNCTION0, 4) == ON_READ
