"""What is trained is what is folded and run in NumPy: every kind of layer, every network."""

import numpy as np
import pytest

from armsim.nn.catalogue import ARCHITECTURES
from armsim.nn.float_network import run_float
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
from armsim.nn.parameters import parameter

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra 'nn')")

from armsim.nn.torch_networks import build_torch, fold  # noqa: E402  after the skip

TOLERANCE = 1e-5  # of the largest logit: both are single precision and add in another order

KINDS: dict[str, tuple[Layer, ...]] = {
    "conv": (Conv(name="it", channels=5, kernel=(4, 3), stride=(2, 1)),),
    "valid conv": (Conv(name="it", channels=5, kernel=(4, 3), padding=Padding.VALID, norm=False),),
    "linear conv": (Conv(name="it", channels=5, kernel=(3, 3), relu=False),),
    "depthwise": (Conv(name="c", channels=6), Depthwise(name="it", stride=(2, 2))),
    "pool": (Conv(name="c", channels=6), AveragePool(name="it")),
    "dense": (Dense(name="it", outputs=9, relu=True),),
    "dense with norm": (Conv(name="c", channels=3), Dense(name="it", outputs=9, norm=True)),
    "basic lstm": (BasicLstm(name="it", cells=7),),
    "lstm": (Lstm(name="it", cells=7, projection=5),),
    "gru": (Gru(name="it", cells=7),),
    "stacked": (
        Conv(name="c", channels=3),
        Gru(name="g", cells=4, sequence=True),
        BasicLstm(name="b", cells=5, sequence=True),
        Lstm(name="it", cells=6, projection=3),
    ),
    "all states": (Gru(name="it", cells=3, sequence=True),),
}


def shaken(net: Architecture, seed: int) -> "torch.nn.Sequential":
    """Build a network none of whose parameters and statistics is 0 or 1."""
    torch.manual_seed(seed)
    model = build_torch(net)
    with torch.no_grad():
        for values in (*model.parameters(), *model.buffers()):
            if values.is_floating_point():
                values.add_(0.1 * torch.rand_like(values))
    return model.eval()


def assert_equal_in_numpy(net: Architecture) -> None:
    model = shaken(net, 1)
    x = np.random.default_rng(2).normal(size=(3, net.frames, net.coefficients)).astype(np.float32)
    with torch.no_grad():
        wanted = model(torch.from_numpy(x[:, None])).numpy()
    weights = fold(net, model)
    for layer, before, _ in shapes(net):
        for name, shape in parameter_shapes(layer, before).items():
            assert parameter(weights[layer.name], name).shape == shape
    assert np.ptp(wanted) > 0.05
    difference = np.abs(run_float(net, weights, x) - wanted).max()
    assert difference <= TOLERANCE * max(1, np.abs(wanted).max())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_layer_folds_to_the_same_function(kind: str) -> None:
    layers = (*KINDS[kind], Dense(name="fc", outputs=4))
    assert_equal_in_numpy(Architecture(name="it", frames=9, coefficients=6, layers=layers))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_network_folds_to_the_same_function(name: str) -> None:
    assert_equal_in_numpy(ARCHITECTURES[name])


def test_a_basic_lstm_is_the_one_of_pytorch() -> None:
    torch.manual_seed(3)
    cells = 6
    net = Architecture(
        name="it", frames=8, coefficients=5, layers=(BasicLstm(name="it", cells=cells),)
    )
    ours, theirs = build_torch(net), torch.nn.LSTM(5, cells, batch_first=True)
    steps = ours.get_submodule("it")
    # PyTorch's gates are input, forget, new value, output.
    order = [*range(cells), *range(2 * cells, 3 * cells), *range(cells, 2 * cells)]
    order += range(3 * cells, 4 * cells)
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(steps.input.weight[order])
        theirs.weight_hh_l0.copy_(steps.hidden.weight[order])
        theirs.bias_ih_l0.copy_(steps.input.bias[order])
        theirs.bias_hh_l0.zero_()
        x = torch.randn(4, 1, 8, 5)
        wanted = theirs(x[:, 0])[0][:, -1]
        assert torch.allclose(ours(x), wanted, atol=1e-6)
