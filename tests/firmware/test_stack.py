"""What the paint says of the stack."""

from pathlib import Path

from .guest import compile_program, make_board


def test_it_tells_how_deep_a_call_went(board_name, tmp_path):
    compile_program(Path(__file__).with_name("deep.c"), board_name, tmp_path)
    run = make_board(board_name, tmp_path).run("deep", "", tmp_path)
    before, after = map(int, run.stdout.split())
    assert 0 < before < 400
    assert 1000 <= after - before <= 1000 + 64
