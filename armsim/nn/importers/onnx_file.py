"""What is in an `.onnx` file: nodes with their attributes, constants, inputs and outputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armsim.nn.importers.protobuf import Message, ProtobufError

DTYPES = {1: "<f4", 2: "u1", 3: "i1", 5: "<i2", 6: "<i4", 7: "<i8", 10: "<f2", 11: "<f8"}
_FLOATS, _DOUBLES, _INT32S, _INT64S = 4, 10, 5, 7


@dataclass(frozen=True, kw_only=True)
class OnnxNode:
    """An operator."""

    kind: str
    name: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any] = field(default_factory=dict)

    def ints(self, name: str, default: list[int]) -> list[int]:
        """Return an attribute that is a list."""
        value = self.attributes.get(name, default)
        return [int(item) for item in value] if isinstance(value, list) else default


@dataclass(frozen=True, kw_only=True)
class OnnxModel:
    """A model."""

    nodes: list[OnnxNode]
    constants: dict[str, NDArray[Any]]
    inputs: dict[str, tuple[int, ...]]  # shapes; 0: not given
    outputs: list[str]
    opset: int


def parse(data: bytes) -> OnnxModel:
    """Read a file.

    Raises:
        ValueError: it is no such file, or damaged.
    """
    model = Message.parse(data)
    graph = model.message(7)
    nodes = [_node(message) for message in graph.messages(1)]
    if not nodes:
        raise ProtobufError("it has no graph")
    constants = {tensor.text(8): _tensor(tensor) for tensor in graph.messages(5)}
    inputs = {info.text(1): _shape(info) for info in graph.messages(11)}
    opsets = [o.integer(2) for o in model.messages(8) if o.text(1) in ("", "ai.onnx")]
    return OnnxModel(
        nodes=nodes,
        constants=constants,
        inputs={name: shape for name, shape in inputs.items() if name not in constants},
        outputs=[info.text(1) for info in graph.messages(12)],
        opset=max(opsets, default=0),
    )


def _node(message: Message) -> OnnxNode:
    domain = message.text(7)
    kind = message.text(4) if domain in ("", "ai.onnx") else f"{domain}.{message.text(4)}"
    return OnnxNode(
        kind=kind,
        name=message.text(3),
        inputs=message.texts(1),
        outputs=message.texts(2),
        attributes={a.text(1): _attribute(a) for a in message.messages(5)},
    )


def _attribute(message: Message) -> Any:
    if 7 in message.fields:
        return message.floats(7)
    if 8 in message.fields:
        return message.integers(8)
    if 9 in message.fields:
        return message.texts(9)
    if 2 in message.fields:
        return message.floats(2)[-1]
    if 4 in message.fields:
        return message.text(4)
    if 5 in message.fields:
        return _tensor(message.message(5))
    return message.integer(3)


def _tensor(message: Message) -> NDArray[Any]:
    shape, kind = message.integers(1), message.integer(2)
    name = message.text(8)
    if kind not in DTYPES:
        raise ProtobufError(f"{name} is of the type {kind}, which is not supported")
    if message.integer(14):
        raise ProtobufError(f"{name} is in a file of its own, which is not supported")
    dtype = np.dtype(DTYPES[kind])
    raw = message.bytes(9)
    if raw:
        values = np.frombuffer(raw, dtype) if len(raw) % dtype.itemsize == 0 else np.zeros(0)
    elif kind == 11:
        values = np.frombuffer(message.bytes(_DOUBLES), "<f8")
    elif kind == 1:
        values = np.array(message.floats(_FLOATS), dtype)
    elif kind == 10:
        values = np.array(message.integers(_INT32S), np.uint16).view(dtype)
    else:
        values = np.array(message.integers(_INT64S if kind == 7 else _INT32S), np.int64)
    if min(shape, default=1) < 0 or values.size != int(np.prod(shape, dtype=np.int64)):
        raise ProtobufError(f"{name} has {values.size} values, not {shape}")
    return values.astype(dtype).reshape(shape)


def _shape(info: Message) -> tuple[int, ...]:
    dimensions = info.message(2).message(1).message(2).messages(1)
    return tuple(max(dimension.integer(1), 0) for dimension in dimensions)
