"""Operands computed from the fields of an encoding, written as the manual writes them.

`"imm3:imm2"` joins fields, highest first; `0` and `1` in such a join are literal bits. Everything
else is arithmetic over fields, earlier operands, `pc` (the address of the instruction + 4) and the
functions below.
"""

import re
from collections.abc import Callable
from functools import cached_property
from types import CodeType

from armsim.bits import WORD, ror, sign_extend
from armsim.dsl.errors import EncodingError

_JOIN = re.compile(r"\b\w+(?::\w+)+\b")


def thumb_expand_imm(imm12: int) -> int:
    """Expand a modified immediate constant (manual A5.3.2)."""
    low = imm12 & 0xFF
    if imm12 >> 10 == 0:
        pattern = (imm12 >> 8) & 3
        return (low, low << 16 | low, low << 24 | low << 8, low * 0x0101_0101)[pattern]
    return int(ror(0x80 | (imm12 & 0x7F), imm12 >> 7))


def expand_carry(imm12: int) -> int:
    """Return the carry that a modified immediate sets: 0, 1, or 2 to keep the old one."""
    return 2 if imm12 >> 10 == 0 else thumb_expand_imm(imm12) >> 31


def modified_immediate_is_defined(imm12: int) -> bool:
    """Tell whether a replicated constant has a nonzero byte; a zero one is UNPREDICTABLE."""
    return imm12 >> 10 != 0 or imm12 >> 8 == 0 or imm12 & 0xFF != 0


def decode_imm_shift_amount(shift_type: int, imm5: int) -> int:
    """Return the amount of an immediate shift: LSR and ASR write 32 as 0, RRX is ROR by 0."""
    return 32 if imm5 == 0 and shift_type in (1, 2) else imm5


def vfp_expand_imm32(imm8: int) -> int:
    """Expand the 8-bit constant of VMOV (immediate) to single precision bits (manual A6.4.1)."""
    exponent = (0x7C if imm8 & 0x40 else 0x80) | (imm8 >> 4) & 3
    return (imm8 >> 7) << 31 | exponent << 23 | (imm8 & 0xF) << 19


def vfp_expand_imm64_high(imm8: int) -> int:
    """Expand the 8-bit constant of VMOV (immediate) to the high word of a double; the low is 0."""
    exponent = (0x3FC if imm8 & 0x40 else 0x400) | (imm8 >> 4) & 3
    return (imm8 >> 7) << 31 | exponent << 20 | (imm8 & 0xF) << 16


def special_register_exists(sysm: int) -> bool:
    """Tell whether SYSm names a special register (manual B5.2.2)."""
    return sysm in (0, 1, 2, 3, 5, 6, 7, 8, 9, 16, 17, 18, 19, 20)


def align(value: int, size: int) -> int:
    """Round down to a multiple of `size`."""
    return value // size * size


FUNCTIONS: dict[str, Callable[..., int]] = {
    function.__name__: function
    for function in (
        sign_extend,
        thumb_expand_imm,
        expand_carry,
        modified_immediate_is_defined,
        decode_imm_shift_amount,
        vfp_expand_imm32,
        vfp_expand_imm64_high,
        align,
        special_register_exists,
    )
}
FUNCTIONS["word"] = lambda value: value & WORD


class Expression:
    """The text of an operand; compiled when it is first needed.

    Args:
        text: the expression.
        widths: the width in bits of each field.
        owner: the encoding, for messages.

    Raises:
        EncodingError: it joins something that has no width.
    """

    def __init__(self, text: str, widths: dict[str, int], owner: str) -> None:
        self.text, self.owner = text, owner
        self._widths = widths
        self._source = _JOIN.sub(self._join, text) if ":" in text else text

    def _join(self, match: re.Match[str]) -> str:
        joined = ""
        for part in match.group().split(":"):
            if set(part) <= {"0", "1"}:
                size, value = len(part), str(int(part, 2))
            elif part in self._widths:
                size, value = self._widths[part], part
            else:
                raise EncodingError(
                    f"{self.owner}: {part!r} in {self.text!r} is not a field of the pattern"
                )
            joined = f"({joined} << {size} | {value})" if joined else value
        return joined

    @cached_property
    def code(self) -> CodeType:
        """The compiled expression.

        Raises:
            EncodingError: the text is not an expression.
        """
        try:
            return compile(self._source, f"<{self.owner}>", "eval")
        except SyntaxError as error:
            raise EncodingError(f"{self.owner}: {self.text!r} is not an expression") from error
