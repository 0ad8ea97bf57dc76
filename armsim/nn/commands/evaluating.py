"""`armsim nn evaluate` and `export`: how good a quantised network is; its C header."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from armsim.errors import UsageError
from armsim.nn import data, export, features, network_q7, prepare
from armsim.nn.architecture_file import find_architecture
from armsim.nn.commands.options import (
    Commands,
    command,
    data_option,
    positive,
    read_record,
    report,
    resumable,
    workers_options,
)
from armsim.nn.execute import execute
from armsim.nn.features import FeatureSet
from armsim.nn.graph import Graph, Ints
from armsim.nn.layers import ModelError
from armsim.nn.on_chip import Measured
from armsim.nn.on_chip import measure as measure_on_chip
from armsim.nn.progress import shown
from armsim.nn.quantised import (
    check_answers,
    check_sees,
    integer_inputs,
    is_older,
    load,
    sha256,
    standard_of,
)
from armsim.nn.ranges import accuracy
from armsim.nn.workers import check_scheduler


def export_model(arguments: argparse.Namespace) -> None:
    """Write the C header of the network in `firmware/kws`; for others, see `translate`."""
    path = _weights_path(arguments)
    if path.exists() and not is_older(path):
        load(path)
        raise ModelError(
            f"{path} is not of the form that firmware/kws reads; "
            f"use 'armsim nn translate {arguments.model} -o DIR'"
        )
    network = network_q7.load_network(path)
    arguments.header.parent.mkdir(parents=True, exist_ok=True)
    arguments.header.write_text(export.header(network))
    print(f"{arguments.header}: weights {network_q7.weights_sha256(network)}")


def evaluate_model(arguments: argparse.Namespace) -> None:
    """Measure a quantised network on clips it was not trained on, in NumPy or on a chip.

    On a chip, portions of the clips are spread over workers: processes of this machine, or those of
    a Dask cluster. The same command goes on where it was interrupted.
    """
    if arguments.scheduler and not arguments.core:
        raise UsageError("--scheduler spreads what --core m4 or m7 simulates; add one")
    if arguments.record and not arguments.core:
        raise UsageError("--record keeps what --core m4 or m7 measures; add one")
    if arguments.clips and not arguments.core:
        raise UsageError("--clips is how many --core m4 or m7 simulates; add one, or measure all")
    net = find_architecture(arguments.model)
    network = load(_weights_path(arguments))
    check_sees(network, net)
    check_answers(network)
    if arguments.record:
        _record_of(network, arguments.record)
        if not os.access(arguments.record.parent, os.W_OK):
            raise UsageError(
                f"nothing can be written beside {arguments.record}; copy it, name that"
            )
    check_scheduler(arguments.scheduler)
    clips = prepare.load_clips(arguments.data, report)
    sets = features.evaluation_sets(clips, standard_of(network))
    if arguments.core:
        items = sets[arguments.split]
        count = min(arguments.clips or len(items), len(items))
        chosen = np.linspace(0, len(items) - 1, count).round().astype(int)  # of all classes
        items = FeatureSet(items.features[chosen], items.labels[chosen])
        on_chip = _on_chip(network, integer_inputs(net, items), arguments)
        right = accuracy(on_chip.outputs["logits"], items.labels)
        print(on_chip.report())
        print(f"{arguments.split}: {right:.2f} % of {len(items)} clips, scores as in NumPy")
        if arguments.record:
            _keep(arguments, network, on_chip, {"clips": len(items), "accuracy_percent": right})
        if arguments.confusion:
            print(confusion(on_chip.outputs["logits"].argmax(axis=1), items.labels))
        return
    for name in (arguments.split, f"{arguments.split}_noisy"):
        items = sets[name]
        logits = execute(network, integer_inputs(net, items), ("logits",))["logits"]
        print(f"{name}: {accuracy(logits, items.labels):.2f} % of {len(items)} clips")
        if arguments.confusion:
            print(confusion(logits.argmax(axis=1), items.labels))


def _on_chip(network: Graph, inputs: Ints, arguments: argparse.Namespace) -> Measured:
    with resumable(), shown("clips") as progress:
        return measure_on_chip(
            network,
            inputs,
            core=arguments.core,
            keep=data.default_folder().parent / "on-chip",
            scheduler=arguments.scheduler,
            jobs=arguments.jobs,
            progress=progress,
        )


def _record_of(network: Graph, path: Path) -> dict[str, Any]:
    """Read a record of `quantise`, which must be of this network."""
    record = read_record(path, "name the one that 'quantise' wrote beside the weights")
    if record.get("weights_sha256") != sha256(network):
        raise ModelError(f"{path} is the record of other weights; name the one beside them")
    return record


def _keep(
    arguments: argparse.Namespace, network: Graph, measured: Measured, found: Mapping[str, float]
) -> None:
    """Add what was measured on a core to the record of the network."""
    record = _record_of(network, arguments.record)
    whole = {"split": arguments.split, **found, **measured.figures()}
    record["on_chip"] = {**record.get("on_chip", {}), arguments.core: whole}
    partial = arguments.record.with_suffix(".partial")
    partial.write_text(json.dumps(record, indent=1) + "\n")
    partial.replace(arguments.record)


def confusion(answers: features.Labels, labels: features.Labels) -> str:
    """Draw how often each class (row) was answered as each class (column)."""
    table = np.zeros((len(data.CLASSES), len(data.CLASSES)), np.int64)
    np.add.at(table, (labels, answers), 1)
    head = " " * 8 + "".join(f"{name[:5]:>6}" for name in data.CLASSES)
    rows = [
        f"{name:8}" + "".join(f"{n:6}" for n in row)
        for name, row in zip(data.CLASSES, table.tolist(), strict=True)
    ]
    return "\n".join([head, *rows])


def _weights_path(arguments: argparse.Namespace) -> Path:
    chosen: Path | None = arguments.weights
    if chosen is None and arguments.model.endswith(".json"):
        raise UsageError(
            f"no weights of {arguments.model} come with the package; name some by --weights"
        )
    return chosen or network_q7.shipped_weights(arguments.model)


def add(commands: Commands) -> None:
    """Add the commands of this group."""
    for name, run in (("export", export_model), ("evaluate", evaluate_model)):
        sub = command(commands, name, run, model=True)
        sub.add_argument(
            "--weights", type=Path, metavar="FILE", help="8-bit weights (default: the package's)"
        )
        if run is export_model:
            sub.add_argument("--header", type=Path, metavar="FILE", required=True, help="where to")
            continue
        data_option(sub)
        sub.add_argument(
            "--split",
            choices=data.SPLITS,
            default="test",
            help="whose voices, clean and (without --core) noisy (default: %(default)s)",
        )
        sub.add_argument("--confusion", action="store_true", help="show what was taken for what")
        sub.add_argument(
            "--core",
            choices=["m4", "m7"],
            help="run the translated network on this simulated core (default: NumPy)",
        )
        sub.add_argument(
            "--clips",
            type=positive,
            metavar="N",
            help="with --core: only the first so many (default: all)",
        )
        sub.add_argument(
            "--record",
            type=Path,
            metavar="FILE.json",
            help="with --core: add time and memory to this record of 'quantise'",
        )
        workers_options(sub)
