"""Recordings of several words, spoken at known times."""

from dataclasses import dataclass

import numpy as np

from armsim.nn import data

RATE = 16_000


@dataclass(frozen=True)
class Spoken:
    """A word, and the middle of its loud part in seconds."""

    word: str
    seconds: float


def recording(
    clips: data.Clips, order: list[int], seconds: float, seed: int, noise: float = 30.0
) -> tuple[data.Samples, list[Spoken]]:
    """Speak clips in this order, their middles about evenly spread, over a floor of noise.

    Where the middle is: the mean place of the clip's energy.
    """
    rng = np.random.default_rng(seed)
    total = round(seconds * RATE)
    sound = rng.normal(0, noise, total)
    spoken = []
    for place, index in enumerate(order):
        clip = clips[index].astype(np.float64)
        at = (place + 0.5 + rng.uniform(-0.15, 0.15)) * total / len(order) - len(clip) / 2
        start = min(max(round(at), 0), total - len(clip))
        sound[start : start + len(clip)] += clip * rng.uniform(0.3, 1.2)
        energy = clip**2
        middle = start + float((energy * np.arange(len(clip))).sum() / energy.sum())
        spoken.append(Spoken(str(clips.words[index]), middle / RATE))
    return np.clip(np.rint(sound), -32768, 32767).astype(np.int16), spoken
