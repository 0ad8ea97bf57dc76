"""The speech features of the keyword spotter, equal bit for bit to `firmware/features/float.c`.

One second of 16 kHz sound becomes 49 frames of mel-frequency cepstral coefficients, 10 unless
others are asked for: 640-sample frames every 320 samples, periodic Hann window, 1024-point FFT,
magnitudes, 40 mel bands from 20 Hz to 4 kHz, natural logarithm, DCT-II. How many coefficients are
made does not change the lowest ones.

Every step is one IEEE single-precision operation per element, in the order in which the C code
does it: no fused multiply-add, no library sine or logarithm at run time. The tables and
constants go to C through `python -m armsim.nn.mfcc --write-header FILE`.
"""

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = [
    "CLIP_SAMPLES",
    "COEFFICIENTS",
    "FRAMES",
    "MEL_BANDS",
    "SAMPLE_RATE_HZ",
    "header_text",
    "lfbe_float",
    "mfcc_float",
    "mfcc_q7",
    "standardise_q7",
]

Floats = npt.NDArray[np.float32]

SAMPLE_RATE_HZ = 16_000
CLIP_SAMPLES = 16_000
FRAME_SAMPLES = 640
FRAME_STEP = 320
FRAMES = 1 + (CLIP_SAMPLES - FRAME_SAMPLES) // FRAME_STEP
FFT_POINTS = 1024
COMPLEX_POINTS = FFT_POINTS // 2
MEL_BANDS = 40
MEL_LOW_HZ = 20.0
MEL_HIGH_HZ = 4000.0
COEFFICIENTS = 10
"""Of 40 that there are, as many as all networks of the catalogue see."""

ENERGY_FLOOR = np.float32(1e-12)
"""Below this a band counts as silent; TensorFlow's MFCC has the same floor."""

LN_2 = np.float32(math.log(2))
SQRT_HALF_BITS = np.int32(0x3F35_04F3)
"""The logarithm's reduced argument lies in [sqrt(1/2), sqrt(2))."""

LOG_POLYNOMIAL = np.array(
    [
        -0.4999999403953552,
        0.33333659172058105,
        -0.25001609325408936,
        0.19973105192184448,
        -0.16575047373771667,
        0.14806459844112396,
        -0.14257794618606567,
        0.09004202485084534,
    ],
    np.float32,
)
"""(ln(1 + f) - f) / f**2 by powers of f, fitted at Chebyshev nodes; ln is good to 5e-8."""

CLIPS_AT_ONCE = 4
"""Enough frames to fill NumPy's loops, few enough to stay in the second-level cache."""


@dataclass(frozen=True)
class MelBand:
    """A triangle over FFT bins: weight `weights[i]` on bin `first + i`."""

    first: int
    weights: tuple[float, ...]


def mel(hertz: float) -> float:
    """Return the mel value of a frequency."""
    return 1127.0 * math.log(1.0 + hertz / 700.0)


def mel_bands() -> tuple[MelBand, ...]:
    """Return the triangles: edges equally spaced and weights linear in mel, no tap at an edge."""
    low, high = mel(MEL_LOW_HZ), mel(MEL_HIGH_HZ)
    step = (high - low) / (MEL_BANDS + 1)
    centres = [mel(i * SAMPLE_RATE_HZ / FFT_POINTS) for i in range(COMPLEX_POINTS)]
    bands = []
    for band in range(MEL_BANDS):
        left = low + band * step
        bins = [i for i, m in enumerate(centres) if left < m < left + 2 * step]
        bands.append(
            MelBand(bins[0], tuple(1.0 - abs(centres[i] - left - step) / step for i in bins))
        )
    return tuple(bands)


def window_table() -> Floats:
    """Return the periodic Hann window.

    It carries two exact scale factors: int16 to [-1, 1), and the half of the real FFT's last step.
    """
    scale = 0.5 / 32768.0
    return np.array(
        [
            scale * (0.5 - 0.5 * math.cos(2 * math.pi * i / FRAME_SAMPLES))
            for i in range(FRAME_SAMPLES)
        ],
        np.float32,
    )


def twiddle_table() -> Floats:
    """Return exp(-2j * pi * i / 1024) as (real, imaginary) for as many i as the FFT asks for."""
    count = 3 * FFT_POINTS // 4
    angles = [2 * math.pi * i / FFT_POINTS for i in range(count)]
    return np.array([(math.cos(a), -math.sin(a)) for a in angles], np.float32)


def dct_table() -> Floats:
    """Return the DCT-II as rows of coefficients over bands; row 0 is scaled as the rest."""
    scale = math.sqrt(2.0 / MEL_BANDS)
    return np.array(
        [
            [
                scale * math.cos(math.pi / MEL_BANDS * (band + 0.5) * row)
                for band in range(MEL_BANDS)
            ]
            for row in range(MEL_BANDS)
        ],
        np.float32,
    )


_BANDS = mel_bands()
_WINDOW = window_table()
_TWIDDLE = twiddle_table()
_DCT = dct_table()
_FIRST_BIN = min(band.first for band in _BANDS)
_END_BIN = max(band.first + len(band.weights) for band in _BANDS)
_LONGEST_BAND = max(len(band.weights) for band in _BANDS)


def _mel_taps() -> tuple[npt.NDArray[np.intp], Floats]:
    """Return bin numbers and weights by (tap, band); short bands end in weights of zero."""
    bins = np.full((_LONGEST_BAND, MEL_BANDS), _FIRST_BIN, np.intp)
    weights = np.zeros((_LONGEST_BAND, MEL_BANDS), np.float32)
    for number, band in enumerate(_BANDS):
        count = len(band.weights)
        bins[:count, number] = band.first + np.arange(count)
        weights[:count, number] = band.weights
    return bins - _FIRST_BIN, weights


_TAP_BINS, _TAP_WEIGHTS = _mel_taps()


def _complex_fft(real: Floats, imag: Floats) -> tuple[Floats, Floats]:
    """Transform 512 points along the first axis: radix-4 Stockham stages, then one of radix 2."""
    columns = real.shape[1]
    length, stride = COMPLEX_POINTS, 1
    while length >= 4:
        quarter = length // 4
        ar, br, cr, dr = real.reshape(4, quarter, stride, columns)
        ai, bi, ci, di = imag.reshape(4, quarter, stride, columns)
        new_real = np.empty((quarter, 4, stride, columns), np.float32)
        new_imag = np.empty((quarter, 4, stride, columns), np.float32)
        sum_ac_r, sum_ac_i = ar + cr, ai + ci
        dif_ac_r, dif_ac_i = ar - cr, ai - ci
        sum_bd_r, sum_bd_i = br + dr, bi + di
        dif_bd_r, dif_bd_i = br - dr, bi - di
        new_real[:, 0] = sum_ac_r + sum_bd_r
        new_imag[:, 0] = sum_ac_i + sum_bd_i
        turned = (
            (dif_ac_r + dif_bd_i, dif_ac_i - dif_bd_r),
            (sum_ac_r - sum_bd_r, sum_ac_i - sum_bd_i),
            (dif_ac_r - dif_bd_i, dif_ac_i + dif_bd_r),
        )
        step = FFT_POINTS // length
        for branch, (tr, ti) in enumerate(turned, start=1):
            factors = _TWIDDLE[: branch * step * quarter : branch * step]
            wr = factors[:, 0].reshape(quarter, 1, 1)
            wi = factors[:, 1].reshape(quarter, 1, 1)
            new_real[:, branch] = tr * wr - ti * wi
            new_imag[:, branch] = tr * wi + ti * wr
        real, imag = new_real, new_imag
        length, stride = quarter, 4 * stride
    ar, br = real.reshape(2, stride, columns)
    ai, bi = imag.reshape(2, stride, columns)
    return np.concatenate((ar + br, ar - br)), np.concatenate((ai + bi, ai - bi))


def _magnitudes(frames: Floats) -> Floats:
    """Return |FFT| of the bins that the mel bands use, for windowed frames along the first axis."""
    real = np.zeros((COMPLEX_POINTS, frames.shape[1]), np.float32)
    imag = np.zeros_like(real)
    real[: FRAME_SAMPLES // 2] = frames[0::2]
    imag[: FRAME_SAMPLES // 2] = frames[1::2]
    real, imag = _complex_fft(real, imag)
    zr, zi = real[_FIRST_BIN:_END_BIN], imag[_FIRST_BIN:_END_BIN]
    mirror = slice(COMPLEX_POINTS - _FIRST_BIN, COMPLEX_POINTS - _END_BIN, -1)
    yr, yi = real[mirror], imag[mirror]
    even_r, even_i = zr + yr, zi - yi
    odd_r, odd_i = zi + yi, yr - zr
    wr = _TWIDDLE[_FIRST_BIN:_END_BIN, :1]
    wi = _TWIDDLE[_FIRST_BIN:_END_BIN, 1:]
    xr = even_r + (odd_r * wr - odd_i * wi)
    xi = even_i + (odd_r * wi + odd_i * wr)
    result: Floats = np.sqrt(xr * xr + xi * xi)
    return result


def _natural_log(x: Floats) -> Floats:
    """Return ln(x) of positive normal numbers: exponent apart, polynomial for the rest."""
    offset = x.view(np.int32) - SQRT_HALF_BITS
    exponent = (offset >> np.int32(23)).astype(np.float32)
    mantissa = ((offset & np.int32(0x007F_FFFF)) + SQRT_HALF_BITS).view(np.float32)
    f = mantissa - np.float32(1)
    p = np.full_like(f, LOG_POLYNOMIAL[-1])
    for coefficient in LOG_POLYNOMIAL[-2::-1]:
        p = p * f + coefficient
    result: Floats = exponent * LN_2 + ((f * f) * p + f)
    return result


def frames_of(clips: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """Return the overlapping frames (N, frames, 640) of sounds (N, samples)."""
    windows = np.lib.stride_tricks.sliding_window_view(clips, FRAME_SAMPLES, axis=1)
    return windows[:, ::FRAME_STEP]


def _log_energies(clips: npt.NDArray[np.int16]) -> Floats:
    """Return ln(energy) of a few clips by band and frame, (40, 49 * N)."""
    samples = frames_of(clips).reshape(-1, FRAME_SAMPLES).T.astype(np.float32)
    magnitudes = _magnitudes(samples * _WINDOW[:, None])

    energies = np.zeros((MEL_BANDS, magnitudes.shape[1]), np.float32)
    for bins, weights in zip(_TAP_BINS, _TAP_WEIGHTS, strict=True):
        energies = energies + magnitudes[bins] * weights[:, None]

    return _natural_log(np.maximum(energies, ENERGY_FLOOR))


def _cosines(logs: Floats, count: int) -> Floats:
    """Return the lowest coefficients (count, frames) of log energies (40, frames)."""
    coefficients = np.zeros((count, logs.shape[1]), np.float32)
    for band in range(MEL_BANDS):
        coefficients = coefficients + _DCT[:count, band, None] * logs[band]
    return coefficients


def mfcc_float(clips: npt.NDArray[np.int16], count: int = COEFFICIENTS) -> Floats:
    """Return the lowest coefficients (N, 49, count) of clips (N, 16000), int16 at 16 kHz."""
    return _by_frame(clips, lambda some: _cosines(_log_energies(some), count), count)


def lfbe_float(clips: npt.NDArray[np.int16]) -> Floats:
    """Return the log filter-bank energies (N, 49, 40), which are MFCC before their cosines."""
    return _by_frame(clips, _log_energies, MEL_BANDS)


def _by_frame(
    clips: npt.NDArray[np.int16],
    compute: Callable[[npt.NDArray[np.int16]], Floats],
    values: int,
) -> Floats:
    """Compute (values, frames) of a few clips at a time; return (N, 49, values)."""
    if clips.dtype != np.int16 or clips.ndim != 2 or clips.shape[1] != CLIP_SAMPLES:
        raise ValueError(
            f"clips are {clips.dtype} of shape {clips.shape}; "
            f"int16 of shape (N, {CLIP_SAMPLES}) is needed"
        )
    result = np.empty((len(clips), FRAMES, values), np.float32)
    for start in range(0, len(clips), CLIPS_AT_ONCE):
        some = clips[start : start + CLIPS_AT_ONCE]
        result[start : start + CLIPS_AT_ONCE] = compute(some).T.reshape(len(some), FRAMES, values)
    return result


def standardise_q7(
    rows: Floats,
    mean: Floats,
    inv_sigma: Floats,
) -> npt.NDArray[np.int8]:
    """Return (rows - mean) * inv_sigma in Q2.5: half away from zero, saturated."""
    for name, values in (("mean", mean), ("inv_sigma", inv_sigma)):
        if values.dtype != np.float32 or values.shape != rows.shape[-1:]:
            raise ValueError(
                f"{name} is {values.dtype} of shape {values.shape}; "
                f"float32 of shape {rows.shape[-1:]} is needed"
            )
    # Twice the result, cut towards zero: halving it after adding one rounds without adding 0.5,
    # which single precision would round a second time.
    doubled = ((rows - mean) * inv_sigma) * np.float32(64)
    whole = np.clip(doubled, np.float32(-256), np.float32(254)).astype(np.int32)
    rounded = (np.abs(whole) + 1) >> 1
    result: npt.NDArray[np.int8] = np.where(whole < 0, -rounded, rounded).astype(np.int8)
    return result


def mfcc_q7(
    clip_int16: npt.NDArray[np.int16],
    mean: Floats,
    inv_sigma: Floats,
) -> npt.NDArray[np.int8]:
    """Return a network's input (N, 49, values): standardised coefficients in Q2.5."""
    return standardise_q7(mfcc_float(clip_int16, len(mean)), mean, inv_sigma)


def c_float(value: float) -> str:
    """Return a single-precision value as a C99 hexadecimal constant, exactly."""
    mantissa, exponent = float(np.float32(value)).hex().split("p")
    head, _, digits = mantissa.partition(".")
    return f"{head}.{digits.rstrip('0') or '0'}p{exponent}f"


def c_array(declaration: str, items: Sequence[str]) -> list[str]:
    """Return the lines of a constant array in C, and an empty one."""
    lines, line = [f"static const {declaration} = {{"], "   "
    for item in items:
        if line.strip() and len(line) + len(item) + 2 > 100:
            lines.append(line)
            line = "   "
        line += f" {item},"
    return [*lines, line, "};", ""]


def _c_floats(declaration: str, values: Sequence[float]) -> list[str]:
    return c_array(f"float {declaration}", [c_float(value) for value in values])


def header_text() -> str:
    """Return the C header that `firmware/features/float.c` includes."""
    pairs = [f"{{{c_float(wr)}, {c_float(wi)}}}" for wr, wi in _TWIDDLE.tolist()]
    most = COEFFICIENTS
    cosines = [[c_float(value) for value in row] for row in _DCT.T.tolist()]
    rows = [f"{{{', '.join(c[:most])} MFCC_ABOVE({', '.join(c[most:])})}}" for c in cosines]
    flat_weights = [weight for band in _BANDS for weight in band.weights]
    lines = [
        "/* Written by `python -m armsim.nn.mfcc --write-header`; do not edit. */",
        "#ifndef FEATURES_FLOAT_TABLES_H",
        "#define FEATURES_FLOAT_TABLES_H",
        "",
        "#include <stdint.h>",
        "",
        "enum {",
        f"    MFCC_FIRST_BIN = {_FIRST_BIN},",
        f"    MFCC_END_BIN = {_END_BIN},",
        f"    MFCC_LOG_TERMS = {len(LOG_POLYNOMIAL)},",
        f"    MFCC_SQRT_HALF_BITS = {int(SQRT_HALF_BITS):#x},",
        "};",
        "",
        f"static const float MFCC_ENERGY_FLOOR = {c_float(float(ENERGY_FLOOR))};",
        f"static const float MFCC_LN_2 = {c_float(float(LN_2))};",
        "",
        "/* (ln(1 + f) - f) / f^2 by powers of f. */",
        *_c_floats("MFCC_LOG_POLYNOMIAL[MFCC_LOG_TERMS]", LOG_POLYNOMIAL.tolist()),
        "/* Periodic Hann window over 65536. */",
        *_c_floats(f"MFCC_WINDOW[{FRAME_SAMPLES}]", _WINDOW.tolist()),
        "/* exp(-2 pi i k / 1024): real, imaginary. */",
        *c_array(f"float MFCC_TWIDDLE[{len(_TWIDDLE)}][2]", pairs),
        "/* Mel band b weighs the bins from FIRST[b] on with the next COUNT[b] entries "
        "of WEIGHT. */",
        *c_array(f"uint8_t MFCC_MEL_FIRST[{MEL_BANDS}]", [str(band.first) for band in _BANDS]),
        *c_array(
            f"uint8_t MFCC_MEL_COUNT[{MEL_BANDS}]", [str(len(band.weights)) for band in _BANDS]
        ),
        *_c_floats(f"MFCC_MEL_WEIGHT[{len(flat_weights)}]", flat_weights),
        f"/* DCT-II by band, then coefficient; those above {most} where there are to be more. */",
        f"#if FEATURES_COEFFICIENTS > {most}",
        "#define MFCC_ABOVE(...) , __VA_ARGS__",
        "#else",
        "#define MFCC_ABOVE(...)",
        "#endif",
        *c_array(
            f"float MFCC_DCT[{MEL_BANDS}][FEATURES_COEFFICIENTS > {most} ? {MEL_BANDS} : {most}]",
            rows,
        ),
        "#endif",
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the header where the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m armsim.nn.mfcc", description="Write the tables of the C feature extractor."
    )
    parser.add_argument("--write-header", metavar="FILE", type=Path, required=True)
    parser.parse_args(arguments).write_header.write_text(header_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
