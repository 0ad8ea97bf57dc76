"""ONNX models in int8 are near to what the float model computes, and equal to NumPy in the chip."""

import shlex
from pathlib import Path

import numpy as np
import pytest

from armsim.nn.__main__ import main
from armsim.nn.execute import execute
from armsim.nn.graph import Affine, GraphError
from armsim.nn.importers.onnx import load_onnx
from armsim.nn.importers.onnx_file import parse
from armsim.nn.translate import translate
from armsim.nn.translate.program_text import random_inputs

from .onnx_examples import RANDOM, computed, helper, normal, one_line, onnx, refused, save, wanted
from .translated import assert_equal, build, run


def resnet(path: Path) -> Path:
    """A small residual network with everything that a float model may have."""

    def batch_norm(n, seed):
        return {
            f"{n}_g": 1 + normal(8, seed=seed, scale=0.1),
            f"{n}_b": normal(8, seed=seed + 1),
            f"{n}_m": normal(8, seed=seed + 2),
            f"{n}_v": 1 + normal(8, seed=seed + 3) ** 2,
        }

    node = helper.make_node
    constants = {
        "w1": normal(8, 3, 3, 3, seed=1, scale=0.3), **batch_norm("n1", 10),
        "w2": normal(8, 1, 3, 3, seed=2, scale=0.4), "b2": normal(8, seed=3), "zero": np.float32(0),
        "six": np.float32(6), "w3": normal(8, 8, 1, 1, seed=4, scale=0.4), **batch_norm("n2", 20),
        "w4": normal(8, 8, 3, 3, seed=5, scale=0.15), "shift": normal(1, 8, 1, 1, seed=6),
        "pads": np.array([0, 0, 1, 1, 0, 0, 0, 0], np.int64),
        "w5": normal(24, 16, seed=7, scale=0.15), "b5": normal(16, seed=8),
        "w6": normal(5, 16, seed=9, scale=0.4), "b6": normal(5, seed=30),
    }  # fmt: skip
    nodes = [
        node("Conv", ["x", "w1"], ["c1"], auto_pad="SAME_UPPER", strides=[2, 1]),
        node("BatchNormalization", ["c1", "n1_g", "n1_b", "n1_m", "n1_v"], ["n1"]),
        node("Relu", ["n1"], ["r1"]),
        node("Conv", ["r1", "w2", "b2"], ["c2"], group=8, pads=[1, 1, 1, 1]),
        node("Clip", ["c2", "zero", "six"], ["r2"]),
        node("Conv", ["r2", "w3"], ["c3"]),
        node("Add", ["c3", "r1"], ["s"]),
        node("BatchNormalization", ["s", "n2_g", "n2_b", "n2_m", "n2_v"], ["n2"]),
        node("Relu", ["n2"], ["r3"]),
        node("MaxPool", ["r3"], ["p1"], kernel_shape=[2, 2], strides=[1, 2]),
        node("Pad", ["p1", "pads"], ["p2"]),
        node("Conv", ["p2", "w4"], ["c4"], strides=[1, 1]),
        node("Add", ["c4", "shift"], ["c5"]),
        node("AveragePool", ["c5"], ["p3"], kernel_shape=[1, 2], strides=[1, 1]),
        node("Flatten", ["p3"], ["f"]),
        node("MatMul", ["f", "w5"], ["m"]),
        node("Add", ["m", "b5"], ["a"]),
        node("Relu", ["a"], ["r4"]),
        node("Gemm", ["r4", "w6", "b6"], ["logits"], transB=1, name="last"),
        node("Softmax", ["logits"], ["y"]),
    ]
    return save(path, nodes, constants, [1, 3, 9, 7])


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return resnet(tmp_path / "small_resnet.onnx")


@pytest.fixture
def calibration(tmp_path: Path) -> Path:
    np.save(tmp_path / "inputs.npy", normal(64, 3, 9, 7, seed=99))
    return tmp_path / "inputs.npy"


def test_int8_is_near_float(model, calibration):
    graph = load_onnx(model, calibration)
    inputs = normal(40, 3, 9, 7, seed=5)
    expected = wanted(model, inputs[:, np.newaxis])
    shares = computed(graph, inputs.transpose(0, 2, 3, 1))
    assert expected.std() > 0.1
    assert np.abs(shares - expected).max() < 0.12
    assert np.abs(shares - expected).mean() < 0.02


@pytest.mark.parametrize("core", ["m4", "m7"])
def test_the_chip_computes_what_numpy_does(model, calibration, core, tmp_path):
    graph = load_onnx(model, calibration)
    translate(graph, tmp_path / "c")
    inputs = random_inputs(graph, 4, seed=3)
    (tmp_path / "inputs").write_bytes(inputs.tobytes())
    outcome = run(build(tmp_path / "c", core), tmp_path / "inputs")
    assert_equal(graph, outcome, execute(graph, inputs))


def test_the_lines_to_build_it_can_be_pasted(model, calibration, tmp_path, capsys):
    loud, folder = model.rename(tmp_path / "it's.ONNX"), tmp_path / "my networks"
    arguments = ["translate", str(loud), "--calibrate", str(calibration), "-o", str(folder)]
    assert main(arguments) == 0
    build, run = capsys.readouterr().out.splitlines()[-2:]
    assert shlex.split(build)[1:5] == ["-S", str(folder), "-B", f"{folder}/build"]
    assert shlex.split(run)[-1] == f"{folder}/build/network.elf"


def test_what_a_model_has_quantised_itself_stays_so(tmp_path):
    node = helper.make_node
    weights = RANDOM(1).integers(-127, 128, (4, 2, 3, 3)).astype(np.int8)
    scales = np.array([0.01, 0.02, 0.03, 0.015], np.float32)
    bias = RANDOM(2).integers(-3000, 3000, 4).astype(np.int32)
    constants = {
        "sx": np.float32(0.05), "zx": np.uint8(120), "w": weights, "sw": scales,
        "b": bias, "sb": scales * np.float32(0.05), "sy": np.float32(0.1), "zy": np.int8(-7),
    }  # fmt: skip
    nodes = [
        node("QuantizeLinear", ["x", "sx", "zx"], ["xq"]),
        node("DequantizeLinear", ["xq", "sx", "zx"], ["xf"]),
        node("DequantizeLinear", ["w", "sw"], ["wf"], axis=0),
        node("DequantizeLinear", ["b", "sb"], ["bf"], axis=0),
        node("Conv", ["xf", "wf", "bf"], ["c"]),
        node("QuantizeLinear", ["c", "sy", "zy"], ["cq"]),
        node("DequantizeLinear", ["cq", "sy", "zy"], ["y"]),
    ]
    graph = load_onnx(save(tmp_path / "qdq.onnx", nodes, constants, [1, 2, 5, 5]))
    (convolution,) = graph.operators
    np.testing.assert_array_equal(convolution.weights, weights.transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(convolution.bias, bias)
    assert graph.tensor("input").quantisation == Affine(
        scale=float(np.float32(0.05)), zero_point=-8
    )
    assert graph.tensor("conv1").quantisation == Affine(scale=float(np.float32(0.1)), zero_point=-7)


@pytest.mark.parametrize(("kind", "zero_point"), [({}, -128), ({"output_dtype": 3}, 0)])
def test_a_zero_point_that_is_left_out_is_that_of_the_type(tmp_path, kind, zero_point):
    node = helper.make_node
    nodes = [
        node("QuantizeLinear", ["x", "s"], ["q"], **kind),
        node("DequantizeLinear", ["q", "s"], ["d"]),
        node("MaxPool", ["d"], ["y"], kernel_shape=[2, 2]),
    ]
    graph = load_onnx(save(tmp_path / "m.onnx", nodes, {"s": np.float32(0.5)}, [1, 1, 4, 4]))
    assert graph.tensor("input").quantisation == Affine(scale=0.5, zero_point=zero_point)


def test_a_zero_point_that_is_computed_is_refused(tmp_path, capsys):
    nodes = [helper.make_node("QuantizeLinear", ["x", "s", "x"], ["y"])]
    refused(save(tmp_path / "m.onnx", nodes, {"s": np.float32(0.5)}, [1, 4]))
    assert "node y (QuantizeLinear): its zero point (x) are not constant" in one_line(capsys)


def test_half_precision_is_read_however_it_is_stored(tmp_path):
    weights = normal(4, 3).astype(np.float16)
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    path = save(tmp_path / "m.onnx", nodes, {"w": weights}, [1, 4])
    model = onnx.load(path)
    listed = helper.make_tensor("w", onnx.TensorProto.FLOAT16, weights.shape, weights.ravel())
    assert listed.int32_data
    model.graph.initializer[0].CopyFrom(listed)
    onnx.save(model, path)
    np.testing.assert_array_equal(parse(path.read_bytes()).constants["w"], weights)


def test_ranges_must_come_from_somewhere(model, calibration, capsys, tmp_path):
    refused(model)
    assert "give representative inputs with --calibrate FILE.npy" in one_line(capsys)
    refused(model, "--calibrate", str(tmp_path / "none.npy"))
    assert "none.npy cannot be read: No such file or directory" in one_line(capsys)
    refused(model, "--calibrate", str(model))
    assert "small_resnet.onnx are no .npy of numbers" in one_line(capsys)
    with calibration.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (1 << 42, 3, 9, 7)}
        np.lib.format.write_array_header_1_0(file, header)
    refused(model, "--calibrate", str(calibration))
    assert "inputs.npy are no .npy of numbers" in one_line(capsys)
    np.save(calibration, normal(4, 3, 9, 8))
    refused(model, "--calibrate", str(calibration))
    assert "are (4, 3, 9, 8), not (n, *(3, 9, 7))" in one_line(capsys)
    np.save(calibration, np.full((2, 3, 9, 7), np.nan))
    refused(model, "--calibrate", str(calibration))
    assert "are not finite numbers" in one_line(capsys)


def test_a_node_that_is_missing_is_named(tmp_path, capsys):
    path = save(
        tmp_path / "m.onnx", [helper.make_node("Gelu", ["x"], ["y"], name="act")], {}, [1, 4]
    )
    refused(path)
    assert "m.onnx: node act (Gelu): this operator is not supported; Conv, " in one_line(capsys)


def test_weights_that_are_no_numbers_are_named(tmp_path, capsys):
    weights = normal(4, 3)
    weights[1, 1] = np.nan
    path = save(tmp_path / "m.onnx", [helper.make_node("MatMul", ["x", "w"], ["y"])],
                {"w": weights}, [1, 4])  # fmt: skip
    refused(path)
    assert "node y (MatMul): its weights (w) hold NaN or infinity" in one_line(capsys)


@pytest.mark.parametrize("cut", [0, 10, 300, 2000, -1])
def test_a_damaged_file_is_one_line(model, capsys, cut):
    model.write_bytes(model.read_bytes()[:cut])
    refused(model)
    assert "small_resnet.onnx" in one_line(capsys)


def test_what_an_alias_reads_is_not_changed_behind_it(tmp_path):
    node = helper.make_node
    nodes = [
        node("Gemm", ["x", "w"], ["g"]), node("Identity", ["g"], ["same"]),
        node("Relu", ["same"], ["r"]), node("Add", ["g", "r"], ["y"]),
    ]  # fmt: skip
    path = save(tmp_path / "alias.onnx", nodes, {"w": normal(6, 4)}, [1, 6])
    inputs = normal(40, 6, seed=1)
    np.save(tmp_path / "inputs.npy", inputs)
    found = computed(load_onnx(path, tmp_path / "inputs.npy"), inputs)
    assert np.abs(found - wanted(path, inputs[:, np.newaxis])).max() < 0.15


def test_random_damage_never_ends_in_a_traceback(model, calibration):
    data = bytearray(model.read_bytes())
    random = RANDOM(3)
    for _ in range(300):
        broken = bytearray(data)
        for place in random.integers(0, len(data), 3):
            broken[place] = random.integers(0, 256)
        model.write_bytes(broken)
        try:
            load_onnx(model, calibration)
        except GraphError as error:
            assert "\n" not in str(error)
