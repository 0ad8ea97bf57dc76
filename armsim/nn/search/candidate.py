"""What a worker does with a candidate: its latency first, which is cheap, then its accuracy."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from armsim.errors import ArmsimError
from armsim.nn.features import FeatureSet
from armsim.nn.latency import simulated, untrained
from armsim.nn.layers import Architecture, FeatureKind
from armsim.nn.recipe import Recipe, recipe_for


class Fate(Enum):
    """What became of a candidate that was within the limits of memory and operations."""

    MEASURED = "measured"
    SLOW = "over the latency"
    STOPPED = "stopped early"
    FAILED = "failed"


@dataclass(frozen=True)
class Data:
    """Features to train on, and to measure on, of each kind."""

    training: Mapping[FeatureKind, FeatureSet]
    validation: Mapping[FeatureKind, Mapping[str, FeatureSet]]


@dataclass(frozen=True, kw_only=True)
class Task:
    """What to measure, and how."""

    core: str | None
    """Where to simulate; None: nowhere."""
    longest: float | None
    """Seconds that an inference may take."""
    steps: int
    seed: int = 1


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was found."""

    fate: Fate
    accuracy: float | None = None
    """In percent, the mean over the validation sets."""
    by_set: Mapping[str, float] = field(default_factory=dict)
    cycles: int | None = None
    latency: float | None = None
    message: str = ""


Tell = Callable[[tuple[int, float]], bool]
"""Told the step and the accuracy; says whether to stop."""


class _Stopped(Exception):
    """Training was told to stop."""


def measure(net: Architecture, task: Task, data: Data, tell: Tell) -> Outcome:
    """Measure a candidate."""
    cycles = latency = None
    try:
        if task.core is not None:
            found = simulated(untrained(net), task.core)
            cycles, latency = found.cycles, found.seconds
            if task.longest is not None and latency > task.longest:
                return Outcome(fate=Fate.SLOW, cycles=cycles, latency=latency)
        by_set = _accuracies(net, task, data, tell)
    except _Stopped:
        return Outcome(fate=Fate.STOPPED, cycles=cycles, latency=latency)
    except ArmsimError as error:
        return Outcome(fate=Fate.FAILED, cycles=cycles, latency=latency, message=str(error))
    accuracy = sum(by_set.values()) / len(by_set)
    return Outcome(
        fate=Fate.MEASURED, accuracy=accuracy, by_set=by_set, cycles=cycles, latency=latency
    )


def _accuracies(net: Architecture, task: Task, data: Data, tell: Tell) -> Mapping[str, float]:
    """Train briefly; give the accuracies of the step that was best on average."""
    from armsim.nn.train import train

    seen: list[tuple[float, Mapping[str, float]]] = []

    def progress(step: int, accuracies: Mapping[str, float]) -> None:
        mean = sum(accuracies.values()) / len(accuracies)
        seen.append((mean, dict(accuracies)))
        if tell((step, mean)) and step < task.steps:
            raise _Stopped

    with tempfile.TemporaryDirectory(prefix="armsim-search-") as folder:
        train(
            net,
            data.training[net.features],
            data.validation[net.features],
            brief(net, task),
            checkpoint=Path(folder) / "checkpoint.pt",
            report=lambda _: None,
            progress=progress,
        )
    return max(seen, key=lambda one: one[0])[1]


def brief(net: Architecture, task: Task) -> Recipe:
    """Give the recipe of a candidate, measured four times on its way."""
    from dataclasses import replace

    recipe = recipe_for(net, steps=task.steps, seed=task.seed)
    return replace(recipe, check_every=max(1, -(-task.steps // 4)))
