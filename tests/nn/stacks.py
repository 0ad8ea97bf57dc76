"""Small float networks of each family, with random weights and inputs to quantise them by."""

import numpy as np

from armsim.nn.features import FeatureSet, Standard
from armsim.nn.float_network import run_float
from armsim.nn.graph import Graph
from armsim.nn.layers import (
    Architecture,
    AveragePool,
    BasicLstm,
    Conv,
    Dense,
    Depthwise,
    Gru,
    Layer,
    Lstm,
    Padding,
    parameter_shapes,
    shapes,
)
from armsim.nn.parameters import Parameters, assemble
from armsim.nn.quantised import Settings, quantised, real_inputs

FC = Dense(name="fc", outputs=12)
STACKS: dict[str, tuple[Layer, ...]] = {
    "ds_cnn": (
        Conv(name="conv1", channels=8, kernel=(4, 4), stride=(2, 2)),
        Depthwise(name="dw1"),
        Conv(name="pw1", channels=8),
        AveragePool(),
    ),
    "cnn": (
        Conv(name="conv1", channels=6, kernel=(4, 3), padding=Padding.VALID),
        Conv(name="conv2", channels=5, kernel=(3, 3), stride=(2, 1), relu=False),
        Dense(name="linear", outputs=16),
        Dense(name="fc1", outputs=24, norm=True, relu=True),
    ),
    "dnn": (Dense(name="fc1", outputs=32, relu=True), Dense(name="fc2", outputs=32, relu=True)),
    "basic_lstm": (BasicLstm(name="lstm", cells=24),),
    "lstm": (Lstm(name="lstm", cells=24, projection=14),),
    "gru": (Gru(name="gru", cells=24),),
    "crnn": (
        Conv(name="conv1", channels=6, kernel=(4, 4), stride=(2, 2), norm=False),
        Gru(name="gru1", cells=20, sequence=True),
        Lstm(name="lstm", cells=20, projection=12),
        Dense(name="fc1", outputs=24, relu=True),
    ),
}
STANDARD = Standard(np.zeros(10, np.float32), np.ones(10, np.float32))


def network(name: str) -> Architecture:
    return Architecture(name=name, frames=12, coefficients=10, layers=(*STACKS[name], FC))


def drawn(net: Architecture, seed: int = 7) -> dict[str, Parameters]:
    """Draw weights with ranges that differ from layer to layer."""
    rng = np.random.default_rng(seed)
    weights = {}
    for number, (layer, before, _) in enumerate(shapes(net), 1):
        arrays = {}
        for name, shape in parameter_shapes(layer, before).items():
            spread = 0.1 if name.endswith("bias") else 0.3
            if name == "peepholes":
                spread = 2.0
            if len(shape) == 4:
                spread *= number
            arrays[name] = rng.normal(0, spread, shape).astype(np.float32)
        if arrays:
            weights[layer.name] = assemble(layer, arrays)
    return weights


def answered(net: Architecture, weights: dict[str, Parameters]) -> tuple[FeatureSet, np.ndarray]:
    """Draw inputs that change slowly, labelled as the float network labels them."""
    rng = np.random.default_rng(8)
    noise = rng.integers(-90, 90, (300, net.frames, net.coefficients))
    unlabelled = FeatureSet(noise.astype(np.int8), np.zeros(300, np.int64))
    real = run_float(net, weights, real_inputs(net, unlabelled))
    return FeatureSet(unlabelled.features, real.argmax(axis=1)), real


def made(
    net: Architecture,
    weights: dict[str, Parameters],
    settings: Settings,
    items: FeatureSet | None = None,
) -> Graph:
    """Quantise by `items`, or by what `answered` draws."""
    chosen = items or answered(net, weights)[0]
    return quantised(net, weights, STANDARD, chosen, settings, lambda line: None)
