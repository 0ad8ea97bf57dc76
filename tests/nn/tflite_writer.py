"""Writes small `.tflite` files with nothing but the FlatBuffers package."""

from dataclasses import dataclass, field
from pathlib import Path

import flatbuffers
import numpy as np

TYPES = {"float32": 0, "int32": 2, "uint8": 3, "int16": 7, "int8": 9}
CODES = {
    "ADD": 0, "AVERAGE_POOL_2D": 1, "CONCATENATION": 2, "CONV_2D": 3, "DEPTHWISE_CONV_2D": 4,
    "DEQUANTIZE": 6, "FULLY_CONNECTED": 9, "MAX_POOL_2D": 17, "MUL": 18, "RELU": 19, "RELU6": 21,
    "RESHAPE": 22, "SOFTMAX": 25, "PAD": 34, "MEAN": 40, "UNIDIRECTIONAL_SEQUENCE_LSTM": 44,
    "STRIDED_SLICE": 45, "QUANTIZE": 114,
}  # fmt: skip
OPTIONS = {  # the number of the union BuiltinOptions, for those that have options here
    "CONV_2D": 1, "DEPTHWISE_CONV_2D": 2, "AVERAGE_POOL_2D": 5, "MAX_POOL_2D": 5,
    "FULLY_CONNECTED": 8, "SOFTMAX": 9, "ADD": 11, "RESHAPE": 17, "MUL": 21, "PAD": 22, "MEAN": 27,
    "STRIDED_SLICE": 32, "UNIDIRECTIONAL_SEQUENCE_LSTM": 71,
}  # fmt: skip
VALID, RELU, RELU6 = 1, 1, 3


@dataclass
class Model:
    """A model: tensors and operators in the order in which they are added."""

    tensors: list[tuple] = field(default_factory=list)
    operators: list[tuple] = field(default_factory=list)
    variables: set[int] = field(default_factory=set)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)

    def tensor(self, name, shape, dtype="int8", scale=(), zero=0, values=None, axis=0) -> int:
        """Add a tensor; `scale` is a number, or one for each channel."""
        scales = np.atleast_1d(np.array(scale, np.float32))
        self.tensors.append((name, shape, dtype, scales, zero, values, axis))
        return len(self.tensors) - 1

    def constant(self, name, values, scale=(), axis=0) -> int:
        return self.tensor(name, values.shape, values.dtype.name, scale, 0, values, axis)

    def operator(self, kind, inputs, output, **options) -> int:
        """Add an operator; options are slot_3=("i", 2): the third field, a 32-bit integer.

        `intermediates` are tensors that stand for scales within it.
        """
        within = options.pop("intermediates", [])
        self.operators.append((kind, inputs, [output], within, options))
        return output

    def save(self, path: Path) -> Path:
        path.write_bytes(_serialise(self))
        return path


_PUT = {"b": "PrependInt8Slot", "i": "PrependInt32Slot", "f": "PrependFloat32Slot"}


def _table(b, slots):
    """Write a table of (slot, kind, value); kind `o` is an offset."""
    b.StartObject(max((slot for slot, _, _ in slots), default=-1) + 1)
    for slot, kind, value in slots:
        if kind == "o":
            b.PrependUOffsetTRelativeSlot(slot, value, 0)
        elif kind == "u":
            b.PrependUint32Slot(slot, value, 0)
        else:
            getattr(b, _PUT[kind])(slot, value, 0)
    return b.EndObject()


def _offsets(b, offsets):
    b.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    return b.EndVector()


def _array(b, values, dtype):
    return b.CreateNumpyVector(np.array(values, dtype))


def _serialise(model: Model) -> bytes:
    b = flatbuffers.Builder(1024)
    buffers = [_table(b, [])]
    tensors = []
    for number, (name, shape, dtype, scales, zero, values, axis) in enumerate(model.tensors):
        index = 0
        if values is not None:
            b.StartVector(1, values.nbytes, 16)
            b.head -= values.nbytes
            b.Bytes[b.head : b.head + values.nbytes] = values.tobytes()
            data = b.EndVector()
            index = len(buffers)
            buffers.append(_table(b, [(0, "o", data)]))
        slots = [(0, "o", _array(b, shape, np.int32)), (1, "b", TYPES[dtype]), (2, "u", index),
                 (3, "o", b.CreateString(name)), (5, "b", number in model.variables)]  # fmt: skip
        if scales.size:
            zeros = np.full(scales.size, zero, np.int64)
            parts = [(2, "o", b.CreateNumpyVector(scales)), (3, "o", b.CreateNumpyVector(zeros)),
                     (6, "i", axis)]  # fmt: skip
            slots.append((4, "o", _table(b, parts)))
        tensors.append(_table(b, slots))
    kinds = sorted({kind for kind, *_ in model.operators})
    codes = [_table(b, [(0, "b", min(CODES[k], 127)), (2, "i", 1), (3, "i", CODES[k])])
             for k in kinds]  # fmt: skip
    operators = []
    for kind, inputs, outputs, within, options in model.operators:
        slots = [(0, "u", kinds.index(kind)), (1, "o", _array(b, inputs, np.int32)),
                 (2, "o", _array(b, outputs, np.int32))]  # fmt: skip
        if within:
            slots.append((8, "o", _array(b, within, np.int32)))
        if kind in OPTIONS:
            entries = [(int(slot[5:]), *value) for slot, value in options.items()]
            slots += [(3, "b", OPTIONS[kind]), (4, "o", _table(b, entries))]
        operators.append(_table(b, slots))
    ends = [_array(b, numbers, np.int32) for numbers in (model.inputs, model.outputs)]
    graph = _table(b, [(0, "o", _offsets(b, tensors)), (1, "o", ends[0]), (2, "o", ends[1]),
                       (3, "o", _offsets(b, operators))])  # fmt: skip
    root = _table(b, [(0, "u", 3), (1, "o", _offsets(b, codes)), (2, "o", _offsets(b, [graph])),
                      (4, "o", _offsets(b, buffers))])  # fmt: skip
    b.Finish(root, b"TFL3")
    return bytes(b.Output())
