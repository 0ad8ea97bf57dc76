"""Write small ELF files, good and bad, without a cross compiler."""

import struct
from dataclasses import dataclass, field

READ, WRITE, EXECUTE = 4, 2, 1
LOAD = 1
FUNC, OBJECT, NOTYPE = 2, 1, 0


@dataclass
class Load:
    """A program header and its bytes."""

    address: int
    data: bytes = b""
    memory_size: int | None = None
    flags: int = READ | EXECUTE
    virtual_address: int | None = None
    file_size: int | None = None
    kind: int = LOAD


@dataclass
class Elf:
    """What goes into the file; the defaults make an Arm executable."""

    loads: list[Load] = field(default_factory=list)
    symbols: list[tuple[str, int, int, int]] = field(
        default_factory=list
    )  # name, value, size, type
    attributes: bytes | None = None
    entry: int = 0x0800_0009
    machine: int = 40
    kind: int = 2
    wide: int = 1
    order: int = 1

    def build(self) -> bytes:
        """Return the file: header, program headers, data, sections, section headers."""
        offset = 52 + 32 * len(self.loads)
        headers, blob = b"", b""
        for load in self.loads:
            size = len(load.data) if load.file_size is None else load.file_size
            memory = len(load.data) if load.memory_size is None else load.memory_size
            virtual = load.address if load.virtual_address is None else load.virtual_address
            place = offset + len(blob)
            headers += struct.pack(
                "<8I", load.kind, place, virtual, load.address, size, memory, load.flags, 4
            )
            blob += load.data
        sections, table = self._sections(offset + len(blob))
        at = offset + len(blob) + len(sections)
        count = len(table) // 40
        ident = b"\x7fELF" + bytes([self.wide, self.order, 1]) + bytes(9)
        header = ident + struct.pack(
            "<HHIIIIIHHHHHH" if self.order == 1 else ">HHIIIIIHHHHHH",
            *(self.kind, self.machine, 1, self.entry, 52, at if count else 0, 0x0500_0200),
            *(52, 32, len(self.loads), 40, count, count - 1 if count else 0),
        )
        return header + headers + blob + sections + table

    def _sections(self, start: int) -> tuple[bytes, bytes]:
        if not self.symbols and self.attributes is None:
            return b"", b""
        names = b"\0.text\0.symtab\0.strtab\0.ARM.attributes\0.shstrtab\0"

        def name(text: bytes) -> int:
            return names.index(b"\0" + text + b"\0") + 1

        strings, entries = b"\0", bytes(16)
        for text, value, size, kind in self.symbols:
            entries += struct.pack("<IIIBBH", len(strings), value, size, 0x10 | kind, 0, 1)
            strings += text.encode() + b"\0"
        rows = [(name(b".text"), 1, b"", 0, 0)]
        rows.append((name(b".symtab"), 2, entries, 3, 16))
        rows.append((name(b".strtab"), 3, strings, 0, 0))
        if self.attributes is not None:
            rows.append((name(b".ARM.attributes"), 0x7000_0003, self.attributes, 0, 0))
        rows.append((name(b".shstrtab"), 3, names, 0, 0))
        blob, table = b"", bytes(40)
        for title, kind, data, link, entry in rows:
            info = 1 if kind == 2 else 0
            place = start + len(blob)
            table += struct.pack("<10I", title, kind, 0, 0, place, len(data), link, info, 1, entry)
            blob += data
        return blob, table


def attributes(*tags: tuple[int, int | str]) -> bytes:
    """Return an .ARM.attributes section with these file tags, values below 128."""
    body = b""
    for tag, value in tags:
        encoded = value.encode() + b"\0" if isinstance(value, str) else bytes([value])
        body += bytes([tag]) + encoded
    part = b"\x01" + struct.pack("<I", len(body) + 5) + body
    return b"A" + struct.pack("<I", 4 + 6 + len(part)) + b"aeabi\0" + part


def program(
    stack: int = 0x2001_0000, reset: int = 0x0800_0009, base: int = 0x0800_0000, **options: object
) -> Elf:
    """Return an executable with a vector table and eight bytes of code behind it."""
    code = struct.pack("<II", stack, reset) + b"\xfe\xe7\xfe\xe7\x00\xbf\x00\xbf"
    return Elf(loads=[Load(base, code)], **options)  # type: ignore[arg-type]
