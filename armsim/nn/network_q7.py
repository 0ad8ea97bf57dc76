"""The 8-bit network of `firmware/kws`, layer by layer: its file, and its way to a graph and back.

Powers of two, no zero point: a layer computes (bias << bias_shift) + half + sum(x * w) in 32 bits,
shifts right by out_shift and saturates to 8 bits, as CMSIS-NN 5.9.0's q7 functions do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armsim.nn import graph
from armsim.nn.catalogue import architecture
from armsim.nn.data import DAMAGE, arrays_of
from armsim.nn.execute import execute
from armsim.nn.features import Standard
from armsim.nn.layers import (
    Architecture,
    AveragePool,
    Conv,
    Dense,
    Depthwise,
    ModelError,
    same_padding,
    shapes,
    weight_shape,
)

Q7 = NDArray[np.int8]


@dataclass(frozen=True)
class LayerQ7:
    """Weights of one layer in the kernels' layout, and how its accumulator is shifted."""

    weight: Q7
    bias: Q7
    bias_shift: int
    out_shift: int


@dataclass(frozen=True)
class NetworkQ7:
    """An 8-bit network: what the features are standardised by, its layers, its pool's shift."""

    architecture: Architecture
    standard: Standard
    layers: Mapping[str, LayerQ7]
    pool_out_lshift: int


@dataclass(frozen=True)
class Scores:
    """The outputs of the network: logits and softmax, both int8 (n, classes)."""

    logits: Q7
    softmax: Q7


def run(network: NetworkQ7, features: Q7) -> Scores:
    """Return the scores of features (n, time, frequency) in Q2.5."""
    found = execute(as_graph(network), features[..., np.newaxis])
    return Scores(found["logits"], found["scores"])


def as_graph(network: NetworkQ7) -> graph.Graph:
    """Describe the network by the operators that its kernels are; its outputs: logits, scores."""
    net = network.architecture
    tensors = [_tensor("features", (net.frames, net.coefficients, 1), 5)]
    operators: list[graph.Operator] = []

    def add(operator: graph.Operator, shape: tuple[int, ...], bits: int | None = None) -> None:
        operators.append(operator)
        tensors.append(_tensor(operator.output, shape, bits))

    for layer, before, after in shapes(net):
        last = tensors[-1].name
        if isinstance(layer, AveragePool):
            window = (before[0], before[1])
            add(
                graph.AveragePoolQ(
                    name=layer.name, inputs=(last,), output=layer.name, kernel=window,
                    stride=(1, 1), out_lshift=network.pool_out_lshift,
                ),
                after,
            )  # fmt: skip
            continue
        q = network.layers[layer.name]
        if isinstance(layer, Dense):
            add(
                graph.FullyConnectedQ(
                    name=layer.name, inputs=(last,), output="logits", weights=q.weight,
                    bias=q.bias, bias_shift=q.bias_shift, out_shift=q.out_shift,
                ),
                (after[2],),
            )  # fmt: skip
            continue
        if not isinstance(layer, Conv | Depthwise):
            raise ModelError(f"{layer.name}: a network of this form has no {type(layer).__name__}")
        top, left = (same_padding(before[a], layer.kernel[a], layer.stride[a])[0] for a in (0, 1))
        kind = graph.ConvolveQ if isinstance(layer, Conv) else graph.DepthwiseQ
        add(
            kind(
                name=layer.name, inputs=(last,), output=f"{layer.name}_sums", weights=q.weight,
                bias=q.bias, bias_shift=q.bias_shift, out_shift=q.out_shift, stride=layer.stride,
                padding=(top, left),
            ),
            after,
        )  # fmt: skip
        add(
            graph.ReluQ(
                name=f"{layer.name}_relu", inputs=(f"{layer.name}_sums",), output=layer.name
            ),
            after,
        )
    add(graph.SoftmaxQ(name="softmax", inputs=("logits",), output="scores"), tensors[-1].shape, 7)
    return graph.Graph(
        name=net.name,
        tensors=tuple(tensors),
        operators=tuple(operators),
        input="features",
        outputs=("logits", "scores"),
        about={
            "feature_mean": network.standard.mean.tolist(),
            "feature_inv_sigma": network.standard.inv_sigma.tolist(),
        },
    )


def from_graph(network: graph.Graph) -> NetworkQ7:
    """Read a graph of one of our networks back, if it has nothing but what this form can hold."""
    net = architecture(network.name)
    layers: dict[str, LayerQ7] = {}
    pool_out_lshift = 0
    for operator in network.operators:
        match operator:
            case graph.ConvolveQ() | graph.DepthwiseQ() | graph.FullyConnectedQ():
                layers[operator.name] = LayerQ7(
                    operator.weights, operator.bias, operator.bias_shift, operator.out_shift
                )
            case graph.AveragePoolQ():
                pool_out_lshift = operator.out_lshift
            case graph.ReluQ() | graph.SoftmaxQ():
                pass
            case _:
                raise ModelError(f"{network.name}: no weight file holds {type(operator).__name__}")
    mean, inv_sigma = (
        np.array(network.about[key], np.float32) for key in ("feature_mean", "feature_inv_sigma")
    )
    return NetworkQ7(net, Standard(mean, inv_sigma), layers, pool_out_lshift)


def _tensor(name: str, shape: tuple[int, ...], bits: int | None) -> graph.Tensor:
    quantisation = graph.PowerOfTwo(bits=bits)
    return graph.Tensor(name=name, shape=shape, dtype="int8", quantisation=quantisation)


# Files


def weights_sha256(network: NetworkQ7) -> str:
    """Hash all that decides the outputs: standard, weights, biases and shifts, in layer order."""
    digest = hashlib.sha256()
    digest.update(network.standard.mean.astype("<f4").tobytes())
    digest.update(network.standard.inv_sigma.astype("<f4").tobytes())
    for layer in network.architecture.layers:
        if isinstance(layer, AveragePool):
            digest.update(bytes([network.pool_out_lshift]))
        else:
            q = network.layers[layer.name]
            digest.update(q.weight.tobytes() + q.bias.tobytes())
            digest.update(bytes([q.bias_shift, q.out_shift]))
    return digest.hexdigest()


def shipped_weights(name: str) -> Path:
    """Say where the weights of a model are that come with the package.

    Raises:
        ModelError: none do.
    """
    path = Path(__file__).parent / "weights" / f"{architecture(name).name}.npz"
    if not path.exists():
        there = ", ".join(sorted(other.stem for other in path.parent.glob("*.npz")))
        raise ModelError(
            f"no weights of {name} come with the package; make them with 'armsim nn train' and "
            f"'quantise', and name their file, or take one of {there}"
        )
    return path


def save_network(network: NetworkQ7, path: Path) -> None:
    """Write a network to one file, the same bytes every time."""
    fields: dict[str, NDArray[Any]] = {
        "architecture": np.array(network.architecture.name),
        "mean": network.standard.mean,
        "inv_sigma": network.standard.inv_sigma,
        "pool_out_lshift": np.array(network.pool_out_lshift, np.int32),
    }
    for name, q in network.layers.items():
        fields[f"{name}.weight"], fields[f"{name}.bias"] = q.weight, q.bias
        fields[f"{name}.shifts"] = np.array([q.bias_shift, q.out_shift], np.int32)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **fields)  # type: ignore[arg-type]


def load_network(path: Path) -> NetworkQ7:
    """Read a network and check that every weight is there in the right shape."""
    try:
        with arrays_of(path) as stored:
            fields = dict(stored)
        net = architecture(str(fields["architecture"]))
        layers = {
            layer.name: _layer(fields, layer, before, after)
            for layer, before, after in shapes(net)
            if isinstance(layer, Conv | Depthwise | Dense)
        }
        standard = Standard(fields["mean"], fields["inv_sigma"])
        return NetworkQ7(net, standard, layers, int(fields["pool_out_lshift"]))
    except FileNotFoundError:
        raise ModelError(f"no weights at {path}; train them or name another file") from None
    except KeyError as error:
        raise ModelError(f"{path} is not a weight file: it has no {error}") from None
    except DAMAGE as error:
        raise ModelError(f"{path} is not a weight file: {error}") from None


def _layer(
    fields: Mapping[str, NDArray[Any]],
    layer: Conv | Depthwise | Dense,
    before: tuple[int, int, int],
    after: tuple[int, int, int],
) -> LayerQ7:
    weight, bias = fields[f"{layer.name}.weight"], fields[f"{layer.name}.bias"]
    bias_shift, out_shift = (int(shift) for shift in fields[f"{layer.name}.shifts"])
    wanted = (weight_shape(layer, before), (after[2],))
    if (weight.shape, bias.shape) != wanted or {weight.dtype, bias.dtype} != {np.dtype(np.int8)}:
        raise ValueError(f"{layer.name} is {weight.shape} and {bias.shape}, not int8 {wanted}")
    if not (0 <= bias_shift < 32 and 0 <= out_shift < 32):
        raise ValueError(f"{layer.name} has shifts {bias_shift} and {out_shift}")
    return LayerQ7(weight, bias, bias_shift, out_shift)
