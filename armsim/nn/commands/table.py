"""`armsim nn table` and `results`: what the networks cost, and how good they are."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from armsim.nn import results
from armsim.nn.catalogue import ARCHITECTURES, title
from armsim.nn.commands.options import Commands, command
from armsim.nn.costs import Costs, costs
from armsim.nn.published import DIFFERENCES, PUBLISHED, printed_kb, printed_ops


def table(arguments: argparse.Namespace) -> None:
    """Show memory and operations of all networks beside the published figures.

    Memory is weights and activations at 8 bits in KB of 1000 bytes; a multiplication with addition
    is two operations. Accuracy is the published one, on Google Speech Commands.
    """
    counted = {name: costs(net) for name, net in ARCHITECTURES.items()}
    if arguments.json:
        _write(counted, arguments.json)
        if arguments.json == "-":
            return
    print(f"{'':14} {'memory KB':^17}  {'operations':^17}  {'accuracy':>9}")
    print(f"{'model':14} {'counted':>8} {'published':>9} {'counted':>8} {'published':>9} published")
    for name, cost in counted.items():
        row = PUBLISHED[name]
        mark = " *" if differs(name, cost) else ""
        print(
            f"{title(name):14} {printed_kb(cost.memory_bytes):>8} {row.memory_kb:>9} "
            f"{printed_ops(cost.ops):>8} {row.ops:>9} {row.accuracy:>9}{mark}"
        )
    for name, cost in counted.items():
        if differs(name, cost):
            print(f"* {title(name)}: {DIFFERENCES[name]}")


def show_results(arguments: argparse.Namespace) -> None:
    """Show accuracy and time of the networks beside the published figures, as Markdown."""
    if not arguments.renew:
        print(results.tables(), end="")
        return
    readme = Path(results.__file__).with_name("README.md")
    readme.write_text(results.with_tables(readme.read_text(encoding="utf-8")), encoding="utf-8")


def differs(name: str, cost: Costs) -> bool:
    """Say whether a figure is not the published one."""
    row = PUBLISHED[name]
    return (printed_kb(cost.memory_bytes), printed_ops(cost.ops)) != (row.memory_kb, row.ops)


def _write(counted: dict[str, Costs], path: str) -> None:
    rows = []
    for name, cost in counted.items():
        model, size = title(name).rsplit(" ", 1)
        rows.append(
            {
                "name": name,
                "model": model,
                "size": size,
                "memory_bytes": cost.memory_bytes,
                "ops": cost.ops,
                "weights": cost.weights,
                "biases": cost.biases,
                "activations": cost.activations,
            }
        )
    text = json.dumps(rows, indent=1) + "\n"
    if path == "-":
        print(text, end="")
    else:
        Path(path).write_text(text)


def add(commands: Commands) -> None:
    """Add the commands of this group."""
    sub = command(commands, "table", table)
    sub.add_argument("--json", metavar="FILE", help="write the figures there, - for stdout")

    sub = command(commands, "results", show_results)
    sub.add_argument("--renew", action="store_true", help="rewrite the tables in nn/README.md")
