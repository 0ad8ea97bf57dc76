"""Why a guest died, for people: the fault, the instruction, the registers and a backtrace."""

from types import SimpleNamespace
from typing import Any

from armsim.bits import WORD
from armsim.dsl.state import (
    BASEPRI,
    CONTROL,
    FAULTMASK,
    IPSR,
    LR,
    OTHER_SP,
    PRIMASK,
    SP,
    apsr,
)
from armsim.engine.decoder import UndefinedInstruction, is_wide
from armsim.engine.disassembler import disassemble
from armsim.insight.unwind import Frame, Unwinder, collapse
from armsim.machine import faults
from armsim.machine.bus import MemoryFault
from armsim.machine.faults import FaultRecord
from armsim.session import Session

MOST_FRAMES = 40
_STATUS_BITS = {
    0: "IACCVIOL", 1: "DACCVIOL", 3: "MUNSTKERR", 4: "MSTKERR", 5: "MLSPERR", 7: "MMARVALID",
    8: "IBUSERR", 9: "PRECISERR", 10: "IMPRECISERR", 11: "UNSTKERR", 12: "STKERR", 13: "LSPERR",
    15: "BFARVALID", 16: "UNDEFINSTR", 17: "INVSTATE", 18: "INVPC", 19: "NOCP",
    24: "UNALIGNED", 25: "DIVBYZERO",
}  # fmt: skip
_NOT_BEGUN = "  it never began; functions of an image without a program are called by armsim.load"
_HARD_BITS = {1: "VECTTBL", 30: "FORCED", 31: "DEBUGEVT"}


def diagnose(session: Session) -> str:
    """Return what is known about the death of a session's guest, some lines of text."""
    return "\n".join(_Diagnosis(session).lines()) + "\n"


class _Diagnosis:
    def __init__(self, session: Session) -> None:
        self.session = session
        self.image, self.memory, self.core = session.image, session.memory, session.core
        self.records = session.core.exceptions.faults

    def lines(self) -> list[str]:
        """Return the whole text; the first fault is told in full, those that followed in a line."""
        if not self.records:
            begun = self.session.engine.instructions > 0
            return [
                f"  stopped at {self.place(self.core.pc)}",
                *([] if begun else [_NOT_BEGUN]),
                *self.instruction(self.core.pc),
                *self.registers(self.core.state),
                *self.backtrace(self.core.pc, self.core.state, fetch=False),
            ]
        first, *later = self.records
        lines = [f"  {self.title(first)}", f"    at {self.place(first.pc)}"]
        if not first.fetch:
            lines += self.instruction(first.pc)
        lines += [f"  then {self.title(record)}, at {self.place(record.pc)}" for record in later]
        lines += self.status()
        if first.pc == 0 and first.exception == faults.USAGE_FAULT:
            lines.append("  a null pointer to a function was called?")
        lines += self.stack_hint(first)
        lines += self.registers(first.state)
        return lines + self.backtrace(first.pc, first.state, fetch=first.fetch)

    def title(self, record: FaultRecord) -> str:
        """Return a fault and its cause in words."""
        name = faults.name(record.exception)
        if record.taken != record.exception:
            name += f", taken as {faults.name(record.taken)}"
        return f"{name}: {record.cause}"

    def place(self, address: int, back: int = 0) -> str:
        """Return an address with its function, file and line, those of `back` bytes before it."""
        text = f"{address:#010x}"
        function = self.image.function_at(address - back)
        if function is not None:
            text += f" in {function.name}+{address - function.address}"
        elif (thing := self.image.object_at(address)) is not None:
            text += f" in {thing.name}+{address - thing.address}, which is no function"
        line = self.image.line_at(address - back)
        return text + (f" ({line[0]}:{line[1]})" if line else "")

    def instruction(self, address: int) -> list[str]:
        """Return the bytes and the assembly text of an instruction."""
        try:
            first = int.from_bytes(self.memory.read_bytes(address, 2), "little")
            second = 0
            if is_wide(first):
                second = int.from_bytes(self.memory.read_bytes(address + 2, 2), "little")
        except MemoryFault:
            return []
        bits = f"{first:04x} {second:04x}" if is_wide(first) else f"{first:04x}"
        try:
            text = disassemble(self.session.engine.code.decoder.decode(first, second, address))
        except UndefinedInstruction:
            text = "(undefined)"
        return [f"    {bits}  {text}"]

    def status(self) -> list[str]:
        """Return the fault status registers, their bits by name."""
        state = self.core.exceptions
        words = [f"cfsr {state.cfsr:08x}{_named(state.cfsr, _STATUS_BITS)}"]
        words.append(f"hfsr {state.hfsr:08x}{_named(state.hfsr, _HARD_BITS)}")
        if state.cfsr & faults.MMARVALID:
            words.append(f"mmfar {state.mmfar:08x}")
        if state.cfsr & faults.BFARVALID:
            words.append(f"bfar {state.bfar:08x}")
        return ["  status: " + ", ".join(words)]

    def stack_hint(self, record: FaultRecord) -> list[str]:
        """Say so if the stack pointer has left memory."""
        pointer = int(record.state[SP])
        for address in (pointer, pointer - 4 & WORD):
            region = self.memory.region_at(address)
            if region is not None and region.writable:
                return []
        return [f"  the stack pointer, {pointer:#010x}, is not in RAM: the stack has overflowed?"]

    def registers(self, state: Any) -> list[str]:
        """Return the registers, four to a line."""
        words = [(f"r{number}", int(state[number])) for number in range(13)]
        words += [("sp", int(state[SP])), ("lr", int(state[LR]))]
        ipsr, control = int(state[IPSR]), int(state[CONTROL])
        words.append(("ipsr", ipsr))
        lines = ["  registers:"]
        for row in range(0, len(words), 4):
            cells = (f"{name:>4} {value:08x}" for name, value in words[row : row + 4])
            lines.append("   " + " ".join(cells))
        used = "psp" if control & 2 and not ipsr else "msp"
        other = "msp" if used == "psp" else "psp"
        mode = f"handler of {faults.name(ipsr)}" if ipsr else "Thread mode"
        rights = "unprivileged" if control & 1 and not ipsr else "privileged"
        masks = "".join(
            f", {name} {int(state[index]):x}"
            for name, index in (
                ("primask", PRIMASK), ("faultmask", FAULTMASK), ("basepri", BASEPRI),
            )
            if int(state[index])
        )  # fmt: skip
        lines.append(
            f"    {mode}, {rights}; sp is {used}, {other} {int(state[OTHER_SP]):08x}; "
            f"flags {_flags(state)}{masks}"
        )
        return lines

    def backtrace(self, pc: int, state: Any, *, fetch: bool) -> list[str]:
        """Return the calls that led to `pc`."""
        unwinder = Unwinder(self.image, self.memory, state)
        frames = list(unwinder.frames(pc, fetch=fetch))
        lines = list(collapse(frames, self.frame))
        if len(lines) > MOST_FRAMES:
            lines = [*lines[:MOST_FRAMES], f"     ... {len(lines) - MOST_FRAMES} more"]
        return ["  backtrace:", *(f"    {line}" for line in lines)]

    def frame(self, frame: Frame) -> str:
        """Return one frame; that of a caller is a return address, with the line of the call."""
        note = " (a guess: it stands on the stack)" if frame.guessed else ""
        if frame.interrupted:
            note = " (interrupted here)"
        return self.place(frame.pc, 0 if frame.exact else 2) + note


def _flags(state: Any) -> str:
    word = int(apsr(SimpleNamespace(state=state)))
    bits = zip("NZCVQ", range(31, 26, -1), strict=True)
    return "".join(letter if word >> bit & 1 else letter.lower() for letter, bit in bits)


def _named(value: int, names: dict[int, str]) -> str:
    found = [name for bit, name in names.items() if value >> bit & 1]
    return f" ({' '.join(found)})" if found else ""
