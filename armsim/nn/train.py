"""Train a network on disturbed clips, keep the weights that do best on validation voices.

One thread, fixed seeds: the same command gives the same weights on the same kind of processor.
A checkpoint every few hundred steps lets an interrupted run go on where it stopped.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from armsim.nn.architecture_file import describe
from armsim.nn.data import Report
from armsim.nn.features import FeatureSet
from armsim.nn.layers import Architecture, ModelError
from armsim.nn.parameters import Parameters
from armsim.nn.quantise import INPUT_BITS
from armsim.nn.ranges import accuracy
from armsim.nn.recipe import Recipe
from armsim.nn.torch_networks import build_torch, fold

_KINDS = {
    "network": "network",
    "recipe": "recipe",
    "items": "number of clips",
    "data_sha256": "set of clips",
}
"""What a checkpoint must agree in, in words."""

Progress: TypeAlias = Callable[[int, Mapping[str, float]], None]


@dataclass(frozen=True)
class _Run:
    """What changes from step to step."""

    model: torch.nn.Sequential
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler

    def state(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "rng": torch.get_rng_state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["rng"])


def train(
    net: Architecture,
    items: FeatureSet,
    validation: Mapping[str, FeatureSet],
    recipe: Recipe,
    *,
    checkpoint: Path,
    report: Report,
    progress: Progress | None = None,
    data_sha256: str = "",
) -> dict[str, Parameters]:
    """Train, and return the folded weights that did best on average over the validation sets.

    `progress` is told the step and the accuracies whenever they are measured. A checkpoint goes on
    with the same network, recipe and clips only; `data_sha256` tells these from others.
    """
    torch.set_num_threads(1)
    torch.manual_seed(recipe.seed)
    run = _start(net, recipe)
    identity = {
        "network": describe(net),
        "recipe": asdict(recipe),
        "items": len(items),
        "data_sha256": data_sha256,
    }
    best_merit, best = -1.0, copy.deepcopy(run.model.state_dict())
    first = 0
    if checkpoint.exists():
        state = _read_checkpoint(checkpoint, identity)
        first, best_merit, best = state["step"], state["best_merit"], state["best"]
        run.restore(state)
        report(f"going on from step {first} of {checkpoint}")

    loss_of = torch.nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    started, smooth = time.monotonic(), 0.0
    for step in range(first, recipe.steps):
        rng = np.random.default_rng([recipe.seed, 6, step])
        chosen = rng.integers(len(items), size=recipe.batch)
        run.model.train()
        logits = run.model(_input(net, items.features[chosen]))
        loss = loss_of(logits, torch.from_numpy(items.labels[chosen]))
        run.optimiser.zero_grad()
        loss.backward()
        if recipe.clip:
            torch.nn.utils.clip_grad_norm_(run.model.parameters(), recipe.clip)
        run.optimiser.step()
        run.schedule.step()
        value = loss.item()
        if not math.isfinite(value):
            raise ModelError(
                f"the loss of {net.name} is {value} at step {step + 1}; train with a lower --rate"
            )
        smooth = value if step == first else 0.98 * smooth + 0.02 * value
        done = step + 1
        if done % recipe.check_every and done != recipe.steps:
            continue
        accuracies = {name: _accuracy(net, run.model, some) for name, some in validation.items()}
        if progress:
            progress(done, accuracies)
        merit = sum(accuracies.values()) / len(accuracies)
        if merit > best_merit:
            best_merit, best = merit, copy.deepcopy(run.model.state_dict())
        shown = ", ".join(f"{name} {value:.2f} %" for name, value in accuracies.items())
        pace = (time.monotonic() - started) / (done - first)
        left = pace * (recipe.steps - done) / 60
        report(f"step {done} of {recipe.steps}: loss {smooth:.3f}, {shown}, {left:.0f} min left")
        found = {"identity": identity, "step": done, "best_merit": best_merit, "best": best}
        _write_checkpoint({**found, **run.state()}, checkpoint)
    run.model.load_state_dict(best)
    run.model.eval()
    return fold(net, run.model)


def _start(net: Architecture, recipe: Recipe) -> _Run:
    model = build_torch(net, dropout=recipe.dropout)
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=recipe.rate, total_steps=recipe.steps
    )
    return _Run(model, optimiser, schedule)


def _write_checkpoint(state: Mapping[str, Any], path: Path) -> None:
    partial = path.with_suffix(".partial")
    try:
        torch.save(state, partial)
    except RuntimeError as error:  # so torch calls a full disk
        reason = str(error).splitlines()[0]
        raise ModelError(f"{partial} cannot be written ({reason}); {path} is as it was") from None
    partial.replace(path)


def _read_checkpoint(path: Path, identity: Mapping[str, Any]) -> dict[str, Any]:
    try:
        state: Any = torch.load(path, weights_only=True)
    except Exception as error:  # noqa: BLE001  torch raises nearly anything
        raise ModelError(f"{path} is not a checkpoint: {error}") from None
    found = state.get("identity") if isinstance(state, dict) else None
    if not isinstance(found, dict):
        raise ModelError(f"{path} is not a checkpoint: it does not say of what")
    odd = [kind for key, kind in _KINDS.items() if found.get(key) != identity[key]]
    if odd:
        raise ModelError(f"{path} is of another {odd[0]}; delete it or name another --work folder")
    whole: dict[str, Any] = state
    return whole


def _input(net: Architecture, features: NDArray[np.int8]) -> torch.Tensor:
    seen = features[:, :: net.every, : net.coefficients].astype(np.float32) / np.float32(
        1 << INPUT_BITS
    )
    return torch.from_numpy(seen).unsqueeze(1)


def _accuracy(net: Architecture, model: torch.nn.Sequential, items: FeatureSet) -> float:
    model.eval()
    with torch.no_grad():
        parts = [
            model(_input(net, items.features[i : i + 256])).numpy()
            for i in range(0, len(items), 256)
        ]
    return accuracy(np.concatenate(parts), items.labels)
