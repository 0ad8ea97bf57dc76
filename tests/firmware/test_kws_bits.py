"""The firmware computes what the NumPy models compute, bit for bit."""

import numpy as np
import pytest

from armsim.nn.mfcc import mfcc_q7
from kernels import numpy_models as model

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
