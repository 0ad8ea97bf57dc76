"""The synthetic speech-command set: espeak-ng says ten keywords and 25 other words.

The same call makes the same samples every time; whole families of voices are kept for validation
and for testing, so that accuracy is always accuracy on voices the network never heard.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import gcd
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from armsim.nn.data import (
    CLASSES,
    RATE,
    SEED,
    UNKNOWN,
    Clips,
    DataError,
    Report,
    Samples,
    load,
    pack,
    save,
    sha256,
)

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


def load_or_generate(folder: Path, report: Report) -> Clips:
    """Read the set; make it first where there is none."""
    return load(folder) if (folder / "clips.npz").exists() else generate(folder, report)
