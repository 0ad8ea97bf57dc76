"""What an instruction is, and `insn`, the decorator that makes one of a function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from armsim.dsl.errors import EncodingError
from armsim.dsl.expression import FUNCTIONS, Expression
from armsim.dsl.pattern import Pattern, parse_pattern
from armsim.dsl.timing import Timing

Meaning = Callable[..., None]

SPECIAL_OPERANDS = ("setflags", "pc", "next_pc")
FEATURES = ("", "fp", "fp5", "fp64", "fp64v5")


@dataclass(frozen=True, slots=True, eq=False)
class Instruction:
    """One encoding: bits, text, kind of work and meaning, as its definition states them."""

    name: str
    pattern: Pattern
    template: str
    timing: Timing
    meaning: Meaning
    operands: tuple[str, ...]  # the parameters of the meaning, in order
    expressions: Mapping[str, Expression]
    when: Expression | None
    instead_of: tuple[str, ...]
    needs: str  # what the core must have, one of FEATURES
    system: bool  # acts on more than registers and memory: run by the machine, never compiled
    roles: Mapping[str, str]
    doc: str
    always: bool = False  # executed in an IT block whatever the condition
    family: str = field(default="")

    @property
    def size(self) -> int:
        """Bytes: 2 or 4."""
        return self.pattern.width // 8

    def extract(self, word: int, address: int, setflags: int) -> dict[str, int] | None:
        """Return every field and operand of `word`, or None when it is not this encoding.

        `address` is where it stands; `setflags` is 0 inside an IT block, where 16-bit data
        processing leaves the flags alone.
        """
        if not self.pattern.matches(word):
            return None
        values: dict[str, int] = {
            "pc": (address + 4) & 0xFFFF_FFFF,
            "next_pc": (address + self.size) & 0xFFFF_FFFF,
            "setflags": setflags,
        }
        for part in self.pattern.fields:
            values[part.name] = (word >> part.shift) & ((1 << part.width) - 1)
        for name, expression in self.expressions.items():
            values[name] = eval(expression.code, FUNCTIONS, values)  # noqa: S307  our own table
        if self.when is not None and not eval(self.when.code, FUNCTIONS, values):  # noqa: S307
            return None
        return values


_REGISTRY: dict[str, Instruction] = {}


def definitions() -> tuple[Instruction, ...]:
    """Return every encoding defined so far, in order of definition."""
    return tuple(_REGISTRY.values())


def insn(
    bits: str,
    text: str,
    timing: Timing,
    *,
    operands: Mapping[str, str] | None = None,
    when: str | None = None,
    instead_of: str | tuple[str, ...] = (),
    needs: str = "",
    system: bool = False,
    roles: Mapping[str, str] | None = None,
    name: str | None = None,
    always: bool = False,
) -> Callable[[Meaning], Meaning]:
    """Define an encoding; the decorated function is its meaning and stays a plain function.

    Args:
        bits: the pattern, see `armsim.dsl.pattern`.
        text: assembly as Capstone prints it, see `armsim.engine.disassembler`.
        timing: what kind of work it is.
        operands: operands that are not fields, as expressions (`armsim.dsl.expression`).
        when: an expression over fields and operands that must hold.
        instead_of: encodings that this one takes words away from.
        needs: a feature of the core without which the encoding is UNDEFINED.
        system: true when the meaning uses `cpu.system`.
        roles: what an operand is for where its name does not say it, see `armsim.dsl.roles`.
        name: the encoding's name when it is not the function's.
        always: true when the condition of an IT block does not hold it back.

    Raises:
        EncodingError: the pattern, an operand or an overlap is wrong.
    """

    def define(meaning: Meaning) -> Meaning:
        label = name or meaning.__name__
        pattern = parse_pattern(bits, label)
        widths = {part.name: part.width for part in pattern.fields}
        expressions = {
            operand: Expression(source, widths, label)
            for operand, source in (operands or {}).items()
        }
        code = meaning.__code__
        parameters = code.co_varnames[: code.co_argcount]
        known = {*widths, *expressions, *SPECIAL_OPERANDS}
        for parameter in parameters[1:]:
            if parameter not in known:
                raise EncodingError(
                    f"{label} takes {parameter!r}, which is neither a field of {bits!r} "
                    "nor one of its operands"
                )
        if needs not in FEATURES:
            raise EncodingError(f"{label} needs {needs!r}; features are {', '.join(FEATURES[1:])}")
        instruction = Instruction(
            name=label,
            pattern=pattern,
            template=text,
            timing=timing,
            meaning=meaning,
            operands=parameters[1:],
            expressions=expressions,
            when=Expression(when, widths, label) if when else None,
            instead_of=(instead_of,) if isinstance(instead_of, str) else tuple(instead_of),
            needs=needs,
            system=system,
            roles=dict(roles or {}),
            doc=(meaning.__doc__ or "").strip(),
            always=always,
            family=meaning.__module__.rsplit(".", 1)[-1],
        )
        _check_overlap(instruction)
        _REGISTRY[label] = instruction
        return meaning

    return define


def _check_overlap(new: Instruction) -> None:
    if new.name in _REGISTRY:
        raise EncodingError(f"{new.name} is defined twice")
    for old in _REGISTRY.values():
        if not new.pattern.overlaps(old.pattern):
            continue
        if old.name in new.instead_of or new.name in old.instead_of:
            continue
        both = new.pattern.value | old.pattern.value
        raise EncodingError(
            f'{new.name} and {old.name} both match {both:#x}; write instead_of="{old.name}" '
            "if that is meant"
        )
