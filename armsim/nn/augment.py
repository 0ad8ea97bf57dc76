"""What rooms, microphones and speakers do to a clip, so that training has seen it.

Words come trimmed with their peak at one half; clips go out as one second of int16. Everything is
drawn from the generator that is passed in, in a fixed order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from armsim.nn.data import CLIP, RATE, Clips, Samples

Sound = NDArray[np.float64]
Rng = np.random.Generator

_FFT = 32_768
_FREQUENCY = np.fft.rfftfreq(_FFT, 1 / RATE)
_EQ_HZ = (60, 150, 300, 600, 1000, 1600, 2500, 4000, 7000)


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """How likely and how strong each effect is; ranges are (low, high), drawn evenly."""

    warp: float = 0.0  # faster and higher, or slower and lower, by up to this fraction
    shift: float = 0.0  # seconds off the centre, either way
    anywhere: float = 0.0  # chance of standing anywhere in the second instead
    reverb: float = 0.0
    equaliser: float = 0.0
    equaliser_db: float = 10.0
    band_limit: float = 0.0
    noise: float = 0.0
    snr_db: tuple[float, float] = (0.0, 30.0)
    peak_db: tuple[float, float] = (-6.0, -6.0)
    overload: float = 0.0
    floor: float = 0.0  # chance of a faint noise floor where there would be digital silence
    floor_db: tuple[float, float] = (-85.0, -60.0)
    offset: float = 0.0


TRAINING = Conditions(
    warp=0.2,
    shift=0.1,
    anywhere=0.4,
    reverb=0.4,
    equaliser=0.9,
    band_limit=0.3,
    noise=0.75,
    snr_db=(0.0, 50.0),
    peak_db=(-32.0, -0.5),
    overload=0.06,
    floor=0.9,
    floor_db=(-100.0, -50.0),
    offset=0.1,
)
NOISY = Conditions(shift=0.1, reverb=0.5, noise=1.0, snr_db=(5.0, 20.0))


def chance(rng: Rng, probability: float) -> bool:
    """Toss a coin."""
    return bool(rng.random() < probability)


def to_int16(sound: Sound) -> Samples:
    """Round to 16 bits; what is too loud is clipped."""
    return np.clip(np.rint(sound * 32_768), -32_768, 32_767).astype(np.int16)


def warp(word: Sound, factor: float) -> Sound:
    """Play a word faster and higher (factor above one) or slower and lower."""
    positions = np.arange(0, len(word) - 1, factor)
    warped: Sound = np.interp(positions, np.arange(len(word)), word)
    return warped


def place(word: Sound, rng: Rng, conditions: Conditions) -> Sound:
    """Put a word into its second."""
    surplus = max(len(word) - CLIP, 0) // 2
    word = word[surplus : surplus + CLIP]
    room = CLIP - len(word)
    if chance(rng, conditions.anywhere):
        start = int(rng.integers(room + 1))
    else:
        start = room // 2 + round(rng.uniform(-1, 1) * conditions.shift * RATE)
    start = min(max(start, 0), room)
    out = np.zeros(CLIP)
    out[start : start + len(word)] = word
    return out


def filters(rng: Rng, conditions: Conditions) -> NDArray[np.complex128] | None:
    """Draw a room, a microphone and a channel as one frequency response; None if there is none."""
    response: NDArray[np.complex128] | None = None
    if chance(rng, conditions.reverb):
        response = np.fft.rfft(_room(rng), _FFT)
    gain = np.zeros(len(_FREQUENCY))
    if chance(rng, conditions.equaliser):
        knots = rng.uniform(-1, 1, len(_EQ_HZ)) * conditions.equaliser_db
        gain += np.interp(np.log(np.maximum(_FREQUENCY, 1)), np.log(_EQ_HZ), knots)
    if chance(rng, conditions.band_limit):
        low, high = rng.uniform(60, 350), rng.uniform(2800, 7000)
        safe = np.maximum(_FREQUENCY, 1)
        gain -= 10 * np.log10(1 + (low / safe) ** 4) + 10 * np.log10(1 + (safe / high) ** 8)
    if np.any(gain):
        shape = 10 ** (gain / 20)
        response = shape.astype(np.complex128) if response is None else response * shape
    return response


def _room(rng: Rng) -> Sound:
    """Make an impulse response: the direct sound, then noise that dies away."""
    seconds = rng.uniform(0.08, 0.6)
    length = int(seconds * RATE)
    decay = np.exp(-6.9 * np.arange(length) / length)
    tail = rng.standard_normal(length) * decay
    tail[: int(rng.integers(16, 160))] = 0
    tail *= 10 ** (rng.uniform(-14, 1) / 20) / np.sqrt(np.sum(tail**2))
    tail[0] = 1
    return tail


def noise(rng: Rng, babble: Sequence[Samples]) -> Sound:
    """Draw one second of noise with a root mean square of one."""
    kinds: tuple[Callable[[], Sound], ...] = (
        lambda: _coloured(rng, 0.0),
        lambda: _coloured(rng, 0.5),
        lambda: _coloured(rng, 1.0),
        lambda: _coloured(rng, rng.uniform(-0.3, 1.2), wobble=True),
        lambda: _hum(rng),
        lambda: _clicks(rng),
        lambda: _babble(rng, babble),
    )
    sound = kinds[int(rng.integers(len(kinds)))]()
    even: Sound = sound / (np.sqrt(np.mean(sound**2)) + 1e-12)
    return even


def _coloured(rng: Rng, slope: float, *, wobble: bool = False) -> Sound:
    spectrum = np.fft.rfft(rng.standard_normal(CLIP))
    frequency = np.maximum(np.fft.rfftfreq(CLIP, 1 / RATE), 20)
    sound = np.fft.irfft(spectrum * frequency**-slope, CLIP)
    if wobble:
        knots = 10 ** (rng.uniform(-18, 0, 9) / 20)
        sound *= np.interp(np.arange(CLIP), np.linspace(0, CLIP, 9), knots)
    return sound


def _hum(rng: Rng) -> Sound:
    time = np.arange(CLIP) / RATE
    base = float(rng.choice([50, 60, 100, 120, rng.uniform(80, 400)]))
    sound = sum(
        rng.uniform(0, 1) / harmonic * np.sin(2 * np.pi * (base * harmonic * time + rng.random()))
        for harmonic in range(1, 9)
    )
    return sound + 0.05 * _coloured(rng, 0.5)


def _clicks(rng: Rng) -> Sound:
    sound = 0.02 * rng.standard_normal(CLIP)
    for start in rng.integers(0, CLIP - 400, int(rng.integers(1, 12))):
        length = int(rng.integers(20, 400))
        burst = rng.standard_normal(length) * np.exp(-5 * np.arange(length) / length)
        sound[start : start + length] += rng.uniform(0.2, 1) * burst
    return sound


def _babble(rng: Rng, words: Sequence[Samples]) -> Sound:
    sound = 1e-3 * rng.standard_normal(CLIP)
    for _ in range(int(rng.integers(4, 10))):
        word = words[int(rng.integers(len(words)))][:CLIP] / 16_384
        # Played backwards, a voice is a voice but no keyword.
        sound[: len(word)] += rng.uniform(0.3, 1) * word[::-1]
        sound = np.roll(sound, int(rng.integers(CLIP)))
    return sound


def disturb(word: Samples, rng: Rng, conditions: Conditions, babble: Sequence[Samples]) -> Samples:
    """Turn a trimmed word into one second as a microphone might have heard it."""
    sound = word / 32_768
    if conditions.warp:
        sound = warp(sound, 1 + rng.uniform(-1, 1) * conditions.warp)
    sound = place(sound, rng, conditions)
    response = filters(rng, conditions)
    if response is not None:
        sound = np.fft.irfft(np.fft.rfft(sound, _FFT) * response, _FFT)[:CLIP]
    sound *= 10 ** (rng.uniform(*conditions.peak_db) / 20) / (np.max(np.abs(sound)) + 1e-12)
    if chance(rng, conditions.noise):
        active = np.abs(sound) >= 0.02 * np.max(np.abs(sound))  # of digital silence, all
        level = np.sqrt(np.mean(sound[active] ** 2))
        sound += noise(rng, babble) * level * 10 ** (-rng.uniform(*conditions.snr_db) / 20)
    if chance(rng, conditions.floor):
        sound += rng.standard_normal(CLIP) * 10 ** (rng.uniform(*conditions.floor_db) / 20)
    if chance(rng, conditions.offset):
        sound += rng.uniform(-0.01, 0.01)
    if chance(rng, conditions.overload):
        sound *= 10 ** (rng.uniform(0, 9) / 20) / np.max(np.abs(sound))
    return to_int16(sound)


def silence(
    rng: Rng, babble: Sequence[Samples], *, loudest_db: float = -14.0, digital: float = 0.02
) -> Samples:
    """Draw one second in which nobody speaks."""
    if chance(rng, digital):
        return np.zeros(CLIP, np.int16)
    sound = noise(rng, babble) * 10 ** (rng.uniform(-80, loudest_db) / 20)
    sound += rng.standard_normal(CLIP) * 10 ** (rng.uniform(-90, -60) / 20)
    if chance(rng, 0.1):
        sound += rng.uniform(-0.01, 0.01)
    return to_int16(sound)


# Where disturbance comes from


@dataclass(frozen=True)
class Made:
    """Rooms and noise that are made up, for words that were spoken in none."""

    conditions: Conditions
    babble: Sequence[Samples]

    def word(self, clip: Samples, rng: Rng) -> Samples:
        """Disturb a clip."""
        return disturb(clip, rng, self.conditions, self.babble)

    def silence(self, rng: Rng) -> Samples:
        """Draw one second in which nobody speaks."""
        return silence(rng, self.babble)


@dataclass(frozen=True)
class Recorded:
    """Noise that was recorded, for words that were, too: the recipe of *Hello Edge*."""

    background: Sequence[Samples]
    noise: float = 0.8  # how often there is noise
    volume: float = 0.1  # at most
    shift: float = 0.1  # seconds, either way

    def word(self, clip: Samples, rng: Rng) -> Samples:
        """Shift a clip and mix it with noise."""
        sound = np.zeros(CLIP)
        surplus = max(len(clip) - CLIP, 0) // 2
        clip = clip[surplus : surplus + CLIP]
        start = (CLIP - len(clip)) // 2 + round(rng.uniform(-1, 1) * self.shift * RATE)
        first, last = max(start, 0), min(start + len(clip), CLIP)
        sound[first:last] = clip[first - start : last - start] / 32_768
        if chance(rng, self.noise):
            sound += self._second(rng) * rng.uniform(0, self.volume)
        return to_int16(sound)

    def silence(self, rng: Rng) -> Samples:
        """Cut one second of noise, at any volume."""
        return to_int16(self._second(rng) * rng.uniform(0, 1))

    def _second(self, rng: Rng) -> Sound:
        recording = self.background[int(rng.integers(len(self.background)))]
        start = int(rng.integers(len(recording) - CLIP + 1))
        return recording[start : start + CLIP] / 32_768


Disturbance: TypeAlias = Made | Recorded


def made_or_recorded(clips: Clips, conditions: Conditions) -> Disturbance:
    """Take the noise that came with a set, or make some, with its words as babble."""
    if clips.background:
        return Recorded(clips.background)
    return Made(conditions, words(clips))


def words(clips: Clips) -> list[Samples]:
    """List the clips."""
    return [clips[i] for i in range(len(clips))]
