"""C types as debug data describe them, and what they look like to NumPy."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

DType = np.dtype[np.generic]
KINDS = {"signed": "i", "unsigned": "u", "char": "u", "float": "f", "bool": "u"}
POINTER_SIZE = 4


@dataclass(frozen=True)
class Scalar:
    """A number; `kind` is one of KINDS, `name` as the source spells it (a typedef's, if one)."""

    name: str
    kind: str
    size: int

    @property
    def alignment(self) -> int:
        """Bytes that its address is a multiple of."""
        return self.size


@dataclass(frozen=True)
class Enum:
    """An enumeration with the values of its names."""

    name: str
    size: int
    signed: bool
    values: tuple[tuple[str, int], ...] = ()

    @property
    def alignment(self) -> int:
        """Bytes that its address is a multiple of."""
        return self.size


@dataclass(frozen=True)
class Pointer:
    """An address of `target`; None is void. `const`: the function only reads there."""

    target: "CType | None"
    const: bool
    name: str = ""  # of a typedef, or of a pointer to a function
    size: int = POINTER_SIZE
    alignment: int = POINTER_SIZE


@dataclass(frozen=True)
class Member:
    """A field of a structure; a bit-field has no type of its own here."""

    name: str
    type: "CType | None"
    offset: int


@dataclass(frozen=True)
class Record:
    """A structure or union."""

    name: str
    size: int
    alignment: int
    members: tuple[Member, ...] = field(repr=False)

    @cached_property
    def by_name(self) -> "dict[str, Member]":
        """Members by name."""
        return {member.name: member for member in self.members}


@dataclass(frozen=True)
class Array:
    """An array inside a structure."""

    element: "CType"
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes of all elements."""
        return self.element.size * int(np.prod(self.shape))

    @property
    def alignment(self) -> int:
        """Bytes that its address is a multiple of."""
        return self.element.alignment


CType = Scalar | Enum | Pointer | Record | Array


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function."""

    name: str
    type: CType


@dataclass(frozen=True)
class Prototype:
    """A function as C declares it; `result` is None for void."""

    name: str
    result: CType | None
    parameters: tuple[Parameter, ...]
    variadic: bool = False

    def __str__(self) -> str:
        """Return the declaration in C."""
        parts = [declare(p.type, p.name) for p in self.parameters]
        if self.variadic:
            parts.append("...")
        return f"{declare(self.result, self.name)}({', '.join(parts) or 'void'})"


def declare(kind: CType | None, name: str = "") -> str:
    """Return the declaration of `name` in C, without qualifiers that a caller does not notice."""
    if isinstance(kind, Pointer) and not kind.name:
        qualifier = "const " if kind.const else ""
        return f"{qualifier}{declare(kind.target, '*' + name)}"
    if isinstance(kind, Array):
        return declare(kind.element, name) + "".join(f"[{n}]" for n in kind.shape)
    spelled = "void" if kind is None else kind.name
    return f"{spelled} {name}".rstrip()


def dtype_of(kind: CType) -> DType:
    """Return the NumPy dtype with the layout of a C type; pointers are unsigned words."""
    if isinstance(kind, Scalar):
        return np.dtype(f"<{KINDS[kind.kind]}{kind.size}")
    if isinstance(kind, Enum):
        return np.dtype(f"<{'i' if kind.signed else 'u'}{kind.size}")
    if isinstance(kind, Pointer):
        return np.dtype("<u4")
    if isinstance(kind, Array):
        return np.dtype((dtype_of(kind.element), kind.shape))
    known = [member for member in kind.members if member.type is not None]
    layout = {
        "names": [member.name for member in known],
        "formats": [dtype_of(member.type) for member in known if member.type is not None],
        "offsets": [member.offset for member in known],
        "itemsize": kind.size,
    }
    return np.dtype(layout)  # type: ignore[call-overload,no-any-return]


def bounds(kind: Scalar | Enum) -> tuple[int, int]:
    """Return the least and the greatest integer of a type."""
    if isinstance(kind, Scalar) and kind.kind == "bool":
        return 0, 1
    bits = 8 * kind.size
    signed = kind.signed if isinstance(kind, Enum) else kind.kind == "signed"
    return (-1 << bits - 1, (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
