"""Log filter-bank energies are what their definition says, and MFCC are their cosines."""

import numpy as np
import pytest

from armsim.nn.mfcc import lfbe_float, mfcc_float

CLIPS = np.random.default_rng(5).integers(-20_000, 20_000, (6, 16_000)).astype(np.int16)


def mel(hertz: float) -> float:
    return 1127 * np.log1p(hertz / 700)


def defined(clip: np.ndarray) -> np.ndarray:
    """Do it in double precision, with the library's FFT."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(640) / 640)
    frames = np.stack([clip[start : start + 640] for start in range(0, 16_000 - 639, 320)])
    spectrum = np.abs(np.fft.rfft(frames / 32_768 * window, 1024))
    edges = np.linspace(mel(20), mel(4000), 42)
    bins = mel(np.arange(513) * 15.625)
    rising = (bins[:, None] - edges[:-2]) / (edges[1] - edges[0])
    weights = np.maximum(np.minimum(rising, 2 - rising), 0)
    return np.log(np.maximum(spectrum @ weights, 1e-12))


def test_energies_are_those_of_the_definition() -> None:
    energies = lfbe_float(CLIPS)
    assert energies.shape == (6, 49, 40)
    for clip, row in zip(CLIPS, energies, strict=True):
        assert np.abs(row - defined(clip)).max() < 1e-4


def test_coefficients_are_the_cosines_of_the_energies() -> None:
    bands = np.arange(40) + 0.5
    cosines = np.sqrt(2 / 40) * np.cos(np.pi / 40 * bands[:, None] * np.arange(10))
    assert np.abs(lfbe_float(CLIPS) @ cosines - mfcc_float(CLIPS)).max() < 1e-4


def test_clips_of_another_form_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^clips are int16 of shape \(6, 8000\); int16 of shape"):
        lfbe_float(CLIPS[:, :8000])
