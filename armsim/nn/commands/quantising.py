"""`armsim nn quantise` and `compare`: from trained weights to what kernels compute."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from armsim.errors import UsageError
from armsim.nn import data, prepare
from armsim.nn.architecture_file import find_architecture, find_architectures, fingerprint
from armsim.nn.commands.options import (
    MODELS,
    Commands,
    check_trained,
    command,
    folder_options,
    read_record,
    report,
    this_command,
    workers_options,
)
from armsim.nn.data import Report
from armsim.nn.execute import execute
from armsim.nn.features import FeatureSet, Standard
from armsim.nn.float_network import run_float
from armsim.nn.graph import Graph, GraphError
from armsim.nn.layers import Architecture, ModelError
from armsim.nn.parameters import FloatNetwork, load_weights
from armsim.nn.quantised import Settings, integer_inputs, quantised, real_inputs, save, sha256
from armsim.nn.ranges import Ranges, accuracy
from armsim.nn.workers import Workers, check_scheduler, open_workers


def quantise_models(arguments: argparse.Namespace) -> None:
    """Quantise what `train` made, measure it, write the network and where it comes from.

    A sweep of ranges is spread over workers, processes of this machine or those of a Dask cluster,
    and finds the same with any number of them.

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
    nets = find_architectures(arguments.models)
    if arguments.output and len(nets) > 1:
        raise UsageError("--output is for one model; leave it out, or quantise one by one")
    if arguments.output:
        _check_output(arguments.output, arguments.models[0])
    check_scheduler(arguments.scheduler)
    all_trained = [_trained(net, arguments) for net in nets]
    sweeps = settings.ranges is Ranges.SWEEP
    with open_workers(arguments.scheduler, arguments.jobs if sweeps else 1) as workers:
        for trained in all_trained:
            _quantise(trained, settings, arguments, workers)


def _check_output(path: Path, model: str) -> None:
    """Raise UsageError early, not after a sweep, if a network cannot be written with its record."""
    record = path.with_suffix(".json")
    if record.resolve() == Path(model).resolve():
        raise UsageError(f"the record of --output {path} would replace {record}; name another file")
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise UsageError(f"--output {path} cannot be written; name another FILE.npz")


@dataclass(frozen=True)
class _Trained:
    """What `train` made of a network, and the clips to quantise it by."""

    net: Architecture
    weights: FloatNetwork
    provenance: dict[str, Any]
    standard: Standard
    sets: Mapping[str, FeatureSet]

    def quantised(self, settings: Settings, say: Report, workers: Workers | None = None) -> Graph:
        """Find ranges on the validation voices, clean and noisy."""
        val, noisy = self.sets["val"], self.sets["val_noisy"]
        both = FeatureSet(
            np.concatenate([val.features, noisy.features]),
            np.concatenate([val.labels, noisy.labels]),
        )
        return quantised(self.net, self.weights, self.standard, both, settings, say, workers)

    def float_accuracy(self) -> dict[str, float]:
        """Measure the float network on every set."""
        found: dict[str, float] = {}
        for name, items in self.sets.items():
            real = real_inputs(self.net, items)
            parts = [real[i : i + 128] for i in range(0, len(real), 128)]
            logits = np.concatenate([run_float(self.net, self.weights, part) for part in parts])
            found[name] = round(accuracy(logits, items.labels), 2)
        return found

    def accuracy(self, network: Graph) -> dict[str, float]:
        """Measure a quantised network on every set."""
        found: dict[str, float] = {}
        for name, items in self.sets.items():
            logits = execute(network, integer_inputs(self.net, items), ("logits",))["logits"]
            found[name] = round(accuracy(logits, items.labels), 2)
        return found

    def in_form(self, settings: Settings) -> dict[str, float] | str:
        """Measure it in a form, or say why there is none."""
        try:
            return self.accuracy(self.quantised(settings, lambda line: None))
        except (ModelError, GraphError) as error:
            return str(error)


def _trained(net: Architecture, arguments: argparse.Namespace) -> _Trained:
    folder = arguments.work / net.name
    weights = load_weights(net, folder / "float.npz")
    provenance = read_record(folder / "train.json")
    wanted = {"features": net.features.value, "network_sha256": fingerprint(net)}
    check_trained(folder, provenance, wanted)
    prepared = prepare.prepare(
        arguments.data,
        arguments.work,
        prepare.rows_for(net),
        copies=provenance["copies"],
        seed=provenance["seed"],
        report=report,
    )
    if prepared.about["data_sha256"] != provenance["data_sha256"]:
        raise ModelError(
            f"{folder} was trained on other clips than those in {arguments.data}; "
            "name their folder by --data"
        )
    return _Trained(net, weights, provenance, prepared.standard, prepared.sets)


def _quantise(
    trained: _Trained, settings: Settings, arguments: argparse.Namespace, workers: Workers
) -> None:
    net = trained.net
    network = trained.quantised(settings, lambda line: report(f"{net.name}: {line}"), workers)
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
    """Show how good a trained model is in every form that kernels compute, as Markdown.

    Each form is a job of a worker: a process of this machine, or one of a Dask cluster.
    """
    net = find_architecture(arguments.model)
    check_scheduler(arguments.scheduler)
    trained = _trained(net, arguments)
    print("| form | ranges | train / val / test | noisy |")
    print("| - | - | - | - |")
    print(_row("float", "", trained.float_accuracy()), flush=True)
    found: dict[int, Mapping[str, float] | str] = {}
    shown = 0
    with open_workers(arguments.scheduler, arguments.jobs) as workers:
        for number, figures in workers.completed(trained.in_form, FORMS):
            found[number] = figures
            while shown in found:
                _show(FORMS[shown], found[shown])
                shown += 1


def _show(settings: Settings, found: Mapping[str, float] | str) -> None:
    if isinstance(found, str):
        report(f"{settings.name}: {found}")
    else:
        print(_row(settings.name, settings.ranges.value, found), flush=True)


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


def _network_file(text: str) -> Path:
    if not text.endswith(".npz"):
        raise argparse.ArgumentTypeError(f"{text!r} does not end in .npz, as networks' files do")
    return Path(text)


def add(commands: Commands) -> None:
    """Add the commands of this group."""
    sub = command(commands, "quantise", quantise_models)
    sub.add_argument("models", metavar="MODEL", nargs="+", help=MODELS)
    folder_options(sub)
    workers_options(sub)
    sub.add_argument(
        "--scheme", choices=["q7", "int8"], default="q7", help="see above (default: %(default)s)"
    )
    sub.add_argument(
        "--bits",
        type=int,
        choices=[8, 16],
        default=8,
        help="of activations; of weights, see above (default: %(default)s)",
    )
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
    sub.add_argument(
        "--ranges",
        choices=[kind.value for kind in Ranges],
        default="sweep",
        help="of activations: up to the largest value seen, the 99.9th percentile, or what is "
        "best on val (default: %(default)s)",
    )
    sub.add_argument(
        "--output",
        type=_network_file,
        metavar="FILE.npz",
        help="the network, its record beside it as FILE.json (default: in the work folder)",
    )

    sub = command(commands, "compare", compare_forms, model=True)
    folder_options(sub)
    workers_options(sub)
