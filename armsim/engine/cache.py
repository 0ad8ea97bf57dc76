"""Files that save work: compiled code, keyed by everything it depends on.

The folder is `ARMSIM_CACHE_DIR`, else `~/.cache/armsim`. A file counts only if it and its folder
belong to the user, nobody else can write them, and its digest fits: it holds native code. All files
together stay below `MOST`; what was not used for longest goes first.
"""

import contextlib
import hashlib
import os
import re
import stat
import tempfile
import time
from pathlib import Path

MOST = 256 << 20  # bytes
LOOK = 16 << 20  # bytes that a process writes between looks at the size of the folder
USED = 3600  # seconds after which it is noted again that a file was used
_NEW = ".new-"
_OURS = re.compile(r"[a-z]+(-[0-9a-f]{32})?\.(o|json)|\.new-\w+")  # whatever else there is stays
_unseen = LOOK  # bytes written since the last look


def folder() -> Path:
    """Return the cache folder."""
    chosen = os.environ.get("ARMSIM_CACHE_DIR")
    if chosen:
        return Path(chosen)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "armsim"
    except RuntimeError:  # a user without a home
        return Path(os.devnull) / "armsim"  # which can be neither read nor made


def _is_ours(status: os.stat_result) -> bool:
    return (not hasattr(os, "getuid") or status.st_uid == os.getuid()) and (
        status.st_mode & 0o022 == 0
    )


def _is_our_folder(path: Path) -> bool:
    status = path.lstat()
    return stat.S_ISDIR(status.st_mode) and _is_ours(status)


def read(name: str) -> bytes | None:
    """Return what was written under `name`, or None if there is nothing to be trusted."""
    path = folder() / name
    try:
        status = path.lstat()
        if not (_is_our_folder(path.parent) and stat.S_ISREG(status.st_mode) and _is_ours(status)):
            return None
        content = path.read_bytes()
    except OSError:
        return None
    digest, data = content[:32], content[32:]
    if hashlib.sha256(data).digest() != digest:
        return None
    if time.time() - status.st_mtime > USED:
        _note_use(path)
    return data


def _note_use(path: Path) -> None:
    with contextlib.suppress(OSError):  # a folder that is only read
        os.utime(path)


def write(name: str, data: bytes) -> None:
    """Keep `data` under `name`; a folder that cannot be written only costs time later."""
    global _unseen
    target = folder() / name
    temporary = None
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_our_folder(target.parent):
            return  # nothing would be read from there
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=_NEW)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(data).digest() + data)
        os.replace(temporary, target)
    except OSError:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        return
    _unseen += len(data)
    if _unseen >= LOOK:
        _unseen = 0
        _make_room(target.parent)


def _make_room(path: Path) -> None:
    """Remove what was not used for longest, until a quarter of the room is free."""
    found = []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if _OURS.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    found.append((status.st_mtime, status.st_size, entry.path))
    except OSError:
        return  # another process removes files, too
    size = sum(one for _, one, _ in found)
    if size <= MOST:
        return
    for _, one, old in sorted(found):
        if size <= MOST * 3 // 4:
            return
        Path(old).unlink(missing_ok=True)
        size -= one
