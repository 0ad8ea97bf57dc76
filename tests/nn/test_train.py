"""Training: the torch network is the one that is folded, and runs repeat and resume."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from armsim.nn.catalogue import architecture
from armsim.nn.features import FeatureSet
from armsim.nn.layers import Architecture, AveragePool, ModelError, parameter_shapes, shapes
from armsim.nn.parameters import Parameters, parameter
from armsim.nn.recipe import Recipe

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra 'nn')")

from armsim.nn.train import train  # noqa: E402  after the skip

NET = architecture("dnn_s")
RNG = np.random.default_rng(0)
ITEMS = FeatureSet(RNG.integers(-128, 128, (24, 49, 10)).astype(np.int8), np.arange(24) % 12)


def same(one: Mapping[str, Parameters], other: Mapping[str, Parameters]) -> bool:
    """Compare all weights."""
    return all(
        np.array_equal(parameter(one[layer.name], name), parameter(other[layer.name], name))
        for layer, before, _ in shapes(NET)
        if not isinstance(layer, AveragePool)
        for name in parameter_shapes(layer, before)
    )


def brief(
    folder: Path,
    steps: int,
    log: list[str] | None = None,
    *,
    net: Architecture = NET,
    data_sha256: str = "",
) -> Mapping[str, Parameters]:
    """Train for a moment."""
    recipe = Recipe(steps=steps, batch=8, check_every=2)
    lines = log if log is not None else []
    return train(
        net,
        ITEMS,
        {"val": ITEMS},
        recipe,
        checkpoint=folder / "c.pt",
        report=lines.append,
        data_sha256=data_sha256,
    )


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    runs = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        runs.append(brief(tmp_path / name, 4))
    assert same(*runs)


def test_an_interrupted_run_goes_on_to_the_same_end(tmp_path: Path) -> None:
    class Interrupted(Exception):
        pass

    def stop_after_step_2(line: str) -> None:
        if line.startswith("step 4"):
            raise Interrupted

    (tmp_path / "whole").mkdir()
    whole = brief(tmp_path / "whole", 6)
    recipe = Recipe(steps=6, batch=8, check_every=2)
    path = tmp_path / "c.pt"
    with pytest.raises(Interrupted):
        train(NET, ITEMS, {"val": ITEMS}, recipe, checkpoint=path, report=stop_after_step_2)
    log: list[str] = []
    resumed = brief(tmp_path, 6, log)
    assert log[0].startswith("going on from step 2")
    assert same(whole, resumed)
    last, resumed_last = (
        torch.load(folder / "c.pt", weights_only=True)["model"]
        for folder in (tmp_path / "whole", tmp_path)
    )
    for name, values in last.items():  # which need not be the best
        assert torch.equal(values, resumed_last[name])


def test_a_checkpoint_of_something_else_is_refused(tmp_path: Path) -> None:
    brief(tmp_path, 2)
    with pytest.raises(ModelError, match="is of another recipe"):
        brief(tmp_path, 4)
    with pytest.raises(ModelError, match="is of another set of clips"):
        brief(tmp_path, 2, data_sha256="other")
    changed = replace(NET, layers=(replace(NET.layers[0], relu=False), *NET.layers[1:]))
    with pytest.raises(ModelError, match="is of another network"):
        brief(tmp_path, 2, net=changed)
    torch.save([1], tmp_path / "c.pt")
    with pytest.raises(ModelError, match="is not a checkpoint: it does not say of what"):
        brief(tmp_path, 2)
    (tmp_path / "c.pt").write_text("nonsense")
    with pytest.raises(ModelError, match="is not a checkpoint"):
        brief(tmp_path, 2)
