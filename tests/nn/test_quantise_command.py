"""`armsim nn quantise` and `compare` find the same whoever does the work."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from armsim.nn import prepare
from armsim.nn.__main__ import main
from armsim.nn.architecture_file import fingerprint, load_architecture, save_architecture
from armsim.nn.features import FeatureSet, Standard
from armsim.nn.layers import Architecture, Dense, Gru, parameter_shapes, shapes
from armsim.nn.parameters import assemble, save_weights
from armsim.nn.prepare import Prepared

FC = Dense(name="fc", outputs=12)
STACKS = {
    "little_dnn": (Dense(name="fc1", outputs=16, relu=True), FC),
    "little_gru": (Gru(name="gru", cells=8), FC),
}
CLIPS = 40


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a work folder with networks of random weights, and random features."""
    rng = np.random.default_rng(1)
    for name, layers in STACKS.items():
        net = Architecture(name=name, frames=25, coefficients=10, stride_ms=40, layers=layers)
        save_architecture(net, tmp_path / f"{name}.json", {})
        weights = {
            layer.name: assemble(
                layer,
                {
                    key: (rng.normal(size=shape) / np.sqrt(shape[-1])).astype(np.float32)
                    for key, shape in parameter_shapes(layer, before).items()
                },
            )
            for layer, before, _ in shapes(net)
        }
        (tmp_path / name).mkdir()
        save_weights(net, weights, tmp_path / name / "float.npz")
        record = {"data_sha256": "", "seed": 1, "copies": 1, "steps": 1}
        (tmp_path / name / "train.json").write_text(json.dumps(record))

    def some() -> FeatureSet:
        values = rng.integers(-128, 128, (CLIPS, 49, 10)).astype(np.int8)
        return FeatureSet(values, rng.integers(0, 12, CLIPS))

    names = [split + noisy for noisy in ("", "_noisy") for split in ("train", "val", "test")]
    standard = Standard(np.zeros(10, np.float32), np.ones(10, np.float32))
    prepared = Prepared(some(), standard, {name: some() for name in names}, {"data_sha256": ""})
    monkeypatch.setattr(prepare, "prepare", lambda *_, **__: prepared)
    return tmp_path


@pytest.fixture
def ways(scheduler: str) -> Iterator[list[str]]:
    """Give options that say who is to work."""
    return [["--jobs", "1"], ["--jobs", "2"], ["--scheduler", scheduler]]


def test_quantise_makes_the_same_networks(
    work: Path, ways: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    models = [str(work / f"{name}.json") for name in STACKS]
    seen = []
    for options in ways:
        assert main(["quantise", *models, "--work", str(work), *options]) == 0
        shown = capsys.readouterr()
        seen.append((shown.out, shown.err, [(work / n / "q7.npz").read_bytes() for n in STACKS]))
    assert seen[0] == seen[1] == seen[2]
    said = [line.split(": ")[:2] for line in seen[0][1].splitlines()]
    assert said == [
        ["little_dnn", "fc1"],
        ["little_dnn", "fc"],
        ["little_gru", "gru.sums"],
        ["little_gru", "fc"],
    ]


def test_compare_shows_the_same_table(
    work: Path, ways: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    seen = []
    for options in ways:
        assert main(["compare", str(work / "little_gru.json"), "--work", str(work), *options]) == 0
        seen.append(capsys.readouterr())
    assert seen[0] == seen[1] == seen[2]
    assert [line.split(" | ")[0] for line in seen[0].out.splitlines()[2:]] == [
        "| float", *["| q7"] * 3, "| q15"
    ]  # fmt: skip
    assert seen[0].err.count("no kernel runs gru in int8") == 6


def test_a_model_is_quantised_as_it_was_trained(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = work / "little_gru.json"
    net = load_architecture(model)
    trained = work / "little_gru" / "train.json"
    record = json.loads(trained.read_text())
    command = ["quantise", str(model), "--work", str(work), "--ranges", "max", "--jobs", "1"]
    trained.write_text(json.dumps({**record, "network_sha256": fingerprint(net)}))
    assert main(command) == 0
    save_architecture(replace(net, frames=49, stride_ms=20), model)
    assert main(command) == 2
    save_architecture(net, model)
    trained.write_text(json.dumps({**record, "data_sha256": "other"}))
    assert main([*command, "--data", "clips"]) == 2
    assert capsys.readouterr().err == (
        f"armsim: {work}/little_gru was trained as another network of that name; "
        "delete it or name another --work folder\n"
        f"armsim: {work}/little_gru was trained on other clips than those in clips; "
        "name their folder by --data\n"
    )
    assert main([*command, "--seed", "2"]) == 2
    assert capsys.readouterr().err.startswith("armsim: unknown option --seed")


def test_a_network_goes_to_no_file_that_could_not_be_read(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(work / "little_gru.json")
    for name in ("plain", "record.json"):
        assert main(["quantise", model, "--work", str(work), "--output", str(work / name)]) == 2
        assert capsys.readouterr().err.startswith(
            f"armsim: argument --output: '{work / name}' does not end in .npz, as networks' files"
        )
        assert not (work / name).exists()


def test_a_model_that_was_not_trained_is_named_before_others_are_quantised(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(work / "little_gru.json")
    assert main(["quantise", model, "cnn_s", "--work", str(work)]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith(f"armsim: no float weights in {work}/cnn_s/float.npz; make")
    assert not (work / "little_gru" / "q7.npz").exists()


def test_an_output_that_cannot_be_written_is_named_before_anything_is_done(
    work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["quantise", str(work / "little_dnn.json"), "--work", str(work), "--output"]
    output = work / "little_dnn.npz"
    assert main([*command, str(output)]) == 2
    assert capsys.readouterr().err == (
        f"armsim: the record of --output {output} would replace {work / 'little_dnn.json'}; "
        "name another file\n"
    )
    monkeypatch.setattr("os.access", lambda path, mode: path != work / "new")
    (work / "folder.npz").mkdir()
    for output in (work / "folder.npz", work / "new" / "q.npz"):
        assert main([*command, str(output)]) == 2
        message = f"armsim: --output {output} cannot be written; name another FILE.npz\n"
        assert capsys.readouterr().err == message
