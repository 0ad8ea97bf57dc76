"""A project that uses the fixture `armsim` and the mark `cycles` is told what changed, and why."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import armsim
from armsim.cli import main
from armsim.library.example import FILES

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt" / "kws-m7.elf"
SOURCE = """
int sum(const signed char *data, int n)
{
    int total = START;
    for (int k = 0; k < n; k++) {
        total += data[k] * WEIGHT;
    }
    return total;
}
"""
SUM = """
import numpy as np
import pytest

@pytest.mark.parametrize("core", ["m4", "m7"])
@pytest.mark.cycles({mark})
def test_sum(armsim, core):
    image = armsim.build("sum.c", core=core, flags=["-O1", "-DSTART=0", "-DWEIGHT=1", *{flags}])
    lib = armsim.load(image, core=core)
    assert lib.sum(np.arange(50, dtype=np.int8), 50).value == 1225
"""
SLOW = "['-O0']"


class Project:
    """A folder with tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.baselines = folder / "armsim-cycles.json"

    def begin(self) -> None:
        folder = self.folder
        (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
        (folder / "sum.c").write_text(SOURCE)

    def test(self, mark: str = "", flags: str = "[]") -> None:
        (self.folder / "test_sum.py").write_text(SUM.format(mark=mark, flags=flags))

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        root = str(Path(armsim.__file__).parents[1])
        plugins = ["armsim.pytest_plugin", "no:cacheprovider"]
        if "-n2" in options:
            plugins.append("xdist")
        chosen = [word for plugin in plugins for word in ("-p", plugin)]
        return subprocess.run(
            [sys.executable, "-m", "pytest", *chosen, *options],
            cwd=self.folder,
            env=os.environ
            | {"PYTHONPATH": root, "COLUMNS": "200", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.begin()
    return made


def test_baselines_are_written_held_to_and_explained(project: Project) -> None:
    project.test()
    first = project.run("-k", "m4")
    assert first.returncode == 1
    assert "no baseline; to write one: pytest 'test_sum.py::test_sum[m4]' --armsim-update" in (
        first.stdout
    )
    written = project.run("--armsim-update", "-n2")
    assert written.returncode == 0, written.stdout
    assert "armsim-cycles.json: 2" in written.stdout
    entries = json.loads(project.baselines.read_text())["baselines"]
    assert [entry["key"]["core"] for entry in entries] == ["cortex-m4", "cortex-m7"]
    assert all(sum(entry["causes"].values()) == entry["cycles"] for entry in entries)
    bytes_written = project.baselines.read_bytes()
    assert project.run("-k", "m7", "--armsim-update").returncode == 0
    assert project.baselines.read_bytes() == bytes_written

    project.test(flags=SLOW)
    slower = project.run("-k", "m7")
    assert slower.returncode == 1
    assert "more cycles than the baseline" in slower.stdout
    row = next(line for line in slower.stdout.splitlines() if line.startswith("issue"))
    assert "+" in row.split()[3]
    assert "E   " not in slower.stdout  # no traceback, only what was measured

    project.test(mark="rel=10.0", flags=SLOW)
    assert project.run("-k", "m7").returncode == 0
    project.run("-k", "m7", "--armsim-update")
    project.test(mark="rel=0.001")
    quicker = project.run()
    assert quicker.returncode == 0
    assert "fewer cycles than the baseline" in quicker.stdout


def test_another_timing_model_or_compiler_is_not_compared(project: Project) -> None:
    project.test()
    project.run("--armsim-update", "-k", "m7")
    text = project.baselines.read_text()
    model = json.loads(text)["baselines"][0]["key"]["timing_model"]
    project.baselines.write_text(text.replace(f'"{model}"', '"older"'))
    refused = project.run("-k", "m7")
    assert refused.returncode == 1
    assert "older, which is not compared" in refused.stdout
    project.run("--armsim-update", "-k", "m7")
    assert project.baselines.read_text() == text


def test_a_limit_needs_no_baseline(project: Project) -> None:
    project.test(mark="max=100_000")
    assert project.run().returncode == 0
    project.test(mark="max=10")
    stopped = project.run("-k", "m7")
    assert stopped.returncode == 1
    assert "cycles, more than 10 (issue " in stopped.stdout
    assert not project.baselines.exists()


def test_figures_are_in_junit_and_benchmark_files(project: Project) -> None:
    project.test(mark="max=100_000")
    project.run("--junit-xml=junit.xml", "--armsim-benchmark-json=bench.json", "-n2")
    cases = list(ElementTree.parse(project.folder / "junit.xml").iter("testcase"))
    found = {p.attrib["name"]: p.attrib["value"] for p in cases[0].iter("property")}
    causes = [int(value) for name, value in found.items() if name.startswith("cycles.")]
    assert int(found["cycles"]) == sum(causes) > int(found["instructions"]) / 2
    benchmarks = json.loads((project.folder / "bench.json").read_text())["benchmarks"]
    assert sorted(one["group"] for one in benchmarks) == ["cortex-m4", "cortex-m7"]
    for one in benchmarks:
        assert one["stats"]["mean"] > 0
        assert one["extra_info"]["cycles"] > one["extra_info"]["instructions"] / 2


def test_a_mark_that_measures_nothing_fails(project: Project) -> None:
    (project.folder / "test_none.py").write_text(
        "import pytest\n@pytest.mark.cycles(max=5)\ndef test_none():\n    pass\n"
    )
    done = project.run("test_none.py")
    assert done.returncode == 1
    assert "the mark `cycles` found nothing to measure" in done.stdout


def test_a_compiler_error_is_shown(project: Project) -> None:
    project.test(mark="max=5")
    (project.folder / "sum.c").write_text("int sum(\n")
    done = project.run("-k", "m7")
    assert done.returncode == 1
    assert "sum.c:1:" in done.stdout
    assert "build.py" not in done.stdout  # only the test's own lines


def test_the_example_passes_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "new")]) == 0
    assert capsys.readouterr().out.count("\n") == len(FILES)
    done = Project(tmp_path / "new").run("-W", "error")
    assert done.returncode == 0, done.stdout
    assert main(["init", str(tmp_path / "new")]) == 2
    assert capsys.readouterr().err.endswith("exists already; name a new folder\n")


def test_images_are_run_and_single_functions_called(project: Project) -> None:
    (project.folder / "test_run.py").write_text(
        f"""
import numpy as np
import pytest

@pytest.mark.cycles(max=5_100)
def test_run(armsim):
    run, printed = armsim.run({str(PREBUILT)!r}, max_cycles=5_000)
    assert (run.stop.reason, printed) == ("limit", b"")
    assert armsim.measured()[0].cycles == run.cycles >= 5_000

def test_call(armsim):
    image = armsim.build("sum.c", core="m4", flags=["-DSTART=4", "-DWEIGHT=2"])
    assert armsim.build("sum.c", core="m4", flags=["-DSTART=4", "-DWEIGHT=2"]) is image
    assert armsim.call(image, "sum", np.ones(3, np.int8), 3, core="m4").value == 10
    with pytest.raises(TypeError, match="prototype: int sum"):
        armsim.load(image, core="m4").sum(3)
"""
    )
    done = project.run("test_run.py")
    assert done.returncode == 0, done.stdout
