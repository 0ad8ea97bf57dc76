"""The networks in the repository are those their records describe, and they work."""

import json
from pathlib import Path

import numpy as np
import pytest

from armsim.nn import data, features, network_q7, quantised, results
from armsim.nn.catalogue import FAMILIES, architecture
from armsim.nn.execute import execute
from armsim.nn.features import FeatureSet
from armsim.nn.network_q7 import load_network, run, shipped_weights

CLIPS = Path(__file__).parent / "data" / "clips.npz"
RECORDS = results.records()
SHIPPED = results.shipped()
WEIGHTS = shipped_weights("ds_cnn_s")


def test_all_families_are_there_in_s_and_less_than_a_megabyte_together() -> None:
    assert {f"{family}_s" for family in FAMILIES} <= set(SHIPPED)
    paths = [path for path in results.FOLDER.iterdir() if path.suffix == ".npz"]
    assert {path.stem for path in paths} == set(SHIPPED) <= set(RECORDS)
    assert sum(path.stat().st_size for path in paths) < 1e6


@pytest.mark.parametrize("name", SHIPPED)
def test_the_record_is_of_these_weights(name: str) -> None:
    record = RECORDS[name]
    network = quantised.load(shipped_weights(name))
    assert record["weights_sha256"] == quantised.sha256(network)
    assert record["model"] == network.name == name
    assert record["accuracy_percent"]["8-bit"]["test"] >= 95
    for key in ("train_command", "quantise_command", "seed", "data_sha256", "espeak_ng"):
        assert record[key]


@pytest.mark.parametrize("name", SHIPPED)
def test_nearly_all_of_the_committed_clips_are_right(name: str) -> None:
    network = quantised.load(shipped_weights(name))
    clips = data.load_packed(CLIPS)
    inputs = features.quantised(data.centred(clips), quantised.standard_of(network))
    seen = quantised.integer_inputs(architecture(name), FeatureSet(inputs, clips.labels))
    found = execute(network, seen)
    right = found["logits"].argmax(axis=1) == clips.labels
    recorded = RECORDS[name]["accuracy_percent"]["8-bit"]["test"]
    assert 100 * np.mean(right) >= recorded - 4
    # Softmax keeps the order; it may make equals of numbers that were not.
    best = found["scores"].max(axis=1)
    assert np.all(found["scores"][np.arange(120), found["logits"].argmax(axis=1)] == best)


def test_the_older_form_and_its_graph_give_the_same_scores() -> None:
    network = load_network(WEIGHTS)
    clips = data.load_packed(CLIPS)
    inputs = features.quantised(data.centred(clips), network.standard)
    scores = run(network, inputs)
    found = execute(network_q7.as_graph(network), inputs[..., np.newaxis])
    assert np.array_equal(found["logits"], scores.logits)
    assert np.array_equal(found["scores"], scores.softmax)


def test_loudness_and_place_hardly_matter() -> None:
    network = load_network(WEIGHTS)
    clips = data.load_packed(str(CLIPS)).take(np.arange(20, 120))
    centred = data.centred(clips)
    for changed in (centred // 8, np.roll(centred, 1600, axis=1), np.roll(centred, -1600, axis=1)):
        answers = run(network, features.quantised(changed, network.standard)).logits.argmax(axis=1)
        assert np.mean(answers == clips.labels) >= 0.9


def test_the_tables_in_the_readme_are_of_these_records() -> None:
    readme = Path(results.__file__).with_name("README.md").read_text()
    assert results.with_tables(readme) == readme, "stale; run armsim nn results --renew"
    assert json.dumps(RECORDS["gru_s"]["accuracy_percent"]["float"]["test"]) in results.tables()
