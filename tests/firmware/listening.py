"""What `kws` makes of a recording, in NumPy."""

from dataclasses import dataclass

import numpy as np

from armsim.nn import mfcc_fixed
from armsim.nn.data import CLASSES, Samples
from armsim.nn.execute import execute
from armsim.nn.graph import Graph
from armsim.nn.layers import FeatureKind
from armsim.nn.quantised import standard_of

HOP, ROWS_PER_HOP, ROWS, HOPS_BEHIND = 1600, 5, 49, 2
AVERAGED, PERCENT, DEAF, FIRST_WORD = 5, 85, 7, 2


@dataclass(frozen=True)
class Heard:
    """A word, where its middle was in hundredths of seconds, and its share of the scores."""

    word: str
    hundredths: int
    percent: int

    def __str__(self) -> str:
        at = f"{self.hundredths // 100:3}.{self.hundredths % 100:02} s"
        return f"{at}  {self.word:5} {self.percent:3} %"


def windows_of(sound: Samples, graph: Graph) -> np.ndarray:
    """Return the features (hops, 49, values) of the second that ends with each hop."""
    hops = -(-len(sound) // HOP) + HOPS_BEHIND
    padded = np.zeros(320 + hops * HOP, np.int16)
    padded[320 : 320 + len(sound)] = sound
    standard = standard_of(graph)
    with_silence = np.concatenate([np.zeros(640, np.int16), padded])
    if standard.kind is FeatureKind.LFBE:
        made = mfcc_fixed.lfbe_fixed(with_silence[None])[0].astype(np.int32) << 6
    else:
        made = mfcc_fixed.mfcc_fixed(with_silence[None], len(standard.mean))[0]
    rows = mfcc_fixed.standardise(made, standard.mean, standard.inv_sigma)
    silence, rows = rows[:1], rows[2:]
    assert len(rows) == hops * ROWS_PER_HOP
    rows = np.concatenate([np.repeat(silence, ROWS - ROWS_PER_HOP, axis=0), rows])
    starts = ROWS_PER_HOP * np.arange(hops)
    return rows[starts[:, None] + np.arange(ROWS)]


def scores_of(windows: np.ndarray, graph: Graph) -> np.ndarray:
    """Return the scores (hops, 12)."""
    every = round(ROWS / graph.tensor(graph.input).shape[-3])
    return execute(graph, windows[:, ::every, :, None])["scores"].reshape(len(windows), -1)


def words_of(
    windows: np.ndarray,
    scores: np.ndarray,
    *,
    averaged: int = AVERAGED,
    percent: int = PERCENT,
    deaf: int = DEAF,
    loud: slice = slice(1),
) -> list[Heard]:
    """Average, compare and report, as `detector.c` and `listen.c` do.

    `loud`: which values of a row add up to its loudness.
    """
    scores = scores.astype(np.int64)
    shares = np.zeros((len(scores) + averaged - 1, scores.shape[1]), np.int64)
    shares[averaged - 1 :] = (scores << 15) // scores.sum(axis=1, keepdims=True)
    heard: list[Heard] = []
    wait = 0
    for hop in range(len(scores)):
        if wait:
            wait -= 1
            continue
        sums = shares[hop : hop + averaged].sum(axis=0)
        enough = np.flatnonzero(100 * sums[FIRST_WORD:] >= percent * averaged << 15)
        if not len(enough):
            continue
        label, at = FIRST_WORD + int(enough[0]), _middle(windows[hop, :, loud], hop + 1)
        wait = deaf
        whole = averaged << 15
        share = int(100 * sums[label] + whole // 2) // whole
        heard.append(Heard(CLASSES[label], at, share))
    return heard


def _middle(rows: np.ndarray, hops: int) -> int:
    loudness = rows.astype(np.int64).sum(axis=1)
    above = np.maximum(loudness - int(loudness.sum() / ROWS), 0)  # C divides towards zero
    moment = int((above * (ROWS - np.arange(ROWS))).sum())
    return hops * 10 - 2 * moment // (1 + int(above.sum()))
