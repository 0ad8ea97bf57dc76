"""Read an ELF image: what to load where, its symbols, its source lines."""

import bisect
import hashlib
import io
import itertools
import stat
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from elftools.elf.elffile import ELFFile

from armsim.errors import ImageError
from armsim.machine.attributes import Attributes, interpret
from armsim.machine.elf_header import (
    HEADER_SIZE,
    LOAD,
    ProgramHeader,
    check_header,
    check_sections,
    load_data,
    program_headers,
)
from armsim.machine.lines import LineTable, read_lines

EXECUTE, WRITE = 1, 2
KINDS = {"STT_FUNC": "func", "STT_OBJECT": "object", "STT_NOTYPE": "label"}


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes to place before reset.

    They go to `address`, the physical one: for initialised variables that is their copy in flash.
    Bytes from `len(data)` to `memory_size` are zero. Where the program sees the segment elsewhere
    (`virtual_address`), its start-up code copies and clears, so `memory_size` stops at the data.
    """

    address: int
    data: bytes = field(repr=False)
    memory_size: int
    writable: bool
    executable: bool
    virtual_address: int
    virtual_size: int

    @property
    def end(self) -> int:
        """Return the address after the last byte."""
        return self.address + self.memory_size


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name for an address; bit 0 of a Thumb function's address is cleared."""

    name: str
    address: int
    size: int
    kind: str  # "func", "object", or "label" for what linker scripts and assembly define


@dataclass(frozen=True)
class Image:
    """A linked program."""

    path: Path
    sha256: str
    entry: int  # as the file has it, Thumb bit included
    segments: tuple[Segment, ...]  # in order of address
    symbols: tuple[Symbol, ...]  # in order of address
    attributes: Attributes
    content: bytes = field(repr=False, compare=False)

    @property
    def core(self) -> str | None:
        """Guess the core, "m4" or "m7"; None when the image would do for either."""
        return self.attributes.core

    def symbol(self, name: str) -> Symbol | None:
        """Return the symbol called `name`, a global one where there are several."""
        return self._by_name.get(name)

    def function_at(self, address: int) -> Symbol | None:
        """Return the function that `address` belongs to."""
        starts, ends, functions = self._functions
        index = bisect.bisect_right(starts, address) - 1
        return functions[index] if index >= 0 and address < ends[index] else None

    def object_at(self, address: int) -> Symbol | None:
        """Return the variable or constant that `address` belongs to."""
        for symbol in self.symbols:
            if symbol.kind == "object" and 0 <= address - symbol.address < symbol.size:
                return symbol
        return None

    def line_at(self, address: int) -> tuple[str, int] | None:
        """Return source file and line of the instruction at `address`, where debug data tell."""
        return self._lines.find(address)

    @cached_property
    def _by_name(self) -> dict[str, Symbol]:
        named: dict[str, Symbol] = {}
        for symbol in self.symbols:
            known = named.get(symbol.name)
            if known is None or (known.kind == "label" and symbol.kind != "label"):
                named[symbol.name] = symbol
        return named

    @cached_property
    def _functions(self) -> tuple[list[int], list[int], list[Symbol]]:
        """Return where functions start and end, and them.

        Assembly often states no size: such a function ends where the next function or object
        begins, or with its segment.
        """
        best: dict[int, Symbol] = {}
        for symbol in self.symbols:
            if symbol.kind == "func":
                known = best.get(symbol.address)
                if known is None or (not known.size and symbol.size):
                    best[symbol.address] = symbol
        bounds = {symbol.address for symbol in self.symbols if symbol.kind != "label"}
        bounds |= {segment.virtual_address + segment.virtual_size for segment in self.segments}
        limits = sorted(bounds)
        starts, ends = sorted(best), []
        for start in starts:
            following = bisect.bisect_right(limits, start)
            reach = limits[following] if following < len(limits) else start + 2
            ends.append(start + best[start].size if best[start].size else reach)
        return starts, ends, [best[start] for start in starts]

    @cached_property
    def _lines(self) -> LineTable:
        code = [
            (s.virtual_address, s.virtual_address + s.virtual_size)
            for s in self.segments
            if s.executable
        ]
        return read_lines(self.content, code)


def load_image(path: str | Path) -> Image:
    """Read the ELF file at `path`.

    Raises:
        ImageError: it is not a linked 32-bit little-endian Arm program, or is damaged.
    """
    path = Path(path)
    content = _read(path)
    segments = _segments(path, program_headers(path, content), content)
    symbols: tuple[Symbol, ...] = ()
    attributes = Attributes()
    if check_sections(path, content):
        symbols, attributes = _sections(path, content)
    if not attributes.runs_here:
        name = attributes.cpu_name or attributes.architecture
        raise ImageError(
            f"{path} is built for {attributes.architecture} ({name}), which no Cortex-M4 or "
            "Cortex-M7 runs; build it with -mcpu=cortex-m4 or -mcpu=cortex-m7"
        )
    return Image(
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        entry=int.from_bytes(content[24:28], "little"),
        segments=segments,
        symbols=symbols,
        attributes=attributes,
        content=content,
    )


def _read(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ImageError(f"{path} is a directory; give the ELF image inside it")
        if not stat.S_ISREG(mode):
            raise ImageError(f"{path} is not a regular file; give an ELF image")
        with path.open("rb") as file:
            header = file.read(HEADER_SIZE)
            check_header(path, header)
            return header + file.read()
    except FileNotFoundError:
        raise ImageError(f"{path} does not exist; give the ELF image to run") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"{path} cannot be read: {reason}; give an ELF image") from None


def _segments(path: Path, headers: list[ProgramHeader], content: bytes) -> tuple[Segment, ...]:
    found = []
    for index, header in enumerate(headers):
        if header.kind != LOAD or not header.memory_size:
            continue
        data = load_data(path, header, index, content)
        moved = header.virtual_address != header.address
        segment = Segment(
            address=header.address,
            data=data,
            memory_size=len(data) if moved else header.memory_size,
            writable=bool(header.flags & WRITE),
            executable=bool(header.flags & EXECUTE),
            virtual_address=header.virtual_address,
            virtual_size=header.memory_size,
        )
        found.append(segment)
    if not any(segment.data for segment in found):
        raise ImageError(
            f"{path} has no loadable segment with anything in it; link it with a linker script "
            "that places code in flash"
        )
    found.sort(key=lambda segment: (segment.address, segment.memory_size))
    placed = [segment for segment in found if segment.memory_size]
    for low, high in itertools.pairwise(placed):
        if low.end > high.address:
            raise ImageError(
                f"{path}: segments overlap, {span(low.address, low.memory_size)} and "
                f"{span(high.address, high.memory_size)}; correct the load addresses (AT) in the "
                "linker script"
            )
    return tuple(found)


def span(address: int, size: int) -> str:
    """Return a range of addresses as messages print it."""
    return f"{address:#010x}-{address + max(size, 1) - 1:#010x}"


def _sections(path: Path, content: bytes) -> tuple[tuple[Symbol, ...], Attributes]:
    try:
        elf = ELFFile(io.BytesIO(content))
        return _symbols(elf), _attributes(elf)
    except Exception as error:  # noqa: BLE001  pyelftools raises nearly anything on damaged data
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ImageError(
            f"{path} has damaged sections ({reason}); build or copy it again, or remove the "
            "section table with objcopy --strip-section-headers"
        ) from None


def _symbols(elf: Any) -> tuple[Symbol, ...]:
    table = elf.get_section_by_name(".symtab")
    if table is None or table["sh_type"] != "SHT_SYMTAB":
        return ()
    found = []
    for entry in table.iter_symbols():
        kind = KINDS.get(entry["st_info"]["type"])
        local = entry["st_info"]["bind"] == "STB_LOCAL"
        name = entry.name
        if kind is None or not name or entry["st_shndx"] == "SHN_UNDEF":
            continue
        if kind == "label" and (local or name.startswith("$")):  # $t, $d: mapping symbols
            continue
        address = entry["st_value"] & ~1 if kind == "func" else entry["st_value"]
        found.append((address, local, name, Symbol(name, address, entry["st_size"], kind)))
    found.sort(key=lambda item: item[:3])
    return tuple(item[3] for item in found)


def _attributes(elf: Any) -> Attributes:
    section = elf.get_section_by_name(".ARM.attributes")
    if section is None or section["sh_type"] != "SHT_ARM_ATTRIBUTES":
        return Attributes()
    tags: dict[str, int | str] = {}
    for subsection in section.iter_subsections():
        if subsection.header["vendor_name"] != "aeabi":
            continue
        for part in subsection.iter_subsubsections():
            if part.header.tag != "TAG_FILE":
                continue
            for attribute in part.iter_attributes():
                tags[attribute.tag] = attribute.value
    return interpret(tags)
