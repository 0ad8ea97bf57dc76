"""Architectures outlive their way through a file; a file that describes none is refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armsim.nn.__main__ import main
from armsim.nn.architecture_file import (
    describe,
    find_architecture,
    load_architecture,
    parse,
    save_architecture,
)
from armsim.nn.catalogue import ARCHITECTURES, architecture
from armsim.nn.costs import costs
from armsim.nn.features import Rows
from armsim.nn.latency import untrained
from armsim.nn.layers import FeatureKind, ModelError
from armsim.nn.network_q7 import shipped_weights
from armsim.nn.quantised import check_answers, load, standard_of
from armsim.nn.results import shipped
from armsim.nn.search.space import FAMILIES, draw, family_of, random_suggest
from armsim.nn.translate.network_text import lower

FEATURES = [kind.value for kind in FeatureKind]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_all_21_come_back_as_they_were(name: str, tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    save_architecture(architecture(name), path, {"why": "because"})
    assert find_architecture(str(path)) == architecture(name)
    assert json.loads(path.read_text())["about"] == {"why": "because"}


@pytest.mark.parametrize("family", FAMILIES)
def test_what_a_search_draws_can_be_kept_quantised_and_translated(family: str) -> None:
    suggest = random_suggest(np.random.default_rng(1))
    for _ in range(50):
        net = draw(suggest, [family], FEATURES)
        assert family_of(net) == family
        assert parse(json.loads(json.dumps(describe(net)))) == net
        assert costs(net).ops > 0
    assert lower(untrained(net)).layers
    assert untrained(net).tensor("logits").shape == (12,)


def test_the_same_choices_have_the_same_name_and_others_another() -> None:
    def drawn(seed: int) -> list[str]:
        suggest = random_suggest(np.random.default_rng(seed))
        return [draw(suggest, list(FAMILIES), FEATURES).name for _ in range(200)]

    assert drawn(1) == drawn(1)
    assert len(set(drawn(1))) > 190


def gru(**changes: Any) -> dict[str, Any]:
    layers = [
        {"kind": "Gru", "name": "gru1", "cells": 8},
        {"kind": "Dense", "name": "fc", "outputs": 12},
    ]
    net = {"format": 1, "name": "mine", "stride_ms": 40, "coefficients": 7, "layers": layers}
    return {**net, **changes}


def test_a_network_sees_the_frames_and_coefficients_it_asks_for() -> None:
    net = parse(gru())
    assert (net.frames, net.coefficients, net.every) == (25, 7, 2)
    assert untrained(net).tensor("features").shape == (25, 7, 1)


@pytest.mark.parametrize(
    ("said", "kind", "count"),
    [
        ({}, FeatureKind.MFCC, 7),
        ({"features": "mfcc", "coefficients": 1}, FeatureKind.MFCC, 1),
        ({"features": "mfcc", "coefficients": 40}, FeatureKind.MFCC, 40),
        ({"features": "lfbe", "coefficients": 40}, FeatureKind.LFBE, 40),
    ],
)
def test_the_kind_of_features_comes_back_and_is_mfcc_in_older_files(
    said: dict[str, Any], kind: FeatureKind, count: int, tmp_path: Path
) -> None:
    net = parse(gru(**said))
    assert (net.features, net.coefficients) == (kind, count)
    save_architecture(net, tmp_path / "net.json")
    assert load_architecture(tmp_path / "net.json") == net
    assert untrained(net).tensor("features").shape == (25, count, 1)
    assert costs(net).ops - costs(parse(gru(coefficients=2))).ops == 2 * 25 * 24 * (count - 2)


def pool_behind_gru() -> dict[str, Any]:
    first, last = gru()["layers"]
    return gru(layers=[{**first, "sequence": True}, {"kind": "AveragePool"}, last])


def layer(**fields: Any) -> dict[str, Any]:
    return gru(layers=[fields, *gru()["layers"]])


@pytest.mark.parametrize(
    ("described", "message"),
    [
        ([], "it is not of format 1"),
        (gru(format=2), "it is not of format 1"),
        (gru(size=1), "'size' is missing or unknown"),
        (gru(name="../up"), "name is '../up'; small letters, digits and _ are needed"),
        (gru(stride_ms=30), "stride_ms is 30, not 20 or 40"),
        (gru(coefficients=0), "coefficients is '0', not a whole number from 1 to 40"),
        (gru(coefficients=41), "coefficients is '41', not a whole number from 1 to 40"),
        (gru(features="plp"), "features is 'plp', not mfcc or lfbe"),
        (gru(features=["mfcc"]), "features is \"['mfcc']\", not mfcc or lfbe"),
        (gru(features="lfbe"), "coefficients is '7'; of LFBE a network sees all 40 bands"),
        (gru(layers=[]), "layers is not a list of 1 to 64 layers"),
        (layer(kind="Loop"), "layer 1 is of no known kind; known kinds: Conv, Depthwise, "),
        (layer(kind="Dense", name="a"), "layer 1 has no or an unknown 'outputs'"),
        (layer(kind="Dense", name="a", outputs=0), "outputs of layer 1 is '0', not a whole "),
        (layer(kind="Dense", name="a", outputs=True), "outputs of layer 1 is 'True', not a "),
        (layer(kind="Conv", name="a", channels=4, stride=[1]), "stride of layer 1 is '[1]'"),
        (layer(kind="Dense", name="fc", outputs=4), "two layers are called fc"),
        (layer(kind="Dense", name="a", outputs=4), "gru1 sees one step only; let what precedes"),
        (pool_behind_gru(), "pool sees no image; put it ahead of all dense and recurrent layers"),
        (
            layer(kind="Conv", name="a", channels=4, kernel=[3, 9], padding="valid"),
            "a has a window of 9 on an axis of 7; make it smaller",
        ),
        (gru(layers=gru()["layers"][:1]), "the last layer is not Dense with 12 outputs"),
    ],
)
def test_what_describes_no_network_is_refused(described: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps(described))
    with pytest.raises(ModelError) as caught:
        load_architecture(path)
    assert str(caught.value).startswith(f"{path} describes no network: {message}")


def test_files_that_cannot_be_read_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.json"
    for content, message in [
        (None, f"there is no {path}; make it with 'armsim nn search --export {path}'"),
        (b"{", f"{path} cannot be read as JSON: Expecting property name"),
        (b"\xff", f"{path} cannot be read as JSON: 'utf-8' codec"),
        (json.dumps(gru(name="gru_s")).encode(), f"{path} calls its network gru_s, which is an"),
    ]:
        if content is not None:
            path.write_bytes(content)
        assert main(["quantise", str(path), "--work", str(tmp_path)]) == 2
        error = capsys.readouterr().err
        assert error.startswith(f"armsim: {message}")
        assert error.count("\n") == 1


def test_a_network_of_a_file_has_no_weights_in_the_package(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps(gru()))
    assert main(["evaluate", str(path)]) == 2
    assert capsys.readouterr().err == (
        f"armsim: no weights of {path} come with the package; name some by --weights\n"
    )


def test_a_quantised_network_says_which_features_it_takes() -> None:
    graph = untrained(parse(gru(features="lfbe", coefficients=40)))
    assert standard_of(graph).rows == Rows(FeatureKind.LFBE, 40)
    older = {key: value for key, value in graph.about.items() if key != "feature_kind"}
    assert standard_of(replace(graph, about=older)).rows == Rows(FeatureKind.MFCC, 40)
    graph = untrained(parse(gru()))
    ten = {"feature_mean": list(range(10)), "feature_inv_sigma": [1.0] * 10}
    assert standard_of(replace(graph, about=ten)).mean.tolist() == list(range(7))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"feature_kind": "plp"}, "'plp' is not a valid FeatureKind"),
        ({"feature_kind": "lfbe"}, "it takes 7 LFBE, with 7 means and 7 spreads"),
        ({"feature_mean": [1.0] * 6}, "it takes 7 MFCC, with 6 means and 7 spreads"),
        ({"feature_mean": "much"}, "could not convert string to float: 'much'"),
        ({"feature_mean": [float("nan")] * 7}, "a mean or a spread is not finite"),
        ({"feature_mean": [1.0] * 41}, "it takes 7 MFCC, with 41 means and 7 spreads"),
        ({"feature_mean": [float("inf")] * 7}, "a mean or a spread is not finite"),
        ({"feature_inv_sigma": [1e39] * 7}, "a mean or a spread is not finite"),
    ],
)
def test_features_that_cannot_be_are_refused(changes: dict[str, Any], message: str) -> None:
    graph = untrained(parse(gru()))
    with pytest.raises(ModelError) as caught:
        standard_of(replace(graph, about={**graph.about, **changes}))
    assert str(caught.value) == f"mine does not say how features are made: {message}"


def test_features_that_a_network_does_not_see_do_not_matter() -> None:
    from armsim.nn.features import FeatureSet
    from armsim.nn.quantised import real_inputs

    net = parse(gru())
    rng = np.random.default_rng(2)
    values = rng.integers(-99, 99, (3, 49, 10)).astype(np.int8)
    others = rng.integers(-99, 99, (3, 49, 10)).astype(np.int8)
    others[:, ::2, :7] = values[:, ::2, :7]
    seen = [real_inputs(net, FeatureSet(v, np.arange(3))) for v in (values, others)]
    assert seen[0].shape == (3, 25, 7)
    assert (seen[0] == seen[1]).all()


def test_a_network_that_gives_no_logits_cannot_be_measured() -> None:
    for name in shipped():
        check_answers(load(shipped_weights(name)))
    graph = untrained(parse(gru()))
    check_answers(graph)
    with pytest.raises(ModelError) as caught:
        check_answers(replace(graph, outputs=("scores",)))
    assert str(caught.value) == (
        "mine gives scores, not logits of 12 classes; name weights that 'quantise' made"
    )
