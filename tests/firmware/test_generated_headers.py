"""What is generated is fresh."""

import runpy
import shutil

import pytest

from armsim.nn import mfcc, mfcc_fixed

from .guest import FIRMWARE


@pytest.mark.parametrize(("form", "module"), [("float", mfcc), ("fixed", mfcc_fixed)])
def test_the_feature_tables_are_fresh(form, module):
    name = f"{form}_tables.h"
    assert (FIRMWARE / "features" / name).read_text() == module.header_text(), (
        f"run python -m {module.__name__} --write-header firmware/features/{name}"
    )


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_the_built_in_clip_is_fresh():
    tool = runpy.run_path(str(FIRMWARE / "kws" / "tools" / "make_clip.py"))
    clip = tool["clip"](tool["resampled"](tool["spoken"]("yes")))
    assert (FIRMWARE / "kws" / "clip_yes.h").read_text() == tool["header"]("yes", clip)
