"""What armsim tells its user when it cannot do what was asked.

A message is one line: what is wrong, where, with which value, and the way out. The command line
prints it as it stands and ends with `status`; nobody ever sees a traceback for one of these.
"""

import difflib
from collections.abc import Iterable


class ArmsimError(Exception):
    """A request that cannot be met, and why."""

    status = 2


class ImageError(ArmsimError):
    """The image is not one that armsim can run."""


class BoardError(ArmsimError):
    """The board, or a change to it, does not make sense."""


class UsageError(ArmsimError):
    """An option or an argument is not understood."""


class ArgumentError(UsageError, TypeError):
    """The arguments of a call are not those of the C prototype."""


class CallError(ArmsimError):
    """A C function that was called faulted, did not return, or wrote where it may not."""

    status = 3


def suggest(name: str, known: Iterable[str], most: int = 1) -> str:
    """Return ` (did you mean X or Y?)` when something known is close to `name`, else nothing."""
    close = difflib.get_close_matches(name, list(known), n=most, cutoff=0.5)
    return f" (did you mean {' or '.join(close)}?)" if close else ""
