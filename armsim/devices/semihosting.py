"""Arm semihosting: what a guest asks of its host with `bkpt 0xab`.

Every operation of "Semihosting for AArch32 and AArch64" 2.0 (Arm 100863), 32-bit form. Time is
simulated time, so that a run never depends on the host. Whatever the guest passes is taken as
hostile: lengths are cut into small pieces, handles and names are checked, and a failure is a
return value and an errno, never an exception of the host. Only a bad pointer is let through: the
memory raises its own fault.
"""

import errno
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO, Protocol

from armsim.devices.device import Report, ignore_report
from armsim.devices.guest_files import LONGEST_NAME, GuestFiles, RefusedError
from armsim.devices.guest_handles import (
    ConsoleClosed,
    ConsoleInput,
    ConsoleOutput,
    Features,
    Handle,
    HostFile,
)

WORD = 0xFFFF_FFFF
FAILED = WORD  # -1
APPLICATION_EXIT = 0x20026  # ADP_Stopped_ApplicationExit
MOST_HANDLES = 64
PIECE = 1 << 16  # bytes moved at a time
LONGEST_STRING = 1 << 20
# Where newlib's errno differs from Linux's.
NEWLIB_ERRNO = {
    errno.ENOSYS: 88,
    errno.ENOTEMPTY: 90,
    errno.ENAMETOOLONG: 91,
    errno.ELOOP: 92,
}
OPERATIONS = {
    0x01: "open",
    0x02: "close",
    0x03: "writec",
    0x04: "write0",
    0x05: "write",
    0x06: "read",
    0x07: "readc",
    0x08: "iserror",
    0x09: "istty",
    0x0A: "seek",
    0x0C: "flen",
    0x0D: "tmpnam",
    0x0E: "remove",
    0x0F: "rename",
    0x10: "clock",
    0x11: "time",
    0x12: "system",
    0x13: "last_errno",
    0x15: "get_cmdline",
    0x16: "heapinfo",
    0x18: "exit",
    0x20: "exit_extended",
    0x30: "elapsed",
    0x31: "tickfreq",
}


class Memory(Protocol):
    """Guest memory; an address with nothing behind it raises the memory's own fault."""

    def read_bytes(self, address: int, size: int, /) -> bytes:
        """Return `size` bytes."""

    def write_bytes(self, address: int, data: bytes, /) -> None:
        """Store bytes."""


class GuestExit(Exception):
    """The guest asked to stop.

    `status` is what a shell would see: 0 to 255, and never 0 for a subcode that is not 0.
    """

    def __init__(self, status: int, reason: int) -> None:
        super().__init__(f"the guest stopped with status {status} (reason {reason:#x})")
        self.status = status
        self.reason = reason


class Semihosting:
    """The host as one guest sees it."""

    def __init__(
        self,
        memory: Memory,
        command_line: str,
        readable: Iterable[Path],
        folder: Path | None,
        stdin: BinaryIO,
        stdout: BinaryIO,
        stderr: BinaryIO,
        clock_hz: int,
        cycles: Callable[[], int],
        heap: tuple[int, int, int, int],
        *,
        host_time: bool = False,
        report: Report = ignore_report,
    ) -> None:
        self._memory = memory
        self._folder = folder
        self._stdin, self._stdout, self._stderr = stdin, stdout, stderr
        self._console = ConsoleOutput(stdout)
        self._clock_hz = clock_hz
        self._cycles = cycles
        self._heap = heap
        self._host_time = host_time
        self._report = report
        self._reported = False
        self._handles: dict[int, Handle] = {}
        self.restart(command_line, readable)

    def restart(self, command_line: str, readable: Iterable[Path]) -> None:
        """Begin anew for a guest with this command line, which may read these files."""
        self.close()
        self._command_line = os.fsencode(command_line)
        self._files = GuestFiles(readable, self._folder)
        self._errno = 0
        self._last_name = ""

    def call(self, operation: int, parameter: int) -> int:
        """Do what the guest asks (r0 and r1) and return the new r0.

        Raises:
            GuestExit: the guest is done.
            ConsoleClosed: its output cannot be written.
        """
        name = OPERATIONS.get(operation, "unknown")
        handler: Callable[[int], int] = getattr(self, f"_{name}")
        try:
            return handler(parameter) & WORD
        except RefusedError as error:
            self._tell(name)
            return self._fail(error)
        except OSError as error:
            return self._fail(error)

    def close(self) -> None:
        """Close every file that the guest left open."""
        for handle in self._handles.values():
            handle.close()
        self._handles.clear()

    # Files

    def _open(self, block: int) -> int:
        pointer, mode, length = self._words(block, 3)
        name = self._name(pointer, length)
        if mode > 11:
            raise OSError(errno.EINVAL, "no such mode")
        if len(self._handles) >= MOST_HANDLES:
            raise OSError(errno.EMFILE, "too many open files")
        number = next(n for n in range(1, MOST_HANDLES + 1) if n not in self._handles)
        self._handles[number] = self._opened(name, mode)
        return number

    def _opened(self, name: bytes, mode: int) -> Handle:
        if name == b":tt":
            if mode < 4:
                return ConsoleInput(self._stdin, self._stdout)
            return ConsoleOutput(self._stdout if mode < 8 else self._stderr)
        if name == b":semihosting-features":
            if mode >= 2:
                raise OSError(errno.EACCES, "only for reading")
            return Features()
        return HostFile(self._files.open(name, mode // 2))

    def _close(self, block: int) -> int:
        number = self._words(block, 1)[0]
        self._handle(number).close()
        del self._handles[number]
        return 0

    def _write(self, block: int) -> int:
        """Return how many bytes were not written."""
        number, address, left = self._words(block, 3)
        try:
            handle = self._handle(number)
            while left:
                written = handle.write(self._memory.read_bytes(address, min(left, PIECE)))
                if not written:
                    break
                address += written
                left -= written
        except OSError as error:
            self._fail(error)
        return left

    def _read(self, block: int) -> int:
        """Return how many bytes were not read."""
        number, address, left = self._words(block, 3)
        try:
            handle = self._handle(number)
            while left:
                data = handle.read(min(left, PIECE))
                if not data:
                    break
                self._memory.write_bytes(address, data)
                address += len(data)
                left -= len(data)
                if handle.at_most_one_line:
                    break
        except OSError as error:
            self._fail(error)
        return left

    def _istty(self, block: int) -> int:
        return int(self._handle(self._words(block, 1)[0]).terminal)

    def _seek(self, block: int) -> int:
        number, position = self._words(block, 2)
        self._handle(number).seek(position)
        return 0

    def _flen(self, block: int) -> int:
        return self._handle(self._words(block, 1)[0]).length()

    def _remove(self, block: int) -> int:
        pointer, length = self._words(block, 2)
        self._files.remove(self._name(pointer, length))
        return 0

    def _rename(self, block: int) -> int:
        pointer, length, new_pointer, new_length = self._words(block, 4)
        self._files.rename(self._name(pointer, length), self._name(new_pointer, new_length))
        return 0

    def _tmpnam(self, block: int) -> int:
        pointer, identifier, size = self._words(block, 3)
        name = b"tmp%03d.tmp\0" % (identifier & 0xFF)
        if identifier > 255 or size < len(name):
            raise OSError(errno.EINVAL, "identifier or buffer")
        self._memory.write_bytes(pointer, name)
        return 0

    # The console

    def _writec(self, address: int) -> int:
        self._console.write(self._memory.read_bytes(address, 1))
        return 0

    def _write0(self, address: int) -> int:
        for _ in range(LONGEST_STRING // 64):
            # never across a multiple of 64: the string may end where the memory does
            data = self._memory.read_bytes(address, 64 - address % 64)
            text, end, _ = data.partition(b"\0")
            self._console.write(text)
            if end:
                break
            address += len(data)
        return 0

    def _readc(self, _: int) -> int:
        self._stdout.flush()
        data = self._stdin.read(1)
        return data[0] if data else FAILED

    # Time and surroundings

    def _clock(self, _: int) -> int:
        return self._cycles() * 100 // self._clock_hz

    def _time(self, _: int) -> int:
        return int(time.time()) if self._host_time else self._cycles() // self._clock_hz

    def _elapsed(self, block: int) -> int:
        self._memory.write_bytes(block, self._cycles().to_bytes(8, "little"))
        return 0

    def _tickfreq(self, _: int) -> int:
        return self._clock_hz

    def _unknown(self, _: int) -> int:
        """Refuse an operation that the specification does not have."""
        raise OSError(errno.ENOSYS, "no such operation")

    def _system(self, block: int) -> int:
        """Refuse: a guest never runs anything on the host."""
        self._words(block, 2)
        raise OSError(errno.ENOSYS, "refused")

    def _iserror(self, block: int) -> int:
        return self._words(block, 1)[0] >> 31

    def _last_errno(self, _: int) -> int:
        return NEWLIB_ERRNO.get(self._errno, self._errno)

    def _get_cmdline(self, block: int) -> int:
        pointer, size = self._words(block, 2)
        if size <= len(self._command_line):
            raise OSError(errno.E2BIG, "a buffer too small")
        self._memory.write_bytes(pointer, self._command_line + b"\0")
        self._memory.write_bytes(block + 4, len(self._command_line).to_bytes(4, "little"))
        return 0

    def _heapinfo(self, block: int) -> int:
        pointer = self._words(block, 1)[0]
        data = b"".join(address.to_bytes(4, "little") for address in self._heap)
        self._memory.write_bytes(pointer, data)
        return 0

    def _exit(self, reason: int) -> int:
        raise GuestExit(0 if reason == APPLICATION_EXIT else 1, reason)

    def _exit_extended(self, block: int) -> int:
        reason, subcode = self._words(block, 2)
        if reason != APPLICATION_EXIT:
            raise GuestExit(1, reason)
        raise GuestExit(subcode & 0xFF or int(subcode != 0), reason)

    # Helpers

    def _words(self, address: int, count: int) -> list[int]:
        data = self._memory.read_bytes(address, 4 * count)
        return [int.from_bytes(data[i : i + 4], "little") for i in range(0, 4 * count, 4)]

    def _name(self, pointer: int, length: int) -> bytes:
        if length > LONGEST_NAME:
            raise OSError(errno.ENAMETOOLONG, "a name too long")
        name = self._memory.read_bytes(pointer, length) if length else b""
        self._last_name = name.decode("utf-8", "backslashreplace")
        return name

    def _handle(self, number: int) -> Handle:
        handle = self._handles.get(number)
        if handle is None:
            raise OSError(errno.EBADF, "no such handle")
        return handle

    def _fail(self, error: OSError) -> int:
        if isinstance(error, ConsoleClosed):
            raise error
        self._errno = error.errno or errno.EIO
        return FAILED

    def _tell(self, operation: str) -> None:
        """Say once that the guest was refused a file, and how to allow it."""
        if not self._reported:
            self._reported = True
            self._report(
                f"the guest may not {operation} {self._last_name!r}; it may read the files named "
                "after -- and, with --semihosting-dir DIR, use those in DIR"
            )
