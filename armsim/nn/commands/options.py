"""What commands share: options, where files are, where results come from."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from armsim.command_line import Parser
from armsim.nn import data
from armsim.nn.catalogue import ARCHITECTURES
from armsim.nn.layers import FeatureKind, ModelError
from armsim.nn.recipe import Recipe

Run: TypeAlias = Callable[[argparse.Namespace], None]
Commands: TypeAlias = "argparse._SubParsersAction[Parser]"

MODELS = f"one of {', '.join(ARCHITECTURES)}; or FILE.json of 'search'"


def command(commands: Commands, name: str, run: Run, *, model: bool = False) -> Parser:
    """Add a command that is described by its function."""
    text = (run.__doc__ or "").strip()
    sub = commands.add_parser(name, help=text.splitlines()[0], description=text)
    sub.set_defaults(run=run)
    if model:
        sub.add_argument("model", metavar="MODEL", help=MODELS)
    return sub


def data_option(sub: Parser) -> None:
    """Let the user name a folder of clips."""
    sub.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        default=data.default_folder(),
        help="clips of 'armsim nn data' or unpacked Google Speech Commands (default: %(default)s)",
    )


def training_options(sub: Parser) -> None:
    """Let the user choose what decides the features and the training, and where they are."""
    folder_options(sub)
    sub.add_argument(
        "--copies",
        type=positive,
        metavar="N",
        default=20,
        help="disturbed copies of each clip (default: %(default)s)",
    )
    sub.add_argument(
        "--seed",
        type=positive,
        metavar="N",
        default=Recipe.seed,
        help="of all that is random (default: %(default)s)",
    )


def folder_options(sub: Parser) -> None:
    """Let the user say where clips are, and what is made of them."""
    data_option(sub)
    sub.add_argument(
        "--work",
        type=Path,
        metavar="DIR",
        default=data.default_folder().parent / "training",
        help="where features, checkpoints and float weights are kept (default: %(default)s)",
    )


def workers_options(sub: Parser | argparse._ArgumentGroup) -> None:
    """Let the user say who works."""
    sub.add_argument(
        "--jobs",
        type=positive,
        metavar="N",
        default=len(os.sched_getaffinity(0)),
        help="how many at once, where there is no --scheduler (default: %(default)s)",
    )
    sub.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster: tcp://HOST:8786")


def positive(text: str) -> int:
    """Read a positive number."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return number


def report(line: str) -> None:
    """Say how far things are."""
    print(line, file=sys.stderr, flush=True)


def read_record(path: Path, way_out: str = "delete its folder and train again") -> dict[str, Any]:
    """Read what `train` wrote down, or `quantise`, which keeps that."""
    try:
        record = json.loads(path.read_text())
        missing = {"data_sha256", "seed", "copies", "steps"} - record.keys()
        if missing:
            raise ValueError(f"it has no {min(missing)}")
    except (OSError, ValueError, AttributeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ModelError(f"{path} is not the record of a training ({why}); {way_out}") from None
    return {"features": FeatureKind.MFCC.value, **record}  # older ones do not say


def check_trained(folder: Path, record: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Raise ModelError unless what is kept in a folder was trained as is wanted.

    Older records do not say everything; what they leave out is taken for right.
    """
    for key, value in wanted.items():
        made = record.get(key, value)
        if made != value:
            how = f"with {key} {made}, not {value}"
            if key == "network_sha256":
                how = "as another network of that name"
            raise ModelError(f"{folder} was trained {how}; delete it or name another --work folder")


@contextmanager
def resumable() -> Iterator[None]:
    """Say with an interrupt that nothing is lost."""
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            "what is finished is kept, the same command goes on from there"
        ) from None


def require_torch() -> None:
    """Raise ModelError unless PyTorch is there."""
    if find_spec("torch") is None:
        raise ModelError("training needs PyTorch; get it with 'pip install torch'")


def this_command() -> str:
    """Give the command line, for records."""
    return " ".join(["armsim nn", *sys.argv[(sys.argv[1:2] == ["nn"] and 2) or 1 :]])


def versions() -> dict[str, str]:
    """Say which versions computed a result."""
    found = {"python": platform.python_version()}
    for name in ("numpy", "scipy", "torch"):
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found
