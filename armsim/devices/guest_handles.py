"""What a guest's file handle can stand for: the console, a file, or the list of features."""

import contextlib
import errno
import os
from typing import BinaryIO

LARGEST_FILE = 1 << 30
LARGEST_OFFSET = 0x7FFF_FFFF
# ":semihosting-features": the magic, then bit 0 SH_EXT_EXIT_EXTENDED, bit 1 SH_EXT_STDOUT_STDERR
FEATURES = b"SHFB\x03"


class ConsoleClosed(OSError):
    """The console takes nothing any more, a closed pipe or a full disk: this ends the run."""


class Handle:
    """Something open; what it cannot do raises OSError."""

    terminal = False
    at_most_one_line = False  # a read ends with the line, as on a terminal

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, none at the end."""
        raise OSError(errno.EBADF, "not open for reading")

    def write(self, data: bytes) -> int:
        """Return how many of the bytes were written."""
        raise OSError(errno.EBADF, "not open for writing")

    def seek(self, position: int) -> None:
        """Go to `position`, counted from the beginning."""
        raise OSError(errno.ESPIPE, "cannot seek")

    def length(self) -> int:
        """Return the length in bytes."""
        return 0

    def close(self) -> None:
        """Give up what is held."""


class ConsoleInput(Handle):
    """The guest's standard input."""

    terminal = True
    at_most_one_line = True

    def __init__(self, stream: BinaryIO, output: BinaryIO) -> None:
        self._stream = stream
        self._output = output

    def read(self, size: int) -> bytes:
        """Return a line or as much of it as fits; a prompt written before is shown first."""
        self._output.flush()
        return self._stream.readline(size)


class ConsoleOutput(Handle):
    """The guest's standard output or error."""

    terminal = True

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._live = _is_terminal(stream)

    def write(self, data: bytes) -> int:
        """Pass the bytes on, at once when somebody is watching."""
        try:
            self._stream.write(data)
            if self._live:
                self._stream.flush()
        except OSError as error:
            raise ConsoleClosed(*error.args) from None
        return len(data)


class Features(Handle):
    """The file `:semihosting-features`."""

    def __init__(self) -> None:
        self._position = 0

    def read(self, size: int) -> bytes:
        """Return bytes of the list."""
        data = FEATURES[self._position : self._position + size]
        self._position += len(data)
        return data

    def seek(self, position: int) -> None:
        """Go to a byte of the list, or to its end."""
        if position > len(FEATURES):
            raise OSError(errno.EINVAL, "beyond the end")
        self._position = position

    def length(self) -> int:
        """Return the length of the list."""
        return len(FEATURES)


class HostFile(Handle):
    """A file of the host, by descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def read(self, size: int) -> bytes:
        """Return bytes from the current position."""
        return os.read(self._descriptor, size)

    def write(self, data: bytes) -> int:
        """Write at the current position, within the largest size a guest's file may have."""
        if os.lseek(self._descriptor, 0, os.SEEK_CUR) + len(data) > LARGEST_FILE:
            raise OSError(errno.EFBIG, "a file too large")
        return os.write(self._descriptor, data)

    def seek(self, position: int) -> None:
        """Go to `position`."""
        if position > LARGEST_OFFSET:
            raise OSError(errno.EINVAL, "not a position")
        os.lseek(self._descriptor, position, os.SEEK_SET)

    def length(self) -> int:
        """Return the file's length."""
        size = os.fstat(self._descriptor).st_size
        if size > LARGEST_OFFSET:
            raise OSError(errno.EFBIG, "a file too large")
        return size

    def close(self) -> None:
        """Close the descriptor."""
        with contextlib.suppress(OSError):
            os.close(self._descriptor)


def _is_terminal(stream: BinaryIO) -> bool:
    try:
        return stream.isatty()
    except (OSError, ValueError):
        return False
