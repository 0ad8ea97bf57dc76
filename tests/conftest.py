"""What all tests share."""

import difflib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from machines import Compiled, Plain, Stepper

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--bless", action="store_true", help="rewrite the golden files with what the tests see"
    )
    parser.addoption(
        "--exhaustive", action="store_true", help="test every combination, not a covering subset"
    )


@cache
def _machine(name: str) -> Plain | Compiled:
    return Plain() if name == "reference" else Compiled()


@pytest.fixture(params=["reference", "interpreter"])
def engine(request: pytest.FixtureRequest) -> Stepper:
    """Execute one instruction, on every engine: `engine.step("adcs r0, r1", r0=1, c=1)`."""
    return Stepper(request.param, _machine(request.param))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with a file of tests/golden, or write it there if --bless is given."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--bless"):
            path.write_text(text)
            return
        before = path.read_text() if path.exists() else ""
        if text == before:
            return
        lines = difflib.unified_diff(before.splitlines(), text.splitlines(), name, "now", n=1)
        command = f"pytest {request.node.nodeid.split('[')[0]} --bless"
        pytest.fail("\n".join([*lines, f"If this is meant: {command}"]), pytrace=False)

    return compare
