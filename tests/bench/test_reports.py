"""What became slower is told in every report, with its reasons."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from armsim.bench.results import to_json
from armsim.bench.suite import read_suite
from armsim.bench.workers import measure_all
from armsim.library.build import build

from .conftest import FAILS, HERE, Bench

SUITE = """
[defaults]
image = "m4.elf"
args = [{ random = 100 }, 100]

[[benchmark]]
name = "sum"
call = "sum"

[[benchmark]]
name = "slow"
call = "sum_slow"
"""
FAILING = """
[[benchmark]]
name = "it|fails"
image = "fails.elf"
core = "m4"
args = []
"""


@pytest.fixture(scope="module")
def baseline(functions: Path) -> str:
    """What the suite takes, as JSON."""
    (functions / "suite.toml").write_text(SUITE)
    cases = read_suite(functions / "suite.toml")
    return to_json(measure_all(cases, functions, 1, lambda result: None))


@pytest.fixture
def measured(bench: Bench, baseline: str) -> Bench:
    """A suite, and its baseline in old.json."""
    bench.write(SUITE)
    (bench.folder / "old.json").write_text(baseline)
    return bench


def worsen(bench: Bench) -> None:
    """Build the functions with a loop that does more."""
    source = bench.folder / "functions.c"
    text = (HERE / "functions.c").read_text()
    source.write_text(text.replace("total += data[k];", "total += data[k] * (int)(k | 1) / 3;", 1))
    build([source], bench.folder / "m4.elf", core="m4")


def edited(bench: Bench, **changes: Any) -> Path:
    """Write a baseline in which each benchmark has something else; return it."""
    data = json.loads((bench.folder / "old.json").read_text())
    for entry in data["benchmarks"]:
        entry |= changes
    path = bench.folder / "edited.json"
    path.write_text(json.dumps(data))
    return path


def test_nothing_changed(measured: Bench) -> None:
    outcome = measured.run("--baseline", measured.folder / "old.json", "-q")
    assert (outcome.status, outcome.out) == (0, "2 compared, 2 unchanged\n")


def test_a_loop_that_does_more_is_told_with_its_reasons(measured: Bench) -> None:
    worsen(measured)
    folder = measured.folder
    outcome = measured.run(
        *("--baseline", folder / "old.json", "--json", folder / "new.json", "-q"),
        *("--junit", folder / "junit.xml", "--markdown", folder / "report.md"),
    )
    assert outcome.status == 1
    old, new = (
        json.loads((folder / name).read_text())["benchmarks"][0]
        for name in ("old.json", "new.json")
    )
    more = new["cycles"] - old["cycles"]
    told = f"{more:+,} cycles ({more / old['cycles']:+.2%})"
    assert f"sum on stm32f4-discovery (cortex-m4): slower, {told}\n" in outcome.out
    assert "cycles" in outcome.out
    lines = outcome.out.splitlines()
    reasons = lines[lines.index(f"sum on stm32f4-discovery (cortex-m4): slower, {told}") + 1]
    grown = max(new["causes"], key=lambda cause: new["causes"][cause] - old["causes"].get(cause, 0))
    count = new["causes"][grown] - old["causes"].get(grown, 0)
    assert reasons.startswith(f"{count:+,} {grown} in sum, ")
    assert reasons.endswith(f"{new['instructions'] - old['instructions']:+,} instructions")
    assert lines[-1].startswith("2 compared, ")
    assert lines[-1].endswith("1 slower")

    suites = ElementTree.parse(folder / "junit.xml").getroot()
    (suite,) = suites
    assert (suite.attrib["tests"], suite.attrib["failures"]) == ("2", "1")
    case = suite[0]
    assert (case.attrib["classname"], case.attrib["name"]) == ("suite", "sum")
    values = {item.attrib["name"]: item.attrib["value"] for item in case.iter("property")}
    assert values["cycles"] == str(new["cycles"])
    assert values[f"cycles.{grown}"] == str(new["causes"][grown])
    failure = case.find("failure")
    assert failure is not None
    assert failure.attrib["message"] == f"{told}: {reasons}"
    assert grown in (failure.text or "")
    assert suite[1].find("failure") is None

    report = (folder / "report.md").read_text()
    assert (
        f"| sum | {old['cycles']:,} | {new['cycles']:,} | **{more / old['cycles']:+.2%}** | "
        in report
    )
    assert report.count("<details>") == report.count("</details>") >= 2


def test_a_threshold_allows_that_much(measured: Bench) -> None:
    worsen(measured)
    assert (
        measured.run("--baseline", measured.folder / "old.json", "--threshold", "10000%").status
        == 0
    )


def test_markdown_is_appended_to_the_summary_of_the_step(
    measured: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = measured.folder / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    for _ in range(2):
        measured.run("--markdown", measured.folder / "report.md")
    report = (measured.folder / "report.md").read_text()
    assert summary.read_text() == "before\n" + 2 * report
    assert report.startswith("## Benchmarks: suite.toml\n\n**2 benchmarks, 0 failed**\n")
    cells = [line.count("|") for line in report.splitlines() if line.startswith("|")]
    assert cells == [7] * 4


def test_a_summary_that_cannot_be_written_is_told(
    measured: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(measured.folder))
    outcome = measured.run()
    assert outcome.status == 2
    assert outcome.err.startswith("armsim: $GITHUB_STEP_SUMMARY ")


def test_github_action_benchmark_gets_its_format(measured: Bench) -> None:
    measured.program("fails.elf", FAILS)
    measured.write(SUITE + FAILING)
    assert measured.run("--action", measured.folder / "action.json").status == 1
    entries = json.loads((measured.folder / "action.json").read_text())
    old = json.loads((measured.folder / "old.json").read_text())["benchmarks"]
    assert [(e["name"], e["unit"], e["value"]) for e in entries] == [
        (entry["name"], "cycles", entry["cycles"]) for entry in old
    ]
    assert all(set(entry) == {"name", "unit", "value", "extra"} for entry in entries)


def test_a_failure_is_in_every_report(measured: Bench) -> None:
    measured.program("fails.elf", FAILS)
    measured.write(SUITE + FAILING)
    folder = measured.folder
    outcome = measured.run(
        *("--baseline", folder / "old.json", "--junit", folder / "junit.xml"),
        *("--markdown", folder / "report.md"),
    )
    assert outcome.status == 1
    assert "it|fails (cortex-m4): failed: it ended with status " in outcome.out
    assert "only in suite.toml: it|fails (cortex-m4)\n" in outcome.out
    assert outcome.out.count("2 compared, 2 unchanged, 1 failed\n") == 1
    (suite,) = ElementTree.parse(folder / "junit.xml").getroot()
    assert suite.attrib["failures"] == "1"
    assert "| it\\|fails | it ended with status " in (folder / "report.md").read_text()


def test_a_benchmark_that_has_gone_is_told(measured: Bench) -> None:
    measured.write(SUITE.partition('[[benchmark]]\nname = "slow"')[0])
    outcome = measured.run("--baseline", measured.folder / "old.json", "-q")
    assert outcome.status == 0
    assert f"only in {measured.folder}/old.json: slow (cortex-m4)\n" in outcome.out
    measured.write(SUITE)
    outcome = measured.run("--baseline", measured.folder / "old.json", "-q", "--only", "sum")
    assert outcome.out == "1 compared, 1 unchanged\n"


def test_another_timing_model_is_refused_unless_told(measured: Bench) -> None:
    baseline = edited(measured, timing_model="m4-0.9")
    outcome = measured.run("--baseline", baseline, "--json", measured.folder / "new.json")
    assert (outcome.status, outcome.out) == (2, "")
    assert not (measured.folder / "new.json").exists(), "it is refused before anything runs"
    assert "is of timing model m4-0.9, suite.toml of m4-" in outcome.err
    assert "--any-model" in outcome.err
    assert measured.run("--baseline", baseline, "--any-model").status == 0


def test_code_of_another_compiler_is_not_compared_unless_told(measured: Bench) -> None:
    baseline = edited(measured, compiler="GNU C17 9.3.1", cycles=1)
    outcome = measured.run("--baseline", baseline)
    assert (outcome.status, outcome.out) == (2, "")
    assert "nothing in common to compare: 2 not compared: " in outcome.err
    assert "has code by GNU C17 9.3.1, suite.toml by GNU C" in outcome.err
    assert measured.run("--baseline", baseline, "--any-compiler").status == 1


def test_two_suites_are_compared(measured: Bench) -> None:
    worsen(measured)
    measured.run("--json", measured.folder / "new.json")
    old, new = measured.folder / "old.json", measured.folder / "new.json"
    outcome = measured.command("compare", old, new)
    assert outcome.status == 1
    assert "sum on stm32f4-discovery (cortex-m4): slower, " in outcome.out
    back = measured.command("compare", new, old)
    assert back.status == 0
    assert "sum on stm32f4-discovery (cortex-m4): quicker, -" in back.out


def test_a_wrong_baseline_is_told_before_anything_runs(measured: Bench) -> None:
    (measured.folder / "bad.json").write_text('{"benchmarks": [{}]}')
    outcome = measured.run("--baseline", measured.folder / "bad.json")
    assert (outcome.status, outcome.out) == (2, "")
    assert "bad.json holds neither a result nor baselines (KeyError: 'name')" in outcome.err
