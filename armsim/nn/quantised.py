"""Quantised keyword spotters: how they are made of float ones, fed, and kept.

A file holds a graph, save that of the network that `firmware/kws` has, which is older and holds its
layers; both are read as graphs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from armsim.errors import UsageError
from armsim.nn import network_q7
from armsim.nn.catalogue import CLASSES
from armsim.nn.data import DAMAGE, Report, arrays_of
from armsim.nn.features import FeatureSet, Floats, Standard
from armsim.nn.graph import Graph
from armsim.nn.graph_file import load_graph, save_graph
from armsim.nn.layers import (
    Architecture,
    BasicLstm,
    Dense,
    FeatureKind,
    Gru,
    Lstm,
    ModelError,
    check_images,
)
from armsim.nn.mfcc import MEL_BANDS
from armsim.nn.parameters import FloatNetwork, check_finite
from armsim.nn.quantise import INPUT_BITS, choices_from, quantise
from armsim.nn.quantise_int8 import Form, choices_for, quantise_int8
from armsim.nn.quantise_recurrent import WIDEST
from armsim.nn.ranges import Ranges, Spans, observe, with_states_within_one
from armsim.nn.sweep import Build, sweep
from armsim.nn.workers import Here, Workers

IN_FIRMWARE = "ds_cnn_s"
_OBSERVED = 1000  # clips that ranges are measured on


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to quantise."""

    scheme: str = "q7"
    width: int = 8
    symmetric: bool | None = None
    powers: bool = False
    ranges: Ranges = Ranges.SWEEP

    def check(self) -> None:
        """Refuse what no kernel computes."""
        if self.scheme == "q7" and self.symmetric is False:
            raise UsageError("q7 has no zero points; --asymmetric goes with --scheme int8")
        if self.scheme == "int8" and self.width != 8:
            raise UsageError("int8 has 8 bits; --bits 16 goes with --scheme q7")

    @property
    def name(self) -> str:
        """Name the form: q7, q15, int8, int8_symmetric_powers, ..."""
        if self.scheme == "q7":
            return "q7" if self.width == 8 else "q15"
        parts = ("int8", "symmetric" * bool(self.symmetric), "powers" * self.powers)
        return "_".join(part for part in parts if part)


def quantised(
    net: Architecture,
    weights: FloatNetwork,
    standard: Standard,
    items: FeatureSet,
    settings: Settings,
    report: Report,
    workers: Workers | None = None,
) -> Graph:
    """Quantise with activation ranges found on `items`, a sweep by workers if there are any."""
    if not len(items):
        raise ModelError("no clips to find activation ranges on")
    check_images(net)
    check_finite(weights, net)
    first = FeatureSet(items.features[:_OBSERVED], items.labels[:_OBSERVED])
    real = real_inputs(net, first)
    weights = with_states_within_one(net, weights, observe(net, weights, real, Ranges.MAX))
    spans = observe(net, weights, real, settings.ranges)
    build, start = _form(net, weights, standard, spans, settings)
    if settings.ranges is Ranges.SWEEP:
        inputs = integer_inputs(net, items)
        nearby = partial(_neighbours, net)
        start = sweep(build, start, nearby, inputs, items.labels, report, workers or Here())
    return build(start)


def _form(
    net: Architecture,
    weights: FloatNetwork,
    standard: Standard,
    spans: Spans,
    settings: Settings,
) -> tuple[Build, dict[str, int]]:
    """Give what makes a graph of choices, and the choices to start from."""
    if settings.scheme == "int8":
        form = Form(symmetric=bool(settings.symmetric), powers=settings.powers)
        return partial(quantise_int8, net, weights, standard, spans, form), choices_for(net)
    build = partial(quantise, net, weights, standard, width=settings.width)
    return build, choices_from(net, spans, settings.width)


def _neighbours(net: Architecture, key: str, centre: int) -> list[int]:
    """Say which other choices a sweep tries."""
    layer = next(layer for layer in net.layers if layer.name == key.split(".")[0])
    if isinstance(layer, BasicLstm | Lstm | Gru) and "." in key:
        widest = WIDEST[key.split(".")[1]]
        return [width for width in (centre - 1, centre + 1) if 0 <= width <= widest]
    if "." in key:  # how far sums of 16-bit weights reach is a matter of overflow
        return []
    return [centre + step for step in ((-1, 1) if isinstance(layer, Dense) else (-2, -1, 1, 2))]


# Inputs


def integer_inputs(net: Architecture, items: FeatureSet) -> NDArray[np.int8]:
    """Give the part of the features that a network sees, (n, frames, coefficients, 1) in Q2.5."""
    return items.features[:, :: net.every, : net.coefficients, np.newaxis]


def check_sees(network: Graph, net: Architecture) -> None:
    """Raise ModelError if a quantised network was made of another one, or takes other features."""
    if network.name != net.name:
        raise ModelError(
            f"these are weights of {network.name}, not of {net.name}; name that model, or the "
            f"weights of {net.name}"
        )
    taken = standard_of(network).rows
    if (taken.kind, taken.count) != (net.features, net.coefficients):
        raise ModelError(
            f"the weights take {taken.count} {taken.kind.name}, and {net.name} sees "
            f"{net.coefficients} {net.features.name}; name weights that were made of it"
        )


def check_answers(network: Graph) -> None:
    """Raise ModelError unless a quantised network gives a logit for each class."""
    given = network.tensor("logits").shape if "logits" in network.outputs else ()
    if given != (CLASSES,):
        raise ModelError(
            f"{network.name} gives {', '.join(network.outputs)}, not logits of {CLASSES} classes; "
            "name weights that 'quantise' made"
        )


def real_inputs(net: Architecture, items: FeatureSet) -> Floats:
    """Give the numbers they stand for, (n, frames, coefficients)."""
    return integer_inputs(net, items)[..., 0].astype(np.float32) / np.float32(1 << INPUT_BITS)


def standard_of(network: Graph) -> Standard:
    """Say what features a network takes; those that say no kind are MFCC.

    Raises:
        ModelError: it does not say, or what it says is not so.
    """
    about, shape = network.about, network.tensor(network.input).shape
    try:
        kind = FeatureKind(about.get("feature_kind", FeatureKind.MFCC.value))
        with np.errstate(over="ignore"):  # what is too large is not finite
            mean, inv_sigma = (
                np.array(about[key], np.float32) for key in ("feature_mean", "feature_inv_sigma")
            )
    except KeyError as error:
        raise ModelError(f"{network.name} does not say how features are made: no {error}") from None
    except (ValueError, TypeError) as error:
        raise ModelError(f"{network.name} does not say how features are made: {error}") from None
    count = shape[1] if len(shape) == 3 else 0
    known = mean.ndim == 1 and mean.shape == inv_sigma.shape and len(mean) <= MEL_BANDS
    if not (np.isfinite(mean).all() and np.isfinite(inv_sigma).all()):
        raise ModelError(
            f"{network.name} does not say how features are made: a mean or a spread is not finite"
        )
    if not (known and 0 < count <= len(mean)) or (kind is FeatureKind.LFBE and count != MEL_BANDS):
        raise ModelError(
            f"{network.name} does not say how features are made: it takes {count} "
            f"{kind.name}, with {mean.size} means and {inv_sigma.size} spreads"
        )
    return Standard(mean[:count], inv_sigma[:count], kind)


# Files


def is_older(path: Path) -> bool:
    """Say whether a file is of the form that `firmware/kws` has."""
    try:
        with arrays_of(path) as stored:
            return "architecture" in stored
    except DAMAGE:  # the reader of graphs says what is wrong
        return False


def load(path: Path) -> Graph:
    """Read a quantised network."""
    if is_older(path):
        return network_q7.as_graph(network_q7.load_network(path))
    return load_graph(path)


def save(network: Graph, path: Path) -> None:
    """Write a quantised network, the same bytes every time."""
    if _for_firmware(network):
        network_q7.save_network(network_q7.from_graph(network), path)
    else:
        save_graph(network, path)


def sha256(network: Graph) -> str:
    """Hash all that decides the outputs."""
    if _for_firmware(network):
        return network_q7.weights_sha256(network_q7.from_graph(network))
    digest = hashlib.sha256()
    for operator in network.operators:
        for name, value in sorted(vars(operator).items()):
            digest.update(f"{operator.name}.{name}".encode())
            digest.update(_bytes(value))
    return digest.hexdigest()


def _bytes(value: object) -> bytes:
    if isinstance(value, np.ndarray):
        return np.ascontiguousarray(value).tobytes()
    if hasattr(value, "__dataclass_fields__"):
        return b"".join(_bytes(field) for _, field in sorted(vars(value).items()))
    return repr(value).encode()


def _for_firmware(network: Graph) -> bool:
    affine = any(type(operator).__name__.endswith("S8") for operator in network.operators)
    narrow = all(tensor.dtype == "int8" for tensor in network.tensors)
    return network.name == IN_FIRMWARE and narrow and not affine
