"""Fresh processes: QEMU, and the command `armsim run`."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed.guests import ROOT, Unavailable


@dataclass(frozen=True)
class Spent:
    """What a process took, and what it printed."""

    wall: float
    cpu: float
    peak_mib: float
    status: int
    printed: str


def spawn(command: list[str], environment: dict[str, str] | None = None) -> Spent:
    """Run a command to its end; it must succeed."""
    script = str(Path(__file__).with_name("spawn.py"))
    done = subprocess.run(
        [sys.executable, "-I", "-S", script, *command],
        cwd=ROOT, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    *said, last = done.stderr.strip().splitlines() or [""]
    spent = json.loads(last) if last.startswith("{") else None
    if spent is None or spent["status"]:
        why = f"status {spent['status']}: {' '.join(said)[-200:]}" if spent else last
        raise Unavailable(f"{' '.join(command[:4])} ... {command[-1]} failed, {why}")
    return Spent(**spent, printed=done.stdout)


def qemu(image: Path, board: str) -> Spent:
    """Run an image in QEMU."""
    command = ["qemu-system-arm", "-M", board, "-display", "none", "-monitor", "none"]
    command += ["-serial", "none", "-semihosting-config", "enable=on,target=native"]
    return spawn([*command, "-kernel", str(image)])


def armsim_run(image: Path, board: str, engine: str, cache: Path) -> Spent:
    """Run an image with `armsim run`; what is kept is kept in `cache`."""
    environment = {
        **os.environ,
        "ARMSIM_CACHE_DIR": str(cache / "armsim"),
        "PYTHONPYCACHEPREFIX": str(cache / "bytecode"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode
    command = [sys.executable, "-m", "armsim", "run", "-q", "--board", board, "--engine", engine]
    return spawn([*command, str(image)], environment)


def forget_regions(cache: Path) -> None:
    """Delete translated code, as if no program had run before; the engines stay."""
    for file in (cache / "armsim").glob("region-*.o"):
        file.unlink()
