"""The weights in the repository are those their record describes, and they work."""

import json
from pathlib import Path

import numpy as np

from armsim.nn import data, features
from armsim.nn.network_q7 import load_network, run, shipped_weights, weights_sha256

CLIPS = Path(__file__).parent / "data" / "clips.npz"
WEIGHTS = shipped_weights("ds_cnn_s")
RECORD = json.loads(WEIGHTS.with_suffix(".json").read_text())


def test_the_record_is_of_these_weights() -> None:
    assert RECORD["weights_sha256"] == weights_sha256(load_network(WEIGHTS))
    assert RECORD["accuracy_percent"]["8-bit"]["test"] >= 95
    for key in ("train_command", "quantise_command", "seed", "data_sha256", "espeak_ng"):
        assert RECORD[key]


def test_at_least_95_percent_of_the_committed_clips_are_right() -> None:
    network = load_network(WEIGHTS)
    clips = data.load_packed(CLIPS)
    inputs = features.quantised(data.centred(clips), network.standard)
    scores = run(network, inputs)
    assert np.mean(scores.logits.argmax(axis=1) == clips.labels) >= 0.95
    # Softmax keeps the order; it may make equals of numbers that were not.
    best = scores.softmax.max(axis=1)
    assert np.all(scores.softmax[np.arange(120), scores.logits.argmax(axis=1)] == best)


def test_loudness_and_place_hardly_matter() -> None:
    network = load_network(WEIGHTS)
    clips = data.load_packed(CLIPS).take(np.arange(20, 120))
    centred = data.centred(clips)
    for changed in (centred // 8, np.roll(centred, 1600, axis=1), np.roll(centred, -1600, axis=1)):
        answers = run(network, features.quantised(changed, network.standard)).logits.argmax(axis=1)
        assert np.mean(answers == clips.labels) >= 0.9
