"""The arguments of a C function as TOML writes them, by the types of its prototype.

Numbers, enumerators and arrays of numbers stand for themselves, 0 for a null pointer. A table is
a structure, or one of these:

    { random = [49, 10] }                  any values, the same ones in every run
    { random = 64, low = -8, high = 8 }    bounds are inclusive
    { fill = 3, size = 64 }, { zeros = 64 }
    { file = "weights.bin" }               as it stands, little-endian

With `scratch = true`, what the call leaves there is no result. `type` names the elements where the
prototype does not: for `void *`. A text "$name" stands for what the suite has in [data].
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from armsim.errors import UsageError, suggest
from armsim.machine import c_types
from armsim.machine.c_types import CType, Pointer, Prototype, Record, declare, dtype_of

KINDS = {
    "random": {"low", "high"},
    "fill": {"size"},
    "zeros": set[str](),
    "file": set[str](),
}
ANY = {"type", "scratch"}
TYPES = "int8 uint8 int16 uint16 int32 uint32 int64 uint64 float32 float64".split()
MOST = 1 << 26
Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Data:
    """An array to pass; `scratch`: what the call leaves in it is no result."""

    array: Array
    scratch: bool = False


def resolve(
    prototype: Prototype, given: list[Any], data: dict[str, Any], folder: Path
) -> list[Any]:
    """Return arguments for `armsim.library`, with a `Data` for each array.

    Args:
        prototype: of the function.
        given: what TOML says.
        data: what "$name" stands for.
        folder: where files are.

    Raises:
        UsageError: they are not what the prototype asks for.
    """
    wanted = prototype.parameters
    if len(given) != len(wanted):
        raise UsageError(f"args has {len(given)} values, not {len(wanted)}: {prototype}")
    maker = _Maker(data, folder)
    return [
        maker.make(parameter.type, value, parameter.name or f"argument {number}")
        for number, (parameter, value) in enumerate(zip(wanted, given, strict=True), 1)
    ]


def fresh(value: Any) -> Any:
    """Return arguments with arrays of their own, for one call."""
    if isinstance(value, Data):
        return value.array.copy()
    if isinstance(value, dict):
        return {key: fresh(item) for key, item in value.items()}
    return value


def results(resolved: Any, passed: Any, name: str) -> Iterator[tuple[str, Array]]:
    """Yield the arrays, by name, in which a call leaves results."""
    if isinstance(resolved, Data):
        if not resolved.scratch:
            yield name, passed
    elif isinstance(resolved, dict):
        for key, item in resolved.items():
            yield from results(item, passed[key], f"{name}.{key}")


class _Maker:
    """Makes values; each array of random numbers gets a seed of its own."""

    def __init__(self, data: dict[str, Any], folder: Path) -> None:
        self._named, self._folder, self._seed = data, folder, 0

    def make(self, kind: CType, value: Any, name: str) -> Any:
        if isinstance(value, str) and value.startswith("$"):
            if value[1:] not in self._named:
                hint = suggest(value[1:], self._named)
                raise UsageError(f"{name} = {value!r}: [data] has no {value[1:]!r}{hint}")
            value = self._named[value[1:]]
        if isinstance(kind, Record):
            return self._record(kind, value, name)
        if not isinstance(kind, Pointer):
            if isinstance(value, dict):
                raise UsageError(f"{name} = {_shown(value)} is no value of {declare(kind)}")
            return value
        if isinstance(kind.target, Record) and isinstance(value, dict):
            return self._record(kind.target, value, name)
        if isinstance(value, list):
            return Data(self._values(kind, value, name, ""))
        if isinstance(value, dict):
            return self._data(kind, value, name)
        if value == 0 and not isinstance(value, bool):
            return None
        return value

    def _record(self, kind: Record, value: Any, name: str) -> Any:
        if not isinstance(value, dict):
            raise UsageError(f"{name} = {_shown(value)} is no table of the members of {kind.name}")
        made = {}
        for key, item in value.items():
            member = kind.by_name.get(key)
            if member is None or member.type is None:
                hint = suggest(key, kind.by_name) or f"; it has {', '.join(kind.by_name)}"
                raise UsageError(f"{name}: {declare(kind)} has no member {key!r}{hint}")
            made[key] = self.make(member.type, item, f"{name}.{key}")
        return made

    def _data(self, kind: Pointer, table: dict[str, Any], name: str) -> Data:
        what = next((key for key in KINDS if key in table), None)
        if what is None:
            raise UsageError(
                f"{name} = {_shown(table)} says nothing to point at; write one of "
                '{ random = 64 }, { zeros = 64 }, { fill = 1, size = 64 }, { file = "..." }, '
                "[1, 2, 3]"
            )
        for key in table:
            if key not in (known := {what} | KINDS[what] | ANY):
                raise UsageError(
                    f"{name}: unknown key {key!r}; with {what}: {', '.join(sorted(known))}"
                )
        return Data(self._array(what, table, kind, name), scratch=table.get("scratch") is True)

    def _array(self, what: str, table: dict[str, Any], kind: Pointer, name: str) -> Array:
        dtype = _dtype(kind, table.get("type", ""), name)
        if what == "file":
            return self._read(table["file"], dtype, name)
        if what == "fill":
            one = self._values(kind, [table["fill"]], name, table.get("type", ""))
            return np.repeat(one, _size(table.get("size"), f"{name}: size"))
        size = _size(table[what], f"{name}: {what}")
        if what == "random":
            return self._random(dtype, size, table, name)
        return np.zeros(size, dtype)

    def _values(self, kind: Pointer, values: list[Any], name: str, spelled: str) -> Array:
        dtype = _dtype(kind, spelled, name)
        wrong = UsageError(f"{name} = {_shown(values)} is no array of {dtype.name}")
        try:
            array = np.array(values)
            with np.errstate(invalid="ignore"):
                cast = array.astype(dtype)
        except (ValueError, TypeError, OverflowError):
            raise wrong from None
        if array.dtype.kind not in "iuf" or (dtype.kind != "f" and not np.array_equal(array, cast)):
            raise wrong
        return cast.reshape(-1)

    def _read(self, file: Any, dtype: np.dtype[Any], name: str) -> Array:
        try:
            content = (self._folder / str(file)).read_bytes()
        except OSError as error:
            raise UsageError(f"{name}: file {file} cannot be read: {error.strerror}") from None
        if len(content) % dtype.itemsize:
            raise UsageError(f"{name}: {file} has {len(content)} bytes, no array of {dtype.name}")
        return np.frombuffer(content, dtype).copy()

    def _random(self, dtype: np.dtype[Any], size: int, table: dict[str, Any], name: str) -> Array:
        """Return numbers from raw bits: those of a bit generator are the same in every NumPy."""
        self._seed += 1
        bits = np.random.PCG64(self._seed).random_raw(size)
        real = dtype.kind == "f"
        least, most = (-1, 1) if real else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        low, high = table.get("low", least), table.get("high", most)
        for bound in (low, high):
            if type(bound) not in ((int, float) if real else (int,)):
                raise UsageError(f"{name}: low and high = {bound!r} is no {dtype.name}")
        if low > high or (not real and (low < least or high > most)):
            raise UsageError(f"{name}: {low} to {high} is no range of {dtype.name}")
        if real:
            return np.asarray(low + (high - low) * (bits / 2.0**64), dtype)
        span = high - low + 1
        offset = bits if span == 1 << 64 else bits % np.uint64(span)
        return np.asarray(offset + np.uint64(low % (1 << 64))).astype(dtype)


def _dtype(kind: Pointer, spelled: Any, name: str) -> np.dtype[Any]:
    if spelled and spelled not in TYPES:
        raise UsageError(f"{name}: unknown type {spelled!r}; types: {', '.join(TYPES)}")
    if kind.target is None or isinstance(kind.target, Record):
        if not spelled:
            raise UsageError(
                f'{name} is {declare(kind)}, which says no type of elements; add type = "int8"'
            )
        return np.dtype(str(spelled))
    target: CType = kind.target
    while isinstance(target, c_types.Array):
        target = target.element
    dtype = dtype_of(target)
    if spelled and np.dtype(spelled) != dtype:
        raise UsageError(f"{name}: type = {spelled!r}, where {declare(kind)} takes {dtype.name}")
    return dtype


def _size(value: Any, what: str) -> int:
    """Return how many elements a number, or the numbers of a shape, mean."""
    sides = value if isinstance(value, list) else [value]
    if not sides or any(type(side) is not int or side < 0 for side in sides):
        raise UsageError(f"{what} = {value!r} is no size; write 64 or [8, 8]")
    if (size := math.prod(sides)) > MOST:
        raise UsageError(f"{what} = {value!r} is more than {MOST:,} elements")
    return size


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
