"""Assembly text from the templates of the definitions, in Capstone's spelling.

In a template `{rd}` is an operand, `#{imm}` a number, `#{int imm}` the same as a signed word,
`{, #imm}` a number with what comes before it, left out when zero, `#{hex imm}` a number always in
hexadecimal, `#{float bits}` a floating-point constant, `{, shift}` the shift given by `shift_t` and
`shift_n`, `{s}` an s where the flags are set, `{cond}` a condition, `{registers}` a register list,
`{first}..` and so on. The condition of an IT block goes before the first dot of the mnemonic.
"""

import re
from collections.abc import Callable

from armsim.bits import sign_extend
from armsim.dsl import Instruction
from armsim.engine.decoder import AL, Decoded
from armsim.isa.hostfloat import f32_from_bits

CONDITIONS = (*"eq ne hs lo mi pl vs vc hi ls ge lt gt le".split(), "")
REGISTERS = (*(f"r{number}" for number in range(9)), "sb", "sl", "fp", "ip", "sp", "lr", "pc")
_SHIFTS = ("lsl", "lsr", "asr", "ror", "rrx")
_FIELD = re.compile(r"\{(, #|, |int |hex |float )?(\w+)\}")
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
    if name == "writeback":
        return "!" if values[name] else ""
    if name == "it":
        return _it_text(values["firstcond"], values["itmask"])
    if name in _SYSTEM_TEXT:
        return _SYSTEM_TEXT[name](values)
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
    """Write a list of FP registers; `first` and `count` are of S registers, two to a `double`."""
    prefix, size = ("d", 2) if values["double"] else ("s", 1)
    run = range(values["first"] // size, (values["first"] + values["count"]) // size)
    return "{" + ", ".join(f"{prefix}{n}" for n in run) + "}"


_BARRIERS = {
    2: "oshst", 3: "osh", 6: "nshst", 7: "nsh", 10: "ishst", 11: "ish", 14: "st", 15: "sy"
}  # fmt: skip
_SPECIAL = {
    0: "apsr", 1: "iapsr", 2: "eapsr", 3: "xpsr", 5: "ipsr", 6: "epsr", 7: "iepsr", 8: "msp",
    9: "psp", 16: "primask", 17: "basepri", 18: "basepri_max", 19: "faultmask", 20: "control",
}  # fmt: skip


def _special_fields(values: dict[str, int]) -> str:
    name = _SPECIAL[values["sysm"]]
    return name + ("", "_g", "_nzcvq", "_nzcvqg")[values["field"]] if values["sysm"] < 4 else name


def _isb_option(values: dict[str, int]) -> str:
    return "sy" if values["option"] == 15 else f"#{values['option']:#x}"


def _coprocessor_register(name: str) -> Callable[[dict[str, int]], str]:
    return lambda values: f"c{values[name]}"


_SYSTEM_TEXT: dict[str, Callable[[dict[str, int]], str]] = {
    "barrier": lambda values: _BARRIERS.get(values["option"], f"#{number(values['option'])}"),
    "isb_option": _isb_option,
    "special": lambda values: _SPECIAL[values["sysm"]],
    "special_fields": _special_fields,
    "effect": lambda values: "id" if values["disable"] else "ie",
    "coproc": lambda values: f"p{values['coproc']}",
    **{name: _coprocessor_register(name) for name in ("crd", "crn", "crm")},
    "interrupts": lambda values: "i" * values["i"] + "f" * values["f"],
}


def _it_text(firstcond: int, itmask: int) -> str:
    length = 4 - ((itmask & -itmask).bit_length() - 1)
    then = [(itmask >> (4 - k) & 1) == firstcond & 1 for k in range(1, length)]
    condition = CONDITIONS[firstcond] or "al"
    return "".join("t" if same else "e" for same in then) + f" {condition}"


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
            if name == "lsl":
                return f", lsl #{values['shift_n']}" if values["shift_n"] else ""
            return "" if values[name] == 0 else f", {_operand(name, values)}"
        if lead == "hex ":
            return f"{values[name]:#x}"
        if lead == "float ":
            return f"{f32_from_bits(values[name]):e}"
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
