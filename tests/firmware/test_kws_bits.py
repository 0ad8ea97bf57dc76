"""The firmware computes what the NumPy models compute, bit for bit."""

import re

import numpy as np
import pytest

from armsim.nn.mfcc import mfcc_q7
from kernels import numpy_models as model

from .guest import FIRMWARE
from .sounds import some_clips, wav

CLIPS = some_clips(24)


@pytest.mark.parametrize("number", range(len(CLIPS)))
def test_features_logits_and_scores(board_and_model, tmp_path, number):
    board, network = board_and_model
    (tmp_path / "clip.wav").write_bytes(wav(CLIPS[number]))
    run = board.run("kws", "--scores clip.wav", tmp_path)
    assert (run.status, run.stderr) == (0, "")
    mean, inv_sigma = (network.floats(f"KWS_FEATURE_{x}") for x in ("MEAN", "INV_SIGMA"))
    features = mfcc_q7(CLIPS[number : number + 1], mean, inv_sigma)[0]
    np.testing.assert_array_equal(run.numbers("features").reshape(49, 10), features)
    logits = network.logits(features)
    np.testing.assert_array_equal(run.numbers("logits"), logits)
    np.testing.assert_array_equal(run.numbers("scores"), model.softmax(logits))


def test_the_built_in_clip(board_and_model, tmp_path):
    board, network = board_and_model
    text = (FIRMWARE / "kws" / "clip_yes.h").read_text()
    numbers = re.search(r"= \{(.*?)\}", text, re.DOTALL)[1].split(",")
    clip = np.array([[int(n) for n in numbers if n.strip()]], np.int16)
    mean, inv_sigma = (network.floats(f"KWS_FEATURE_{x}") for x in ("MEAN", "INV_SIGMA"))
    run = board.run("kws", "--scores", tmp_path)
    np.testing.assert_array_equal(run.numbers("features"), mfcc_q7(clip, mean, inv_sigma).ravel())
