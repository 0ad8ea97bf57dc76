"""Nodes of ONNX models that move values, compute constants, or scale them: as ONNX has it."""

import numpy as np
import pytest

from armsim.nn.importers.onnx import load_onnx

from .onnx_examples import computed, helper, normal, one_line, refused, save, wanted

node = helper.make_node
GRAY, COLOUR = (1, 1, 5, 6), (1, 3, 4, 5)


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


CASES = {
    "an image that is flattened and scaled by value": (
        COLOUR,
        [
            node("Conv", ["x", "w"], ["c"]),
            node("Flatten", ["c"], ["f"]),
            node("Mul", ["f", "factors"], ["m"]),
            node("Gemm", ["m", "fc"], ["y"]),
        ],
        {"w": normal(2, 3, 1, 1), "factors": normal(1, 40, seed=1), "fc": normal(40, 3, seed=2)},
    ),
    "a vector that becomes an image and a vector again": (
        (1, 30),
        [
            node("Shape", ["x"], ["s"]),
            node("Gather", ["s", "one"], ["n"]),
            node("Div", ["n", "six"], ["rows"]),
            node("Cast", ["rows"], ["rows64"], to=7),
            node("Concat", ["ones", "rows64", "six"], ["whole"], axis=0),
            node("Reshape", ["x", "whole"], ["i"]),
            node("Conv", ["i", "w"], ["c"], pads=[1, 1, 1, 1]),
            node("ReduceMean", ["c"], ["p"], axes=[2, 3], keepdims=0),
            node("Unsqueeze", ["p", "one"], ["u"]),
            node("Squeeze", ["u", "one"], ["y"]),
        ],
        {"one": ints(1), "six": ints(6), "ones": ints(1, 1), "w": normal(4, 1, 3, 3, seed=3)},
    ),
    "channels last on both sides": (
        (1, 4, 5, 3),
        [
            node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]),
            node("Conv", ["t", "w"], ["c"]),
            node("Transpose", ["c"], ["l"], perm=[0, 2, 3, 1]),
            node("Add", ["l", "shift"], ["y"]),
        ],
        {"w": normal(2, 3, 2, 2, seed=4), "shift": normal(2, seed=5)},
    ),
    "an input that is flattened keeps its order": (
        COLOUR,
        [node("Flatten", ["x"], ["f"]), node("Gemm", ["f", "fc"], ["y"])],
        {"fc": normal(60, 4, seed=6)},
    ),
    "columns in the order of channels, height and width": (
        COLOUR,
        [
            node("Relu", ["x"], ["r"]),
            node("Reshape", ["r", "flat"], ["f"]),
            node("Gemm", ["f", "fc"], ["y"], transB=1),
        ],
        {"flat": ints(0, -1), "fc": normal(4, 60, seed=7)},
    ),
    "a Pad as PyTorch has it, whose pads are turned around": (
        GRAY,
        [
            node("Reshape", ["pairs", "by_two"], ["listed"]),
            node("Slice", ["listed", "last", "least", "axis", "last"], ["turned"]),
            node("Transpose", ["turned"], ["t"], perm=[1, 0]),
            node("Reshape", ["t", "last"], ["pads"]),
            node("Pad", ["x", "pads"], ["p"]),
            node("Conv", ["p", "w"], ["c"], strides=[2, 1]),
            node("Flatten", ["c"], ["f"]),
            node("Gemm", ["f", "fc"], ["y"]),
        ],
        {"fc": normal(28, 4, seed=11), "pairs": ints(1, 2, 0, 1, 0, 0, 0, 0),
         "by_two": ints(-1, 2), "last": ints(-1), "least": ints(-(2**63) + 1),
         "axis": ints(0), "w": normal(2, 1, 3, 3, seed=8)},
    ),
    "an input that is standardised, and turned around": (
        (1, 12),
        [
            node("Sub", ["x", "mean"], ["s"]),
            node("Div", ["s", "deviations"], ["d"]),
            node("Sub", ["one", "d"], ["n"]),
            node("Slice", ["n", "last", "least", "axis", "last"], ["t"]),
            node("Gemm", ["t", "fc"], ["g"]),
            node("Sub", ["g", "mean"], ["y"]),
        ],
        {"mean": np.float32(0.3), "one": np.float32(1), "last": ints(-1), "axis": ints(1),
         "deviations": 1 + normal(1, 12, seed=9) ** 2, "least": ints(-(2**63) + 1),
         "fc": normal(12, 4, seed=10)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_right_values_meet(name, tmp_path):
    shape, nodes, constants = CASES[name]
    path = save(tmp_path / "m.onnx", nodes, constants, list(shape))
    inputs = normal(40, *shape[1:], seed=8)
    np.save(tmp_path / "inputs.npy", inputs)
    graph = load_onnx(path, tmp_path / "inputs.npy")
    ours = inputs
    if graph.tensor(graph.input).shape != shape[1:]:  # height x width x channels
        ours = inputs.transpose(0, 2, 3, 1)
    expected = wanted(path, inputs[:, np.newaxis])
    error = np.abs(computed(graph, ours) - expected)
    assert error.max() < 0.05 * np.ptp(expected)


@pytest.mark.parametrize(
    ("nodes", "constants", "message"),
    [
        ([node("Conv", ["x", "w"], ["c"]), node("Flatten", ["c"], ["y"])], {},
         "the output y is in another order than it is computed in"),
        ([node("Conv", ["x", "w"], ["c"]), node("Gather", ["c", "i"], ["y"], axis=3)],
         {"i": np.int64(-1)}, "node y (Gather): part of a tensor is not supported; the last step"),
        ([node("Conv", ["x", "w"], ["c"]), node("Gather", ["c", "i"], ["y"], axis=3)],
         {"i": np.int64(9)}, "node y (Gather): index 9 is out of bounds for axis 3 with size 5"),
        ([node("Conv", ["x", "w"], ["c"]), node("Concat", ["c", "c"], ["d"], axis=1),
          node("Relu", ["d"], ["y"])], {}, "its input d is a Concat, of which only parts may be"),
        ([node("Reshape", ["x", "i"], ["y"])], {"i": ints(1, 7, 9)},
         "a change of shape from (1, 3, 4, 5) to (1, 7, 9) is not supported"),
        ([node("ConstantOfShape", ["i"], ["n"]), node("Add", ["x", "n"], ["y"])],
         {"i": ints(1 << 20, 1 << 20)}, "(ConstantOfShape): the model computes with more than"),
        ([node("Conv", ["x", "w"], ["c"]), node("Expand", ["c", "i"], ["y"])], {"i": ints(1)},
         "node y (Expand): it is supported of constants, and c is none"),
        ([node("Conv", ["x", "w"], ["c"]), node("Div", ["i", "c"], ["y"])], {"i": normal(1)},
         "node y (Div): a division is supported by constants other than zero"),
        ([node("Conv", ["x", "w"], ["c"]), node("Sub", ["c", "c"], ["y"])], {},
         "node y (Sub): of its two inputs, one must be constant"),
        ([node("Conv", ["x", "w"], ["c"]), node("Mul", ["c", "i"], ["y"])],
         {"i": normal(3, 1)}, "node y (Mul): a constant of (3, 1) for (1, 2, 4, 5)"),
        ([node("Transpose", ["x"], ["t"], perm=[0, 2, 1, 3]), node("Conv", ["t", "u"], ["y"])],
         {"u": normal(2, 4, 1, 1)}, "values are not in the order in which it reads them"),
        ([node("Conv", ["x", "w"], ["c"]), node("Transpose", ["c"], ["t"], perm=[0, 1, 3, 2]),
          node("Conv", ["t", "u"], ["y"])],
         {"u": normal(2, 2, 1, 1)}, "node y (Conv): its input's values are not in the order"),
    ],
)  # fmt: skip
def test_what_takes_a_copy_is_refused(nodes, constants, message, tmp_path, capsys):
    constants = {"w": normal(2, 3, 1, 1)} | constants
    refused(save(tmp_path / "m.onnx", nodes, constants, list(COLOUR)))
    assert message in one_line(capsys)
