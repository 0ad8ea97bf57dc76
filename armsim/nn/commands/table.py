"""`armsim nn table`: what the 21 networks cost, beside what was published."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from armsim.nn.catalogue import ARCHITECTURES, FAMILIES
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


def differs(name: str, cost: Costs) -> bool:
    """Say whether a figure is not the published one."""
    row = PUBLISHED[name]
    return (printed_kb(cost.memory_bytes), printed_ops(cost.ops)) != (row.memory_kb, row.ops)


def title(name: str) -> str:
    """Write a model's name as people do: `ds_cnn_s` is DS-CNN S."""
    family, size = name.rsplit("_", 1)
    return f"{FAMILIES[family]} {size.upper()}"


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
