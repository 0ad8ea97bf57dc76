"""`armsim nn quantise` and `compare`: from trained weights to what kernels compute."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from armsim.errors import UsageError
from armsim.nn import data, prepare
from armsim.nn.architecture_file import find_architecture
from armsim.nn.commands.options import (
    MODELS,
    Commands,
    command,
    read_record,
    report,
    this_command,
    training_options,
)
from armsim.nn.data import Report
from armsim.nn.execute import execute
from armsim.nn.features import FeatureSet
from armsim.nn.float_network import run_float
from armsim.nn.graph import Graph
from armsim.nn.layers import Architecture, ModelError
from armsim.nn.parameters import FloatNetwork, load_weights
from armsim.nn.quantised import Settings, integer_inputs, quantised, real_inputs, save, sha256
from armsim.nn.ranges import Ranges, accuracy


def quantise_models(arguments: argparse.Namespace) -> None:
    """Quantise what `train` made, measure it, write the network and where it comes from.

    q7: powers of two, symmetric; activations of recurrent layers have 16 bits, with --bits 16 all
    activations, and all weights but those of recurrent layers. int8: TensorFlow Lite's scheme, a
    scale for each channel of weights and a zero point for activations.
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


@dataclass(frozen=True)
class _Trained:
    """What `train` made of a network, and the clips to quantise it by."""

    net: Architecture
    weights: FloatNetwork
    provenance: dict[str, Any]
    prepared: prepare.Prepared

    def quantised(self, settings: Settings, say: Report) -> Graph:
        """Find ranges on the validation voices, clean and noisy."""
        val, noisy = self.prepared.sets["val"], self.prepared.sets["val_noisy"]
        both = FeatureSet(
            np.concatenate([val.features, noisy.features]),
            np.concatenate([val.labels, noisy.labels]),
        )
        standard = self.prepared.standard
        return quantised(self.net, self.weights, standard, both, settings, say)

    def float_accuracy(self) -> dict[str, float]:
        """Measure the float network on every set."""
        found: dict[str, float] = {}
        for name, items in self.prepared.sets.items():
            real = real_inputs(self.net, items)
            parts = [real[i : i + 128] for i in range(0, len(real), 128)]
            logits = np.concatenate([run_float(self.net, self.weights, part) for part in parts])
            found[name] = round(accuracy(logits, items.labels), 2)
        return found

    def accuracy(self, network: Graph) -> dict[str, float]:
        """Measure a quantised network on every set."""
        found: dict[str, float] = {}
        for name, items in self.prepared.sets.items():
            logits = execute(network, integer_inputs(self.net, items), ("logits",))["logits"]
            found[name] = round(accuracy(logits, items.labels), 2)
        return found


def _trained(net: Architecture, arguments: argparse.Namespace) -> _Trained:
    folder = arguments.work / net.name
    weights = load_weights(net, folder / "float.npz")
    provenance = read_record(folder / "train.json")
    if provenance["features"] != net.features.value:
        raise ModelError(
            f"{folder} was trained with {provenance['features']}, not {net.features.value}; "
            "delete it and train again"
        )
    prepared = prepare.prepare(
        arguments.data,
        arguments.work,
        prepare.rows_for(net),
        copies=provenance["copies"],
        seed=provenance["seed"],
        report=report,
    )
    return _Trained(net, weights, provenance, prepared)


def _quantise(net: Architecture, settings: Settings, arguments: argparse.Namespace) -> None:
    trained = _trained(net, arguments)
    network = trained.quantised(settings, report)
    output = arguments.output or arguments.work / net.name / f"{settings.name}.npz"
    save(network, output)
    found = {
        "float": trained.float_accuracy(),
        f"{settings.width}-bit": trained.accuracy(network),
    }
    record = {
        "model": net.name,
        **trained.provenance,
        "quantise_command": this_command(),
        "weights_sha256": sha256(network),
        "form": settings.name,
        "accuracy_percent": found,
    }
    output.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
    for kind, figures in found.items():
        shown = ", ".join(f"{name} {value:.2f}" for name, value in figures.items())
        print(f"{net.name} {kind}: {shown}")
    print(f"{net.name}: {settings.name} network in {output}")


def compare_forms(arguments: argparse.Namespace) -> None:
    """Show how good a trained model is in every form that kernels compute, as Markdown."""
    trained = _trained(find_architecture(arguments.model), arguments)
    print("| form | ranges | train / val / test | noisy |")
    print("| - | - | - | - |")
    print(_row("float", "", trained.float_accuracy()))
    for settings in FORMS:
        try:
            network = trained.quantised(settings, lambda line: None)
        except ModelError as error:
            report(f"{settings.name}: {error}")
            continue
        print(_row(settings.name, settings.ranges.value, trained.accuracy(network)), flush=True)


FORMS = (
    *(Settings(ranges=ranges) for ranges in Ranges),
    Settings(width=16, ranges=Ranges.PERCENTILE),
    *(Settings(scheme="int8", ranges=ranges) for ranges in Ranges),
    Settings(scheme="int8", symmetric=True, ranges=Ranges.PERCENTILE),
    Settings(scheme="int8", powers=True, ranges=Ranges.PERCENTILE),
    Settings(scheme="int8", symmetric=True, powers=True, ranges=Ranges.PERCENTILE),
)


def _row(form: str, ranges: str, found: Mapping[str, float]) -> str:
    cells = (
        " / ".join(f"{found[part + noisy]:.2f}" for part in data.SPLITS) for noisy in ("", "_noisy")
    )
    return f"| {form} | {ranges} | {' | '.join(cells)} |"


def add(commands: Commands) -> None:
    """Add the commands of this group."""
    sub = command(commands, "quantise", quantise_models)
    sub.add_argument("models", metavar="MODEL", nargs="+", help=MODELS)
    training_options(sub)
    sub.add_argument("--scheme", choices=["q7", "int8"], default="q7")
    sub.add_argument("--bits", type=int, choices=[8, 16], default=8)
    zero_point = sub.add_mutually_exclusive_group()
    zero_point.add_argument(
        "--symmetric", action="store_const", const=True, help="no zero points (q7: always)"
    )
    zero_point.add_argument(
        "--asymmetric",
        dest="symmetric",
        action="store_const",
        const=False,
        help="with zero points (int8, unless asked otherwise)",
    )
    sub.add_argument(
        "--powers", action="store_true", help="scales of int8 are powers of two (q7: always)"
    )
    sub.add_argument("--ranges", choices=[kind.value for kind in Ranges], default="sweep")
    sub.add_argument("--output", type=Path, metavar="FILE", help="default: in the work folder")

    sub = command(commands, "compare", compare_forms, model=True)
    training_options(sub)
