"""`armsim nn data` and `clips`: the speech-command set, and WAV files out of it."""

from __future__ import annotations

import argparse
from pathlib import Path

from armsim.nn import data, features, prepare, spoken
from armsim.nn.commands.options import Commands, command, data_option, positive, report


def make_data(arguments: argparse.Namespace) -> None:
    """Have the set spoken by espeak-ng."""
    clips = spoken.generate(arguments.folder, report)
    print(f"{len(clips)} clips in {arguments.folder}")
    print(f"sha256 {data.sha256(clips.samples)}")


def write_clips(arguments: argparse.Namespace) -> None:
    """Write WAV files and labels, or one packed file."""
    clips = prepare.load_clips(arguments.data, report)
    chosen = data.balanced(features.clean_clips(clips, arguments.split), arguments.count)
    if arguments.folder.suffix == ".npz":
        data.save_packed(chosen, arguments.folder)
    else:
        data.write_wavs(chosen, arguments.folder)
    print(f"{len(chosen)} clips of the {arguments.split} split in {arguments.folder}")


def add(commands: Commands) -> None:
    """Add the commands of this group."""
    sub = command(commands, "data", make_data)
    sub.add_argument(
        "folder",
        type=Path,
        metavar="DIR",
        nargs="?",
        default=data.default_folder(),
        help="where to (default: %(default)s, where other commands look)",
    )

    sub = command(commands, "clips", write_clips)
    data_option(sub)
    sub.add_argument(
        "--split", choices=data.SPLITS, default="test", help="whose voices (default: %(default)s)"
    )
    sub.add_argument(
        "--count",
        type=positive,
        metavar="N",
        default=120,
        help="clips, about as many of each class (default: %(default)s)",
    )
    sub.add_argument("folder", type=Path, metavar="DIR", help="or FILE.npz for one packed file")
