"""`kws` with networks of other features than 10 MFCC: what it hears is what NumPy computes."""

import os
import re
from dataclasses import replace

import numpy as np
import pytest

from armsim.nn import data, features
from armsim.nn.execute import execute
from armsim.nn.features import Rows
from armsim.nn.graph import FullyConnectedQ
from armsim.nn.graph_file import save_graph
from armsim.nn.latency import untrained
from armsim.nn.layers import Architecture, Dense, FeatureKind
from armsim.nn.quantised import standard_of

from . import listening
from .conftest import make
from .guest import FIRMWARE, SimulatedBoard
from .sounds import wav

BOARD = "nucleo-f746zg"
CLIPS = data.load_packed(FIRMWARE.parent / "tests" / "nn" / "data" / "clips.npz")
NETWORKS = {
    "mfcc13": (Rows(FeatureKind.MFCC, 13), 20, 49),
    "mfcc7": (Rows(FeatureKind.MFCC, 7), 20, 49),
    "lfbe40": (Rows(FeatureKind.LFBE, 40), 40, 25),
}


@pytest.fixture(scope="module", params=NETWORKS)
def network(request):
    """Build kws with a network of random weights that mostly says yes; return board and graph."""
    rows, stride_ms, frames = NETWORKS[request.param]
    layers = (Dense(name="fc1", outputs=8, relu=True), Dense(name="fc", outputs=12))
    net = Architecture(
        name=request.param,
        frames=frames,
        coefficients=rows.count,
        stride_ms=stride_ms,
        features=rows.kind,
        layers=layers,
    )
    graph = untrained(net)
    standard = features.standard_of(rows.of(data.centred(CLIPS)[20:60]), rows)
    about = {
        "feature_mean": standard.mean.tolist(),
        "feature_inv_sigma": standard.inv_sigma.tolist(),
    }
    *before, last, softmax = graph.operators
    assert isinstance(last, FullyConnectedQ)
    bias = last.bias.copy()
    bias[2] = 127
    graph = replace(
        graph,
        about={**graph.about, **about},
        operators=(*before, replace(last, bias=bias, bias_shift=last.out_shift), softmax),
    )
    folder = FIRMWARE / "build" / "made"
    save_graph(graph, folder / f"{request.param}.npz")
    make("network", f"NETWORK={folder / request.param}.npz")
    board = SimulatedBoard(BOARD, FIRMWARE / "build" / request.param)
    return board, f"kws-{request.param}", graph


def test_a_clip(network, tmp_path):
    board, image, graph = network
    clip = data.centred(CLIPS.take([40]))
    (tmp_path / "clip.wav").write_bytes(wav(clip[0]))
    run = board.run(image, "--scores clip.wav", tmp_path)
    assert (run.status, run.stderr) == (0, "")
    standard = standard_of(graph)
    assert f"\n{standard.kind.value} " in run.stdout
    made = features.quantised(clip, standard)
    np.testing.assert_array_equal(run.numbers("features"), made.ravel())
    assert len(np.unique(made)) > 50
    every = round(49 / graph.tensor(graph.input).shape[0])
    found = execute(graph, made[:, ::every, :, None])
    np.testing.assert_array_equal(run.numbers("logits"), found["logits"][0])
    np.testing.assert_array_equal(run.numbers("scores"), found["scores"][0])


def test_a_recording(network, tmp_path):
    board, image, graph = network
    sound = np.concatenate([CLIPS[i] for i in (15, 40, 63, 88)])[: 2 * 16_000]
    (tmp_path / "talk.wav").write_bytes(wav(sound))
    run = board.run(image, "--scores talk.wav", tmp_path)
    assert (run.status, run.stderr) == (0, "")
    rows = re.findall(r"^ *[\d.]+ s ((?: -?\d+){12})$", run.stdout, re.MULTILINE)
    windows = listening.windows_of(sound, graph)
    scores = listening.scores_of(windows, graph)
    np.testing.assert_array_equal(np.array([row.split() for row in rows], int), scores)
    lfbe = standard_of(graph).kind is FeatureKind.LFBE
    heard = listening.words_of(windows, scores, loud=slice(None) if lfbe else slice(1))
    assert heard
    said = re.findall(r"^ *[\d.]+ s +\w+ +\d+ %$", run.stdout, re.MULTILINE)
    assert said == [str(word) for word in heard]


def test_a_network_that_is_not_there_is_named():
    with pytest.raises(AssertionError, match=r"there is no network 'none\.npz'; name one by"):
        make("network", "NETWORK=none.npz")


def test_another_network_of_the_same_name_takes_the_place_of_the_first(tmp_path):
    layers = (Dense(name="fc", outputs=12),)
    images = []
    for seconds, count in ((2000, 5), (1000, 6)):  # the second file is the older one
        net = Architecture(name=f"sees_{count}", frames=49, coefficients=count, layers=layers)
        path = tmp_path / net.name / "q7.npz"
        save_graph(untrained(net), path)
        os.utime(path, (seconds, seconds))
        make("network", f"NETWORK={path}", f"BUILD={tmp_path}", f"BOARDS={BOARD}")
        options = (tmp_path / "q7" / "networks" / "q7" / "features.options").read_text()
        assert options == f"-DFEATURES_COEFFICIENTS={count}\n"
        images.append((tmp_path / "q7" / BOARD / "kws-q7.elf").read_bytes())
    assert images[0] != images[1]
