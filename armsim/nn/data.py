"""The synthetic speech-command set: espeak-ng says ten keywords and 25 other words.

The same call makes the same samples every time; whole families of voices are kept for validation
and for testing, so that accuracy is always accuracy on voices the network never heard. Clips are
stored trimmed of silence, one after the other; `centred` puts each into its second.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import wave
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import gcd
from pathlib import Path

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
UNKNOWN_WORDS = tuple(
    "backward bed bird cat dog eight five follow forward four happy house learn marvin nine one "
    "seven sheila six three tree two visual wow zero".split()
)

ACCENTS = tuple(
    "en-gb en-us en-gb-scotland en-gb-x-gbclan en-gb-x-rp en-gb-x-gbcwmd en-029 en-us-nyc".split()
)
# Whispers and effects that people would not call a voice are left out.
VARIANTS = tuple(
    "Alex Alicia Andrea Andy Annie AnxiousAndy Denis Diogo Gene Gene2 Henrique Hugo Jacky Lee "
    "Marco Mario Michael Mike Mr_serious Nguyen RicishayMax RicishayMax2 RicishayMax3 Storm "
    "Tweaky UniRobot adam anika anikaRobot antonio aunty belinda benjamin boris caleb david ed "
    "edward edward2 f1 f2 f3 f4 f5 grandma grandpa gustave iven iven2 iven3 iven4 john kaukovalta "
    "klatt klatt2 klatt3 klatt4 klatt5 klatt6 linda m1 m2 m3 m4 m5 m6 m7 m8 marcelo max michel "
    "miguel norbert pablo paul pedro quincy rob robert robosoft robosoft2 robosoft3 robosoft4 "
    "robosoft5 robosoft6 robosoft7 robosoft8 sandro shelby steph steph2 steph3 travis victor "
    "zac".split()
)
PROSODY = ("", "!", "?", ",")  # statement, call, question, unfinished

SPLITS = ("train", "val", "test")
# Voices whose definitions differ from each other by a line or two only.
KIN = (
    frozenset("Diogo Henrique Hugo michel miguel".split()),
    frozenset("Mr_serious Tweaky john norbert".split()),
    frozenset("RicishayMax max robosoft".split()),
    frozenset("anika anikaRobot".split()),
)

HELD_OUT = 11  # families each for validation and for testing
CLIPS_PER_KEYWORD = {"train": 800, "val": 100, "test": 100}
CLIPS_PER_UNKNOWN_WORD = {"train": 32, "val": 4, "test": 4}
SEED = 20_26


class DataError(ArmsimError):
    """The speech-command set cannot be made or read."""


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """What espeak-ng is asked to say, and how."""

    split: str
    word: str
    accent: str
    variant: str
    prosody: str
    pitch: int
    speed: int

    @property
    def label(self) -> int:
        """Give the class of the word."""
        return CLASSES.index(self.word) if self.word in CLASSES else UNKNOWN


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


# Voices


def family(variant: str) -> str:
    """Name the group of near-duplicates a voice belongs to; f1, f2, m1 and so on differ."""
    name = variant if variant[0] in "fm" and variant[1:].isdigit() else variant.rstrip("0123456789")
    return next((min(group) for group in KIN if name in group), name)


def families_by_split(seed: int = SEED) -> dict[str, tuple[str, ...]]:
    """Deal whole voice families to the splits."""
    families = np.array(sorted({family(variant) for variant in VARIANTS}))
    shuffled = np.random.default_rng(seed).permutation(families).tolist()
    return {
        "train": tuple(shuffled[2 * HELD_OUT :]),
        "val": tuple(shuffled[:HELD_OUT]),
        "test": tuple(shuffled[HELD_OUT : 2 * HELD_OUT]),
    }


def script(seed: int = SEED) -> list[Utterance]:
    """Write down every utterance of the set: each voice family is heard equally often."""
    rng = np.random.default_rng([seed, 1])
    members: dict[str, list[str]] = {}
    for variant in VARIANTS:
        members.setdefault(family(variant), []).append(variant)

    def utterance(split: str, word: str, families: Sequence[str]) -> Utterance:
        voices = members[families[int(rng.integers(len(families)))]]
        return Utterance(
            split=split,
            word=word,
            accent=ACCENTS[int(rng.integers(len(ACCENTS)))],
            variant=voices[int(rng.integers(len(voices)))].replace("_", " "),
            prosody=PROSODY[int(rng.integers(len(PROSODY)))],
            pitch=int(rng.integers(15, 90)),
            speed=int(rng.integers(85, 215)),
        )

    return [
        utterance(split, word, families)
        for split, families in families_by_split(seed).items()
        for words, count in (
            (CLASSES[2:], CLIPS_PER_KEYWORD[split]),
            (UNKNOWN_WORDS, CLIPS_PER_UNKNOWN_WORD[split]),
        )
        for word in words
        for _ in range(count)
    ]


# Speech


def require_espeak() -> str:
    """Return the version of espeak-ng, or say how to get it."""
    if shutil.which("espeak-ng") is None:
        raise DataError(
            "espeak-ng is not installed; get it with 'apt-get install espeak-ng' "
            "(Debian, Ubuntu) or from https://github.com/espeak-ng/espeak-ng"
        )
    text = subprocess.run(["espeak-ng", "--version"], capture_output=True, text=True, check=True)
    version = text.stdout.split("text-to-speech:")[1].split()[0]
    if shutil.which("dpkg-query") is None:
        return version
    package = subprocess.run(
        ["dpkg-query", "--showformat=${Version}", "--show", "espeak-ng"],
        capture_output=True,
        text=True,
        check=False,
    )
    return package.stdout.strip() or version


def say(utterance: Utterance) -> Samples:
    """Have one utterance spoken: 16 kHz, trimmed, peak at half of full scale."""
    from scipy.signal import resample_poly  # type: ignore[import-untyped,unused-ignore]

    command = ["espeak-ng", "-v", f"{utterance.accent}+{utterance.variant}"]
    command += ["-p", str(utterance.pitch), "-s", str(utterance.speed), "--stdout"]
    command += [utterance.word + utterance.prosody]
    spoken = subprocess.run(command, capture_output=True, check=False)
    if spoken.returncode or len(spoken.stdout) < 1000:
        reason = spoken.stderr.decode(errors="replace").strip() or "no sound"
        raise DataError(f"'{' '.join(command)}' failed: {reason}")
    header, pcm = spoken.stdout[:44], spoken.stdout[44:]
    rate = int.from_bytes(header[24:28], "little")
    common = gcd(RATE, rate)
    sound = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float64)
    return trim(resample_poly(sound, RATE // common, rate // common))


def trim(sound: NDArray[np.float64], *, threshold: float = 0.01, margin: int = 160) -> Samples:
    """Cut what is quieter than 1 % of the peak from both ends and set the peak to one half."""
    peak = float(np.max(np.abs(sound), initial=0))
    if peak == 0:
        raise DataError("espeak-ng spoke only silence")
    loud = np.flatnonzero(np.abs(sound) > threshold * peak)
    kept = sound[max(loud[0] - margin, 0) : loud[-1] + margin]
    return np.rint(kept * (16_384 / peak)).astype(np.int16)


def generate(folder: Path, report: Report, *, workers: int = 2) -> Clips:
    """Have the whole set spoken and store it in `folder`."""
    version = require_espeak()
    utterances = script()
    spoken: list[Samples] = []
    with ProcessPoolExecutor(workers) as pool:
        for index, clip in enumerate(pool.map(say, utterances, chunksize=64), 1):
            spoken.append(clip)
            if index % 500 == 0 or index == len(utterances):
                report(f"{index} of {len(utterances)} clips spoken")
    clips = _clips(utterances, spoken)
    folder.mkdir(parents=True, exist_ok=True)
    save(clips, folder / "clips.npz")
    about = {
        "espeak_ng": version,
        "seed": SEED,
        "clips": len(clips),
        "sha256": sha256(clips.samples),
        "families": {name: sorted(members) for name, members in families_by_split().items()},
    }
    (folder / "clips.json").write_text(json.dumps(about, indent=1) + "\n")
    return clips


def _clips(utterances: Sequence[Utterance], spoken: Sequence[Samples]) -> Clips:
    return Clips(
        *pack(spoken),
        np.array([u.label for u in utterances], np.int64),
        np.array([u.word for u in utterances]),
        np.array([f"{u.accent}+{u.variant}" for u in utterances]),
        np.array([u.split for u in utterances]),
    )


# Files

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
    """Write clips to one file."""
    np.savez(path, **{field: getattr(clips, field) for field in _FIELDS})


def load(folder: Path) -> Clips:
    """Read the set that `generate` stored."""
    path = folder / "clips.npz"
    if not path.exists():
        raise DataError(f"no clips in {folder}; make them with 'armsim nn data {folder}'")
    return _read(path)


def _read(path: Path) -> Clips:
    try:
        with np.load(path) as stored:
            return Clips(*(stored[field] for field in _FIELDS))
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path} is not a clip file: {error}") from None


def load_or_generate(folder: Path, report: Report) -> Clips:
    """Read the set; make it first where there is none."""
    return load(folder) if (folder / "clips.npz").exists() else generate(folder, report)


def save_packed(clips: Clips, path: Path) -> None:
    """Write a few clips to one small file: second differences, bytes apart, deflated."""
    fields = {field: getattr(clips, field) for field in _FIELDS[1:]}
    twice = np.diff(clips.samples, n=2, prepend=np.zeros(2, np.int16)).view(np.uint16)
    low, high = (twice & 0xFF).astype(np.uint8), (twice >> 8).astype(np.uint8)
    np.savez_compressed(path, low=low, high=high, **fields)


def load_packed(path: Path) -> Clips:
    """Read what `save_packed` wrote."""
    try:
        with np.load(path) as stored:
            twice = stored["low"].astype(np.uint16) | stored["high"].astype(np.uint16) << 8
            samples = np.cumsum(np.cumsum(twice, dtype=np.uint16), dtype=np.uint16).view(np.int16)
            return Clips(samples, *(stored[field] for field in _FIELDS[1:]))
    except (OSError, ValueError, KeyError) as error:
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


__all__ = [
    "CLASSES",
    "Clips",
    "DataError",
    "Utterance",
    "balanced",
    "centred",
    "default_folder",
    "families_by_split",
    "generate",
    "load",
    "load_or_generate",
    "load_packed",
    "require_espeak",
    "save",
    "save_packed",
    "say",
    "script",
    "sha256",
    "with_silence",
    "write_wav",
    "write_wavs",
]
