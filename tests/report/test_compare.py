"""Two results are compared by function and cause, if they can be."""

import json
from pathlib import Path
from typing import Any

import pytest

from armsim.cli import main

RUN: dict[str, Any] = {
    "image": "a/kws.elf", "core": "cortex-m7", "board": "nucleo-f746zg", "timing_model": "m7-1",
    "cycles": 1000, "instructions": 900, "seconds": 1e-5, "causes": {"issue": 900, "fetch": 100},
    "regions": [
        {"name": "main", "cycles": 600, "causes": {"issue": 600}},
        {"name": "work", "cycles": 400, "causes": {"issue": 360, "fetch": 40}},
    ],
}  # fmt: skip
MORE = RUN | {
    "image": "b/new.elf", "cycles": 1010, "causes": {"issue": 900, "fetch": 110},
    "regions": [
        {"name": "main", "cycles": 600, "causes": {"issue": 600}},
        {"name": "work", "cycles": 410, "causes": {"issue": 360, "fetch": 50}},
    ],
}  # fmt: skip


def compared(folder: Path, new: dict[str, Any], *options: str) -> int:
    for name, data in (("old", RUN), ("new", new)):
        (folder / f"{name}.json").write_text(json.dumps(data))
    return main(["compare", str(folder / "old.json"), str(folder / "new.json"), *options])


def test_nothing_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compared(tmp_path, RUN) == 0
    assert capsys.readouterr().out == "1 compared, 1 unchanged\n"


def test_a_change_is_shown_by_cause_and_function(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compared(tmp_path, MORE) == 1
    assert capsys.readouterr().out == (
        "kws.elf on nucleo-f746zg (cortex-m7): slower, +10 cycles (+1.00%)\n"
        "+10 fetch in work, as many instructions\n"
        "                   baseline            now       change\n"
        "fetch                   100            110          +10   +10.00%\n"
        "\n"
        "work                    400            410          +10    +2.50%\n"
        "  fetch                  40             50          +10   +25.00%\n"
        "\n"
        "cycles                1,000          1,010          +10    +1.00%\n"
        "instructions            900            900           +0    +0.00%\n"
        "\n"
        "1 compared, 0 unchanged, 1 slower\n"
    )


def test_what_takes_fewer_cycles_is_quicker(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = (tmp_path / name for name in ("old.json", "new.json"))
    assert compared(tmp_path, MORE) == 1
    capsys.readouterr()
    assert main(["compare", str(new), str(old)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(
        "new.elf on nucleo-f746zg (cortex-m7): quicker, -10 cycles (-0.99%)\n"
        "-10 fetch in work, as many instructions\n"
    )
    assert out.endswith("1 compared, 0 unchanged, 1 quicker\n")


def test_a_change_within_bounds_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compared(tmp_path, MORE, "--threshold", "1") == 0
    assert capsys.readouterr().out == (
        "kws.elf on nucleo-f746zg (cortex-m7): within bounds, +10 cycles (+1.00%)\n"
        "1 compared, 0 unchanged, 1 within bounds\n"
    )


def test_only_the_largest_of_many_functions_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    regions = [{"name": f"f{k:02}", "cycles": 500 + k} for k in range(14)]
    assert compared(tmp_path, RUN | {"regions": regions, "cycles": 2000}) == 1
    out = capsys.readouterr().out
    rows = [line.split()[0] for line in out.splitlines() if line.startswith("f")]
    assert rows == ["f13", "f12", "f11", "f10", "f09", "f08", "f07", "f06", "f05"]
    assert "\n6 more functions " in out


@pytest.mark.parametrize(("threshold", "status"), [("0.9", 1), ("0.99%", 1), ("1", 0), ("5", 0)])
def test_a_threshold_is_a_percentage(tmp_path: Path, threshold: str, status: int) -> None:
    assert compared(tmp_path, MORE, "--threshold", threshold) == status


@pytest.mark.parametrize(
    ("new", "wrong"),
    [
        (RUN | {"timing_model": "m7-2"}, "new.json of m7-2; run the old one again, or add --any"),
        (RUN | {"core": "cortex-m4"}, "new.json of cortex-m4 on nucleo-f746zg; run both on the"),
        ({"cycles": 3}, "new.json holds neither a result nor baselines (KeyError: 'image')"),
        ({"baselines": []}, "have nothing in common to compare"),
    ],
)
def test_what_cannot_be_compared_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], new: dict[str, Any], wrong: str
) -> None:
    assert compared(tmp_path, new) == 2
    assert wrong in capsys.readouterr().err


def test_timing_models_are_compared_when_told(tmp_path: Path) -> None:
    assert compared(tmp_path, RUN | {"timing_model": "m7-2"}, "--any-model") == 0
    assert compared(tmp_path, RUN, "--threshold", "much") == 2
