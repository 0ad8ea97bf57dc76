"""Where the arguments of a call go (Procedure Call Standard for the Arm Architecture, 6.5 to 7).

The source of the rules is Arm IHI 0042, "Parameter Passing" (C.1 to C.8) and "VFP co-processor
register usage" (C.1.vfp to C.3.vfp). GCC implements the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from armsim.machine.c_types import Array, CType, Prototype, Record, Scalar

CORE_REGISTERS, FP_REGISTERS = 4, 16
MOST_HOMOGENEOUS = 4


@dataclass(slots=True)
class Words:
    """What a call begins with."""

    core: dict[int, int] = field(default_factory=dict)  # r0 to r3
    fp: dict[int, int] = field(default_factory=dict)  # s0 to s15
    stack: list[int] = field(default_factory=list)  # from the stack pointer up


class _Places:
    """Hands out registers and stack words, argument after argument."""

    def __init__(self) -> None:
        self.words = Words()
        self._next = 0
        self._free_fp = list(range(FP_REGISTERS))

    def put_fp(self, data: list[int], width: int) -> None:
        """Pass members of `width` words in adjoining floating-point registers, or on the stack."""
        for first in range(0, FP_REGISTERS, width):
            wanted = range(first, first + len(data))
            if all(number in self._free_fp for number in wanted):
                self._free_fp = [number for number in self._free_fp if number not in wanted]
                self.words.fp.update(zip(wanted, data, strict=True))
                return
        self._free_fp = []
        self._push(data, width > 1)

    def put(self, data: list[int], double: bool) -> None:
        """Pass words in core registers, on the stack, or in both; `double`: 8-byte aligned."""
        if double:
            self._next += self._next % 2
        space = CORE_REGISTERS - self._next
        if len(data) > space and (self.words.stack or space <= 0):
            self._next = CORE_REGISTERS
            self._push(data, double)
            return
        for word in data[: max(space, 0)]:
            self.words.core[self._next] = word
            self._next += 1
        self.words.stack += data[max(space, 0) :]

    def _push(self, data: list[int], double: bool) -> None:
        if double and len(self.words.stack) % 2:
            self.words.stack.append(0)
        self.words.stack += data


def homogeneous(kind: CType | None) -> tuple[int, int] | None:
    """Return (members, bytes of one) if all that a type consists of are floats of one size."""
    if isinstance(kind, Scalar):
        return (1, kind.size) if kind.kind == "float" else None
    if isinstance(kind, Array):
        inner = homogeneous(kind.element)
        return (inner[0] * (kind.size // kind.element.size), inner[1]) if inner else None
    if isinstance(kind, Record) and not kind.name.startswith("union"):
        found = [homogeneous(member.type) for member in kind.members]
        sizes = {inner[1] if inner else 0 for inner in found}
        count = sum(inner[0] if inner else 0 for inner in found)
        if len(sizes) == 1 and 0 not in sizes and 0 < count <= MOST_HOMOGENEOUS:
            return count, sizes.pop()
    return None


def in_fp(kind: CType | None, hard_float: bool) -> bool:
    """Whether a value goes in floating-point registers."""
    return hard_float and homogeneous(kind) is not None


def in_memory(result: CType | None, hard_float: bool) -> bool:
    """Whether the caller passes the address where the result is to go, in r0."""
    large = isinstance(result, Record | Array) and result.size > 4
    return large and not in_fp(result, hard_float)


def arrange(
    prototype: Prototype, values: Sequence[bytes], result_at: int | None, hard_float: bool
) -> Words:
    """Return where the arguments of a call go.

    Args:
        prototype: of the function.
        values: the arguments' bytes, as in memory; those less than a word are extended already.
        result_at: the address of the result, if that is returned in memory.
        hard_float: floating-point numbers go in floating-point registers.
    """
    places = _Places()
    if result_at is not None:
        places.put([result_at], double=False)
    for parameter, value in zip(prototype.parameters, values, strict=True):
        padded = value + bytes(-len(value) % 4)
        words = [int.from_bytes(padded[k : k + 4], "little") for k in range(0, len(padded), 4)]
        if in_fp(parameter.type, hard_float):
            _, size = homogeneous(parameter.type) or (0, 0)
            places.put_fp(words, max(size // 4, 1))
        else:
            places.put(words, parameter.type.alignment >= 8)
    return places.words
