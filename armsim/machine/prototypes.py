"""Prototypes of an image's functions, from its debug data (DWARF 2 to 5)."""

import io
import re
from collections import defaultdict
from typing import Any

from elftools.elf.elffile import ELFFile

from armsim.errors import ImageError, UsageError
from armsim.machine.c_types import (
    Array,
    CType,
    Enum,
    Member,
    Parameter,
    Pointer,
    Prototype,
    Record,
    Scalar,
)
from armsim.machine.image import Image

QUALIFIERS = {"DW_TAG_volatile_type", "DW_TAG_restrict_type", "DW_TAG_atomic_type"}
ENCODINGS = {
    0x02: "bool", 0x04: "float", 0x05: "signed", 0x06: "signed", 0x07: "unsigned", 0x08: "char",
    0x10: "unsigned",
}  # fmt: skip


def compiler_of(image: Image) -> str:
    """Return language and version of the compiler of an image's first C source, without flags."""
    try:
        elf = ELFFile(io.BytesIO(image.content))
        for unit in elf.get_dwarf_info().iter_CUs() if elf.has_dwarf_info() else ():
            producer = unit.get_top_DIE().attributes.get("DW_AT_producer")
            text = producer.value.decode("utf-8", "replace") if producer is not None else ""
            version = re.match(r"(?!GNU AS).*?\d+\.\d+\.\d+", text)
            if version:
                return version[0]
    except Exception:  # noqa: BLE001  pyelftools raises nearly anything on damaged data
        return "unknown compiler"
    return "unknown compiler"


class Prototypes:
    """Reads a function's prototype when it is first asked for."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._dies: defaultdict[str, list[Any]] = defaultdict(list)
        self._types: dict[int, CType | None] = {}
        try:
            elf = ELFFile(io.BytesIO(image.content))
            if elf.has_dwarf_info():
                for unit in elf.get_dwarf_info().iter_CUs():
                    for die in unit.get_top_DIE().iter_children():
                        if die.tag == "DW_TAG_subprogram" and (name := _name(die)):
                            self._dies[name].append(die)
        except Exception as error:  # noqa: BLE001  pyelftools raises nearly anything on damaged data
            raise ImageError(
                f"{image.path} has damaged debug data ({error}); build it again with -g"
            ) from None

    def find(self, name: str, address: int) -> Prototype:
        """Return the prototype of the function `name` at `address`, bit 0 clear.

        Raises:
            UsageError: the debug data have no prototype of it, or one that cannot be called.
            ImageError: the debug data are damaged.
        """
        try:
            return self._prototype(name, address)
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001  pyelftools raises nearly anything
            reason = f"{type(error).__name__}: {error}"
            raise ImageError(
                f"{self._image.path} has damaged debug data about {name!r} ({reason}); build it "
                "again with -g"
            ) from None

    def _prototype(self, name: str, address: int) -> Prototype:
        dies = [die for die in self._dies[name] if _is_prototype(die)]
        dies.sort(key=lambda die: (_start(die) != address, "DW_AT_declaration" in die.attributes))
        if not dies:
            raise UsageError(
                f"{self._image.path} has no prototype of {name!r}; build its source with -g, or "
                "give words to Session.call"
            )
        die = _origin(dies[0])
        children = list(die.iter_children())
        parameters = []
        for child in children:
            if child.tag == "DW_TAG_formal_parameter":
                kind = self._type_of(child)
                if kind is None:
                    raise UsageError(f"{name!r} has a parameter of a type that is not supported")
                parameters.append(Parameter(_name(child) or "", kind))
        variadic = any(child.tag == "DW_TAG_unspecified_parameters" for child in children)
        return Prototype(name, self._type_of(die), tuple(parameters), variadic)

    def _type_of(self, die: Any) -> CType | None:
        if "DW_AT_type" not in die.attributes:
            return None
        return self._type(die.get_DIE_from_attribute("DW_AT_type"))

    def _type(self, die: Any) -> CType | None:
        """Return a type; None is void."""
        if die.offset not in self._types:
            self._types[die.offset] = self._read(die)
        return self._types[die.offset]

    def _read(self, die: Any) -> CType | None:
        tag, name = die.tag, _name(die) or ""
        if tag in QUALIFIERS or tag == "DW_TAG_const_type":
            return self._type_of(die)
        if tag == "DW_TAG_typedef":
            return _renamed(self._type_of(die), name)
        if tag == "DW_TAG_base_type":
            encoding = die.attributes["DW_AT_encoding"].value
            if encoding not in ENCODINGS:
                raise UsageError(f"{self._image.path}: C type {name!r} is not supported")
            return Scalar(name, ENCODINGS[encoding], _size(die))
        if tag == "DW_TAG_pointer_type":
            return self._pointer(die)
        if tag == "DW_TAG_enumeration_type":
            return self._enum(die, name)
        if tag in ("DW_TAG_structure_type", "DW_TAG_union_type"):
            word = "struct" if tag == "DW_TAG_structure_type" else "union"
            return self._record(die, f"{word} {name}".rstrip())
        if tag == "DW_TAG_array_type":
            return self._array(die)
        raise UsageError(f"{self._image.path}: C type {tag.removeprefix('DW_TAG_')} {name!r}"
                         " is not supported")  # fmt: skip

    def _pointer(self, die: Any) -> Pointer:
        if "DW_AT_type" not in die.attributes:
            return Pointer(None, const=False)
        target, const = die.get_DIE_from_attribute("DW_AT_type"), False
        while target.tag in QUALIFIERS or target.tag in ("DW_TAG_const_type", "DW_TAG_typedef"):
            const = const or target.tag == "DW_TAG_const_type"
            if "DW_AT_type" not in target.attributes:
                return Pointer(None, const)
            if target.tag == "DW_TAG_typedef" and not _leads_to_qualifier(target):
                break
            target = target.get_DIE_from_attribute("DW_AT_type")
        if _leads_to(target, "DW_TAG_subroutine_type"):
            return Pointer(None, const=True, name="void (*)()")
        if target.tag in ("DW_TAG_structure_type", "DW_TAG_union_type"):
            # A structure may point to itself: an address will do for what is inside one.
            self._types.setdefault(die.offset, Pointer(None, const, f"{_name(target) or ''} *"))
        return Pointer(self._type(target), const)

    def _enum(self, die: Any, name: str) -> Enum:
        values = tuple(
            (_name(child) or "", int(child.attributes["DW_AT_const_value"].value))
            for child in die.iter_children()
            if child.tag == "DW_TAG_enumerator"
        )
        signed = any(value < 0 for _, value in values)
        return Enum(f"enum {name}".rstrip(), _size(die), signed, values)

    def _record(self, die: Any, name: str) -> Record:
        members, alignment = [], 1
        for child in die.iter_children():
            if child.tag != "DW_TAG_member":
                continue
            kind = self._type_of(child)
            attributes = child.attributes
            place = attributes.get("DW_AT_data_member_location")
            offset = place.value if place is not None else 0
            if kind is not None:
                alignment = max(alignment, kind.alignment)
            bits = "DW_AT_bit_size" in attributes
            members.append(Member(_name(child) or "", None if bits else kind, int(offset)))
        return Record(name, _size(die), alignment, tuple(members))

    def _array(self, die: Any) -> Array:
        element = self._type_of(die)
        assert element is not None
        shape = []
        for child in die.iter_children():
            if child.tag == "DW_TAG_subrange_type":
                attributes = child.attributes
                if "DW_AT_count" in attributes:
                    shape.append(int(attributes["DW_AT_count"].value))
                else:
                    last = attributes.get("DW_AT_upper_bound")
                    shape.append(int(last.value) + 1 if last is not None else 0)
        return Array(element, tuple(shape))


def _name(die: Any) -> str | None:
    attribute = _origin(die).attributes.get("DW_AT_name")
    return attribute.value.decode("utf-8", "replace") if attribute is not None else None


def _origin(die: Any) -> Any:
    """Return the entry that has name, type and parameters of a function."""
    for link in ("DW_AT_abstract_origin", "DW_AT_specification"):
        if link in die.attributes:
            return _origin(die.get_DIE_from_attribute(link))
    return die


def _start(die: Any) -> int:
    attribute = die.attributes.get("DW_AT_low_pc")
    return int(attribute.value) & ~1 if attribute is not None else -1


def _is_prototype(die: Any) -> bool:
    return "DW_AT_prototyped" in _origin(die).attributes


def _size(die: Any) -> int:
    attribute = die.attributes.get("DW_AT_byte_size")
    return int(attribute.value) if attribute is not None else 0


def _renamed(kind: CType | None, name: str) -> CType | None:
    """Return a type under the name of a typedef."""
    if isinstance(kind, Scalar):
        return Scalar(name, kind.kind, kind.size)
    if isinstance(kind, Enum):
        return Enum(name, kind.size, kind.signed, kind.values)
    if isinstance(kind, Record):
        return Record(name, kind.size, kind.alignment, kind.members)
    return kind


def _leads_to(die: Any, tag: str) -> bool:
    while die.tag == "DW_TAG_typedef" and "DW_AT_type" in die.attributes:
        die = die.get_DIE_from_attribute("DW_AT_type")
    return bool(die.tag == tag)


def _leads_to_qualifier(typedef: Any) -> bool:
    """Whether a typedef stands for something const or volatile."""
    die = typedef
    while die.tag == "DW_TAG_typedef" and "DW_AT_type" in die.attributes:
        die = die.get_DIE_from_attribute("DW_AT_type")
    return die.tag in QUALIFIERS or die.tag == "DW_TAG_const_type"
