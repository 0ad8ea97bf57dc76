"""A small folder in the layout of Google Speech Commands, with tones for words."""

from pathlib import Path

import numpy as np

from armsim.nn import data

OTHER = ("bed", "cat")
SPEAKERS = 30


def tone(seed: int, length: int = 16_000) -> np.ndarray:
    rng = np.random.default_rng(seed)
    time = np.arange(length) / 16_000
    return np.rint(9000 * np.sin(2 * np.pi * rng.uniform(200, 3000) * time)).astype(np.int16)


def write(folder: Path) -> None:
    for number, word in enumerate((*data.CLASSES[2:], *OTHER)):
        (folder / word).mkdir(parents=True)
        for speaker in range(SPEAKERS):
            name = f"{speaker:08x}_nohash_0.wav"
            data.write_wav(folder / word / name, tone(100 * number + speaker))
    (folder / "_background_noise_").mkdir()
    data.write_wav(folder / "_background_noise_" / "hum.wav", tone(7, 40_000))
    (folder / "README.md").write_text("not sound")
