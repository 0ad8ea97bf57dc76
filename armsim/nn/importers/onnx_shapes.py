"""ONNX's nodes that move values without changing them, and those that compute constants."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from armsim.nn.importers.onnx_file import DTYPES, OnnxNode
from armsim.nn.importers.onnx_values import Unsupported, Value, Values, places

Array: TypeAlias = NDArray[Any]


class Shapes(Values):
    """Views of tensors, and constants."""

    def change(self, node: OnnxNode) -> None:
        """Take a change of shape or order: of a constant, or as another view of a tensor."""
        name, rule = node.inputs[0], _CHANGES[node.kind]
        if name in self.constants:
            self.constants[node.outputs[0]] = rule(self, node, self.constants[name])
            return
        value = self.view(name)
        self.compute(value.size)
        self.see(node, self._part(value, rule(self, node, value.places)))

    def _part(self, value: Value, moved: Array) -> Value:
        """Return what has its values at some places of another."""
        start = 0
        for part in value.parts:
            if ((moved >= start) & (moved < start + part.size)).all():
                return self._part(part, part.places.ravel()[moved - start])
            start += part.size
        if np.array_equal(np.sort(moved, axis=None), np.arange(value.size)):
            return Value(value.tensor, value.shape, moved, value.alone, value.parts)
        last = self.last_steps.get(value.tensor)
        if last is not None:
            steps, length = value.shape
            rest = moved - (steps - 1) * length
            if np.array_equal(np.sort(rest, axis=None), np.arange(length)):
                return Value(last, (length,), rest)
        raise Unsupported(
            "part of a tensor is not supported; the last step of a recurrent layer and one input "
            "of a Concat are"
        )

    def concat(self, node: OnnxNode) -> None:
        """Join constants, or tensors of which parts will be read."""
        axis = int(node.attributes.get("axis", 0))
        if all(name in self.constants for name in node.inputs):
            arrays = [self.constants[name] for name in node.inputs]
            self.compute(sum(array.size for array in arrays))
            self.constants[node.outputs[0]] = np.concatenate(arrays, axis)
            return
        parts = [self.value(name) for name in node.inputs]
        starts = np.cumsum([0, *(part.size for part in parts)])
        # Each value by its number in ONNX's order of its part, which says where it is.
        numbers = [
            places(part.outer) + np.int32(start) for part, start in zip(parts, starts, strict=False)
        ]
        self.compute(int(starts[-1]))
        self.values[node.outputs[0]] = Value(
            "", (int(starts[-1]),), np.concatenate(numbers, axis), parts=tuple(parts)
        )

    def shape(self, node: OnnxNode) -> None:
        """Take a tensor's shape, which is a constant."""
        name = node.inputs[0]
        known = name in self.constants
        whole = self.constants[name].shape if known else self.view(name).outer
        start, end = node.attributes.get("start", 0), node.attributes.get("end", len(whole))
        self.constants[node.outputs[0]] = np.array(whole[start:end], np.int64)

    def constant(self, node: OnnxNode) -> None:
        """Take a constant that is a node."""
        value = node.attributes.get("value")
        if not isinstance(value, np.ndarray):
            raise Unsupported("only a constant tensor is supported")
        self.constants[node.outputs[0]] = value

    def fold(self, node: OnnxNode) -> None:
        """Compute a constant."""
        for name in node.inputs:
            if name not in self.constants:
                raise Unsupported(f"it is supported of constants, and {name} is none")
        arrays = [self.constants[name] for name in node.inputs]
        if not arrays:
            raise Unsupported("it has no input")
        if node.kind in ("Expand", "ConstantOfShape"):
            shape = tuple(arrays[-1].astype(int).ravel().tolist())
            filled = node.attributes.get("value", np.zeros(1, np.float32))
            array = arrays[0] if node.kind == "Expand" else np.asarray(filled).reshape(())
            if node.kind == "Expand":
                shape = np.broadcast_shapes(array.shape, shape)
            self.compute(int(np.prod(shape, dtype=np.float64)))
            folded = np.broadcast_to(array, shape).copy()
        elif node.kind == "Cast":
            kind = node.attributes.get("to")
            if kind not in DTYPES:
                raise Unsupported(f"a cast to the type {kind} is not supported")
            self.compute(arrays[0].size)
            folded = arrays[0].astype(DTYPES[kind])
        else:
            shape = np.broadcast_shapes(*(array.shape for array in arrays))
            self.compute(int(np.prod(shape, dtype=np.float64)))
            whole = all(array.dtype.kind in "iu" for array in arrays)
            divide = operator.floordiv if whole else operator.truediv
            folded = {**_ARITHMETIC, "Div": divide}[node.kind](*arrays)
        self.constants[node.outputs[0]] = folded

    def ints(self, node: OnnxNode, number: int, name: str) -> list[int] | None:
        """Return whole numbers that are an input, or in older models an attribute."""
        if number < len(node.inputs) and node.inputs[number]:
            return self.floats(node.inputs[number], name).astype(int).ravel().tolist()
        return node.ints(name, []) if name in node.attributes else None


def _reshape(of: Shapes, node: OnnxNode, array: Array) -> Array:
    wanted = of.ints(node, 1, "shape") or []
    if not node.attributes.get("allowzero"):
        wanted = [array.shape[i] if n == 0 and i < array.ndim else n for i, n in enumerate(wanted)]
    if wanted and wanted[0] == of.batch > 1 and array.shape[:1] == (1,):
        wanted[0] = 1  # exported for several inputs at once
    try:
        return array.reshape(wanted)
    except ValueError:
        raise Unsupported(
            f"a change of shape from {array.shape} to {tuple(wanted)} is not supported"
        ) from None


def _flatten(of: Shapes, node: OnnxNode, array: Array) -> Array:
    axis = int(node.attributes.get("axis", 1))
    if not -array.ndim <= axis <= array.ndim:
        raise Unsupported(f"{array.shape} has no axis {axis}")
    axis += array.ndim if axis < 0 else 0
    return array.reshape(int(np.prod(array.shape[:axis])), -1)


def _squeeze(of: Shapes, node: OnnxNode, array: Array) -> Array:
    axes = of.ints(node, 1, "axes")
    return array.squeeze(None if axes is None else tuple(axes))


def _unsqueeze(of: Shapes, node: OnnxNode, array: Array) -> Array:
    return np.expand_dims(array, tuple(of.ints(node, 1, "axes") or []))


def _transpose(of: Shapes, node: OnnxNode, array: Array) -> Array:
    return array.transpose(node.ints("perm", list(range(array.ndim))[::-1]))


def _gather(of: Shapes, node: OnnxNode, array: Array) -> Array:
    axis = int(node.attributes.get("axis", 0))
    indices = of.floats(node.inputs[1], "indices").astype(int)
    if not -array.ndim <= axis < array.ndim:
        raise Unsupported(f"{array.shape} has no axis {axis}")
    of.compute(array.size // max(array.shape[axis], 1) * indices.size)
    return np.take(array, indices, axis)


def _slice(of: Shapes, node: OnnxNode, array: Array) -> Array:
    starts, ends = of.ints(node, 1, "starts") or [], of.ints(node, 2, "ends") or []
    axes = of.ints(node, 3, "axes") or list(range(len(starts)))
    steps = of.ints(node, 4, "steps") or [1] * len(starts)
    whole = [slice(None)] * array.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        whole[axis] = slice(start, end, step)
    return array[tuple(whole)]


_CHANGES: dict[str, Callable[[Shapes, OnnxNode, Array], Array]] = {
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Transpose": _transpose,
    "Gather": _gather,
    "Slice": _slice,
}
_ARITHMETIC: dict[str, Callable[[Any, Any], Array]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mul": operator.mul,
}
FOLDED = ("Expand", "ConstantOfShape", "Cast")
CHANGES = tuple(_CHANGES)
