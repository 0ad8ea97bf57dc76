"""Networks to test with."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from armsim.nn.catalogue import architecture
from armsim.nn.features import Standard
from armsim.nn.layers import AveragePool, shapes, weight_shape
from armsim.nn.network_q7 import LayerQ7, NetworkQ7

from .commands import write


def _random_network(seed: int) -> NetworkQ7:
    """Make a DS-CNN S of random weights."""
    rng = np.random.default_rng(seed)
    net = architecture("ds_cnn_s")
    drawn = {
        layer.name: LayerQ7(
            rng.integers(-128, 128, weight_shape(layer, before)).astype(np.int8),
            rng.integers(-128, 128, after[2]).astype(np.int8),
            int(rng.integers(0, 8)),
            int(rng.integers(4, 12)),
        )
        for layer, before, after in shapes(net)
        if not isinstance(layer, AveragePool)
    }
    standard = Standard(
        rng.normal(size=10).astype(np.float32), rng.random(10).astype(np.float32) + 1
    )
    return NetworkQ7(net, standard, drawn, 2)


@pytest.fixture
def random_network() -> Callable[[int], NetworkQ7]:
    """Give a maker of networks, one per seed."""
    return _random_network


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """Give a small folder in the layout of Google Speech Commands."""
    folder = tmp_path / "commands"
    write(folder)
    return folder
