"""Full-integer TensorFlow Lite models: the operators of keyword spotters and of MLPerf Tiny.

What is left out at the edges: a QUANTIZE of the input and a DEQUANTIZE of an output (or QUANTIZE to
uint8) are not part of the network, whose input and outputs are int8.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from armsim.nn.graph import (
    AddS8,
    AveragePoolS8,
    ConvolveS8,
    DepthwiseS8,
    FullyConnectedS8,
    Graph,
    GraphError,
    Int32,
    Ints,
    LstmS8,
    MaxPool,
    MulS8,
    Pair,
    Reshape,
    SoftmaxS8,
)
from armsim.nn.graph_builder import GraphBuilder, identifier
from armsim.nn.importers import scales
from armsim.nn.importers.files import one_line, read, why
from armsim.nn.importers.tflite_file import TfliteModel, TfliteOperator, TfliteTensor, parse
from armsim.nn.importers.tflite_lstm import lstm_fields, takes_last_step
from armsim.nn.importers.tflite_tensors import Wrong, affine, fused, shape_of

_SAME = 0


def load_tflite(path: Path) -> Graph:
    """Read a model.

    Raises:
        GraphError: there is no such file, it is damaged, or an operator of it is not supported.
    """
    try:
        model = parse(read(path))
    except (ValueError, OverflowError, MemoryError) as error:
        raise GraphError(one_line(f"{path} is not a TensorFlow Lite model: {error}")) from None
    try:
        return _Import(model, identifier(path.stem)).graph(path.name)
    except (Wrong, GraphError) as error:
        raise GraphError(one_line(f"{path.name}: {error}")) from None


class _Import:
    """A model on its way to a graph."""

    def __init__(self, model: TfliteModel, name: str) -> None:
        self.model = model
        self._rules: dict[str, Callable[[TfliteOperator], None]] = {
            "CONV_2D": self._convolve,
            "DEPTHWISE_CONV_2D": self._depthwise,
            "FULLY_CONNECTED": self._fully_connected,
            "AVERAGE_POOL_2D": self._pool,
            "MAX_POOL_2D": self._pool,
            "MEAN": self._mean,
            "ADD": self._add,
            "MUL": self._mul,
            "RESHAPE": self._reshape,
            "SQUEEZE": self._reshape,
            "EXPAND_DIMS": self._reshape,
            "SOFTMAX": self._softmax,
            "PAD": self._pad,
            "UNIDIRECTIONAL_SEQUENCE_LSTM": self._lstm,
            "STRIDED_SLICE": self._last_step,
            "QUANTIZE": self._elementwise,
            "RELU": self._elementwise,
            "RELU6": self._elementwise,
        }
        self._skipped: set[int] = set()
        self._pads: dict[int, tuple[int, Pair]] = {}  # of a padded tensor: whence, and how much
        self._last_steps: dict[int, str] = {}  # of all states: the tensor of the last one
        entry = self._entry()
        tensor = model.tensors[entry]
        self.builder = GraphBuilder(name, shape_of(tensor), "int8", affine(tensor))
        self._names = {entry: "input"}

    def graph(self, source: str) -> Graph:
        """Translate all operators."""
        outputs = [self._exit(index) for index in self.model.outputs]
        for operator in self.model.operators:
            if operator.number in self._skipped:
                continue
            rule = self._rules.get(operator.kind)
            try:
                if rule is None:
                    known = ", ".join(self._rules)
                    raise Wrong(f"this operator is not supported; {known} are")
                with np.errstate(all="ignore"):
                    rule(operator)
            except (Wrong, ValueError, IndexError, OverflowError) as error:
                node = self.model.tensors[operator.outputs[0]].name if operator.outputs else ""
                raise Wrong(
                    f"operator {operator.number}, {operator.kind} ({node}): {why(error)}"
                ) from None
        for index in outputs:
            if index not in self._names:
                raise Wrong(f"nothing computes the output {self.model.tensors[index].name}")
        return self.builder.build([self._names[index] for index in outputs], {"source": source})

    # The edges

    def _readers(self, index: int) -> list[TfliteOperator]:
        return [operator for operator in self.model.operators if index in operator.inputs]

    def _entry(self) -> int:
        """Return the tensor that the network begins with."""
        if len(self.model.inputs) != 1:
            raise Wrong(f"it has {len(self.model.inputs)} inputs; one is supported")
        entry = self.model.inputs[0]
        readers = self._readers(entry)
        if self.model.tensors[entry].dtype != "int8" and [r.kind for r in readers] == ["QUANTIZE"]:
            if not readers[0].outputs:
                raise Wrong("the QUANTIZE of the input has no output")
            self._skipped.add(readers[0].number)
            entry = readers[0].outputs[0]
        return entry

    def _exit(self, index: int) -> int:
        """Return the tensor that stands for an output."""
        if self.model.tensors[index].dtype == "int8":
            return index
        for operator in self.model.operators:
            edge = operator.kind in ("DEQUANTIZE", "QUANTIZE") and bool(operator.inputs)
            if edge and operator.outputs == (index,):
                self._skipped.add(operator.number)
                return operator.inputs[0]
        return index

    # Tensors

    def _constant(self, index: int, dtype: str, what: str) -> Ints:
        if index < 0:
            raise Wrong(f"{what} are missing")
        tensor = self.model.tensors[index]
        if tensor.values is None or tensor.dtype != dtype:
            raise Wrong(f"{what} ({tensor.name}) are {tensor.dtype}, not constant {dtype}")
        return tensor.values

    def _source(self, operator: TfliteOperator, number: int = 0) -> tuple[TfliteTensor, str, Pair]:
        """Return an input, its name in the graph, and by how much it is padded."""
        index = operator.inputs[number]
        origin, pad = self._pads.get(index, (index, (0, 0)))
        if origin not in self._names:
            raise Wrong(f"its input {self.model.tensors[origin].name} is not computed")
        return self.model.tensors[index], self._names[origin], pad

    def _plain(self, operator: TfliteOperator, number: int = 0) -> tuple[TfliteTensor, str]:
        """Return an input that is not padded."""
        tensor, name, pad = self._source(operator, number)
        if operator.inputs[number] in self._pads:
            raise Wrong(f"a PAD of {pad} ahead of it is supported ahead of convolutions only")
        return tensor, name

    def _target(self, operator: TfliteOperator) -> TfliteTensor:
        return self.model.tensors[operator.outputs[0]]

    def _done(self, operator: TfliteOperator, name: str) -> None:
        self._names[operator.outputs[0]] = name

    def _weights(self, operator: TfliteOperator, channel_axis: int) -> tuple[Ints, Int32]:
        """Return weights and biases."""
        weights = self._constant(operator.inputs[1], "int8", "weights")
        if self.model.tensors[operator.inputs[1]].zero_points.any():
            raise Wrong("weights with a zero point are not supported")
        if len(operator.inputs) < 3 or operator.inputs[2] < 0:
            return weights, np.zeros(weights.shape[channel_axis], np.int32)
        return weights, self._constant(operator.inputs[2], "int32", "biases").ravel()

    def _per_channel(self, operator: TfliteOperator, channels: int) -> tuple[Int32, Int32]:
        before, after = self.model.tensors[operator.inputs[0]], self._target(operator)
        of_weights = self.model.tensors[operator.inputs[1]].scales.astype(np.float64)
        if of_weights.size not in (1, channels):
            raise Wrong(f"{of_weights.size} scales for {channels} channels")
        factor = float(np.float64(affine(before).scale))
        result = affine(after).scale
        return scales.multipliers(
            factor * scale / result for scale in np.broadcast_to(of_weights, channels).tolist()
        )

    # Operators

    def _window(
        self, operator: TfliteOperator, kernel: Pair, dilation: Pair = (1, 1)
    ) -> tuple[Pair, Pair]:
        """Return stride and padding of what slides over an image; check the output's size."""
        before, _, pad = self._source(operator)
        after = self._target(operator)
        stride = int(operator.option(2, "i")), int(operator.option(1, "i"))
        same = operator.option(0, "b") == _SAME
        padding = [0, 0]
        for axis in (0, 1):
            size, out = shape_of(before)[axis], shape_of(after)[axis]
            reach = (kernel[axis] - 1) * dilation[axis] + 1
            if stride[axis] < 1:
                raise Wrong(f"the stride {stride} is not positive")
            wanted = -(-size // stride[axis]) if same else (size - reach) // stride[axis] + 1
            if out != wanted:
                raise Wrong(f"the output has {out} rows or columns, not {wanted}")
            total = max((out - 1) * stride[axis] + reach - size, 0) if same else 0
            padding[axis] = total // 2 + pad[axis]
        return stride, (padding[0], padding[1])

    def _convolve(self, operator: TfliteOperator) -> None:
        weights, bias = self._weights(operator, 0)
        dilation = int(operator.option(5, "i", 1)), int(operator.option(4, "i", 1))
        kernel = weights.shape[1], weights.shape[2]
        stride, padding = self._window(operator, kernel, dilation)
        self._sum(operator, ConvolveS8, "conv", weights, bias, len(weights), fused(operator, 3),
                  stride=stride, padding=padding, dilation=dilation)  # fmt: skip

    def _depthwise(self, operator: TfliteOperator) -> None:
        weights, bias = self._weights(operator, -1)
        dilation = int(operator.option(6, "i", 1)), int(operator.option(5, "i", 1))
        kernel = weights.shape[1], weights.shape[2]
        stride, padding = self._window(operator, kernel, dilation)
        self._sum(operator, DepthwiseS8, "depthwise", weights[0], bias, weights.shape[3],
                  fused(operator, 4), stride=stride, padding=padding,
                  dilation=dilation)  # fmt: skip

    def _sum(
        self,
        operator: TfliteOperator,
        kind: type[ConvolveS8] | type[DepthwiseS8],
        stem: str,
        weights: Ints,
        bias: Int32,
        channels: int,
        activation: str,
        **fields: Any,
    ) -> None:
        _, name, _ = self._source(operator)
        after = self._target(operator)
        multipliers, shifts = self._per_channel(operator, channels)
        made = self.builder.add(
            kind, self.builder.number(stem), [name], shape_of(after), affine(after),
            weights=np.ascontiguousarray(weights), bias=bias, multipliers=multipliers,
            shifts=shifts, activation=scales.clamp(activation, affine(after)), **fields,
        )  # fmt: skip
        self._done(operator, made)

    def _fully_connected(self, operator: TfliteOperator) -> None:
        before, name = self._plain(operator)
        after = self._target(operator)
        weights, bias = self._weights(operator, 0)
        if operator.option(1, "b"):
            raise Wrong("shuffled weights are not supported")
        of_weights = self.model.tensors[operator.inputs[1]].scales
        if of_weights.size == 1:
            # The product is one of float, as TensorFlow Lite has it here and only here.
            product = float(np.float32(affine(before).scale) * of_weights[0])
            multipliers, shifts = scales.multipliers([product / affine(after).scale])
        else:
            multipliers, shifts = self._per_channel(operator, len(weights))
        made = self.builder.add(
            FullyConnectedS8, self.builder.number("fc"), [name], shape_of(after), affine(after),
            weights=weights, bias=bias, multipliers=multipliers, shifts=shifts,
            activation=scales.clamp(fused(operator, 0), affine(after)),
        )  # fmt: skip
        self._done(operator, made)

    def _pool(self, operator: TfliteOperator) -> None:
        before, name = self._plain(operator)
        after = self._target(operator)
        kernel = int(operator.option(4, "i")), int(operator.option(3, "i"))
        stride, padding = self._window(operator, kernel)
        if affine(before) != affine(after):
            raise Wrong("input and output are quantised differently")
        average = operator.kind == "AVERAGE_POOL_2D"
        made = self.builder.add(
            AveragePoolS8 if average else MaxPool, self.builder.number("pool"), [name],
            shape_of(after), affine(after), kernel=kernel, stride=stride, padding=padding,
            activation=scales.clamp(fused(operator, 5), affine(after)),
        )  # fmt: skip
        self._done(operator, made)

    def _mean(self, operator: TfliteOperator) -> None:
        """Sum with weights of one; the division is part of the scale."""
        before, name = self._plain(operator)
        after = self._target(operator)
        axes = {int(axis) % 4 for axis in self._constant(operator.inputs[1], "int32", "axes").flat}
        if len(before.shape) != 4 or axes != {1, 2}:
            raise Wrong("the mean is supported over height and width of an image")
        height, width, channels = shape_of(before)
        scale = scales.mean(affine(before).scale / affine(after).scale, height * width)
        made = self._ones(name, (height, width), (1, 1, channels), after, scale, "mean")
        self._done(operator, self._reshaped(made, after))

    def _ones(
        self,
        name: str,
        kernel: Pair,
        shape: tuple[int, ...],
        after: TfliteTensor,
        scale: scales.Multiplier,
        stem: str,
        activation: str = "NONE",
    ) -> str:
        """Add a depthwise convolution by ones."""
        channels = shape[2]
        multipliers, shifts = (np.full(channels, number, np.int32) for number in scale)
        return self.builder.add(
            DepthwiseS8, self.builder.number(stem), [name], shape, affine(after),
            weights=np.ones((*kernel, channels), np.int8), bias=np.zeros(channels, np.int32),
            multipliers=multipliers, shifts=shifts,
            activation=scales.clamp(activation, affine(after)),
        )  # fmt: skip

    def _reshaped(self, name: str, after: TfliteTensor) -> str:
        tensor = self.builder.tensors[name]
        if tensor.shape == shape_of(after):
            return name
        return self.builder.add(
            Reshape, self.builder.number("reshape"), [name], shape_of(after), tensor.quantisation
        )

    def _elementwise(self, operator: TfliteOperator) -> None:
        """Change the scale and clamp, by a 1 x 1 depthwise convolution by one."""
        before, name = self._plain(operator)
        after = self._target(operator)
        shape = shape_of(before)
        image = shape if len(shape) == 3 else (1, 1, int(np.prod(shape)))
        if image != shape:
            name = self.builder.add(
                Reshape, self.builder.number("reshape"), [name], image, affine(before)
            )
        activation = "NONE" if operator.kind == "QUANTIZE" else operator.kind
        scale = scales.multiplier(affine(before).scale / affine(after).scale)
        stem = operator.kind.lower()
        made = self._ones(name, (1, 1), image, after, scale, stem, activation)
        self._done(operator, self._reshaped(made, after))

    def _add(self, operator: TfliteOperator) -> None:
        (a, first), (b, second) = self._plain(operator, 0), self._plain(operator, 1)
        after = self._target(operator)
        left, scale_a, scale_b, total = scales.addition(affine(a), affine(b), affine(after))
        made = self.builder.add(
            AddS8, self.builder.number("add"), [first, second], shape_of(after), affine(after),
            input_scales=(scale_a, scale_b), output_scale=total, left_shift=left,
            activation=scales.clamp(fused(operator, 0), affine(after)),
        )  # fmt: skip
        self._done(operator, made)

    def _mul(self, operator: TfliteOperator) -> None:
        (a, first), (b, second) = self._plain(operator, 0), self._plain(operator, 1)
        after = self._target(operator)
        product = np.float32(affine(a).scale) * np.float32(affine(b).scale)
        factor = float(product / np.float32(affine(after).scale))
        made = self.builder.add(
            MulS8, self.builder.number("mul"), [first, second], shape_of(after), affine(after),
            output_scale=scales.multiplier(factor),
            activation=scales.clamp(fused(operator, 0), affine(after)),
        )  # fmt: skip
        self._done(operator, made)

    def _reshape(self, operator: TfliteOperator) -> None:
        _, name = self._plain(operator)
        self._done(operator, self._reshaped(name, self._target(operator)))

    def _softmax(self, operator: TfliteOperator) -> None:
        before, name = self._plain(operator)
        after = self._target(operator)
        beta = float(operator.option(0, "f"))
        multiplier, shift, diff_min = scales.softmax(beta, affine(before).scale)
        made = self.builder.add(
            SoftmaxS8, self.builder.number("softmax"), [name], shape_of(after), affine(after),
            multiplier=multiplier, shift=shift, diff_min=diff_min,
        )  # fmt: skip
        self._done(operator, made)

    def _lstm(self, operator: TfliteOperator) -> None:
        """Add it twice: with all states and with the last one; what nobody reads is left out."""
        before, name = self._plain(operator)
        after = self._target(operator)
        shape, time_major = before.shape, bool(operator.option(3, "b"))
        if len(shape) != 3 or shape[1 if time_major else 0] != 1 or min(shape) < 1:
            raise Wrong(f"{before.name} of {shape} is not one sequence")
        steps, values = shape[0 if time_major else 1], shape[2]
        if self.builder.tensors[name].shape != (steps, values):
            kept = self.builder.tensors[name].quantisation
            stem = self.builder.number("reshape")
            name = self.builder.add(Reshape, stem, [name], (steps, values), kept)
        fields = lstm_fields(self.model, operator, values, affine(before))
        cells = len(fields["forget_gate"].input_bias)
        if after.shape != (*shape[:2], cells):
            raise Wrong(f"the output is {after.shape}, not {(*shape[:2], cells)}")
        stem, entry = self.builder.number("lstm"), [name]
        for output, size in ((stem, (steps, cells)), (f"{stem}_last", (cells,))):
            self.builder.add(LstmS8, output, entry, size, affine(after), **fields)
        self._done(operator, stem)
        self._last_steps[operator.outputs[0]] = f"{stem}_last"

    def _last_step(self, operator: TfliteOperator) -> None:
        before, _ = self._plain(operator)
        last = self._last_steps.get(operator.inputs[0])
        if last is None or not takes_last_step(self.model, operator, before.shape):
            raise Wrong("only the last step of an LSTM may be sliced out")
        self._done(operator, self._reshaped(last, self._target(operator)))

    def _pad(self, operator: TfliteOperator) -> None:
        """Leave it to the convolution behind."""
        self._plain(operator)
        pads = self._constant(operator.inputs[1], "int32", "paddings").reshape(-1, 2)
        if len(pads) != 4 or pads[[0, 3]].any() or (pads < 0).any():
            raise Wrong(f"paddings {pads.tolist()} are not of height and width alone")
        self._pads[operator.outputs[0]] = operator.inputs[0], (int(pads[1, 0]), int(pads[2, 0]))
