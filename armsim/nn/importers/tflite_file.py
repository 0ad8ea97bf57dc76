"""What is in a `.tflite` file: one subgraph's tensors and operators, with their options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armsim.nn.importers.flatbuffer import FlatbufferError, Table
from armsim.nn.importers.tflite_names import NAMES

_TYPES = "float32 float16 int32 uint8 int64 string bool int16 complex64 int8".split()
_DTYPES = {"float32": "<f4", "int32": "<i4", "uint8": "u1", "int64": "<i8", "int16": "<i2",
           "int8": "i1"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class TfliteTensor:
    """A tensor; `values` is None where it is computed."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    values: NDArray[Any] | None
    scales: NDArray[np.float32]
    zero_points: NDArray[np.int64]
    axis: int


@dataclass(frozen=True, kw_only=True)
class TfliteOperator:
    """An operator: its kind, the numbers of its tensors (-1: left out), its options.

    Intermediates are tensors that stand for scales within it.
    """

    number: int
    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Table | None
    intermediates: tuple[int, ...] = ()

    def option(self, number: int, form: str, default: int | float = 0) -> Any:
        """Return one of its options."""
        return self.options.number(number, form, default) if self.options else default


@dataclass(frozen=True, kw_only=True)
class TfliteModel:
    """A model of one subgraph."""

    tensors: list[TfliteTensor]
    operators: list[TfliteOperator]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def parse(data: bytes) -> TfliteModel:
    """Read a file.

    Raises:
        ValueError: it is no such file, or damaged.
    """
    if data[4:8] != b"TFL3":
        raise FlatbufferError("it does not say TFL3")
    model = Table.root(data)
    graphs = model.tables(2)
    if len(graphs) != 1:
        raise FlatbufferError(f"it has {len(graphs)} subgraphs, not 1")
    buffers = [buffer.array(0, "u1") for buffer in model.tables(4)]
    kinds = [_kind(code) for code in model.tables(1)]
    graph = graphs[0]
    tensors = [_tensor(table, buffers) for table in graph.tables(0)]
    operators = []
    for number, table in enumerate(graph.tables(3)):
        index = int(table.number(0, "I"))
        ends = [table.integers(field) for field in (1, 2, 8)]
        known = all(-1 <= i < len(tensors) for i in sum(ends, ()))
        if index >= len(kinds) or not known or min(ends[1], default=0) < 0:
            raise FlatbufferError(f"operator {number} names what is not there")
        operators.append(
            TfliteOperator(
                number=number,
                kind=kinds[index],
                inputs=ends[0],
                outputs=ends[1],
                options=table.table(4),
                intermediates=ends[2],
            )
        )
    inputs, outputs = (graph.integers(field) for field in (1, 2))
    if not all(0 <= i < len(tensors) for i in inputs + outputs):
        raise FlatbufferError("an input or output is not there")
    return TfliteModel(tensors=tensors, operators=operators, inputs=inputs, outputs=outputs)


def _kind(code: Table) -> str:
    number = max(int(code.number(3, "i")), int(code.number(0, "b")))
    if code.text(1):
        return f"CUSTOM ({code.text(1)})"
    return NAMES[number] if 0 <= number < len(NAMES) else f"operator {number}"


def _tensor(table: Table, buffers: list[NDArray[Any]]) -> TfliteTensor:
    number, index = int(table.number(1, "b")), int(table.number(2, "I"))
    name = table.text(3)
    if not 0 <= number < len(_TYPES):
        raise FlatbufferError(f"{name} is of the unknown type {number}")
    dtype = _TYPES[number]
    shape = table.integers(0)
    values = None
    if index >= len(buffers):
        raise FlatbufferError(f"{name} has no buffer {index}")
    if buffers[index].size and dtype in _DTYPES:
        flat = np.frombuffer(buffers[index], _DTYPES[dtype])
        if min(shape, default=1) < 0 or flat.size != int(np.prod(shape, dtype=np.int64)):
            raise FlatbufferError(f"{name} has {flat.size} values, not {shape}")
        values = flat.reshape(shape)
    scales = table.table(4)
    return TfliteTensor(
        name=name,
        shape=shape,
        dtype=dtype,
        values=values,
        scales=scales.array(2, "<f4") if scales else np.zeros(0, np.float32),
        zero_points=scales.array(3, "<i8") if scales else np.zeros(0, np.int64),
        axis=int(scales.number(6, "i")) if scales else 0,
    )
