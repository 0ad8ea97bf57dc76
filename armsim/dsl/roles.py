"""What each operand of an instruction is for; the timing models ask this.

The name says it: `rd`, `rdlo`, `rdhi`, `sd`, `dd` are written; `rdn` is read and written; `rn`,
`rm`, `ra`, `sn`, `sm`, `dn`, `dm` are read. In a load or a store `rn` is the base, `rm` the index,
and `rt`, `rt2` are what is moved. A definition states what departs from that in `roles=`, as
letters: `r` read, `w` written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from types import FunctionType

from armsim.dsl.instruction import Instruction
from armsim.dsl.state import GE, S0
from armsim.dsl.timing import LOADS, STORES, Timing

_BY_NAME = {
    "rd": "w",
    "rdlo": "w",
    "rdhi": "w",
    "rdn": "rw",
    "rn": "r",
    "rm": "r",
    "ra": "r",
    "rs": "r",
    "sd": "w",
    "sn": "r",
    "sm": "r",
    "dd": "w",
    "dn": "r",
    "dm": "r",
}
_GE_SETTERS = frozenset({"set_ge", "set_ge_halves"})
_ACCUMULATING_LONG = (Timing.MULTIPLY_LONG_ACCUMULATE,)
RRX = 4
_FLAG_SETTERS = frozenset({"set_nz", "set_nzc", "set_flags", "set_apsr"})
_KEEP_CARRY = {"shift", "shift_by_register"}  # read C only for RRX, or to keep it
_FLAG_READERS = frozenset({"flag_n", "flag_z", "flag_c", "flag_v", "apsr", "condition_passed"})


@cache
def reaches(function: Callable[..., object], names: frozenset[str]) -> bool:
    """Tell whether a meaning calls one of the named helpers, directly or through others."""
    for name in function.__code__.co_names:
        if name in names:
            return True
        if name in _KEEP_CARRY and "flag_c" in names:
            continue
        target = function.__globals__.get(name)
        if isinstance(target, FunctionType) and reaches(target, names):
            return True
    return False


@lru_cache(maxsize=4096)
def _shared(slots: frozenset[int]) -> frozenset[int]:
    """Return the same set for equal ones."""
    return slots


@dataclass(frozen=True, slots=True)
class Access:
    """State slots that one decoded instruction reads and writes."""

    reads: frozenset[int]
    writes: frozenset[int]
    base: int  # slot of the address base, -1 without one
    index: int  # slot of the address index, -1 without one
    data: frozenset[int]  # slots stored to memory
    shifted: int  # slot that goes through the shifter, -1 without one
    accumulator: frozenset[int]  # slots added to a product
    sets_flags: bool
    reads_flags: bool
    writeback: bool  # the base is written


def _slots(name: str, number: int) -> tuple[int, ...]:
    if name[0] == "s":
        return (S0 + number,)
    if name[0] == "d":
        return (S0 + 2 * number, S0 + 2 * number + 1)
    return (number,)


def role(instruction: Instruction, name: str) -> str:
    """Return `r`, `w`, `rw` or an empty string (not a register) for an operand."""
    if name in instruction.roles:
        return instruction.roles[name]
    if name in ("rt", "rt2"):
        return "w" if instruction.timing in LOADS else "r"
    if name in ("rdlo", "rdhi") and instruction.timing in _ACCUMULATING_LONG:
        return "rw"
    if name in ("sd", "dd"):
        if instruction.timing in STORES:
            return "r"
        if instruction.timing is Timing.FP_MULTIPLY_ACCUMULATE:
            return "rw"
        if instruction.timing is Timing.FP_COMPARE:
            return "r"
    return _BY_NAME.get(name, "")


@cache
def _registers(instruction: Instruction) -> tuple[tuple[str, str], ...]:
    """Return name and role of the operands that are registers."""
    roles = ((name, role(instruction, name)) for name in instruction.operands)
    return tuple((name, kind) for name, kind in roles if kind)


def access(instruction: Instruction, values: dict[str, int]) -> Access:
    """Return what an instruction with these operand values reads and writes."""
    reads: set[int] = set()
    writes: set[int] = set()
    data: set[int] = set()
    accumulator: set[int] = set()
    memory = instruction.timing in LOADS or instruction.timing in STORES
    addresses = memory or instruction.timing is Timing.TABLE_BRANCH
    base = index = shifted = -1
    for name, kind in _registers(instruction):
        slots = _slots(name, values[name])
        if "r" in kind:
            reads.update(slots)
        if "w" in kind:
            writes.update(slots)
        if name in ("ra", "rdlo", "rdhi") and "r" in kind:
            accumulator.update(slots)
        if instruction.timing is Timing.FP_MULTIPLY_ACCUMULATE and name in ("sd", "dd"):
            accumulator.update(slots)
        if addresses and name == "rn":
            base = slots[0]
        if addresses and name == "rm":
            index = slots[0]
        if instruction.timing in STORES and name in ("rt", "rt2", "sd", "dd"):
            data.update(slots)
        if instruction.timing is Timing.ALU_SHIFTED and name == "rm" and values["shift_n"]:
            shifted = slots[0]
    if instruction.timing is Timing.SELECT:
        reads.add(GE)
    if reaches(instruction.meaning, _GE_SETTERS):
        writes.add(GE)
    if "registers" in instruction.operands and memory:
        listed = {number for number in range(16) if values["registers"] >> number & 1}
        (writes if instruction.timing in LOADS else reads).update(listed)
        if instruction.timing in STORES:
            data.update(listed)
    if "count" in instruction.operands and "first" in instruction.operands:
        run = {S0 + values["first"] + k for k in range(values["count"])}
        (writes if instruction.timing in LOADS else reads).update(run)
        if instruction.timing in STORES:
            data.update(run)
    if values.get("writeback") and base >= 0:
        writes.add(base)
    if instruction.roles.get("sp") == "rw":
        base = 13
        reads.add(13)
        writes.add(13)
    elif instruction.roles.get("sp") == "r":
        if memory:
            base = 13
        reads.add(13)
    if instruction.roles.get("lr") == "w":
        writes.add(14)
    meaning = instruction.meaning
    sets = reaches(meaning, _FLAG_SETTERS)
    return Access(
        reads=_shared(frozenset(reads)),
        writes=_shared(frozenset(writes)),
        base=base,
        index=index,
        data=_shared(frozenset(data)),
        shifted=shifted,
        accumulator=_shared(frozenset(accumulator)),
        sets_flags=sets and ("setflags" not in instruction.operands or values["setflags"] != 0),
        reads_flags=reaches(meaning, _FLAG_READERS) or values.get("shift_t") == RRX,
        writeback=base in writes,
    )
