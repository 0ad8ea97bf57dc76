"""From an address to a line of source."""

import bisect
import io
import posixpath
from collections.abc import Iterable, Sequence
from typing import Any

from elftools.elf.elffile import ELFFile

Row = tuple[int, int, str, int]  # first address, address after the last, file, line


class LineTable:
    """Rows in order of address."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._rows = sorted(rows)
        self._starts = [row[0] for row in self._rows]

    def find(self, address: int) -> tuple[str, int] | None:
        """Return file and line of the row that covers `address`."""
        index = bisect.bisect_right(self._starts, address) - 1
        if index < 0:
            return None
        _, end, file, line = self._rows[index]
        return (file, line) if address < end else None


def read_lines(content: bytes, code: Sequence[tuple[int, int]]) -> LineTable:
    """Return the lines of an ELF file for the address ranges in `code`.

    Debug data are a courtesy: a unit that cannot be read is left out.
    """
    rows: list[Row] = []
    try:
        elf: Any = ELFFile(io.BytesIO(content))
        if not elf.has_dwarf_info():
            return LineTable()
        dwarf = elf.get_dwarf_info()
        units = dwarf.iter_CUs()
        while (unit := next(units, None)) is not None:
            try:
                rows.extend(_unit_rows(dwarf, unit, code))
            except Exception:  # noqa: BLE001  pyelftools raises nearly anything on damaged data
                continue
    except Exception:  # noqa: BLE001  the list of units is damaged: keep what was read so far
        return LineTable(rows)
    return LineTable(rows)


def _unit_rows(dwarf: Any, unit: Any, code: Sequence[tuple[int, int]]) -> list[Row]:
    program = dwarf.line_program_for_CU(unit)
    if program is None:
        return []
    names = _file_names(program, unit)
    rows: list[Row] = []
    sequence: list[Row] = []
    previous = None
    start = None
    for entry in program.get_entries():
        state = entry.state
        if state is None:
            continue
        if start is None:
            start = state.address
        if previous is not None and state.address > previous.address and previous.line:
            file = names.get(previous.file, "?")
            sequence.append((previous.address, state.address, file, previous.line))
        previous = state
        if state.end_sequence:
            # Functions that the linker dropped keep their lines, at address 0; nothing real is
            # there, because a vector table would be.
            if start and any(low <= start < high for low, high in code):
                rows.extend(sequence)
            sequence, previous, start = [], None, None
    return rows


def _file_names(program: Any, unit: Any) -> dict[int, str]:
    header = program.header
    modern = header["version"] >= 5
    directory = unit.get_top_DIE().attributes.get("DW_AT_comp_dir")
    base = _text(directory.value) if directory is not None else ""
    folders = [_text(item) for item in header["include_directory"]]
    if not modern:
        folders.insert(0, base)
    names = {}
    for index, entry in enumerate(header["file_entry"]):
        folder = folders[entry.dir_index] if entry.dir_index < len(folders) else ""
        path = posixpath.join(base, folder, _text(entry.name))
        names[index if modern else index + 1] = posixpath.normpath(path)
    return names


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
