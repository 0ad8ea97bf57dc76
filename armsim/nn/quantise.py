"""From a folded float network to 8 bits.

Every tensor gets one power-of-two scale: value = integer / 2**bits, where `bits` may exceed 7 or
be negative. Weights and biases need no data. Activations do: their range is the largest value
seen, a percentile of the values, or what a greedy sweep from input to output finds best.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from armsim.nn.data import Report
from armsim.nn.features import FeatureSet, Standard
from armsim.nn.float_network import run_float_layers
from armsim.nn.layers import Architecture, AveragePool, Dense, ModelError
from armsim.nn.network_q7 import LayerQ7, NetworkQ7, run
from armsim.nn.parameters import FloatNetwork, Floats, Weights

INPUT_BITS = 5
PERCENTILE = 99.9

Bits = Mapping[str, int]


class Ranges(Enum):
    """How activation ranges are found."""

    MAX = "max"
    PERCENTILE = "percentile"
    SWEEP = "sweep"


def fraction_bits(largest: float) -> int:
    """Say how many fraction bits an 8-bit number can have that is to reach `largest`."""
    return 7 if largest == 0 else 7 - math.ceil(math.log2(largest))


def to_q7(values: Floats, bits: int) -> NDArray[np.int8]:
    """Round to the nearest (ties to even) and saturate: an exact power of two would be 128."""
    return np.clip(np.rint(values.astype(np.float64) * 2.0**bits), -128, 127).astype(np.int8)


def largest(values: Floats) -> float:
    """Give the largest magnitude."""
    return float(np.max(np.abs(values), initial=0))


def activation_bits(
    net: Architecture, weights: FloatNetwork, features: Floats, ranges: Ranges
) -> dict[str, int]:
    """Choose the fraction bits of every layer's output from the values it takes."""
    outputs = run_float_layers(net, weights, features)
    bits: dict[str, int] = {}
    for layer, output in zip(net.layers, outputs, strict=True):
        magnitude = np.abs(output)
        reach = magnitude.max() if ranges is Ranges.MAX else np.percentile(magnitude, PERCENTILE)
        bits[layer.name] = fraction_bits(float(reach))
    return bits


def quantise(net: Architecture, weights: FloatNetwork, standard: Standard, bits: Bits) -> NetworkQ7:
    """Make the 8-bit network whose layers put out numbers with the given fraction bits."""
    inputs, pool_out_lshift = INPUT_BITS, 0
    layers: dict[str, LayerQ7] = {}
    for layer in net.layers:
        if isinstance(layer, AveragePool):
            pool_out_lshift = max(bits[layer.name] - inputs, 0)
            inputs += pool_out_lshift
            continue
        w = weights[layer.name]
        assert isinstance(w, Weights)
        weight_bits = fraction_bits(largest(w.weight))
        total_bits = inputs + weight_bits
        bias_bits = min(fraction_bits(largest(w.bias)), total_bits)
        # A left shift of the accumulator does not exist: give up fraction bits instead.
        outputs = min(bits[layer.name], total_bits)
        layers[layer.name] = LayerQ7(
            to_q7(w.weight, weight_bits),
            to_q7(w.bias, bias_bits),
            total_bits - bias_bits,
            total_bits - outputs,
        )
        inputs = outputs
    return NetworkQ7(net, standard, layers, pool_out_lshift)


def output_bits(net: Architecture, weights: FloatNetwork, network: NetworkQ7) -> int:
    """Say how many fraction bits the logits have."""
    inputs = INPUT_BITS
    for layer in net.layers:
        if isinstance(layer, AveragePool):
            inputs += network.pool_out_lshift
        else:
            w = weights[layer.name]
            assert isinstance(w, Weights)
            weight_bits = fraction_bits(largest(w.weight))
            inputs += weight_bits - network.layers[layer.name].out_shift
    return inputs


def accuracy(logits: NDArray[np.generic], labels: NDArray[np.int64]) -> float:
    """Give the share of right answers, in percent."""
    return 100 * float(np.mean(logits.argmax(axis=1) == labels))


def cross_entropy(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Give the mean surprise at the right answers."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    surprise = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(labels)), labels]
    return float(np.mean(surprise))


def sweep(
    net: Architecture,
    weights: FloatNetwork,
    standard: Standard,
    items: FeatureSet,
    start: Bits,
    report: Report,
) -> dict[str, int]:
    """Try the neighbours of every layer's range, input to output, and keep what answers best."""

    def merit(bits: Bits) -> tuple[float, float]:
        network = quantise(net, weights, standard, bits)
        logits = run(network, items.features).logits
        real = logits / 2.0 ** output_bits(net, weights, network)
        return accuracy(logits, items.labels), -cross_entropy(real, items.labels)

    best = dict(start)
    best_merit = merit(best)
    for layer in net.layers:
        centre = best[layer.name]
        steps = (-2, -1, 1, 2) if not isinstance(layer, Dense) else (-1, 1)
        for step in steps:
            candidate = {**best, layer.name: centre + step}
            if (value := merit(candidate)) > best_merit:
                best, best_merit = candidate, value
        report(f"{layer.name}: {best[layer.name]} fraction bits, {best_merit[0]:.2f} %")
    return best


def quantise_from_data(
    net: Architecture,
    weights: FloatNetwork,
    standard: Standard,
    items: FeatureSet,
    ranges: Ranges,
    report: Report,
) -> NetworkQ7:
    """Quantise with activation ranges found on `items`."""
    if not len(items):
        raise ModelError("no clips to find activation ranges on")
    real = items.features.astype(np.float32) / np.float32(1 << INPUT_BITS)
    kind = Ranges.PERCENTILE if ranges is Ranges.SWEEP else ranges
    bits = activation_bits(net, weights, real[:1000], kind)
    if ranges is Ranges.SWEEP:
        bits = sweep(net, weights, standard, items, bits, report)
    return quantise(net, weights, standard, bits)
