"""A parser of command lines whose complaints are one line that says what was meant."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from armsim.errors import UsageError, suggest


class Parser(argparse.ArgumentParser):
    """An argument parser that raises `UsageError`; `stray` says where a surplus argument goes."""

    stray = ""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        if message.endswith("are required: COMMAND"):
            message = f"which command? {', '.join(self._commands())}"
        raise UsageError(f"{message}; see {self.prog} --help")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Read a command line, and refuse what is unknown with the help of this very command.

        A misspelt option is named before the missing one that it was meant to be.
        """
        given = list(sys.argv[1:] if args is None else args)
        for name in _long_options(given, all_of_them=self._subparsers is None):
            if not any(known.startswith(name) for known in self._option_string_actions):
                self._refuse(name)
        found, rest = super().parse_known_args(given, namespace)
        if rest:
            self._refuse(rest[0])
        return found, rest

    def _commands(self) -> list[str]:
        groups = self._subparsers._group_actions if self._subparsers else []
        return [name for group in groups for name in group.choices or ()]

    def _refuse(self, argument: str) -> NoReturn:
        if not argument.startswith("-"):
            self.error(f"unexpected argument {argument!r}{self.stray}")
        known = [name for name in self._option_string_actions if name.startswith("--")]
        self.error(f"unknown option {argument}{suggest(argument, known)}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        what = "command" if action.metavar == "COMMAND" else "/".join(action.option_strings)
        self.error(
            f"unknown {what} {str(value)!r}{suggest(str(value), choices)}; "
            f"{'commands' if what == 'command' else 'one of'}: {', '.join(choices)}"
        )


def _long_options(given: Sequence[str], all_of_them: bool) -> Iterator[str]:
    """Give the options of this parser: what follows a command is the command's."""
    for argument in given:
        if argument == "--" or not (all_of_them or argument.startswith("-")):
            return
        if argument.startswith("--"):
            yield argument.partition("=")[0]
