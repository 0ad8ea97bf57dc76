"""What happens around main."""

import re
from pathlib import Path

import pytest

from .guest import compile_program, make_board


@pytest.fixture
def fault_board(board_name, tmp_path):
    """Return a board with an image that stores to nowhere, or returns 42 if it has an argument."""
    compile_program(Path(__file__).with_name("fault.c"), board_name, tmp_path)
    return make_board(board_name, tmp_path)


def test_the_status_of_main_is_the_status_of_the_run(fault_board, tmp_path):
    assert fault_board.run("fault", "x", tmp_path).status == 42


def test_a_fault_stops_with_the_reason(fault_board, tmp_path):
    run = fault_board.run("fault", "", tmp_path)
    assert run.status == 1
    assert re.fullmatch(
        r"HardFault without a handler: pc 0x[0-9a-f]{8}, lr 0x[0-9a-f]{8}, "
        r"cfsr 0x00008200, hfsr 0x40000000, bfar 0x90000000\n",
        run.stdout + run.stderr,
    )
