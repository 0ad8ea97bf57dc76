"""From halfwords to decoded instructions, derived from the definitions."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from armsim.bits import WORD
from armsim.dsl import Instruction, Timing, definitions
from armsim.dsl.pattern import Pattern
from armsim.dsl.roles import Access, access
from armsim.dsl.timing import BRANCHES

AL = 14
_REMEMBERED = 1 << 16  # forms: a bound for memory
_NEVER_IN_IT = (Timing.IT, Timing.BRANCH_CONDITIONAL, Timing.COMPARE_BRANCH)


class UndefinedInstruction(Exception):
    """No encoding of this core matches; `word` has `size` bytes and stands at `address`.

    `why` says what is wrong with it if something else is.
    """

    def __init__(self, address: int, word: int, size: int, why: str = "") -> None:
        super().__init__(address, word, size, why)
        self.address, self.word, self.size, self.why = address, word, size, why


class Form:
    """An instruction with its operands, wherever it stands unless they hang on that."""

    __slots__ = ("access", "arguments", "instruction", "values")

    def __init__(self, instruction: Instruction, values: dict[str, int]) -> None:
        self.instruction, self.values = instruction, values
        self.arguments: tuple[Any, ...] = tuple(
            [values[name] & WORD for name in instruction.operands]
        )
        self.access: Access = access(instruction, values)


@dataclass(slots=True, eq=False)
class Decoded:
    """One instruction where it stands: encoding, operand values, and its place in an IT block."""

    form: Form
    address: int
    word: int
    itstate: int  # before this instruction; 0 outside an IT block

    @property
    def instruction(self) -> Instruction:
        """Its definition."""
        return self.form.instruction

    @property
    def values(self) -> dict[str, int]:
        """Its fields and operands."""
        return self.form.values

    @property
    def name(self) -> str:
        """The name of its definition."""
        return self.form.instruction.name

    @property
    def size(self) -> int:
        """Bytes: 2 or 4."""
        return self.form.instruction.size

    @property
    def timing(self) -> Timing:
        """Its timing class."""
        return self.form.instruction.timing

    @property
    def condition(self) -> int:
        """The condition that an IT block puts on it; 14 (AL) outside."""
        return self.itstate >> 4 if self.itstate and not self.form.instruction.always else AL

    @property
    def arguments(self) -> tuple[int, ...]:
        """Operand values in the order of the meaning's parameters, as words."""
        return self.form.arguments

    @property
    def access(self) -> Access:
        """What it reads and writes."""
        return self.form.access


class Decoder:
    """The encodings of a core with the given features, looked up by first halfword."""

    def __init__(self, features: frozenset[str]) -> None:
        self.features = features
        self._by_top: dict[tuple[int, int], list[Instruction]] = {}
        self._by_first: dict[int, list[Instruction]] = {}
        self._forms: dict[tuple[int, int], Form] = {}  # of a word, by whether flags are set
        for instruction in definitions():
            if instruction.needs and instruction.needs not in features:
                continue
            pattern = instruction.pattern
            shift = pattern.width - 16
            fixed, value = pattern.fixed >> shift & 0xFC00, pattern.value >> shift & 0xFC00
            for top in range(0, 1 << 16, 1 << 10):
                if top & fixed == value:
                    self._by_top.setdefault((top >> 10, instruction.size), []).append(instruction)

    def candidates(self, first: int) -> list[Instruction]:
        """Return the encodings whose first halfword can be `first`."""
        found = self._by_first.get(first)
        if found is None:
            size = 4 if is_wide(first) else 2
            shift = 8 * (size - 2)
            found = [
                instruction
                for instruction in self._by_top.get((first >> 10, size), ())
                if first & instruction.pattern.fixed >> shift == instruction.pattern.value >> shift
            ]
            self._by_first[first] = found
        return found

    def decode(self, first: int, second: int, address: int = 0, itstate: int = 0) -> Decoded:
        """Decode the instruction that starts with halfword `first` at `address`.

        `second` counts only for a 32-bit instruction. `itstate` is the IT state it runs in.

        Raises:
            UndefinedInstruction: no encoding of this core matches, or not in an IT block.
        """
        wide = is_wide(first)
        word = first << 16 | second if wide else first
        setflags = 0 if itstate else 1
        form = self._forms.get((word, setflags))
        if form is None:
            form = self._form(first, word, address, setflags)
        found = Decoded(form, address, word, itstate)
        if itstate and _breaks_it_block(found):
            why = "UNPREDICTABLE in this place of an IT block"
            raise UndefinedInstruction(address, word, found.size, why)
        return found

    def _form(self, first: int, word: int, address: int, setflags: int) -> Form:
        matches = []
        for instruction in self.candidates(first):
            values = instruction.extract(word, address, setflags)
            if values is not None:
                matches.append((instruction, values))
        if len(matches) > 1:
            beaten = {name for instruction, _ in matches for name in instruction.instead_of}
            matches = [match for match in matches if match[0].name not in beaten]
        if len(matches) != 1:
            raise UndefinedInstruction(address, word, 4 if is_wide(first) else 2)
        form = Form(*matches[0])
        if not _is_placed(form.instruction):
            if len(self._forms) >= _REMEMBERED:
                self._forms.clear()
            self._forms[word, setflags] = form
        return form


@cache
def _is_placed(instruction: Instruction) -> bool:
    """Tell whether operands hang on where an instruction stands."""
    names = set(instruction.operands)
    for expression in (*instruction.expressions.values(), instruction.when):
        if expression is not None:
            names.update(expression.code.co_names)
    return not names.isdisjoint(("pc", "next_pc"))


def _breaks_it_block(found: Decoded) -> bool:
    """Tell whether it may not stand where it stands in an IT block, as it may branch."""
    if found.timing in _NEVER_IN_IT:
        return True
    branches = found.timing in BRANCHES or 15 in found.access.writes
    return found.itstate & 7 != 0 and branches


def _raise(cpu: Any, problem: Exception) -> None:
    """Raise what is wrong with a place that has no instruction."""
    raise problem.with_traceback(None)


def _no_instruction(name: str, size: int, *, always: bool) -> Instruction:
    return Instruction(
        name=name,
        pattern=Pattern("", 8 * size, 0, 0, ()),
        template="",
        timing=Timing.EXCEPTION,
        meaning=_raise,
        operands=(),
        expressions={},
        when=None,
        instead_of=(),
        needs="",
        system=True,
        roles={},
        doc="",
        always=always,
    )


_UNDEFINED = {size: _no_instruction("undefined", size, always=False) for size in (2, 4)}
_UNFETCHED = _no_instruction("unfetched", 2, always=True)


def fault_in_it_block(problem: Exception, address: int, itstate: int) -> Decoded:
    """Return a step that raises `problem`, for a place in an IT block with no instruction.

    One that is undefined is skipped where its condition fails, as any other (manual A7.3.2); what
    cannot be fetched is a fault before that.
    """
    instruction = _UNFETCHED
    if isinstance(problem, UndefinedInstruction):
        instruction = _UNDEFINED[problem.size]
    form = Form(instruction, {})
    form.arguments = (problem,)
    return Decoded(form, address, 0, itstate)


def is_wide(first: int) -> bool:
    """Tell whether a halfword starts a 32-bit instruction (manual A5.1)."""
    return first >= 0xE800


def advance_it(itstate: int) -> int:
    """Return the IT state after one instruction (manual A7.3.3)."""
    if itstate & 7 == 0:
        return 0
    return itstate & 0xE0 | itstate << 1 & 0x1F
