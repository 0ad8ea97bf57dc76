"""Networks in 16 bits: as good as float ones, safe from overflow, the same on the chip."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from armsim.nn.arithmetic import powers
from armsim.nn.catalogue import architecture
from armsim.nn.execute import execute
from armsim.nn.features import FeatureSet
from armsim.nn.graph import ConvolveQ, DepthwiseQ, GruQ, LstmQ, Rescale
from armsim.nn.layers import AveragePool, Conv, Dense, Depthwise, Layer, Lstm, ModelError
from armsim.nn.parameters import Weights
from armsim.nn.quantised import Settings, integer_inputs, load, save
from armsim.nn.ranges import Ranges, accuracy
from armsim.nn.sweep import real_logits
from armsim.nn.translate import translate

from .stacks import FC, answered, drawn, made, network
from .translated import assert_equal, build, run

WITHOUT_RECURRENCE = ("dnn", "cnn", "ds_cnn")
IN_16_BITS = Settings(width=16, ranges=Ranges.MAX)


@pytest.mark.parametrize("name", WITHOUT_RECURRENCE)
def test_16_bits_lose_nothing_that_can_be_measured(name: str) -> None:
    net = network(name)
    weights = drawn(net)
    items, real = answered(net, weights)
    errors = {}
    for width in (8, 16):
        graph = made(net, weights, replace(IN_16_BITS, width=width))
        logits = execute(graph, integer_inputs(net, items), ("logits",))["logits"]
        errors[width] = np.abs(real_logits(graph, logits) - real).max() / np.abs(real).max()
    assert accuracy(logits, items.labels) > 99.5
    assert errors[16] < 0.002
    assert errors[16] < errors[8] / 20


def test_only_recurrent_layers_keep_weights_of_8_bits_and_nothing_is_widened_twice() -> None:
    net = network("crnn")
    graph = made(net, drawn(net), IN_16_BITS)
    assert [operator.name for operator in graph.operators if isinstance(operator, Rescale)] == [
        "conv1_widen"
    ]
    for operator in graph.operators:
        if isinstance(operator, GruQ | LstmQ):
            assert operator.input.weights.dtype == operator.hidden.weights.dtype == np.int8
        elif hasattr(operator, "weights"):
            assert operator.weights.dtype == operator.bias.dtype == np.int16


@pytest.mark.parametrize("ranges", [Ranges.MAX, Ranges.PERCENTILE, Ranges.SWEEP])
def test_sums_that_a_relu_cuts_off_do_not_overflow(
    ranges: Ranges, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is seen of an output behind a ReLU does not tell how far its sums reach."""
    net = network("ds_cnn")
    weights = drawn(net)
    pointwise = weights["pw1"]
    assert isinstance(pointwise, Weights)
    pointwise.weight[:3] /= 8
    pointwise.weight[3:] = -4
    items, _ = answered(net, weights)
    graph = made(net, weights, replace(IN_16_BITS, ranges=ranges))
    most = []
    finish = powers.finish

    def watched(sums, bias, bias_shift, out_shift, dtype):  # type: ignore[no-untyped-def]
        whole = sums + (bias.astype(np.int64) << bias_shift) + ((1 << out_shift) >> 1)
        most.append(int(np.abs(whole).max()))
        return finish(sums, bias, bias_shift, out_shift, dtype)

    monkeypatch.setattr(powers, "finish", watched)
    logits = execute(graph, integer_inputs(net, items), ("logits",))["logits"]
    assert len(most) == 4
    assert 2**28 < max(most) < 2**31
    assert accuracy(logits, items.labels) > 99


@pytest.mark.parametrize(
    "first", [Lstm(name="lstm", cells=4, projection=3, sequence=True), Dense(name="fc1", outputs=4)]
)
def test_windows_and_pools_without_an_image_are_refused(first: Layer) -> None:
    for late in (Conv(name="late", channels=2), Depthwise(name="late"), AveragePool(name="late")):
        net = replace(network("gru"), layers=(first, late, FC))
        for width in (8, 16):
            with pytest.raises(ModelError, match=r"^late sees no image; put it ahead of all dense"):
                made(net, drawn(net), replace(IN_16_BITS, width=width))


def test_a_network_that_firmware_has_in_8_bits_is_kept_as_a_graph(tmp_path: Path) -> None:
    net = architecture("ds_cnn_s")
    weights = drawn(net)
    noise = np.random.default_rng(1).integers(-90, 90, (3, net.frames, net.coefficients))
    items = FeatureSet(noise.astype(np.int8), np.zeros(3, np.int64))
    graph = made(net, weights, IN_16_BITS, items)
    save(graph, tmp_path / "it.npz")
    loaded = load(tmp_path / "it.npz")
    kinds = [type(operator) for operator in loaded.operators]
    assert (kinds.count(ConvolveQ), kinds.count(DepthwiseQ)) == (5, 4)
    assert loaded.tensor("logits").dtype == "int16"


@pytest.mark.parametrize("core", ["m4", "m7"])
@pytest.mark.parametrize("name", ["cnn", "crnn", "ds_cnn"])
def test_the_chip_computes_what_numpy_does(name: str, core: str, tmp_path: Path) -> None:
    net = network(name)
    weights = drawn(net)
    graph = made(net, weights, IN_16_BITS)
    translation = translate(graph, tmp_path / "c")
    inputs = integer_inputs(net, answered(net, weights)[0])[:6]
    (tmp_path / "inputs").write_bytes(inputs.tobytes())
    outcome = run(build(translation.folder, core), tmp_path / "inputs")
    assert_equal(graph, outcome, execute(graph, inputs))
