"""Reading ELF images, good ones and every kind of bad one."""

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from armsim.errors import ImageError
from armsim.machine.image import Image, Symbol, load_image

from .elf_writer import FUNC, NOTYPE, OBJECT, WRITE, Elf, Load, attributes, program

BUILD = "build it with arm-none-eabi-gcc -mthumb and -mcpu=cortex-m4 or -mcpu=cortex-m7"
GCC = shutil.which("arm-none-eabi-gcc")
needs_gcc = pytest.mark.skipif(GCC is None, reason="needs arm-none-eabi-gcc")


@pytest.fixture
def load(tmp_path: Path):
    """Load bytes or an Elf as the file `x.elf`."""

    def loader(content: bytes | Elf) -> Image:
        path = tmp_path / "x.elf"
        path.write_bytes(content.build() if isinstance(content, Elf) else content)
        return load_image(path)

    return loader


@pytest.fixture
def message(tmp_path: Path, load):
    """Return what loading complains of, with the folder taken out."""

    def complain(content: bytes | Elf) -> str:
        with pytest.raises(ImageError) as caught:
            load(content)
        text = str(caught.value)
        assert "\n" not in text
        assert caught.value.status == 2
        return text.replace(f"{tmp_path}/", "")

    return complain


def test_segments_are_placed_at_their_physical_address(load):
    elf = program()
    elf.loads.append(
        Load(0x0800_0100, b"data", flags=4 | WRITE, virtual_address=0x2000_0000, memory_size=64)
    )
    elf.loads.append(Load(0x2000_0100, b"", flags=4 | WRITE, memory_size=32))
    image = load(elf)
    code, data, bss = image.segments
    assert (code.address, code.memory_size, code.executable, code.writable) == (
        0x0800_0000,
        16,
        True,
        False,
    )
    assert (data.address, data.data, data.memory_size) == (0x0800_0100, b"data", 4)
    assert (data.virtual_address, data.virtual_size, data.writable) == (0x2000_0000, 64, True)
    assert (bss.address, bss.data, bss.memory_size) == (0x2000_0100, b"", 32)
    assert image.entry == 0x0800_0009
    assert len(image.sha256) == 64


def test_symbols_lose_their_thumb_bit_and_are_found_by_name_and_address(load):
    elf = program(
        symbols=[
            ("reset", 0x0800_0009, 4, FUNC),
            ("unsized", 0x0800_000D, 0, FUNC),
            ("table", 0x0800_0001, 8, OBJECT),
            ("_estack", 0x2001_0000, 0, NOTYPE),
            ("$t", 0x0800_0008, 0, NOTYPE),
        ]
    )
    image = load(elf)
    assert image.symbol("reset") == Symbol("reset", 0x0800_0008, 4, "func")
    assert image.symbol("table") == Symbol("table", 0x0800_0001, 8, "object")
    assert image.symbol("_estack") == Symbol("_estack", 0x2001_0000, 0, "label")
    assert image.symbol("$t") is None
    assert image.symbol("nothing") is None
    names = {
        a: getattr(image.function_at(a), "name", None) for a in range(0x0800_0006, 0x0800_0020)
    }
    assert names[0x0800_0007] is None
    assert names[0x0800_0008] == names[0x0800_000B] == "reset"
    (segment,) = image.segments
    assert names[0x0800_000C] == names[segment.end - 1] == "unsized"
    assert names[segment.end] is None


def test_an_image_without_sections_runs_without_symbols(load):
    image = load(program())
    assert image.symbols == ()
    assert image.core is None
    assert image.attributes.needs == frozenset()
    assert image.line_at(0x0800_0008) is None


@pytest.mark.parametrize(
    ("tags", "core", "needs"),
    [
        ([(5, "7E-M"), (6, 13), (7, 77)], None, set()),
        ([(5, "7E-M"), (6, 13), (7, 77), (10, 6), (27, 1)], "m4", {"fp"}),
        ([(5, "7E-M"), (6, 13), (7, 77), (10, 6)], "m7", {"fp", "fp64"}),
        ([(5, "7E-M"), (6, 13), (7, 77), (10, 8), (27, 1)], "m7", {"fp", "fp5"}),
        ([(5, "7E-M"), (6, 13), (7, 77), (10, 8)], "m7", {"fp", "fp5", "fp64", "fp64v5"}),
        ([(5, "Cortex-M7"), (6, 13), (7, 77)], "m7", set()),
        ([(5, "Cortex-M4"), (6, 13), (7, 77)], "m4", set()),
        ([(5, "7-M"), (6, 10), (7, 77)], None, set()),
        ([(5, "6-M"), (6, 11), (7, 77)], None, set()),
    ],
)
def test_attributes_tell_the_core_and_what_it_needs(load, tags, core, needs):
    image = load(program(attributes=attributes(*tags)))
    assert image.core == core
    assert image.attributes.needs == needs
    assert image.attributes.cpu_name == tags[0][1]


@pytest.mark.parametrize(
    ("tags", "what"),
    [
        ([(5, "7-A"), (6, 10), (7, 65)], "Armv7 (7-A)"),
        ([(5, "8-M.MAIN"), (6, 17), (7, 77)], "Armv8-M Mainline (8-M.MAIN)"),
        ([(6, 21)], "Armv8.1-M Mainline (Armv8.1-M Mainline)"),
    ],
)
def test_code_for_other_arm_profiles_is_refused(message, tags, what):
    assert message(program(attributes=attributes(*tags))) == (
        f"x.elf is built for {what}, which no Cortex-M4 or Cortex-M7 runs; build it with "
        "-mcpu=cortex-m4 or -mcpu=cortex-m7"
    )


def test_a_missing_file_is_named():
    with pytest.raises(
        ImageError, match=r"^no/such\.elf does not exist; give the ELF image to run$"
    ):
        load_image("no/such.elf")


def test_folders_and_devices_are_refused(tmp_path):
    with pytest.raises(ImageError, match=r"is a directory; give the ELF image inside it$"):
        load_image(tmp_path)
    with pytest.raises(ImageError, match=r"^/dev/null is not a regular file; give an ELF image$"):
        load_image("/dev/null")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ImageError, match=r"is not a regular file; give an ELF image$"):
        load_image(tmp_path / "pipe")
    with pytest.raises(ImageError, match=r"cannot be read: embedded null byte; give an ELF image$"):
        load_image("a\0b")


def test_other_files_are_refused(message):
    assert message(b"") == f"x.elf is empty; {BUILD}"
    assert message(b"RIFF....WAVE") == (
        "x.elf is not an ELF file (it begins with 52 49 46 46); give the image that the linker "
        "wrote, not a .bin or .hex made from it"
    )
    assert message(b"\x7fELF\x05\x01" + bytes(60)) == (
        f"x.elf has a damaged ELF header (class 5, byte order 1); {BUILD}"
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"machine": 62, "wide": 2}, f"is a 64-bit ELF file for x86-64, not 32-bit Arm; {BUILD}"),
        ({"machine": 183, "wide": 2}, f"is a 64-bit ELF file for AArch64, not 32-bit Arm; {BUILD}"),
        ({"machine": 243}, f"is built for RISC-V, not for Arm; {BUILD}"),
        ({"machine": 3}, f"is built for x86, not for Arm; {BUILD}"),
        ({"machine": 999}, f"is built for machine number 999, not for Arm; {BUILD}"),
        ({"order": 2}, "is big-endian; armsim runs little-endian: drop -mbig-endian"),
        (
            {"kind": 1},
            "is a relocatable object that was not linked yet; link it with arm-none-eabi-gcc first",
        ),
        (
            {"kind": 3},
            (
                "is a shared object or position-independent program; link it with -no-pie at fixed "
                "addresses"
            ),
        ),
        ({"kind": 4}, "is a core dump; give the program that was dumped"),
        ({"kind": 77}, "is of ELF type 77, no executable"),
    ],
)
def test_elf_files_for_something_else_are_refused(message, changes, expected):
    assert message(program(**changes)) == f"x.elf {expected}"


def test_truncated_files_say_what_is_missing(message):
    whole = program().build()
    again = "build or copy it again"
    assert message(whole[:10]) == (
        f"x.elf is truncated: the ELF header ends at byte 52, the file at 10; {again}"
    )
    assert message(whole[:40]) == (
        f"x.elf is truncated: the ELF header ends at byte 52, the file at 40; {again}"
    )
    assert message(whole[:60]) == (
        f"x.elf is truncated: the program header table ends at byte 84, the file at 60; {again}"
    )
    assert message(whole[:90]) == (
        f"x.elf is truncated: segment 0 (for 0x08000000) ends at byte 100, the file at 90; {again}"
    )
    whole = program(symbols=[("f", 0x0800_0009, 4, FUNC)]).build()
    assert message(whole[:-1]) == (
        f"x.elf is truncated: the section header table ends at byte {len(whole)}, the file at "
        f"{len(whole) - 1}; {again}"
    )


def test_programs_without_anything_to_load_are_refused(message):
    expected = (
        "x.elf has no loadable segment with anything in it; link it with a linker script that "
        "places code in flash"
    )
    assert message(Elf()) == expected
    assert message(Elf(loads=[Load(0x2000_0000, memory_size=64)])) == expected
    assert message(Elf(loads=[Load(0x2000_0000, b"x", kind=6)])) == expected


def test_segments_that_make_no_sense_are_refused(message):
    assert message(Elf(loads=[Load(0x100, bytes(16)), Load(0x108, bytes(4))])) == (
        "x.elf: segments overlap, 0x00000100-0x0000010f and 0x00000108-0x0000010b; correct the "
        "load addresses (AT) in the linker script"
    )
    assert message(Elf(loads=[Load(0x100, bytes(16), memory_size=8)])) == (
        "x.elf: segment 0 (for 0x00000100) has 0x10 bytes in the file for 0x8 in memory; "
        "build or copy it again"
    )
    assert message(Elf(loads=[Load(0xFFFF_FFF0, bytes(32))])) == (
        "x.elf: segment 0 (for 0xfffffff0) ends beyond the 4 GiB address space (physical "
        "0xfffffff0 + 0x20 bytes); correct the linker script"
    )


def test_damage_anywhere_gives_an_image_or_one_line(load):
    whole = program(
        symbols=[("f", 0x0800_0009, 4, FUNC)], attributes=attributes((5, "7E-M"), (6, 13))
    ).build()
    generator = random.Random(1)
    for _ in range(1500):
        content = bytearray(whole)
        for _ in range(generator.randint(1, 3)):
            content[generator.randrange(4, len(content))] = generator.randrange(256)
        try:
            image = load(bytes(content[: generator.randint(1, len(content))]))
        except ImageError as error:
            assert "\n" not in str(error)
        else:
            image.function_at(0x0800_0008)
            image.line_at(0x0800_0008)


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    """Compile and link one function with GCC."""

    def build(*options: str) -> Path:
        folder = tmp_path_factory.mktemp("gcc")
        source, output = folder / "f.c", folder / "f.elf"
        source.write_text("int counter = 1;\nint f(int x)\n{\n    return x * 3 + counter;\n}\n")
        script = folder / "f.ld"
        script.write_text(
            "ENTRY(f) SECTIONS { .text 0x08000000 : { *(.text*) } "
            ".data 0x20000000 : AT(0x08000100) { *(.data*) } .bss : { *(.bss*) } }"
        )
        command = [GCC, "-mthumb", "-O1", "-g", "-nostdlib", *options, f"-T{script}"]
        subprocess.run([*command, "-o", output, source], check=True, capture_output=True)
        return output

    return build


@needs_gcc
@pytest.mark.parametrize(
    ("options", "core", "fp_arch", "double", "hard"),
    [
        (["-mcpu=cortex-m4", "-mfloat-abi=soft"], None, "", False, False),
        (["-mcpu=cortex-m4", "-mfloat-abi=hard"], "m4", "VFPv4-D16", False, True),
        (
            ["-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=softfp"],
            "m4",
            "VFPv4-D16",
            False,
            False,
        ),
        (["-mcpu=cortex-m7", "-mfloat-abi=hard"], "m7", "FPv5-D16", True, True),
        (["-mcpu=cortex-m7+nofp.dp", "-mfloat-abi=hard"], "m7", "FPv5-D16", False, True),
        (
            ["-mcpu=cortex-m7", "-mfpu=fpv5-sp-d16", "-mfloat-abi=hard"],
            "m7",
            "FPv5-D16",
            False,
            True,
        ),
        (
            ["-mcpu=cortex-m7", "-mfpu=fpv5-d16", "-mfloat-abi=hard"],
            "m7",
            "FPv5-D16",
            True,
            True,
        ),
    ],
)
def test_attributes_that_gcc_writes(compiled, options, core, fp_arch, double, hard):
    found = load_image(compiled(*options))
    assert found.core == core
    assert found.attributes.fp_arch == fp_arch
    assert found.attributes.needs_double is double
    assert found.attributes.vfp_args is hard
    assert found.attributes.dsp is True


@needs_gcc
@pytest.mark.parametrize("dwarf", ["-gdwarf-4", "-gdwarf-5"])
def test_lines_of_source_are_found(compiled, dwarf):
    path = compiled("-mcpu=cortex-m4", dwarf)
    image = load_image(path)
    function = image.symbol("f")
    assert function is not None
    assert image.line_at(function.address) == (str(path.with_suffix(".c")), 4)
    assert image.line_at(function.address + function.size - 2) == (str(path.with_suffix(".c")), 5)
    assert image.line_at(0x0700_0000) is None
    assert image.symbol("counter") == Symbol("counter", 0x2000_0000, 4, "object")
    assert [segment.address for segment in image.segments] == [0x0800_0000, 0x0800_0100]


@needs_gcc
def test_broken_debug_data_cost_only_the_lines(compiled, tmp_path):
    content = compiled("-mcpu=cortex-m4").read_bytes()
    image = load_image(compiled("-mcpu=cortex-m4"))
    function = image.symbol("f")
    assert function is not None
    generator = random.Random(2)
    start = content.index(b"f.c\0") - 200
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(20):
            damaged[generator.randrange(start, start + 400)] = generator.randrange(256)
        path = tmp_path / "damaged.elf"
        path.write_bytes(damaged)
        try:
            load_image(path).line_at(function.address)
        except ImageError as error:
            assert "\n" not in str(error)


@needs_gcc
def test_an_object_file_of_gcc_is_refused(tmp_path):
    source = tmp_path / "f.c"
    source.write_text("int f(void) { return 1; }\n")
    output = tmp_path / "f.o"
    command = [GCC, "-mcpu=cortex-m4", "-mthumb", "-c", source, "-o", output]
    subprocess.run(command, check=True)
    with pytest.raises(
        ImageError, match=r"was not linked yet; link it with arm-none-eabi-gcc first$"
    ):
        load_image(output)
