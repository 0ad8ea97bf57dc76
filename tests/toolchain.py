"""The compiler that images are built with."""

import re
import subprocess

import pytest

BLESSED = "GCC 12.2.1"
"""What the committed images and the cycles of compiled code are from."""


def compiler() -> str:
    command = ["arm-none-eabi-gcc", "--version"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    version = re.search(r"\d+\.\d+\.\d+", text)
    return f"GCC {version[0]}" if version else "unknown"


def require_blessed() -> None:
    """Skip the test if this machine's compiler makes other code."""
    if (ours := compiler()) != BLESSED:
        pytest.skip(f"made for code by {BLESSED}, this is {ours}")
