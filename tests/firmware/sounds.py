"""WAV files, good and bad."""

import struct

import numpy as np
import numpy.typing as npt


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def format_chunk(tag: int = 1, channels: int = 1, rate: int = 16000, bits: int = 16) -> bytes:
    step = channels * bits // 8
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, rate, rate * step, step, bits))


def extensible_format_chunk(subformat: int = 1) -> bytes:
    guid = struct.pack("<H", subformat) + bytes.fromhex("000000001000800000aa00389b71")
    fields = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 16000, 32000, 2, 16, 22, 16, 4)
    return chunk(b"fmt ", fields + guid)


def riff(*chunks: bytes) -> bytes:
    content = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(content)) + content


def wav(samples: npt.NDArray[np.int16]) -> bytes:
    return riff(format_chunk(), chunk(b"data", samples.astype("<i2").tobytes()))


def some_clips(count: int) -> npt.NDArray[np.int16]:
    """Return noise, tones, clicks and silence at all levels, in clips of one second."""
    random = np.random.default_rng(5)
    time = np.arange(16000) / 16000
    clips = [
        np.zeros(16000),
        np.full(16000, 32767),
        np.full(16000, -32768),
        np.eye(1, 16000, 8000)[0] * 32767,
        np.where(np.arange(16000) % 2, 32767, -32768),
        np.sin(2 * np.pi * 1000 * time) * 32767,
    ]
    while len(clips) < count:
        level = 10 ** random.uniform(0, 4.5)
        tone = np.sin(
            2 * np.pi * random.uniform(20, 8000) * time * (1 + random.uniform(0, 1) * time)
        )
        envelope = np.exp(-(((time - random.uniform(0.2, 0.8)) / random.uniform(0.02, 0.5)) ** 2))
        noise = random.normal(size=16000) * random.uniform(0, 0.5)
        clips.append(np.clip(level * (tone * envelope + noise), -32768, 32767))
    return np.array(clips[:count]).astype(np.int16)
