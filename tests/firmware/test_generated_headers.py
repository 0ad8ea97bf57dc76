"""What is generated is fresh."""

import runpy
import shutil

import pytest

from armsim.nn.mfcc import header_text

from .guest import FIRMWARE


def test_the_feature_tables_are_fresh():
    assert (FIRMWARE / "kws" / "mfcc_tables.h").read_text() == header_text(), (
        "run python -m armsim.nn.mfcc --write-header firmware/kws/mfcc_tables.h"
    )


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_the_built_in_clip_is_fresh():
    tool = runpy.run_path(str(FIRMWARE / "kws" / "tools" / "make_clip.py"))
    clip = tool["clip"](tool["resampled"](tool["spoken"]("yes")))
    assert (FIRMWARE / "kws" / "clip_yes.h").read_text() == tool["header"]("yes", clip)
