"""The CIFAR-10 network: every bit of its answer, what it prints, what it takes."""

import struct

import numpy as np
import pytest

from armsim.machine.image import load_image
from armsim.session import run_image
from benchmarks import cifar10
from kernels import numpy_models as model

from . import cifar10_model
from .guest import FIRMWARE, SIMULATED_BOARDS, make_board

STAGES = "input conv1 pool1 conv2 pool2 conv3 pool3 fc softmax".split()


@pytest.fixture(scope="module", params=["shipped", "random"])
def answer(request, board_name, tmp_path_factory):
    """Run once on a board: the seed of the weights, the board, what came out."""
    seed = {"shipped": cifar10_model.SEED, "random": cifar10_model.SEED + 1}[request.param]
    board = make_board(board_name, request.getfixturevalue(f"{request.param}_build"))
    return seed, board, board.run("cifar10", "", tmp_path_factory.mktemp("cifar10"))


def test_logits_and_scores(answer):
    seed, _, run = answer
    assert (run.status, run.stderr) == (0, "")
    logits = cifar10_model.layers(seed)[-1]
    np.testing.assert_array_equal(run.numbers("logits"), logits)
    np.testing.assert_array_equal(run.numbers("scores"), model.softmax(logits))
    assert run.stdout.splitlines()[0] == f"class {logits.argmax()}"


def test_each_stage_is_printed_and_left_in_memory(answer):
    _, board, run = answer
    rows = [line.split() for line in run.stdout.splitlines()]
    printed = {row[0]: int(row[1]) for row in rows[4 : 5 + len(STAGES)]}
    assert list(printed) == [*STAGES, "total"]
    assert printed["total"] == sum(printed[stage] for stage in STAGES)
    if board.name in SIMULATED_BOARDS:
        session = board.session("cifar10")
        words = session.memory.read_bytes(session.image.symbol("cycles").address, 40)
        expected = (printed["total"], *(printed[stage] for stage in STAGES))
        assert struct.unpack("<10I", words) == expected
        assert min(expected) > 0


@pytest.mark.parametrize("seed", [cifar10_model.SEED, cifar10_model.SEED + 1])
def test_the_values_of_every_layer_use_their_range(seed):
    for values in cifar10_model.layers(seed):
        assert np.abs(values.astype(int)).max() > 40
        assert (np.abs(values.astype(int)) >= 127).mean() < 0.25


def test_the_weights_are_fresh():
    assert cifar10_model.HEADER.read_text() == cifar10_model.header(cifar10_model.SEED), (
        f"run python {cifar10_model.TOOL} {cifar10_model.SEED} {cifar10_model.HEADER}"
    )


def test_memory_is_as_the_paper_has_it(shipped_build):
    image = load_image(shipped_build / "nucleo-f746zg" / "cifar10.elf")
    size = {symbol.name: symbol.size for symbol in image.symbols}
    weights = [size[f"{layer}_weights"] for layer in ("conv1", "conv2", "conv3", "fc")]
    assert weights == [2_400, 25_600, 51_200, 10_240]
    assert size["activations"] == 40 * 1024
    assert size["image"] + size["columns"] < 10_000


def test_words_on_the_command_line_are_refused(shipped_build, tmp_path):
    run = make_board("nucleo-f746zg", shipped_build).run("cifar10", "cat.png", tmp_path)
    assert (run.status, run.stdout) == (1, "")
    assert run.stderr == "cifar10: cat.png: not understood; usage: cifar10.elf\n"


def test_the_table_of_memory_is_fresh():
    image = FIRMWARE / "prebuilt" / "cifar10-m7.elf"
    _, text = run_image(image)
    lines = list(cifar10.memory(load_image(image), cifar10.printed(text.decode())["stack"]))
    assert "\n".join(lines) in cifar10.README.read_text(), (
        "run python -m benchmarks.cifar10 --renew"
    )
