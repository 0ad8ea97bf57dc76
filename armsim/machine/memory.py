"""The memory map: RAM and flash as host arrays, devices as objects, everything else a fault.

Compiled code reads and writes through two page tables, host address minus guest address for each
KiB, 0 where an access is not plain memory. What those tables do not show (devices, stores to flash
or to pages that hold decoded code, faults) comes here.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from armsim.bits import WORD
from armsim.machine.bus import MemoryFault, Plain, Port, Refused, Watch
from armsim.machine.mpu import PPB, PPB_END, PRIVDEFENA, Mpu, default_permission, region_permission

STIR = 0xE000_EF00
PAGE_BITS = 10
PAGE = 1 << PAGE_BITS


class Memory:
    """Everything on the bus of one core."""

    def __init__(self) -> None:
        pages = 1 << (32 - PAGE_BITS)
        self.read_map = np.zeros(pages, np.int64)
        self.write_map = np.zeros(pages, np.int64)
        self._plain: list[Plain] = []
        self._by_page: dict[int, Plain] = {}
        self._ports: list[tuple[int, int, Port]] = []
        self._port_cache: dict[int, tuple[int, Port] | None] = {}
        self._reloading = False
        self._code: dict[int, int] = {}  # page -> a bit for each of its halfwords that was decoded
        self.on_code_change: Callable[[], None] = lambda: None
        self.privileged = True
        self.user_may_pend = False  # CCR.USERSETMPEND
        self.unaligned: list[tuple[bool, int, int]] = []  # (is a store, size, address) of accesses
        self._watched: list[Watch] = []
        self.on_watched: Callable[[int], None] = lambda number: None
        self._mpu: Mpu | None = None  # while it is on

    def add_plain(
        self,
        name: str,
        base: int,
        size: int,
        *,
        writable: bool,
        share: npt.NDArray[np.uint8] | None = None,
    ) -> npt.NDArray[np.uint8]:
        """Map `size` bytes, a multiple of 1 KiB, at `base`; `share` maps an array once more."""
        data = np.zeros(size, np.uint8) if share is None else share
        region = Plain(name, base, data, writable)
        self._plain.append(region)
        host = data.ctypes.data - base
        first = base >> PAGE_BITS
        for page in range(first, first + (size >> PAGE_BITS)):
            self._by_page[page] = region
        self.read_map[first : first + (size >> PAGE_BITS)] = host
        if writable:
            self.write_map[first : first + (size >> PAGE_BITS)] = host
        return data

    def add_port(self, base: int, size: int, port: Port) -> None:
        """Map a device; the latest added wins where two overlap."""
        self._ports.insert(0, (base, size, port))
        self._port_cache.clear()

    def protect(self, mpu: Mpu | None, privileged: bool) -> None:
        """Let accesses be privileged or not, and checked by `mpu` unless it is None (off)."""
        self.privileged, before = privileged, self._mpu
        self._mpu = mpu
        if mpu is not None or before is not None:
            self._rebuild()

    def watch(self, ranges: list[Watch]) -> None:
        """Call `on_watched` after each access of the core to one of the given ranges."""
        if ranges or self._watched:
            self._watched = ranges
            self._rebuild()

    def _rebuild(self) -> None:
        """Work out the page tables anew."""
        mpu = self._mpu
        for region in self._plain:
            first, count = region.base >> PAGE_BITS, len(region.data) >> PAGE_BITS
            read = np.full(count, True)
            write = np.full(count, region.writable)
            if mpu is not None:
                self._apply(mpu, region, read, write)
            for watch in self._watched:
                low, high = max(watch.start, region.base), min(watch.end, region.end)
                if low < high:
                    pages = slice((low - region.base) // PAGE, -(-(high - region.base) // PAGE))
                    read[pages] = write[pages] = False
            host = region.data.ctypes.data - region.base
            self.read_map[first : first + count] = np.where(read, host, 0)
            self.write_map[first : first + count] = np.where(write, host, 0)
        for page in self._code:
            self.write_map[page] = 0

    def _apply(
        self, mpu: Mpu, region: Plain, read: npt.NDArray[np.bool_], write: npt.NDArray[np.bool_]
    ) -> None:
        """Clear the pages of a region that an access has to look at, or is refused at."""
        allowed = self.privileged and bool(mpu.control & PRIVDEFENA)
        may_read, may_write = np.full(len(read), allowed), np.full(len(read), allowed)
        for start, size, attributes in mpu.regions():
            low, high = max(start, region.base), min(start + size, region.end)
            if low >= high:
                continue
            permission = region_permission(attributes, self.privileged, start)
            low, high = low - region.base, high - region.base
            whole = slice(-(-low // PAGE), high // PAGE)
            for edge in (low, high):
                if edge % PAGE:  # only part of the page is in the region
                    may_read[edge // PAGE] = may_write[edge // PAGE] = False
            may_read[whole], may_write[whole] = permission.read, permission.write
        read &= may_read
        write &= may_write

    def _permit(self, address: int, size: int, write: bool) -> None:
        if not self.privileged and PPB <= address < PPB_END:
            if write and address & ~3 == STIR and self.user_may_pend:
                return
            raise MemoryFault(address, write, "unprivileged access to the system control space")
        if self._mpu is None:
            return
        # An unaligned access is one to each of the words that it touches.
        for at in (address, max(address, (address + size - 1 & ~3) & WORD)):
            permission = self._mpu.permission(at, self.privileged)
            if not (permission.write if write else permission.read):
                raise MemoryFault(at, write, "refused by the MPU", protection=True)

    def region_at(self, address: int) -> Plain | None:
        """Return the plain memory at an address."""
        return self._by_page.get(address >> PAGE_BITS)

    def _port_at(self, address: int) -> tuple[int, Port] | None:
        word = address & ~3
        if word not in self._port_cache:
            found = None
            for base, size, port in self._ports:
                if base <= address < base + size:
                    found = (base, port)
                    break
            if len(self._port_cache) > 4096:
                self._port_cache.clear()
            self._port_cache[word] = found
        return self._port_cache[word]

    def load(self, address: int, size: int) -> int:
        """Return 1, 2 or 4 bytes; raises MemoryFault."""
        value = self._load(address, size)
        if address & (size - 1):
            self.unaligned.append((False, size, address))
        if self._watched:
            self._look(address, size, False)
        return value

    def _look(self, address: int, size: int, write: bool) -> None:
        for watch in self._watched:
            wanted = watch.write if write else watch.read
            if wanted and address < watch.end and address + size > watch.start:
                self.on_watched(watch.number)

    def _load(self, address: int, size: int) -> int:
        if self._mpu is not None or not self.privileged:
            self._permit(address, size, False)
        region = self._by_page.get(address >> PAGE_BITS)
        if region is not None:
            offset = address - region.base
            if offset + size <= len(region.data):
                return int.from_bytes(region.data[offset : offset + size].tobytes(), "little")
        found = self._port_at(address)
        if found is not None and address & (size - 1) == 0:
            base, port = found
            try:
                return port.read(address - base, size)
            except Refused as refused:
                raise MemoryFault(address, False, str(refused)) from None
        if address & (size - 1):
            return self._split_load(address, size)
        raise MemoryFault(address, False, "nothing there")

    def load_vector(self, address: int) -> int:
        """Load an entry of the vector table, which neither privilege nor the MPU guards."""
        kept = self._mpu, self.privileged
        self._mpu, self.privileged = None, True
        try:
            return self.load(address & WORD, 4)
        finally:
            self._mpu, self.privileged = kept

    def load_unprivileged(self, address: int, size: int) -> int:
        """Load as unprivileged code would; raises MemoryFault."""
        kept, self.privileged = self.privileged, False
        try:
            return self.load(address & WORD, size)
        finally:
            self.privileged = kept

    def store_unprivileged(self, address: int, size: int, value: int) -> None:
        """Store as unprivileged code would; raises MemoryFault."""
        kept, self.privileged = self.privileged, False
        try:
            self.store(address & WORD, size, value & ((1 << 8 * size) - 1))
        finally:
            self.privileged = kept

    def _split_load(self, address: int, size: int) -> int:
        if region_or_port_missing := self._first_hole(address, size):
            raise MemoryFault(region_or_port_missing, False, "nothing there")
        return sum(self.load((address + k) & WORD, 1) << (8 * k) for k in range(size))

    def _first_hole(self, address: int, size: int) -> int:
        for k in range(size):
            at = (address + k) & WORD
            if self._by_page.get(at >> PAGE_BITS) is None and self._port_at(at) is None:
                return at
        return 0

    def store(self, address: int, size: int, value: int) -> None:
        """Store 1, 2 or 4 bytes; raises MemoryFault."""
        self._store(address, size, value)
        if address & (size - 1):
            self.unaligned.append((True, size, address))
        if self._watched:
            self._look(address, size, True)

    def _store(self, address: int, size: int, value: int) -> None:
        if self._mpu is not None or not self.privileged:
            self._permit(address, size, True)
        region = self._by_page.get(address >> PAGE_BITS)
        if region is not None:
            offset = address - region.base
            if offset + size <= len(region.data):
                if not region.writable:
                    raise MemoryFault(address, True, f"{region.name} is not written by a store")
                region.data[offset : offset + size] = np.frombuffer(
                    value.to_bytes(size, "little"), np.uint8
                )
                self._written(address, size)
                return
        found = self._port_at(address)
        if found is not None and address & (size - 1) == 0:
            base, port = found
            try:
                port.write(address - base, size, value)
            except Refused as refused:
                raise MemoryFault(address, True, str(refused)) from None
            return
        if address & (size - 1):
            self.check(address, size, True)
            for k in range(size):
                self.store((address + k) & WORD, 1, value >> (8 * k) & 0xFF)
            return
        raise MemoryFault(address, True, "nothing there")

    def load_words(self, address: int, count: int) -> list[int]:
        """Return `count` words from an aligned address; raises MemoryFault."""
        region = self._by_page.get(address >> PAGE_BITS)
        simple = self._mpu is None and self.privileged and not self._watched
        if simple and region is not None and address + 4 * count <= region.end:
            offset = address - region.base
            words: list[int] = region.data[offset : offset + 4 * count].view("<u4").tolist()
            return words
        self.check(address, 4 * count, False)
        return [self.load(address + 4 * k, 4) for k in range(count)]

    def store_words(self, address: int, words: list[int]) -> None:
        """Store words at an aligned address; raises MemoryFault, without effect."""
        region = self._by_page.get(address >> PAGE_BITS)
        size = 4 * len(words)
        simple = self._mpu is None and self.privileged and not self._watched
        if simple and region is not None and region.writable and address + size <= region.end:
            offset = address - region.base
            region.data[offset : offset + size].view("<u4")[:] = words
            self._written(address, size)
            return
        self.check(address, size, True)
        for k, word in enumerate(words):
            self.store(address + 4 * k, 4, word)

    def check(self, address: int, size: int, write: bool) -> None:
        """Raise MemoryFault unless all `size` bytes can be read, or written."""
        if self._mpu is not None or not self.privileged:
            for at in range(address, address + size, 4):
                self._permit(at & WORD, 4, write)
        pages = range(address >> PAGE_BITS, (address + size - 1 >> PAGE_BITS) + 1)
        if all(page in self._by_page for page in pages):
            hole = 0
        else:
            hole = self._first_hole(address, size)
        if hole:
            raise MemoryFault(hole, write, "nothing there")
        if write:
            for at in {address, (address + size - 1) & WORD}:
                region = self._by_page.get(at >> PAGE_BITS)
                if region is not None and not region.writable:
                    raise MemoryFault(at, True, f"{region.name} is not written by a store")

    def read_bytes(self, address: int, size: int) -> bytes:
        """Return bytes of plain memory; raises MemoryFault where there is none."""
        parts = []
        while size > 0:
            region = self._by_page.get(address >> PAGE_BITS)
            if region is None:
                raise MemoryFault(address, False, "nothing there")
            offset = address - region.base
            part = region.data[offset : offset + size].tobytes()
            parts.append(part)
            address, size = address + len(part), size - len(part)
        return b"".join(parts)

    def write_bytes(self, address: int, data: bytes) -> None:
        """Write to RAM; raises MemoryFault, without effect, where there is none."""
        self._write(address, data, load=False)

    def place(self, address: int, data: bytes) -> None:
        """Write to RAM or flash, as a loader does; what was decoded counts no longer."""
        self._write(address, data, load=True)
        region = self.region_at(address)
        if not (self._reloading and region and region.writable):
            self.forget_code()

    @contextmanager
    def reloading(self) -> Iterator[None]:
        """Let RAM be filled anew: what was decoded still counts where its page ends up the same."""
        before = {page: self._page(page) for page in self._code}
        self._reloading = True
        try:
            yield
        finally:
            self._reloading = False
        if any(self._page(page) != held for page, held in before.items()):
            self.forget_code()

    def _page(self, page: int) -> bytes:
        region = self._by_page[page]
        start = (page << PAGE_BITS) - region.base
        return region.data[start : start + PAGE].tobytes()

    def clear_ram(self) -> None:
        """Fill RAM with zeros."""
        for region in self._plain:
            if region.writable:
                region.data[:] = 0
        if self._code and not self._reloading:
            self.forget_code()

    def _write(self, address: int, data: bytes, *, load: bool) -> None:
        pieces = []
        at, rest = address, len(data)
        while rest > 0:
            region = self._by_page.get(at >> PAGE_BITS)
            if region is None or not (region.writable or load):
                raise MemoryFault(at, True, "nothing to write there")
            size = min(rest, region.end - at)
            pieces.append((region, at - region.base, size))
            at, rest = at + size, rest - size
        done = 0
        for region, offset, size in pieces:
            region.data[offset : offset + size] = np.frombuffer(data[done : done + size], np.uint8)
            done += size
        if data:
            self._written(address, len(data))

    def fetch(self, address: int) -> int:
        """Return the halfword of an instruction; raises MemoryFault."""
        mpu = self._mpu
        allowed = default_permission(address) if mpu is None else None
        permission = allowed or mpu.permission(address, self.privileged)  # type: ignore[union-attr]
        if not permission.execute:
            what = "execution is not allowed there"
            raise MemoryFault(address, False, what, protection=True, fetch=True)
        region = self._by_page.get(address >> PAGE_BITS)
        if region is None:
            raise MemoryFault(address, False, "no code there", fetch=True)
        offset = address - region.base
        return int(region.data[offset]) | int(region.data[offset + 1]) << 8

    def keep_code(self, address: int, size: int) -> None:
        """Note that `size` bytes were decoded, so that a store to them is seen."""
        for at, stop in _in_pages(address, address + size):
            region = self._by_page.get(at >> PAGE_BITS)
            if region is None:  # found to be no code
                continue
            for twin in self._twins(region, at):
                page = twin >> PAGE_BITS
                if self._by_page[page].writable:
                    self._code[page] = self._code.get(page, 0) | _halfwords(twin, twin + stop - at)
                    self.write_map[page] = 0

    def _twins(self, region: Plain, address: int) -> list[int]:
        offset = address - region.base
        return [other.base + offset for other in self._plain if other.data is region.data]

    def _written(self, address: int, size: int) -> None:
        if not self._code or self._reloading:
            return
        for at, stop in _in_pages(address, address + size):
            if self._code.get(at >> PAGE_BITS, 0) & _halfwords(at, stop):
                self.forget_code()
                return

    def forget_code(self) -> None:
        """Forget all decoded code, as something of it changed."""
        for page in self._code:
            region = self._by_page[page]
            if region.writable and self._mpu is None and not self._watched:
                self.write_map[page] = region.data.ctypes.data - region.base
        self._code.clear()
        if self._mpu is not None or self._watched:
            self._rebuild()
        self.on_code_change()


def _in_pages(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a range that are in one page each: start and end."""
    while start < end:
        stop = min(end, (start | PAGE - 1) + 1)
        yield start, stop
        start = stop


def _halfwords(start: int, end: int) -> int:
    """Return a bit for each halfword of a page that a range touches."""
    low, high = (start & PAGE - 1) >> 1, (end - 1 & PAGE - 1) >> 1
    return (2 << high) - (1 << low)
