"""C programs with newlib, at every optimisation: the same output here and in QEMU.

Each is linked with semihosting as it comes (`rdimon.specs`) for the MPS2 boards, which both have,
and runs as the same image on both. By default a covering choice of combinations; all of them with
`--exhaustive`.
"""

import hashlib
import io
import shutil
import subprocess
from itertools import combinations, product
from pathlib import Path

import pytest

from armsim.session import run_image

HERE = Path(__file__).parent
PROGRAMS = ("print", "memory", "mathematics", "strings", "jumps", "wide", "files")
STATUS = {"print": 7, "strings": 4}
OPTIMISE = ("-O0", "-Os", "-O2", "-O3", "-Ofast")
CORES = {
    "m4-soft": ("m4", "-mcpu=cortex-m4 -mfloat-abi=soft"),
    "m4-softfp": ("m4", "-mcpu=cortex-m4 -mfloat-abi=softfp -mfpu=fpv4-sp-d16"),
    "m4-hard": ("m4", "-mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16"),
    "m7-single": ("m7", "-mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-sp-d16"),
    "m7-double": ("m7", "-mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-d16"),
    "m7-double-softfp": ("m7", "-mcpu=cortex-m7 -mfloat-abi=softfp -mfpu=fpv5-d16"),
}
LIBRARIES = {
    "newlib": "--specs=rdimon.specs",
    "nano": "--specs=nano.specs --specs=rdimon.specs -u _printf_float -u _scanf_float",
}
BOARDS = {"m4": "mps2-an386", "m7": "mps2-an500"}
DATA = b"".join(b"line %d of a file: %s\n" % (k, b"#" * (k % 41)) for k in range(60)) + b"no end"
ALL = list(product(PROGRAMS, OPTIMISE, CORES, LIBRARIES))

pytestmark = pytest.mark.skipif(
    shutil.which("arm-none-eabi-gcc") is None or shutil.which("qemu-system-arm") is None,
    reason="arm-none-eabi-gcc and qemu-system-arm are not both installed",
)


def covering() -> list[tuple[str, str, str, str]]:
    """Return combinations in which every two values meet: a program and a level, and so on."""
    chosen: list[tuple[str, str, str, str]] = []
    seen: set[tuple[int, int, str, str]] = set()
    for program, core in product(PROGRAMS, CORES):
        options = [
            (program, level, core, library) for level, library in product(OPTIMISE, LIBRARIES)
        ]
        best = max(options, key=lambda one: len(pairs(one) - seen))
        chosen.append(best)
        seen |= pairs(best)
    return chosen


def pairs(one: tuple[str, str, str, str]) -> set[tuple[int, int, str, str]]:
    """Return every two values of a combination that meet, with their places."""
    return {(i, j, one[i], one[j]) for i, j in combinations(range(4), 2)}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "combination" in metafunc.fixturenames:
        chosen = ALL if metafunc.config.getoption("--exhaustive") else covering()
        metafunc.parametrize("combination", chosen, ids=[" ".join(one) for one in chosen])


def compiled(folder: Path, program: str, level: str, core: str, library: str) -> Path:
    """Return the image of a program."""
    image = folder / f"{program}.elf"
    command = ["arm-none-eabi-gcc", "-mthumb", *CORES[core][1].split(), level, "-Wall", "-Wextra"]
    command += [
        "-T",
        str(HERE / "mps2.ld"),
        *(str(HERE / f"{name}.c") for name in ("start", program)),
    ]
    command += [*LIBRARIES[library].split(), "-lm", "-o", str(image)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return image


def in_qemu(image: Path, board: str, arguments: list[str]) -> tuple[int, bytes]:
    """Return status and output of an image in QEMU."""
    words = "".join(f",arg={word}" for word in (image.name, *arguments))
    command = ["qemu-system-arm", "-M", board, "-display", "none", "-monitor", "none"]
    command += ["-serial", "none", "-kernel", str(image)]
    command += ["-semihosting-config", f"enable=on,target=native{words}"]
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
    return done.returncode, done.stdout


def test_a_program_prints_what_it_prints_in_qemu(
    combination: tuple[str, str, str, str], tmp_path: Path
) -> None:
    program, level, core, library = combination
    image = compiled(tmp_path, program, level, core, library)
    data = tmp_path / "data.txt"
    data.write_bytes(DATA)
    arguments = [str(data)] if program == "files" else []
    kind = CORES[core][0]
    run, output = run_image(
        image, board=BOARDS[kind], arguments=arguments, stdin=io.BytesIO(),
        max_instructions=200_000_000,
    )  # fmt: skip
    assert run.stop.reason == "exit", run.stop.message
    status, expected = in_qemu(image, BOARDS[kind], arguments)
    assert output == expected, f"sha256 {hashlib.sha256(output).hexdigest()}"
    assert run.stop.status == status
    if program in STATUS:
        assert status == STATUS[program]
    assert output.count(b"\n") >= 3
    assert sum(run.causes.values()) == run.cycles


def test_the_choice_of_combinations_covers_pairs() -> None:
    chosen = covering()
    assert len(set(chosen)) == len(chosen)
    assert set().union(*map(pairs, chosen)) == set().union(*map(pairs, ALL))
