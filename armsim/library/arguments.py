"""From Python values to what C expects, by the types of the prototype."""

import ctypes
import numbers
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from armsim.errors import suggest
from armsim.library.arena import Arena, Bytes, Place
from armsim.machine.c_types import (
    KINDS,
    Array,
    CType,
    Enum,
    Pointer,
    Record,
    Scalar,
    bounds,
    declare,
    dtype_of,
)


class Mismatch(Exception):
    """An argument is not what the prototype asks for; says what and why."""


def describe(value: object) -> str:
    """Return a value as messages show what was given."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype}[{', '.join(map(str, value.shape))}]"
    if isinstance(value, bytes | bytearray):
        return f"{type(value).__name__}[{len(value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {describe(item)}" for key, item in value.items()) + "}"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


@dataclass(slots=True)
class _Placed:
    """An array of the caller's, and where the call finds it."""

    array: "np.ndarray[Any, Any]"
    place: Place


def _as_bytes(array: "np.ndarray[Any, Any]") -> Bytes:
    return array.reshape(-1).view(np.uint8)


class Arguments:
    """Converts the arguments of one call; arrays go to an arena and come back from it."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._takers: list[Callable[[Bytes], None]] = []  # one for each place in the arena
        self._placed: list[_Placed] = []

    def give_back(self, results: list[Bytes]) -> None:
        """Put what the call left in memory where the arguments came from."""
        for take, result in zip(self._takers, results, strict=True):
            take(result)

    def reserve(self, name: str, size: int, take: Callable[[Bytes], None]) -> int:
        """Return the address of zeros that the call fills; `take` gets them."""
        place = self._arena.put(name, np.zeros(size, np.uint8), const=False)
        self._takers.append(take)
        return place.address

    def convert(self, kind: CType, value: Any, name: str, *, inside: bool = False) -> bytes:
        """Return the bytes of a value of a C type; `inside`: as a member, not widened to a word.

        Raises:
            Mismatch: the type does not take that value.
        """
        if isinstance(kind, Pointer):
            return self._pointer(kind, value, name).to_bytes(4, "little")
        if isinstance(kind, Record):
            return self._record(kind, value, name)
        if isinstance(kind, Array):
            return self._array(kind, value, name)
        if isinstance(kind, Scalar) and kind.kind == "float":
            if isinstance(value, bool) or not isinstance(value, numbers.Real | np.floating):
                raise Mismatch(f"{name} is {describe(value)}, not a number ({declare(kind)})")
            return np.array(value, dtype_of(kind)).tobytes()
        whole = self._integer(kind, value, name)
        low, _ = bounds(kind)
        size = kind.size if inside or kind.size > 4 else 4
        return whole.to_bytes(size, "little", signed=low < 0)

    def _integer(self, kind: Scalar | Enum, value: Any, name: str) -> int:
        if isinstance(kind, Enum) and isinstance(value, str):
            names = dict(kind.values)
            if value not in names:
                hint = suggest(value, names)
                raise Mismatch(f"{name} is {value!r}, which {kind.name} has not{hint}")
            return names[value]
        try:
            if isinstance(value, np.ndarray):
                raise TypeError
            whole = int(value) if isinstance(value, np.bool_) else operator.index(value)
        except TypeError:
            raise Mismatch(f"{name} is {describe(value)}, not a {declare(kind)}") from None
        low, high = bounds(kind)
        if not low <= whole <= high:
            raise Mismatch(f"{name} is {whole}, outside {low} to {high} of {declare(kind)}")
        return whole

    def _record(self, kind: Record, value: Any, name: str) -> bytes:
        if isinstance(value, ctypes.Structure | ctypes.Union):
            data = bytes(value)
        elif isinstance(value, np.void | np.ndarray) and value.dtype.names and value.size == 1:
            data = value.tobytes()
        elif isinstance(value, dict):
            return self._members(kind, value, name)
        else:
            raise Mismatch(
                f"{name} is {describe(value)}, where {declare(kind)} takes a dict, a structured "
                "array or a ctypes structure"
            )
        if len(data) != kind.size:
            raise Mismatch(f"{name} has {len(data)} bytes, {declare(kind)} has {kind.size}")
        return data

    def _members(self, kind: Record, value: dict[str, Any], name: str) -> bytes:
        data = bytearray(kind.size)
        for key, item in value.items():
            member = kind.by_name.get(key)
            if member is None:
                known = list(kind.by_name)
                hint = suggest(key, known) or f"; it has {', '.join(known)}"
                raise Mismatch(f"{name} has a key {key!r} that {declare(kind)} has not{hint}")
            if member.type is None:
                raise Mismatch(f"{name}.{key} is a bit-field; give the structure by ctypes")
            part = self.convert(member.type, item, f"{name}.{key}", inside=True)
            data[member.offset : member.offset + len(part)] = part
        return bytes(data)

    def _array(self, kind: Array, value: Any, name: str) -> bytes:
        wanted = dtype_of(kind.element)
        array = np.asarray(value)
        if array.shape != kind.shape or not np.can_cast(array.dtype, wanted, "same_kind"):
            raise Mismatch(f"{name} is {describe(array)}, not {declare(kind)}")
        cast = array.astype(wanted)
        if not np.array_equal(cast, array):
            raise Mismatch(f"{name} has values that {declare(kind)} cannot hold")
        return cast.tobytes()

    # pointers -----------------------------------------------------------------------------------

    def _pointer(self, kind: Pointer, value: Any, name: str) -> int:
        """Return the address to pass; what is pointed at gets a place."""
        if value is None:
            return 0
        if isinstance(value, bytes | bytearray):
            if isinstance(value, bytes) and not kind.const:
                raise Mismatch(f"{name} is bytes, which cannot change; give a bytearray")
            value = np.frombuffer(value, np.uint8)
            if isinstance(kind.target, Scalar) and kind.target.size == 1:
                value = value.view(dtype_of(kind.target))
        if isinstance(value, np.ndarray):
            self._check_array(kind, value, name)
            return self._put_array(value, name, kind.const)
        if isinstance(kind.target, Record):
            return self._put_record(kind.target, value, name, kind.const)
        try:
            address = operator.index(value)
        except TypeError:
            raise Mismatch(
                f"{name} is {describe(value)}, where {declare(kind)} takes an array, an address "
                "or None"
            ) from None
        if not 0 <= address < 1 << 32:
            raise Mismatch(f"{name} is {address:#x}, which is no 32-bit address")
        return address

    def _check_array(self, kind: Pointer, array: "np.ndarray[Any, Any]", name: str) -> None:
        shown = describe(array)
        if array.dtype.hasobject or not _fits(kind.target, array):
            raise Mismatch(f"{name} is {shown}, where {declare(kind)} takes {_wanted(kind.target)}")
        if not array.dtype.isnative:
            raise Mismatch(f"{name} is {shown}, which is big-endian")
        if not array.flags.c_contiguous:
            raise Mismatch(f"{name} is {shown} and not contiguous; give np.ascontiguousarray(...)")
        if not (kind.const or array.flags.writeable):
            raise Mismatch(f"{name} is {shown} and read-only, where {declare(kind)} may change it")

    def _put_array(self, array: "np.ndarray[Any, Any]", name: str, const: bool) -> int:
        first, size = array.ctypes.data, array.nbytes
        for known in self._placed:
            start, end = known.array.ctypes.data, known.array.ctypes.data + known.array.nbytes
            if start == first and end == first + size:  # given twice, it is one array
                if known.place.const and not const:
                    known.place.const, known.array = False, array
                return known.place.address
            if size and start < first + size and first < end and not (known.place.const and const):
                raise Mismatch(
                    f"{name} overlaps {known.place.name}, and one of them may change; give the "
                    "same array, or a copy"
                )
        placed = _Placed(array, self._arena.put(name, _as_bytes(array), const=const))
        self._placed.append(placed)

        def take(result: Bytes) -> None:
            if not placed.place.const:
                _as_bytes(placed.array)[:] = result

        self._takers.append(take)
        return placed.place.address

    def _put_record(self, kind: Record, value: Any, name: str, const: bool) -> int:
        data = self._record(kind, value, name)
        place = self._arena.put(name, np.frombuffer(data, np.uint8), const=const)

        def take(result: Bytes) -> None:
            if const:
                return
            if isinstance(value, dict):
                _update(kind, value, result.tobytes())
            elif isinstance(value, np.void):
                for name in value.dtype.names or ():
                    value[name] = result.view(value.dtype)[name][0]
            else:
                ctypes.memmove(ctypes.addressof(value), result.tobytes(), kind.size)

        self._takers.append(take)
        return place.address


def _fits(target: CType | None, array: "np.ndarray[Any, Any]") -> bool:
    dtype = array.dtype
    if target is None:
        return True
    if isinstance(target, Array):
        return _fits(target.element, array)
    if isinstance(target, Record):
        return dtype.names is not None and dtype.itemsize == target.size
    if isinstance(target, Pointer):
        return bool(dtype == np.uint32)
    kinds = "iu"
    if isinstance(target, Scalar) and target.kind != "char":
        kinds = KINDS[target.kind] + ("b" if target.kind == "bool" else "")
    return dtype.kind in kinds and dtype.itemsize == target.size


def _wanted(target: CType | None) -> str:
    if isinstance(target, Array):
        return _wanted(target.element)
    if isinstance(target, Record):
        return f"a dict or a structured array with items of {target.size} bytes"
    return f"an array of {dtype_of(target).name}" if target is not None else "an array of numbers"


def decode(kind: CType, data: bytes) -> Any:
    """Return a value from its bytes: a number, or a structured scalar for a structure."""
    value = np.frombuffer(data[: kind.size], dtype_of(kind))
    if isinstance(kind, Record | Array):
        return value[0].copy()
    if isinstance(kind, Scalar) and kind.kind == "bool":
        return bool(value[0])
    return value[0].item()


def _update(kind: Record, value: dict[str, Any], data: bytes) -> None:
    """Put the numbers of a structure into the dict that it came from."""
    for member in kind.members:
        if member.type is None or isinstance(member.type, Pointer):
            continue
        part = data[member.offset : member.offset + member.type.size]
        if isinstance(member.type, Record) and isinstance(value.get(member.name), dict):
            _update(member.type, value[member.name], part)
        elif isinstance(member.type, Array):
            kept = np.frombuffer(part, dtype_of(member.type.element))
            value[member.name] = kept.reshape(member.type.shape).copy()
        else:
            value[member.name] = decode(member.type, part)
