"""What a network is translated to computes on both cores what NumPy does, bit for bit."""

import pytest

from armsim.nn.execute import execute
from armsim.nn.translate import translate
from armsim.nn.translate.program_text import random_inputs

from .graphs import GRAPHS
from .translated import assert_equal, build, run


@pytest.fixture(scope="module", params=GRAPHS)
def folder_and_graph(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("translated") / request.param
    translate(GRAPHS[request.param], folder)
    return folder, GRAPHS[request.param]


@pytest.mark.parametrize("core", ["m4", "m7"])
def test_a_translated_network_computes_what_numpy_does(folder_and_graph, core, tmp_path):
    folder, graph = folder_and_graph
    image = build(folder, core)
    alone = run(image)
    assert (alone.status, alone.stderr) == (0, "")
    inputs = random_inputs(graph, 5, seed=7)
    (tmp_path / "inputs").write_bytes(inputs.tobytes())
    assert_equal(graph, run(image, tmp_path / "inputs"), execute(graph, inputs))
