"""Clips of speech commands: what they are, how they are stored and picked.

Clips are kept trimmed of silence, one after the other; `centred` puts each into its second.
"""

from __future__ import annotations

import hashlib
import json
import os
import wave
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armsim.errors import ArmsimError

Samples = NDArray[np.int16]
Report = Callable[[str], None]

RATE = 16_000
CLIP = 16_000  # samples in a clip of one second
CLASSES = (
    "silence",
    "unknown",
    "yes",
    "no",
    "up",
    "down",
    "left",
    "right",
    "on",
    "off",
    "stop",
    "go",
)
SILENCE, UNKNOWN = 0, 1

SPLITS = ("train", "val", "test")
SEED = 20_26


class DataError(ArmsimError):
    """The speech-command set cannot be made or read."""


@dataclass(frozen=True)
class Clips:
    """Clips, one after the other, with what is said in each and by whom."""

    samples: Samples
    bounds: NDArray[np.int64]  # clip i is samples[bounds[i]:bounds[i + 1]]
    labels: NDArray[np.int64]
    words: NDArray[np.str_]
    voices: NDArray[np.str_]
    splits: NDArray[np.str_]
    background: tuple[Samples, ...] = ()
    """Recorded noise that comes with the set; without any, noise is made."""

    def __len__(self) -> int:
        """Count the clips."""
        return len(self.labels)

    def __getitem__(self, index: int) -> Samples:
        """Give the samples of one clip."""
        return self.samples[self.bounds[index] : self.bounds[index + 1]]

    def take(self, indices: Sequence[int] | NDArray[np.int64]) -> Clips:
        """Pick clips by index."""
        return Clips(
            *pack([self[int(i)] for i in indices]),
            self.labels[indices],
            self.words[indices],
            self.voices[indices],
            self.splits[indices],
            self.background,
        )

    def split(self, name: str) -> Clips:
        """Pick the clips of one split."""
        return self.take(np.flatnonzero(self.splits == name))


def pack(clips: Sequence[Samples]) -> tuple[Samples, NDArray[np.int64]]:
    """Put clips one after the other and say where each starts and ends."""
    bounds = np.cumsum([0, *map(len, clips)], dtype=np.int64)
    return np.concatenate([*clips, np.zeros(0, np.int16)]), bounds


def sha256(array: NDArray[np.generic]) -> str:
    """Hash the bytes of an array."""
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def centred(clips: Clips) -> Samples:
    """Put every clip in the middle of one second of digital silence."""
    out = np.zeros((len(clips), CLIP), np.int16)
    for row, index in zip(out, range(len(clips)), strict=True):
        clip = clips[index]
        surplus = max(len(clip) - CLIP, 0) // 2
        clip = clip[surplus : surplus + CLIP]
        start = (CLIP - len(clip)) // 2
        row[start : start + len(clip)] = clip
    return out


# Files

DAMAGE = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error)
"""What NumPy raises for a file that is cut short, or none of its own."""


@contextmanager
def arrays_of(path: str | Path) -> Iterator[Mapping[str, Any]]:
    """Open an `.npz` file; closed also where it is none."""
    with Path(path).open("rb") as file:
        stored = np.load(file)
        if not isinstance(stored, np.lib.npyio.NpzFile):
            raise ValueError("it holds one array, not several")
        with stored:
            yield stored


_FIELDS = ("samples", "bounds", "labels", "words", "voices", "splits")


def default_folder() -> Path:
    """Say where the set is kept unless the user names a folder: beside what else is cached."""
    chosen = os.environ.get("ARMSIM_CACHE_DIR")
    if chosen:
        return Path(chosen) / "speech-commands"
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # a user without a home
        cache = Path(".cache")
    return cache / "armsim" / "speech-commands"


def save(clips: Clips, path: Path) -> None:
    """Write clips to one file, all of them or none."""
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, **{field: getattr(clips, field) for field in _FIELDS})
    partial.replace(path)


def load(folder: Path) -> Clips:
    """Read the set that `spoken.generate` stored."""
    path = folder / "clips.npz"
    if not path.exists():
        raise DataError(f"no clips in {folder}; make them with 'armsim nn data {folder}'")
    return _read(path)


def _read(path: Path) -> Clips:
    try:
        with arrays_of(path) as stored:
            return Clips(*(stored[field] for field in _FIELDS))
    except DAMAGE as error:
        raise DataError(f"{path} is not a clip file: {error}") from None


def save_packed(clips: Clips, path: Path) -> None:
    """Write a few clips to one small file: second differences, bytes apart, deflated."""
    fields = {field: getattr(clips, field) for field in _FIELDS[1:]}
    twice = np.diff(clips.samples, n=2, prepend=np.zeros(2, np.int16)).view(np.uint16)
    low, high = (twice & 0xFF).astype(np.uint8), (twice >> 8).astype(np.uint8)
    np.savez_compressed(path, low=low, high=high, **fields)


def load_packed(path: str | Path) -> Clips:
    """Read what `save_packed` wrote."""
    try:
        with arrays_of(path) as stored:
            twice = stored["low"].astype(np.uint16) | stored["high"].astype(np.uint16) << 8
            samples = np.cumsum(np.cumsum(twice, dtype=np.uint16), dtype=np.uint16).view(np.int16)
            return Clips(samples, *(stored[field] for field in _FIELDS[1:]))
    except DAMAGE as error:
        raise DataError(f"{path} is not a packed clip file: {error}") from None


def write_wav(path: Path, samples: Samples) -> None:
    """Write a 16 kHz mono 16-bit WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, len(samples), "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())


def write_wavs(clips: Clips, folder: Path) -> None:
    """Write one WAV per clip, and `labels.json` with what is said in each and by whom."""
    folder.mkdir(parents=True, exist_ok=True)
    labels: list[dict[str, str | int]] = []
    for index, samples in enumerate(centred(clips)):
        word, label = str(clips.words[index]), int(clips.labels[index])
        name = f"{index:04}_{word}.wav"
        write_wav(folder / name, samples)
        voice = str(clips.voices[index])
        entry = {"file": name, "word": word, "class": CLASSES[label], "voice": voice}
        labels.append({**entry, "label": label})
    (folder / "labels.json").write_text(json.dumps(labels, indent=1) + "\n")


def balanced(clips: Clips, count: int) -> Clips:
    """Pick `count` clips, as evenly as possible over the classes and over each class's clips."""
    if not 0 < count <= len(clips):
        raise DataError(f"{count} clips asked for; this set has {len(clips)}")
    queues = [np.flatnonzero(clips.labels == label) for label in range(len(CLASSES))]
    quota = _quota([len(queue) for queue in queues], count)
    chosen = [_spread(queue, n) for queue, n in zip(queues, quota, strict=True)]
    return clips.take(np.concatenate(chosen))


def _quota(available: Sequence[int], count: int) -> list[int]:
    quota = [0] * len(available)
    while sum(quota) < count:
        for index, limit in enumerate(available):
            if quota[index] < limit and sum(quota) < count:
                quota[index] += 1
    return quota


def _spread(queue: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    return queue[(np.arange(count) * len(queue)) // max(count, 1)]


def with_silence(clips: Clips, silence: Iterable[Samples], split: str) -> Clips:
    """Add noise-only clips of the class silence."""
    extra = list(silence)
    return Clips(
        *pack([*(clips[i] for i in range(len(clips))), *extra]),
        np.concatenate([clips.labels, np.full(len(extra), SILENCE, np.int64)]),
        np.concatenate([clips.words, np.full(len(extra), "silence")]),
        np.concatenate([clips.voices, np.full(len(extra), "noise")]),
        np.concatenate([clips.splits, np.full(len(extra), split)]),
        clips.background,
    )
