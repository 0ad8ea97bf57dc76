"""What changed between two results: files of `armsim run --json`, or of baselines."""

import json
from pathlib import Path
from typing import Any

from armsim.errors import UsageError
from armsim.report.baselines import Key, Measured, difference, exceeds


def read(path: Path) -> dict[tuple[str, ...], Measured]:
    """Return the figures in a file, by test or image, core, board and compiler.

    Raises:
        UsageError: it is neither a result nor baselines.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        entries = (
            [Measured.from_dict(entry) for entry in data["baselines"]]
            if "baselines" in data
            else [_of_run(data)]
        )
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist; give a file of --json or of baselines") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise UsageError(f"{path} holds neither a result nor baselines ({reason})") from None
    return {(e.key.test, e.key.core, e.key.board, e.key.compiler): e for e in entries}


def _of_run(data: dict[str, Any]) -> Measured:
    name = Path(data["image"]).name
    return Measured(
        Key(name, data["core"], data["board"], "", data["timing_model"]),
        data["cycles"],
        data["instructions"],
        data["causes"],
        {region["name"]: region["cycles"] for region in data["regions"]},
        data["seconds"],
    )


def compare(
    old: Path, new: Path, *, threshold: float = 0.0, any_model: bool = False
) -> tuple[str, bool]:
    """Return what changed as text, and whether anything takes more cycles than allowed.

    Args:
        old: the file compared with.
        new: the file compared.
        threshold: the share by which cycles may grow.
        any_model: compare figures of different timing models.

    Raises:
        UsageError: a file cannot be read, they have nothing in common, or are of different
            timing models.
    """
    before, after = read(old), read(new)
    lone = len(before) == len(after) == 1
    if lone:  # two images may have two names
        after = dict(zip(before, after.values(), strict=True))
    common = [key for key in before if key in after]
    if not common:
        raise UsageError(f"{old} and {new} have nothing in common to compare")
    parts, worse = [], False
    for key in common:
        was, now = before[key], after[key]
        if (was.key.core, was.key.board) != (now.key.core, now.key.board):
            raise UsageError(
                f"{old} is of {was.key.core} on {was.key.board}, {new} of {now.key.core} on "
                f"{now.key.board}; run both on the same"
            )
        if was.key.timing_model != now.key.timing_model and not any_model:
            raise UsageError(
                f"{old} is of timing model {was.key.timing_model}, {new} of "
                f"{now.key.timing_model}; run the old one again, or add --any-model"
            )
        if was.cycles != now.cycles or was.instructions != now.instructions:
            grown = exceeds(now, was, threshold)
            worse |= grown
            verdict = "more cycles" if grown else "within bounds"
            parts.append(f"{key[0]} on {now.key.board} ({now.key.core}): {verdict}")
            parts.append(difference(now, was) + "\n")
    same = len(common) - len(parts) // 2
    parts.append(f"{len(common)} compared, {same} unchanged")
    for key in before.keys() ^ after.keys():
        parts.append(f"only in {old if key in before else new}: {key[0]} ({key[1]})")
    return "\n".join(parts) + "\n", worse
