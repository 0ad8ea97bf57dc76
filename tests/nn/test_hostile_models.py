"""Files made to harm: one line each, little memory, little time."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from armsim.nn.graph import GraphError
from armsim.nn.importers.onnx import load_onnx
from armsim.nn.importers.tflite import load_tflite

pytest.importorskip("flatbuffers")
from .onnx_examples import helper, normal, onnx, save
from .tflite_writer import Model

MANY = 20_000


def refused(path: Path, text: str) -> None:
    """Load; expect one short line that says `text`, and no more than 300 MB in use."""
    tracemalloc.start()
    try:
        with pytest.raises(GraphError) as caught:
            (load_tflite if path.suffix == ".tflite" else load_onnx)(path)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    message = str(caught.value)
    assert text in message
    assert message.isprintable()
    assert len(message) <= 1004
    assert most < 300 << 20


def one_operator(kind: str, shape: list[int], name: str = "y") -> Model:
    m = Model()
    x, y = (m.tensor(n, shape, scale=0.1) for n in ("x", name))
    m.operator(kind, [x], y)
    m.inputs, m.outputs = [x], [y]
    return m


def test_names_are_shown_in_one_line(tmp_path):
    name = 'a\n"*/\x00\u2028' + 2000 * "b"
    m = one_operator("CONCATENATION", [1, 4], name)
    refused(m.save(tmp_path / "m.tflite"), 'CONCATENATION (a "*/ bbb')
    m = one_operator("RELU", [1, 4])
    m.tensor(name, [3], "int8", values=np.zeros(4, np.int8))
    refused(m.save(tmp_path / "m.tflite"), "is not a TensorFlow Lite model: a ")
    save(tmp_path / "m.onnx", [helper.make_node("Relu", ["x"], ["y"])], {name: normal(3)}, [1, 4])
    model = onnx.load(tmp_path / "m.onnx")
    model.graph.initializer[0].dims[0] = 4
    onnx.save(model, tmp_path / "m.onnx")
    refused(tmp_path / "m.onnx", "is not an ONNX model: a ")


@pytest.mark.parametrize("shape", [[1, 2**31 - 1], [1, 60_000, 60_000, 1]])
def test_shapes_that_no_memory_holds_are_refused(tmp_path, shape):
    refused(one_operator("RELU", shape).save(tmp_path / "m.tflite"), "has more than 16777216 value")


def test_a_scale_that_overflows_says_nothing_else(tmp_path, recwarn):
    m = one_operator("RELU", [1, 4])
    weights = m.constant("w", np.ones((2, 4), np.int8), np.full(2, 3e38, np.float32))
    after = m.tensor("z", [1, 2], scale=1e-38)
    m.operator("FULLY_CONNECTED", [1, weights], after)
    m.operator("MUL", [1, 1], m.tensor("p", [1, 4], scale=1e-45))
    m.outputs = [2, 3]
    with pytest.raises(GraphError):
        load_tflite(m.save(tmp_path / "m.tflite"))
    assert not recwarn


def test_operators_without_inputs_or_outputs_are_named(tmp_path):
    m = one_operator("RELU", [1, 4])
    m.operators[0] = ("RELU", [], [1], [], {})
    refused(m.save(tmp_path / "m.tflite"), "RELU (y): an input, output or dimension is missing")
    m.operators[0] = ("RELU", [0], [-1], [], {})
    refused(m.save(tmp_path / "m.tflite"), "operator 0 names what is not there")
    m = one_operator("QUANTIZE", [1, 4])
    m.tensors[0] = ("x", [1, 4], "float32", np.zeros(0), 0, None, 0)
    m.operators[0] = ("QUANTIZE", [0], [], [], {})
    refused(m.save(tmp_path / "m.tflite"), "the QUANTIZE of the input has no output")
    m = one_operator("DEQUANTIZE", [1, 4])
    m.tensors[1] = ("y", [1, 4], "float32", np.zeros(0), 0, None, 0)
    m.operators[0] = ("DEQUANTIZE", [], [1], [], {})
    refused(m.save(tmp_path / "m.tflite"), "DEQUANTIZE (y): this operator is not supported")
    m = one_operator("CONV_2D", [1, 4, 4, 1])
    m.operators[0] = ("CONV_2D", [0, -1], [1], [], {})
    m.constant("last", np.ones((1, 3, 3, 1), np.int8), 0.1)
    refused(m.save(tmp_path / "m.tflite"), "CONV_2D (y): weights are missing")
    nodes = [helper.make_node("Conv", ["x"], ["y"])]
    refused(save(tmp_path / "m.onnx", nodes, {}, [1, 1, 4, 4]), "node y (Conv): an input, output")


def test_vectors_without_end_are_refused(tmp_path):
    m = one_operator("RELU", [1, 4])
    m.operators *= MANY
    refused(m.save(tmp_path / "m.tflite"), "a vector has 20000 entries; 16384 are the most")
    m = one_operator("RELU", [1] * MANY)
    refused(m.save(tmp_path / "m.tflite"), "a vector has 20000 entries; 256 are the most")
    nodes = [helper.make_node("Relu", ["x"], ["y"])] * MANY
    path = save(tmp_path / "m.onnx", nodes, {}, [1, 4])
    refused(path, "a field has 20000 messages; 16384 are the most")


def test_a_file_too_large_is_not_read(tmp_path):
    for name in ("m.tflite", "m.onnx"):
        with (tmp_path / name).open("wb") as file:
            file.truncate((1 << 28) + 1)
        refused(tmp_path / name, "has 268435457 bytes; 268435456 are the most")


# Of ONNX


def test_a_tensor_that_is_written_twice_is_refused(tmp_path):
    """Else the order of nodes would be a circle."""
    node = helper.make_node
    ring = [node("MatMul", [a, "w"], [b]) for a, b in (("x", "a"), ("a", "b"), ("b", "a"))]
    refused(save(tmp_path / "m.onnx", ring, {"w": normal(4, 4)}, [1, 4], "a"),
            "node a (MatMul): it writes a, which is there already")  # fmt: skip
    refused(save(tmp_path / "m.onnx", ring[:1], {"a": normal(4), "w": normal(4, 4)}, [1, 4], "a"),
            "it writes a, which is there already")  # fmt: skip


def test_images_that_no_memory_holds_are_refused(tmp_path):
    node = helper.make_node
    path = tmp_path / "m.onnx"
    refused(save(path, [node("Relu", ["x"], ["y"])], {}, [1, 3, 3000, 3000]),
            "a tensor of (3, 3000, 3000) has more than 4194304 values")  # fmt: skip
    constants = {"w": normal(20, 1, 3, 3)}
    refused(save(path, [node("Conv", ["x", "w"], ["y"], pads=[700] * 4)], constants, [1, 1, 4, 4]),
            "a tensor of (1402, 1402, 20) has more than 4194304 values")  # fmt: skip
    refused(save(path, [node("MaxPool", ["x"], ["y"], pads=[30000] * 4,
                             kernel_shape=[30004, 30004])], {}, [1, 1, 4, 4]),
            "its windows have more than 67108864 values")  # fmt: skip


def test_a_sequence_without_end_is_refused_before_it_is_run(tmp_path):
    nodes = [helper.make_node("GRU", ["x", "W", "R"], ["y"], hidden_size=1)]
    constants = {"W": normal(1, 3, 2), "R": normal(1, 3, 1)}
    refused(save(tmp_path / "m.onnx", nodes, constants, [65536, 1, 2]),
            "node y (GRU): a sequence of 65536 x 2 values; 65535 are the most")  # fmt: skip


def test_constants_out_of_nothing_have_an_end(tmp_path):
    node = helper.make_node
    shape = np.array([1 << 22], np.int64)
    nodes = [node("ConstantOfShape", ["n"], [f"c{i}"]) for i in range(100)]
    nodes.append(node("Relu", ["x"], ["y"]))
    refused(save(tmp_path / "m.onnx", nodes, {"n": shape}, [1, 4]),
            "node c16 (ConstantOfShape): the model computes with more")  # fmt: skip


def test_a_batch_norm_in_training_mode_is_refused(tmp_path):
    nodes = [helper.make_node("BatchNormalization", ["x", *"abcd"], ["y"], training_mode=1)]
    constants = {name: np.ones(4, np.float32) for name in "abcd"}
    refused(save(tmp_path / "m.onnx", nodes, constants, [1, 4], opset=15),
            "it is in training mode; export the model in evaluation mode")  # fmt: skip


def test_a_pad_beyond_all_memory_is_refused(tmp_path):
    m = Model()
    x, p = (m.tensor(n, [1, 8, 8, 1], scale=0.1) for n in "xp")
    y = m.tensor("y", [1, 8, 8, 1], scale=0.1)
    pads = np.array([[0, 0], [60_000, 0], [60_000, 0], [0, 0]], np.int32)
    m.operator("PAD", [x, m.constant("pads", pads)], p)
    weights = m.constant("w", np.ones((1, 1, 1, 1), np.int8), 0.1)
    m.operator("CONV_2D", [p, weights], y, slot_1=("i", 1), slot_2=("i", 1))
    m.inputs, m.outputs = [x], [y]
    refused(
        m.save(tmp_path / "m.tflite"), "conv1: with its padding the image has 3600960064 values"
    )
