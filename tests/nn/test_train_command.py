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
    assert shown.count("features: 1 of 1 copies") == 1
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
        (["dnn_x"], "unknown model 'dnn_x'; known models: dnn_s, dnn_m, "),
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
