"""The speech-command set: who speaks, what is kept, how it is stored."""

import dataclasses
import json
import shutil
import wave
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from armsim.nn import augment, data, features, spoken
from armsim.nn.features import Rows
from armsim.nn.layers import FeatureKind

CLIPS = Path(__file__).parent / "data" / "clips.npz"


def test_no_voice_family_is_in_two_splits() -> None:
    families = spoken.families_by_split()
    assert {name: len(members) for name, members in families.items()} == {
        "train": 42,
        "val": 11,
        "test": 11,
    }
    everyone = [member for members in families.values() for member in members]
    assert len(everyone) == len(set(everyone))
    heard = {split: set() for split in data.SPLITS}
    for utterance in spoken.script():
        heard[utterance.split].add(spoken.family(utterance.variant.replace(" ", "_")))
    assert {split: tuple(sorted(who)) for split, who in heard.items()} == {
        split: tuple(sorted(who)) for split, who in families.items()
    }


def test_near_duplicate_voices_are_one_family() -> None:
    assert spoken.family("klatt6") == spoken.family("klatt") == "klatt"
    assert spoken.family("RicishayMax2") == spoken.family("max") == spoken.family("robosoft8")
    assert spoken.family("f1") != spoken.family("f2")


def test_the_script_is_the_same_every_time_and_covers_all_words() -> None:
    script = spoken.script()
    assert script == spoken.script()
    words = Counter((u.split, u.word) for u in script)
    assert words["test", "yes"] == 100
    assert words["train", "zero"] == 32
    assert {u.word for u in script} == {*data.CLASSES[2:], *spoken.UNKNOWN_WORDS}


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_speech_is_the_same_every_time() -> None:
    utterance = spoken.script()[0]
    clip = spoken.say(utterance)
    assert np.array_equal(clip, spoken.say(utterance))
    assert clip.dtype == np.int16
    assert np.abs(clip).max() == 16_384
    assert 1600 < len(clip) < 32_000


def test_without_espeak_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(data.DataError, match=r"^espeak-ng is not installed; get it with 'apt-get"):
        spoken.require_espeak()


def test_the_packed_file_loses_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    loud = rng.integers(-32_768, 32_768, 1000).astype(np.int16)
    clips = data.Clips(
        *data.pack([loud, np.zeros(0, np.int16), loud[:7]]),
        np.array([2, 3, 4]),
        np.array(["yes", "no", "up"]),
        np.array(["a", "b", "c"]),
        np.array(["test"] * 3),
    )
    data.save_packed(clips, tmp_path / "it.npz")
    back = data.load_packed(tmp_path / "it.npz")
    assert np.array_equal(back.samples, clips.samples)
    assert [len(back[i]) for i in range(3)] == [1000, 0, 7]
    assert back.words.tolist() == ["yes", "no", "up"]


def test_the_committed_clips_are_ten_of_each_class_from_test_voices() -> None:
    clips = data.load_packed(CLIPS)
    assert np.bincount(clips.labels).tolist() == [10] * 12
    assert set(clips.splits.tolist()) == {"test"}
    families = spoken.families_by_split()["test"]
    for voice in set(clips.voices.tolist()) - {"noise"}:
        assert spoken.family(voice.split("+")[1].replace(" ", "_")) in families


def test_clips_are_centred_and_cut_to_one_second() -> None:
    clips = data.Clips(
        *data.pack([np.ones(4, np.int16), np.arange(16_004, dtype=np.int16)]),
        np.array([2, 3]),
        np.array(["yes", "no"]),
        np.array(["a", "b"]),
        np.array(["test"] * 2),
    )
    short, long = data.centred(clips)
    assert np.flatnonzero(short).tolist() == [7998, 7999, 8000, 8001]
    assert long[0] == 2


def test_all_feature_sets_are_of_the_same_disturbed_clips() -> None:
    clips = data.load_packed(CLIPS)
    clips = dataclasses.replace(clips, splits=np.array(["train", "val", "test"] * 40))
    made = {
        rows: features.training_set(clips, rows, copies=1, seed=3, report=lambda line: None)
        for rows in (Rows(), Rows(FeatureKind.MFCC, 40), Rows(FeatureKind.LFBE, 40))
    }
    (few, of_few), (more, of_more), (lfbe, of_lfbe) = made.values()
    assert np.array_equal(few.features, more.features[..., :10])
    assert np.array_equal(of_few.mean, of_more.mean[:10])
    assert np.array_equal(of_few.inv_sigma, of_more.inv_sigma[:10])
    assert of_lfbe.kind is FeatureKind.LFBE
    assert np.array_equal(few.labels, lfbe.labels)
    energies = lfbe.features / 32 / of_lfbe.inv_sigma + of_lfbe.mean
    first = few.features[..., 0] / 32 / of_few.inv_sigma[0] + of_few.mean[0]
    loud = np.abs(few.features[..., 0]) < 100
    error = (energies.sum(axis=-1) * np.sqrt(2 / 40) - first)[loud]
    assert loud.mean() > 0.8
    assert np.sqrt(np.mean(error**2)) < 0.05 * first[loud].std()


def test_wav_files_come_with_their_labels(tmp_path: Path) -> None:
    clips = data.balanced(data.load_packed(CLIPS), 12)
    data.write_wavs(clips, tmp_path)
    labels = json.loads((tmp_path / "labels.json").read_text())
    assert [entry["class"] for entry in labels] == list(data.CLASSES)
    for index, entry in enumerate(labels):
        with wave.open(str(tmp_path / entry["file"])) as file:
            assert file.getparams()[:4] == (1, 2, 16_000, 16_000)
            samples = np.frombuffer(file.readframes(16_000), "<i2")
        assert np.array_equal(samples, data.centred(clips)[index])


def test_more_clips_than_there_are_is_refused() -> None:
    with pytest.raises(data.DataError, match=r"^121 clips asked for; this set has 120$"):
        data.balanced(data.load_packed(CLIPS), 121)


def test_disturbance_is_the_same_for_the_same_seed() -> None:
    clips = data.load_packed(CLIPS)
    babble = [clips[20], clips[30]]
    draws = [
        augment.disturb(clips[40], np.random.default_rng(seed), augment.TRAINING, babble)
        for seed in (5, 5, 6)
    ]
    assert draws[0].shape == (16_000,)
    assert np.array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])


def test_without_disturbance_a_word_stays_as_it_is() -> None:
    clips = data.load_packed(CLIPS).take([40])
    plain = augment.disturb(clips[0], np.random.default_rng(0), augment.Conditions(), [])
    difference = plain.astype(int) - data.centred(clips)[0]
    assert np.abs(difference).max() <= 40  # the peak is set to -6 dB, not to one half


def test_the_set_is_kept_where_all_is_cached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARMSIM_CACHE_DIR", str(tmp_path))
    assert data.default_folder() == tmp_path / "speech-commands"
    monkeypatch.delenv("ARMSIM_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert data.default_folder() == tmp_path / "armsim" / "speech-commands"


def test_a_damaged_clip_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(data.DataError, match=r"^no clips in .*; make them with 'armsim nn data "):
        data.load(tmp_path)
    clips = data.load_packed(CLIPS)
    data.save(clips, tmp_path / "clips.npz")
    assert np.array_equal(data.load(tmp_path).samples, clips.samples)
    whole = (tmp_path / "clips.npz").read_bytes()
    (tmp_path / "clips.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(data.DataError, match=r"clips\.npz is not a clip file: "):
        data.load(tmp_path)
    np.save(tmp_path / "one.npy", np.zeros(3))
    (tmp_path / "one.npy").replace(tmp_path / "clips.npz")
    with pytest.raises(data.DataError, match=r"is not a clip file: it holds one array, not sev"):
        data.load(tmp_path)
