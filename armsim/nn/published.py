"""What Arm published of the 21 networks: accuracy, memory, operations; where we count otherwise.

Source: the slides *Deep Learning on Arm Cortex-M Microcontrollers*. Accuracy is that of the test
part of Google Speech Commands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A row as it is printed; memory in KB of 1000 bytes."""

    accuracy: str
    memory_kb: str
    ops: str


PUBLISHED: Mapping[str, Published] = {
    "dnn_s": Published("84.6", "80.0", "158.8K"),
    "dnn_m": Published("86.4", "199.4", "397.0K"),
    "dnn_l": Published("86.7", "496.6", "990.2K"),
    "cnn_s": Published("91.6", "79.0", "5.0M"),
    "cnn_m": Published("92.2", "199.4", "17.3M"),
    "cnn_l": Published("92.7", "497.8", "25.3M"),
    "basic_lstm_s": Published("92.0", "63.3", "5.9M"),
    "basic_lstm_m": Published("93.0", "196.5", "18.9M"),
    "basic_lstm_l": Published("93.4", "494.5", "47.9M"),
    "lstm_s": Published("92.9", "79.5", "3.9M"),
    "lstm_m": Published("93.9", "198.6", "19.2M"),
    "lstm_l": Published("94.8", "498.8", "48.4M"),
    "gru_s": Published("93.5", "78.8", "3.8M"),
    "gru_m": Published("94.2", "200.0", "19.2M"),
    "gru_l": Published("94.7", "499.7", "48.4M"),
    "crnn_s": Published("94.0", "79.7", "3.0M"),
    "crnn_m": Published("94.4", "199.8", "7.6M"),
    "crnn_l": Published("95.0", "499.5", "19.3M"),
    "ds_cnn_s": Published("94.4", "38.6", "5.4M"),
    "ds_cnn_m": Published("94.9", "189.2", "19.8M"),
    "ds_cnn_l": Published("95.4", "497.6", "56.9M"),
}

QUANTISED: Mapping[str, tuple[str, str]] = {
    "dnn_l": ("97.77 / 88.04 / 86.66", "97.99 / 88.91 / 87.60"),
    "basic_lstm_l": ("98.38 / 92.69 / 93.41", "98.21 / 92.53 / 93.51"),
    "gru_l": ("99.23 / 93.92 / 94.68", "99.21 / 93.66 / 94.68"),
    "crnn_l": ("98.34 / 93.99 / 95.00", "98.43 / 94.08 / 95.03"),
}
"""Accuracy (train / validation / test) in 32-bit float and in 8-bit fixed point.

The slides give families only; the test figures are those of the networks of size L.
"""

DIFFERENCES: Mapping[str, str] = {
    "dnn_m": "397,068 operations; the published 397.0K is cut off where other figures are rounded",
    "cnn_l": "497,870 bytes; the published 497.8 KB is cut off where others are rounded, or lacks "
    "the 58 biases of the linear layer",
    "basic_lstm_s": "5,969,868 operations; the published 5.9M is cut off, or lacks those of the "
    "state, which the figures of M and L contain",
    "crnn_s": "79,762 bytes; the published 79.7 KB is cut off where others are rounded",
}
"""Why a figure counted by `costs` is not the published one."""


def printed_kb(memory_bytes: int) -> str:
    """Write memory as it is published."""
    return f"{memory_bytes / 1000:.1f}"


def printed_ops(ops: int) -> str:
    """Write operations as they are published."""
    return f"{ops / 1e3:.1f}K" if ops < 1e6 else f"{ops / 1e6:.1f}M"
