"""Which sound files the firmware takes, and what it says of the others."""

import struct

import numpy as np
import pytest

from armsim.nn.mfcc import mfcc_q7

from .header_model import HeaderModel
from .sounds import chunk, extensible_format_chunk, format_chunk, riff, some_clips, wav

NEEDED = "16 kHz mono 16-bit PCM is needed, as from `sox IN -r 16000 -c 1 -b 16 OUT.wav`"
CLIP = some_clips(8)[7]
DATA = chunk(b"data", CLIP.tobytes())
TWO = chunk(b"data", b"\0\0")


@pytest.fixture(scope="session")
def expected_features(shipped_header):
    """Return what the features of a clip should be."""
    network = HeaderModel.read(shipped_header)
    mean, inv_sigma = (network.floats(f"KWS_FEATURE_{x}") for x in ("MEAN", "INV_SIGMA"))
    return lambda clip: mfcc_q7(clip[None].astype(np.int16), mean, inv_sigma).ravel()


def features(board, folder, content, name="clip.wav", command_line=None):
    (folder / name).write_bytes(content)
    run = board.run("kws", f"--scores {command_line or name}", folder)
    assert (run.status, run.stderr) == (0, "")
    return run.numbers("features")


@pytest.mark.parametrize(
    "content",
    [
        riff(format_chunk(), DATA),
        riff(chunk(b"LIST", b"odd"), format_chunk(), chunk(b"cue ", b"1234"), DATA),
        riff(extensible_format_chunk(), DATA),
        riff(format_chunk(), DATA, chunk(b"LIST", b"behind")),
    ],
    ids=["plain", "other chunks before", "extensible", "other chunks behind"],
)
def test_files_that_are_read(board, tmp_path, expected_features, content):
    np.testing.assert_array_equal(features(board, tmp_path, content), expected_features(CLIP))


@pytest.mark.parametrize(
    ("name", "command_line"),
    [
        ("my clip.wav", '"my clip.wav"'),
        ("my clip.wav", "'my clip.wav'"),
        ("my clip.wav", 'my" "clip.wav'),
        ('a"b.wav', r'"a\"b.wav"'),
        ("a\\b.wav", r"'a\b.wav'"),
        ("clip.wav", "  clip.wav "),
    ],
)
def test_file_names_may_be_quoted(board, tmp_path, expected_features, name, command_line):
    got = features(board, tmp_path, wav(CLIP), name, command_line)
    np.testing.assert_array_equal(got, expected_features(CLIP))


@pytest.mark.parametrize("count", [1, 2, 999, 8001, 15999])
def test_a_short_sound_is_centred_between_zeros(board, tmp_path, expected_features, count):
    clip = np.zeros(16000, np.int16)
    before = (16000 - count) // 2
    clip[before : before + count] = CLIP[:count]
    got = features(board, tmp_path, wav(CLIP[:count]))
    np.testing.assert_array_equal(got, expected_features(clip))


REFUSED = {
    "empty": (b"", "the file is empty; a WAV file is needed"),
    "text": (
        b"hello, world; this is no sound",
        f"not a WAV file (no RIFF/WAVE header in its 30 bytes); {NEEDED}",
    ),
    "few bytes": (b"RIFF", f"not a WAV file (no RIFF/WAVE header in its 4 bytes); {NEEDED}"),
    "big-endian": (
        b"RIFX" + wav(CLIP)[4:],
        f"not a WAV file (no RIFF/WAVE header in its 32044 bytes); {NEEDED}",
    ),
    "44100 Hz": (
        riff(format_chunk(rate=44100), TWO),
        f"the sample rate is 44100 Hz; {NEEDED}",
    ),
    "stereo": (riff(format_chunk(channels=2), TWO), f"there are 2 channels; {NEEDED}"),
    "no channels": (riff(format_chunk(channels=0), TWO), f"there are 0 channels; {NEEDED}"),
    "8 bits": (riff(format_chunk(bits=8), TWO), f"samples have 8 bits; {NEEDED}"),
    "24 bits": (riff(format_chunk(bits=24), TWO), f"samples have 24 bits; {NEEDED}"),
    "float": (
        riff(format_chunk(tag=3, bits=32), TWO),
        f"the samples are coded in format 3, not PCM (1); {NEEDED}",
    ),
    "extensible float": (
        riff(extensible_format_chunk(3), TWO),
        f"the samples are coded in format 3, not PCM (1); {NEEDED}",
    ),
    "short format": (
        riff(chunk(b"fmt ", b"\1\0\1\0"), TWO),
        f"its fmt chunk has 4 bytes, not 16 or more; {NEEDED}",
    ),
    "no format": (riff(TWO), f"no fmt chunk before the samples; {NEEDED}"),
    "no samples": (
        riff(format_chunk(), chunk(b"data", b"")),
        "there are 0 samples in it; record at least one",
    ),
    "half a sample": (
        riff(format_chunk(), chunk(b"data", b"\0\0\0")),
        f"its data chunk has 3 bytes, half a sample too much; {NEEDED}",
    ),
    "cut in the samples": (
        wav(CLIP)[:20044],
        "truncated: its data chunk says 32000 bytes, 20000 are there; write the file again",
    ),
    "cut in the format": (
        wav(CLIP)[:24],
        "truncated: its fmt chunk says 16 bytes, 4 are there; write the file again",
    ),
    "cut before the samples": (
        wav(CLIP)[:36],
        "truncated: no data chunk in its 36 bytes; write the file again",
    ),
    "header only": (
        riff(),
        "truncated: no fmt chunk in its 12 bytes; write the file again",
    ),
    "endless chunk": (
        riff(format_chunk(), b"LIST" + struct.pack("<I", 0xFFFFFFFF) + b"abc", DATA),
        "truncated: no data chunk in its 32055 bytes; write the file again",
    ),
    "written to a pipe": (
        riff(format_chunk(), b"data" + struct.pack("<I", 0x7FFFF000) + CLIP.tobytes()),
        "truncated: its data chunk says 2147479552 bytes, 32000 are there; write the file again",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_files_are_refused_in_one_line(board, tmp_path, name):
    content, message = REFUSED[name]
    (tmp_path / "clip.wav").write_bytes(content)
    run = board.run("kws", "clip.wav", tmp_path)
    assert (run.status, run.stdout) == (1, "")
    assert run.stderr == f"kws: clip.wav: {message}\n"


def test_a_missing_file_is_named(board, tmp_path):
    run = board.run("kws", "missing.wav", tmp_path)
    assert (run.status, run.stdout) == (1, "")
    assert run.stderr == (
        "kws: missing.wav: cannot be opened; check that it exists and may be read\n"
    )
