"""A board: core, clock, memory and devices, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from armsim.boards.texts import ADDRESS_SPACE, CoreChoice
from armsim.errors import BoardError

REGION_KINDS = ("flash", "sram", "itcm", "dtcm", "axi", "ccm")
BUSES = ("icode", "dcode", "system", "axi", "itcm", "dtcm")
FEATURES = ("fp", "fp5", "fp64", "fp64v5")
MOVABLE = ("sram", "dtcm", "axi", "ccm")  # what --sram may clip, extend or move
LARGEST_MEMORY = 1 << 30  # the host holds every region in full


@dataclass(frozen=True, slots=True)
class Region:
    """Memory at one or several addresses."""

    name: str
    kind: str  # one of REGION_KINDS
    base: int
    size: int
    aliases: tuple[int, ...] = ()
    wait_states: int = 0  # CPU cycles beyond the first; of flash, at the board's clock
    cacheable: bool = False
    bus: str = "system"  # one of BUSES

    @property
    def end(self) -> int:
        """Return the address after the last byte."""
        return self.base + self.size

    @property
    def writable(self) -> bool:
        """Whether a plain store changes it."""
        return self.kind != "flash"

    def offset(self, address: int, size: int = 1) -> int | None:
        """Return where `size` bytes at `address` begin in it, by base or alias; else None."""
        for start in (self.base, *self.aliases):
            if start <= address and address + size <= start + self.size:
                return address - start
        return None


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """A device to be made: which class, where, and what the chip says about it."""

    kind: str
    name: str
    base: int
    size: int
    irq: int | None = None
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Board:
    """Everything about a board that a program can notice."""

    name: str
    core: str  # "m4" or "m7"
    features: frozenset[str]  # of FEATURES
    clock_hz: int
    wait_table: tuple[tuple[int, int], ...]  # (highest clock in Hz, wait states of flash), rising
    regions: tuple[Region, ...]
    devices: tuple[DeviceSpec, ...]
    interrupts: int  # external interrupt lines
    boot_address: int  # where the core finds its vector table after reset
    description: str
    slower_ram: tuple[int, int] = (0, 0)  # start and end of RAM whose bursts take a cycle more
    group_rule: bool = False  # three wide instructions in a row off word addresses cost a cycle
    accelerator: tuple[int, int] = (64, 8)  # lines of 16 bytes that flash keeps of code, of data
    caches: tuple[int, int] = (0, 0)  # bytes of a Cortex-M7's instruction and data cache
    clock_given: bool = False  # then wait states are those of the clock, not what the guest sets
    priority_bits: int = 4  # implemented bits of a priority; the others read as zero
    systick_divider: int = 8  # core cycles to one of SysTick's reference clock; 0: there is none
    systick_calibration: int = 0x4000_0000  # SYST_CALIB

    def region_at(self, address: int, size: int = 1) -> Region | None:
        """Return the region that holds all `size` bytes at `address`, by base or alias."""
        for region in self.regions:
            if region.offset(address, size) is not None:
                return region
        return None


def with_clock(board: Board, hz: int) -> Board:
    """Return the board at another clock, with the wait states its flash then needs.

    Raises:
        BoardError: its flash is not specified for that clock.
    """
    flash = _wait_states(board, hz)
    regions = tuple(
        replace(region, wait_states=flash) if region.kind == "flash" else region
        for region in board.regions
    )
    return replace(board, clock_hz=hz, regions=regions)


def with_core(board: Board, choice: CoreChoice) -> Board:
    """Return the board with what the chosen spelling of its core takes away.

    Raises:
        BoardError: the board has the other core.
    """
    if choice.core != board.core:
        raise BoardError(
            f"{board.name} has a Cortex-{board.core.upper()}, not a "
            f"Cortex-{choice.core.upper()}; leave out --core or choose another --board"
        )
    return replace(board, features=board.features - choice.without)


def resize(
    board: Board,
    *,
    flash: tuple[int, int] | None = None,
    sram: tuple[int, int] | None = None,
) -> Board:
    """Return the board with its main flash or its RAM elsewhere or of another size.

    The RAM given replaces the run of adjoining RAM that it touches, or else the board's main
    RAM. What lies inside keeps its name and kind, so that the first 64 KiB of an STM32F746's RAM
    stay tightly coupled; the rest becomes plain SRAM.

    Raises:
        BoardError: the result overlaps other memory.
    """
    if flash is not None:
        board = _resize_flash(board, *flash)
    if sram is not None:
        board = _resize_ram(board, *sram)
    return board


def check_regions(name: str, regions: tuple[Region, ...]) -> None:
    """Raise BoardError unless all regions are aligned, in the address space and apart."""
    if not regions:
        raise BoardError(f"{name} has no memory; add a [[region]] with kind, base and size")
    taken: list[tuple[int, int, Region]] = []
    for region in regions:
        if region.size % 1024 or region.base % 1024 or region.size <= 0:
            raise BoardError(
                f"{name}: region {region.name} ({region.base:#x}, {region.size:#x} bytes) is "
                "not aligned; base and size are multiples of 1 KiB"
            )
        if region.size > LARGEST_MEMORY:
            raise BoardError(
                f"{name}: region {region.name} has {region.size:#x} bytes; "
                "at most 1 GiB is simulated"
            )
        for start in (region.base, *region.aliases):
            if start % 1024 or start + region.size > ADDRESS_SPACE:
                raise BoardError(
                    f"{name}: region {region.name} does not fit at {start:#x}; it needs a "
                    "multiple of 1 KiB below the end of the 4 GiB address space"
                )
            taken.append((start, start + region.size, region))
    taken.sort(key=lambda item: item[:2])
    for low, high in pairwise(taken):
        if low[1] > high[0]:
            raise BoardError(
                f"{name}: regions {low[2].name} ({low[0]:#010x}-{low[1] - 1:#010x}) and "
                f"{high[2].name} ({high[0]:#010x}-{high[1] - 1:#010x}) overlap; "
                "move or shrink one of them"
            )


def _wait_states(board: Board, hz: int) -> int:
    if not board.wait_table:
        return 0
    for limit, states in board.wait_table:
        if hz <= limit:
            return states
    raise BoardError(
        f"{board.name} cannot run at {hz / 1e6:g} MHz; its flash is specified up to "
        f"{board.wait_table[-1][0] / 1e6:g} MHz"
    )


def _resize_flash(board: Board, base: int, size: int) -> Board:
    old = next((region for region in board.regions if region.kind == "flash"), None)
    if old is None:  # a board that keeps its code in RAM
        old = board.region_at(board.boot_address)
    if old is None:
        raise BoardError(f"{board.name} has no flash to resize; leave out --flash")
    offset = old.offset(board.boot_address)
    others = tuple(region for region in board.regions if region is not old)
    moved = base != old.base
    new = replace(old, base=base, size=size, aliases=() if moved else old.aliases)
    kept = tuple(start for start in new.aliases if not _hits(start, size, (*others, new), base))
    new = replace(new, aliases=kept)
    regions = tuple(new if region is old else region for region in board.regions)
    check_regions(f"{board.name} with --flash {base:#x}:{size:#x}", regions)
    boot = board.boot_address
    if offset is not None and new.offset(boot) is None:
        boot = base
    return replace(board, regions=regions, boot_address=boot)


def _hits(start: int, size: int, regions: tuple[Region, ...], own: int) -> bool:
    """Tell whether an alias of `size` bytes at `start` would overlap other memory."""
    for region in regions:
        starts = (region.base,) if region.base == own else (region.base, *region.aliases)
        if any(start < other + region.size and other < start + size for other in starts):
            return True
    return False


def _resize_ram(board: Board, base: int, size: int) -> Board:
    end = base + size
    movable = sorted(
        (region for region in board.regions if region.kind in MOVABLE), key=lambda r: r.base
    )
    if not movable:
        raise BoardError(f"{board.name} has no RAM to resize; leave out --sram")
    main = next((region for region in movable if region.kind in ("sram", "axi")), movable[0])
    runs: list[list[Region]] = []
    for region in movable:
        if runs and runs[-1][-1].end == region.base:
            runs[-1].append(region)
        else:
            runs.append([region])
    touched = [run for run in runs if run[0].base < end and base < run[-1].end]
    gone = {r.name for run in touched or [run for run in runs if main in run] for r in run}
    pieces: list[Region] = []
    position = base
    for region in movable:
        start, stop = max(region.base, base), min(region.end, end)
        if region.name not in gone or start >= stop:
            continue
        if position < start:
            _fill(pieces, main, position, start)
        whole = (start, stop) == (region.base, region.end)
        aliases = region.aliases if whole else ()
        pieces.append(replace(region, base=start, size=stop - start, aliases=aliases))
        position = stop
    if position < end:
        _fill(pieces, main, position, end)
    kept = tuple(region for region in board.regions if region.name not in gone)
    regions = (*kept, *pieces)
    check_regions(f"{board.name} with --sram {base:#x}:{size:#x}", regions)
    return replace(board, regions=regions)


def _fill(pieces: list[Region], main: Region, start: int, stop: int) -> None:
    """Add plain RAM from `start` to `stop`, joined to what is before it where that is plain."""
    last = pieces[-1] if pieces else None
    if last is not None and last.kind in ("sram", "axi") and last.end == start:
        pieces[-1] = replace(last, size=stop - last.base, aliases=())
        return
    taken = {piece.name for piece in pieces}
    name = next(n for n in (main.name, "sram", "sram_more", "sram_most") if n not in taken)
    pieces.append(replace(main, name=name, base=start, size=stop - start, aliases=()))
