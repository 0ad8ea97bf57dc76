"""Features of a whole set, made once for all models and kept beside their training.

The file's name is a hash of what made it: the clips, the seed, the number of disturbed copies, the
version of the code that disturbs and computes, and the features unless they are 10 MFCC.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from armsim.nn import data, features, speech_commands, spoken
from armsim.nn.data import Clips, DataError, Report
from armsim.nn.features import FeatureSet, Rows, Standard
from armsim.nn.layers import Architecture, FeatureKind
from armsim.nn.mfcc import COEFFICIENTS, MEL_BANDS

VERSION = 1
"""Raise it when `augment`, `features` or `mfcc` compute something else."""


@dataclass(frozen=True)
class Prepared:
    """All that training and measuring need of a set of clips."""

    training: FeatureSet
    standard: Standard
    sets: Mapping[str, FeatureSet]
    """`train` (a part), `val` and `test`, and a `_noisy` twin of each."""
    about: Mapping[str, Any]
    """Where it comes from, for the record."""


def rows_for(net: Architecture) -> Rows:
    """Say which features are made for a network; of MFCC it sees the lowest ones.

    How many are made does not change them, so 40 serve whatever sees more than 10. These 10 are a
    set of their own: a quarter as large, and what the shipped networks were trained on.
    """
    few = net.features is FeatureKind.MFCC and net.coefficients <= COEFFICIENTS
    return Rows(net.features, COEFFICIENTS if few else MEL_BANDS)


def prepare(
    folder: Path, work: Path, rows: Rows, *, copies: int, seed: int, report: Report
) -> Prepared:
    """Read the features of a set from the work folder, or make them and keep them there."""
    source = _open(folder, report)
    made_from: dict[str, Any] = {
        "clips": source.identity,
        "seed": seed,
        "copies": copies,
        "version": VERSION,
    }
    if rows != Rows():
        made_from["features"] = [rows.kind.value, rows.count]
    key = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()
    path = work / f"features-{key[:16]}.npz"
    if path.exists():
        return _read(path, rows)
    clips = source.clips()
    work.mkdir(parents=True, exist_ok=True)
    report(f"making {rows.count} {rows.kind.name} of each frame for all models, kept in {path}")
    training, standard = features.training_set(clips, rows, copies=copies, seed=seed, report=report)
    prepared = Prepared(
        training,
        standard,
        features.evaluation_sets(clips, standard),
        {
            "data_sha256": data.sha256(clips.samples),
            **source.about,
            "seed": seed,
            "copies": copies,
        },
    )
    _write(prepared, path)
    return prepared


# Clips from either kind of folder


class _Spoken:
    """Clips that espeak-ng spoke."""

    def __init__(self, folder: Path, report: Report) -> None:
        self._clips = spoken.load_or_generate(folder, report)
        self.identity = data.sha256(self._clips.samples)
        path = folder / "clips.json"
        made = json.loads(path.read_text()) if path.exists() else {}
        self.about = {"espeak_ng": made.get("espeak_ng"), "data_seed": made.get("seed")}

    def clips(self) -> Clips:
        """Give the clips."""
        return self._clips


class _Recorded:
    """Clips of Google Speech Commands; reading them takes a while and is put off."""

    about: Mapping[str, Any] = {"data": "Google Speech Commands folder", "data_seed": data.SEED}

    def __init__(self, folder: Path, report: Report) -> None:
        self.identity = speech_commands.fingerprint(folder)
        self._folder, self._report = folder, report

    def clips(self) -> Clips:
        """Read the clips."""
        return speech_commands.read(self._folder, seed=data.SEED, report=self._report)


def _open(folder: Path, report: Report) -> _Spoken | _Recorded:
    """Say which kind of folder it is; espeak-ng fills the default one where nothing is there."""
    empty = not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
    if (folder / "clips.npz").exists() or (empty and folder == data.default_folder()):
        return _Spoken(folder, report)
    if not folder.exists():
        raise DataError(f"{folder} does not exist; 'armsim nn data {folder}' speaks clips there")
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; name the folder of a set")
    return _Recorded(folder, report)


def load_clips(folder: Path, report: Report) -> Clips:
    """Read the clips of a folder of either kind."""
    return _open(folder, report).clips()


def fingerprint(folder: Path, report: Report) -> str:
    """Tell the clips of a folder of either kind from others, wherever they lie."""
    return _open(folder, report).identity


# File


def _write(prepared: Prepared, path: Path) -> None:
    sets = {"training": prepared.training, **prepared.sets}
    arrays = {
        **{f"{name}.features": items.features for name, items in sets.items()},
        **{f"{name}.labels": items.labels for name, items in sets.items()},
        "mean": prepared.standard.mean,
        "inv_sigma": prepared.standard.inv_sigma,
        "about": np.array(json.dumps(dict(prepared.about))),
    }
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, **arrays)  # type: ignore[arg-type]
    partial.replace(path)


def _read(path: Path, rows: Rows) -> Prepared:
    try:
        with data.arrays_of(path) as stored:
            names = [key.removesuffix(".labels") for key in stored if key.endswith(".labels")]
            sets = {n: FeatureSet(stored[f"{n}.features"], stored[f"{n}.labels"]) for n in names}
            standard = Standard(stored["mean"], stored["inv_sigma"], rows.kind)
            return Prepared(sets.pop("training"), standard, sets, json.loads(str(stored["about"])))
    except data.DAMAGE as error:
        raise DataError(f"{path} is damaged ({error}); delete it to make it again") from None
