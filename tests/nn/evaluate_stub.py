"""`armsim nn evaluate` of clips drawn at random: `python -m tests.nn.evaluate_stub FOLDER ...`."""

import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np

from armsim.nn import data, features, prepare
from armsim.nn.__main__ import main
from armsim.nn.features import FeatureSet

CLIPS = 200


def evaluate(folder: Path, *arguments: str) -> int:
    """Run the command; what it keeps is kept in a folder."""
    random = np.random.default_rng(4)
    values = random.integers(-128, 128, (CLIPS, 49, 10)).astype(np.int8)
    clips = FeatureSet(values, random.integers(0, 12, CLIPS))
    with (
        patch.object(prepare, "load_clips", lambda folder, report: None),
        patch.object(features, "evaluation_sets", lambda clips_, standard: {"test": clips}),
        patch.object(data, "default_folder", lambda: folder / "speech-commands"),
    ):
        return main(["evaluate", *arguments])


if __name__ == "__main__":
    sys.exit(evaluate(Path(sys.argv[1]), *sys.argv[2:]))
