"""What a network is made of, as data: layers, the shapes between them, the shapes of weights.

Tensors are time x frequency x channels. Whatever walks a network (costs, training, folding,
quantising, running, translating) does so by the type of each layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from armsim.errors import ArmsimError

Shape: TypeAlias = tuple[int, int, int]


class ModelError(ArmsimError):
    """A network or its weights do not fit what was asked."""


class FeatureKind(Enum):
    """What a frame of sound becomes: log energies of mel bands, or cosines over these."""

    MFCC = "mfcc"
    LFBE = "lfbe"


class Padding(Enum):
    """What a window does at the edges: zeros around, so that stride alone shrinks; or nothing."""

    SAME = "same"
    VALID = "valid"


@dataclass(frozen=True, kw_only=True)
class Conv:
    """Convolution over time and frequency, with or without batch norm and ReLU."""

    name: str
    channels: int
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: Padding = Padding.SAME
    norm: bool = True
    relu: bool = True


@dataclass(frozen=True, kw_only=True)
class Depthwise:
    """One filter per channel, zeros at the edges, then batch norm and ReLU."""

    name: str
    kernel: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)


@dataclass(frozen=True, kw_only=True)
class AveragePool:
    """The mean over all positions of each channel."""

    name: str = "pool"


@dataclass(frozen=True, kw_only=True)
class Dense:
    """Fully connected: takes any shape, flattened in the order time, frequency, channels."""

    name: str
    outputs: int
    norm: bool = False
    relu: bool = False


@dataclass(frozen=True, kw_only=True)
class BasicLstm:
    """A long short-term memory: (time, frequency * channels) in, its state out.

    `sequence`: the state after every step, (time, 1, n); else after the last, (1, 1, n).
    """

    name: str
    cells: int
    sequence: bool = False


@dataclass(frozen=True, kw_only=True)
class Lstm:
    """The same with peepholes, and a projection of the state to fewer values."""

    name: str
    cells: int
    projection: int
    sequence: bool = False


@dataclass(frozen=True, kw_only=True)
class Gru:
    """A gated recurrent unit, as TensorFlow's GRUCell: the reset gate acts before the matrix."""

    name: str
    cells: int
    sequence: bool = False


Windowed: TypeAlias = Conv | Depthwise
Recurrent: TypeAlias = BasicLstm | Lstm | Gru
Layer: TypeAlias = Windowed | AveragePool | Dense | Recurrent

FRAME_STEP_MS = 20
"""Between two frames of the features that are computed; a network may see every second one."""


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A network: the features it sees (frames of coefficients) and its layers, first to last.

    Of MFCC it sees the lowest ones, as many as it has coefficients; of LFBE all bands.
    """

    name: str
    frames: int
    coefficients: int
    layers: tuple[Layer, ...]
    stride_ms: int = FRAME_STEP_MS
    features: FeatureKind = FeatureKind.MFCC

    @property
    def every(self) -> int:
        """Say which of the computed frames it sees: every first, every second, ..."""
        return self.stride_ms // FRAME_STEP_MS


# Geometry


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int, int]:
    """Say for SAME padding how many zeros go before and after, and how many outputs there are."""
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2, outputs


def padding(layer: Windowed, before: tuple[int, ...], axis: int) -> tuple[int, int, int]:
    """Say for time (axis 0) or frequency (1) the zeros before and after, and the outputs."""
    size, kernel, stride = before[axis], layer.kernel[axis], layer.stride[axis]
    if isinstance(layer, Depthwise) or layer.padding is Padding.SAME:
        return same_padding(size, kernel, stride)
    if size < kernel:
        raise ModelError(
            f"{layer.name} has a window of {kernel} on an axis of {size}; "
            "make it smaller or pad with 'same'"
        )
    return 0, 0, (size - kernel) // stride + 1


def shape_after(layer: Layer, before: Shape) -> Shape:
    """Say what comes out of a layer."""
    match layer:
        case Conv():
            return padding(layer, before, 0)[2], padding(layer, before, 1)[2], layer.channels
        case Depthwise():
            return padding(layer, before, 0)[2], padding(layer, before, 1)[2], before[2]
        case AveragePool():
            return 1, 1, before[2]
        case Dense():
            return 1, 1, layer.outputs
        case BasicLstm() | Lstm() | Gru():
            return before[0] if layer.sequence else 1, 1, state_size(layer)


def shapes(net: Architecture) -> Iterator[tuple[Layer, Shape, Shape]]:
    """Walk the layers with the shapes of their input and output."""
    before = (net.frames, net.coefficients, 1)
    for layer in net.layers:
        after = shape_after(layer, before)
        yield layer, before, after
        before = after


def check_images(net: Architecture) -> None:
    """Raise ModelError where a window or a pool would see no image, but a vector or a sequence."""
    image = True
    for layer in net.layers:
        if not image and isinstance(layer, Windowed | AveragePool):
            raise ModelError(
                f"{layer.name} sees no image; put it ahead of all dense and recurrent layers"
            )
        image = image and not isinstance(layer, Dense | Recurrent)


def state_size(layer: Recurrent) -> int:
    """Say how many values a recurrent layer puts out at each step."""
    return layer.projection if isinstance(layer, Lstm) else layer.cells


def step_inputs(before: Shape) -> int:
    """Say how many values a recurrent layer takes at each step."""
    return before[1] * before[2]


# Weights


def parameter_shapes(layer: Layer, before: Shape) -> dict[str, tuple[int, ...]]:
    """Name the arrays a layer has once batch norm is folded, and their shapes.

    Convolutions are OHWI, depthwise HWC, dense (out, in); recurrent layers as the kernels of
    `nn_recurrent.h` have them: gates one after the other, (gates * n, in). The biases of a hidden
    matrix are zero in networks trained here.
    """
    match layer:
        case Conv():
            return _matrix("", layer.channels, *layer.kernel, before[2])
        case Depthwise():
            return {"weight": (*layer.kernel, before[2]), "bias": (before[2],)}
        case Dense():
            return _matrix("", layer.outputs, before[0] * before[1] * before[2])
        case Gru(cells=n):
            return {
                **_matrix("input.", 3 * n, step_inputs(before)),
                **_matrix("hidden.", 2 * n, n),
                **_matrix("candidate.", n, n),
            }
        case BasicLstm(cells=n):
            return {
                **_matrix("input.", 4 * n, step_inputs(before)),
                **_matrix("hidden.", 4 * n, n),
            }
        case Lstm(cells=n, projection=p):
            return {
                **_matrix("input.", 4 * n, step_inputs(before)),
                **_matrix("hidden.", 4 * n, p),
                "peepholes": (3, n),
                "projection": (p, n),
            }
        case AveragePool():
            return {}


def _matrix(prefix: str, outputs: int, *inputs: int) -> dict[str, tuple[int, ...]]:
    return {f"{prefix}weight": (outputs, *inputs), f"{prefix}bias": (outputs,)}


def weight_shape(layer: Layer, before: Shape) -> tuple[int, ...]:
    """Give the shape of the weights of a layer that has one matrix; () for one that has none."""
    return parameter_shapes(layer, before).get("weight", ())
