"""How a network is trained."""

from __future__ import annotations

from dataclasses import dataclass

from armsim.nn.layers import Architecture, BasicLstm, Gru, Lstm


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """AdamW, a learning rate that rises and falls once, label smoothing, dropout."""

    steps: int = 5000
    batch: int = 128
    rate: float = 3e-3
    weight_decay: float = 0.01
    label_smoothing: float = 0.05
    dropout: float = 0.2
    clip: float = 0.0  # the longest gradient; 0: any
    seed: int = 1
    check_every: int = 300


def steps_for(net: Architecture) -> int:
    """Give as many steps as let all 21 be trained in about 70 minutes on two cores."""
    if net.name.startswith("dnn"):
        return 10_000
    return {"s": 5000, "m": 3000, "l": 1500}.get(net.name[-1], 5000)


def recipe_for(
    net: Architecture, *, steps: int | None = None, seed: int = 1, rate: float | None = None
) -> Recipe:
    """Give the recipe of a network; what recurs may run away, so its gradients are clipped."""
    recurs = any(isinstance(layer, BasicLstm | Lstm | Gru) for layer in net.layers)
    return Recipe(
        steps=steps or steps_for(net),
        rate=rate or Recipe.rate,
        clip=1.0 if recurs else 0.0,
        seed=seed,
    )
