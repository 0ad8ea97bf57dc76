"""`armsim nn train` and what follows, on a small folder of recorded commands."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from armsim.cli import main
from armsim.nn import quantised

pytest.importorskip("torch", reason="PyTorch is not installed (extra 'nn')")


def train(commands: Path, work: Path, *arguments: str) -> int:
    options = ["--data", str(commands), "--work", str(work), "--copies", "1"]
    return main(["nn", "train", *arguments, *options])


def weights(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as stored:
        return dict(stored)


def test_models_are_trained_side_by_side_quantised_and_not_trained_twice(
    commands: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "work"
    models = ("dnn_s", "gru_s")
    assert train(commands, work, *models, "--jobs", "2", "--steps", "3") == 0
    shown = capfd.readouterr().err
    assert shown.count("making 10 MFCC of each frame for all models") == 1
    for model in models:
        assert re.search(rf"^{model}: step 3 of 3: loss [0-9.]+, val ", shown, re.MULTILINE)
        record = json.loads((work / model / "train.json").read_text())
        assert (record["steps"], record["copies"], record["seed"]) == (3, 1, 1)
        assert record["train_command"].startswith("armsim nn")
        assert len(record["data_sha256"]) == 64
    assert train(commands, work, *models, "--steps", "3") == 0
    shown = capfd.readouterr().err.splitlines()
    assert shown == [f"{model}: finished before, in {work / model}" for model in models]
    alone = tmp_path / "alone"
    alone.mkdir()
    (features,) = work.glob("features-*.npz")
    shutil.copy(features, alone)
    assert train(commands, alone, "gru_s", "--steps", "3") == 0
    together, by_itself = (weights(folder / "gru_s" / "float.npz") for folder in (work, alone))
    assert all(np.array_equal(together[name], by_itself[name]) for name in together)

    folders = ["--data", str(commands), "--work", str(work), "--ranges", "max"]
    assert main(["nn", "quantise", "gru_s", *folders]) == 0
    network = quantised.load(work / "gru_s" / "q7.npz")
    record = json.loads((work / "gru_s" / "q7.json").read_text())
    assert record["weights_sha256"] == quantised.sha256(network)
    assert set(record["accuracy_percent"]) == {"float", "8-bit"}
    assert main(["nn", "quantise", "gru_s", "--scheme", "int8", *folders]) == 2
    shown = capfd.readouterr().err.splitlines()
    assert shown[-1].startswith("armsim: gru_s: no kernel runs gru in int8; use --scheme q7")


def described(folder: Path, name: str, features: str, count: int) -> str:
    """Describe a small network in a file."""
    hidden = {"kind": "Dense", "name": "fc1", "outputs": 8, "relu": True}
    net = {"format": 1, "name": name, "stride_ms": 40, "features": features, "coefficients": count}
    path = folder / f"{name}.json"
    path.write_text(
        json.dumps({**net, "layers": [hidden, {"kind": "Dense", "name": "fc", "outputs": 12}]})
    )
    return str(path)


def test_networks_of_other_features_are_trained_quantised_and_evaluated(
    commands: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "work"
    few = described(tmp_path, "few", "mfcc", 9)
    more = described(tmp_path, "more", "mfcc", 13)
    lfbe = described(tmp_path, "lfbe", "lfbe", 40)
    assert train(commands, work, few, more, lfbe, "--steps", "30") == 0
    shown = capfd.readouterr().err
    assert re.findall(r"^making (\d+ \w+) of each frame", shown, re.MULTILINE) == [
        "10 MFCC",
        "40 MFCC",
        "40 LFBE",
    ]
    assert len(list(work.glob("features-*.npz"))) == 3
    data, folders = ["--data", str(commands)], ["--work", str(work), "--ranges", "max"]
    for path, name, kind, count in ((more, "more", "mfcc", 13), (lfbe, "lfbe", "lfbe", 40)):
        assert main(["nn", "quantise", path, *data, *folders]) == 0
        kept = work / name / "q7.npz"
        network = quantised.load(kept)
        assert network.tensor("features").shape == (25, count, 1)
        assert network.about["feature_kind"] == kind
        assert len(network.about["feature_mean"]) == count
        quantise = re.search(rf"^{name} 8-bit: .*test ([\d.]+), ", capfd.readouterr().out, re.M)
        assert main(["nn", "evaluate", path, "--weights", str(kept), *data]) == 0
        evaluate = re.search(r"^test: ([\d.]+) % of \d+ clips$", capfd.readouterr().out, re.M)
        assert quantise
        assert evaluate
        assert evaluate[1] == quantise[1]
        assert main(["nn", "translate", str(kept), "-o", str(tmp_path / f"{name}-c")]) == 0
    described(tmp_path, "lfbe", "mfcc", 40)
    capfd.readouterr()
    assert train(commands, work, lfbe, "--steps", "30") == 2
    assert main(["nn", "quantise", lfbe, *data, *folders]) == 2
    assert capfd.readouterr().err == (
        f"armsim: {work}/lfbe was trained with features lfbe, not mfcc; "
        "delete it or name another --work folder\n" * 2
    )
    for model in (more, lfbe):
        weights = ["--weights", str(work / "lfbe" / "q7.npz")]
        assert main(["nn", "evaluate", model, *weights, *data]) == 2
    assert capfd.readouterr().err == (
        "armsim: these are weights of lfbe, not of more; name that model, or the weights of more\n"
        "armsim: the weights take 40 LFBE, and lfbe sees 40 MFCC; "
        "name weights that were made of it\n"
    )


@pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="there is no compiler")
def test_a_network_of_lfbe_has_the_same_scores_on_a_chip(
    commands: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "work"
    lfbe = described(tmp_path, "lfbe", "lfbe", 40)
    assert train(commands, work, lfbe, "--steps", "3") == 0
    data = ["--data", str(commands)]
    assert main(["nn", "quantise", lfbe, *data, "--work", str(work), "--scheme", "int8"]) == 0
    weights = ["--weights", str(work / "lfbe" / "int8.npz")]
    on_chip = ["--core", "m7", "--clips", "2", "--jobs", "1"]
    capfd.readouterr()
    assert main(["nn", "evaluate", lfbe, *weights, *data, *on_chip]) == 0
    assert re.search(
        r"^test: [\d.]+ % of 2 clips, scores as in NumPy$", capfd.readouterr().out, re.M
    )


def test_a_model_named_twice_is_trained_once_and_two_of_one_name_not_at_all(
    commands: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "work"
    net = described(tmp_path, "net", "mfcc", 9)
    assert train(commands, work, net, net, "--steps", "2", "--jobs", "2") == 0
    assert capfd.readouterr().err.count("net: step 2 of 2") == 1
    (tmp_path / "more").mkdir()
    shutil.copy(net, tmp_path / "more" / "net.json")
    described(tmp_path, "net", "mfcc", 8)
    assert train(commands, work, net, str(tmp_path / "more" / "net.json"), "--steps", "2") == 2
    assert capfd.readouterr().err == (
        "armsim: two networks are called net; give one of them another name\n"
    )


def test_what_was_trained_otherwise_is_not_taken_for_finished(
    commands: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "work"
    net = described(tmp_path, "net", "mfcc", 9)
    assert train(commands, work, net, "--steps", "2") == 0
    capfd.readouterr()
    assert train(commands, work, net, "--steps", "2", "--rate", "0.5") == 2
    described(tmp_path, "net", "mfcc", 8)
    assert train(commands, work, net, "--steps", "2") == 2
    assert capfd.readouterr().err == (
        f"armsim: {work}/net was trained with rate 0.003, not 0.5; "
        "delete it or name another --work folder\n"
        f"armsim: {work}/net was trained as another network of that name; "
        "delete it or name another --work folder\n"
    )


def test_what_cannot_be_trained_is_said_in_one_line_and_the_rest_is_kept(
    commands: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "work"
    assert train(commands, work, "dnn_s", "--steps", "2") == 0
    kept = (work / "dnn_s" / "float.npz").read_bytes()
    capfd.readouterr()
    assert train(commands, work, "dnn_s", "--steps", "3") == 2
    assert capfd.readouterr().err == (
        f"armsim: {work / 'dnn_s'} was trained with steps 2, not 3; "
        "delete it or name another --work folder\n"
    )
    assert train(commands, work, "cnn_s", "gru_s", "--steps", "2", "--rate", "1e30") == 2
    first, second = capfd.readouterr().err.splitlines()[-1].split("; gru_s: ")
    assert first == "armsim: the loss of cnn_s is nan at step 2; train with a lower --rate"
    assert re.match(r"gru\.input\.weight has \d+ values that are no finite numbers", second)
    assert not list(work.glob("*_s/float.npz"))[1:]
    assert (work / "dnn_s" / "float.npz").read_bytes() == kept


def test_damaged_files_are_named(
    commands: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "work"
    assert train(commands, work, "dnn_s", "--steps", "1") == 0
    (features,) = work.glob("features-*.npz")
    whole = features.read_bytes()
    features.write_bytes(whole[: len(whole) // 2])
    capfd.readouterr()
    folders = ["--data", str(commands), "--work", str(work)]
    assert main(["nn", "quantise", "dnn_s", *folders]) == 2
    shown = capfd.readouterr().err
    assert shown.startswith(f"armsim: {features} is damaged (")
    assert shown.endswith("); delete it to make it again\n")
    features.write_bytes(whole)
    (work / "dnn_s" / "train.json").write_text("{}")
    assert train(commands, work, "dnn_s", "--steps", "1") == 2
    assert capfd.readouterr().err == (
        f"armsim: {work}/dnn_s/train.json is not the record of a training (it has no copies); "
        "delete its folder and train again\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dnn_x"], "unknown model 'dnn_x' (did you mean dnn_s?); known models: dnn_s, dnn_m, "),
        (["all", "--steps", "0"], "argument --steps: '0' is not a positive number; see armsim nn"),
        (["dnn_s", "--rate", "fast"], "argument --rate: 'fast' is not a positive number; see"),
        ([], "the following arguments are required: MODEL; see armsim nn train --help"),
    ],
)
def test_wrong_arguments_are_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["nn", "train", *arguments]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith(f"armsim: {message}")
    assert shown.count("\n") == 1
