"""LSTM and GRU nodes of ONNX models: near to float, equal in the chip, or one clear line."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from armsim.nn.execute import execute
from armsim.nn.graph import Affine, GraphError, GruQ, GruResetAfterQ, LstmQ, Rescale
from armsim.nn.importers.onnx import load_onnx
from armsim.nn.translate import translate
from armsim.nn.translate.program_text import random_inputs

from .onnx_examples import RANDOM, computed, normal, one_line, refused, save, wanted
from .onnx_recurrent_models import (
    CELLS,
    MODELS,
    STEPS,
    VALUES,
    crnn_of_pytorch,
    dense,
    ints,
    lstm_of_pytorch,
    node,
    stack,
    weights,
)
from .translated import assert_equal, build, run


@pytest.fixture(params=MODELS)
def case(request, tmp_path):
    """Write a model and its calibration inputs; return it, inputs as it takes them, its graph."""
    write, shape = MODELS[request.param]
    path = write(tmp_path / f"{request.param}.onnx")
    ours = tuple(n for i, n in enumerate(shape) if i != shape.index(1))
    inputs = normal(60, *ours, seed=99)
    np.save(tmp_path / "inputs.npy", inputs)
    graph = load_onnx(path, tmp_path / "inputs.npy")
    return path, inputs.reshape(-1, *shape), graph


def test_quantised_is_near_float(case):
    path, inputs, graph = case
    expected = wanted(path, inputs)
    if path.stem == "crnn_columns":
        assert graph.tensor(graph.input).shape == (18, VALUES, 1)
        inputs = inputs.swapaxes(-1, -2)
    error = np.abs(computed(graph, inputs) - expected)
    assert error.max() < 0.14 * expected.std()
    assert error.mean() < 0.025 * expected.std()


def test_the_chip_computes_what_numpy_does(case, tmp_path):
    _, _, graph = case
    core = "m4" if len(graph.name) % 2 else "m7"
    translate(graph, tmp_path / "c")
    inputs = random_inputs(graph, 4, seed=3)
    (tmp_path / "inputs").write_bytes(inputs.tobytes())
    outcome = run(build(tmp_path / "c", core), tmp_path / "inputs")
    assert_equal(graph, outcome, execute(graph, inputs))


def test_only_what_is_read_becomes_an_operator(tmp_path):
    """Layers behind each other go on in 16 bits, and of a layer only the last state is kept."""
    np.save(tmp_path / "inputs.npy", normal(8, STEPS, VALUES))
    graph = load_onnx(stack(tmp_path / "stack.onnx"), tmp_path / "inputs.npy")
    kinds = [type(operator) for operator in graph.operators[:-1]]
    assert kinds == [Rescale, GruResetAfterQ, GruQ, LstmQ, Rescale]
    assert graph.tensor("lstm1").shape == (CELLS,)


@pytest.fixture
def exported(tmp_path):
    """Return a function that writes a PyTorch module as ONNX."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra 'nn')")

    def export(module, shape) -> Path:
        path = tmp_path / "exported.onnx"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # this exporter is deprecated; the other needs more
            torch.onnx.export(
                module.eval(), (torch.zeros(shape),), str(path), dynamo=False, input_names=["x"]
            )
        return path

    return torch, export


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "CRNN"])
def test_what_pytorch_exports_is_near_what_it_computes(exported, kind, tmp_path):
    torch, export = exported
    torch.manual_seed(1)

    class Spotter(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(1, 4, (5, 4), (1, 2)) if kind == "CRNN" else None
            values, layer = (4 * 4, "GRU") if kind == "CRNN" else (10, kind)
            self.layers = getattr(torch.nn, layer)(values, 16, num_layers=2, batch_first=True)
            self.dense = torch.nn.Linear(16, 5)

        def forward(self, x):
            if self.conv is not None:
                x = torch.relu(self.conv(x))
                batch, channels, steps, width = x.shape
                x = x.permute(0, 2, 1, 3).reshape(batch, steps, channels * width)
            return self.dense(self.layers(x)[0][:, -1])

    module = Spotter()
    shape = (1, 1, 12, 10) if kind == "CRNN" else (1, 12, 10)
    path = export(module, shape)
    inputs = normal(50, *shape[1:], seed=3)
    np.save(tmp_path / "inputs.npy", inputs)
    graph = load_onnx(path, tmp_path / "inputs.npy")
    with torch.no_grad():
        expected = module(torch.from_numpy(inputs)).numpy()
    error = np.abs(computed(graph, inputs) - expected)
    assert error.max() < 0.03 * np.ptp(expected)


GRU_INPUTS = ["t", "W", "R", "B"]


def one_layer(path: Path, kind="GRU", inputs=GRU_INPUTS, outputs=("Y", "Yh"), change=(), **fields):
    """Write a model with one layer, some of its constants changed."""
    constants = weights(kind) | dense() | dict(change)
    nodes = [
        node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),
        node(kind, inputs, outputs, name="layer", **({"hidden_size": CELLS} | fields)),
        node("Squeeze", ["Yh"], ["h"]),
        node("MatMul", ["h", "fc"], ["y"]),
    ]
    return save(path, nodes, constants, [1, STEPS, VALUES])


NOT_NUMBERS = normal(1, 3 * CELLS, CELLS) * np.float32(np.inf)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"direction": "reverse"}, "the direction 'reverse' is not supported; 'forward' is"),
        ({"direction": "bidirectional"}, "the direction 'bidirectional' is not supported"),
        ({"direction": 1}, "the direction 1 is not supported"),
        ({"activations": ["Sigmoid", "Relu"]}, "the activations ['Sigmoid', 'Relu'] are not"),
        ({"activations": 3}, "the activations 3 are not supported; sigmoid, tanh are"),
        ({"clip": 1.5}, "clip 1.5 is not supported; 0 is"),
        ({"linear_before_reset": 2}, "linear_before_reset is 2, not 0 or 1"),
        ({"layout": 1}, "layout 1 is not supported; 0 is"),
        ({"kind": "LSTM", "input_forget": 1}, "input_forget 1 is not supported; 0 is"),
        ({"hidden_size": 9}, "hidden_size is 9, but R has 8"),
        ({"change": {"R": NOT_NUMBERS}}, "its weights R (R) hold NaN or infinity"),
        ({"change": {"W": normal(2, 24, 10)}}, "its weights W of (2, 24, 10) are not of one dir"),
        ({"change": {"W": normal(1, 25, 10)}}, "its weights W of (1, 25, 10) are not for 3 gates"),
        ({"change": {"W": normal(1, 27, 10)}}, "are not those of 3 gates of 8 cells"),
        ({"change": {"W": normal(1, 24, 9)}}, "9 columns of weights W for 10 values"),
        ({"change": {"W": normal(24, 10)}}, "its weights W of (24, 10) are not of one direction"),
        ({"change": {"R": normal(1, 24, 7)}}, "are not those of 3 gates of 7 cells"),
        ({"change": {"B": normal(1, 47)}}, "its biases B are 47 values, not 48"),
        ({"inputs": [*GRU_INPUTS, "n"], "change": {"n": ints(4)}}, "sequence_lens other than all"),
        ({"inputs": [*GRU_INPUTS, "", "h"], "change": {"h": normal(1, 1, 8)}},
         "initial states (h) other than zeros of 8 cells are not supported"),
        ({"inputs": [*GRU_INPUTS, "", "h"], "change": {"h": np.zeros((1, 1, 7), np.float32)}},
         "initial states (h) other than zeros of 8 cells are not supported"),
        ({"inputs": [*GRU_INPUTS, "", "x"]}, "its initial states (x) are not constant"),
        ({"inputs": [*GRU_INPUTS, "", "", "B"]}, "it has 7 inputs"),
        ({"inputs": ["x", "W", "R"]}, "its input x of (1, 9, 10) is not one sequence"),
        ({"inputs": ["t", "W", "fc"]}, "its weights R of (8, 4) are not of one direction"),
        ({"kind": "LSTM", "inputs": [*GRU_INPUTS, "", "", "", "P"],
          "change": {"P": normal(1, 23)}}, "its peepholes P are 23 values, not 24"),
        ({"kind": "LSTM", "outputs": ("", "", "Yh")}, "its cells (Yh) cannot be read"),
    ],
)  # fmt: skip
def test_what_no_kernel_does_is_named(fields, message, tmp_path, capsys):
    refused(one_layer(tmp_path / "m.onnx", **fields))
    assert f"m.onnx: node layer ({fields.get('kind', 'GRU')}): " in (line := one_line(capsys))
    assert message in line


def test_weights_that_reach_too_far_are_named(tmp_path, capsys):
    path = one_layer(tmp_path / "m.onnx", change={"W": normal(1, 24, 10, scale=1e4)})
    np.save(tmp_path / "inputs.npy", normal(4, STEPS, VALUES))
    refused(path, "--calibrate", str(tmp_path / "inputs.npy"))
    assert "weights of layer.input reach " in (line := one_line(capsys))
    assert line.endswith("with more weight decay, or with standardised inputs\n")


def test_cells_need_ranges_and_steps_a_number(tmp_path, capsys):
    refused(one_layer(tmp_path / "m.onnx"))
    assert "give representative inputs with --calibrate FILE.npy" in one_line(capsys)
    path = save(tmp_path / "m.onnx", [node("GRU", ["x", "W", "R"], ["y"])], weights("GRU"),
                [None, 1, VALUES])  # fmt: skip
    refused(path)
    assert "the input x has the shape (0, 1, 10), not (1, channels, " in one_line(capsys)


def test_steps_that_lie_across_memory_are_refused(tmp_path, capsys):
    """The values of a channel are not one behind the other."""
    nodes = [
        node("Conv", ["x", "w"], ["c"]),
        node("Reshape", ["c", "three"], ["v"]),
        node("Transpose", ["v"], ["t"], perm=[1, 0, 2]),
        node("GRU", ["t", "W", "R"], ["", "y"], name="layer"),
    ]
    constants = weights("GRU", 12) | {"w": normal(9, 1, 1, 1), "three": ints(1, 9, 12)}
    refused(save(tmp_path / "m.onnx", nodes, constants, [1, 1, 3, 4]))
    assert "node layer (GRU): its input's values are not in the order in" in one_line(capsys)


def test_a_model_that_quantises_all_around_it_needs_no_ranges(tmp_path):
    """What it says of input and output stays; states have a scale of their own."""
    levels = {k: np.rint(v / 0.015).clip(-127, 127).astype(np.int8)
              for k, v in weights("GRU").items()}  # fmt: skip
    constants = {
        **levels, "sw": np.float32(0.015), "fc": dense()["fc"], "first": ints(0),
        "sx": np.float32(0.03), "zx": np.int8(5), "sy": np.float32(0.05), "zy": np.int8(3),
    }  # fmt: skip
    nodes = [
        node("QuantizeLinear", ["x", "sx", "zx"], ["xq"]),
        node("DequantizeLinear", ["xq", "sx", "zx"], ["xf"]),
        *(node("DequantizeLinear", [name, "sw"], [f"{name}f"]) for name in levels),
        node("Transpose", ["xf"], ["t"], perm=[1, 0, 2]),
        node("GRU", ["t", "Wf", "Rf", "Bf"], ["", "Yh"], hidden_size=CELLS),
        node("Squeeze", ["Yh", "first"], ["h"]),
        node("QuantizeLinear", ["h", "sw", "zx"], ["hq"]),
        node("DequantizeLinear", ["hq", "sw", "zx"], ["hf"]),
        node("MatMul", ["hf", "fc"], ["m"]),
        node("QuantizeLinear", ["m", "sy", "zy"], ["yq"]),
        node("DequantizeLinear", ["yq", "sy", "zy"], ["y"]),
    ]
    path = save(tmp_path / "qdq.onnx", nodes, constants, [1, STEPS, VALUES], opset=21)
    graph = load_onnx(path)
    assert graph.tensor("fc1").quantisation == Affine(scale=float(np.float32(0.05)), zero_point=3)
    inputs = normal(40, STEPS, VALUES, seed=4)
    expected = wanted(path, inputs[:, np.newaxis])
    assert np.abs(computed(graph, inputs) - expected).max() < 0.14 * expected.std()


def test_random_damage_never_ends_in_a_traceback(tmp_path):
    random = RANDOM(5)
    path = tmp_path / "damaged.onnx"
    for write, steps in ((lstm_of_pytorch, (STEPS, VALUES)), (crnn_of_pytorch, (1, 18, VALUES))):
        np.save(tmp_path / "inputs.npy", normal(2, *steps))
        data = write(tmp_path / "model.onnx").read_bytes()
        for _ in range(200):
            broken = bytearray(data)
            for place in random.integers(0, len(data), 3):
                broken[place] = random.integers(0, 256)
            path.write_bytes(broken)
            try:
                load_onnx(path, tmp_path / "inputs.npy")
            except GraphError as error:
                assert "\n" not in str(error)
