"""How far something is: a bar where stderr is a terminal, a line for each step elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_BAR = 30


class Progress:
    """A count on its way to a total; what was done before it began says nothing of its pace."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._bar = sys.stderr.isatty()
        self._begun: tuple[float, int] | None = None

    def __call__(self, done: int, total: int) -> None:
        """Show how much of how much is done."""
        now = time.monotonic()
        if self._begun is None:
            self._begun = now, done
            if done and not self._bar:
                print(f"{done} of {total} {self._unit} were done before", file=sys.stderr)
            if not self._bar:
                return
        text = f"{done} of {total} {self._unit}{self._left(now, done, total)}"
        if self._bar:
            bar = ("#" * (_BAR * done // total)).ljust(_BAR, ".")
            sys.stderr.write(f"\r\x1b[K[{bar}] {text}")
            sys.stderr.flush()
        else:
            print(text, file=sys.stderr, flush=True)

    def _left(self, now: float, done: int, total: int) -> str:
        assert self._begun is not None
        started, before = self._begun
        if not before < done < total:
            return ""
        seconds = (now - started) / (done - before) * (total - done)
        return f", {seconds / 60:.0f} min left" if seconds > 90 else f", {seconds:.0f} s left"

    def clear(self) -> None:
        """Leave no bar behind."""
        if self._bar and self._begun:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


@contextmanager
def shown(unit: str) -> Iterator[Progress]:
    """Show progress for as long as something lasts."""
    progress = Progress(unit)
    try:
        yield progress
    finally:
        progress.clear()
