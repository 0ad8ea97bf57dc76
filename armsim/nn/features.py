"""Feature sets: clips, clean or disturbed, as the network's 8-bit input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from armsim.nn import augment, data
from armsim.nn.augment import Disturbance
from armsim.nn.data import Clips, DataError, Report, Samples
from armsim.nn.layers import FeatureKind
from armsim.nn.mfcc import COEFFICIENTS, FRAMES, MEL_BANDS, lfbe_float, mfcc_float, standardise_q7

Floats = NDArray[np.float32]
Q7 = NDArray[np.int8]
Labels = NDArray[np.int64]

SILENCE_SHARE = 0.1
DRAWL_SHARE = 0.6
_CHUNK = 400
_QUIET = -100.0
"""Frames of digital silence have a first coefficient near -247; they say nothing of the spread."""


@dataclass(frozen=True)
class Rows:
    """What a frame becomes: so many values of a kind."""

    kind: FeatureKind = FeatureKind.MFCC
    count: int = COEFFICIENTS

    def of(self, clips: Samples) -> Floats:
        """Make those of clips (n, 16000): (n, 49, count)."""
        if self.kind is FeatureKind.LFBE:
            return lfbe_float(clips)
        return mfcc_float(clips, self.count)

    def loudness(self, values: Floats) -> Floats:
        """Give the first coefficient, which is the sum of all log energies, scaled."""
        if self.kind is FeatureKind.LFBE:
            loud: Floats = values.sum(axis=-1) * np.float32(math.sqrt(2 / MEL_BANDS))
            return loud
        return values[..., 0]


@dataclass(frozen=True)
class Standard:
    """What a network's features are: their kind, and what each value is centred and scaled by."""

    mean: Floats
    inv_sigma: Floats
    kind: FeatureKind = FeatureKind.MFCC

    @property
    def rows(self) -> Rows:
        """Say what a frame becomes."""
        return Rows(self.kind, len(self.mean))


@dataclass(frozen=True)
class FeatureSet:
    """Networks' input (n, 49, values) in Q2.5, one frame every 20 ms, and the class of each."""

    features: Q7
    labels: Labels

    def __len__(self) -> int:
        """Count the items."""
        return len(self.labels)


def standard_of(values: Floats, rows: Rows) -> Standard:
    """Measure mean and spread over the frames in which there is sound.

    Raises:
        DataError: there is none, or always the same.
    """
    frames = values[rows.loudness(values) > _QUIET].astype(np.float64)
    sigma = frames.std(axis=0) if len(frames) else np.zeros(rows.count)
    if not sigma.all():
        raise DataError("there is no sound in the clips for training, or always the same; add some")
    return Standard(
        frames.mean(axis=0).astype(np.float32),
        (1 / sigma).astype(np.float32),
        rows.kind,
    )


def quantised(clips: Samples, standard: Standard) -> Q7:
    """Turn clips (n, 16000) into features."""
    return standardise_q7(standard.rows.of(clips), standard.mean, standard.inv_sigma)


def clean_clips(clips: Clips, split: str, *, seed: int = data.SEED) -> Clips:
    """Give the clips of a split as spoken, with its share of noise-only clips of class silence."""
    chosen = clips.split(split)
    rng = np.random.default_rng([seed, 2, data.SPLITS.index(split)])
    noise = augment.made_or_recorded(chosen, augment.NOISY)
    count = _silent_clips(chosen)
    return data.with_silence(chosen, (noise.silence(rng) for _ in range(count)), split)


def _silent_clips(clips: Clips) -> int:
    """Say how many go with a split: of a recorded set, only keywords count."""
    unknown = int(np.sum(clips.labels == data.UNKNOWN)) if clips.background else 0
    return round((len(clips) - unknown) * SILENCE_SHARE)


def disturbed_clips(clips: Clips, disturbance: Disturbance, *, seed: Sequence[int]) -> Samples:
    """Disturb every clip; one of the class silence is drawn anew."""
    rng = np.random.default_rng(list(seed))
    return np.stack(
        [
            disturbance.silence(rng)
            if clips.labels[i] == data.SILENCE
            else disturbance.word(clips[i], rng)
            for i in range(len(clips))
        ]
    )


def evaluation_sets(clips: Clips, standard: Standard) -> dict[str, FeatureSet]:
    """Make `val` and `test`, part of `train`, and `_noisy` twins of all three."""
    sets: dict[str, FeatureSet] = {}
    for split in data.SPLITS:
        chosen = clean_clips(clips, split)
        if split == "train":
            chosen = data.balanced(chosen, min(1200, len(chosen)))
        sets[split] = FeatureSet(quantised(data.centred(chosen), standard), chosen.labels)
        noisy = disturbed_clips(
            chosen,
            augment.Made(augment.NOISY, augment.words(clips.split(split))),
            seed=(data.SEED, 3, data.SPLITS.index(split)),
        )
        sets[f"{split}_noisy"] = FeatureSet(quantised(noisy, standard), chosen.labels)
    return sets


def drawl(values: Floats, loudnesses: Floats, rng: np.random.Generator) -> Floats:
    """Let time run unevenly: people hold vowels longer than a synthesiser, or swallow them.

    Frames are read from places in between; the loudest part of the clip stays where it is.
    """
    frames = np.arange(values.shape[1])
    stretched = np.empty_like(values)
    for clip, loud, out in zip(values, loudnesses, stretched, strict=True):
        knots = rng.uniform(-0.5, 0.25) + rng.normal(0, 0.15, 6)
        rate = np.exp(np.interp(frames, np.linspace(0, frames[-1], len(knots)), knots))
        weights = np.maximum(loud - np.percentile(loud, 70), 0) + 1e-3
        middle = float(np.average(frames, weights=weights))
        places = np.cumsum(rate)
        places += middle - np.interp(middle, frames, places)
        places = np.clip(places, 0, frames[-1])
        before = np.minimum(places.astype(np.int64), frames[-1] - 1)
        part = (places - before).astype(np.float32)[:, np.newaxis]
        out[:] = clip[before] * (1 - part) + clip[before + 1] * part
    return stretched


_shared: Clips
"""What a worker process makes features of; handed over once, not with every chunk."""


def _share(clips: Clips) -> None:
    global _shared
    _shared = clips


def _values(rows: Rows, chunk: NDArray[np.int64], seed: tuple[int, ...]) -> Floats:
    clips = _shared.take(chunk)
    disturbance = augment.made_or_recorded(clips, augment.TRAINING)
    heard = rows.of(disturbed_clips(clips, disturbance, seed=seed))
    if isinstance(disturbance, augment.Made):
        rng = np.random.default_rng([*seed, 1])
        chosen = rng.random(len(heard)) < DRAWL_SHARE
        heard[chosen] = drawl(heard[chosen], rows.loudness(heard[chosen]), rng)
    return heard


def training_set(
    clips: Clips, rows: Rows, *, copies: int, seed: int, report: Report, workers: int = 2
) -> tuple[FeatureSet, Standard]:
    """Disturb every training clip `copies` times; measure the standard on the first copy.

    Whatever the rows, the clips are disturbed alike. One copy at a time is not yet 8 bits wide.
    """
    chosen = clips.split("train")
    silent = [np.zeros(1, np.int16)] * _silent_clips(chosen)
    chosen = data.with_silence(chosen, silent, "train")
    order = np.random.default_rng([seed, 4]).permutation(len(chosen))
    chunks = [order[i : i + _CHUNK] for i in range(0, len(order), _CHUNK)]
    features = np.empty((copies, len(chosen), FRAMES, rows.count), np.int8)
    standard: Standard | None = None
    with ProcessPoolExecutor(workers, initializer=_share, initargs=(chosen,)) as pool:
        for copy in range(copies):
            seeds = [(seed, 5, copy, chunk) for chunk in range(len(chunks))]
            values = np.concatenate(list(pool.map(partial(_values, rows), chunks, seeds)))
            standard = standard or standard_of(values, rows)
            features[copy] = standardise_q7(values, standard.mean, standard.inv_sigma)
            report(f"features: {copy + 1} of {copies} copies")
    assert standard is not None
    labels = np.tile(chosen.labels[order], copies)
    return FeatureSet(features.reshape(-1, FRAMES, rows.count), labels), standard
