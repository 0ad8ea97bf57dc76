"""Train a network on disturbed clips, keep the weights that do best on validation voices.

One thread, fixed seeds: the same command gives the same weights on the same kind of processor.
A checkpoint every few hundred steps lets an interrupted run go on where it stopped.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from armsim.nn.data import Report
from armsim.nn.features import FeatureSet
from armsim.nn.layers import Architecture, ModelError
from armsim.nn.parameters import Parameters
from armsim.nn.quantise import INPUT_BITS, accuracy

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to train."""

    steps: int = 4500
    batch: int = 128
    rate: float = 3e-3
    weight_decay: float = 0.01
    label_smoothing: float = 0.05
    dropout: float = 0.2
    seed: int = 1
    check_every: int = 300


def train(
    net: Architecture,
    items: FeatureSet,
    validation: Mapping[str, FeatureSet],
    recipe: Recipe,
    *,
    checkpoint: Path,
    report: Report,
) -> dict[str, Parameters]:
    """Train, and return the folded weights that did best on average over the validation sets."""
    try:
        import torch

        from armsim.nn.torch_networks import build_torch, fold
    except ImportError:
        raise ModelError("training needs PyTorch; get it with 'pip install torch'") from None

    torch.set_num_threads(1)
    torch.manual_seed(recipe.seed)
    model = build_torch(net, dropout=recipe.dropout)
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=recipe.rate, total_steps=recipe.steps
    )
    loss_of = torch.nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    identity = {"network": net.name, "recipe": asdict(recipe), "items": len(items)}
    best_merit, best = -1.0, copy.deepcopy(model.state_dict())
    first = 0
    if checkpoint.exists():
        state = _read_checkpoint(checkpoint, identity)
        first, best_merit, best = state["step"], state["best_merit"], state["best"]
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["rng"])
        report(f"going on from step {first} of {checkpoint}")

    started, smooth = time.monotonic(), 0.0
    for step in range(first, recipe.steps):
        rng = np.random.default_rng([recipe.seed, 6, step])
        chosen = rng.integers(len(items), size=recipe.batch)
        model.train()
        logits = model(_input(items.features[chosen]))
        loss = loss_of(logits, torch.from_numpy(items.labels[chosen]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        smooth = loss.item() if step == first else 0.98 * smooth + 0.02 * loss.item()
        done = step + 1
        if done % recipe.check_every and done != recipe.steps:
            continue
        accuracies = {name: _accuracy(model, items) for name, items in validation.items()}
        merit = sum(accuracies.values()) / len(accuracies)
        if merit > best_merit:
            best_merit, best = merit, copy.deepcopy(model.state_dict())
        shown = ", ".join(f"{name} {value:.2f} %" for name, value in accuracies.items())
        pace = (time.monotonic() - started) / (done - first)
        left = pace * (recipe.steps - done) / 60
        report(f"step {done} of {recipe.steps}: loss {smooth:.3f}, {shown}, {left:.0f} min left")
        state = {
            "identity": identity,
            "step": done,
            "best_merit": best_merit,
            "best": best,
            "model": model.state_dict(),
            "optimiser": optimiser.state_dict(),
            "schedule": schedule.state_dict(),
            "rng": torch.get_rng_state(),
        }
        partial = checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(checkpoint)
    model.load_state_dict(best)
    model.eval()
    return fold(net, model)


def _read_checkpoint(path: Path, identity: Mapping[str, Any]) -> dict[str, Any]:
    import torch

    try:
        state: dict[str, Any] = torch.load(path, weights_only=True)
    except Exception as error:  # noqa: BLE001  torch raises nearly anything
        raise ModelError(f"{path} is not a checkpoint: {error}") from None
    if state.get("identity") != identity:
        raise ModelError(f"{path} is of another recipe; delete it or name another --work folder")
    return state


def _input(features: NDArray[np.int8]) -> torch.Tensor:
    import torch

    return torch.from_numpy(features.astype(np.float32) / np.float32(1 << INPUT_BITS)).unsqueeze(1)


def _accuracy(model: torch.nn.Sequential, items: FeatureSet) -> float:
    import torch

    model.eval()
    with torch.no_grad():
        parts = [
            model(_input(items.features[i : i + 256])).numpy() for i in range(0, len(items), 256)
        ]
    return accuracy(np.concatenate(parts), items.labels)
