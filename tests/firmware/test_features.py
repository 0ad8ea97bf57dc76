"""The speech features in C: both forms equal their NumPy models bit for bit, frame by frame."""

import numpy as np
import pytest

import armsim
from armsim.nn import data, mfcc, mfcc_fixed
from armsim.nn.data import load_packed
from armsim.nn.execute import execute
from armsim.nn.network_q7 import shipped_weights
from armsim.nn.quantised import load, standard_of

from .conftest import make
from .guest import FIRMWARE

BOARDS = {"m4": "stm32f4-discovery", "m7": "nucleo-f746zg"}
CLIPS = load_packed(FIRMWARE.parent / "tests" / "nn" / "data" / "clips.npz")
NETWORKS = "cnn_s dnn_s ds_cnn_s gru_s".split()
FRAMES = 6

FIXED = np.dtype([("frame", "i2", 640), ("spectrum", "i4", (512, 2))])
FLOAT = np.dtype([("frame", "i2", 640), ("spectrum", "f4", (2, 512, 2)), ("magnitudes", "f4", 256)])

_random = np.random.default_rng(17)
_time = np.arange(320 * (FRAMES + 1))


def _tone(hertz: float, level: float) -> np.ndarray:
    return level * np.sin(2 * np.pi * hertz * _time / 16_000)


SOUNDS = {
    "silence": _time * 0,
    "full-scale DC": _time * 0 + 32767,
    "negative DC": _time * 0 - 32768,
    "full-scale square wave": np.where(_time // 8 % 2, 32767, -32768),
    "fastest square wave": np.where(_time % 2, 32767, -32768),
    "impulses": np.where(_time % 777 == 400, -32768, 0),
    "one small impulse": np.where(_time == 1500, 1, 0),
    "loud noise": _random.normal(size=_time.size) * 12_000,
    "white extremes": _random.choice([-32768, 32767], _time.size),
    "faint noise": _random.normal(size=_time.size),
    "low tone": _tone(45, 32767),
    "high tone": _tone(3700, 900),
    **{f"clip {i}": CLIPS[i][1000 : 1000 + _time.size] for i in (15, 40, 63, 88, 110)},
}


@pytest.fixture(scope="session", params=BOARDS)
def library(request):
    """Return the features as functions."""
    make("features")
    board = BOARDS[request.param]
    return armsim.load(FIRMWARE / "build" / board / "features.elf", board=board)


def sound_of(name: str) -> np.ndarray:
    sound = np.clip(np.rint(SOUNDS[name]), -32768, 32767).astype(np.int16)
    return np.pad(sound, (0, _time.size - len(sound)))


def rows_of(function, state, sound, step, row):
    """Push a sound frame by frame; return what comes out once the frame is full."""
    rows = []
    for start in range(0, len(sound) - step + 1, step):
        out = np.zeros_like(row)
        function(state, sound[start : start + step].copy(), step, out)
        if start + step >= 640:
            rows.append(out)
    return np.array(rows)


@pytest.mark.parametrize("name", SOUNDS)
def test_the_fixed_form_equals_its_model(library, name):
    sound = sound_of(name)
    state = np.zeros(1, FIXED)
    rows = rows_of(library.features_fixed_mfcc, state, sound, 320, np.zeros(10, np.int32))
    np.testing.assert_array_equal(rows, mfcc_fixed.mfcc_fixed(sound[None])[0])
    energies = rows_of(library.features_fixed_lfbe, state, sound, 640, np.zeros(40, np.int16))
    np.testing.assert_array_equal(energies, mfcc_fixed.lfbe_fixed(sound[None])[0, ::2])


@pytest.mark.parametrize("name", ["silence", "fastest square wave", "faint noise", "clip 40"])
def test_the_float_form_equals_its_model(library, name):
    sound = sound_of(name)
    state = np.zeros(1, FLOAT)
    clip = np.pad(sound, (0, 16_000 - len(sound)))[None]
    rows = rows_of(library.features_float_mfcc, state, sound, 320, np.zeros(10, np.float32))
    np.testing.assert_array_equal(rows, mfcc.mfcc_float(clip)[0, :FRAMES])
    energies = rows_of(library.features_float_lfbe, state, sound, 640, np.zeros(40, np.float32))
    np.testing.assert_array_equal(energies, mfcc.lfbe_float(clip)[0, :FRAMES:2])


# Another number of coefficients than 10


@pytest.fixture(scope="module", params=[1, 13, 40])
def count_and_library(request):
    """Return a number of coefficients, and the features that were compiled for it."""
    image = f"build/features-{request.param}/{BOARDS['m7']}/features.elf"
    make(image, f"BUILD=build/features-{request.param}", f"COEFFICIENTS={request.param}")
    return request.param, armsim.load(FIRMWARE / image, board=BOARDS["m7"])


@pytest.mark.parametrize("name", ["fastest square wave", "clip 40", "clip 88"])
def test_any_number_of_coefficients_equals_its_model(count_and_library, name):
    count, library = count_and_library
    sound = sound_of(name)
    clip = np.pad(sound, (0, 16_000 - len(sound)))[None]
    fixed = mfcc_fixed.mfcc_fixed(sound[None], count)[0]
    row, state = np.zeros(count, np.int32), np.zeros(1, FIXED)
    rows = rows_of(library.features_fixed_mfcc, state, sound, 320, row)
    np.testing.assert_array_equal(rows, fixed)
    row, state = np.zeros(count, np.float32), np.zeros(1, FLOAT)
    rows = rows_of(library.features_float_mfcc, state, sound, 320, row)
    np.testing.assert_array_equal(rows, mfcc.mfcc_float(clip, count)[0, :FRAMES])
    mean, inv_sigma = random_standard(count)
    scale = {"mean": (mean * 65536).astype("i4"), "inv_sigma": (inv_sigma * 2**20).astype("i4")}
    q7 = np.zeros(count, np.int8)
    for made, values in zip(rows, fixed, strict=True):
        library.features_float_q7(made.copy(), mean, inv_sigma, q7)
        np.testing.assert_array_equal(q7, mfcc.standardise_q7(made, mean, inv_sigma))
        library.features_fixed_q7(values.copy(), scale, q7)
        np.testing.assert_array_equal(q7, mfcc_fixed.standardise(values, mean, inv_sigma))
    assert count == 1 or len(np.unique(q7)) > 5


def random_standard(count: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(count)
    mean, inv_sigma = random.normal(size=count), random.uniform(0.2, 0.9, count)
    return mean.astype(np.float32), inv_sigma.astype(np.float32)


def test_the_lowest_coefficients_do_not_hang_on_their_number():
    clips = data.centred(CLIPS)[40:42]
    for make_rows in (mfcc.mfcc_float, mfcc_fixed.mfcc_fixed):
        np.testing.assert_array_equal(make_rows(clips, 40)[..., :10], make_rows(clips))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["COEFFICIENTS=0"], "there are 1 to 40 coefficients"),
        (["COEFFICIENTS=41"], "there are 1 to 40 coefficients"),
        (["COEFFICIENTS=13"], "DS-CNN S takes 10 MFCC; for networks of other features see make"),
        (["LFBE=1"], "DS-CNN S takes 10 MFCC; for networks of other features see make"),
    ],
)
def test_what_the_firmware_cannot_have_does_not_compile(options, message, tmp_path):
    with pytest.raises(AssertionError, match=f'static assertion failed: "{message}'):
        make(f"{tmp_path}/{BOARDS['m7']}/kws/ds_cnn.o", f"BUILD={tmp_path}", *options)


def test_the_fixed_form_is_faster(library):
    sound = sound_of("clip 40")
    row = np.zeros(10, np.int32)
    cycles = {}
    for name, state, out in (
        ("fixed", np.zeros(1, FIXED), row),
        ("float", np.zeros(1, FLOAT), row.view(np.float32)),
    ):
        function = getattr(library, f"features_{name}_mfcc")
        calls = [function(state, sound[i : i + 320].copy(), 320, out) for i in range(0, 1600, 320)]
        cycles[name] = calls[-1].cycles
    assert cycles["fixed"] < 0.9 * cycles["float"], cycles


def test_standardised_rows_equal_the_model(library):
    standard = standard_of(load(shipped_weights("ds_cnn_s")))
    coefficients = mfcc_fixed.mfcc_fixed(data.centred(CLIPS)[15:16])[0, ::7]
    expected = mfcc_fixed.standardise(coefficients, standard.mean, standard.inv_sigma)
    mean = (standard.mean * np.float32(1 << 16)).astype(np.int32)
    inv_sigma = (standard.inv_sigma * np.float32(1 << 20)).astype(np.int32)
    for values, row in zip(coefficients, expected, strict=True):
        out = np.zeros(10, np.int8)
        library.features_fixed_q7(values.copy(), {"mean": mean, "inv_sigma": inv_sigma}, out)
        np.testing.assert_array_equal(out, row)
    assert len(np.unique(expected)) > 20


# How far the forms are apart


@pytest.fixture(scope="module")
def clips():
    return data.centred(CLIPS)


def test_the_forms_agree_within_the_stated_bound(clips):
    frames = mfcc.frames_of(clips) * (mfcc.window_table() * 65536)
    audible = np.abs(frames).max(axis=-1) >= 16
    assert audible.mean() > 0.4
    energies = mfcc_fixed.lfbe_fixed(clips) / 2**10 - mfcc.lfbe_float(clips)
    coefficients = mfcc_fixed.mfcc_fixed(clips) / 2**16 - mfcc.mfcc_float(clips)
    assert np.abs(energies[audible]).max() < 0.075
    assert np.sqrt((energies[audible] ** 2).mean()) < 0.002
    assert np.abs(coefficients[audible]).max() < 0.045
    assert np.sqrt((coefficients[audible] ** 2).mean(axis=0)).max() < 0.003


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_hear_the_same_from_either_form(clips, name):
    graph = load(shipped_weights(name))
    standard = standard_of(graph)
    fixed = mfcc_fixed.mfcc_fixed(clips)
    inputs = (
        mfcc.mfcc_q7(clips, standard.mean, standard.inv_sigma),
        mfcc_fixed.standardise(fixed, standard.mean, standard.inv_sigma),
    )
    every = round(49 / graph.tensor(graph.input).shape[0])
    words = [
        execute(graph, rows[:, ::every, :, None])["logits"].reshape(len(clips), 12).argmax(axis=1)
        for rows in inputs
    ]
    right = [(found == CLIPS.labels).sum() for found in words]
    assert (words[0] != words[1]).sum() <= 1
    assert right[1] >= right[0] - 1
