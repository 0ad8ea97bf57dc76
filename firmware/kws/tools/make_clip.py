"""Write the clip that the firmware has built in: a word spoken by espeak-ng, as a C header.

python firmware/kws/tools/make_clip.py yes firmware/kws/clip_yes.h
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

RATE_HZ = 16_000
SPOKEN_RATE_HZ = 22_050
PEAK = 16_384
TAPS = 32
"""Zero crossings of the sinc on each side."""


def spoken(word: str) -> npt.NDArray[np.float64]:
    """Return the word at espeak-ng's own rate."""
    wav = subprocess.run(
        ["espeak-ng", "-v", "en-us", "--stdout", word], capture_output=True, check=True
    ).stdout
    # On a pipe the header's sizes are not the real ones; the samples follow the "data" chunk's.
    return np.frombuffer(wav[wav.index(b"data") + 8 :], "<i2").astype(np.float64)


def resampled(samples: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the sound at 16 kHz, by a windowed sinc with its edge at 8 kHz."""
    ratio = SPOKEN_RATE_HZ / RATE_HZ
    places = np.arange(int(len(samples) / ratio)) * ratio
    reach = int(TAPS * ratio)
    near = np.floor(places).astype(int)[:, None] + np.arange(-reach, reach + 1)
    distance = (near - places[:, None]) / ratio
    kernel = np.sinc(distance) * np.cos(np.pi / 2 * np.clip(distance / TAPS, -1, 1)) ** 2 / ratio
    padded = np.pad(samples, reach + 1)
    return (padded[near + reach + 1] * kernel).sum(axis=1)


def clip(samples: npt.NDArray[np.float64]) -> npt.NDArray[np.int16]:
    """Return one second: silence trimmed, peak at one half, centred."""
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    word = samples[loud[0] : loud[-1] + 1][:RATE_HZ]
    result = np.zeros(RATE_HZ, np.int16)
    start = (RATE_HZ - len(word)) // 2
    result[start : start + len(word)] = np.round(word * (PEAK / np.abs(word).max()))
    return result


def header(word: str, samples: npt.NDArray[np.int16]) -> str:
    """Return the C text."""
    name = f"CLIP_{word.upper()}"
    rows = [", ".join(map(str, row)) for row in samples.reshape(-1, 16)]
    return "\n".join(
        [
            f"/* Written by `python firmware/kws/tools/make_clip.py {word}`; do not edit. */",
            f"#ifndef KWS_{name}_H",
            f"#define KWS_{name}_H",
            "",
            "#include <stdint.h>",
            "",
            f'/* "{word}", one second at 16 kHz, spoken by espeak-ng. */',
            f"static const int16_t {name}[{len(samples)}] = {{",
            *(f"    {row}," for row in rows),
            "};",
            "",
            "#endif",
            "",
        ]
    )


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    Path(sys.argv[2]).write_text(header(sys.argv[1], clip(resampled(spoken(sys.argv[1])))))
