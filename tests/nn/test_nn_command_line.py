"""`python -m armsim.nn`: what it writes, and one clear line where it cannot."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from armsim.nn.__main__ import main
from armsim.nn.catalogue import architecture
from armsim.nn.export import parse_header
from armsim.nn.network_q7 import load_network, shipped_weights, weights_sha256


def test_export_writes_the_shipped_weights(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "ds_cnn_s.h"
    assert main(["export", "ds_cnn_s", "--header", str(path)]) == 0
    network = parse_header(path.read_text(), architecture("ds_cnn_s"))
    assert weights_sha256(network) == weights_sha256(load_network(shipped_weights("ds_cnn_s")))


def test_running_and_exporting_need_no_torch_and_no_scipy() -> None:
    code = (
        "import sys; import armsim.nn.__main__; "
        "sys.exit(sorted({'torch', 'scipy'} & set(sys.modules)) or 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["export", "ds_cnn_x", "--header", "h"],
            "unknown model 'ds_cnn_x' (did you m",
        ),
        (["export", "ds_cnn_s", "--weights", "none.npz", "--header", "h"], "no weights at none"),
        (["quantise", "ds_cnn_s", "--work", "none"], "no float weights in none/ds_cnn_s/"),
        (["translate", "cnn_l", "-o", "d"], "no weights of cnn_l come with the package; make them"),
        (["evaluate", "cnn_l"], "no weights of cnn_l come with the package; make them"),
        (["translate", "net.json", "-o", "d"], "net.json only describes a network; name what"),
        (["export", "gru_s", "--header", "h"], f"{shipped_weights('gru_s')} is not of the form"),
        (
            ["quantise", "cnn_s", "dnn_s", "--output", "o.npz"],
            "--output is for one model; leave it",
        ),
        (["compare", "dnn_s", "--work", "none"], "no float weights in none/dnn_s/float.npz; make"),
        (["table", "--json", "none/t.json"], "none/t.json: No such file or directory"),
        (["nonsense"], "unknown command 'nonsense'; commands: table, results, data, "),
        (["clips", "--data", "none", "d"], "none does not exist; 'armsim nn data none' speaks"),
        (["data", "none"], "espeak-ng is not installed; get it with"),
        (["evaluate", "ds_cnn_s", "--data", "none"], "none does not exist; 'armsim nn data"),
    ],
)
def test_errors_are_one_line(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert main(arguments) == 2
    shown = capsys.readouterr().err
    assert shown.startswith(f"armsim: {message}")
    assert shown.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
