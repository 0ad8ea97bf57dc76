"""benchmarks/suite.toml: every kernel is in it, its baseline is fresh, and a slower one is seen."""

import fcntl
import json
import subprocess
from pathlib import Path

import pytest
import yaml
from firmware.guest import FIRMWARE
from kernels.guest import KERNELS
from toolchain import require_blessed

from armsim.bench.suite import read_suite
from armsim.cli import main
from armsim.report.compare import compare

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SUITE, BASELINE = BENCHMARKS / "suite.toml", BENCHMARKS / "baseline" / "suite.json"


@pytest.fixture(scope="module")
def built() -> None:
    """Build what the suite measures."""
    with (KERNELS / "Makefile").open() as lock:  # two processes must not build the same files
        fcntl.flock(lock, fcntl.LOCK_EX)
        for folder, target in (
            (FIRMWARE, "build/stm32f4-discovery/cifar10.elf"), (BENCHMARKS / "kernels", "aligned")
        ):  # fmt: skip
            subprocess.run(["make", "-s", "-C", folder, target], check=True)


@pytest.mark.usefixtures("built")
def test_every_kernel_and_firmware_is_measured_and_in_the_baseline() -> None:
    cases = read_suite(SUITE)
    for core in ("cortex-m4", "cortex-m7"):
        measured = [case.subject for case in cases if case.subject.core == core]
        assert sorted(subject.function for subject in measured if subject.function) == sorted(
            path.stem.removesuffix("_portable") for path in KERNELS.glob("*/*_portable.c")
        )
        programs = {Path(s.image).stem.split("-")[0] for s in measured if s.function is None}
        assert programs == {"kws", "cifar10"}
    kept = [entry["name"] for entry in json.loads(BASELINE.read_text())["benchmarks"]]
    assert kept == [case.name for case in cases], "make bench RENEW=1"


@pytest.mark.usefixtures("built")
def test_a_run_gives_what_the_baseline_has(capsys: pytest.CaptureFixture[str]) -> None:
    require_blessed()
    status = main(["bench", str(SUITE), "--baseline", str(BASELINE), "--only", "softmax*", "-q"])
    assert status == 0, capsys.readouterr()


@pytest.mark.parametrize(("grown", "worse"), [(1.0011, True), (1.0009, False), (0.9, False)])
def test_the_gate_sees_a_tenth_of_a_percent(tmp_path: Path, grown: float, worse: bool) -> None:
    data = json.loads(BASELINE.read_text())
    entry = next(entry for entry in data["benchmarks"] if entry["cycles"] > 100_000)
    entry["cycles"] = round(entry["cycles"] * grown)
    new = tmp_path / "new.json"
    new.write_text(json.dumps(data))
    comparison = compare(BASELINE, new, threshold=0.001)
    assert comparison.worse is worse
    assert [change.now.key.test for change in comparison.changes] == [entry["name"]]


def test_code_of_another_compiler_makes_no_false_alarm(tmp_path: Path) -> None:
    data = json.loads(BASELINE.read_text())
    others = [entry for entry in data["benchmarks"] if "prebuilt" not in entry["image"]]
    for entry in others:
        entry |= {"compiler": "GNU C17 13.2.1", "cycles": 2 * entry["cycles"]}
    new = tmp_path / "new.json"
    new.write_text(json.dumps(data))
    comparison = compare(BASELINE, new, threshold=0.001)
    assert not comparison.worse
    assert comparison.compared == len(data["benchmarks"]) - len(others) == 3
    assert comparison.notes == [
        f"{len(others)} not compared: {BASELINE} has code by GNU C17 12.2.1, {new} by GNU C17 "
        "13.2.1; --any-compiler compares them, too"
    ]


def test_the_sample_workflow_is_valid() -> None:
    text = (BENCHMARKS / "README.md").read_text()
    workflow = yaml.safe_load(text.partition("```yaml\n")[2].partition("```")[0])
    assert set(workflow) == {"name", True, "jobs", "permissions"}  # YAML takes `on` for a truth
    (job,) = workflow["jobs"].values()
    commands = "\n".join(step["run"] for step in job["steps"] if "run" in step)
    assert "armsim bench benchmarks/suite.toml" in commands
    assert all(("run" in step) != ("uses" in step) for step in job["steps"])
