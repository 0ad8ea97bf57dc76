"""What the READMEs say of commands, files and outputs is so."""

import contextlib
import importlib.util
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from toolchain import require_blessed

from armsim.cli import _parser, main
from armsim.nn.__main__ import parser as networks

ROOT = Path(__file__).parents[1]
READMES = sorted(
    path
    for path in ROOT.rglob("README.md")
    if not {".venv", "build"} & {*path.relative_to(ROOT).parts} and ".pytest_cache" not in str(path)
)
WIDTH = 120
SHELL = ("sh", "console", "text")


def blocks(readme: Path, *languages: str) -> list[str]:
    """Return what stands between fences of these languages."""
    found = re.findall(r"^```(\w+)\n(.*?)^```", readme.read_text(), re.MULTILINE | re.DOTALL)
    return [text for language, text in found if language in languages]


def prose(readme: Path) -> list[str]:
    """Return the lines that are no block and no table."""
    text = re.sub(r"^```.*?^```", "", readme.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [line for line in text.splitlines() if not line.startswith("|")]


def commands(readme: Path) -> Iterator[list[str]]:
    """Give what is typed in the blocks, word by word."""
    for block in blocks(readme, *SHELL):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"&&|\(|\)", line.removeprefix("$ ")):
                with contextlib.suppress(ValueError):  # a printed line with an apostrophe
                    yield shlex.split(part, comments=True)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT).parent)


@pytest.mark.parametrize("readme", READMES, ids=named)
def test_lines_can_be_read_in_an_editor(readme: Path) -> None:
    assert [line for line in prose(readme) if len(line) > WIDTH] == []


@pytest.mark.parametrize("readme", READMES, ids=named)
def test_links_lead_somewhere(readme: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)\)", "\n".join(prose(readme)))
    assert [link for link in links if ":" not in link and not (readme.parent / link).exists()] == []


@pytest.mark.parametrize("readme", READMES, ids=named)
def test_files_in_tables_exist(readme: Path) -> None:
    cells = re.findall(r"^\| ([^|]+) \|", readme.read_text(), re.MULTILINE)
    files = re.findall(r"`([\w/]+\.(?:py|c|h|toml))`", "\n".join(cells))
    made = {"network.c", "network.h", "weights.c", "weights.h", "main.c", "test_vector.h"}
    assert [
        file for file in files if file not in made and not (readme.parent / file).exists()
    ] == []


@pytest.mark.parametrize("folder", ["armsim/" + name for name in (
    "bench", "dsl", "engine", "insight", "library", "machine", "nn/importers", "nn/translate",
    "timing",
)])  # fmt: skip
def test_every_module_is_in_its_readme(folder: str) -> None:
    text = (ROOT / folder / "README.md").read_text()
    modules = {path.name for path in (ROOT / folder).glob("*.py")} - {"__init__.py"}
    assert [name for name in sorted(modules) if f"`{name}`" not in text] == []


@pytest.mark.parametrize("readme", READMES, ids=named)
def test_commands_have_these_options(readme: Path) -> None:
    for command in commands(readme):
        match command:
            case [armsim, "nn", *arguments] if (
                armsim.endswith("armsim") and "--help" not in command
            ):
                networks().parse_args(arguments)
            case [armsim, *arguments] if armsim.endswith("armsim"):
                end = arguments.index("--") if "--" in arguments else len(arguments)
                if "--help" not in command:
                    _parser().parse_args(arguments[:end])


@pytest.mark.parametrize("readme", READMES, ids=named)
def test_modules_and_targets_exist(readme: Path) -> None:
    text = readme.read_text()
    for module in re.findall(r"python -m ([a-z_.0-9]+)", text):
        assert importlib.util.find_spec(module.rstrip(".")), module
    makefiles = [folder / "Makefile" for folder in (ROOT, *readme.parents)]
    known = "".join(file.read_text() for file in makefiles if file.exists())
    for folder, target in re.findall(
        r"(?:`|^\$? ?)make (?:-C (\S+) )?([a-z]\w*)", text, re.MULTILINE
    ):
        rules = (ROOT / folder / "Makefile").read_text() if folder else known
        assert re.search(rf"^{target}:", rules, re.MULTILINE), f"make {folder} {target}"


def test_the_demonstration_prints_what_is_shown(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    typed, command, *shown = blocks(ROOT / "README.md", "console")[0].splitlines()
    assert typed == "$ make demo"
    assert main(command.split()[1:]) == 0
    out, err = capfd.readouterr()
    assert shown[-1] == "..."
    assert (out + err).splitlines()[: len(shown) - 1] == shown[:-1]


def test_the_call_from_python_prints_what_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    require_blessed()
    subprocess.run(["make", "-s", "-C", ROOT / "kernels"], check=True)
    monkeypatch.chdir(ROOT)
    exec(blocks(ROOT / "README.md", "python")[0], {})  # noqa: S102
    assert capsys.readouterr().out == blocks(ROOT / "README.md", "text")[0]


def test_the_session_from_python_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["make", "-s", "-C", ROOT / "kernels"], check=True)
    monkeypatch.chdir(ROOT)
    exec(blocks(ROOT / "armsim" / "README.md", "python")[0], {})  # noqa: S102


def test_the_benchmarks_are_as_many_as_is_said() -> None:
    baseline = json.loads((ROOT / "benchmarks" / "baseline" / "suite.json").read_text())
    count = len(baseline["benchmarks"])
    for name in ("benchmarks", "armsim/bench"):
        text = (ROOT / name / "README.md").read_text()
        assert re.search(rf"\b(a suite of {count}\b|{count} benchmarks\b)", text), name


def test_every_board_is_in_the_table() -> None:
    text = (ROOT / "armsim" / "boards" / "README.md").read_text()
    for file in (ROOT / "armsim" / "boards").glob("*.toml"):
        assert f"`{file.stem}`" in text
