"""ONNX models with LSTM and GRU nodes, as PyTorch and Keras have them."""

from pathlib import Path

import numpy as np

from .onnx_examples import helper, normal, save

STEPS, VALUES, CELLS = 9, 10, 8
node = helper.make_node


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def weights(kind: str, values: int = VALUES, cells: int = CELLS, seed: int = 0, name: str = ""):
    """Make W, R and B as large as those of trained networks."""
    rows = (4 if kind == "LSTM" else 3) * cells
    return {
        f"W{name}": normal(1, rows, values, seed=seed, scale=0.5),
        f"R{name}": normal(1, rows, cells, seed=seed + 1, scale=0.5),
        f"B{name}": normal(1, 2 * rows, seed=seed + 2, scale=0.5),
    }


def dense(length: int = CELLS, rows: int = 4) -> dict[str, np.ndarray]:
    return {"fc": normal(length, rows, seed=50), "fc_b": normal(rows, seed=51)}


def zeros_by_shape(of: str, out: str) -> list:
    """Make the initial states as PyTorch's export does: zeros, as many as there are inputs."""
    return [
        node("Shape", [of], [f"{out}_shape"]),
        node("Gather", [f"{out}_shape", "one"], [f"{out}_batch"]),
        node("Unsqueeze", [f"{out}_batch", "axis0"], [f"{out}_n"]),
        node("Concat", ["ones", f"{out}_n", "cells"], [f"{out}_sizes"], axis=0),
        node("Expand", ["none", f"{out}_sizes"], [out]),
    ]


BY_SHAPE = {
    "one": np.int64(1), "axis0": ints(0), "ones": ints(1), "cells": ints(CELLS),
    "none": np.zeros((1, 1, CELLS), np.float32),
}  # fmt: skip


def lstm_of_pytorch(path: Path) -> Path:
    """Batch first; zeros for initial states; the last step of all."""
    nodes = [
        node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),
        *zeros_by_shape("t", "h"),
        *zeros_by_shape("t", "c"),
        node("LSTM", ["t", "W", "R", "B", "", "h", "c"], ["Y", "Yh", "Yc"], hidden_size=CELLS),
        node("Squeeze", ["Y", "ones"], ["s"]),
        node("Transpose", ["s"], ["b"], perm=[1, 0, 2]),
        node("Gather", ["b", "minus"], ["last"], axis=1),
        node("Gemm", ["last", "fc", "fc_b"], ["y"]),
    ]
    constants = weights("LSTM") | BY_SHAPE | dense() | {"minus": np.int64(-1)}
    return save(path, nodes, constants, [1, STEPS, VALUES])


def lstm_with_peepholes(path: Path) -> Path:
    """Steps first; the last state, from its own output."""
    constants = weights("LSTM", seed=10) | dense()
    constants |= {"P": normal(1, 3 * CELLS, seed=13), "first": ints(0)}
    nodes = [
        node("LSTM", ["x", "W", "R", "B", "", "", "", "P"], ["", "Yh"], hidden_size=CELLS),
        node("Squeeze", ["Yh", "first"], ["h"]),
        node("MatMul", ["h", "fc"], ["m"]),
        node("Add", ["m", "fc_b"], ["y"]),
    ]
    return save(path, nodes, constants, [STEPS, 1, VALUES])


def gru(path: Path, after: int) -> Path:
    """No biases but the kernel's; steps first; all states as one vector."""
    constants = weights("GRU", seed=20) | dense(STEPS * CELLS) | {"flat": ints(1, -1)}
    nodes = [
        node("GRU", ["x", "W", "R", "B"], ["Y"], hidden_size=CELLS, linear_before_reset=after),
        node("Reshape", ["Y", "flat"], ["f"]),
        node("Gemm", ["f", "fc", "fc_b"], ["y"]),
    ]
    return save(path, nodes, constants, [STEPS, 1, VALUES])


def stack(path: Path) -> Path:
    """Two GRUs and an LSTM; of the last states of all, the last one, as PyTorch gives it."""
    constants = (
        weights("GRU", seed=30, name="1") | weights("GRU", CELLS, seed=33, name="2")
        | weights("LSTM", CELLS, seed=36, name="3") | dense() | {"ones": ints(1), "minus": ints(-1)}
    )  # fmt: skip
    nodes = [
        node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),
        node("GRU", ["t", "W1", "R1", "B1"], ["Y1", "H1"], hidden_size=CELLS,
             linear_before_reset=1, activations=["Sigmoid", "Tanh"], direction="forward"),
        node("Squeeze", ["Y1", "ones"], ["s1"]),
        node("GRU", ["s1", "W2", "R2", "B2"], ["Y2", "H2"], hidden_size=CELLS),
        node("Squeeze", ["Y2", "ones"], ["s2"]),
        node("LSTM", ["s2", "W3", "R3", "B3"], ["Y3", "H3"], hidden_size=CELLS),
        node("Concat", ["H1", "H2", "H3"], ["all"], axis=0),
        node("Gather", ["all", "minus"], ["three"], axis=0),
        node("Squeeze", ["three", "ones"], ["h"]),
        node("Gemm", ["h", "fc", "fc_b"], ["y"]),
    ]  # fmt: skip
    return save(path, nodes, constants, [1, STEPS, VALUES])


def crnn_of_pytorch(path: Path) -> Path:
    """Channels first, and the channels of a step are one behind the other."""
    constants = weights("GRU", 3 * 4, seed=40) | dense() | {
        "w": normal(3, 1, 4, 4, seed=43, scale=0.5), "b": normal(3, seed=44),
        "three": ints(1, 8, 12), "starts": ints(-1), "ends": ints(2**31 - 1), "axes": ints(1),
        "flat": ints(1, CELLS),
    }  # fmt: skip
    nodes = [
        node("Conv", ["x", "w", "b"], ["c"], strides=[2, 2]),
        node("Relu", ["c"], ["r"]),
        node("Transpose", ["r"], ["p"], perm=[0, 2, 1, 3]),
        node("Reshape", ["p", "three"], ["v"]),
        node("Transpose", ["v"], ["t"], perm=[1, 0, 2]),
        node("GRU", ["t", "W", "R", "B"], ["Y"], hidden_size=CELLS, linear_before_reset=1),
        node("Squeeze", ["Y", "axes"], ["s"]),
        node("Transpose", ["s"], ["b1"], perm=[1, 0, 2]),
        node("Slice", ["b1", "starts", "ends", "axes"], ["last"]),
        node("Reshape", ["last", "flat"], ["h"]),
        node("Gemm", ["h", "fc", "fc_b"], ["y"]),
    ]
    return save(path, nodes, constants, [1, 1, 18, VALUES])


def crnn_of_keras(path: Path) -> Path:
    """Channels last, around a convolution whose channels are first."""
    constants = weights("LSTM", 3 * 5, seed=60) | dense() | {
        "w": normal(3, 2, 3, 2, seed=63, scale=0.5), "b": normal(3, seed=64),
        "flat": ints(-1, 5, 15), "axes": ints(1), "none": np.zeros((1, 1, CELLS), np.float32),
        "lens": np.array([5], np.int32), "first": ints(0),
    }  # fmt: skip
    nodes = [
        node("Transpose", ["x"], ["nchw"], perm=[0, 3, 1, 2]),
        node("Conv", ["nchw", "w", "b"], ["c"], strides=[2, 2], auto_pad="SAME_UPPER"),
        node("Relu", ["c"], ["r"]),
        node("Transpose", ["r"], ["nhwc"], perm=[0, 2, 3, 1]),
        node("Reshape", ["nhwc", "flat"], ["v"]),
        node("Transpose", ["v"], ["t"], perm=[1, 0, 2]),
        node("LSTM", ["t", "W", "R", "B", "lens", "none", "none"], ["Y", "Yh"], hidden_size=CELLS),
        node("Squeeze", ["Yh", "first"], ["h"]),
        node("Gemm", ["h", "fc", "fc_b"], ["l"]),
        node("Softmax", ["l"], ["y"], axis=-1),
    ]
    return save(path, nodes, constants, [1, STEPS, VALUES, 2])


def crnn_of_columns(path: Path) -> Path:
    """Width is time; nothing is square."""
    constants = weights("GRU", 3 * 4, seed=70) | dense() | {
        "w": normal(3, 1, 4, 3, seed=73, scale=0.5), "d": normal(3, 1, 2, 1, seed=74),
        "scale": normal(1, 3, 1, 1, seed=75), "three": ints(1, 9, 12), "first": ints(0),
    }  # fmt: skip
    nodes = [
        node("Conv", ["x", "w"], ["c"], strides=[1, 2], pads=[1, 0, 0, 2]),
        node("Mul", ["c", "scale"], ["m"]),
        node("Relu", ["m"], ["r"]),
        node("Conv", ["r", "d"], ["e"], group=3),
        node("MaxPool", ["e"], ["f"], kernel_shape=[2, 1], strides=[2, 1], pads=[1, 0, 0, 0]),
        node("Transpose", ["f"], ["p"], perm=[0, 3, 1, 2]),
        node("Reshape", ["p", "three"], ["v"]),
        node("Transpose", ["v"], ["t"], perm=[1, 0, 2]),
        node("GRU", ["t", "W", "R", "B"], ["", "Yh"], hidden_size=CELLS),
        node("Squeeze", ["Yh", "first"], ["h"]),
        node("Gemm", ["h", "fc", "fc_b"], ["y"]),
    ]
    return save(path, nodes, constants, [1, 1, VALUES, 18])


MODELS = {
    "lstm": (lstm_of_pytorch, (1, STEPS, VALUES)),
    "peepholes": (lstm_with_peepholes, (STEPS, 1, VALUES)),
    "gru_before": (lambda path: gru(path, 0), (STEPS, 1, VALUES)),
    "gru_after": (lambda path: gru(path, 1), (STEPS, 1, VALUES)),
    "stack": (stack, (1, STEPS, VALUES)),
    "crnn_pytorch": (crnn_of_pytorch, (1, 1, 18, VALUES)),
    "crnn_keras": (crnn_of_keras, (1, STEPS, VALUES, 2)),
    "crnn_columns": (crnn_of_columns, (1, 1, VALUES, 18)),
}
