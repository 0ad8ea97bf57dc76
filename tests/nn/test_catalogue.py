"""The 21 networks have the published sizes, and what they cost is counted as published."""

import json
from pathlib import Path

import pytest

from armsim.nn.__main__ import main
from armsim.nn.catalogue import ARCHITECTURES, architecture
from armsim.nn.commands.table import differs
from armsim.nn.costs import costs
from armsim.nn.layers import (
    Architecture,
    Conv,
    Dense,
    Gru,
    ModelError,
    Padding,
    padding,
    shapes,
)
from armsim.nn.published import DIFFERENCES, PUBLISHED

# Of the models that the paper's authors published: weights, biases.
SIZES = {
    "dnn_s": (79_200, 444),
    "dnn_m": (198_144, 780),
    "dnn_l": (494_424, 1320),
    "cnn_s": (69_024, 214),
    "cnn_m": (178_176, 268),
    "cnn_l": (475_872, 334),
    "basic_lstm_s": (61_832, 484),
    "basic_lstm_m": (194_312, 868),
    "basic_lstm_l": (491_232, 1388),
    "lstm_s": (77_928, 588),
    "lstm_m": (195_600, 1132),
    "lstm_l": (493_756, 2012),
    "gru_s": (77_616, 474),
    "gru_m": (198_000, 762),
    "gru_l": (496_800, 1212),
    "crnn_s": (74_928, 504),
    "crnn_m": (188_272, 760),
    "crnn_l": (483_888, 1116),
    "ds_cnn_s": (22_016, 588),
    "ds_cnn_m": (133_472, 1560),
    "ds_cnn_l": (407_652, 3048),
}
SHAPES = {
    "cnn_s": [(40, 7, 28), (16, 4, 30), (1, 1, 16), (1, 1, 128), (1, 1, 12)],
    "crnn_l": [(20, 7, 100), (20, 1, 136), (1, 1, 136), (1, 1, 188), (1, 1, 12)],
    "lstm_s": [(1, 1, 98), (1, 1, 12)],
}
BOXES = {"s": (80e3, 6e6), "m": (200e3, 20e6), "l": (500e3, 80e6)}


def test_there_are_21_networks_for_12_classes() -> None:
    assert set(ARCHITECTURES) == set(SIZES)
    for name, net in ARCHITECTURES.items():
        *_, (last, _, after) = shapes(net)
        assert net.name == name
        assert (last.name, after) == ("fc", (1, 1, 12))
        assert net.frames == -(-49 // net.every)


def test_dnns_and_two_small_recurrent_ones_see_every_second_frame() -> None:
    every_second = {name for name, net in ARCHITECTURES.items() if net.every == 2}
    assert every_second == {"dnn_s", "dnn_m", "dnn_l", "lstm_s", "gru_s"}


@pytest.mark.parametrize("name", SIZES)
def test_weights_and_biases_are_as_many_as_published(name: str) -> None:
    counted = costs(architecture(name))
    assert (counted.weights, counted.biases) == SIZES[name]


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_between_layers(name: str) -> None:
    assert [after for _, _, after in shapes(architecture(name))] == SHAPES[name]


def test_every_figure_is_the_published_one_or_explained() -> None:
    assert {name for name, net in ARCHITECTURES.items() if differs(name, costs(net))} == set(
        DIFFERENCES
    )
    assert set(PUBLISHED) == set(ARCHITECTURES)


def test_every_network_fits_its_box_as_printed() -> None:
    for name, net in ARCHITECTURES.items():
        memory, ops = BOXES[name[-1]]
        assert costs(net).memory_bytes < memory + 50  # DNN S has 80,038
        assert costs(net).ops <= ops


def test_a_layer_is_counted_as_by_hand() -> None:
    conv = Conv(name="c", channels=4, kernel=(3, 2), padding=Padding.VALID)
    layers = (conv, Gru(name="g", cells=5), Dense(name="fc", outputs=2))
    counted = costs(Architecture(name="it", frames=6, coefficients=3, layers=layers))
    # 4 steps of 2 * 4 values; the convolution has 8 outputs of 4 channels, 6 products each.
    gru = 3 * 5 * (8 + 5)
    assert counted.weights == 4 * 6 + gru + 10
    assert counted.biases == 4 + 15 + 2
    assert counted.products == 8 * 4 * 6 + 4 * gru + 10
    assert counted.ops == 2 * counted.products + 8 * 4 + 4 * 15 + 2 + 5 * 5 * 4
    assert counted.activations == max(18 + 32, 32 + 3 * 5, 5 + 2)


def test_the_table_names_each_row_that_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["table", "--json", str(tmp_path / "it.json")]) == 0
    lines = capsys.readouterr().out.splitlines()
    row = next(line for line in lines if line.startswith("DS-CNN S"))
    assert row.split()[2:] == ["38.6", "38.6", "5.4M", "5.4M", "94.4"]
    assert sum(line.endswith(" *") for line in lines) == len(DIFFERENCES)
    for reason in DIFFERENCES.values():
        assert sum(reason in line for line in lines) == 1
    rows = json.loads((tmp_path / "it.json").read_text())
    assert len(rows) == 21
    assert {key: rows[6][key] for key in ("name", "model", "size", "memory_bytes", "ops")} == {
        "name": "basic_lstm_s",
        "model": "Basic LSTM",
        "size": "S",
        "memory_bytes": 63_278,
        "ops": 5_969_868,
    }


def test_a_window_wider_than_its_input_is_refused() -> None:
    conv = Conv(name="c", channels=1, kernel=(3, 4), padding=Padding.VALID)
    with pytest.raises(ModelError, match=r"^c has a window of 4 on an axis of 3; make it smaller"):
        padding(conv, (5, 3, 1), 1)
