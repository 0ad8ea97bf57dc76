"""An assembler derived from the instruction definitions, so that tests need no cross compiler.

Text is what `armsim.engine.disassembler` prints (Capstone's spelling); numbers may be written in
any base and `r9` to `r12` by number. What comes out is checked by disassembling it again. Also:
labels (`name:`), `.word`, `.half`, `.align 4`, comments after `;`, and `mov32 rd, #number-or-label`
for `movw` and `movt`.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product

import armsim.isa  # noqa: F401  defines the instructions
from armsim.dsl import FEATURES, Instruction, Timing, definitions
from armsim.dsl.expression import FUNCTIONS
from armsim.engine.decoder import Decoder, UndefinedInstruction, advance_it
from armsim.engine.disassembler import CONDITIONS, REGISTERS, disassemble, render

DECODER = Decoder(frozenset(FEATURES))
_PLACEHOLDER = re.compile(r"\{(?:, #|, |int |hex |float )?\w+\}")
_NUMBER = re.compile(r"#(-?)(0x[0-9a-f]+|\d+)(?![\d.]|e[+-])")
_NAMES = {"sb": "r9", "sl": "r10", "fp": "r11", "ip": "r12"}
_REGISTER = re.compile(r"\b(sb|sl|fp|ip)\b")
_LABEL = re.compile(r"(\w+):\s*(.*)")
_LISTS = ("registers", "fp_registers")


Place = tuple[int, int]  # address, and whether 16-bit data processing sets flags


class CannotAssemble(Exception):
    """No encoding prints as that text."""


def canonical(text: str) -> str:
    """Return a text in which equal operands look equal."""
    text = " ".join(text.split())
    text = _REGISTER.sub(lambda match: _NAMES[match[0]], text)
    return _NUMBER.sub(lambda m: f"#{-int(m[2], 0) if m[1] else int(m[2], 0)}", text)


def _shape(placeholder: str) -> str:
    name = placeholder.strip("{}").split(" ")[-1].lstrip("#")
    if placeholder.startswith("{, "):
        return r"((?:, .+?)?)"
    if name in _LISTS:
        return r"(\{[^}]*\})"
    fixed = {"s": "(s?)", "writeback": "(!?)", "it": r"([te]{0,3} \w\w)", "cond": r"([a-z]{2})",
             "barrier": r"(#?\w+)", "isb_option": r"(#?\w+)"}  # fmt: skip
    return fixed.get(name, r"([^\s,\[\]{}!#]+)")


@cache
def _shapes() -> list[tuple[Instruction, re.Pattern[str], list[str]]]:
    shapes = []
    for instruction in sorted(definitions(), key=lambda one: one.size):
        template = canonical(instruction.template)
        text, at, names = "", 0, []
        for match in _PLACEHOLDER.finditer(template):
            text += re.escape(template[at : match.start()]) + _shape(match[0])
            names.append(match[0])
            at = match.end()
        shapes.append((instruction, re.compile(text + re.escape(template[at:])), names))
    return shapes


def _values(instruction: Instruction, fields: dict[str, int], place: Place) -> dict[str, int]:
    address, setflags = place
    values = {"pc": address + 4, "next_pc": address + instruction.size, "setflags": setflags}
    values.update(fields)
    for name, expression in instruction.expressions.items():
        values[name] = eval(expression.code, FUNCTIONS, values)  # noqa: S307  our own table
    return values


def _fields_of(instruction: Instruction, placeholder: str) -> set[str]:
    """Return the fields on which the text of a placeholder depends."""
    fields = {part.name for part in instruction.pattern.fields}
    name = placeholder.strip("{}").split(" ")[-1].lstrip("#")
    wanted = {
        "shift": {"shift_t", "shift_n"},
        "lsl": {"shift_n"},
        "s": {"setflags"},
        "it": {"firstcond", "itmask"},
        "fp_registers": {"first", "count", "double"},
        "barrier": {"option"},
        "isb_option": {"option"},
        "special": {"sysm"},
        "special_fields": {"sysm", "field"},
        "effect": {"disable"},
        "interrupts": {"i", "f"},
    }.get(name, {name})
    found: set[str] = set()
    seen: set[str] = set()
    while wanted:
        one = wanted.pop()
        if one in seen:
            continue
        seen.add(one)
        if one in instruction.expressions:
            wanted |= set(re.findall(r"[a-z]\w*", instruction.expressions[one].text))
        elif one in fields:
            found.add(one)
    return found


def _groups(instruction: Instruction, names: list[str]) -> list[tuple[set[str], list[int]]]:
    """Return fields that must be chosen together, with the placeholders that they decide."""
    groups: list[tuple[set[str], list[int]]] = []
    for k, name in enumerate(names):
        fields, members = _fields_of(instruction, name), [k]
        for group in [group for group in groups if group[0] & fields]:
            groups.remove(group)
            fields |= group[0]
            members = group[1] + members
        groups.append((fields, members))
    return groups


def _same(one: str, other: str) -> bool:
    if one[:1] in "-0123456789" and one[:1] and other:
        try:
            return int(one, 0) == int(other, 0)
        except ValueError:
            pass
    return canonical(one) == canonical(other)


def _choices(
    instruction: Instruction, names: list[str], texts: list[str], place: Place
) -> Iterator[dict[str, int]]:
    widths = {part.name: part.width for part in instruction.pattern.fields}
    chosen: dict[str, int] = dict.fromkeys(widths, 0)
    solved: list[list[dict[str, int]]] = []
    used: set[str] = set()

    def prints(fields: dict[str, int], members: list[int]) -> bool:
        try:
            values = _values(instruction, {**chosen, **fields}, place)
            return all(
                _same(render(replace(instruction, template=names[k]), values), texts[k])
                for k in members
            )
        except (KeyError, IndexError, ValueError):
            return False

    for fields, members in _groups(instruction, names):
        used |= fields
        order = sorted(fields)
        if sum(widths[name] for name in order) <= 13:
            every = product(*(range(1 << widths[name]) for name in order))
            found = [
                assignment
                for values in every
                if prints(assignment := dict(zip(order, values, strict=True)), members)
            ]
        else:
            found = list(_linear(instruction, order, widths, chosen, texts[members[0]],
                                 names[members[0]], place))  # fmt: skip
        if not found:
            return
        solved.append(found)
    rest = sorted(set(widths) - used)
    if sum(widths[name] for name in rest) <= 8:
        solved.append(
            [
                dict(zip(rest, values, strict=True))
                for values in product(*(range(1 << widths[name]) for name in rest))
            ]
        )
    for parts in product(*solved):
        merged = dict(chosen)
        for part in parts:
            merged.update(part)
        yield merged


def _linear(
    instruction: Instruction,
    order: list[str],
    widths: dict[str, int],
    chosen: dict[str, int],
    text: str,
    placeholder: str,
    place: Place,
) -> Iterator[dict[str, int]]:
    """Solve a number to which wide fields contribute a fixed step per unit."""
    operand = placeholder.strip("{}").split(" ")[-1]
    if operand.strip("#") == "registers":
        listed = {canonical(name) for name in text.strip("{}").split(", ")}
        numbers = [n for n, name in enumerate(REGISTERS) if canonical(name) in listed]
        yield {"registers": sum(1 << n for n in numbers)}
        return
    wanted = int(text.lstrip("#, "), 0)
    small = [name for name in order if widths[name] == 1]
    wide = [name for name in order if widths[name] > 1]

    def value(fields: dict[str, int]) -> int:
        number = _values(instruction, {**chosen, **fields}, place)[operand]
        return number - (1 << 32) if number >= 1 << 31 and wanted < 0 else number

    for bits in product((0, 1), repeat=len(small)):
        fields = dict(zip(small, bits, strict=True)) | dict.fromkeys(wide, 0)
        steps = {name: value({**fields, name: 1}) - value(fields) for name in wide}
        for name in sorted(wide, key=lambda one: -steps[one]):
            step = steps[name]
            if step > 0:
                missing = (wanted - value(fields)) // step
                fields[name] = min(max(missing, 0), (1 << widths[name]) - 1)
        if value(fields) == wanted:
            yield fields


def _word(instruction: Instruction, fields: dict[str, int]) -> int:
    word = instruction.pattern.value
    for part in instruction.pattern.fields:
        word |= fields[part.name] << part.shift
    return word


@cache
def assemble_one(text: str, address: int = 0, itstate: int = 0) -> bytes:
    """Return the bytes of one instruction, the narrow form unless the text says `.w`."""
    wanted = plain = canonical(text)
    if itstate:
        mnemonic, _, operands = wanted.partition(" ")
        stem, dot, width = mnemonic.partition(".")
        condition = CONDITIONS[itstate >> 4]
        if condition and not stem.endswith(condition):
            raise CannotAssemble(f"{text!r} in an IT block needs the condition {condition}")
        stem = stem[: len(stem) - len(condition)]
        plain = f"{stem}{dot}{width}" + (f" {operands}" if operands else "")
    place = (address, 0 if itstate else 1)
    for instruction, shape, names in _shapes():
        match = shape.fullmatch(plain)
        if not match:
            continue
        for fields in _choices(instruction, names, list(match.groups()), place):
            word = _word(instruction, fields)
            first, second = (word >> 16, word & 0xFFFF) if instruction.size == 4 else (word, 0)
            try:
                decoded = DECODER.decode(first, second, address, itstate)
            except UndefinedInstruction:
                continue
            if canonical(disassemble(decoded)) == wanted:
                data = first.to_bytes(2, "little")
                return data + (second.to_bytes(2, "little") if instruction.size == 4 else b"")
    raise CannotAssemble(f"no encoding prints as {text!r} at {address:#x}")


def _lines(source: str) -> Iterator[tuple[str | None, str]]:
    for line in source.splitlines():
        text = line.split(";")[0].strip()
        while match := _LABEL.fullmatch(text):
            yield match[1], ""
            text = match[2].strip()
        if text:
            yield None, text


def assemble(source: str, base: int = 0, symbols: dict[str, int] | None = None) -> bytes:
    """Return the bytes of a program that stands at `base`."""
    labels: dict[str, int] = {}
    first = _pass(source, base, labels, symbols or {}, final=False)
    code = _pass(source, base, labels, symbols or {}, final=True)
    assert len(first) == len(code)
    return code


def labels_of(source: str, base: int = 0) -> dict[str, int]:
    """Return the address of every label."""
    labels: dict[str, int] = {}
    _pass(source, base, labels, {}, final=False)
    return labels


def _pass(
    source: str, base: int, labels: dict[str, int], symbols: dict[str, int], *, final: bool
) -> bytes:
    code, itstate = b"", 0

    def number(word: str, default: int) -> int:
        word = word.strip().lstrip("#")
        if word in symbols:
            return symbols[word]
        if re.fullmatch(r"[A-Za-z_]\w*", word):
            return labels[word] if final else labels.get(word, default)
        return int(word, 0)

    for label, text in _lines(source):
        here = base + len(code)
        if label is not None:
            assert final or label not in labels, f"label {label} is defined twice"
            labels[label] = here
            continue
        mnemonic, _, operands = text.partition(" ")
        if mnemonic in (".word", ".half"):
            size = 4 if mnemonic == ".word" else 2
            for word in operands.split(","):
                code += (number(word, 0) & (1 << 8 * size) - 1).to_bytes(size, "little")
            continue
        if mnemonic == ".align":
            while (base + len(code)) % int(operands):
                code += b"\x00\xbf"
            continue
        if mnemonic == "mov32":
            register, _, word = operands.partition(",")
            value = number(word, 0)
            code += assemble_one(f"movw {register}, #{value & 0xFFFF}", here, 0)
            code += assemble_one(f"movt {register}, #{value >> 16 & 0xFFFF}", here + 4, 0)
            continue
        if re.fullmatch(r"(b|bl|b(?!lx)[a-z]{2}|cbn?z)(\.w)?", mnemonic):
            *registers, target = operands.split(",")
            value = number(target, here + 4)
            text = f"{mnemonic} {', '.join([*registers, f'#{value}'])}"
        data = assemble_one(text, here, itstate)
        code += data
        halves = [int.from_bytes(data[k : k + 2], "little") for k in (0, 2)]
        decoded = DECODER.decode(halves[0], halves[1], here, itstate)
        if decoded.timing is Timing.IT:
            itstate = decoded.values["firstcond"] << 4 | decoded.values["itmask"]
        elif itstate:
            itstate = advance_it(itstate)
    return code
