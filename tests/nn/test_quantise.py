"""Quantised networks answer like float ones, in every scheme that kernels compute."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armsim.errors import UsageError
from armsim.nn import network_q7, quantised
from armsim.nn.catalogue import architecture
from armsim.nn.execute import execute
from armsim.nn.features import FeatureSet
from armsim.nn.float_network import run_float, run_float_layers
from armsim.nn.graph import Affine, Graph
from armsim.nn.layers import Architecture, BasicLstm, ModelError
from armsim.nn.parameters import LstmWeights, Weights, load_weights, save_weights
from armsim.nn.processes import open_processes
from armsim.nn.quantise import choices_from, quantise
from armsim.nn.quantise_int8 import Form, choices_for, quantise_int8
from armsim.nn.quantised import Settings, integer_inputs, real_inputs
from armsim.nn.ranges import (
    Ranges,
    accuracy,
    fraction_bits,
    observe,
    to_integers,
    with_states_within_one,
)
from armsim.nn.sweep import real_logits, sweep
from armsim.nn.workers import Here

from .stacks import FC, STACKS, STANDARD, answered, drawn, made, network

RECURRENT = ("basic_lstm", "lstm", "gru", "crnn")
SETTINGS = [
    *((Settings(ranges=ranges), name) for name in STACKS for ranges in Ranges),
    *((Settings(width=16), name) for name in STACKS),
    *(
        (Settings(scheme="int8", ranges=ranges), name)
        for name in STACKS
        if name not in RECURRENT
        for ranges in Ranges
    ),
    *((Settings(scheme="int8", symmetric=True, powers=powers), "cnn") for powers in (False, True)),
]


@pytest.mark.parametrize(
    ("settings", "name"), SETTINGS, ids=lambda v: v if isinstance(v, str) else v.name
)
def test_a_quantised_network_answers_like_the_float_one(settings: Settings, name: str) -> None:
    net = network(name)
    weights = drawn(net)
    items, real = answered(net, weights)
    made = quantised.quantised(net, weights, STANDARD, items, settings, lambda line: None)
    logits = execute(made, integer_inputs(net, items), ("logits",))["logits"]
    assert accuracy(logits, items.labels) > 85
    scaled = real_logits(made, logits)
    assert np.corrcoef(scaled.ravel(), real.ravel())[0, 1] > 0.98
    assert np.polyfit(real.ravel(), scaled.ravel(), 1)[0] == pytest.approx(1, abs=0.15)


def test_states_beyond_one_are_scaled_and_the_network_computes_the_same() -> None:
    net = network("crnn")
    weights = drawn(net)
    items, real = answered(net, weights)
    inputs = real_inputs(net, items)
    spans = observe(net, weights, inputs, Ranges.MAX)
    assert spans["lstm"].reach > 1
    scaled = with_states_within_one(net, weights, spans)
    states = list(run_float_layers(net, scaled, inputs))[2]
    assert 0.5 < np.abs(states).max() <= 1
    assert np.allclose(run_float(net, scaled, inputs), real, atol=1e-5)


def test_a_cell_may_count_further_than_its_tanh_sees() -> None:
    """Cells count up by nearly 1 for 30 steps and down for 25: what is left is positive."""
    lstm = BasicLstm(name="lstm", cells=1)
    net = Architecture(name="counter", frames=55, coefficients=10, layers=(lstm, FC))
    gates = np.zeros((4, 10), np.float32)
    gates[1, 0] = 4  # the new value follows the first coefficient
    counting = LstmWeights(
        input=Weights(gates, np.array([7, 0, 7.9, 7], np.float32)),
        hidden=Weights(np.zeros((4, 1), np.float32), np.zeros(4, np.float32)),
    )
    shown = Weights(np.eye(12, 1, dtype=np.float32), np.zeros(12, np.float32))
    features = np.zeros((1, 55, 10), np.int8)
    features[0, :, 0] = np.where(np.arange(55) < 30, 32, -32)
    items = FeatureSet(features, np.zeros(1, np.int64))
    weights = {"lstm": counting, "fc": shown}
    settings = Settings(ranges=Ranges.MAX)
    made = quantised.quantised(net, weights, STANDARD, items, settings, lambda line: None)
    left = real_logits(made, execute(made, integer_inputs(net, items), ("logits",))["logits"])[0, 0]
    assert run_float(net, weights, real_inputs(net, items))[0, 0] > 0.9
    assert left > 0.9


def test_a_sweep_keeps_what_answers_best_and_never_gets_worse() -> None:
    net = network("cnn")
    weights = drawn(net)
    items, _ = answered(net, weights)
    inputs = integer_inputs(net, items)

    def build(choices: dict[str, int]) -> Graph:
        return quantise(net, weights, STANDARD, choices)

    def right(choices: dict[str, int]) -> float:
        return accuracy(execute(build(choices), inputs, ("logits",))["logits"], items.labels)

    start = choices_from(net, observe(net, weights, real_inputs(net, items), Ranges.MAX))
    start = {**start, "conv2": start["conv2"] - 4}  # far too wide
    log: list[str] = []

    def nearby(key: str, bits: int) -> tuple[int, int]:
        return bits - 2, bits + 2

    best = sweep(build, start, nearby, inputs, items.labels, log.append, Here())
    assert best["conv2"] == start["conv2"] + 2
    assert right(best) > right(start) + 5
    assert [line.split(":")[0] for line in log] == list(start)
    assert log[-1].endswith(f" {right(best):.2f} %")


@pytest.mark.parametrize(
    ("name", "settings"), [("crnn", Settings()), ("cnn", Settings(scheme="int8"))]
)
def test_a_sweep_by_workers_finds_the_same(name: str, settings: Settings) -> None:
    net = network(name)
    weights = drawn(net)
    items, _ = answered(net, weights)
    logs: list[list[str]] = []
    made: list[str] = []
    with open_processes(2) as two, open_processes(3) as three:
        for workers in (Here(), two, three):
            logs.append([])
            graph = quantised.quantised(
                net, weights, STANDARD, items, settings, logs[-1].append, workers
            )
            made.append(quantised.sha256(graph))
    assert logs[0] == logs[1] == logs[2]
    assert made[0] == made[1] == made[2]


# Numbers


@given(st.floats(1e-6, 1e6), st.sampled_from([8, 16]))
def test_fraction_bits_are_the_most_that_reach(largest: float, width: int) -> None:
    bits = fraction_bits(largest, width)
    assert largest * 2.0**bits <= 2 ** (width - 1)
    assert largest * 2.0 ** (bits + 1) > 2 ** (width - 1)


def test_an_exact_power_of_two_saturates_and_does_not_wrap() -> None:
    values = np.array([1.0, -1.0, 0.5], np.float32)
    assert to_integers(values, fraction_bits(1.0), np.int8).tolist() == [127, -128, 64]
    assert to_integers(values, 15, np.int16).tolist() == [32767, -32768, 16384]


@pytest.mark.parametrize("scale", [1e-5, 1e-6, 1e-8, 1e-30, 0])
def test_weights_that_are_nothing_beside_their_bias_leave_it_whole(scale: float) -> None:
    net = network("dnn")
    weights = drawn(net)
    first = weights["fc1"]
    assert isinstance(first, Weights)
    weights["fc1"] = Weights(first.weight * np.float32(scale), first.bias + np.float32(1))
    items, real = answered(net, weights)
    for width in (8, 16):
        graph = made(net, weights, Settings(ranges=Ranges.MAX, width=width), items)
        logits = execute(graph, integer_inputs(net, items), ("logits",))["logits"]
        assert np.abs(real_logits(graph, logits) - real).max() < 0.2


@pytest.mark.parametrize("powers", [False, True])
def test_a_bias_of_int8_fits_into_32_bits(powers: bool) -> None:
    net = network("dnn")
    weights = drawn(net)
    first, second = weights["fc1"], weights["fc2"]
    assert isinstance(first, Weights)
    assert isinstance(second, Weights)
    weights["fc1"] = Weights(first.weight * np.float32(1e-5), first.bias * 0)  # a tiny input for
    weights["fc2"] = Weights(second.weight * 0, second.bias + 1)  # weights that are nothing
    items, real = answered(net, weights)
    graph = made(net, weights, Settings(scheme="int8", powers=powers, ranges=Ranges.MAX), items)
    logits = execute(graph, integer_inputs(net, items), ("logits",))["logits"]
    assert np.abs(real_logits(graph, logits) - real).max() < 0.2


def test_a_sweep_passes_over_what_cannot_be_built() -> None:
    net = network("crnn")
    weights = drawn(net)
    first = weights["conv1"]
    assert isinstance(first, Weights)
    weights["conv1"] = Weights(60 * first.weight, 60 * first.bias)
    items, _ = answered(net, weights)
    choices = choices_from(net, observe(net, weights, real_inputs(net, items), Ranges.PERCENTILE))
    with pytest.raises(
        ModelError,
        match=r"^crnn: weights of gru1\.input reach 0\.975432 and its input has 4 fraction bits, "
        r"too few together for sums with 12; train with more weight decay$",
    ):
        quantise(net, weights, STANDARD, {**choices, "conv1": choices["conv1"] - 2})
    assert made(net, weights, Settings(), items)


@pytest.mark.parametrize("form", [Form(), Form(symmetric=True), Form(powers=True)])
def test_int8_holds_zero_exactly_and_all_that_was_seen(form: Form) -> None:
    net = network("cnn")
    weights = drawn(net)
    items, _ = answered(net, weights)
    spans = observe(net, weights, real_inputs(net, items), Ranges.MAX)
    made = quantise_int8(net, weights, STANDARD, spans, form, choices_for(net))
    for layer in net.layers[:-1]:
        affine = made.tensor(layer.name).quantisation
        assert isinstance(affine, Affine)
        assert -128 <= affine.zero_point <= 127
        assert (affine.zero_point == 0) or not form.symmetric
        lowest = (-128 - affine.zero_point) * affine.scale
        highest = (127 - affine.zero_point) * affine.scale
        assert lowest <= spans[layer.name].low + affine.scale
        assert highest >= spans[layer.name].high - affine.scale
        if form.powers:
            assert np.log2(affine.scale) == round(np.log2(affine.scale))


# Files and refusals


def test_both_kinds_of_files_read_back(tmp_path: Path) -> None:
    path = network_q7.shipped_weights("ds_cnn_s")
    older, as_graph = network_q7.load_network(path), quantised.load(path)
    assert network_q7.weights_sha256(network_q7.from_graph(as_graph)) == (
        network_q7.weights_sha256(older)
    )
    quantised.save(as_graph, tmp_path / "older.npz")
    assert (tmp_path / "older.npz").read_bytes() == network_q7.shipped_weights(
        "ds_cnn_s"
    ).read_bytes()
    net = network("gru")
    weights = drawn(net)
    items, _ = answered(net, weights)
    settings = Settings(ranges=Ranges.MAX)
    made = quantised.quantised(net, weights, STANDARD, items, settings, lambda line: None)
    quantised.save(made, tmp_path / "newer.npz")
    again = quantised.load(tmp_path / "newer.npz")
    assert quantised.sha256(again) == quantised.sha256(made)
    assert again.about == made.about
    other = quantised.quantised(net, drawn(net, 9), STANDARD, items, settings, lambda line: None)
    assert quantised.sha256(other) != quantised.sha256(made)


def test_what_no_kernel_computes_is_refused() -> None:
    net = network("gru")
    weights = drawn(net)
    items, _ = answered(net, weights)
    settings = Settings(scheme="int8")
    with pytest.raises(ModelError, match=r"^gru: no kernel runs gru in int8; use --scheme q7"):
        quantised.quantised(net, weights, STANDARD, items, settings, lambda line: None)


def test_settings_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(UsageError, match=r"^q7 has no zero points"):
        Settings(symmetric=False).check()
    with pytest.raises(UsageError, match=r"^int8 has 8 bits"):
        Settings(scheme="int8", width=16).check()


def test_weights_that_are_no_numbers_are_named(tmp_path: Path) -> None:
    net = architecture("gru_s")
    weights = drawn(net)
    weights["gru"].hidden.weight[3, 5] = np.nan  # type: ignore[union-attr]
    save_weights(net, weights, tmp_path / "float.npz")
    with pytest.raises(ModelError, match=r"^gru_s: gru\.hidden\.weight has 1 values that are no"):
        load_weights(net, tmp_path / "float.npz")
    save_weights(net, drawn(net), tmp_path / "float.npz")
    assert set(load_weights(net, tmp_path / "float.npz")) == {"gru", "fc"}
    with pytest.raises(ModelError, match=r"has no float weights of gru_m: .* is .*, not"):
        load_weights(architecture("gru_m"), tmp_path / "float.npz")
