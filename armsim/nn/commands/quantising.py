"""`armsim nn quantise`, `evaluate` and `export`: 8-bit weights, how good they are, their header."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from armsim.errors import UsageError
from armsim.nn import data, export, features, network_q7, prepare
from armsim.nn.architecture_file import find_architecture
from armsim.nn.commands.options import (
    MODELS,
    Commands,
    command,
    data_option,
    report,
    this_command,
    training_options,
)
from armsim.nn.execute import execute
from armsim.nn.features import FeatureSet
from armsim.nn.float_network import run_float
from armsim.nn.graph import Graph
from armsim.nn.layers import Architecture
from armsim.nn.parameters import FloatNetwork, load_weights
from armsim.nn.quantised import (
    Settings,
    integer_inputs,
    load,
    quantised,
    real_inputs,
    save,
    sha256,
    standard_of,
)
from armsim.nn.ranges import Ranges, accuracy


def quantise_models(arguments: argparse.Namespace) -> None:
    """Quantise what `train` made, measure it, write the network and where it comes from.

    q7: powers of two, symmetric; activations of recurrent layers have 16 bits. int8: TensorFlow
    Lite's scheme, a scale for each channel of weights and a zero point for activations.
    """
    settings = Settings(
        scheme=arguments.scheme,
        width=arguments.bits,
        symmetric=arguments.symmetric,
        powers=arguments.powers,
        ranges=Ranges(arguments.ranges),
    )
    settings.check()
    nets = [find_architecture(name) for name in arguments.models]
    if arguments.output and len(nets) > 1:
        raise UsageError("--output is for one model; leave it out, or quantise one by one")
    for net in nets:
        _quantise(net, settings, arguments)


def _quantise(net: Architecture, settings: Settings, arguments: argparse.Namespace) -> None:
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
    network = quantised(net, weights, prepared.standard, both, settings, report)
    output = arguments.output or folder / f"{settings.name}.npz"
    save(network, output)
    record = {
        "model": net.name,
        **provenance,
        "quantise_command": this_command(),
        "weights_sha256": sha256(network),
        "form": settings.name,
        "accuracy_percent": measure(net, weights, network, sets, f"{settings.width}-bit"),
    }
    output.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
    for kind, figures in record["accuracy_percent"].items():
        shown = ", ".join(f"{name} {value:.2f}" for name, value in figures.items())
        print(f"{net.name} {kind}: {shown}")
    print(f"{net.name}: {settings.name} network in {output}")


def measure(
    net: Architecture,
    weights: FloatNetwork,
    network: Graph,
    sets: Mapping[str, FeatureSet],
    name_of_quantised: str,
) -> dict[str, dict[str, float]]:
    """Give the accuracy of the float and the quantised network on every set."""
    table: dict[str, dict[str, float]] = {"float": {}, name_of_quantised: {}}
    for name, items in sets.items():
        real = real_inputs(net, items)
        logits = np.concatenate([run_float(net, weights, part) for part in _blocks(real)])
        table["float"][name] = round(accuracy(logits, items.labels), 2)
        answers = execute(network, integer_inputs(net, items), ("logits",))["logits"]
        table[name_of_quantised][name] = round(accuracy(answers, items.labels), 2)
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
    """Measure a quantised network on clips it was not trained on."""
    net = find_architecture(arguments.model)
    network = load(_weights_path(arguments))
    clips = prepare.load_clips(arguments.data, report)
    sets = features.evaluation_sets(clips, standard_of(network))
    for name in (arguments.split, f"{arguments.split}_noisy"):
        items = sets[name]
        logits = execute(network, integer_inputs(net, items), ("logits",))["logits"]
        print(f"{name}: {accuracy(logits, items.labels):.2f} % of {len(items)} clips")
        if arguments.confusion:
            print(confusion(logits.argmax(axis=1), items.labels))


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
        raise UsageError(f"the package has no weights of {arguments.model}; name some by --weights")
    return chosen or network_q7.shipped_weights(arguments.model)


def add(commands: Commands) -> None:
    """Add the commands of this group."""
    sub = command(commands, "quantise", quantise_models)
    sub.add_argument("models", metavar="MODEL", nargs="+", help=MODELS)
    training_options(sub)
    sub.add_argument("--scheme", choices=["q7", "int8"], default="q7")
    sub.add_argument("--bits", type=int, choices=[8, 16], default=8)
    sub.add_argument(
        "--symmetric",
        action=argparse.BooleanOptionalAction,
        help="no zero points (q7: always; int8: not unless asked for)",
    )
    sub.add_argument(
        "--powers", action="store_true", help="scales of int8 are powers of two (q7: always)"
    )
    sub.add_argument("--ranges", choices=[kind.value for kind in Ranges], default="sweep")
    sub.add_argument("--output", type=Path, metavar="FILE", help="default: in the work folder")

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
