"""Frames of a guest's stack: who called whom, across exceptions."""

import bisect
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from elftools.elf.elffile import ELFFile

from armsim.dsl.state import IPSR, LR, OTHER_SP, SP
from armsim.machine.bus import MemoryFault
from armsim.machine.image import Image
from armsim.machine.memory import Memory

PC = 15
DEEPEST = 2000  # frames looked at
SCANNED = 1024  # bytes of stack searched for a return address
EXC_RETURN = 0xFFFF_FFE0
_EXC_RETURNS = frozenset(0xFFFF_FF00 | low for low in (0xE1, 0xE9, 0xED, 0xF1, 0xF9, 0xFD))
_THUMB = 1 << 24


@dataclass(frozen=True, slots=True)
class Frame:
    """A place in code, `pc`, and how it is known.

    Attributes:
        exact: `pc` is where execution is or was, not an address to return to.
        guessed: it is a word on the stack that may be a return address.
        interrupted: the code in which the exception before it was taken.
    """

    pc: int
    sp: int
    exact: bool = False
    guessed: bool = False
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class _Rules:
    """How to find the caller from an address on: where the frame is and what is saved in it."""

    base: int  # register that the frame's address is relative to
    offset: int
    saved: dict[int, int]  # register -> offset from the frame's address


class CallFrames:
    """Call frame information of an image, from .debug_frame."""

    def __init__(self, image: Image) -> None:
        self._entries: list[tuple[int, int, Any]] = []
        try:
            elf: Any = ELFFile(io.BytesIO(image.content))
            if elf.has_dwarf_info():
                self._read(elf.get_dwarf_info())
        except Exception:  # noqa: BLE001  pyelftools raises nearly anything on damaged data
            self._entries = []
        self._entries.sort(key=lambda entry: entry[0])
        self._starts = [start for start, _, _ in self._entries]

    def _read(self, dwarf: Any) -> None:
        if not dwarf.has_CFI():
            return
        for entry in dwarf.CFI_entries():
            if not hasattr(entry, "cie") or "initial_location" not in entry.header:
                continue
            start, size = entry.header["initial_location"], entry.header["address_range"]
            self._entries.append((start & ~1, size, entry))

    def rules(self, address: int) -> _Rules | None:
        """Return the rules for the instruction at `address`, if there are any that we follow."""
        index = bisect.bisect_right(self._starts, address) - 1
        if index < 0:
            return None
        start, size, entry = self._entries[index]
        if address >= start + size:
            return None
        try:
            row = self._row(entry, address)
        except Exception:  # noqa: BLE001  as above
            return None
        if row is None or row["cfa"].reg is None:
            return None
        saved = {
            register: rule.arg
            for register, rule in row.items()
            if isinstance(register, int) and rule.type == "OFFSET"
        }
        return _Rules(row["cfa"].reg, row["cfa"].offset, saved)

    @staticmethod
    def _row(entry: Any, address: int) -> Any:
        found = None
        for row in entry.get_decoded().table:
            if row["pc"] & ~1 > address:
                break
            found = row
        return found


class Unwinder:
    """Walks a stack from the registers at some moment.

    Args:
        image: its symbols say what is code.
        memory: the guest's memory.
        state: registers as `armsim.dsl.state` lays them out.
    """

    def __init__(self, image: Image, memory: Memory, state: Any) -> None:
        self.image, self.memory = image, memory
        self._frames = CallFrames(image)
        self._first = image.function_at(image.entry & ~1)
        self._registers = [int(word) for word in state[:PC]]
        self._other = int(state[OTHER_SP])
        self._handler = bool(state[IPSR])

    def word(self, address: int) -> int:
        """Return a word of memory; raises MemoryFault."""
        return int.from_bytes(self.memory.read_bytes(address & 0xFFFF_FFFF, 4), "little")

    def frames(self, pc: int, *, fetch: bool = False) -> Iterator[Frame]:
        """Yield frames, the innermost first; `fetch` if there is no code at `pc`."""
        frame = Frame(pc, self._registers[SP], exact=True)
        for _ in range(DEEPEST):
            yield frame
            try:
                found = self._caller(frame, fetch)
            except MemoryFault:
                return
            if found is None or (found.pc, found.sp) == (frame.pc, frame.sp):
                return
            frame, fetch = found, False

    def _caller(self, frame: Frame, fetch: bool) -> Frame | None:
        link = self._registers[LR]
        if not fetch:
            # A return address may lie behind the end of a function that does not return.
            at = frame.pc if frame.exact else frame.pc - 2
            rules = self._frames.rules(at)
            found = self._follow(rules, frame) if rules is not None else None
            if found is not None or self.image.function_at(at) == self._first:
                return found  # nothing called the function that starts the program
        if frame.exact and (link >= EXC_RETURN or self._is_return(link)):
            return self._return_to(link)
        return self._guess()

    def _follow(self, rules: _Rules, frame: Frame) -> Frame | None:
        kept = list(self._registers)
        base = kept[rules.base] + rules.offset & 0xFFFF_FFFF
        for register, offset in rules.saved.items():
            if register < PC:
                kept[register] = self.word(base + offset)
        kept[SP] = base
        before, self._registers = self._registers, kept
        found = self._return_to(kept[LR])
        if found is None or (found.pc, found.sp) == (
            frame.pc,
            frame.sp,
        ):  # assembly without directives: what is said of it is wrong
            self._registers = before
            return None
        return found

    def _return_to(self, address: int) -> Frame | None:
        if address >= EXC_RETURN:
            return self._interrupted(address)
        if not self._is_return(address):
            return None
        return Frame(address & ~1, self._registers[SP])

    def _exception_frame(self, start: int) -> int:
        """Return where from `start` on there is something like the frame of an exception."""
        for address in range(start, start + 64, 4):
            pc, xpsr = self.word(address + 24), self.word(address + 28)
            if xpsr & _THUMB and self.image.function_at(pc) is not None:
                return address
        return start

    def _interrupted(self, exc_return: int, main: int | None = None) -> Frame | None:
        """Go to what an exception interrupted; its frame is on the stack that EXC_RETURN says.

        `main` is where the frame is if it is on the main stack.
        """
        if not self._handler:
            return None
        registers = self._registers
        thread, process = bool(exc_return & 8), exc_return & 0xF == 0xD
        stack = self._other if process else registers[SP] if main is None else main
        words = [self.word(stack + 4 * k) for k in range(8)]
        size = 0x20 if exc_return & 0x10 else 0x68
        after = stack + size | (4 if words[7] & 0x200 else 0)
        if process:
            self._other = registers[SP]
        registers[:4] = words[:4]
        registers[12], registers[LR], registers[SP] = words[4], words[5], after
        self._handler = not thread
        return Frame(words[6], after, exact=True, interrupted=True)

    def _guess(self) -> Frame | None:
        """Take the next word on the stack that looks like a return address."""
        registers = self._registers
        for address in range(registers[SP], registers[SP] + SCANNED, 4):
            value = self.word(address)
            if self._handler and value in _EXC_RETURNS:
                registers[SP] = address + 4
                return self._interrupted(value, self._exception_frame(address + 4))
            if self._is_return(value):
                registers[SP] = address + 4
                return Frame(value & ~1, address + 4, guessed=True)
        return None

    def _is_return(self, value: int) -> bool:
        """Tell whether a word is a Thumb address behind a call, in a function of the image."""
        at = value & ~1
        if not value & 1 or at < 4 or self.image.function_at(at - 2) is None:
            return False
        try:
            code = self.memory.read_bytes(at - 4, 4)
        except MemoryFault:
            return False
        first, second = int.from_bytes(code[:2], "little"), int.from_bytes(code[2:], "little")
        return second & 0xFF87 == 0x4780 or (first & 0xF800 == 0xF000 and second & 0xD000 == 0xD000)


def collapse(frames: list[Frame], show: Callable[[Frame], str]) -> Iterator[str]:
    """Yield the text of each frame, runs of the same few places told once."""
    texts = [show(frame) for frame in frames]
    index = 0
    while index < len(texts):
        period, times = _repetition(texts, index)
        if times > 2:
            for k in range(period):
                yield f"#{index + k:<3} {texts[index + k]}"
            yield f"     ... {times - 1:,} times more the same"
            index += period * times
        else:
            yield f"#{index:<3} {texts[index]}"
            index += 1


def _repetition(texts: list[str], start: int) -> tuple[int, int]:
    """Return the shortest period, up to 4, that repeats from `start`, and how often it does."""
    for period in range(1, 5):
        times = 1
        pattern = texts[start : start + period]
        while texts[start + times * period : start + (times + 1) * period] == pattern:
            times += 1
        if times > 2:
            return period, times
    return 1, 1
