"""The 32-bit encodings that all single loads and stores share (manual A5.3.7 to A5.3.10).

`Access("ldrsb", "1 0 00 1", ...)` knows where the sign, size and direction bits go; each method
returns a decorator that defines one addressing form, so a family file states mnemonic, bits and
meaning and nothing twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from armsim.dsl import Timing, insn

Decorator = Callable[[Callable[..., None]], Callable[..., None]]


@dataclass(frozen=True)
class Access:
    """A single load or store: mnemonic, bits around U (`signed`, `size_and_load`), registers."""

    mnemonic: str
    signed: str  # bit 8 of the first halfword
    size_and_load: str  # bits 6 to 4 of the first halfword
    timing: Timing
    rt: str  # "4", "gpr" or "nopc": what the moved register may be

    def _define(
        self, form: str, text: str, up: str, tail: str, rn: str, **options: Any
    ) -> Decorator:
        bits = f"1111100 {self.signed} {up} {self.size_and_load} {rn} rt:{self.rt} {tail}"
        return insn(
            bits, f"{self.mnemonic}{text}", self.timing, name=f"{self.mnemonic}_{form}", **options
        )

    def offset(self, meaning: Callable[..., None]) -> Callable[..., None]:
        """Define base plus 12-bit constant and base minus 8-bit constant."""
        self._define("imm12", ".w {rt}, [{rn}{, #offset}]", "1", "offset:12", "rn:nopc")(meaning)
        return self._define(
            "minus_imm8",
            " {rt}, [{rn}, #-{hex imm8}]",
            "0",
            "1100 imm8:8",
            "rn:nopc",
            operands={"offset": "-imm8"},
        )(meaning)

    def pre(self, meaning: Callable[..., None]) -> Callable[..., None]:
        """Define the forms that move the base first."""
        rule = {"when": "rn != rt", "roles": {"rn": "rw"}}
        self._define(
            "pre_minus",
            " {rt}, [{rn}, #-{hex imm8}]!",
            "0",
            "1101 imm8:8",
            "rn:nopc",
            operands={"offset": "-imm8"},
            **rule,
        )(meaning)
        return self._define(
            "pre", " {rt}, [{rn}, #{offset}]!", "0", "1111 offset:8", "rn:nopc", **rule
        )(meaning)

    def post(self, meaning: Callable[..., None]) -> Callable[..., None]:
        """Define the forms that move the base afterwards."""
        rule = {"when": "rn != rt", "roles": {"rn": "rw"}}
        self._define(
            "post_minus",
            " {rt}, [{rn}], #-{imm8}",
            "0",
            "1001 imm8:8",
            "rn:nopc",
            operands={"offset": "-imm8"},
            **rule,
        )(meaning)
        return self._define(
            "post", " {rt}, [{rn}], #{offset}", "0", "1011 offset:8", "rn:nopc", **rule
        )(meaning)

    def unprivileged(self, meaning: Callable[..., None]) -> Callable[..., None]:
        """Define the form that accesses as unprivileged code would; the machine does it."""
        bits = f"1111100 {self.signed} 0 {self.size_and_load} rn:nopc rt:gpr 1110 offset:8"
        text = f"{self.mnemonic}t {{rt}}, [{{rn}}{{, #offset}}]"
        return insn(bits, text, self.timing, name=f"{self.mnemonic}t", system=True)(meaning)

    def register(self, meaning: Callable[..., None]) -> Callable[..., None]:
        """Define base plus register, shifted left by 0 to 3."""
        return self._define(
            "reg_shifted",
            ".w {rt}, [{rn}, {rm}{, lsl}]",
            "0",
            "000000 shift_n:2 rm:gpr",
            "rn:nopc",
            operands={"shift_t": "0"},
        )(meaning)

    def literal(self, meaning: Callable[..., None]) -> Callable[..., None]:
        """Define the forms relative to PC."""
        self._define(
            "literal_minus",
            ".w {rt}, [pc, #-{hex imm12}]",
            "0",
            "imm12:12",
            "1111",
            operands={"address": "word(align(pc, 4) - imm12)"},
        )(meaning)
        return self._define(
            "literal",
            ".w {rt}, [pc{, #imm12}]",
            "1",
            "imm12:12",
            "1111",
            operands={"address": "word(align(pc, 4) + imm12)"},
        )(meaning)
