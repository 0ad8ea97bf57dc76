"""Google Speech Commands: which clip is in which split, what is refused, what is made of it."""

import hashlib
import json
import wave
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from armsim.nn import augment, data, features, prepare, speech_commands
from armsim.nn.__main__ import main
from armsim.nn.data import DataError
from armsim.nn.features import Rows

from .commands import OTHER, tone


@pytest.mark.parametrize(
    ("name", "split"),
    [
        # As the lists that come with version 0.01 have them.
        ("2aa787cf_nohash_0.wav", "test"),
        ("0c40e715_nohash_0.wav", "test"),
        ("8b775397_nohash_0.wav", "val"),
        ("e95c70e2_nohash_0.wav", "val"),
    ],
)
def test_a_speaker_is_in_the_split_of_the_published_lists(name: str, split: str) -> None:
    assert speech_commands.split_by_hash(name) == split
    assert speech_commands.split_by_hash(name.replace("_0.wav", "_3.wav")) == split


def test_the_hash_splits_80_to_10_to_10() -> None:
    splits = Counter(speech_commands.split_by_hash(f"{n:08x}_nohash_0.wav") for n in range(20_000))
    assert splits["val"] / 20_000 == pytest.approx(0.1, abs=0.01)
    assert splits["test"] / 20_000 == pytest.approx(0.1, abs=0.01)


def test_all_keywords_and_a_tenth_as_many_other_words_are_read(commands: Path) -> None:
    clips = speech_commands.read(commands, seed=1)
    for split in data.SPLITS:
        part = clips.split(split)
        known = int(np.sum(part.labels != data.UNKNOWN))
        assert known == 10 * sum(
            speech_commands.split_by_hash(f"{n:08x}_nohash_0.wav") == split for n in range(30)
        )
        assert np.sum(part.labels == data.UNKNOWN) == -(-known // 10)
        assert set(part.words[part.labels == data.UNKNOWN].tolist()) <= set(OTHER)
    assert clips.words[clips.labels == 2].tolist() == ["yes"] * 30
    first = np.flatnonzero(clips.words == "yes")[0]
    assert np.array_equal(clips[int(first)], tone(0))
    again = speech_commands.read(commands, seed=1)
    assert np.array_equal(again.samples, clips.samples)


def test_lists_say_what_is_for_validation_and_testing(commands: Path) -> None:
    name = "00000001_nohash_0.wav"
    (commands / "validation_list.txt").write_text(f"yes/{name}\n")
    (commands / "testing_list.txt").write_text(f"no/{name}\n")
    clips = speech_commands.read(commands, seed=1)
    assert clips.split("val").words.tolist() == ["yes"]
    assert clips.split("test").words.tolist() == ["no"]


def test_silence_is_cut_out_of_the_noise_that_comes_with_the_set(commands: Path) -> None:
    clips = speech_commands.read(commands, seed=1)
    rng = np.random.default_rng(3)
    noise = augment.made_or_recorded(clips, augment.TRAINING)
    assert isinstance(noise, augment.Recorded)
    cut, recording = noise.silence(rng).astype(float), tone(7, 40_000).astype(float)
    spectrum = np.abs(np.fft.rfft(cut))
    assert spectrum.argmax() == np.abs(np.fft.rfft(recording[:16_000])).argmax()
    moved = noise.word(np.full(16_000, 9000, np.int16), rng)
    assert 0 < np.sum(np.abs(moved) < 4000) <= 1600  # a shift of up to 100 ms leaves a gap


def test_features_are_made_once(commands: Path, tmp_path: Path) -> None:
    work, log = tmp_path / "work", []
    first = prepare.prepare(commands, work, Rows(), copies=2, seed=1, report=log.append)
    made = len(log)
    second = prepare.prepare(commands, work, Rows(), copies=2, seed=1, report=log.append)
    assert len(log) == made > 0
    assert np.array_equal(first.training.features, second.training.features)
    assert first.about == second.about
    assert len(list(work.glob("features-*.npz"))) == 1
    train = speech_commands.read(commands, seed=data.SEED).split("train")
    known = int(np.sum(train.labels != data.UNKNOWN))
    assert len(first.training) == 2 * (len(train) + round(known * 0.1))
    identity = speech_commands.fingerprint(commands)
    made_from = {"clips": identity, "seed": 1, "copies": 2, "version": 1}
    key = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()[:16]
    assert (work / f"features-{key}.npz").exists()  # what earlier versions made is found again
    (commands / "yes" / "00000001_nohash_0.wav").unlink()
    prepare.prepare(commands, work, Rows(), copies=2, seed=1, report=log.append)
    assert len(list(work.glob("features-*.npz"))) == 2


def stereo(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 16_000, 10, "NONE", ""))
        file.writeframes(bytes(40))


def other_rate(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 44_100, 10, "NONE", ""))
        file.writeframes(bytes(20))


def empty(path: Path) -> None:
    data.write_wav(path, np.zeros(0, np.int16))


def extensible(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[20:22] = b"\xfe\xff"
    path.write_bytes(whole)


BROKEN = {
    empty: "has no samples; delete it",
    extensible: "is not a WAV file: unknown format: 65534; convert it to mono, 16 bits, 16000 Hz",
    stereo: "has 2 channel(s) of 16 bits at 16000 Hz; convert it to mono, 16 bits, 16000 Hz",
    other_rate: "has 1 channel(s) of 16 bits at 44100 Hz; convert it to mono, 16 bits, 16000 Hz",
    lambda path: path.write_bytes(path.read_bytes()[:1044]): "is cut short: 500 of 16000 samples",
    lambda path: path.write_bytes(b""): "is not a WAV file: it ends early",
    lambda path: path.write_bytes(b"text" * 20): "is not a WAV file: file does not start with RIFF",
}


@pytest.mark.parametrize("damage", BROKEN, ids=lambda damage: BROKEN[damage][:24])
def test_a_file_that_is_no_clip_is_named(commands: Path, damage: object) -> None:
    path = commands / "yes" / "00000003_nohash_0.wav"
    damage(path)  # type: ignore[operator]
    with pytest.raises(DataError) as caught:
        speech_commands.read(commands, seed=1)
    assert str(caught.value).startswith(f"{path} {BROKEN[damage]}")  # type: ignore[index]


def test_a_list_that_is_no_text_is_named(commands: Path) -> None:
    (commands / "validation_list.txt").write_bytes(b"\xff\xfe")
    (commands / "testing_list.txt").write_text("")
    with pytest.raises(DataError, match=r"/validation_list\.txt is not a list of clips: it is no"):
        speech_commands.read(commands, seed=1)


def test_a_silent_clip_of_a_word_is_only_noise(commands: Path) -> None:
    data.write_wav(commands / "yes" / "00000003_nohash_0.wav", np.zeros(16_000, np.int16))
    clips = speech_commands.read(commands, seed=1)
    silent = [i for i in range(len(clips)) if not clips[i].any()]
    assert silent
    noisy = augment.Made(augment.NOISY, augment.words(clips))
    for clip in features.disturbed_clips(clips.take(silent), noisy, seed=(1,)):
        assert not clip.any()  # noise is as loud as the word is


def test_a_work_folder_that_cannot_be_is_refused_before_anything_is_made(
    commands: Path, tmp_path: Path
) -> None:
    log: list[str] = []
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError):
        prepare.prepare(commands, tmp_path / "file", Rows(), copies=1, seed=1, report=log.append)
    assert not log


def test_a_set_without_sound_is_refused(commands: Path, tmp_path: Path) -> None:
    for path in commands.glob("*/*.wav"):
        data.write_wav(path, np.zeros(len(speech_commands.read_wav(path)), np.int16))
    with pytest.raises(DataError, match=r"^there is no sound in the clips for training, or "):
        prepare.prepare(commands, tmp_path, Rows(), copies=1, seed=1, report=print)


def test_a_named_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    missing = tmp_path / "none"
    with pytest.raises(
        DataError, match=r"none does not exist; 'armsim nn data .*none' speaks clips"
    ):
        prepare.load_clips(missing, print)
    assert not missing.exists()


def test_an_empty_folder_and_one_without_noise_are_refused(
    commands: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed (extra 'nn')")
    empty = tmp_path / "empty"
    empty.mkdir()
    work = ["--work", str(tmp_path / "work")]
    assert main(["train", "dnn_s", "--data", str(empty), *work]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith(f"armsim: {empty} has no folder of WAV files for yes, no, up, ")
    assert shown.count("\n") == 1
    (commands / "_background_noise_" / "hum.wav").unlink()
    assert main(["train", "dnn_s", "--data", str(commands), *work]) == 2
    shown = capsys.readouterr().err.splitlines()
    assert shown[-1].startswith(f"armsim: no noise in {commands}/_background_noise_; ")
    assert not (tmp_path / "work").exists()
