"""The command: exit statuses, what goes to stdout and to stderr, JSON, bad input in one line."""

import argparse
import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from guests import RAM, image
from machine.elf_writer import Elf, Load, attributes, program

from armsim.cli import _parser, main
from armsim.nn.__main__ import parser as networks

ROOT = Path(__file__).parents[1]
BOARD = ("--board", "stm32f4-discovery")
HELLO = """
    mov32 r1, text
    movs r0, #4
    bkpt #0xab
    b exit
    .align 4
text:
    .word 0x6c6c6548, 0x000a6f
"""
# SYS_GET_CMDLINE into RAM, then SYS_WRITE0 of it
ECHO = f"""
    mov32 r1, #{RAM}
    mov32 r2, #{RAM + 0x20}
    str r2, [r1]
    movs r3, #200
    str r3, [r1, #4]
    movs r0, #0x15
    bkpt #0xab
    mov r1, r2
    movs r0, #4
    bkpt #0xab
    b exit
"""


@dataclass
class Outcome:
    """What a command returned and wrote."""

    status: int
    out: bytes
    err: str


@pytest.fixture
def armsim(capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., Outcome]:
    """Run the command in this process."""

    def run(*arguments: object) -> Outcome:
        status = main([str(argument) for argument in arguments])
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return Outcome(status, out, err.decode())

    return run


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Path]:
    """Write an image of a program, or of an `Elf`."""

    def write(source: str | Elf | bytes, name: str = "guest.elf") -> Path:
        path = tmp_path / name
        if isinstance(source, str):
            source = image(source)
        path.write_bytes(source.build() if isinstance(source, Elf) else source)
        return path

    return write


Run = Callable[..., Outcome]
Build = Callable[..., Path]


def test_output_of_the_guest_is_all_that_stdout_gets(armsim: Run, build: Build) -> None:
    done = armsim("run", build(HELLO), *BOARD)
    assert done.status == 0
    assert done.out == b"Hello\n"
    assert "instructions" in done.err
    assert "Hello" not in done.err
    quiet = armsim("run", build(HELLO), *BOARD, "--quiet")
    assert (quiet.status, quiet.out, quiet.err) == (0, b"Hello\n", "")


@pytest.mark.parametrize("status", [0, 1, 77, 255])
def test_the_status_is_the_guests_own(armsim: Run, build: Build, status: int) -> None:
    source = f"""
        mov32 r1, #{RAM}
        mov32 r0, #0x20026
        str r0, [r1]
        movs r0, #{status}
        str r0, [r1, #4]
        movs r0, #0x20
        bkpt #0xab
    """
    done = armsim("run", build(source), *BOARD, "--json", "-", "-q")
    assert done.status == status
    stop = json.loads(done.out)["stop"]
    assert (stop["reason"], stop["status"], stop["message"]) == ("exit", status, "")


def test_a_guest_that_dies_gives_3_and_says_why(armsim: Run, build: Build) -> None:
    path = build("nop\nudf #0\nb exit")
    done = armsim("run", path, *BOARD, "-q")
    assert done.status == 3
    assert done.err.count("\n") == 1
    assert done.err.startswith(f"armsim: {path}: lockup: ")
    assert "undefined instruction" in done.err


def test_an_instruction_that_is_not_one_gives_3(armsim: Run, build: Build) -> None:
    path = build("nop\n.half 0xb600\nb exit")
    done = armsim("run", path, *BOARD, "-q")
    assert done.status == 3
    assert done.err.startswith(f"armsim: {path}: lockup: ")
    assert "undefined instruction b600 (Capstone reads " in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "key", "most"),
    [("--max-instructions", "instructions", 0), ("--max-cycles", "cycles", 3)],
)
def test_a_limit_gives_124_and_is_kept(
    armsim: Run, build: Build, option: str, key: str, most: int
) -> None:
    path = build("busy: adds r0, #1\nb busy")
    for text, number in (("1000", 1000), ("1e4", 10_000), ("0x400", 1024), ("10_001", 10_001)):
        done = armsim("run", path, *BOARD, option, text, "--json", "-", "-q")
        assert done.status == 124
        result = json.loads(done.out)
        assert number <= result[key] <= number + most
        assert result["stop"]["reason"] == "limit"
        assert done.err == f"armsim: {path}: {result['stop']['message']}\n"


def test_arguments_behind_the_dashes_reach_the_guest(armsim: Run, build: Build) -> None:
    path = build(ECHO)
    done = armsim("run", path, *BOARD, "-q", "--", "clip.wav", "--json", "x", "two words")
    assert done.status == 0
    assert done.out == b"guest.elf clip.wav --json x 'two words'"


def test_json_tells_all_and_is_the_same_twice(armsim: Run, build: Build, tmp_path: Path) -> None:
    path, texts = build(HELLO), []
    for name in ("one.json", "two.json"):
        done = armsim("run", path, *BOARD, "-q", "--json", tmp_path / name)
        assert (done.status, done.out) == (0, b"Hello\n")
        texts.append((tmp_path / name).read_text())
    results = [json.loads(text) for text in texts]
    one = results[0]
    assert list(one) == [
        "schema", "armsim", "timing_model", "image", "image_sha256", "core", "board", "clock_hz",
        "engine", "instructions", "cycles", "seconds", "causes", "dual_issue", "stop", "regions",
        "host_seconds", "host_mips",
    ]  # fmt: skip
    assert (one["schema"], one["core"], one["board"]) == (1, "cortex-m4", "stm32f4-discovery")
    assert one["engine"] == "auto"
    assert one["seconds"] == one["cycles"] / one["clock_hz"]
    assert sum(one["causes"].values()) == one["cycles"]
    assert sum(region["instructions"] for region in one["regions"]) == one["instructions"]
    for region in one["regions"]:
        assert set(region) == {"name", "calls", "instructions", "cycles", "causes"}
        assert sum(region["causes"].values()) == region["cycles"]
    for result in results:
        del result["host_seconds"], result["host_mips"]
    assert json.dumps(results[0]) == json.dumps(results[1])
    assert texts[0].endswith("}\n")


def test_as_a_process_it_keeps_streams_and_status_apart(build: Build, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "armsim", "run", str(build(HELLO)), *BOARD]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment)
    assert (done.returncode, done.stdout) == (0, b"Hello\n")
    assert b"instructions" in done.stderr
    command = [sys.executable, "-m", "armsim", "run", "nowhere.elf"]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"armsim: nowhere.elf")
    assert done.stderr.count(b"\n") == 1


def shell(command: str, folder: Path, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    """Run a shell command in which $ARMSIM is the command."""
    every = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **environment}
    every["ARMSIM"] = f"{sys.executable} -m armsim"
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, cwd=folder, env=every, timeout=60
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_closed_pipe_ends_it_quietly(build: Build, tmp_path: Path, unbuffered: str) -> None:
    build(HELLO.replace("b exit", "b start"))
    command = f"$ARMSIM run guest.elf {' '.join(BOARD)} | head -c 12; echo ${{PIPESTATUS[0]}} >&2"
    done = shell(command, tmp_path, PYTHONUNBUFFERED=unbuffered)
    assert (done.stdout, done.stderr) == (b"Hello\nHello\n", b"141\n")


@pytest.mark.parametrize("reader", ["true", "head -n 1"])
@pytest.mark.parametrize("command", ["boards", "nn table"])
def test_whoever_lists_may_be_cut_short(command: str, reader: str, tmp_path: Path) -> None:
    done = shell(f"$ARMSIM {command} | {reader}; echo ${{PIPESTATUS[0]}} >&2", tmp_path)
    assert done.stderr in (b"0\n", b"141\n")
    done = shell(f"($ARMSIM {command}; echo $? >&2) | (exec <&-; sleep 2)", tmp_path)
    assert done.stderr == b"141\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("option", ["", "--json -"])
def test_a_full_disk_is_said(build: Build, tmp_path: Path, option: str, unbuffered: str) -> None:
    build(HELLO)
    command = f"$ARMSIM run guest.elf {' '.join(BOARD)} -q {option} >/dev/full"
    done = shell(command, tmp_path, PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 2
    assert done.stderr == b"armsim: output cannot be written: No space left on device\n"


def test_a_closed_standard_input_is_an_empty_one(build: Build, tmp_path: Path) -> None:
    build(HELLO)
    done = shell(f"$ARMSIM run guest.elf {' '.join(BOARD)} -q <&- 2>&-", tmp_path)
    assert (done.returncode, done.stdout) == (0, b"Hello\n")


def test_a_closed_standard_output_is_said(build: Build, tmp_path: Path) -> None:
    build(HELLO)
    done = shell(f"$ARMSIM run guest.elf {' '.join(BOARD)} -q >&-", tmp_path)
    assert done.returncode == 2
    assert done.stderr == b"armsim: output cannot be written: Bad file descriptor\n"


# bad input ----------------------------------------------------------------------------------------

GOOD = image(HELLO).build()
M4 = attributes((5, "Cortex-M4"), (6, 13), (7, ord("M")))


def elf_with(offset: int, data: bytes) -> bytes:
    return GOOD[:offset] + data + GOOD[offset + len(data) :]


def with_table(stack: int, reset: int) -> Elf:
    return program(stack=stack, reset=reset)


BAD_IMAGES: dict[str, tuple[bytes | Elf, str]] = {
    "empty": (b"", "empty"),
    "text": (b"Hello, this is no image.\n" * 10, "ELF"),
    "a directory of bytes": (bytes(4096), "ELF"),
    "cut in the header": (GOOD[:30], "header"),
    "cut in the program headers": (GOOD[:60], ""),
    "cut in a segment": (GOOD[:200], ""),
    "x86-64": (b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, 62, 1) + bytes(100), ""),
    "AArch64": (
        b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, 183, 1) + bytes(100), "AArch64",
    ),
    "32-bit x86": (elf_with(18, struct.pack("<H", 3)), "x86"),
    "big-endian": (
        b"\x7fELF\x01\x02\x01" + bytes(9) + struct.pack(">HHI", 2, 40, 1) + bytes(100), "endian",
    ),
    "a relocatable file": (elf_with(16, struct.pack("<H", 1)), ""),
    "no loadable segment": (Elf(), "segment"),
    "outside the board's memory": (Elf(loads=[Load(0x9000_0000, bytes(64))]), "0x90000000"),
    "beyond the end of flash": (Elf(loads=[Load(0x080F_FFF0, bytes(64))]), "0x08100000"),
    "no room for a vector table": (Elf(loads=[Load(0x0800_0000, bytes(4))]), ""),
    "a stack pointer in flash": (with_table(0x0800_1000, 0x0800_0009), "0x08001000"),
    "a stack pointer outside of memory": (with_table(0x3000_0000, 0x0800_0009), "0x30000000"),
    "a reset vector that is even": (with_table(0x2001_0000, 0x0800_0008), "bit 0"),
    "a reset vector outside of code": (with_table(0x2001_0000, 0x0900_0009), "0x09000009"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_IMAGES)
def test_a_bad_image_is_refused_in_one_line(
    armsim: Run, build: Build, tmp_path: Path, what: str
) -> None:
    content, word = BAD_IMAGES[what]
    path = build(content, "bad.elf")
    done = refused(armsim, tmp_path, path, *BOARD)
    assert word in done.err
    assert str(path) in done.err


def refused(armsim: Run, folder: Path, *arguments: object) -> Outcome:
    """Run the command, which must end with 2 and one line, and write nothing."""
    before = sorted(folder.iterdir())
    done = armsim("run", *arguments, "--json", folder / "out.json", "--itm", folder / "itm.bin")
    assert done.status == 2
    assert done.out == b""
    assert done.err.startswith("armsim: ")
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err
    assert sorted(folder.iterdir()) == before
    return done


def test_an_m4_lacks_double_precision(armsim: Run, build: Build, tmp_path: Path) -> None:
    fpv5_d16 = attributes((5, "Cortex-M7"), (6, 13), (7, ord("M")), (10, 8), (28, 1))
    path = build(Elf(loads=image(HELLO).loads, attributes=fpv5_d16))
    done = refused(armsim, tmp_path, path, "--board", "stm32f4-discovery")
    assert "double" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--board", "arduino"), "arduino"),
        (("--board", "missing.toml"), "missing.toml"),
        (("--core", "m3"), "m3"),
        (("--core", "cortex-a9"), "cortex-a9"),
        (("--board", "stm32f4-discovery", "--core", "m7"), "Cortex-M7"),
        (("--board", "stm32f4-discovery", "--clock", "fast"), "fast"),
        (("--board", "stm32f4-discovery", "--clock", "0"), "0"),
        (("--board", "stm32f4-discovery", "--clock", "-5MHz"), ""),
        (("--board", "stm32f4-discovery", "--flash", "much"), "much"),
        (("--board", "stm32f4-discovery", "--flash", "0x08000000:0"), ""),
        (("--board", "stm32f4-discovery", "--sram", "0x20000001:64K"), ""),
        (("--board", "stm32f4-discovery", "--sram", "0x20000000:99999999G"), ""),
        (("--board", "stm32f4-discovery", "--max-cycles", "0"), "'0' is not a count"),
        (("--board", "stm32f4-discovery", "--max-cycles", "soon"), "'soon' is not a count"),
        (("--board", "stm32f4-discovery", "--max-instructions", "1e999"), "'1e999' is not a count"),
        (("--board", "stm32f4-discovery", "--max-instructions", "nan"), "'nan' is not a count"),
        (("--board", "stm32f4-discovery", "--engine", "quick"), "quick"),
        (("--board", "stm32f4-discovery", "--semihosting-dir", "nowhere"), "nowhere"),
        (("--unknown",), "--unknown"),
        (("--core",), "--core"),
        (("two.elf",), "two.elf"),
        ((), "--core"),  # the image has no attributes
    ],
)  # fmt: skip
def test_a_bad_option_is_refused_in_one_line(
    armsim: Run, build: Build, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    path = build(HELLO)
    assert message in refused(armsim, tmp_path, path, *arguments).err


def test_json_that_cannot_be_written_is_refused_before_the_run(
    armsim: Run, build: Build, tmp_path: Path
) -> None:
    path = build(HELLO)
    for name in (tmp_path / "missing" / "out.json", tmp_path):
        done = armsim("run", path, *BOARD, "--json", name)
        assert (done.status, done.out) == (2, b"")
        assert done.err == (
            f"armsim: --json {name} cannot be written; name a file in a folder that can\n"
        )


@pytest.mark.parametrize("name", ["nowhere.elf", ".", "/dev/null"])
def test_what_is_no_file_is_refused(armsim: Run, tmp_path: Path, name: str) -> None:
    assert name in refused(armsim, tmp_path, name, *BOARD).err


@pytest.mark.parametrize("arguments", [(), ("jump",), ("run",), ("isa",)])
def test_a_wrong_command_is_refused(armsim: Run, arguments: tuple[str, ...]) -> None:
    done = armsim(*arguments)
    assert (done.status, done.out) == (2, b"")
    assert done.err.startswith("armsim: ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("rn x.elf", "unknown command 'rn' (did you mean run?); commands: run, boards, "),
        ("--hepl", "unknown option --hepl (did you mean --help?); see armsim --help"),
        ("run x.elf --bord y", "unknown option --bord (did you mean --board?); see armsim run -"),
        ("run --bord=y", "unknown option --bord (did you mean --board?); see armsim run --help"),
        ("run x.elf -z", "unknown option -z; see armsim run --help"),
        (
            "run x.elf clip.wav",
            "unexpected argument 'clip.wav'; arguments of the guest go behind --; see armsim run -",
        ),
        ("boards x", "unexpected argument 'x'; see armsim boards --help"),
        ("nn trnslate", "unknown command 'trnslate' (did you mean translate?); commands: table, "),
        (
            "nn translate gru_s --ouput x",
            "unknown option --ouput (did you mean --output?); see armsim nn translate --help",
        ),
        ("nn quantise gru_s --bits 7", "unknown --bits '7'; one of: 8, 16; see armsim nn quant"),
        ("nn evaluate gru_x", "unknown model 'gru_x' (did you mean gru_s?); known models: dnn_s, "),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(armsim: Run, arguments: str, message: str) -> None:
    done = armsim(*arguments.split())
    assert (done.status, done.out) == (2, b"")
    assert done.err.startswith(f"armsim: {message}")
    assert done.err.count("\n") == 1


def test_every_option_of_every_command_says_what_it_does() -> None:
    silent = [
        f"{parser.prog} {'/'.join(action.option_strings) or action.metavar}"
        for parser in every_parser(_parser(), networks())
        for action in parser._actions
        if not action.help and not isinstance(action, argparse._SubParsersAction)
    ]
    assert silent == []


def test_every_command_says_what_it_does() -> None:
    parsers = every_parser(_parser(), networks())
    assert [parser.prog for parser in parsers if not parser.description] == ["armsim nn"]


def every_parser(*parsers: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    for parser in parsers:
        yield parser
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                yield from every_parser(*action.choices.values())


def test_damaged_images_never_show_a_traceback(armsim: Run, build: Build) -> None:
    source = image(HELLO)
    good = Elf(loads=source.loads, symbols=source.symbols, attributes=M4).build()
    for at in range(0, min(len(good), 130), 2):
        for value in (0x00, 0xFF, good[at] ^ 0x80):
            path = build(good[:at] + bytes([value]) + good[at + 1 :])
            done = armsim("run", path, *BOARD, "-q", "--max-instructions", 1000)
            assert done.status in (0, 2, 3, 124)
            assert "Traceback" not in done.err
            assert done.err.count("\n") <= 1, (at, value)


def test_boards_and_instructions_are_listed(armsim: Run) -> None:
    boards = armsim("boards").out.decode()
    assert boards.count("\n") == 7
    assert "nucleo-f746zg" in boards
    table = armsim("isa", "--table").out.decode()
    assert "| adc_reg_t1 |" in table


def test_without_a_command_they_are_listed(armsim: Run) -> None:
    done = armsim()
    assert done.status == 2
    assert done.err.startswith("armsim: which command? run, boards, ")
    assert done.err.count("\n") == 1


def test_an_image_of_functions_only_is_told_from_a_program(armsim: Run, build: Build) -> None:
    hint = "it never began; functions of an image without a program are called by armsim.load"
    assert hint in armsim("run", build("stay: b stay"), *BOARD).err
    assert hint not in armsim("run", build("nop\nstay: b stay"), *BOARD).err
