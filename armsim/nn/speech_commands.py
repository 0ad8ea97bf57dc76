"""Google Speech Commands, read from the folder it is unpacked to.

    DIR/yes/0a7c2a8d_nohash_0.wav        one second of one word by one speaker, 16 kHz mono
    DIR/_background_noise_/*.wav         minutes of noise, out of which silence is cut
    DIR/validation_list.txt              which clips are for validation; testing_list.txt likewise

Without the lists a speaker's split follows from a hash of the name, 80 : 10 : 10, by the rule that
made the lists. Each split has one clip of another word for every ten of keywords; as many seconds
of silence are added where features are made.
"""

from __future__ import annotations

import hashlib
import math
import wave
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from armsim.nn.data import (
    CLASSES,
    CLIP,
    RATE,
    SPLITS,
    UNKNOWN,
    Clips,
    DataError,
    Report,
    Samples,
    pack,
)

NOISE_FOLDER = "_background_noise_"
LISTS = {"val": "validation_list.txt", "test": "testing_list.txt"}
UNKNOWN_SHARE = 0.1
_PER_CENT = 10.0  # each of validation and testing
_HASHES = 1 << 27


def split_by_hash(name: str) -> str:
    """Say which split a file belongs to; all of one speaker's go to the same one."""
    speaker = name.split("_nohash_")[0]
    number = int(hashlib.sha1(speaker.encode()).hexdigest(), 16)
    percent = number % _HASHES * (100 / (_HASHES - 1))
    return "val" if percent < _PER_CENT else "test" if percent < 2 * _PER_CENT else "train"


def fingerprint(folder: Path) -> str:
    """Hash the names, sizes and times of all files: enough to notice a change, and fast."""
    digest = hashlib.sha256()
    for path in (*_wav_files(folder), *(folder / name for name in LISTS.values())):
        if path.exists():
            about = path.stat()
            line = f"{path.relative_to(folder)} {about.st_size} {about.st_mtime_ns}\n"
            digest.update(line.encode())
    return digest.hexdigest()


def read(folder: Path, *, seed: int, report: Report = lambda line: None) -> Clips:
    """Read keywords and a choice of other words."""
    words = _words(folder)
    splits = _splits(folder, [path for paths in words.values() for path in paths])
    chosen = sorted(_chosen(words, splits, seed))
    seconds: list[Samples] = []
    for path in chosen:
        seconds.append(read_wav(path)[:CLIP])
        if len(seconds) % 5000 == 0:
            report(f"{len(seconds)} of {len(chosen)} clips read")
    samples, bounds = pack(seconds)
    names = [path.parent.name for path in chosen]
    return Clips(
        samples,
        bounds,
        np.array([_label(name) for name in names], np.int64),
        np.array(names),
        np.array([path.name.split("_nohash_")[0] for path in chosen]),
        np.array([splits[path] for path in chosen]),
        tuple(_recordings(folder / NOISE_FOLDER)),
    )


def _wav_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*.wav"))


def _label(word: str) -> int:
    return CLASSES.index(word) if word in CLASSES else UNKNOWN


def _words(folder: Path) -> dict[str, list[Path]]:
    """List the files of each word."""
    words: dict[str, list[Path]] = {}
    for path in _wav_files(folder):
        if path.parent.name != NOISE_FOLDER:
            words.setdefault(path.parent.name, []).append(path)
    missing = [word for word in CLASSES[2:] if word not in words]
    if missing:
        raise DataError(
            f"{folder} has no folder of WAV files for {', '.join(missing)}; name the folder that "
            "Google Speech Commands was unpacked to, or one of 'armsim nn data'"
        )
    if not any(_label(word) == UNKNOWN for word in words):
        raise DataError(f"{folder} has keywords only; folders of other words make 'unknown'")
    return words


def _splits(folder: Path, paths: Iterable[Path]) -> dict[Path, str]:
    lists = {split: folder / name for split, name in LISTS.items()}
    if not all(path.exists() for path in lists.values()):
        return {path: split_by_hash(path.name) for path in paths}
    listed = {line: split for split, path in lists.items() for line in _lines(path)}
    return {path: listed.get(f"{path.parent.name}/{path.name}", "train") for path in paths}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split()
    except UnicodeDecodeError:
        raise DataError(f"{path} is not a list of clips: it is no text") from None


def _chosen(words: dict[str, list[Path]], splits: dict[Path, str], seed: int) -> Iterator[Path]:
    """Give all keywords and, for each split, its share of other words."""
    for split in SPLITS:
        known, unknown = (
            [
                path
                for word, paths in words.items()
                for path in paths
                if splits[path] == split and (_label(word) == UNKNOWN) == other
            ]
            for other in (False, True)
        )
        if not known:
            raise DataError(f"no keyword falls into the split '{split}'; the folder is too small")
        rng = np.random.default_rng([seed, 7, SPLITS.index(split)])
        count = min(math.ceil(len(known) * UNKNOWN_SHARE), len(unknown))
        yield from known
        yield from (unknown[i] for i in rng.permutation(len(unknown))[:count])


def _recordings(folder: Path) -> Iterator[Samples]:
    paths = sorted(folder.glob("*.wav"))
    if not paths:
        raise DataError(f"no noise in {folder}; silence is cut out of the WAV files there")
    for path in paths:
        recording = read_wav(path)
        if len(recording) < CLIP:
            raise DataError(f"{path} is shorter than one second; noise must be longer")
        yield recording


def read_wav(path: Path) -> Samples:
    """Read a 16 kHz mono 16-bit WAV file."""
    try:
        with wave.open(str(path)) as file:
            form = file.getnchannels(), 8 * file.getsampwidth(), file.getframerate()
            wanted = file.getnframes()
            data = file.readframes(wanted) if form == (1, 16, RATE) else b""
    except (wave.Error, EOFError) as error:
        raise DataError(
            f"{path} is not a WAV file: {str(error) or 'it ends early'}; "
            f"convert it to mono, 16 bits, {RATE} Hz"
        ) from None
    if form != (1, 16, RATE):
        channels, bits, rate = form
        raise DataError(
            f"{path} has {channels} channel(s) of {bits} bits at {rate} Hz; "
            f"convert it to mono, 16 bits, {RATE} Hz"
        )
    if len(data) != 2 * wanted:
        raise DataError(f"{path} is cut short: {len(data) // 2} of {wanted} samples")
    if not wanted:
        raise DataError(f"{path} has no samples; delete it")
    return np.frombuffer(data, "<i2").astype(np.int16)
