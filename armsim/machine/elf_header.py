"""The fixed part of an ELF file: checked field by field, so that every bad file gets its own line.

pyelftools reads what is inside sections; it does not say what is wrong with a file in words that
help, so the headers are read here. Layouts and numbers: System V ABI, chapter 4, and ELF for the
Arm Architecture (Arm IHI 0044).
"""

import struct
from dataclasses import dataclass
from pathlib import Path

from armsim.errors import ImageError

MACHINES = {
    2: "SPARC",
    3: "x86",
    4: "68000",
    8: "MIPS",
    20: "PowerPC",
    21: "PowerPC64",
    22: "S/390",
    40: "Arm",
    42: "SuperH",
    43: "SPARC V9",
    62: "x86-64",
    83: "AVR",
    93: "ARC",
    94: "Xtensa",
    105: "MSP430",
    164: "Hexagon",
    183: "AArch64",
    195: "ARCv2",
    243: "RISC-V",
    258: "LoongArch",
}
ARM = 40
EXECUTABLE = 2
TYPES = {
    1: "a relocatable object that was not linked yet; link it with arm-none-eabi-gcc first",
    3: "a shared object or position-independent program; link it with -no-pie at fixed addresses",
    4: "a core dump; give the program that was dumped",
}
BUILD = "build it with arm-none-eabi-gcc -mthumb and -mcpu=cortex-m4 or -mcpu=cortex-m7"

HEADER_SIZE = 52
PROGRAM_HEADER = struct.Struct("<8I")
SECTION_HEADER = struct.Struct("<10I")
LOAD = 1
NO_BITS = (0, 8)  # section types that occupy no bytes in the file: NULL and NOBITS


@dataclass(frozen=True, slots=True)
class ProgramHeader:
    """One entry of the program header table."""

    kind: int
    offset: int
    virtual_address: int
    address: int
    file_size: int
    memory_size: int
    flags: int


def check_header(path: Path, header: bytes) -> None:
    """Raise ImageError unless `header` begins a 32-bit little-endian Arm executable."""
    if not header:
        raise ImageError(f"{path} is empty; {BUILD}")
    if header[:4] != b"\x7fELF":
        raise ImageError(
            f"{path} is not an ELF file (it begins with {header[:4].hex(' ')}); give the image "
            "that the linker wrote, not a .bin or .hex made from it"
        )
    if len(header) < 20:
        raise truncated(path, "the ELF header", HEADER_SIZE, len(header))
    wide, order = header[4], header[5]
    if wide not in (1, 2) or order not in (1, 2):
        raise ImageError(
            f"{path} has a damaged ELF header (class {wide}, byte order {order}); {BUILD}"
        )
    machine = int.from_bytes(header[18:20], "big" if order == 2 else "little")
    name = MACHINES.get(machine, f"machine number {machine}")
    if wide == 2:
        raise ImageError(f"{path} is a 64-bit ELF file for {name}, not 32-bit Arm; {BUILD}")
    if machine != ARM:
        raise ImageError(f"{path} is built for {name}, not for Arm; {BUILD}")
    if order == 2:
        raise ImageError(f"{path} is big-endian; armsim runs little-endian: drop -mbig-endian")
    if len(header) < HEADER_SIZE:
        raise truncated(path, "the ELF header", HEADER_SIZE, len(header))
    kind = int.from_bytes(header[16:18], "little")
    if kind != EXECUTABLE:
        raise ImageError(f"{path} is {TYPES.get(kind, f'of ELF type {kind}, no executable')}")


def program_headers(path: Path, content: bytes) -> list[ProgramHeader]:
    """Return the program header table of a file whose header is good."""
    offset, size, count = _table(content, 28, 42)
    if not count:
        return []
    if size < PROGRAM_HEADER.size:
        raise ImageError(
            f"{path} has a damaged ELF header: program headers of {size} bytes, where "
            f"{PROGRAM_HEADER.size} are needed; build or copy it again"
        )
    _inside(path, "the program header table", offset, size * count, content)
    table = []
    for index in range(count):
        kind, start, virtual, physical, file_size, memory_size, flags, _ = (
            PROGRAM_HEADER.unpack_from(content, offset + index * size)
        )
        table.append(ProgramHeader(kind, start, virtual, physical, file_size, memory_size, flags))
    return table


def check_sections(path: Path, content: bytes) -> bool:
    """Return whether there is a section table; raise ImageError when bytes of it are missing."""
    offset, size, count = _table(content, 32, 46)
    if not offset or not count:
        return False
    if size < SECTION_HEADER.size:
        raise ImageError(
            f"{path} has a damaged ELF header: section headers of {size} bytes, where "
            f"{SECTION_HEADER.size} are needed; build or copy it again"
        )
    _inside(path, "the section header table", offset, size * count, content)
    for index in range(count):
        header = SECTION_HEADER.unpack_from(content, offset + index * size)
        if header[1] not in NO_BITS:
            _inside(path, f"section {index}", header[4], header[5], content)
    return True


def load_data(path: Path, header: ProgramHeader, index: int, content: bytes) -> bytes:
    """Return the bytes that program header number `index` loads."""
    what = f"segment {index} (for {header.address:#010x})"
    _inside(path, what, header.offset, header.file_size, content)
    for start, which in ((header.address, "physical"), (header.virtual_address, "virtual")):
        if start + header.memory_size > 1 << 32:
            raise ImageError(
                f"{path}: {what} ends beyond the 4 GiB address space ({which} {start:#x} + "
                f"{header.memory_size:#x} bytes); correct the linker script"
            )
    if header.file_size > header.memory_size:
        raise ImageError(
            f"{path}: {what} has {header.file_size:#x} bytes in the file for "
            f"{header.memory_size:#x} in memory; build or copy it again"
        )
    return content[header.offset : header.offset + header.file_size]


def truncated(path: Path, what: str, end: int, size: int) -> ImageError:
    """Return the error for a file that ends too early."""
    return ImageError(
        f"{path} is truncated: {what} ends at byte {end}, the file at {size}; "
        "build or copy it again"
    )


def _table(content: bytes, offset_at: int, size_at: int) -> tuple[int, int, int]:
    offset = int.from_bytes(content[offset_at : offset_at + 4], "little")
    size, count = struct.unpack_from("<HH", content, size_at)
    return offset, size, count


def _inside(path: Path, what: str, offset: int, size: int, content: bytes) -> None:
    if offset + size > len(content):
        raise truncated(path, what, offset + size, len(content))
