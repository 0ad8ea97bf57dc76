import runpy
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_models as model
from .guest import FORMS, KERNELS
from .strategies import bias_shifts, out_shifts, q7_array

TOOL = KERNELS / "tools" / "reorder_fully_connected_q7_opt.py"
reorder = runpy.run_path(str(TOOL))["reorder"]


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data(), rows=st.integers(1, 13), length=st.integers(1, 70))
def test_the_product_equals_the_model(kernels, form, data, rows, length):
    vector = data.draw(q7_array(length))
    weights = data.draw(q7_array(rows, length))
    bias = data.draw(q7_array(rows))
    bias_shift, out_shift = data.draw(bias_shifts), data.draw(out_shifts)
    output = np.zeros(rows, np.int8)
    buffer = np.zeros(length, np.int16)
    status = kernels.call(
        f"arm_fully_connected_q7_opt{form}",
        *(vector, reorder(weights), length, rows, bias_shift, out_shift, bias, output, buffer),
    )
    assert status == 0
    expected = model.fully_connected(vector, weights, bias, bias_shift, out_shift)
    np.testing.assert_array_equal(output, expected)


def test_the_order_is_the_documented_one():
    rows = np.array([[10 * row + column for column in range(5)] for row in range(1, 6)], np.int8)
    assert reorder(rows).tolist() == [
        *(10, 20, 12, 22, 30, 40, 32, 42),
        *(11, 21, 13, 23, 31, 41, 33, 43),
        *(14, 24, 34, 44),
        *(50, 51, 52, 53, 54),
    ]


def test_the_tool_reads_and_writes_files(tmp_path):
    weights = np.arange(-40, 40, dtype=np.int8).reshape(8, 10)
    plain, opt = tmp_path / "plain.npy", tmp_path / "opt.npy"
    np.save(plain, weights)
    subprocess.run([sys.executable, TOOL, plain, opt], check=True)
    np.testing.assert_array_equal(np.load(opt), reorder(weights))


def test_other_weights_are_refused():
    with pytest.raises(ValueError) as error:
        reorder(np.zeros(3, np.int16))
    assert str(error.value) == (
        "weights are int16 of 1 dimensions; int8 of 2 (rows, columns) is needed"
    )
