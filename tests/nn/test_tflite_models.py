"""TensorFlow Lite models: equal to TensorFlow Lite, equal on the chip, one clear line if broken.

`tests/golden/tflite_*.txt` is what ai-edge-litert 2.3.0 computes with its reference kernels.
"""

from pathlib import Path

import numpy as np
import pytest

from armsim.nn.__main__ import main
from armsim.nn.execute import execute
from armsim.nn.graph import GraphError
from armsim.nn.importers import scales
from armsim.nn.importers.tflite import load_tflite
from armsim.nn.translate import translate

from .translated import assert_equal, build, run

pytest.importorskip("flatbuffers")
from .tflite_examples import MODELS
from .tflite_writer import Model

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(params=MODELS)
def model(request, tmp_path) -> Path:
    return MODELS[request.param]().save(tmp_path / f"{request.param}.tflite")


def inputs_of(graph):
    shape = 60, *graph.tensor(graph.input).shape
    return np.random.default_rng(8).integers(-128, 128, shape).astype(np.int8)[:8]


def test_numpy_computes_what_tensorflow_lite_does(model):
    graph = load_tflite(model)
    found = execute(graph, inputs_of(graph))
    ours = np.concatenate([found[name].reshape(8, -1) for name in graph.outputs], axis=1)
    wanted = np.loadtxt(GOLDEN / f"tflite_{model.stem}.txt", dtype=int)
    np.testing.assert_array_equal(ours, wanted)


@pytest.mark.parametrize("core", ["m4", "m7"])
def test_the_chip_computes_what_numpy_does(model, core, tmp_path):
    graph = load_tflite(model)
    translate(graph, tmp_path / "c")
    inputs = inputs_of(graph)
    (tmp_path / "inputs").write_bytes(inputs.tobytes())
    outcome = run(build(tmp_path / "c", core), tmp_path / "inputs")
    assert_equal(graph, outcome, execute(graph, inputs))


@pytest.mark.parametrize(
    ("real", "written"),
    [
        (1.0, (1 << 30, 1)),
        (0.75, (3 << 29, 0)),
        (2**-31 * 0.999, (2145336164, -31)),
        (2**-40, (0, 0)),
        (1 - 2**-40, (1 << 30, 1)),
        (3e9, (2**31 - 1, 30)),
        (0.0, (0, 0)),
    ],
)
def test_a_factor_is_a_fraction_and_a_power_of_two(real, written):
    assert scales.multiplier(real) == written


def test_rounding_is_away_from_zero():
    assert [scales.round_half_away(x) for x in (-2.5, -0.5, 0.5, 1.5, 1.4)] == [-3, -1, 1, 2, 1]


# What cannot be taken


def refused(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Translate; expect one line, and nothing written."""
    assert main(["translate", str(path), "-o", str(path.parent / "out")]) == 2
    assert not (path.parent / "out").exists()
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    return shown.err


def test_an_operator_that_is_missing_is_named_with_its_node(tmp_path, capsys):
    m = Model()
    x, y = (m.tensor(name, [1, 4], scale=0.1) for name in ("x", "two"))
    m.operator("CONCATENATION", [x, x], y)
    m.inputs, m.outputs = [x], [y]
    message = refused(m.save(tmp_path / "m.tflite"), capsys)
    assert "m.tflite: operator 0, CONCATENATION (two): this operator is not supported" in message


def test_a_float_model_is_named_as_such(tmp_path, capsys):
    m = Model()
    x, y = (m.tensor(name, [1, 4], "float32") for name in ("x", "y"))
    m.operator("RELU", [x], y)
    m.inputs, m.outputs = [x], [y]
    message = refused(m.save(tmp_path / "m.tflite"), capsys)
    assert "x is float32, not int8; convert the model with full-integer quantisation" in message


def test_a_scale_that_is_no_number_is_named(tmp_path, capsys):
    m = Model()
    x, y = m.tensor("x", [1, 4], scale=0.1), m.tensor("y", [1, 4], scale=np.nan)
    m.operator("RELU", [x], y)
    m.inputs, m.outputs = [x], [y]
    message = refused(m.save(tmp_path / "m.tflite"), capsys)
    assert "operator 0, RELU (y): y has the scale nan, not a positive number" in message


def test_a_pad_that_no_convolution_takes_is_refused(tmp_path, capsys):
    m = Model()
    x, p, y = (m.tensor(n, [1, s, s, 2], scale=0.1) for n, s in (("x", 4), ("p", 6), ("y", 6)))
    pads = np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32)
    m.operator("PAD", [x, m.constant("pads", pads)], p)
    m.operator("RELU", [p], y)
    m.inputs, m.outputs = [x], [y]
    message = refused(m.save(tmp_path / "m.tflite"), capsys)
    assert "operator 1, RELU (y): a PAD of (1, 1) ahead of it is supported" in message


def test_other_files_are_refused(tmp_path, capsys):
    assert "none.tflite cannot be read: No such file" in refused(tmp_path / "none.tflite", capsys)
    (tmp_path / "text.tflite").write_text("hello, this is no model")
    assert "text.tflite is not a TensorFlow Lite model: it does not say TFL3" in refused(
        tmp_path / "text.tflite", capsys
    )


def test_random_damage_never_ends_in_a_traceback(model):
    data = model.read_bytes()
    random = np.random.default_rng(2)
    for number in range(400):
        broken = bytearray(data[: random.integers(8, len(data))] if number % 4 == 0 else data)
        for place in random.integers(8, len(broken), 4):
            broken[place] = random.integers(0, 256)
        model.write_bytes(broken)
        try:
            load_tflite(model)
        except GraphError as error:
            assert "\n" not in str(error)
