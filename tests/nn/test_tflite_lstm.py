"""LSTMs of TensorFlow Lite: near to TensorFlow Lite, equal on the chip, or one clear line.

The kernel has CMSIS-NN's arithmetic, which is not quite TensorFlow Lite's: what that computes,
`tests/golden/tflite_sequence.txt` (see `test_tflite_models.py`), differs by 1 at most.
"""

from pathlib import Path

import numpy as np
import pytest

from armsim.nn.execute import execute
from armsim.nn.graph import GraphError, LstmS8
from armsim.nn.importers.tflite import load_tflite
from armsim.nn.translate import translate

from .translated import assert_equal, build, run

pytest.importorskip("flatbuffers")
from .tflite_examples import sequence

GOLDEN = Path(__file__).parents[1] / "golden" / "tflite_sequence.txt"


@pytest.fixture
def graph(tmp_path):
    return load_tflite(sequence().save(tmp_path / "sequence.tflite"))


def inputs_of(graph):
    shape = 60, *graph.tensor(graph.input).shape
    return np.random.default_rng(8).integers(-128, 128, shape).astype(np.int8)[:8]


def test_numpy_is_near_tensorflow_lite(graph):
    found = execute(graph, inputs_of(graph))
    ours = np.concatenate([found[name].reshape(8, -1) for name in graph.outputs], axis=1)
    wanted = np.loadtxt(GOLDEN, dtype=int)
    assert wanted.std() > 20
    difference = np.abs(ours - wanted)
    assert difference.max() <= 1
    assert difference.mean() < 0.05


def test_of_the_second_only_the_last_state_is_kept(graph):
    shapes = [graph.tensor(o.output).shape for o in graph.operators if isinstance(o, LstmS8)]
    assert shapes == [(6, 8), (5,)]


@pytest.mark.parametrize("core", ["m4", "m7"])
def test_the_chip_computes_what_numpy_does(graph, core, tmp_path):
    translate(graph, tmp_path / "c")
    inputs = inputs_of(graph)
    (tmp_path / "inputs").write_bytes(inputs.tobytes())
    outcome = run(build(tmp_path / "c", core), tmp_path / "inputs")
    assert_equal(graph, outcome, execute(graph, inputs))


def _tensor(name, **change):
    """Return what changes a tensor of the model: its shape, type, scale or values."""
    fields = ("name", "shape", "dtype", "scale", "zero", "values", "axis")

    def apply(model):
        number = next(i for i, tensor in enumerate(model.tensors) if tensor[0] == name)
        old = dict(zip(fields, model.tensors[number], strict=True))
        model.tensors[number] = tuple((old | change).values())

    return apply


def _option(**change):
    def apply(model):
        model.operators[0][4].update(change)

    return apply


def _input(number, tensor):
    def apply(model):
        model.operators[0][1][number] = tensor

    return apply


def _scale(number):
    return {"scale": np.array([number], np.float32)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_option(slot_0=("b", 1)), "the activation 1 is not supported; tanh (4) is"),
        (_option(slot_1=("f", -2.0)), "cell_clip is -2, not a positive number"),
        (_option(slot_1=("f", np.nan)), "cell_clip is nan, not a positive number"),
        (_option(slot_5=("b", 1)), "diagonal weights of the state are not supported"),
        (_option(slot_3=("b", 1)), "x of (1, 6, 7) is not one sequence"),
        (_input(9, 1), "peepholes (input 9) are not supported"),
        (_input(16, 1), "projections (input 16) are not supported"),
        (_input(20, 1), "normalised gates (input 20) are not supported"),
        (_input(1, -1), "its weights of the input (input 1) are missing"),
        (_input(12, -1), "its biases (input 12) are missing"),
        (_input(19, -1), "its cells (input 19) are missing"),
        (_tensor("lstm1_cells", **_scale(0.0003)), "its cells have the scale 0.0003, not a power"),
        (_tensor("lstm1_cells", **_scale(np.nan)), "lstm1_cells has the scale nan, not a positive"),
        (_tensor("lstm1_cells", dtype="int8"), "lstm1_cells is int8 with 1 scales, not int16 with"),
        (_tensor("lstm1_state", dtype="float32"), "lstm1_state is float32 with 1 scales, not int8"),
        (_tensor("lstm1_2", zero=3), "lstm1_2 is (8, 7) with biases (8,), not (8, 7) with 8, with"),
        (_tensor("lstm1_2", shape=(7, 8), values=np.ones((7, 8), np.int8)),
         "lstm1_2 is (7, 8) with biases (8,), not (8, 7) with 8"),
        (_tensor("lstm1_bias2", shape=(7,), values=np.ones(7, np.int32)), "with biases (7,), not"),
        (_tensor("lstm1_bias2", values=None), "its biases (lstm1_bias2) are int32, not constant"),
        (_tensor("lstm1_y", shape=[1, 6, 9]), "the output is (1, 6, 9), not (1, 6, 8)"),
        (_tensor("begin", values=np.array([0, -2, 0], np.int32)),
         "operator 2, STRIDED_SLICE (last): only the last step of an LSTM may be sliced out"),
    ],
)  # fmt: skip
def test_what_no_kernel_does_is_named(change, message, tmp_path):
    model = sequence()
    change(model)
    with pytest.raises(GraphError) as error:
        load_tflite(model.save(tmp_path / "m.tflite"))
    assert message in str(error.value)
    assert str(error.value).startswith("m.tflite: operator ")


def test_random_damage_never_ends_in_a_traceback(tmp_path):
    path = sequence().save(tmp_path / "m.tflite")
    data, random = path.read_bytes(), np.random.default_rng(4)
    for _ in range(400):
        broken = bytearray(data)
        for place in random.integers(8, len(broken), 4):
            broken[place] = random.integers(0, 256)
        path.write_bytes(broken)
        try:
            load_tflite(path)
        except GraphError as error:
            assert "\n" not in str(error)
