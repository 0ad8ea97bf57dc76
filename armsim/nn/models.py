"""Keyword-spotting networks, described as data.

A network is a tuple of layers; everything that walks one (training, folding, quantising,
running, exporting) does so by the layer's type. PyTorch is imported only by the functions that
train; the folded float network and the 8-bit network are plain NumPy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Floats: TypeAlias = NDArray[np.float32]

BATCH_NORM_EPSILON = 1e-3


class ModelError(Exception):
    """A network or its weights do not fit what was asked."""


@dataclass(frozen=True, kw_only=True)
class Conv:
    """Convolution over time and frequency, then batch norm and ReLU."""

    name: str
    channels: int
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)


@dataclass(frozen=True, kw_only=True)
class Depthwise:
    """One filter per channel, then batch norm and ReLU."""

    name: str
    kernel: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)


@dataclass(frozen=True)
class AveragePool:
    """The mean over all positions of each channel."""

    name: str = "pool"


@dataclass(frozen=True, kw_only=True)
class Dense:
    """Fully connected, without activation."""

    name: str
    outputs: int


Layer: TypeAlias = Conv | Depthwise | AveragePool | Dense
Windowed: TypeAlias = Conv | Depthwise


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A network: the feature map it sees (time, frequency) and its layers, first to last."""

    name: str
    frames: int
    coefficients: int
    layers: tuple[Layer, ...]


def ds_cnn(
    name: str, channels: int, blocks: int, *, stride: tuple[int, int], second: tuple[int, int]
) -> Architecture:
    """Describe a DS-CNN: a convolution, depthwise-separable blocks, a pool, a dense layer."""
    layers: list[Layer] = [Conv(name="conv1", channels=channels, kernel=(10, 4), stride=stride)]
    for block in range(1, blocks + 1):
        layers.append(Depthwise(name=f"dw{block}", stride=second if block == 1 else (1, 1)))
        layers.append(Conv(name=f"pw{block}", channels=channels))
    layers += [AveragePool(), Dense(name="fc", outputs=12)]
    return Architecture(name=name, frames=49, coefficients=10, layers=tuple(layers))


ARCHITECTURES: Mapping[str, Architecture] = {
    "ds_cnn_s": ds_cnn("ds_cnn_s", 64, 4, stride=(2, 2), second=(1, 1)),
}


def architecture(name: str) -> Architecture:
    """Look a network up by name."""
    try:
        return ARCHITECTURES[name]
    except KeyError:
        known = ", ".join(sorted(ARCHITECTURES))
        raise ModelError(f"unknown model '{name}'; known models: {known}") from None


# Geometry


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int, int]:
    """Say for SAME padding how many zeros go before and after, and how many outputs there are."""
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2, outputs


def shapes(net: Architecture) -> Iterator[tuple[Layer, tuple[int, int, int], tuple[int, int, int]]]:
    """Walk the layers with the (time, frequency, channels) of their input and output."""
    shape = (net.frames, net.coefficients, 1)
    for layer in net.layers:
        match layer:
            case Conv() | Depthwise():
                channels = layer.channels if isinstance(layer, Conv) else shape[2]
                time, frequency = (
                    same_padding(shape[axis], layer.kernel[axis], layer.stride[axis])[2]
                    for axis in (0, 1)
                )
                after = (time, frequency, channels)
            case AveragePool():
                after = (1, 1, shape[2])
            case Dense():
                after = (1, 1, layer.outputs)
        yield layer, shape, after
        shape = after


def weight_shape(layer: Layer, before: tuple[int, int, int]) -> tuple[int, ...]:
    """Say how the weights are laid out: conv OHWI, depthwise HWC, dense (out, in); pool none."""
    match layer:
        case Conv():
            return (layer.channels, *layer.kernel, before[2])
        case Depthwise():
            return (*layer.kernel, before[2])
        case Dense():
            return (layer.outputs, before[0] * before[1] * before[2])
        case AveragePool():
            return ()


def patches(x: NDArray[Any], layer: Windowed) -> NDArray[Any]:
    """Cut (n, time, frequency, channels) into zero-padded windows (n, t, f, channels, kt, kf)."""
    pads = [
        same_padding(x.shape[axis + 1], layer.kernel[axis], layer.stride[axis])[:2]
        for axis in (0, 1)
    ]
    padded = np.pad(x, [(0, 0), *pads, (0, 0)])
    windows = sliding_window_view(padded, layer.kernel, axis=(1, 2))
    return windows[:, :: layer.stride[0], :: layer.stride[1]]


# The folded float network


@dataclass(frozen=True)
class Weights:
    """Weights of one layer in the layout of `weight_shape`, and one bias per output channel."""

    weight: Floats
    bias: Floats


FloatNetwork: TypeAlias = Mapping[str, Weights]


def accumulate(x: NDArray[Any], weight: NDArray[Any], layer: Layer) -> NDArray[Any]:
    """Multiply and add: the part of a layer that the float and the 8-bit network share."""
    total: NDArray[Any]
    match layer:
        case Conv() if layer.kernel == (1, 1) and layer.stride == (1, 1):
            total = x @ weight.reshape(layer.channels, -1).T
        case Conv():
            columns = patches(x, layer).transpose(0, 1, 2, 4, 5, 3)
            n, time, frequency = columns.shape[:3]
            rows = columns.reshape(n * time * frequency, -1) @ weight.reshape(layer.channels, -1).T
            total = rows.reshape(n, time, frequency, layer.channels)
        case Depthwise():
            windows = patches(x, layer)
            total = np.zeros(windows.shape[:4], weight.dtype)
            for i, j in np.ndindex(*layer.kernel):
                total += windows[..., i, j] * weight[i, j]
        case Dense():
            total = x.reshape(len(x), -1) @ weight.T
        case AveragePool():
            raise ModelError("a pool has no weights")
    return total


def run_float(net: Architecture, weights: FloatNetwork, features: Floats) -> Floats:
    """Return the logits (n, classes) of standardised features (n, time, frequency)."""
    return list(run_float_layers(net, weights, features))[-1]


def run_float_layers(
    net: Architecture, weights: FloatNetwork, features: Floats
) -> Iterator[Floats]:
    """Yield the output of every layer in turn, after its ReLU where it has one."""
    x = features[..., np.newaxis]
    for layer in net.layers:
        if isinstance(layer, AveragePool):
            x = x.mean(axis=(1, 2), dtype=np.float32)
        else:
            x = accumulate(x, weights[layer.name].weight, layer) + weights[layer.name].bias
            if not isinstance(layer, Dense):
                x = np.maximum(x, 0)
        yield x


# PyTorch


def build_torch(net: Architecture, *, dropout: float = 0.2) -> torch.nn.Sequential:
    """Build the trainable network; it takes (n, 1, time, frequency) and returns logits."""
    from torch import nn

    modules: list[nn.Module] = []
    for layer, before, after in shapes(net):
        match layer:
            case Conv() | Depthwise():
                time, frequency = (
                    same_padding(before[axis], layer.kernel[axis], layer.stride[axis])
                    for axis in (0, 1)
                )
                modules += [
                    nn.ZeroPad2d((frequency[0], frequency[1], time[0], time[1])),
                    nn.Conv2d(
                        before[2],
                        after[2],
                        layer.kernel,
                        layer.stride,
                        groups=before[2] if isinstance(layer, Depthwise) else 1,
                        bias=False,
                    ),
                    nn.BatchNorm2d(after[2], eps=BATCH_NORM_EPSILON),
                    nn.ReLU(),
                ]
            case AveragePool():
                modules += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
            case Dense():
                inputs = before[0] * before[1] * before[2]
                modules += [nn.Dropout(dropout), nn.Linear(inputs, layer.outputs)]
    return nn.Sequential(*modules)


def fold(net: Architecture, model: torch.nn.Sequential) -> dict[str, Weights]:
    """Fold batch norm into the weights and lay them out as the kernels want them."""
    from torch import nn

    convolutions = iter([m for m in model if isinstance(m, nn.Conv2d)])
    norms = iter([m for m in model if isinstance(m, nn.BatchNorm2d)])
    linears = iter([m for m in model if isinstance(m, nn.Linear)])
    folded: dict[str, Weights] = {}
    for layer in net.layers:
        match layer:
            case Conv() | Depthwise():
                folded[layer.name] = _fold_convolution(layer, next(convolutions), next(norms))
            case Dense():
                linear = next(linears)
                folded[layer.name] = Weights(_numpy(linear.weight), _numpy(linear.bias))
            case AveragePool():
                pass
    return folded


def _fold_convolution(
    layer: Windowed, convolution: torch.nn.Conv2d, norm: torch.nn.BatchNorm2d
) -> Weights:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = _numpy(norm.weight) / np.sqrt(_numpy(norm.running_var) + np.float32(norm.eps))
    weight = _numpy(convolution.weight) * scale[:, None, None, None]
    bias = _numpy(norm.bias) - _numpy(norm.running_mean) * scale
    order = (0, 2, 3, 1) if isinstance(layer, Conv) else (2, 3, 0, 1)
    laid_out = weight.transpose(order)
    if isinstance(layer, Depthwise):
        laid_out = laid_out[..., 0]
    return Weights(np.ascontiguousarray(laid_out), bias)


def _numpy(tensor: torch.Tensor) -> Floats:
    return tensor.detach().numpy().astype(np.float32)
