"""What the firmware prints."""

import re

WORDS = "silence unknown yes no up down left right on off stop go".split()


def test_the_built_in_clip_is_heard(board, tmp_path):
    run = board.run("kws", "", tmp_path)
    assert (run.status, run.stderr) == (0, "")
    word, confidence = re.fullmatch(r"(\w+) (\d+) %", run.stdout.splitlines()[0]).groups()
    scores = run.numbers("scores").astype(int)
    assert word == WORDS[int(scores.argmax())]
    assert int(confidence) == int(scores.max() * 100 / scores.sum() + 0.5)


def test_the_built_in_clip_says_yes(board, tmp_path):
    assert board.run("kws", "", tmp_path).stdout.startswith("yes ")


def test_each_stage_has_a_row(board, tmp_path):
    lines = board.run("kws", "", tmp_path).stdout.splitlines()
    blocks = [f"{kind}{i}" for i in range(1, 5) for kind in ("dw", "pw")]
    names = ["stage", "mfcc", "conv1", *blocks, "pool", "fc", "softmax", "total"]
    assert [line.split()[0] for line in lines[3 : 3 + len(names)]] == names


def test_more_than_one_clip_is_refused(board, tmp_path):
    run = board.run("kws", "a.wav b.wav", tmp_path)
    assert (run.status, run.stdout) == (1, "")
    assert run.stderr == "kws: b.wav: not understood; usage: kws.elf [--scores] [CLIP.wav]\n"


def test_unknown_options_are_refused(board, tmp_path):
    run = board.run("kws", "--loud", tmp_path)
    assert (run.status, run.stdout) == (1, "")
    assert run.stderr == "kws: --loud: not understood; usage: kws.elf [--scores] [CLIP.wav]\n"
