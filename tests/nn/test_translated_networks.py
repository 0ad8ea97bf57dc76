"""What a network is translated to computes on both cores what NumPy does, bit for bit."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from armsim.nn.__main__ import main
from armsim.nn.execute import execute
from armsim.nn.graph import AveragePoolQ, ReluQ
from armsim.nn.graph_file import save_graph
from armsim.nn.network_q7 import as_graph, load_network, shipped_weights
from armsim.nn.network_q7 import run as run_q7
from armsim.nn.translate import translate
from armsim.nn.translate.board import STACK_AND_HEAP
from armsim.nn.translate.program_text import random_inputs

from .graphs import GRAPHS, Builder
from .translated import assert_equal, build, run

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module", params=GRAPHS)
def translation(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("translated") / request.param
    return translate(GRAPHS[request.param], folder)


@pytest.mark.parametrize("core", ["m4", "m7"])
def test_a_translated_network_computes_what_numpy_does(translation, core, tmp_path):
    graph = translation.network.graph
    image = build(translation.folder, core)
    alone = run(image)
    assert (alone.status, alone.stderr) == (0, "")
    inputs = random_inputs(graph, 5, seed=7)
    (tmp_path / "inputs").write_bytes(inputs.tobytes())
    assert_equal(graph, run(image, tmp_path / "inputs"), execute(graph, inputs))
    assert_as_large_as_said(translation, image)


def assert_as_large_as_said(translation, image):
    done = subprocess.run(["arm-none-eabi-size", image], capture_output=True, text=True, check=True)
    text, data, bss = map(int, done.stdout.splitlines()[1].split()[:3])
    assert text + data <= translation.flash_bytes < text + data + (16 << 10)
    assert data + bss + STACK_AND_HEAP <= translation.sram_bytes < data + bss + STACK_AND_HEAP + 256


@pytest.mark.skipif(shutil.which("cmake") is None, reason="there is no CMake")
def test_the_folder_builds_by_itself(tmp_path):
    translate(GRAPHS["gru"], tmp_path / "c", board="stm32f4-discovery")
    for command in (
        "cmake -B build -DCMAKE_TOOLCHAIN_FILE=arm-none-eabi.cmake",
        "cmake --build build --parallel 2",
    ):
        done = subprocess.run(command.split(), cwd=tmp_path / "c", capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    outcome = run(tmp_path / "c" / "build" / "network.elf")
    assert (outcome.status, outcome.stderr) == (0, "")
    assert outcome.stdout.splitlines()[-1].startswith("stack ")


@pytest.fixture(scope="module")
def ds_cnn(tmp_path_factory):
    """DS-CNN S as it is shipped, translated."""
    folder = tmp_path_factory.mktemp("ds_cnn") / "c"
    assert main(["translate", "ds_cnn_s", "-o", str(folder)]) == 0
    return folder


@pytest.mark.parametrize("core", ["m4", "m7"])
def test_ds_cnn_s_gives_the_scores_of_the_old_form(ds_cnn, core, tmp_path):
    network = load_network(shipped_weights("ds_cnn_s"))
    graph = as_graph(network)
    inputs = random_inputs(graph, 6, seed=2)
    wanted = run_q7(network, inputs[..., 0])
    found = execute(graph, inputs)
    assert (found["logits"] == wanted.logits).all()
    assert (found["scores"] == wanted.softmax).all()
    (tmp_path / "inputs").write_bytes(inputs.tobytes())
    assert_equal(graph, run(build(ds_cnn, core), tmp_path / "inputs"), found)


def test_each_layer_has_a_row_of_cycles(ds_cnn):
    lines = run(build(ds_cnn, "m7")).stdout.splitlines()
    blocks = [f"{kind}{i}" for i in range(1, 5) for kind in ("dw", "pw")]
    names = ["stage", "conv1", *blocks, "pool", "fc", "softmax", "total"]
    start = next(i for i, line in enumerate(lines) if line.startswith("stage"))
    assert [line.split()[0] for line in lines[start : start + len(names)]] == names


def test_a_wrong_weight_is_noticed(ds_cnn, tmp_path):
    shutil.copytree(ds_cnn, tmp_path / "c")
    weights = tmp_path / "c" / "weights.c"
    text = weights.read_text()
    at = text.index("fc_bias")
    weights.write_text(text[:at] + re.sub(r" -?\d+,", " 1,", text[at:]))
    outcome = run(build(tmp_path / "c", "m7"))
    assert outcome.status == 1
    assert outcome.stderr.startswith("logits is not what NumPy has computed\n")


def test_files_that_are_no_inputs_are_refused(ds_cnn, tmp_path):
    image = build(ds_cnn, "m7")
    (tmp_path / "short").write_bytes(bytes(700))
    for arguments, message in [
        (["none"], "none cannot be opened\n"),
        ([tmp_path / "short"], f"{tmp_path / 'short'} is not made of inputs of 490 bytes\n"),
        (["a", "b"], "usage: network.elf [INPUTS]\n"),
    ]:
        outcome = run(image, *arguments)
        assert (outcome.status, outcome.stderr) == (1, message)


def test_what_is_written_is_said(tmp_path, capsys):
    assert main(["translate", "ds_cnn_s", "-o", str(tmp_path / "c")]) == 0
    shown = capsys.readouterr().out
    assert "fc       arm_fully_connected_q7_opt " in shown
    readme = (REPOSITORY / "armsim" / "nn" / "translate" / "README.md").read_text()
    report = shown[: shown.index("\n\ncmake")]
    assert "\n".join(report.splitlines()[-3:]) in readme
    assert "\n".join(report.splitlines()[:4]) in readme


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--board", "uno"], "no start-up code for the board 'uno'; boards: mps2-an386, "),
        (["--kernels", "none"], "none has no kernels; get armsim's repository and name its"),
    ],
)
def test_a_wrong_option_writes_nothing(options, message, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["translate", "ds_cnn_s", "-o", "c", *options]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path, capsys):
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "notes").write_text("mine")
    assert main(["translate", "ds_cnn_s", "-o", str(tmp_path / "c")]) == 2
    assert capsys.readouterr().err.endswith("c exists already; name a new folder\n")
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["notes"]


def test_a_network_that_does_not_fit_says_by_how_much(tmp_path, capsys):
    b = Builder("large", (300, 300, 1))
    b.convolve_q(2, (3, 3))
    b.add(AveragePoolQ, (1, 1, 2), kernel=(298, 298), stride=(1, 1))
    b.connect_q(40_000)
    b.connect_q(30)
    save_graph(b.done(), tmp_path / "large.npz")
    command = ["translate", str(tmp_path / "large.npz"), "-o", str(tmp_path / "c")]
    assert main([*command, "--board", "stm32f4-discovery"]) == 2
    error = capsys.readouterr().err
    found = re.fullmatch(
        r"armsim: the network does not fit stm32f4-discovery: too big for flash by ([\d,]+) bytes "
        r"\(([\d,]+) needed, 1,048,576 there\) and sram by ([\d,]+) bytes "
        r"\(([\d,]+) needed, 131,072 there\)\n",
        error,
    )
    assert found, error
    lack_flash, flash, lack_sram, sram = (int(n.replace(",", "")) for n in found.groups())
    assert (flash - lack_flash, sram - lack_sram) == (1_048_576, 131_072)
    assert not (tmp_path / "c").exists()


def test_names_that_mean_something_in_c_are_given_others(tmp_path):
    b = Builder("names", (1, 2, 4))
    b.convolve_q(4, (1, 1), shift=8)
    outputs = [
        b.add(ReluQ, b.last.shape, name=name)
        for name in ("int", "memcpy", "NULL", "arm_relu_q7", "arena", "Int", "run", "main")
    ]
    graph = b.done(*outputs)
    translate(graph, tmp_path / "c")
    outcome = run(build(tmp_path / "c", "m4"))
    assert (outcome.status, outcome.stderr) == (0, "")
    names = re.findall(r"^(\w+): ", outcome.stdout, re.MULTILINE)
    assert names == [
        "int_2",
        "memcpy_2",
        "null",
        "the_arm_relu_q7",
        "arena_2",
        "int_3",
        "run",
        "main",
    ]


def test_more_values_than_a_kernel_takes_at_once(tmp_path):
    b = Builder("large", (264, 265, 1))
    b.relu()
    b.add(AveragePoolQ, (2, 1, 1), kernel=(132, 265), stride=(132, 1))
    translate(b.done(), tmp_path / "c")
    assert "arm_relu_q7(relu_out + 65532, 4428);" in (
        (tmp_path / "c" / "network.c").read_text().replace(b.operators[0].output, "relu")
    )
    outcome = run(build(tmp_path / "c", "m7"))
    assert (outcome.status, outcome.stderr) == (0, "")


def test_the_firmware_computes_the_same(ds_cnn, tmp_path):
    """`firmware/kws` is written by hand, for the same weights."""
    by_hand = run(REPOSITORY / "firmware" / "prebuilt" / "kws-m7.elf", "--scores")
    features = by_hand.outputs("features").astype(np.int8)
    (tmp_path / "features").write_bytes(features.tobytes())
    translated = run(build(ds_cnn, "m7"), tmp_path / "features")
    for name in ("logits", "scores"):
        np.testing.assert_array_equal(translated.outputs(name), by_hand.outputs(name))
