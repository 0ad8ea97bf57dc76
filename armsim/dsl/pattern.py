"""Bit patterns in the manual's grouping: `"1111 0011 1100 rn:4 0 imm3:3 rd:gpr imm2:2 0 lsb:5"`.

A token is a run of 0 and 1, or `name:width`. Four bits wide are also `gpr`, a register number that
is neither SP nor PC, `nopc`, one that is not PC, `cond`, a condition other than always, `nofp`, a
coprocessor other than the FPU, and `nonzero`: other values of those fields are not this encoding.
"""

import re
from dataclasses import dataclass

from armsim.dsl.errors import EncodingError

_TOKEN = re.compile(r"[01]+|[a-z]\w*:(?:\d+|gpr|nopc|cond|nofp|nonzero)")
_EXCLUDED = {"gpr": (13, 15), "nopc": (15,), "cond": (14, 15), "nofp": (10, 11), "nonzero": (0,)}


@dataclass(frozen=True, slots=True)
class Field:
    """A named run of bits: `(word >> shift) & ((1 << width) - 1)`, never one of `excluded`."""

    name: str
    shift: int
    width: int
    excluded: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Pattern:
    """Fixed bits and fields of a 16-bit or 32-bit encoding.

    A 32-bit encoding is written first halfword first, so its bits 31 to 16 are that halfword.
    """

    text: str
    width: int
    fixed: int  # which bits are fixed
    value: int  # and what they are
    fields: tuple[Field, ...]

    def matches(self, word: int) -> bool:
        """Tell whether `word` has the fixed bits and no excluded field value."""
        if word & self.fixed != self.value:
            return False
        return all(
            (word >> field.shift) & ((1 << field.width) - 1) not in field.excluded
            for field in self.fields
            if field.excluded
        )

    def overlaps(self, other: "Pattern") -> bool:
        """Tell whether some word has the fixed bits of both."""
        if self.width != other.width or (self.value ^ other.value) & self.fixed & other.fixed:
            return False
        return not (self._excludes(other) or other._excludes(self))

    def _excludes(self, other: "Pattern") -> bool:
        for field in self.fields:
            bits = ((1 << field.width) - 1) << field.shift
            if other.fixed & bits == bits and (other.value & bits) >> field.shift in field.excluded:
                return True
        return False


def parse_pattern(text: str, name: str) -> Pattern:
    """Read a bit pattern; `name` is the encoding it belongs to, for the message.

    Raises:
        EncodingError: a token that is neither bits nor a field, a field named twice, or a width
            other than 16 or 32 bits.
    """
    fields: list[Field] = []
    fixed = value = width = 0
    sized: list[tuple[str, int, tuple[int, ...]]] = []
    for token in text.split():
        if not _TOKEN.fullmatch(token):
            raise EncodingError(f"{name}: {token!r} is neither bits nor name:width ({text!r})")
        if ":" in token:
            field_name, size = token.split(":")
            excluded = _EXCLUDED.get(size, ())
            sized.append((field_name, 4 if excluded else int(size), excluded))
        else:
            sized.append((token, len(token), ()))
        width += sized[-1][1]
    if width not in (16, 32):
        raise EncodingError(f"{name} is {width} bits wide; Thumb encodings are 16 or 32 ({text!r})")
    shift = width
    for token, bits, excluded in sized:
        shift -= bits
        if token[0] in "01":
            fixed |= ((1 << bits) - 1) << shift
            value |= int(token, 2) << shift
            continue
        if any(field.name == token for field in fields):
            raise EncodingError(f"{name} names the field {token!r} twice ({text!r})")
        fields.append(Field(token, shift, bits, excluded))
    return Pattern(text, width, fixed, value, tuple(fields))
