"""Which files of the host a guest may touch, and how they are opened.

The guest is not trusted. It may read the files that the user named, and with a folder it may
read, write, create, rename and remove regular files in it. Symbolic links and `..` are resolved
before that is decided, and nothing but a regular file is ever opened. To read, a file out of reach
is one that does not exist, whether it does or not.
"""

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path

LONGEST_NAME = 4096
# open modes of the specification (fopen's), binary or text alike: flags, whether to truncate
_READ, _WRITE, _BOTH = os.O_RDONLY, os.O_WRONLY, os.O_RDWR
MODES = (
    (_READ, False),  # r
    (_BOTH, False),  # r+
    (_WRITE | os.O_CREAT, True),  # w
    (_BOTH | os.O_CREAT, True),  # w+
    (_WRITE | os.O_CREAT | os.O_APPEND, False),  # a
    (_BOTH | os.O_CREAT | os.O_APPEND, False),  # a+
)
_GUARD = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


class RefusedError(OSError):
    """A file that the guest has no right to."""


class GuestFiles:
    """The files within a guest's reach.

    Every method raises OSError with the reason when something is refused or fails.
    """

    def __init__(self, readable: Iterable[Path], folder: Path | None) -> None:
        self._readable: dict[str, str] = {}
        for path in readable:
            real = os.path.realpath(path)
            self._readable[os.fspath(path)] = real
            self._readable[real] = real
        self._folder = os.path.realpath(folder) if folder is not None else None

    def open(self, name: bytes, mode: int) -> int:
        """Return a file descriptor for the guest's `name`; `mode` indexes MODES."""
        flags, truncate = MODES[mode]
        path = self._named(name) if flags == _READ else None
        if path is None:
            path = self._inside(name, errno.ENOENT if flags == _READ else errno.EACCES)
        _refuse_irregular(path)
        descriptor = os.open(path, flags | _GUARD, 0o666)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise _refused(path)
            if truncate:
                os.ftruncate(descriptor, 0)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def remove(self, name: bytes) -> None:
        """Remove a file of the folder; of a symbolic link, the link."""
        os.unlink(self._entry(name))

    def rename(self, old: bytes, new: bytes) -> None:
        """Rename a file within the folder."""
        os.replace(self._entry(old), self._entry(new, must_exist=False))

    def _named(self, name: bytes) -> str | None:
        """Return the file to open when `name` is one that the user named."""
        text = _text(name)
        found = self._readable.get(text)
        if found is None:
            found = self._readable.get(os.fspath(Path(text)))
        return found if found is not None else self._readable.get(os.path.realpath(text))

    def _inside(self, name: bytes, number: int) -> str:
        """Return the path of `name` in the folder, every link resolved; `number` refuses others."""
        folder = self._need_folder(number)
        path = os.path.realpath(os.path.join(folder, _text(name)))
        if not _is_within(path, folder):
            raise _refused(path, number)
        return path

    def _entry(self, name: bytes, *, must_exist: bool = True) -> str:
        """Return the path of a directory entry in the folder, itself not resolved."""
        folder = self._need_folder()
        parent, last = os.path.split(os.path.join(folder, _text(name)))
        if last in ("", ".", ".."):
            raise OSError(errno.EINVAL, "no file name")
        path = os.path.join(os.path.realpath(parent), last)
        if not _is_within(path, folder):
            raise _refused(path)
        if must_exist or os.path.lexists(path):
            mode = os.lstat(path).st_mode
            if stat.S_ISDIR(mode):
                raise OSError(errno.EISDIR, "a directory")
            if not stat.S_ISREG(mode) and not stat.S_ISLNK(mode):
                raise _refused(path)
        return path

    def _need_folder(self, number: int = errno.EACCES) -> str:
        if self._folder is None:
            raise _refused("no folder", number)
        return self._folder


def _text(name: bytes) -> str:
    if len(name) > LONGEST_NAME:
        raise OSError(errno.ENAMETOOLONG, "a name too long")
    if not name or b"\0" in name:
        raise OSError(errno.ENOENT, "no name")
    return os.fsdecode(name)


def _is_within(path: str, folder: str) -> bool:
    return path != folder and os.path.commonpath([path, folder]) == folder


def _refuse_irregular(path: str) -> None:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, "a directory")
    if not stat.S_ISREG(mode):
        raise _refused(path)


def _refused(path: str, number: int = errno.EACCES) -> RefusedError:
    return RefusedError(number, "outside the guest's reach", path)
