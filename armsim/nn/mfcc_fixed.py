"""The speech features in fixed point, equal bit for bit to `firmware/features/fixed.c`.

What `armsim.nn.mfcc` defines, in integers: window and twiddle factors of 16 bits, a transform of
32 bits whose absolute precision is that of the samples' 1/128, magnitudes and logarithms from
tables. The tables go to C through `python -m armsim.nn.mfcc_fixed --write-header FILE`.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from armsim.nn import mfcc
from armsim.nn.mfcc import (
    COEFFICIENTS,
    COMPLEX_POINTS,
    FFT_POINTS,
    FRAME_SAMPLES,
    MEL_BANDS,
    c_array,
    frames_of,
)

__all__ = ["LFBE_BITS", "MFCC_BITS", "header_text", "lfbe_fixed", "mfcc_fixed", "standardise"]

Samples = NDArray[np.int16]
Integers = NDArray[np.int64]

LFBE_BITS = 10
"""Fraction bits of log energies, in int16: -32 to 32."""
MFCC_BITS = 16
"""Fraction bits of coefficients, in int32."""
MEAN_BITS, INV_SIGMA_BITS, Q7_BITS = MFCC_BITS, 20, 5

FIRST_BIN, END_BIN = 2, 256
NONZERO = FRAME_SAMPLES // 2
TWIDDLES = 3 * (64 - 1) * 4 + 1
SQRT_STEP_BITS = 23
LOG_STEPS_BITS = 7
LOG_FLOOR = round(math.log(1e-12) * (1 << LFBE_BITS))
ENERGY_BITS = 37
"""An energy of 1.0, as the float form has it, is 2^37: 22 bits of the spectrum, less one of the
magnitudes, and 16 of the weights."""
LN_2 = round(math.log(2) * (1 << 16))
DCT_BITS = 17


def _window() -> Integers:
    phase = 2 * np.pi * np.arange(FRAME_SAMPLES) / FRAME_SAMPLES
    return np.minimum(np.rint((0.5 - 0.5 * np.cos(phase)) * 32768), 32767).astype(np.int64)


def _twiddles() -> tuple[Integers, Integers]:
    """Return cosines and sines of 2 pi k / 1024."""
    angles = 2 * np.pi * np.arange(TWIDDLES) / FFT_POINTS
    cosines, sines = (
        np.minimum(np.rint(f(angles) * 32768), 32767).astype(np.int64) for f in (np.cos, np.sin)
    )
    return cosines, sines


def _places() -> Integers:
    """Say where the transform leaves each of its 512 bins."""
    k = np.arange(COMPLEX_POINTS)
    places = (k & 1) << 8 | (k >> 1 & 3) << 6 | (k >> 3 & 3) << 4 | (k >> 5 & 3) << 2 | k >> 7
    return places.astype(np.int64)


def _segments() -> tuple[list[int], Integers]:
    """Return how many bins lie between each two neighbouring mel edges, and how far along.

    A bin counts so far in the band that rises here, and by the rest in the one that falls.
    """
    low, high = mfcc.mel(mfcc.MEL_LOW_HZ), mfcc.mel(mfcc.MEL_HIGH_HZ)
    bins = np.arange(FIRST_BIN, END_BIN) * (mfcc.SAMPLE_RATE_HZ / FFT_POINTS)
    along = (1127.0 * np.log1p(bins / 700.0) - low) * ((MEL_BANDS + 1) / (high - low))
    counts = np.bincount(along.astype(np.int64), minlength=MEL_BANDS + 1).tolist()
    weights = np.minimum(np.rint((along % 1) * 65536), 65535).astype(np.int64)
    return counts, weights


def _dct() -> Integers:
    k, band = np.mgrid[:MEL_BANDS, :MEL_BANDS]
    cosines = math.sqrt(2 / MEL_BANDS) * np.cos(np.pi / MEL_BANDS * (band + 0.5) * k)
    result: Integers = np.rint(cosines * (1 << DCT_BITS)).astype(np.int64)
    return result


_WINDOW = _window()
_COS, _SIN = _twiddles()
_PLACES = _places()
_COUNTS, _ALONG = _segments()
_SQRT = np.rint(np.sqrt(np.arange(258) * 2.0**SQRT_STEP_BITS)).astype(np.int64)
_LOG = np.rint(np.log1p(np.arange(129) / 128) * 65536).astype(np.int64)
_DCT = _dct()


def _turned(re: Integers, im: Integers, index: Integers | int) -> tuple[Integers, Integers]:
    """Return half of (re + j im) exp(-2 pi j index / 1024), each product rounded down."""
    c, s = _COS[index], _SIN[index]
    if isinstance(index, np.ndarray):
        c, s = (x.reshape(-1, *[1] * (re.ndim - 1)) for x in (c, s))
    return (re * c >> 16) + (im * s >> 16), (im * c >> 16) - (re * s >> 16)


def _transform(frames: Integers) -> tuple[Integers, Integers]:
    """Window (640, n) samples and transform them as 512 complex ones, over 16; bins reordered."""
    half = COMPLEX_POINTS // 2
    products = np.zeros((FFT_POINTS, frames.shape[1]), np.int64)
    products[:FRAME_SAMPLES] = frames * _WINDOW[:, None]
    re, im = products[0::2], products[1::2]
    sums = re[:half] + re[half:] >> 5, im[:half] + im[half:] >> 5
    differences = re[:half] - re[half:] >> 4, im[:half] - im[half:] >> 4
    turned = _turned(*differences, 2 * np.arange(half))
    re, im = (np.concatenate(pair) for pair in zip(sums, turned, strict=True))
    for length in (256, 64, 16, 4):
        shape = (-1, 4, length // 4, frames.shape[1])
        (ar, br, cr, dr), (ai, bi, ci, di) = (
            x.reshape(shape).transpose(1, 2, 0, 3) for x in (re, im)
        )
        sum_r, sum_i = ar + cr, ai + ci
        dif_r, dif_i = ar - cr, ai - ci
        other_r, other_i = br + dr, bi + di
        turn_r, turn_i = bi - di, dr - br  # -j (b - d)
        outs = [
            (sum_r + other_r, sum_i + other_i),
            (dif_r + turn_r, dif_i + turn_i),
            (sum_r - other_r, sum_i - other_i),
            (dif_r - turn_r, dif_i - turn_i),
        ]
        if length > 4:
            step = np.arange(length // 4) * (FFT_POINTS // length)
            outs = [
                (outs[0][0] >> 1, outs[0][1] >> 1),
                *(_turned(*outs[m], m * step) for m in (1, 2, 3)),
            ]
        re, im = (
            np.stack([out[part] for out in outs]).transpose(2, 0, 1, 3).reshape(re.shape)
            for part in (0, 1)
        )
    return re, im


def _bit_length(values: Integers) -> Integers:
    """Count the bits of numbers from 0 to 2^53."""
    return np.frexp(values.astype(np.float64))[1].astype(np.int64)


def _magnitudes(re: Integers, im: Integers) -> Integers:
    """Return half of |re + j im|, from 16 bits of each and a table of square roots."""
    bits = _bit_length((re ^ re >> 31) | (im ^ im >> 31) | 1)
    shift = 31 - bits
    r, i = (re << shift) >> 16, (im << shift) >> 16
    power = r * r + i * i
    index = power >> SQRT_STEP_BITS
    part = power & ((1 << SQRT_STEP_BITS) - 1)
    root = (_SQRT[index] << 15) + ((_SQRT[index + 1] - _SQRT[index]) * part >> 8)
    result: Integers = root >> shift
    return result


def _spectrum(frames: Integers) -> Integers:
    """Return half the magnitudes of the bins 2 to 255."""
    re, im = _transform(frames)
    bins = np.arange(FIRST_BIN, END_BIN)
    zr, zi = re[_PLACES[bins]], im[_PLACES[bins]]
    yr, yi = re[_PLACES[COMPLEX_POINTS - bins]], im[_PLACES[COMPLEX_POINTS - bins]]
    odd_r, odd_i = _turned(zi + yi, yr - zr, bins)
    return _magnitudes((zr + yr >> 1) + odd_r, (zi - yi >> 1) + odd_i)


def _logarithms(energies: Integers) -> Integers:
    """Return ln(energy / 2^37) with 10 fraction bits; of zero, what the float form has."""
    exponent = _bit_length(np.maximum(energies, 1)) - 1
    fraction = (energies << (62 - exponent) >> (62 - 23)) & ((1 << 23) - 1)
    index, part = fraction >> 16, fraction & 0xFFFF
    table = _LOG[index] + ((_LOG[index + 1] - _LOG[index]) * part >> 16)
    result = (exponent - ENERGY_BITS) * LN_2 + table + 32 >> 6
    return np.where(energies == 0, LOG_FLOOR, result)


def _log_energies(frames: Integers) -> Integers:
    magnitudes = _spectrum(frames)
    starts = np.cumsum([0, *_COUNTS[:-1]])
    whole = np.add.reduceat(magnitudes, starts, axis=0) << 16
    rising = np.add.reduceat(magnitudes * _ALONG[:, None], starts, axis=0)
    return _logarithms(rising[:-1] + whole[1:] - rising[1:])


def _cosines(logs: Integers, count: int) -> Integers:
    return _DCT[:count] @ logs + (1 << 10) >> DCT_BITS + LFBE_BITS - MFCC_BITS


def _by_frame(clips: Samples, compute: Callable[[Integers], Integers]) -> Integers:
    frames = frames_of(clips).reshape(-1, FRAME_SAMPLES).T.astype(np.int64)
    values = compute(frames)
    return values.T.reshape(len(clips), -1, len(values))


def lfbe_fixed(clips: Samples) -> NDArray[np.int16]:
    """Return log energies (N, frames, 40) with 10 fraction bits of sounds (N, samples)."""
    return _by_frame(clips, _log_energies).astype(np.int16)


def mfcc_fixed(clips: Samples, count: int = COEFFICIENTS) -> NDArray[np.int32]:
    """Return the lowest coefficients (N, frames, count) with 16 fraction bits of sounds."""
    return _by_frame(clips, lambda frames: _cosines(_log_energies(frames), count)).astype(np.int32)


def standardise(
    rows: NDArray[np.int32], mean: mfcc.Floats, inv_sigma: mfcc.Floats
) -> NDArray[np.int8]:
    """Return (rows - mean) * inv_sigma in Q2.5: rounded half up, saturated.

    Rows have 16 fraction bits; log energies are to be shifted up by 6.
    """
    centred = rows - (mean * np.float32(1 << MEAN_BITS)).astype(np.int64)
    scaled = centred * (inv_sigma * np.float32(1 << INV_SIGMA_BITS)).astype(np.int64)
    shift = MEAN_BITS + INV_SIGMA_BITS - Q7_BITS
    result: NDArray[np.int8] = np.clip(scaled + (1 << shift - 1) >> shift, -128, 127).astype(
        np.int8
    )
    return result


def header_text() -> str:
    """Return the C header that `firmware/features/fixed.c` includes."""

    def table(declaration: str, values: Sequence[int] | Integers) -> list[str]:
        return c_array(declaration, [str(int(value)) for value in values])

    bins = np.arange(FIRST_BIN, END_BIN)
    places = zip(_PLACES[bins], _PLACES[COMPLEX_POINTS - bins], strict=True)
    rows = zip(bins, places, _ALONG, strict=True)
    cosines = [f"    {{{', '.join(map(str, row))}}}," for row in _DCT]
    lines = [
        "/* Written by `python -m armsim.nn.mfcc_fixed --write-header`; do not edit. */",
        "#ifndef FEATURES_FIXED_TABLES_H",
        "#define FEATURES_FIXED_TABLES_H",
        "",
        "#include <stdint.h>",
        "",
        "enum {",
        f"    ENERGY_BITS = {ENERGY_BITS}, /* of an energy of 1.0 */",
        f"    LN_2 = {LN_2}, /* with 16 fraction bits */",
        f"    LOG_FLOOR = {LOG_FLOOR}, /* ln(1e-12) with {LFBE_BITS} fraction bits */",
        "};",
        "",
        "/* Periodic Hann window, Q0.15. */",
        *table(f"int16_t WINDOW[{FRAME_SAMPLES}]", _WINDOW),
        "/* Cosine and sine of 2 pi k / 1024, Q0.15. */",
        *c_array(
            f"int16_t TWIDDLE[{TWIDDLES}][2]",
            [f"{{{c}, {s}}}" for c, s in zip(_COS, _SIN, strict=True)],
        ),
        "/* Of each bin from FIRST_BIN on: where the transform leaves it and bin 512 - it, its "
        "twiddle",
        "   factors, and how far along its segment it is, Q0.16. */",
        "struct bin {",
        "    uint16_t place;",
        "    uint16_t mirror;",
        "    int16_t twiddle[2];",
        "    uint32_t along;",
        "};",
        *c_array(
            f"struct bin BINS[{len(bins)}]",
            [f"{{{a}, {b}, {{{_COS[k]}, {_SIN[k]}}}, {t}}}" for k, (a, b), t in rows],
        ),
        "/* Bins between two neighbouring mel edges. */",
        *table(f"uint8_t SEGMENT_BINS[{len(_COUNTS)}]", _COUNTS),
        f"/* Square root of i * 2^{SQRT_STEP_BITS}. */",
        *table(f"uint16_t SQUARE_ROOT[{len(_SQRT)}]", _SQRT),
        "/* ln(1 + i / 128), Q0.16. */",
        *table(f"uint16_t LOGARITHM[{len(_LOG)}]", _LOG),
        f"/* DCT-II by coefficient, then band, with {DCT_BITS} fraction bits. */",
        f"static const int16_t COSINES[][{MEL_BANDS}] = {{",
        *cosines[:COEFFICIENTS],
        f"#if FEATURES_COEFFICIENTS > {COEFFICIENTS}",
        *cosines[COEFFICIENTS:],
        "#endif",
        "};",
        "",
        "#endif",
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the header where the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m armsim.nn.mfcc_fixed", description="Write the tables of the fixed form."
    )
    parser.add_argument("--write-header", metavar="FILE", type=Path, required=True)
    parser.parse_args(arguments).write_header.write_text(header_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
