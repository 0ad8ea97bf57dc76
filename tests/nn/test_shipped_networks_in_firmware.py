"""Every shipped network, translated, hears on a simulated Cortex-M7 what NumPy hears."""

from pathlib import Path

import numpy as np
import pytest

from armsim.nn import data, features, quantised, results
from armsim.nn.catalogue import architecture
from armsim.nn.execute import execute
from armsim.nn.features import FeatureSet
from armsim.nn.network_q7 import shipped_weights
from armsim.nn.translate import translate

from .translated import assert_equal, build, run

CLIPS = Path(__file__).parent / "data" / "clips.npz"


@pytest.mark.parametrize("name", results.shipped())
def test_scores_are_equal(name: str, tmp_path: Path) -> None:
    graph = quantised.load(shipped_weights(name))
    clips = data.load_packed(CLIPS).take([15, 44, 73, 102])
    seen = features.quantised(data.centred(clips), quantised.standard_of(graph))
    inputs = quantised.integer_inputs(architecture(name), FeatureSet(seen, clips.labels))
    (tmp_path / "inputs").write_bytes(np.ascontiguousarray(inputs).tobytes())
    folder = tmp_path / name
    translate(graph, folder)
    outcome = run(build(folder, "m7"), tmp_path / "inputs")
    expected = execute(graph, inputs)
    assert_equal(graph, outcome, expected)
    assert expected["logits"].argmax(axis=1).tolist() == clips.labels.tolist()
