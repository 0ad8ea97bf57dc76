"""Networks over many inputs on the simulated chip."""

import numpy as np
import pytest

from armsim.nn import data, features, on_chip, prepare
from armsim.nn.__main__ import main
from armsim.nn.execute import execute
from armsim.nn.features import FeatureSet
from armsim.nn.graph import GraphError
from armsim.nn.on_chip import PORTION, measure
from armsim.nn.translate import translate
from armsim.nn.translate.program_text import random_inputs

from .graphs import GRAPHS
from .translated import build

GRAPH = GRAPHS["q7_square"]


def test_scores_cycles_and_memory_are_measured(tmp_path):
    inputs = random_inputs(GRAPH, PORTION + 5, seed=1)
    lines: list[str] = []
    found = measure(GRAPH, inputs, core="m7", keep=tmp_path, jobs=2, report=lines.append)
    (name,) = GRAPH.outputs
    np.testing.assert_array_equal(found.outputs[name], execute(GRAPH, inputs)[name])
    assert (found.board, found.clock_hz, len(found.cycles)) == (
        "nucleo-f746zg", 216_000_000, PORTION + 5
    )  # fmt: skip
    assert sum(found.layers.values()) == found.cycles[-1]
    assert 20_000 < found.flash < 40_000
    assert 4_000 < found.sram < 10_000
    assert 200 < found.stack < 2_000
    assert lines[-1] == f"{PORTION + 5} of {PORTION + 5} inputs"
    assert list(tmp_path.iterdir()) == []
    shown = found.report().splitlines()
    assert [line.split()[0] for line in shown[1 : 1 + len(found.layers)]] == list(found.layers)


def test_what_was_run_before_is_kept(tmp_path):
    translate(GRAPH, tmp_path / "c")
    image = build(tmp_path / "c", "m4")
    inputs = random_inputs(GRAPH, 2 * PORTION, seed=2)
    (tmp_path / "kept").mkdir()
    whole = on_chip._run_portions(image, inputs, tmp_path / "kept", 1, lambda line: None)
    (tmp_path / "kept" / f"{PORTION}.json").unlink()
    lines: list[str] = []
    again = on_chip._run_portions(image, inputs, tmp_path / "kept", 1, lines.append)
    assert again == whole
    assert lines == ["1 of 2 portions were run before", f"{2 * PORTION} of {2 * PORTION} inputs"]


def test_a_difference_is_said():
    inputs = random_inputs(GRAPH, 3, seed=3)
    outputs = {name: value.copy() for name, value in execute(GRAPH, inputs).items()}
    (name,) = GRAPH.outputs
    outputs[name][1, 2] ^= 1
    with pytest.raises(GraphError, match=rf"{name} of input 1 is .* on the chip, .*; 1 of 3 diff"):
        on_chip._compare(GRAPH, inputs, outputs)
    with pytest.raises(GraphError, match="there are no inputs to run"):
        measure(GRAPH, inputs[:0], core="m4", keep=None)  # type: ignore[arg-type]


def test_the_command_measures_clips_on_a_core(tmp_path, monkeypatch, capsys):
    random = np.random.default_rng(4)
    clips = FeatureSet(
        random.integers(-128, 128, (9, 49, 10)).astype(np.int8), random.integers(0, 12, 9)
    )
    monkeypatch.setattr(prepare, "load_clips", lambda folder, report: None)
    monkeypatch.setattr(features, "evaluation_sets", lambda clips_, standard: {"test": clips})
    monkeypatch.setattr(data, "default_folder", lambda: tmp_path / "speech-commands")
    assert main(["evaluate", "dnn_s", "--core", "m4", "--clips", "5", "--jobs", "1"]) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert [line.split()[0] for line in lines[:6]] == "layer fc1 fc2 fc3 fc softmax".split()
    assert lines[7].startswith("stm32f4-discovery, 168 MHz: ")
    assert lines[9].endswith(" % of 5 clips, scores as in NumPy")
    assert shown.err == "5 of 5 inputs\n"
    assert list((tmp_path / "on-chip").iterdir()) == []
