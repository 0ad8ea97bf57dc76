"""Powers of two: how floats become 8 bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armsim.nn.features import FeatureSet, Standard
from armsim.nn.float_network import run_float
from armsim.nn.layers import Architecture, AveragePool, Conv, Dense, Depthwise, shapes, weight_shape
from armsim.nn.network_q7 import run
from armsim.nn.parameters import Weights
from armsim.nn.quantise import (
    Ranges,
    accuracy,
    fraction_bits,
    output_bits,
    quantise_from_data,
    to_q7,
)

SMALL = Architecture(
    name="small",
    frames=12,
    coefficients=10,
    layers=(
        Conv(name="conv1", channels=8, kernel=(4, 4), stride=(2, 2)),
        Depthwise(name="dw1"),
        Conv(name="pw1", channels=8),
        AveragePool(),
        Dense(name="fc", outputs=12),
    ),
)
STANDARD = Standard(np.zeros(10, np.float32), np.ones(10, np.float32))


@given(st.floats(1e-6, 1e6))
def test_fraction_bits_are_the_most_that_reach(largest: float) -> None:
    bits = fraction_bits(largest)
    assert largest * 2.0**bits <= 128
    assert largest * 2.0 ** (bits + 1) > 128


def test_an_exact_power_of_two_saturates_and_does_not_wrap() -> None:
    values = np.array([1.0, -1.0, 0.5], np.float32)
    assert to_q7(values, fraction_bits(1.0)).tolist() == [127, -128, 64]


def small_weights() -> dict[str, Weights]:
    """Draw weights with ranges that differ from layer to layer."""
    rng = np.random.default_rng(7)
    return {
        layer.name: Weights(
            rng.normal(0, 0.3 * number, weight_shape(layer, before)).astype(np.float32),
            rng.normal(0, 0.1, after[2]).astype(np.float32),
        )
        for number, (layer, before, after) in enumerate(shapes(SMALL), 1)
        if not isinstance(layer, AveragePool)
    }


@pytest.mark.parametrize("ranges", Ranges)
def test_the_8_bit_network_answers_like_the_float_one(ranges: Ranges) -> None:
    weights = small_weights()
    features = np.random.default_rng(8).integers(-90, 90, (300, 12, 10)).astype(np.int8)
    real = run_float(SMALL, weights, features.astype(np.float32) / np.float32(32))
    items = FeatureSet(features, real.argmax(axis=1))
    network = quantise_from_data(SMALL, weights, STANDARD, items, ranges, lambda line: None)
    for q in network.layers.values():
        assert q.bias_shift >= 0
        assert q.out_shift >= 0
    assert network.pool_out_lshift >= 0
    logits = run(network, features).logits
    assert accuracy(logits, items.labels) > 85
    scaled = logits / 2.0 ** output_bits(SMALL, weights, network)
    assert np.corrcoef(scaled.ravel(), real.ravel())[0, 1] > 0.98
    assert np.polyfit(real.ravel(), scaled.ravel(), 1)[0] == pytest.approx(1, abs=0.15)
