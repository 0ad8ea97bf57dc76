"""Assembly text from the templates of the definitions, in Capstone's spelling.

In a template `{rd}` is an operand, `#{imm}` a number, `#{int imm}` the same as a signed word,
`{, #imm}` a number with what comes before it, left out when zero, `{, shift}` the shift given by `shift_t` and `shift_n`, `{s}` an s where the
flags are set, `{cond}` a condition, `{registers}` a register list, `{first}..` and so on. The
condition of an IT block goes before the first dot of the mnemonic.
"""

import re

from armsim.bits import sign_extend
from armsim.dsl import Instruction
from armsim.engine.decoder import AL, Decoded

CONDITIONS = ("eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "")
REGISTERS = (*(f"r{number}" for number in range(9)), "sb", "sl", "fp", "ip", "sp", "lr", "pc")
_SHIFTS = ("lsl", "lsr", "asr", "ror", "rrx")
_FIELD = re.compile(r"\{(, #|, |int )?(\w+)\}")
_CORE = re.compile(r"r[a-z]\w*")


def number(value: int) -> str:
    """Write a number as Capstone does: decimal to 9, hexadecimal from there."""
    sign, size = ("-", -value) if value < 0 else ("", value)
    return f"{sign}{size}" if size < 10 else f"{sign}{size:#x}"


def register_list(listed: int) -> str:
    """Write a register list from its bit mask."""
    return "{" + ", ".join(REGISTERS[n] for n in range(16) if listed >> n & 1) + "}"


def _operand(name: str, values: dict[str, int]) -> str:
    if name == "s":
        return "s" if values["setflags"] else ""
    if name == "registers":
        return register_list(values[name])
    if name == "fp_registers":
        return fp_register_list(values)
    value = values[name]
    if name == "cond":
        return CONDITIONS[value]
    if name[0] == "s" and len(name) == 2:
        return f"s{value}"
    if name[0] == "d" and len(name) == 2:
        return f"d{value}"
    if _CORE.fullmatch(name) and name not in ("rotation", "result", "register", "relative"):
        return REGISTERS[value]
    return number(value)


def fp_register_list(values: dict[str, int]) -> str:
    """Write a list of FP registers from `first`, `count` and `double` (1 for D registers)."""
    prefix = "d" if values["double"] else "s"
    run = range(values["first"], values["first"] + values["count"])
    return "{" + ", ".join(f"{prefix}{n}" for n in run) + "}"


def _shift_text(values: dict[str, int]) -> str:
    kind, amount = values["shift_t"], values["shift_n"]
    if amount == 0:
        return ""
    return ", rrx" if kind == 4 else f", {_SHIFTS[kind]} #{amount}"


def render(instruction: Instruction, values: dict[str, int], condition: int = AL) -> str:
    """Fill the template of an encoding."""

    def fill(match: re.Match[str]) -> str:
        lead, name = match.groups()
        if lead == ", ":
            if name == "shift":
                return _shift_text(values)
            return "" if values[name] == 0 else f", {_operand(name, values)}"
        if lead == "int ":
            return number(sign_extend(values[name], 32))
        if lead == ", #":
            return "" if values[name] == 0 else f", #{number(values[name])}"
        return _operand(name, values)

    text = _FIELD.sub(fill, instruction.template)
    if condition == AL:
        return text
    mnemonic, _, rest = text.partition(" ")
    stem, dot, width = mnemonic.partition(".")
    return f"{stem}{CONDITIONS[condition]}{dot}{width}" + (f" {rest}" if rest else "")


def disassemble(decoded: Decoded) -> str:
    """Return the assembly text of a decoded instruction."""
    return render(decoded.instruction, decoded.values, decoded.condition)
