"""Whether an image can start on a board, checked before anything runs."""

from dataclasses import dataclass

from armsim.boards.board import Board, Region
from armsim.errors import ImageError
from armsim.machine.image import Image, Segment, span

# feature, what to call it, how to build without it, a board that has it
LACKS = (
    ("fp", "floating point", "with -mfloat-abi=soft", ""),
    ("fp64", "double precision", "with single precision only (-mcpu=cortex-{core}{sp})", "f767zi"),
    ("fp5", "FPv5", "with -mfpu=fpv4-sp-d16", "f746zg"),
    ("fp64v5", "double-precision FPv5", "with -mfpu=fpv5-sp-d16", "f767zi"),
)


@dataclass(frozen=True, slots=True)
class Start:
    """Where a program begins."""

    vector_table: int
    stack_pointer: int
    reset: int  # Thumb bit included


def check_fits(image: Image, board: Board) -> Start:
    """Return where `image` starts on `board`.

    The vector table is at the board's boot address when the image puts something there, else at
    the lowest address it loads into flash, else at the lowest address it loads at all.

    Raises:
        ImageError: the core lacks what the image needs, a segment lies outside the memory, or
            there is no vector table with a stack pointer in RAM and a reset handler in code.
    """
    check_core(image, board)
    for segment in image.segments:
        _check_segment(image, board, segment, segment.address, segment.memory_size)
        if segment.virtual_address != segment.address:
            _check_segment(image, board, segment, segment.virtual_address, segment.virtual_size)
    table, words = _vector_table(image, board)
    if words is None:
        raise ImageError(
            f"{image.path} has no vector table: fewer than 8 bytes are loaded at {table:#010x}; "
            "link it with a linker script that keeps .isr_vector first in flash"
        )
    stack, reset = words
    in_code = reset & 1 and _is_code(image, board, reset & ~1)
    in_ram = _stack_region(board, stack) is not None
    if not in_code and not in_ram:
        raise ImageError(
            f"{image.path} has no vector table at {table:#010x} (found {stack:#010x} "
            f"{reset:#010x}); link it with a linker script that keeps .isr_vector first in flash"
        )
    if not in_ram:
        raise ImageError(
            f"{image.path}: initial stack pointer {stack:#010x} (at {table:#010x}) is outside the "
            f"RAM of {board.name} ({describe(board, ram_only=True)}); link it for this board, or "
            "give its RAM with --sram BASE:SIZE"
        )
    if not reset & 1:
        raise ImageError(
            f"{image.path}: reset vector {reset:#010x} (at {table + 4:#010x}) is no Thumb address, "
            "its bit 0 is clear; declare the reset handler with .thumb_func or .type %function"
        )
    if not in_code:
        raise ImageError(
            f"{image.path}: reset vector {reset:#010x} (at {table + 4:#010x}) points outside the "
            "code that is loaded; correct the vector table or the linker script"
        )
    return Start(vector_table=table, stack_pointer=stack & ~3, reset=reset)


def check_core(image: Image, board: Board) -> None:
    """Raise ImageError when the image needs instructions that the board's core lacks."""
    missing = image.attributes.needs - board.features
    for feature, words, how, has_it in LACKS:
        if feature not in missing:
            continue
        rebuild = how.format(core=board.core, sp="+nofp.dp" if board.core == "m7" else "")
        other = f", or choose --board nucleo-{has_it}" if has_it else ""
        raise ImageError(
            f"{image.path} is built for {words} ({image.attributes.fp_arch}), which the "
            f"Cortex-{board.core.upper()} of {board.name} lacks; build it {rebuild}{other}"
        )


def describe(board: Board, *, ram_only: bool = False) -> str:
    """Return the board's memory in one line, as messages name it."""
    chosen = (region for region in board.regions if region.writable or not ram_only)
    return ", ".join(f"{region.name} {span(region.base, region.size)}" for region in chosen)


def _check_segment(image: Image, board: Board, segment: Segment, address: int, size: int) -> None:
    position, end = address, address + size
    while position < end:
        region = board.region_at(position)
        offset = region.offset(position) if region else None
        if region is None or offset is None:
            kind = "code" if segment.executable else "data"
            option = "--flash" if position == address and not segment.writable else "--sram"
            where = "" if position == address else f" from {position:#010x} on"
            raise ImageError(
                f"{image.path}: {kind} segment {span(address, size)} is outside the memory of "
                f"{board.name}{where} ({describe(board)}); link it for this board, choose "
                f"another --board, or give its memory with {option} BASE:SIZE"
            )
        position += region.size - offset


def _vector_table(image: Image, board: Board) -> tuple[int, tuple[int, int] | None]:
    boot = board.boot_address
    words = _words(image, board, boot)
    if words is not None:
        return boot, words
    loaded = [segment for segment in image.segments if segment.data]
    in_flash = [s for s in loaded if _kind(board, s.address) == "flash"]
    lowest = min(segment.address for segment in in_flash or loaded)
    return lowest, _words(image, board, lowest)


def _kind(board: Board, address: int) -> str:
    region = board.region_at(address)
    return region.kind if region else ""


def _place(board: Board, address: int) -> tuple[str, int]:
    """Return region and offset, so that two addresses of one byte compare equal."""
    region = board.region_at(address)
    offset = region.offset(address) if region else None
    return (region.name, offset) if region and offset is not None else ("", address)


def _words(image: Image, board: Board, address: int) -> tuple[int, int] | None:
    name, offset = _place(board, address)
    for segment in image.segments:
        start_name, start = _place(board, segment.address)
        skip = offset - start
        if start_name == name and 0 <= skip <= len(segment.data) - 8:
            first = int.from_bytes(segment.data[skip : skip + 4], "little")
            return first, int.from_bytes(segment.data[skip + 4 : skip + 8], "little")
    return None


def _is_code(image: Image, board: Board, address: int) -> bool:
    name, offset = _place(board, address)
    for segment in image.segments:
        start_name, start = _place(board, segment.address)
        inside = start <= offset < start + len(segment.data)
        if segment.executable and start_name == name and inside:
            return True
    return False


def _stack_region(board: Board, stack: int) -> Region | None:
    """Return the RAM that a push would go to: `stack` may be the end of a region."""
    region = board.region_at(stack - 4, 4) if stack >= 4 else None
    return region if region and region.writable else None
