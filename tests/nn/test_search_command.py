"""`armsim nn search`: it shows, draws and exports, and says in one line what is amiss."""

import re
import shutil
import sys
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from armsim.nn.__main__ import main
from armsim.nn.architecture_file import load_architecture
from armsim.nn.features import FeatureSet, Standard
from armsim.nn.prepare import Prepared

pytest.importorskip("optuna", reason="Optuna is not installed (extra 'search')")


@pytest.fixture
def features(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a few random features instead of clips."""
    rng = np.random.default_rng(0)
    items = FeatureSet(rng.integers(-99, 99, (24, 49, 40)).astype(np.int8), np.arange(24) % 12)
    ones = np.ones(40, np.float32)
    sets, about = {"val": items, "val_noisy": items}, {"data_sha256": ""}
    prepared = Prepared(items, Standard(ones, ones), sets, about)
    monkeypatch.setattr("armsim.nn.prepare.prepare", lambda *_, **__: prepared)
    monkeypatch.setattr("armsim.nn.prepare.fingerprint", lambda *_: "1f" * 32)


@pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="there is no compiler")
def test_the_command_searches_shows_draws_and_exports(
    features: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed (extra 'nn')")
    pytest.importorskip("distributed", reason="Dask is not installed (extra 'cluster')")
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed (extra 'search')")
    command = "search --memory 30KB --ops 1M --latency 3ms --trials 2 --steps 2 --jobs 1".split()
    command += ["--families", "dnn,gru", "--work", str(tmp_path / "work")]
    best = tmp_path / "best.json"
    command += ["--plot", str(tmp_path), "--json", str(tmp_path / "all.json")]
    assert main([*command, "--export", str(best)]) == 0
    shown = capsys.readouterr()
    assert "study m7-30KB-1M-3ms-" in shown.err
    row = re.search(
        r"^\| (\d+) \* \| [\d.]+ \| [\d.]+ \| [\d.]+[KM] \| [\d.]+ \| (\w+): ", shown.out, re.M
    )
    assert row, shown.out
    assert load_architecture(best).name == row[2]
    assert (tmp_path / "search.svg").read_text().startswith("<?xml")
    assert (tmp_path / "search.png").read_bytes().startswith(b"\x89PNG")
    assert main(["train", str(best), "--steps", "2", "--work", str(tmp_path / "work")]) == 0
    assert (tmp_path / "work" / row[2] / "float.npz").exists()


def test_a_study_of_other_clips_is_refused_wherever_they_lie(
    features: None,
    sqlite: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed (extra 'nn')")
    monkeypatch.setattr("armsim.nn.commands.searching.open_cluster", lambda *_: nullcontext())
    monkeypatch.setattr("armsim.nn.commands.searching.search", lambda *_: None)
    command = ["search", "--work", str(tmp_path), "--storage", sqlite, "--study", "s"]
    assert main([*command, "--data", "here"]) == 0
    assert main([*command, "--data", "there"]) == 0
    monkeypatch.setattr("armsim.nn.prepare.fingerprint", lambda *_: "2e" * 32)
    assert main([*command, "--data", "here"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"armsim: the study s in {sqlite} was made with data {'1f' * 8}, not {'2e' * 8}; "
        "name another --study"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--memory 80QB", "argument --memory: '80QB' is not a quantity such as 80KB; units: B, "),
        ("--ops 6 --latency fast", "argument --latency: 'fast' is not a quantity such as 10ms; "),
        ("--ops 0", "argument --ops: '0' is not a quantity such as 6M; units: K, M, G; see"),
        ("--core m0", "unknown --core 'm0' (did you mean m7?); one of: m4, m7; see "),
        ("--export best", "best does not end in .json, as 'armsim nn train' wants it"),
        ("--candidate 3", "--candidate is the one that --export FILE.json writes; add that"),
        ("--families gru,rnn", "'rnn' is no family, or named twice; families: dnn, cnn, "),
        ("--features lfbe,plp", "'plp' is no kind of features, or named twice; kinds: mfcc, lfbe"),
        ("--objectives accuracy,size", "'size' is no objective, or named twice; objectives: "),
        (
            "--memory 80KB --ops 500",
            "nothing fits: of 3,000 networks drawn at random ops 0.5K refuses 3,000, memory 80KB ",
        ),
        ("--storage nonsense", "the study's database 'nonsense' cannot be used: "),
        (
            "--storage postgresql://me:secret@127.0.0.1:1/x",
            "the study's database postgresql://me:***@127.0.0.1:1/x cannot be used: ",
        ),
        ("--storage sqlite:////none/x.db", "the study's database sqlite:////none/x.db cannot be "),
        ("--scheduler tcp://127.0.0.1:1", "no Dask scheduler answers at tcp://127.0.0.1:1; start "),
    ],
)
def test_errors_are_one_line(
    options: str,
    message: str,
    features: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed (extra 'nn')")
    pytest.importorskip("distributed", reason="Dask is not installed (extra 'cluster')")
    monkeypatch.setattr("armsim.nn.cluster.PATIENCE_S", 1)
    assert main(["search", "--work", str(tmp_path), *options.split()]) == 2
    shown = capsys.readouterr().err.splitlines()
    assert shown[-1].startswith(f"armsim: {message}")
    assert all(line.startswith("study ") for line in shown[:-1])
    assert "secret" not in " ".join(shown)


@pytest.mark.parametrize(
    ("package", "message"),
    [
        ("optuna", "searching needs Optuna; get it with 'pip install armsim-cortexm[search]'"),
        ("distributed", "spreading jobs needs Dask; get it with 'pip install armsim-"),
        ("psycopg", "the study's database postgresql://me@x/y needs a driver that is not "),
        ("matplotlib", "drawing needs Matplotlib; get it with 'pip install armsim-"),
        ("torch", "training needs PyTorch; get it with 'pip install torch'"),
    ],
)
def test_a_missing_package_is_one_line(
    package: str,
    message: str,
    features: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed (extra 'nn')")
    monkeypatch.setitem(sys.modules, package, None)
    storage = ["--storage", "postgresql://me@x/y"] if package == "psycopg" else []
    assert main(["search", "--work", str(tmp_path), "--plot", str(tmp_path), *storage]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"armsim: {message}")


def test_without_a_cross_compiler_no_latency_is_promised(
    features: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed (extra 'nn')")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert main(["search", "--work", str(tmp_path), "--latency", "10ms"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("armsim: arm-none-eabi-gcc is not installed, so no latency can be ")
    assert error.count("\n") == 1
