import subprocess
import sys

import numpy as np
import pytest

from armsim.nn.translate.interleave import reorder
from armsim.nn.translate.reorder import main

ROWS = np.array([[10 * row + column for column in range(5)] for row in range(1, 6)], np.int8)
LEFT_OVER = [14, 24, 34, 44, 50, 51, 52, 53, 54]
TWO_COLUMNS = ["10 20 11 21 30 40 31 41", "12 22 13 23 32 42 33 43"]
TWO_COLUMNS_Q15 = ["10 11 20 21 30 31 40 41", "12 13 22 23 32 33 42 43"]
FOUR_COLUMNS = ["10 20 12 22 30 40 32 42", "11 21 13 23 31 41 33 43"]


@pytest.mark.parametrize(
    ("kind", "dtype", "blocks"),
    [
        ("q7", np.int8, FOUR_COLUMNS),
        ("q15", np.int16, TWO_COLUMNS_Q15),
        ("mat_q7_vec_q15", np.int8, TWO_COLUMNS),
    ],
)
def test_the_order_is_the_documented_one(kind, dtype, blocks):
    expected = [int(word) for word in " ".join(blocks).split()] + LEFT_OVER
    assert reorder(ROWS.astype(dtype), kind).tolist() == expected


def test_the_tool_reads_and_writes_files(tmp_path):
    weights = np.arange(-40, 40, dtype=np.int16).reshape(8, 10)
    plain, opt = tmp_path / "plain.npy", tmp_path / "opt.npy"
    np.save(plain, weights)
    tool = [sys.executable, "-m", "armsim.nn.translate.reorder"]
    done = subprocess.run([*tool, "q15", plain, opt], check=True, capture_output=True)
    assert done.stderr == b""
    np.testing.assert_array_equal(np.load(opt), reorder(weights, "q15"))


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("q8", "plain.npy", "plain.npy: unknown kind 'q8'; kinds: q7, q15, mat_q7_vec_q15"),
        ("q7", "none.npy", "none.npy: No such file or directory"),
    ],
)
def test_the_tool_refuses_in_one_line(kind, name, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("plain.npy", np.zeros((4, 4), np.int8))
    assert main([kind, name, "opt.npy"]) == message


def test_other_weights_are_refused():
    with pytest.raises(ValueError) as error:
        reorder(np.zeros(3, np.int16))
    assert str(error.value) == (
        "weights are int16 of 1 dimensions; int8 of 2 (rows, columns) is needed"
    )


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError) as error:
        reorder(ROWS, "q8")
    assert str(error.value) == "unknown kind 'q8'; kinds: q7, q15, mat_q7_vec_q15"
