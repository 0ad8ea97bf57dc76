"""`armsim nn quantise`, `evaluate` and `export`: 8-bit weights, how good they are, their header."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from armsim.nn import data, export, features, network_q7, prepare, quantise
from armsim.nn.catalogue import architecture
from armsim.nn.commands.options import (
    Commands,
    command,
    data_option,
    report,
    this_command,
    training_options,
)
from armsim.nn.features import FeatureSet
from armsim.nn.float_network import run_float
from armsim.nn.layers import Architecture
from armsim.nn.network_q7 import NetworkQ7
from armsim.nn.parameters import FloatNetwork, load_weights


def quantise_model(arguments: argparse.Namespace) -> None:
    """Quantise what `train` made, measure it, write the weights and where they come from."""
    net = architecture(arguments.model)
    folder = arguments.work / net.name
    weights = load_weights(net, folder / "float.npz")
    provenance = json.loads((folder / "train.json").read_text())
    prepared = prepare.prepare(
        arguments.data,
        arguments.work,
        copies=provenance["copies"],
        seed=provenance["seed"],
        report=report,
    )
    sets = prepared.sets
    both = FeatureSet(
        np.concatenate([sets["val"].features, sets["val_noisy"].features]),
        np.concatenate([sets["val"].labels, sets["val_noisy"].labels]),
    )
    kind = quantise.Ranges(arguments.ranges)
    network = quantise.quantise_from_data(net, weights, prepared.standard, both, kind, report)
    output = arguments.output or network_q7.shipped_weights(net.name)
    network_q7.save_network(network, output)
    record = {
        "model": net.name,
        **provenance,
        "quantise_command": this_command(),
        "weights_sha256": network_q7.weights_sha256(network),
        "accuracy_percent": measure(net, weights, network, sets),
    }
    output.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record["accuracy_percent"], indent=1))
    print(f"8-bit weights in {output}")


def measure(
    net: Architecture, weights: FloatNetwork, network: NetworkQ7, sets: Mapping[str, FeatureSet]
) -> dict[str, dict[str, float]]:
    """Give the accuracy of the float and the 8-bit network on every set."""
    table: dict[str, dict[str, float]] = {"float": {}, "8-bit": {}}
    for name, items in sets.items():
        real = items.features.astype(np.float32) / np.float32(1 << quantise.INPUT_BITS)
        logits = np.concatenate([run_float(net, weights, part) for part in _blocks(real)])
        table["float"][name] = round(quantise.accuracy(logits, items.labels), 2)
        scores = network_q7.run(network, items.features)
        table["8-bit"][name] = round(quantise.accuracy(scores.logits, items.labels), 2)
    return table


def _blocks(values: features.Floats) -> list[features.Floats]:
    return [values[i : i + 128] for i in range(0, len(values), 128)]


def export_model(arguments: argparse.Namespace) -> None:
    """Write the C header."""
    network = network_q7.load_network(_weights_path(arguments))
    arguments.header.parent.mkdir(parents=True, exist_ok=True)
    arguments.header.write_text(export.header(network))
    print(f"{arguments.header}: weights {network_q7.weights_sha256(network)}")


def evaluate_model(arguments: argparse.Namespace) -> None:
    """Measure the 8-bit network on clips it was not trained on."""
    network = network_q7.load_network(_weights_path(arguments))
    clips = prepare.load_clips(arguments.data, report)
    sets = features.evaluation_sets(clips, network.standard)
    for name in (arguments.split, f"{arguments.split}_noisy"):
        items = sets[name]
        scores = network_q7.run(network, items.features)
        right = quantise.accuracy(scores.logits, items.labels)
        print(f"{name}: {right:.2f} % of {len(items)} clips")
        if arguments.confusion:
            print(confusion(scores.logits.argmax(axis=1), items.labels))


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
    return chosen or network_q7.shipped_weights(arguments.model)


def add(commands: Commands) -> None:
    """Add the commands of this group."""
    sub = command(commands, "quantise", quantise_model, model=True)
    training_options(sub)
    sub.add_argument("--ranges", choices=[kind.value for kind in quantise.Ranges], default="sweep")
    sub.add_argument("--output", type=Path, metavar="FILE", help="default: the package's weights")

    for name, run in (("export", export_model), ("evaluate", evaluate_model)):
        sub = command(commands, name, run, model=True)
        sub.add_argument(
            "--weights", type=Path, metavar="FILE", help="8-bit weights (default: the package's)"
        )
        if run is export_model:
            sub.add_argument("--header", type=Path, metavar="FILE", required=True)
            continue
        data_option(sub)
        sub.add_argument("--split", choices=data.SPLITS, default="test")
        sub.add_argument("--confusion", action="store_true", help="show what was taken for what")
