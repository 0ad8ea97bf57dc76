"""ITM: what reaches the sink, and when."""

import pytest

from armsim.devices.itm import TCR, TER, Itm


@pytest.fixture
def printed() -> list[bytes]:
    """What was written."""
    return []


@pytest.fixture
def itm(printed: list[bytes]) -> Itm:
    """An ITM with port 0 enabled."""
    device = Itm(printed.append, lambda: True)
    device.write(TCR, 4, 1)
    device.write(TER, 4, 1)
    return device


def test_an_enabled_port_passes_bytes_halfwords_and_words(itm: Itm, printed: list[bytes]) -> None:
    itm.write(0, 1, 0x41)
    itm.write(0, 2, 0x4342)
    itm.write(0, 4, 0x4746_4544)
    assert b"".join(printed) == b"ABCDEFG"


def test_a_port_that_is_not_enabled_reads_zero_and_prints_nothing(
    itm: Itm, printed: list[bytes]
) -> None:
    itm.write(4, 1, 0x41)
    assert itm.read(4, 4) == 0
    assert itm.read(0, 4) == 1
    assert printed == []


def test_nothing_is_printed_without_trcena(printed: list[bytes]) -> None:
    device = Itm(printed.append, lambda: False)
    device.write(TCR, 4, 1)
    device.write(TER, 4, 1)
    device.write(0, 1, 0x41)
    assert printed == []
