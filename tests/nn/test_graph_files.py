"""A graph survives its file; a file that is damaged or hostile gives one clear line."""

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from armsim.nn.execute import execute
from armsim.nn.graph import Affine, GraphError, PowerOfTwo, ReluQ, Rescale
from armsim.nn.graph_check import check
from armsim.nn.graph_file import load_graph, save_graph
from armsim.nn.translate.program_text import random_inputs

from .graphs import GRAPHS, Builder


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_survives_its_file(name, tmp_path):
    graph = replace(GRAPHS[name], about={"classes": ["yes", "no"], "mean": [0.1, -2.5]})
    save_graph(graph, tmp_path / "deep" / "it.npz")
    loaded = load_graph(tmp_path / "deep" / "it.npz")
    inputs = random_inputs(graph, 3, seed=1)
    for name_of_output, value in execute(graph, inputs).items():
        np.testing.assert_array_equal(value, execute(loaded, inputs)[name_of_output])
    assert (loaded.about, loaded.tensors) == (graph.about, graph.tensors)
    save_graph(loaded, tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "deep" / "it.npz").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.npz", "deep"]


@pytest.fixture
def members(tmp_path):
    """The description and the arrays of a file."""
    save_graph(GRAPHS["gru"], tmp_path / "it.npz")
    with np.load(tmp_path / "it.npz") as stored:
        arrays = dict(stored)
    return json.loads(arrays.pop("graph").tobytes()), arrays


def refusal(tmp_path, description, arrays) -> str:
    text = np.frombuffer(json.dumps(description).encode(), np.uint8)
    np.savez(tmp_path / "broken.npz", graph=text, **arrays)
    with pytest.raises(GraphError) as error:
        load_graph(tmp_path / "broken.npz")
    assert "\n" not in str(error.value)
    return str(error.value)


def test_what_is_wrong_is_said(tmp_path, members):
    description, arrays = members
    gru = next(o for o in description["operators"] if o["kind"] == "GruQ")
    for change, wanted in [
        ({"int_width": 9}, "int_width is 9, not 0 to 3"),
        ({"int_width": "3"}, "'3', not of type int"),
        ({"int_width": True}, "'True', not of type int"),
        ({"kind": "Exec"}, "unknown kind 'Exec'"),
        ({"more": 1}, "has no or an unknown 'more'"),
        ({"inputs": ["nowhere"]}, "reads nowhere, which nothing has written"),
        ({"input": "not there"}, "is 'not there', not an object"),
        ({"name": "a/b"}, "the name 'a/b' is not one of"),
    ]:
        kept = dict(gru)
        gru.update(change)
        assert wanted in refusal(tmp_path, description, arrays)
        gru.clear()
        gru.update(kept)
    name = gru["input"]["weights"]
    assert "has no array" in refusal(
        tmp_path, description, {k: v for k, v in arrays.items() if k != name}
    )
    assert "input weights are int8[27, 9], not int8[27, 10]" in refusal(
        tmp_path, description, {**arrays, name: arrays[name][:, 1:]}
    )
    assert "is not of format 1" in refusal(tmp_path, {**description, "format": 2}, arrays)


def test_damaged_and_hostile_files_are_refused(tmp_path):
    path = tmp_path / "it.npz"
    with pytest.raises(GraphError, match=r"there is no .*it\.npz; make it with"):
        load_graph(path)
    save_graph(GRAPHS["q7_image"], path)
    data = path.read_bytes()
    random = np.random.default_rng(1)
    for number in range(300):
        broken = bytearray(data[: random.integers(1, len(data))] if number % 5 == 0 else data)
        for place in random.integers(0, len(broken), 3):
            broken[place] = random.integers(0, 256)
        path.write_bytes(broken)
        try:
            load_graph(path)
        except GraphError as error:
            assert "\n" not in str(error)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("graph.npy", bytes(300 << 20))
    with pytest.raises(GraphError, match="it unpacks to more than 256 MB"):
        load_graph(path)
    stream = io.BytesIO()
    np.save(stream, np.array([{}], object), allow_pickle=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("graph.npy", stream.getvalue())
    with pytest.raises(GraphError, match="is not a network"):
        load_graph(path)


@pytest.mark.parametrize(
    ("name", "number", "change", "wanted"),
    [
        ("q7_image", 0, {"out_shift": 31}, "out_shift is 31, not 0 to 30"),
        ("q7_image", 0, {"stride": (0, 1)}, "kernel and stride are not positive"),
        ("q7_image", 0, {"inputs": ("x", "x")}, "it reads 2 tensors, not 1"),
        ("s8_image", 0, {"activation": (5, 4)}, "the activation's limits (5, 4) are not within"),
        ("s8_image", 0, {"dilation": (0, 1)}, "dilation is not positive"),
        ("s8_image", 14, {"shift": 31}, "the shift is 31, not 0 to 30"),
        ("s8_residual", 3, {"left_shift": 21}, "left_shift is 21, not 0 to 20"),
    ],
)
def test_what_no_kernel_takes_is_refused(name, number, change, wanted):
    graph = GRAPHS[name]
    operators = list(graph.operators)
    operators[number] = replace(operators[number], **change)
    with pytest.raises(GraphError) as error:
        check(replace(graph, operators=tuple(operators)))
    assert wanted in str(error.value)
    assert operators[number].name in str(error.value)


def test_outputs_are_computed():
    graph = GRAPHS["q7_image"]
    with pytest.raises(GraphError, match="q7_image: the input is an output"):
        check(replace(graph, outputs=(*graph.outputs, "x")))
    with pytest.raises(GraphError, match="q7_image: the output y is not written"):
        check(replace(graph, outputs=(*graph.outputs, "y")))


@pytest.mark.parametrize(
    ("scale", "zero_point", "bits", "wanted"),
    [
        (0.25, 0, 3, "2 fraction bits in, but 3 out instead of 2"),
        (0.3, 0, 1, "the scale of x is no power of two"),
        (0.3, 5, None, ""),
    ],
)
def test_what_is_widened_keeps_its_scale(scale, zero_point, bits, wanted):
    b = Builder("wide", (4,), quantisation=Affine(scale=scale, zero_point=zero_point))
    b.add(Rescale, (4,), shift=0, dtype="int16", quantisation=PowerOfTwo(bits=bits))
    if not wanted:
        b.done()
        return
    with pytest.raises(GraphError, match=wanted):
        b.done()


def test_what_is_narrowed_has_no_zero_point():
    b = Builder("narrow", (4,), "int16", PowerOfTwo(bits=15))
    b.add(Rescale, (4,), shift=-8, dtype="int8", quantisation=Affine(scale=2**-7, zero_point=1))
    with pytest.raises(GraphError, match="the output has a zero point"):
        b.done()


def test_scales_must_fit(tmp_path):
    graph = GRAPHS["q7_image"]
    tensors = [
        replace(t, quantisation=PowerOfTwo(bits=9)) if t.name == graph.outputs[1] else t
        for t in graph.tensors
    ]
    with pytest.raises(GraphError, match="shares have 7 fraction bits"):
        check(replace(graph, tensors=tuple(tensors)))


def test_a_network_has_an_end():
    b = Builder("long", (4,), "int8", PowerOfTwo(bits=7))
    for _ in range(1025):
        b.add(ReluQ, (4,))
    with pytest.raises(GraphError, match="long: it has 1025 operators; 1024 are the most"):
        b.done()
