"""A graph in one `.npz` file: `graph` is its description in JSON, all else are its arrays.

The same graph makes the same bytes. A file may come from anyone: its description is checked field
by field, its arrays are never unpickled, and nothing is allocated that the file does not hold.
"""

from __future__ import annotations

import io
import json
import math
import os
import tempfile
import types
import typing
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from armsim.nn import graph as language
from armsim.nn.graph import OPERATORS, Graph, GraphError, Ints, Operator
from armsim.nn.graph_check import check

FORMAT = 1
LARGEST_FILE = 256 << 20
_DTYPES = ("int8", "int16", "int32", "uint8")
_DAMAGE = (
    OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error, RuntimeError,
    NotImplementedError, MemoryError, OverflowError, TypeError, SyntaxError, RecursionError,
)  # fmt: skip


def save_graph(graph: Graph, path: Path) -> None:
    """Write a graph to one file, all of it or nothing."""
    arrays: dict[str, Ints] = {}
    described = {"format": FORMAT, **_encode(graph, "", arrays)}
    text = json.dumps(described, allow_nan=False, sort_keys=True).encode()
    stream = io.BytesIO()
    np.savez_compressed(stream, graph=np.frombuffer(text, np.uint8), **arrays)  # type: ignore[arg-type]
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            file.write(stream.getvalue())
            file.close()
            os.chmod(file.name, 0o644)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def load_graph(path: Path) -> Graph:
    """Read a graph and check it.

    Raises:
        GraphError: there is no such file, or it is no graph, and why.
    """
    try:
        arrays = _read_arrays(path)
        described = json.loads(arrays.pop("graph").tobytes(), parse_constant=_refuse)
        if not isinstance(described, dict) or described.pop("format", None) != FORMAT:
            raise ValueError(f"it is not of format {FORMAT}")
        return check(_decode(Graph, described, arrays, "graph"))
    except FileNotFoundError:
        raise GraphError(f"there is no {path}; make it with armsim nn quantise") from None
    except GraphError as error:
        raise GraphError(f"{path} is not a network that can run: {error}") from None
    except _DAMAGE as error:
        why = str(error) or type(error).__name__
        raise GraphError(f"{path} is not a network: {' '.join(why.split())[:200]}") from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number")


def _read_arrays(path: Path) -> dict[str, Ints]:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > LARGEST_FILE:
            raise ValueError(f"it unpacks to more than {LARGEST_FILE >> 20} MB")
        return {
            member.filename.removesuffix(".npy"): _read_array(archive.read(member))
            for member in members
        }


def _read_array(data: bytes) -> Ints:
    stream = io.BytesIO(data)
    np.lib.format.read_magic(stream)
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    rest = len(data) - stream.tell()
    if fortran or dtype.name not in _DTYPES or math.prod(shape) * dtype.itemsize != rest:
        raise ValueError(f"an array of {dtype.name}{list(shape)} in {rest} bytes")
    return np.frombuffer(data, dtype, offset=stream.tell()).reshape(shape)


# From and to what JSON can say


def _encode(value: Any, name: str, arrays: dict[str, Ints]) -> Any:
    """Describe a value; arrays go to `arrays`, named after where they stand."""
    if isinstance(value, np.ndarray):
        arrays[name] = np.ascontiguousarray(value)
        return name
    if is_dataclass(value) and not isinstance(value, type):
        prefix = value.name if isinstance(value, Operator) else name
        described = {
            field.name: _encode(
                getattr(value, field.name), f"{prefix}.{field.name}" if prefix else "", arrays
            )
            for field in fields(value)
        }
        return {"kind": type(value).__name__, **described}
    if isinstance(value, tuple):
        return [_encode(item, name, arrays) for item in value]
    return value


def _decode(hint: Any, value: Any, arrays: Mapping[str, Ints], where: str) -> Any:
    """Read a value of the type that `hint` names."""
    origin = typing.get_origin(hint)
    if origin is tuple:
        return _decode_tuple(typing.get_args(hint), value, arrays, where)
    if origin in (types.UnionType, typing.Union):
        choices = typing.get_args(hint)
        if value is None and type(None) in choices:
            return None
        rest = tuple(choice for choice in choices if choice is not type(None))
        return _decode(rest[0] if len(rest) == 1 else rest, value, arrays, where)
    if hint is Operator:
        return _decode_dataclass(OPERATORS, value, arrays, where)
    if isinstance(hint, tuple) or is_dataclass(hint):
        kinds = hint if isinstance(hint, tuple) else (hint,)
        return _decode_dataclass(kinds, value, arrays, where)
    if origin is np.ndarray:
        if not isinstance(value, str) or value not in arrays:
            raise ValueError(f"{where} has no array")
        return arrays[value]
    if hint is float and type(value) is int:
        return float(value)
    wanted = dict if hint in (Mapping, dict) or origin is not None else hint
    if type(value) is not wanted:
        raise ValueError(f"{where} is {str(value)[:40]!r}, not of type {wanted.__name__}")
    return value


def _decode_tuple(
    hints: tuple[Any, ...], value: Any, arrays: Mapping[str, Ints], where: str
) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{where} is {str(value)[:40]!r}, not a list")
    if hints[-1] is ...:
        hints = (hints[0],) * len(value)
    if len(value) != len(hints):
        raise ValueError(f"{where} has {len(value)} entries, not {len(hints)}")
    return tuple(
        _decode(hint, item, arrays, where) for hint, item in zip(hints, value, strict=True)
    )


def _decode_dataclass(
    kinds: tuple[Any, ...], value: Any, arrays: Mapping[str, Ints], where: str
) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{where} is {str(value)[:40]!r}, not an object")
    kind = next((kind for kind in kinds if kind.__name__ == value.get("kind")), None)
    if kind is None:
        raise ValueError(f"{where} is of the unknown kind {str(value.get('kind'))[:40]!r}")
    hints = typing.get_type_hints(kind, vars(language))
    needed = {f.name for f in fields(kind) if f.default is f.default_factory is MISSING}
    given = set(value) - {"kind"}
    if not needed <= given <= set(hints):
        odd = min(given - set(hints) or needed - given)
        raise ValueError(f"{where} of kind {kind.__name__} has no or an unknown {str(odd)[:40]!r}")
    return kind(
        **{name: _decode(hints[name], value[name], arrays, f"{where}.{name}") for name in given}
    )
