"""ONNX models: float ones are quantised to int8, and what a model quantises itself stays so.

ONNX's images are channels x height x width; the network's input is height x width x channels.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armsim.nn.graph import Affine, Graph, GraphError
from armsim.nn.graph_builder import identifier
from armsim.nn.importers.float_graph import FloatGraph, FloatNode, Floats
from armsim.nn.importers.onnx_file import OnnxModel, OnnxNode, parse
from armsim.nn.importers.onnx_values import Unsupported, Value, Values

_FUSED = ("conv", "depthwise", "fc", "add", "mul", "average", "maximum")


def load_onnx(path: Path, calibration: Path | None = None) -> Graph:
    """Read a model, and quantise it by the inputs in a `.npy` file where that is needed.

    Raises:
        GraphError: there is no such file, it is damaged, a node of it is not supported, or ranges
            are missing.
    """
    try:
        model = parse(path.read_bytes())
    except OSError as error:
        raise GraphError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, OverflowError, MemoryError, TypeError) as error:
        raise GraphError(f"{path} is not an ONNX model: {error}") from None
    try:
        taken = _Import(model)
        floats = taken.graph(identifier(path.stem))
        if floats.wants_ranges():
            if calibration is None:
                raise Unsupported(
                    "the ranges of its activations are not known; give representative inputs with "
                    "--calibrate FILE.npy"
                )
            floats.calibrate(taken.inputs_from(calibration))
        return floats.quantised({"source": path.name})
    except (Unsupported, GraphError) as error:
        raise GraphError(f"{path.name}: {error}") from None
    except OverflowError:
        raise GraphError(f"{path.name}: its scales are beyond what int8 can be had of") from None


class _Import(Values):
    """A model on its way to a float graph."""

    def __init__(self, model: OnnxModel) -> None:
        super().__init__(model)
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
            "Flatten": self._reshape,
            "Reshape": self._reshape,
            "Squeeze": self._reshape,
            "Softmax": self._softmax,
            "Pad": self._pad,
            "Transpose": self._transpose,
            "Identity": self._alias,
            "Dropout": self._alias,
            "Constant": self._constant,
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
                rule(node)
            except (Unsupported, ValueError, IndexError, TypeError, OverflowError) as error:
                label = node.name or (node.outputs[0] if node.outputs else "?")
                raise Unsupported(f"node {label} ({node.kind}): {error}") from None
        outputs = [self.value(name).tensor for name in self.model.outputs]
        return FloatGraph(
            name=name,
            input=self.entry,
            shape=self.values[self.entry].shape,
            nodes=list(self.nodes.values()),
            outputs=outputs,
            fixed=self.fixed,
        )

    def inputs_from(self, path: Path) -> Floats:
        """Read calibration inputs, laid out as the model wants them.

        Raises:
            Unsupported: they are not there, or of another shape.
        """
        try:
            values = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise Unsupported(f"the calibration inputs {path} cannot be read: {why}") from None
        wanted = self.entry_shape[1:]
        if not isinstance(values, np.ndarray) or values.shape[1:] != wanted or not len(values):
            shape = getattr(values, "shape", None)
            raise Unsupported(f"the calibration inputs {path} are {shape}, not (n, *{wanted})")
        if values.dtype.kind not in "fiu" or not np.isfinite(values).all():
            raise Unsupported(f"the calibration inputs {path} are not finite numbers")
        ours = values.astype(np.float32)
        return ours.transpose(0, 2, 3, 1) if ours.ndim == 4 and not self.last_first else ours

    # Nodes

    def _conv(self, node: OnnxNode) -> None:
        source, extra = self.pads.get(node.inputs[0], (node.inputs[0], [0, 0, 0, 0]))
        before = self.image(source)
        weights = self.floats(node.inputs[1], "weights")
        if weights.ndim != 4:
            raise Unsupported(f"weights of {weights.ndim} dimensions are not those of an image")
        outputs, per_group, height, width = weights.shape
        groups = int(node.attributes.get("group", 1))
        stride, padding, size = self.window(node, (height, width), extra)
        bias = self._bias(node, 2, outputs)
        if groups == 1 and per_group == before.shape[2]:
            kind, laid_out = "conv", weights.transpose(0, 2, 3, 1)
        elif groups == before.shape[2] and per_group == 1 and outputs % groups == 0:
            kind, laid_out = "depthwise", weights[:, 0].transpose(1, 2, 0)
        else:
            raise Unsupported(f"{groups} groups of {per_group} channels are not supported")
        self.new(
            node, kind, [before.tensor], (*size, outputs), weights=np.ascontiguousarray(laid_out),
            bias=bias, weight_scales=self.scales.get(node.inputs[1]), kernel=(height, width),
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
        length = int(np.prod(before.shape))
        if weights.shape[1] != length:
            raise Unsupported(f"{weights.shape[1]} columns of weights for {length} values")
        if before.order:  # the columns are in the order of channels, height, width
            ordered = weights.reshape(len(weights), *before.order).transpose(0, 2, 3, 1)
            weights = ordered.reshape(len(weights), -1)
        self.new(
            node, "fc", [before.tensor], (len(weights),), weights=np.ascontiguousarray(weights),
            bias=self._bias(node, 2, len(weights)), weight_scales=self.scales.get(node.inputs[1]),
        )  # fmt: skip

    def _batch_norm(self, node: OnnxNode) -> None:
        gamma, beta, mean, variance = (self.floats(n, "parameters") for n in node.inputs[1:5])
        factor = gamma / np.sqrt(variance + np.float64(node.attributes.get("epsilon", 1e-5)))
        if not np.isfinite(factor).all():
            raise Unsupported("its parameters make no finite factors")
        self._scale(node, factor, beta - mean * factor)

    def _scale(self, node: OnnxNode, factor: Floats, offset: Floats) -> None:
        """Multiply each channel and add to it: in the sums before, or by a layer of its own."""
        before = self.value(node.inputs[0])
        made = self.producer(node.inputs[0], ("conv", "depthwise", "fc"))
        if made is None or made.weight_scales is not None:
            self._by_channel(node, before, factor, offset)
            return
        axis = 2 if made.kind == "depthwise" else 0
        shape = [-1 if i == axis else 1 for i in range(made.weights.ndim)]
        made.weights = made.weights * factor.reshape(shape)
        made.bias = made.bias * factor + offset
        self.values[node.outputs[0]] = self.values[node.inputs[0]]

    def _by_channel(
        self, node: OnnxNode, before: Value, factor: Floats, offset: Floats,
        activation: str = "NONE",
    ) -> None:  # fmt: skip
        """Add a 1 x 1 depthwise convolution."""
        if before.order and factor.size > 1:
            raise Unsupported("a flattened image is not scaled by channel")
        image = before.shape if before.image else (1, 1, int(np.prod(before.shape)))
        output, tensor = node.outputs[0], before.tensor
        if not before.image:
            tensor = f"{output} as image"
            self.nodes[tensor] = FloatNode(
                kind="reshape", name="", inputs=[before.tensor], output=tensor, shape=image
            )
        channels = image[2]
        weights = np.broadcast_to(factor, channels).reshape(1, 1, channels).astype(np.float64)
        self.new(
            node, "depthwise", [tensor], image, weights=weights, activation=activation,
            bias=np.broadcast_to(offset, channels).astype(np.float64),
        )  # fmt: skip
        if not before.image:
            flat = f"{output} as vector"
            self.nodes[flat] = FloatNode(
                kind="reshape", name="", inputs=[output], output=flat, shape=before.shape
            )
            self.values[output] = Value(flat, before.shape, before.order)

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
            one, zero = np.ones(1, np.float64), np.zeros(1, np.float64)
            self._by_channel(node, self.value(node.inputs[0]), one, zero, kind)
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
            self._flat(node.outputs[0], self.values[node.outputs[0]])

    def _pool(self, node: OnnxNode) -> None:
        before = self.image(node.inputs[0])
        kernel = node.ints("kernel_shape", [])
        if len(kernel) != 2 or min(kernel) < 1:
            raise Unsupported(f"a kernel of {kernel} is not one of an image")
        stride, padding, size = self.window(node, (kernel[0], kernel[1]), [0, 0, 0, 0])
        average = node.kind == "AveragePool"
        if average and node.attributes.get("count_include_pad") and any(padding):
            raise Unsupported("averages that count the padding are not supported")
        if len(node.outputs) > 1:
            raise Unsupported("indices are not supported")
        self.new(
            node, "average" if average else "maximum", [before.tensor], (*size, before.shape[2]),
            kernel=(kernel[0], kernel[1]), stride=stride, padding=padding,
        )  # fmt: skip

    def _elementwise(self, node: OnnxNode) -> None:
        constants = [name for name in node.inputs if name in self.constants]
        if constants:
            others = [name for name in node.inputs if name not in self.constants]
            values = self.floats(constants[0], "values")
            channels = self.value(others[0]).shape[-1]
            axis = -3 if self.value(others[0]).image else -1
            if values.size not in (1, channels) or (
                values.size > 1 and (values.ndim < -axis or values.shape[axis] != channels)
            ):
                raise Unsupported(f"a constant of {values.shape} is not one value for each channel")
            flat = np.broadcast_to(values.ravel(), channels).astype(np.float64)
            ones, zeros = np.ones_like(flat), np.zeros_like(flat)
            node = OnnxNode(kind=node.kind, name=node.name, inputs=others, outputs=node.outputs)
            self._scale(node, *((ones, flat) if node.kind == "Add" else (flat, zeros)))
            return
        a, b = (self.value(name) for name in node.inputs)
        if a.shape != b.shape or a.order != b.order:
            raise Unsupported(f"{a.shape} and {b.shape} are not of one shape")
        self.new(node, node.kind.lower(), [a.tensor, b.tensor], a.shape)
        self.values[node.outputs[0]] = Value(node.outputs[0], a.shape, a.order)

    def _flat(self, name: str, value: Value) -> None:
        """Make a vector of a tensor."""
        tensor = f"{name} as vector"
        length = int(np.prod(value.shape))
        self.nodes[tensor] = FloatNode(
            kind="reshape", name="", inputs=[value.tensor], output=tensor, shape=(length,)
        )
        order = value.order
        if value.image and value.shape[2] > 1 and length > value.shape[2]:
            order = value.shape[2], value.shape[0], value.shape[1]
        self.values[name] = Value(tensor, (length,), order)

    def _reshape(self, node: OnnxNode) -> None:
        before = self.value(node.inputs[0])
        length = int(np.prod(before.shape))
        shape = [1, length]
        if node.kind == "Flatten" and node.attributes.get("axis", 1) != 1:
            raise Unsupported("an axis other than 1 is not supported")
        if node.kind == "Reshape":
            shape = self.floats(node.inputs[1], "shape").astype(int).tolist()
            known = int(np.prod([n for n in shape[1:] if n > 0]))
            shape = [n if n > 0 else length // max(known, 1) for n in shape]
        if len(shape) == 2 and shape[1] == length:
            self._flat(node.outputs[0], before)
            return
        if len(shape) == 4 and before.order in (None, tuple(shape[1:])) and not before.image:
            channels, height, width = shape[1:]
            if before.order or channels == 1 or height * width == 1:
                self.new(node, "reshape", [before.tensor], (height, width, channels))
                return
        raise Unsupported(
            f"a change of shape from {before.shape} to {tuple(shape)} is not supported"
        )

    def _softmax(self, node: OnnxNode) -> None:
        before = self.value(node.inputs[0])
        if len(before.shape) != 1 or before.order or node.attributes.get("axis", -1) not in (1, -1):
            raise Unsupported(f"the softmax of a tensor of {before.shape} is not supported")
        self.new(node, "softmax", [before.tensor], before.shape)

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

    def _transpose(self, node: OnnxNode) -> None:
        """Take an input whose channels are last."""
        first = self.model.nodes[0] is node and node.inputs[0] == self.entry
        if not first or node.ints("perm", []) != [0, 3, 1, 2] or self.readers[self.entry] != 1:
            raise Unsupported("only the input may change its order, from channels last to first")
        self.last_first = True
        self.values = {node.outputs[0]: Value(self.entry, self.entry_shape[1:])}
        self.values[self.entry] = self.values[node.outputs[0]]

    def _alias(self, node: OnnxNode) -> None:
        if node.inputs[0] in self.constants:
            self.constants[node.outputs[0]] = self.constants[node.inputs[0]]
        else:
            self.values[node.outputs[0]] = self.value(node.inputs[0])

    def _constant(self, node: OnnxNode) -> None:
        value = node.attributes.get("value")
        if not isinstance(value, np.ndarray):
            raise Unsupported("only a constant tensor is supported")
        self.constants[node.outputs[0]] = value

    # What the model has quantised

    def _parameters(self, node: OnnxNode) -> tuple[Floats, NDArray[Any]]:
        scale = self.floats(node.inputs[1], "scale")
        zero = np.zeros(scale.shape, np.int8)
        if len(node.inputs) > 2 and node.inputs[2]:
            zero = self.constants.get(node.inputs[2], zero)
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
        self.values[node.outputs[0]] = before

    def _dequantize(self, node: OnnxNode) -> None:
        name = node.inputs[0]
        if name not in self.constants:
            self.values[node.outputs[0]] = self.value(name)
            return
        scale, zero = self._parameters(node)
        values = self.constants[name]
        if zero.any():
            raise Unsupported("constants with a zero point are not supported")
        axis = int(node.attributes.get("axis", 1))
        shape = [-1 if i == axis % max(values.ndim, 1) else 1 for i in range(values.ndim)]
        steps = scale.reshape(shape) if scale.size > 1 else scale.reshape(())
        self.constants[node.outputs[0]] = values.astype(np.float64) * steps.astype(np.float64)
        if values.dtype == np.int8:
            self.scales[node.outputs[0]] = scale.ravel()
