"""ONNX models: float ones are quantised to int8, and what a model quantises itself stays so.

ONNX's images are channels x height x width; the network's input is height x width x channels, or
width x height x channels where width is time. Where the model itself reshapes or transposes its
input first, it stays as in ONNX.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armsim.nn.graph import Affine, Graph, GraphError
from armsim.nn.graph_builder import identifier
from armsim.nn.importers.files import one_line, read, why
from armsim.nn.importers.float_graph import FloatGraph, Floats
from armsim.nn.importers.onnx_file import OnnxModel, OnnxNode, parse
from armsim.nn.importers.onnx_recurrent import Recurrent
from armsim.nn.importers.onnx_shapes import CHANGES, FOLDED
from armsim.nn.importers.onnx_values import OutOfOrder, Unsupported, Value, places

_FUSED = ("conv", "depthwise", "fc", "add", "mul", "average", "maximum")


def load_onnx(path: Path, calibration: Path | None = None) -> Graph:
    """Read a model, and quantise it by the inputs in a `.npy` file where that is needed.

    Raises:
        GraphError: there is no such file, it is damaged, a node of it is not supported, or ranges
            are missing.
    """
    try:
        model = parse(read(path))
    except (ValueError, OverflowError, MemoryError, TypeError) as error:
        raise GraphError(one_line(f"{path} is not an ONNX model: {error}")) from None
    try:
        taken, floats = _taken(model, identifier(path.stem))
        if floats.wants_ranges():
            if calibration is None:
                raise Unsupported(
                    "the ranges of its activations are not known; give representative inputs with "
                    "--calibrate FILE.npy"
                )
            floats.calibrate(taken.inputs_from(calibration))
        return floats.quantised({"source": path.name})
    except (Unsupported, GraphError) as error:
        raise GraphError(one_line(f"{path.name}: {error}")) from None
    except OverflowError:
        beyond = f"{path.name}: its scales are beyond what int8 can be had of"
        raise GraphError(one_line(beyond)) from None


def _taken(model: OnnxModel, name: str) -> tuple[_Import, FloatGraph]:
    """Read a model; where its steps are columns of images, with width ahead of height."""
    try:
        taken = _Import(model)
        return taken, taken.graph(name)
    except OutOfOrder as error:
        try:
            taken = _Import(model, swapped=True)
            return taken, taken.graph(name)
        except Unsupported:
            raise error from None


def _line(kind: str, numbers: Floats, *, ahead: bool) -> tuple[Floats, Floats]:
    """Return factor and offset of an operation with constants, which may stand ahead."""
    one, zero = np.ones(1), np.zeros(1)
    match kind:
        case "Add":
            return one, numbers
        case "Sub":
            return (-one, numbers) if ahead else (one, -numbers)
        case "Mul":
            return numbers, zero
    if ahead or not numbers.all():
        raise Unsupported("a division is supported by constants other than zero")
    return 1 / numbers, zero


class _Import(Recurrent):
    """A model on its way to a float graph."""

    def __init__(self, model: OnnxModel, *, swapped: bool = False) -> None:
        super().__init__(model, swapped=swapped)
        self._rules: dict[str, Callable[[OnnxNode], None]] = {
            "Conv": self._conv,
            "Gemm": self._gemm,
            "MatMul": self._gemm,
            "BatchNormalization": self._batch_norm,
            "Relu": self._activation,
            "Clip": self._activation,
            "GlobalAveragePool": self._global_pool,
            "ReduceMean": self._global_pool,
            "AveragePool": self._pool,
            "MaxPool": self._pool,
            "Add": self._elementwise,
            "Mul": self._elementwise,
            "Sub": self._elementwise,
            "Div": self._elementwise,
            "LSTM": self.recurrent,
            "GRU": self.recurrent,
            "Softmax": self._softmax,
            "Pad": self._pad,
            "Identity": self._alias,
            "Dropout": self._alias,
            **dict.fromkeys(CHANGES, self.change),
            "Concat": self.concat,
            "Shape": self.shape,
            "Constant": self.constant,
            **dict.fromkeys(FOLDED, self.fold),
            "QuantizeLinear": self._quantize,
            "DequantizeLinear": self._dequantize,
        }

    def graph(self, name: str) -> FloatGraph:
        """Translate all nodes."""
        for node in self.model.nodes:
            rule = self._rules.get(node.kind)
            try:
                if rule is None:
                    known = ", ".join(self._rules)
                    raise Unsupported(f"this operator is not supported; {known} are")
                self.check_new(node)
                with np.errstate(all="ignore"):
                    rule(node)
            except (Unsupported, ValueError, IndexError, TypeError, OverflowError) as error:
                label = node.name or (node.outputs[0] if node.outputs else "?")
                kind = OutOfOrder if isinstance(error, OutOfOrder) else Unsupported
                raise kind(f"node {label} ({node.kind}): {why(error)}") from None
        outputs = [self._output(name) for name in self.model.outputs]
        return FloatGraph(
            name=name,
            input=self.entry,
            shape=self.values[self.entry].shape,
            nodes=list(self.nodes.values()),
            outputs=outputs,
            fixed=self.fixed,
        ).without_what_nobody_reads()

    def _output(self, name: str) -> str:
        """Return the tensor of an output; images stay as they are laid out here."""
        value = self.value(name)
        if value.moved is None:
            return value.tensor
        if not value.in_order:
            raise Unsupported(f"the output {name} is in another order than it is computed in")
        flat = value.image and value.moved.ndim < 3
        return self.shaped(value, (value.size,) if flat else value.shape)

    def inputs_from(self, path: Path) -> Floats:
        """Read calibration inputs, laid out as the model wants them.

        Raises:
            Unsupported: they are not there, or of another shape.
        """
        try:
            values = np.load(path, mmap_mode="r", allow_pickle=False)
        except OSError as error:
            reason = error.strerror or error
            raise Unsupported(f"the calibration inputs {path} cannot be read: {reason}") from None
        except (ValueError, EOFError, OverflowError):
            raise Unsupported(f"the calibration inputs {path} are no .npy of numbers") from None
        wanted = self.entry_shape
        if not isinstance(values, np.ndarray) or values.shape[1:] != wanted or not len(values):
            shape = getattr(values, "shape", None)
            raise Unsupported(f"the calibration inputs {path} are {shape}, not (n, *{wanted})")
        if values.dtype.kind not in "fiu" or not np.isfinite(values).all():
            raise Unsupported(f"the calibration inputs {path} are not finite numbers")
        ours = values.astype(np.float32)
        if not self.channels_first:
            return ours
        return ours.transpose(0, 3, 2, 1) if self.swapped else ours.transpose(0, 2, 3, 1)

    # Nodes

    def _conv(self, node: OnnxNode) -> None:
        source, extra = self.pads.get(node.inputs[0], (node.inputs[0], [0, 0, 0, 0]))
        before = self.image(source)
        weights = self.floats(node.inputs[1], "weights")
        if weights.ndim != 4:
            raise Unsupported(f"weights of {weights.ndim} dimensions are not those of an image")
        outputs, per_group, height, width = weights.shape
        groups = int(node.attributes.get("group", 1))
        stride, padding, size = self.window(node, before.shape, (height, width), extra)
        bias = self._bias(node, 2, outputs)
        weights = weights.swapaxes(2, 3) if self.swapped else weights
        if groups == 1 and per_group == before.shape[2]:
            kind, laid_out = "conv", weights.transpose(0, 2, 3, 1)
        elif groups == before.shape[2] and per_group == 1 and outputs % groups == 0:
            kind, laid_out = "depthwise", weights[:, 0].transpose(1, 2, 0)
        else:
            raise Unsupported(f"{groups} groups of {per_group} channels are not supported")
        self.new(
            node, kind, [before.tensor], (*size, outputs), weights=np.ascontiguousarray(laid_out),
            bias=bias, weight_scales=self.scales.get(node.inputs[1]),
            kernel=self.pair((height, width)),
            stride=stride, padding=padding,
        )  # fmt: skip

    def _bias(self, node: OnnxNode, number: int, size: int) -> Floats:
        if len(node.inputs) <= number or not node.inputs[number]:
            return np.zeros(size, np.float64)
        return np.broadcast_to(self.floats(node.inputs[number], "biases").ravel(), size).copy()

    def _gemm(self, node: OnnxNode) -> None:
        before = self.value(node.inputs[0])
        weights = self.floats(node.inputs[1], "weights")
        factors = [node.attributes.get(name, 1.0) for name in ("alpha", "beta")]
        if weights.ndim != 2 or node.attributes.get("transA") or factors != [1.0, 1.0]:
            raise Unsupported("a constant matrix without factors is supported")
        if not node.attributes.get("transB"):
            weights = weights.T
        length = before.outer[-1] if before.outer else 1
        if weights.shape[1] != length or before.size != length:
            raise Unsupported(f"{weights.shape[1]} columns of weights for {before.outer} values")
        ordered = np.empty_like(weights)
        ordered[:, before.places.ravel()] = weights
        rows = len(weights)
        self.new(
            node, "fc", [before.tensor], (rows,), weights=ordered,
            moved=places((rows,)).reshape(*before.outer[:-1], rows),
            bias=self._bias(node, 2, rows), weight_scales=self.scales.get(node.inputs[1]),
        )  # fmt: skip

    def _batch_norm(self, node: OnnxNode) -> None:
        if node.attributes.get("training_mode"):
            raise Unsupported("it is in training mode; export the model in evaluation mode")
        gamma, beta, mean, variance = (self.floats(n, "parameters") for n in node.inputs[1:5])
        factor = gamma / np.sqrt(variance + np.float64(node.attributes.get("epsilon", 1e-5)))
        if not np.isfinite(factor).all():
            raise Unsupported("its parameters make no finite factors")
        shape = -1, *(1 for _ in self.value(node.inputs[0]).outer[2:])
        factor, offset = factor.reshape(shape), (beta - mean * factor).reshape(shape)
        self._scale(node, node.inputs[0], factor, offset)

    def _scale(self, node: OnnxNode, name: str, factor: Floats, offset: Floats) -> None:
        """Multiply by constants and add others: in the sums before, or by a layer of its own."""
        before = self.value(name)
        made = self.producer(name, ("conv", "depthwise", "fc"))
        factor, offset = self.spread(before, factor), self.spread(before, offset)
        channels = before.shape[-1]
        rows = np.stack([factor, offset]).reshape(2, -1, channels)
        by_channel = bool((rows == rows[:, :1]).all())
        if made is None or made.weight_scales is not None or not by_channel:
            image = before.shape if before.image and by_channel else (1, 1, before.size)
            self._own_layer(node, before, image, factor, offset)
            return
        axis = 2 if made.kind == "depthwise" else 0
        shape = [-1 if i == axis else 1 for i in range(made.weights.ndim)]
        made.weights = made.weights * factor[:channels].reshape(shape)
        made.bias = made.bias * factor[:channels] + offset[:channels]
        self.values[node.outputs[0]] = before

    def _own_layer(
        self, node: OnnxNode, before: Value, image: tuple[int, ...], factor: Floats,
        offset: Floats, activation: str = "NONE",
    ) -> None:  # fmt: skip
        """Add a 1 x 1 depthwise convolution of a tensor, seen as an image."""
        output, channels = node.outputs[0], image[2]
        self.new(
            node, "depthwise", [self.shaped(before, image)], image, activation=activation,
            weights=factor[:channels].reshape(1, 1, -1), bias=offset[:channels],
        )  # fmt: skip
        made = Value(output, image)
        self.values[output] = Value(self.shaped(made, before.shape), before.shape, before.moved)

    def _activation(self, node: OnnxNode) -> None:
        kind = "RELU"
        if node.kind == "Clip":
            limits = [node.attributes.get("min"), node.attributes.get("max")]
            for i, name in enumerate(node.inputs[1:3]):
                limits[i] = float(self.floats(name, "limits").ravel()[0]) if name else None
            if limits[0] != 0 or limits[1] not in (None, 6.0):
                raise Unsupported(f"a clip to {limits} is not supported; 0 to 6 is")
            kind = "RELU6" if limits[1] else "RELU"
        made = self.producer(node.inputs[0], _FUSED)
        if made is None:
            before = self.value(node.inputs[0])
            image = before.shape if before.image else (1, 1, before.size)
            self._own_layer(node, before, image, np.ones(image[2]), np.zeros(image[2]), kind)
            return
        made.activation = kind
        self.values[node.outputs[0]] = self.values[node.inputs[0]]

    def _global_pool(self, node: OnnxNode) -> None:
        before = self.image(node.inputs[0])
        height, width, channels = before.shape
        if node.kind == "ReduceMean":
            axes = node.ints("axes", [])
            if len(node.inputs) > 1:
                axes = self.floats(node.inputs[1], "axes").astype(int).tolist()
            if {axis % 4 for axis in axes} != {2, 3}:
                raise Unsupported(f"a mean over the axes {axes} is not supported; 2 and 3 are")
        self.new(node, "average", [before.tensor], (1, 1, channels), kernel=(height, width))
        if not node.attributes.get("keepdims", 1):
            self.put(node.outputs[0], (1, 1, channels), places((1, channels)))

    def _pool(self, node: OnnxNode) -> None:
        before = self.image(node.inputs[0])
        kernel = node.ints("kernel_shape", [])
        if len(kernel) != 2 or min(kernel) < 1:
            raise Unsupported(f"a kernel of {kernel} is not one of an image")
        stride, padding, size = self.window(
            node, before.shape, (kernel[0], kernel[1]), [0, 0, 0, 0]
        )
        average = node.kind == "AveragePool"
        if average and node.attributes.get("count_include_pad") and any(padding):
            raise Unsupported("averages that count the padding are not supported")
        if len(node.outputs) > 1:
            raise Unsupported("indices are not supported")
        self.new(
            node, "average" if average else "maximum", [before.tensor], (*size, before.shape[2]),
            kernel=self.pair((kernel[0], kernel[1])), stride=stride, padding=padding,
        )  # fmt: skip

    def _elementwise(self, node: OnnxNode) -> None:
        constants = [name for name in node.inputs if name in self.constants]
        if len(constants) == 2:
            self.fold(node)
            return
        if constants:
            (name,) = (name for name in node.inputs if name not in self.constants)
            numbers = self.floats(constants[0], "values")
            self._scale(node, name, *_line(node.kind, numbers, ahead=node.inputs[0] != name))
            return
        if node.kind not in ("Add", "Mul"):
            raise Unsupported("of its two inputs, one must be constant")
        a, b = (self.value(name) for name in node.inputs)
        same = (a.moved is b.moved) or np.array_equal(a.places, b.places)
        if a.shape != b.shape or not same:
            raise Unsupported(f"{a.outer} and {b.outer} are not of one shape and order")
        self.new(node, node.kind.lower(), [a.tensor, b.tensor], a.shape, moved=a.moved)

    def _softmax(self, node: OnnxNode) -> None:
        before = self.value(node.inputs[0])
        axis = int(node.attributes.get("axis", -1))
        if not -len(before.outer) <= axis < len(before.outer) or before.outer[axis] != before.size:
            raise Unsupported(f"the softmax of a tensor of {before.outer} is not supported")
        flat = self.shaped(before, (before.size,))
        self.new(node, "softmax", [flat], (before.size,), moved=before.places)

    def _pad(self, node: OnnxNode) -> None:
        self.image(node.inputs[0])
        pads = node.ints("pads", [])
        if len(node.inputs) > 1:
            pads = self.floats(node.inputs[1], "pads").astype(int).tolist()
        value = 0.0
        if len(node.inputs) > 2 and node.inputs[2]:
            value = float(self.floats(node.inputs[2], "value").ravel()[0])
        spatial = [*pads[2:4], *pads[6:8]]
        outside = len(pads) != 8 or any(pads[i] for i in (0, 1, 4, 5)) or min(spatial) < 0
        if outside or value or node.attributes.get("mode", "constant") != "constant":
            raise Unsupported("only zeros around height and width are supported")
        self.pads[node.outputs[0]] = node.inputs[0], spatial

    def _alias(self, node: OnnxNode) -> None:
        if node.inputs[0] in self.constants:
            self.constants[node.outputs[0]] = self.constants[node.inputs[0]]
        else:
            self.see(node, self.view(node.inputs[0]))

    # What the model has quantised

    def _parameters(self, node: OnnxNode) -> tuple[Floats, NDArray[Any]]:
        scale = self.floats(node.inputs[1], "scale")
        zero = np.zeros(scale.shape, np.int8)
        if len(node.inputs) > 2 and node.inputs[2]:
            self.floats(node.inputs[2], "zero point")
            zero = self.constants[node.inputs[2]]
        elif node.kind == "QuantizeLinear" and node.attributes.get("output_dtype", 2) == 2:
            zero = zero.astype(np.uint8)  # as ONNX has it where neither says what it is
        return scale, zero

    def _quantize(self, node: OnnxNode) -> None:
        """Fix the scale of an activation; of the same values in uint8, as int8."""
        before = self.value(node.inputs[0])
        scale, zero = self._parameters(node)
        if scale.size != 1 or zero.dtype not in (np.int8, np.uint8) or scale.min() <= 0:
            raise Unsupported("activations with one positive scale in 8 bits are supported")
        zero_point = int(zero.ravel()[0]) - (128 if zero.dtype == np.uint8 else 0)
        wanted = Affine(scale=float(scale.ravel()[0]), zero_point=zero_point)
        if self.fixed.get(before.tensor, wanted) != wanted:
            raise Unsupported(f"{before.tensor} is quantised in two ways")
        self.fixed[before.tensor] = wanted
        self.see(node, before)

    def _dequantize(self, node: OnnxNode) -> None:
        name = node.inputs[0]
        if name not in self.constants:
            self.see(node, self.value(name))
            return
        scale, zero = self._parameters(node)
        values = self.constants[name]
        self.compute(values.size)
        if zero.any():
            raise Unsupported("constants with a zero point are not supported")
        axis = int(node.attributes.get("axis", 1))
        shape = [-1 if i == axis % max(values.ndim, 1) else 1 for i in range(values.ndim)]
        steps = scale.reshape(shape) if scale.size > 1 else scale.reshape(())
        self.constants[node.outputs[0]] = values.astype(np.float64) * steps.astype(np.float64)
        if values.dtype == np.int8:
            self.scales[node.outputs[0]] = scale.ravel()
