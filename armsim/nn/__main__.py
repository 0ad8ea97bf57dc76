"""Keyword spotters from words to firmware: `armsim nn COMMAND`, also as `python -m armsim.nn`."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

from armsim.command_line import Parser
from armsim.errors import ArmsimError
from armsim.nn.commands import (
    clips,
    evaluating,
    quantising,
    searching,
    table,
    training,
    translating,
)

GROUPS = (table, clips, searching, training, quantising, evaluating, translating)


def parser() -> Parser:
    """Describe the commands."""
    top = Parser(prog="armsim nn", description=__doc__)
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for group in GROUPS:
        group.add(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    try:
        options = parser().parse_args(arguments)
        options.run(options)
        sys.stdout.flush()
    except ArmsimError as error:
        print(f"armsim: {error}", file=sys.stderr)
        return error.status
    except OSError as error:
        if error.errno == errno.EPIPE and not error.filename:  # whoever reads has seen enough
            for stream in (sys.stdout, sys.stderr):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            return 141
        where = f"{error.filename}: " if error.filename else ""
        print(f"armsim: {where}{error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as interrupt:
        print("; ".join(["armsim: interrupted", *map(str, interrupt.args)]), file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
