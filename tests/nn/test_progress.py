"""Progress is a bar on a terminal and lines elsewhere, with the time that is left."""

import sys
import time
from collections.abc import Iterator

import pytest

from armsim.nn.progress import shown


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let 10 seconds pass between looks at the clock."""
    seconds = iter(range(0, 1000, 10))
    monkeypatch.setattr(time, "monotonic", lambda: next(seconds))
    yield


def test_lines_say_what_was_done_before_and_how_long_it_takes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with shown("clips") as progress:
        for done in (20, 40, 60, 80, 300):
            progress(done, 300)
    assert capsys.readouterr().err.splitlines() == [
        "20 of 300 clips were done before",
        "40 of 300 clips, 2 min left",
        "60 of 300 clips, 2 min left",
        "80 of 300 clips, 2 min left",
        "300 of 300 clips",
    ]


def test_a_terminal_has_a_bar_that_leaves_nothing_behind(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with shown("clips") as progress:
        progress(0, 40)
        progress(20, 40)
    first, second, last = capsys.readouterr().err.split("\r\x1b[K")[1:]
    assert first == f"[{'.' * 30}] 0 of 40 clips"
    assert second == f"[{'#' * 15}{'.' * 15}] 20 of 40 clips, 10 s left"
    assert last == ""
