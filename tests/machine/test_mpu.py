"""The MPU: what regions allow, for both privileges, in plain Python and in compiled code."""

import pytest
from machines import CODE, FLASH, RAM, Compiled

from armsim.machine.bus import MemoryFault
from armsim.machine.mpu import (
    NOTHING,
    PRIVDEFENA,
    Mpu,
    Permission,
    default_permission,
    region_permission,
)

MPU_CTRL, MPU_RNR, MPU_RBAR, MPU_RASR = 0xE000_ED94, 0xE000_ED98, 0xE000_ED9C, 0xE000_EDA0
FULL, READ_ONLY, PRIVILEGED = 3 << 24, 6 << 24, 1 << 24
XN = 1 << 28


def size(power: int) -> int:
    """RASR.SIZE and ENABLE for a region of 2**power bytes."""
    return (power - 1) << 1 | 1


@pytest.fixture
def mpu() -> Mpu:
    """An enabled MPU whose region 0 is all of RAM, full access."""
    unit = Mpu()
    unit.write(0x04, 1 | PRIVDEFENA)
    unit.write(0x0C, RAM | 0x10 | 0)
    unit.write(0x10, FULL | size(16))
    return unit


def test_mpu_type_tells_eight_regions() -> None:
    assert Mpu().read(0) == 8 << 8


def test_the_highest_region_wins_where_two_overlap(mpu: Mpu) -> None:
    mpu.write(0x0C, RAM | 0x10 | 5)
    mpu.write(0x10, READ_ONLY | size(10))
    assert mpu.permission(RAM + 0x3FF, False) == Permission(True, False, True)
    assert mpu.permission(RAM + 0x400, False) == Permission(True, True, True)


def test_a_disabled_subregion_lets_the_region_below_show(mpu: Mpu) -> None:
    mpu.write(0x0C, RAM | 0x10 | 5)
    mpu.write(0x10, READ_ONLY | size(11) | 0b0000_0010 << 8)
    assert not mpu.permission(RAM, True).write
    assert mpu.permission(RAM + 0x100, True).write
    assert not mpu.permission(RAM + 0x200, True).write


def test_without_a_region_only_privileged_code_gets_the_default_map(mpu: Mpu) -> None:
    assert mpu.permission(0x0800_0000, True) == Permission(True, True, True)
    assert mpu.permission(0x0800_0000, False) == NOTHING
    mpu.write(0x04, 1)
    assert mpu.permission(0x0800_0000, True) == NOTHING


def test_the_private_peripheral_bus_never_asks_the_mpu() -> None:
    unit = Mpu()
    unit.write(0x04, 1)
    assert unit.permission(0xE000_E010, True).write


@pytest.mark.parametrize(
    ("ap", "privileged", "unprivileged"),
    [
        (0, (0, 0), (0, 0)), (1, (1, 1), (0, 0)), (2, (1, 1), (1, 0)), (3, (1, 1), (1, 1)),
        (5, (1, 0), (0, 0)), (6, (1, 0), (1, 0)), (7, (1, 0), (1, 0)),
    ],
)  # fmt: skip
def test_access_permissions_are_those_of_the_manual(
    ap: int, privileged: tuple[int, int], unprivileged: tuple[int, int]
) -> None:
    for rights, expected in ((True, privileged), (False, unprivileged)):
        found = region_permission(ap << 24, rights, RAM)
        assert (int(found.read), int(found.write)) == expected
        assert found.execute == found.read
        assert not region_permission(ap << 24 | XN, rights, RAM).execute


def test_peripherals_hold_no_code_by_default() -> None:
    assert not default_permission(0x4000_0000).execute
    assert default_permission(0x2000_0000).execute


@pytest.fixture(scope="module")
def shared_machine() -> Compiled:
    """A machine with the compiled engine."""
    return Compiled()


@pytest.fixture
def machine(shared_machine: Compiled) -> Compiled:
    """The same machine after reset, with the MPU on, RAM split at 1 KiB."""
    shared_machine.reset()
    shared_machine.place("nop\nnop\nnop\nnop", FLASH + 0x200)  # where faults go
    store = shared_machine.memory.store
    store(MPU_RBAR, 4, RAM | 0x10)
    store(MPU_RASR, 4, FULL | size(16))
    store(MPU_RBAR, 4, RAM | 0x400 | 0x10 | 1)
    store(MPU_RASR, 4, READ_ONLY | size(10))
    store(MPU_RBAR, 4, RAM | 0x800 | 0x10 | 2)
    store(MPU_RASR, 4, PRIVILEGED | size(6))
    store(MPU_RBAR, 4, 0x0800_0000 | 0x10 | 3)
    store(MPU_RASR, 4, READ_ONLY | size(16))
    store(MPU_CTRL, 4, 1 | PRIVDEFENA)
    return shared_machine


def _store_from(machine: Compiled, address: int, *, privileged: bool) -> str:
    """Run one store and one load of the same address; return what became of them."""
    machine.place("str r1, [r0]\nldr r2, [r0]\nnop", CODE)
    machine.state[0], machine.state[1] = address, 0x1234
    if not privileged:
        machine.core.write_special(20, 2, 1)
    machine.run(2)
    fault = machine.core.exceptions.cfsr
    return f"cfsr {fault:#x}" if fault else f"{int(machine.state[2]):#x}"


@pytest.mark.parametrize(
    ("offset", "privileged", "expected"),
    [
        (0x000, True, "0x1234"),
        (0x000, False, "0x1234"),
        (0x400, True, "cfsr 0x82"),
        (0x400, False, "cfsr 0x82"),
        (0x800, True, "0x1234"),
        (0x800, False, "cfsr 0x82"),
        (0x840, False, "0x1234"),  # the same page, behind a region of 64 bytes
    ],
)
def test_compiled_stores_obey_the_mpu(
    machine: Compiled, offset: int, privileged: bool, expected: str
) -> None:
    assert _store_from(machine, RAM + offset, privileged=privileged) == expected


def test_the_fault_address_register_names_what_was_refused(machine: Compiled) -> None:
    _store_from(machine, RAM + 0x404, privileged=True)
    assert machine.core.exceptions.mmfar == RAM + 0x404


def test_unprivileged_forms_of_loads_are_refused_what_privileged_ones_get(
    machine: Compiled,
) -> None:
    machine.place("ldr r2, [r0]\nldrt r3, [r0]\nnop", CODE)
    machine.state[0] = RAM + 0x800
    machine.run(2)
    assert machine.core.exceptions.cfsr == 0x82


def test_code_in_a_region_that_forbids_it_does_not_run(machine: Compiled) -> None:
    machine.memory.store(MPU_RBAR, 4, RAM | 0x10)
    machine.memory.store(MPU_RASR, 4, FULL | XN | size(16))
    machine.place("nop", RAM)
    machine.place("bx r0", CODE)
    machine.state[0] = RAM | 1
    machine.run(2)
    assert machine.core.exceptions.cfsr == 1


def test_system_registers_are_closed_to_unprivileged_code(machine: Compiled) -> None:
    machine.core.write_special(20, 2, 1)
    with pytest.raises(MemoryFault, match="unprivileged access to the system control space"):
        machine.memory.load(MPU_CTRL, 4)


def test_switching_the_mpu_off_opens_everything_again(machine: Compiled) -> None:
    machine.memory.store(MPU_CTRL, 4, 0)
    assert _store_from(machine, RAM + 0x400, privileged=True) == "0x1234"
