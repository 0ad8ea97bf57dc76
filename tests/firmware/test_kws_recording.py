"""`kws` on recordings: each word with its time, as the NumPy model has it, and what hops take."""

import re
from functools import cache

import numpy as np
import pytest
from toolchain import require_blessed

from armsim.nn import data
from armsim.nn.network_q7 import shipped_weights
from armsim.nn.quantised import load

from . import listening
from .conftest import make
from .guest import FIRMWARE, SimulatedBoard
from .recordings import recording
from .sounds import wav

CLIPS = data.load_packed(FIRMWARE.parent / "tests" / "nn" / "data" / "clips.npz")
M4, M7 = "stm32f4-discovery", "nucleo-f746zg"
SECONDS = 10
NEAR = 0.25
"""By so many seconds a printed time may miss the middle of the word's energy."""

_random = np.random.default_rng(3)
ORDER = [
    int(_random.choice(np.flatnonzero(label == CLIPS.labels)))
    for label in (2, 5, 10, data.UNKNOWN, 6, 11, 3, 9)
]
SOUND, SPOKEN = recording(CLIPS, ORDER, SECONDS, seed=7)
"""yes, down, stop, an unknown word, left, go, no, off."""


@pytest.fixture(scope="module", autouse=True)
def _built(shipped_build):
    networks = [
        f"build/{M4}/kws-gru_s.elf",
        f"build/{M7}/kws-dnn_s.elf",
        f"build/{M4}/kws-dnn_s.elf",
    ]
    make(*networks)


@cache
def expected(model: str, seconds: int) -> list[str]:
    """Return the lines that the words of the first seconds should make."""
    graph = load(shipped_weights(model))
    windows = listening.windows_of(SOUND[: seconds * 16_000], graph)
    heard = listening.words_of(windows, listening.scores_of(windows, graph))
    return [str(word) for word in heard]


@pytest.mark.parametrize(
    ("board", "image", "model", "seconds"),
    [
        (M4, "kws", "ds_cnn_s", 10),
        (M7, "kws", "ds_cnn_s", 10),
        (M4, "kws-gru_s", "gru_s", 4),
        (M4, "kws-dnn_s", "dnn_s", 10),
        (M7, "kws-dnn_s", "dnn_s", 10),
    ],
)
def test_each_word_is_printed_with_its_time(board, image, model, seconds, tmp_path):
    (tmp_path / "talk.wav").write_bytes(wav(SOUND[: seconds * 16_000]))
    run = SimulatedBoard(board, FIRMWARE / "build").run(image, "talk.wav", tmp_path)
    assert (run.status, run.stderr) == (0, "")
    words, summary = run.stdout.split("\n\n", 1)
    assert words.splitlines() == expected(model, seconds)
    missed = {"dnn_s": {"down", "left"}}.get(model, set())  # the weakest of the seven
    known = [
        spoken
        for spoken in SPOKEN
        if spoken.word in set(data.CLASSES) - missed and spoken.seconds < seconds
    ]
    found = [re.fullmatch(r" +([\d.]+) s  (\w+) +(\d+) %", line) for line in words.splitlines()]
    assert [match[2] for match in found] == [spoken.word for spoken in known]
    for match, spoken in zip(found, known, strict=True):
        assert abs(float(match[1]) - spoken.seconds) < NEAR, match[0]
        assert 85 <= int(match[3]) <= 100
    assert_sums_up(summary, len(known), seconds)
    if (board, image) == (M7, "kws"):
        require_blessed()
        assert run.stdout in (FIRMWARE / "kws" / "README.md").read_text()


def assert_sums_up(summary: str, words: int, seconds: int) -> None:
    lines = summary.splitlines()
    assert lines[0] == f"{words} words in {seconds}.00 s, {10 * seconds + 2} hops of 100 ms"
    most = {line.split()[0]: line.split() for line in lines[4:7]}
    features, network, hop = (int(most[name][1]) for name in ("features", "network", "hop"))
    assert max(features, network) < hop <= features + network
    clock = int(re.search(r"(\d+) MHz", summary)[1]) * 1_000_000
    assert float(most["hop"][2]) == pytest.approx(hop * 1000 / clock, abs=0.001)
    assert float(most["hop"][3]) <= float(most["hop"][2])
    load_percent = float(most["hop"][4])
    assert load_percent == pytest.approx(float(most["hop"][3]), abs=0.051)  # of 100 ms
    assert lines[7] == "keeps up in real time"


def test_a_slow_clock_does_not_keep_up(tmp_path):
    (tmp_path / "talk.wav").write_bytes(wav(SOUND[:20_000]))
    board = SimulatedBoard(M7, FIRMWARE / "build")

    def slow_down(session):
        address = session.image.symbol("board_clock_hz").address
        session.memory.place(address, (2_000_000).to_bytes(4, "little"))

    run = board.run("kws-dnn_s", "talk.wav", tmp_path, change=slow_down)
    last = run.stdout.splitlines()[-1]
    worst = re.fullmatch(
        r"does not keep up: the worst hop takes (\d+\.\d) ms, a hop has 100 ms", last
    )
    assert float(worst[1]) > 100


@pytest.mark.parametrize("count", [16_001, 17_600, 23_999])
def test_a_recording_may_have_any_length(count, tmp_path):
    board = SimulatedBoard(M7, FIRMWARE / "build")
    (tmp_path / "talk.wav").write_bytes(wav(SOUND[:count]))
    run = board.run("kws-dnn_s", "--scores talk.wav", tmp_path)
    assert (run.status, run.stderr) == (0, "")
    rows = re.findall(r"^ *[\d.]+ s ((?: -?\d+){12})$", run.stdout, re.MULTILINE)
    scores = np.array([[int(number) for number in row.split()] for row in rows])
    graph = load(shipped_weights("dnn_s"))
    windows = listening.windows_of(SOUND[:count], graph)
    np.testing.assert_array_equal(scores, listening.scores_of(windows, graph))


def test_silence_and_noise_say_nothing(tmp_path):
    noise = np.random.default_rng(8).normal(size=32_000) * 100
    sound = np.concatenate([np.zeros(24_000), noise]).astype(np.int16)
    (tmp_path / "noise.wav").write_bytes(wav(sound))
    for image in ("kws", "kws-dnn_s"):
        run = SimulatedBoard(M7, FIRMWARE / "build").run(image, "noise.wav", tmp_path)
        assert run.stdout.startswith("0 words in 3.50 s, 37 hops of 100 ms\n"), run.stdout
