"""Files that save work: compiled code, keyed by everything it depends on.

The folder is `ARMSIM_CACHE_DIR`, else `~/.cache/armsim`. A file counts only if it and its folder
belong to the user, nobody else can write them, and its digest fits: it holds native code.
"""

import hashlib
import os
import stat
import tempfile
from pathlib import Path


def folder() -> Path:
    """Return the cache folder."""
    chosen = os.environ.get("ARMSIM_CACHE_DIR")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "armsim"


def _is_ours(path: Path) -> bool:
    status = path.lstat()
    return (
        not stat.S_ISLNK(status.st_mode)
        and (not hasattr(os, "getuid") or status.st_uid == os.getuid())
        and status.st_mode & 0o022 == 0
    )


def read(name: str) -> bytes | None:
    """Return what was written under `name`, or None if there is nothing to be trusted."""
    path = folder() / name
    try:
        if not (_is_ours(path.parent) and _is_ours(path)):
            return None
        content = path.read_bytes()
    except OSError:
        return None
    digest, data = content[:32], content[32:]
    return data if hashlib.sha256(data).digest() == digest else None


def write(name: str, data: bytes) -> None:
    """Keep `data` under `name`; a folder that cannot be written only costs time later."""
    target = folder() / name
    temporary = None
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(data).digest() + data)
        os.replace(temporary, target)
    except OSError:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
