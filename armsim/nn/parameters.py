"""The float weights of a network, batch norm folded, in the layout of the kernels; their file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from armsim.nn.data import DAMAGE, arrays_of
from armsim.nn.layers import (
    Architecture,
    AveragePool,
    BasicLstm,
    Gru,
    Layer,
    Lstm,
    ModelError,
    parameter_shapes,
    shapes,
)

Floats: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """The weights of a convolution, a dense layer or one matrix, and one bias per output."""

    weight: Floats
    bias: Floats


@dataclass(frozen=True, kw_only=True)
class GruWeights:
    """Matrices of n cells, gates one after the other."""

    input: Weights
    """(3 * n, inputs): reset, update, candidate."""
    hidden: Weights
    """(2 * n, n): reset, update."""
    candidate: Weights
    """(n, n): of reset * state."""
    reset_after: bool = False
    """Whether the candidate is of the state, and the reset gate multiplies what comes of it."""


@dataclass(frozen=True, kw_only=True)
class LstmWeights:
    """Matrices of n cells, gates one after the other: input gate, new value, forget, output."""

    input: Weights
    """(4 * n, inputs); the forget gate's bias includes the 1.0 that TensorFlow adds."""
    hidden: Weights
    """(4 * n, size of the state)."""
    peepholes: Floats | None = None
    """(3, n): input gate, forget, output."""
    projection: Floats | None = None
    """(size of the state, n), without bias."""


Parameters: TypeAlias = Weights | GruWeights | LstmWeights
FloatNetwork: TypeAlias = Mapping[str, Parameters]


def parameter(parameters: Parameters, name: str) -> Floats:
    """Give one array by its name in `parameter_shapes`, such as `input.weight`."""
    array: Floats = reduce(getattr, name.split("."), parameters)  # type: ignore[arg-type]
    return array


def assemble(layer: Layer, arrays: Mapping[str, NDArray[Any]]) -> Parameters:
    """Make the parameters of a layer of its arrays by name."""

    def matrix(name: str) -> Weights:
        return Weights(arrays[f"{name}.weight"], arrays[f"{name}.bias"])

    match layer:
        case Gru():
            return GruWeights(
                input=matrix("input"), hidden=matrix("hidden"), candidate=matrix("candidate")
            )
        case BasicLstm() | Lstm():
            return LstmWeights(
                input=matrix("input"),
                hidden=matrix("hidden"),
                peepholes=arrays.get("peepholes"),
                projection=arrays.get("projection"),
            )
        case _:
            return Weights(arrays["weight"], arrays["bias"])


def check_finite(weights: FloatNetwork, net: Architecture) -> None:
    """Refuse weights that are no numbers."""
    for layer, before, _ in shapes(net):
        for name in parameter_shapes(layer, before):
            broken = int(np.sum(~np.isfinite(parameter(weights[layer.name], name))))
            if broken:
                raise ModelError(
                    f"{net.name}: {layer.name}.{name} has {broken} values that are no finite "
                    "numbers; train it again, with a lower --rate if that happened in training"
                )


def save_weights(net: Architecture, weights: FloatNetwork, path: Path) -> None:
    """Keep float weights."""
    arrays = {
        f"{layer.name}.{name}": parameter(weights[layer.name], name)
        for layer, before, _ in shapes(net)
        for name in parameter_shapes(layer, before)
    }
    np.savez(path, **arrays)  # type: ignore[arg-type]


def load_weights(net: Architecture, path: Path) -> dict[str, Parameters]:
    """Read the float weights of a network; every array must be there, of its shape, finite."""
    weights: dict[str, Parameters] = {}
    try:
        with arrays_of(path) as stored:
            arrays = dict(stored)
        for layer, before, _ in shapes(net):
            if isinstance(layer, AveragePool):
                continue
            named = {}
            for name, wanted in parameter_shapes(layer, before).items():
                array = arrays[f"{layer.name}.{name}"]
                if array.shape != wanted:
                    raise ValueError(f"{layer.name}.{name} is {array.shape}, not {wanted}")
                named[name] = array.astype(np.float32)
            weights[layer.name] = assemble(layer, named)
    except FileNotFoundError:
        raise ModelError(
            f"no float weights in {path}; make them with 'armsim nn train {net.name}'"
        ) from None
    except KeyError as error:
        raise ModelError(f"{path} has no float weights of {net.name}: no {error}") from None
    except DAMAGE as error:
        raise ModelError(f"{path} has no float weights of {net.name}: {error}") from None
    check_finite(weights, net)
    return weights
