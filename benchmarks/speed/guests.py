"""The programs that run here, in QEMU and in unicorn, and how they are built."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = Path(__file__).parent / "guests"
BUILD = ROOT / "benchmarks" / "build" / "speed"
START = ROOT / "tests" / "firmware_c"
BOARDS = {"m4": "mps2-an386", "m7": "mps2-an500"}
FLAGS = {
    "m4": "-mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16",
    "m7": "-mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-sp-d16",
}
COMMON = "-mthumb -O2 -Wall -Wextra --specs=nano.specs --specs=rdimon.specs".split()
CPLUSPLUS = "-std=gnu++17 -fno-exceptions -fno-rtti".split()


class Unavailable(Exception):
    """Something that a measurement needs is not installed: one line for the user."""


@dataclass(frozen=True)
class Guest:
    """A program of `guests/`.

    `per_round` is about how many instructions a round takes, `target` the ratio to QEMU's speed
    that is wanted of the engine `auto`.
    """

    name: str
    what: str
    per_round: int
    target: float = 0.0
    suffix: str = "c"

    def rounds(self, instructions: int) -> int:
        """Return how many rounds are about that many instructions."""
        return max(1, round(instructions / self.per_round))


GUESTS = (
    Guest("matrix", "matrix product of 8-bit numbers", 260_000, 1.0),
    Guest("floats", "Fourier transform and filter, single precision", 39_500, 1.0),
    Guest("branchy", "sort, CRC, state machine, linked list", 166_000, 0.8),
    Guest("small", "snprintf, strtol, malloc", 3_270, 0.5),
    Guest("objects", "C++: virtual calls, strings, containers", 2_650, 0.5, "cpp"),
)
MANY = Guest("many", "16, 256 or 4096 functions in turn", 0)


def guest(name: str) -> Guest:
    """Return the guest of that name."""
    return next(one for one in GUESTS if one.name == name)


def require_tools() -> None:
    """Raise Unavailable if the cross compiler or QEMU is missing."""
    for command in ("arm-none-eabi-gcc", "arm-none-eabi-g++", "qemu-system-arm"):
        if shutil.which(command) is None:
            raise Unavailable(f"{command} is not installed; .ci/packages installs what is needed")


def build(guest: Guest, core: str, rounds: int, *defines: str) -> Path:
    """Return the image of a guest, compiled now if its sources are newer."""
    name = "-".join((guest.name, core, str(rounds), *(one.replace("=", "") for one in defines)))
    image = BUILD / f"{name}.elf"
    source = SOURCES / f"{guest.name}.{guest.suffix}"
    inputs = (source, START / "start.c", START / "mps2.ld", Path(__file__))
    if image.exists() and all(one.stat().st_mtime < image.stat().st_mtime for one in inputs):
        return image
    BUILD.mkdir(parents=True, exist_ok=True)
    flags = [*COMMON, *FLAGS[core].split()]
    started = image.with_suffix(".start.o")
    _run(["arm-none-eabi-gcc", *flags, "-c", str(START / "start.c"), "-o", str(started)])
    compiler = ["arm-none-eabi-g++", *CPLUSPLUS] if guest.suffix == "cpp" else ["arm-none-eabi-gcc"]
    defined = [f"-D{one}" for one in (f"ROUNDS={rounds}", *defines)]
    _run([*compiler, *flags, *defined, "-T", str(START / "mps2.ld"), str(started), str(source),
          "-lm", "-o", str(image)])  # fmt: skip
    return image


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"{command[0]} failed: {done.stderr.strip().splitlines()[-1]}")
