"""Writes ONNX models, and checks what the importer makes of them."""

from pathlib import Path

import numpy as np
import pytest

from armsim.nn.__main__ import main
from armsim.nn.execute import execute
from armsim.nn.graph import Affine, Graph

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnx.reference")
helper = onnx.helper
RANDOM = np.random.default_rng


def normal(*shape: int, seed: int = 0, scale: float = 1.0) -> np.ndarray:
    return (RANDOM(seed).standard_normal(shape) * scale).astype(np.float32)


def save(path: Path, nodes, constants, shape, *outputs, opset=13) -> Path:
    """Write a model whose input is x, and its output y unless others are named."""
    values = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, dims)
        for name, dims in (("x", shape), *((name, None) for name in outputs or ("y",)))
    ]
    initializers = [onnx.numpy_helper.from_array(v, name) for name, v in constants.items()]
    graph = helper.make_graph(nodes, "it", values[:1], values[1:], initializers)
    opsets = [helper.make_opsetid("", opset)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what was complained of, which must be one line."""
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    return shown.err


def refused(path: Path, *options: str) -> None:
    """Check that a model is not translated, and nothing written."""
    assert main(["translate", str(path), "-o", str(path.parent / "out"), *options]) == 2
    assert not (path.parent / "out").exists()


def wanted(path: Path, inputs: np.ndarray) -> np.ndarray:
    """Return the first output for each input, in float."""
    reference = onnx.reference.ReferenceEvaluator(str(path))
    return np.stack([reference.run(None, {"x": x})[0].ravel() for x in inputs])


def computed(graph: Graph, inputs: np.ndarray) -> np.ndarray:
    """Quantise inputs laid out as the graph's, run it, and return the first output in float."""
    entry = graph.tensor(graph.input)
    assert isinstance(entry.quantisation, Affine)
    levels = np.rint(inputs / entry.quantisation.scale) + entry.quantisation.zero_point
    integers = np.clip(levels, -128, 127).astype(np.int8).reshape(-1, *entry.shape)
    values = execute(graph, integers)[graph.outputs[0]].astype(float).reshape(len(inputs), -1)
    after = graph.tensor(graph.outputs[0]).quantisation
    if isinstance(after, Affine):
        return (values - after.zero_point) * after.scale
    assert after.bits is not None
    return values / 2.0**after.bits
