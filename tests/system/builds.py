"""How the programs of this folder are compiled, and for which cores."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"
LEVELS = ("-O0", "-Os", "-O2", "-O3", "-Ofast")
TARGETS = {
    "m4-hard": ("mps2-an386", "-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard"),
    "m4-soft": ("mps2-an386", "-mcpu=cortex-m4 -mfloat-abi=soft"),
    "m7-single": ("mps2-an500", "-mcpu=cortex-m7 -mfpu=fpv5-sp-d16 -mfloat-abi=hard"),
    "m7-double": ("mps2-an500", "-mcpu=cortex-m7 -mfpu=fpv5-d16 -mfloat-abi=hard"),
}
C_PROGRAMS = (
    "priorities", "faults", "threads", "fp_context", "waiting", "protection", "switcher", "resets"
)  # fmt: skip
NEEDS_FPU = ("fp_context",)
FREESTANDING = ["-ffreestanding", "-fno-builtin", "-nostdlib"]


@dataclass(frozen=True)
class Build:
    """One program, compiled in one way."""

    program: str
    target: str
    level: str

    @property
    def board(self) -> str:
        return TARGETS[self.target][0]

    def __str__(self) -> str:
        return f"{self.program} {self.target} {self.level}"


def every_build() -> list[Build]:
    return [
        Build(program, target, level)
        for program in (*C_PROGRAMS, "objects")
        for target in TARGETS
        for level in LEVELS
        if not (program in NEEDS_FPU and target == "m4-soft")
    ]


def covering_builds() -> list[Build]:
    """Return builds with each program on each target and at each level, not in each combination."""
    chosen = []
    targets = list(TARGETS)
    for number, program in enumerate((*C_PROGRAMS, "objects")):
        usable = [t for t in targets if not (program in NEEDS_FPU and t == "m4-soft")]
        count = len(LEVELS) if program != "objects" else len(usable)
        for k in range(count):
            level = LEVELS[(number + k) % len(LEVELS)]
            chosen.append(Build(program, usable[(number + k) % len(usable)], level))
    return chosen


def compile_build(build: Build, folder: Path, *more: str) -> Path:
    """Return the image of a build, with `more` options for the compiler."""
    image = folder / f"{build.program}-{build.target}{build.level}.elf"
    flags = [*TARGETS[build.target][1].split(), "-mthumb", "-g", build.level, "-Wall", "-Wextra"]
    flags += [*more, "-Werror", "-T", "link.ld", "-o", str(image)]
    if build.program == "objects":
        objects = []
        for source in ("start.c", "system_calls.c"):
            objects.append(str(image.with_suffix(f".{source}.o")))
            plain = [*flags[:-4], *FREESTANDING[:2]]
            _run("arm-none-eabi-gcc", *plain, "-c", source, "-o", objects[-1])
        _run("arm-none-eabi-g++", "-std=gnu++17", "-nostartfiles", *flags, "objects.cc", *objects)
    else:
        sources = ["start.c", f"{build.program}.c"]
        _run("arm-none-eabi-gcc", *FREESTANDING, *flags, *sources, "-lgcc")
    return image


def _run(*command: str) -> None:
    done = subprocess.run(command, cwd=PROGRAMS, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
