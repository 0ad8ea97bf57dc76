"""The shipped firmware on recorded words: what the simulator hears is what NumPy computes."""

import numpy as np
import pytest

from armsim.nn import data, features
from armsim.nn.network_q7 import load_network, run, shipped_weights

from .guest import FIRMWARE, Board, SimulatedBoard
from .sounds import wav

CLIPS = FIRMWARE.parent / "tests" / "nn" / "data" / "clips.npz"
WORDS = "silence unknown yes no up down left right on off stop go".split()
PARTS = 12


@pytest.fixture(scope="session")
def clips():
    """Return the committed clips, one second each."""
    return data.centred(data.load_packed(CLIPS))


@pytest.fixture(scope="session")
def expected(clips):
    """Return features and scores of every clip by the NumPy model."""
    network = load_network(shipped_weights("ds_cnn_s"))
    inputs = features.quantised(clips, network.standard)
    return inputs, run(network, inputs)


@pytest.fixture(scope="session")
def simulated_m4(shipped_build) -> Board:
    return SimulatedBoard("stm32f4-discovery", shipped_build)


@pytest.fixture(scope="session")
def simulated_m7(shipped_build) -> Board:
    return SimulatedBoard("nucleo-f746zg", shipped_build)


def hear(board, folder, clips, expected, numbers):
    inputs, scores = expected
    for number in numbers:
        (folder / "clip.wav").write_bytes(wav(clips[number]))
        heard = board.run("kws", "--scores clip.wav", folder)
        assert (heard.status, heard.stderr) == (0, "")
        np.testing.assert_array_equal(heard.numbers("features"), inputs[number].ravel())
        np.testing.assert_array_equal(heard.numbers("logits"), scores.logits[number])
        np.testing.assert_array_equal(heard.numbers("scores"), scores.softmax[number])
        assert heard.stdout.split()[0] == WORDS[int(scores.logits[number].argmax())]


def test_there_are_at_least_100_clips(clips):
    assert len(clips) >= 100


@pytest.mark.parametrize("part", range(PARTS))
def test_features_and_scores_on_the_m7(simulated_m7, clips, expected, tmp_path, part):
    hear(simulated_m7, tmp_path, clips, expected, range(part, len(clips), PARTS))


@pytest.mark.parametrize("part", range(0, PARTS, 4))
def test_features_and_scores_on_the_m4(simulated_m4, clips, expected, tmp_path, part):
    hear(simulated_m4, tmp_path, clips, expected, range(part, len(clips), PARTS))
