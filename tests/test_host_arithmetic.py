"""A process that has changed how the host computes is told so, not answered wrongly."""

import ctypes
import ctypes.util
import platform
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from guests import image

from armsim.errors import UsageError
from armsim.isa.hostfloat import host_is_ieee
from armsim.session import run_image

LIBM = ctypes.CDLL(ctypes.util.find_library("m"))
UPWARD, DOWNWARD, TOWARD_ZERO = 0x800, 0x400, 0xC00  # of fenv.h on x86-64
MXCSR, FLUSH_RESULTS, FLUSH_OPERANDS = 28, 1 << 15, 1 << 6  # in fenv_t of glibc on x86-64

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64" or platform.libc_ver()[0] != "glibc",
    reason="the constants are those of glibc on x86-64",
)


@contextmanager
def host(change: Callable[[], object]) -> Iterator[None]:
    environment = ctypes.create_string_buffer(64)
    LIBM.fegetenv(environment)
    try:
        change()
        yield
    finally:
        LIBM.fesetenv(environment)


def rounds(mode: int) -> Callable[[], object]:
    return lambda: LIBM.fesetround(mode)


def flushes(bits: int) -> Callable[[], object]:
    def change() -> None:
        environment = ctypes.create_string_buffer(64)
        LIBM.fegetenv(environment)
        (word,) = struct.unpack_from("<I", environment, MXCSR)
        struct.pack_into("<I", environment, MXCSR, word | bits)
        LIBM.fesetenv(environment)

    return change


CHANGES = {
    "upward": rounds(UPWARD), "downward": rounds(DOWNWARD), "to zero": rounds(TOWARD_ZERO),
    "results flushed": flushes(FLUSH_RESULTS), "operands flushed": flushes(FLUSH_OPERANDS),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_run_is_refused_where_the_host_does_not_compute_as_ieee_754_says(
    tmp_path: Path, change: str
) -> None:
    path = tmp_path / "guest.elf"
    path.write_bytes(image("b exit").build())
    with host(CHANGES[change]):
        noticed = not host_is_ieee()
        with pytest.raises(UsageError, match=r"; run armsim in a process of its own$"):
            run_image(path, board="stm32f4-discovery")
    assert noticed
    assert host_is_ieee()
    run_image(path, board="stm32f4-discovery")
