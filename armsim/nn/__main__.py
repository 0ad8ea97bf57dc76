"""Make, measure and export the keyword spotter: `python -m armsim.nn --help`."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from armsim.nn import data, export, features, network_q7, quantise
from armsim.nn.catalogue import ARCHITECTURES, architecture
from armsim.nn.data import DataError
from armsim.nn.features import FeatureSet, Standard
from armsim.nn.float_network import run_float
from armsim.nn.layers import Architecture, ModelError
from armsim.nn.network_q7 import NetworkQ7
from armsim.nn.parameters import FloatNetwork, load_weights, save_weights
from armsim.nn.train import Recipe, train


def report(line: str) -> None:
    """Say how far things are."""
    print(line, file=sys.stderr, flush=True)


def work_folder(arguments: argparse.Namespace) -> Path:
    """Say where features, checkpoints and float weights of a model go."""
    chosen: Path | None = arguments.work
    return chosen or data.default_folder().parent / "training" / str(arguments.model)


# Commands


def make_data(arguments: argparse.Namespace) -> None:
    """Have the set spoken."""
    clips = data.generate(arguments.folder, report)
    print(f"{len(clips)} clips in {arguments.folder}")
    print(f"sha256 {data.sha256(clips.samples)}")


def train_model(arguments: argparse.Namespace) -> None:
    """Train a model and keep its float weights in the work folder."""
    net = architecture(arguments.model)
    recipe = Recipe(steps=arguments.steps, seed=arguments.seed)
    work = work_folder(arguments)
    work.mkdir(parents=True, exist_ok=True)
    clips = data.load_or_generate(arguments.data, report)
    about = {
        "data_sha256": data.sha256(clips.samples),
        "seed": recipe.seed,
        "copies": arguments.copies,
    }
    items, standard = _training_set(work, clips, about)
    sets = features.evaluation_sets(clips, standard)
    weights = train(
        net,
        items,
        {name: sets[name] for name in ("val", "val_noisy")},
        recipe,
        checkpoint=work / "checkpoint.pt",
        report=report,
    )
    save_weights(net, weights, work / "float.npz")
    provenance = {
        "train_command": _command(),
        **about,
        "steps": recipe.steps,
        "batch": recipe.batch,
        "versions": _versions(),
        **_espeak(arguments.data),
    }
    (work / "train.json").write_text(json.dumps(provenance, indent=1) + "\n")
    print(f"float weights in {work / 'float.npz'}")


def _training_set(
    work: Path, clips: data.Clips, about: dict[str, Any]
) -> tuple[FeatureSet, Standard]:
    path, key = work / "features.npz", work / "features.json"
    if path.exists() and key.exists() and json.loads(key.read_text()) == about:
        return features.load(path)
    made = features.training_set(clips, copies=about["copies"], seed=about["seed"], report=report)
    features.save(path, *made)
    key.write_text(json.dumps(about) + "\n")
    return made


def quantise_model(arguments: argparse.Namespace) -> None:
    """Quantise what `train` made, measure it, write the weights and where they come from."""
    net = architecture(arguments.model)
    work = work_folder(arguments)
    weights = load_weights(net, work / "float.npz")
    provenance = json.loads((work / "train.json").read_text())
    _, standard = features.load(work / "features.npz")
    sets = features.evaluation_sets(data.load(arguments.data), standard)
    both = FeatureSet(
        np.concatenate([sets["val"].features, sets["val_noisy"].features]),
        np.concatenate([sets["val"].labels, sets["val_noisy"].labels]),
    )
    kind = quantise.Ranges(arguments.ranges)
    network = quantise.quantise_from_data(net, weights, standard, both, kind, report)
    output = arguments.output or network_q7.shipped_weights(net.name)
    network_q7.save_network(network, output)
    record = {
        "model": net.name,
        **provenance,
        "quantise_command": _command(),
        "weights_sha256": network_q7.weights_sha256(network),
        "accuracy_percent": measure(net, weights, network, sets),
    }
    output.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record["accuracy_percent"], indent=1))
    print(f"8-bit weights in {output}")


def measure(
    net: Architecture, weights: FloatNetwork, network: NetworkQ7, sets: dict[str, FeatureSet]
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
    clips = data.load_or_generate(arguments.data, report)
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


def write_clips(arguments: argparse.Namespace) -> None:
    """Write WAV files and labels, or one packed file."""
    clips = features.clean_clips(data.load_or_generate(arguments.data, report), arguments.split)
    chosen = data.balanced(clips, arguments.count)
    if arguments.folder.suffix == ".npz":
        data.save_packed(chosen, arguments.folder)
    else:
        data.write_wavs(chosen, arguments.folder)
    print(f"{len(chosen)} clips of the {arguments.split} split in {arguments.folder}")


# Provenance


def _weights_path(arguments: argparse.Namespace) -> Path:
    chosen: Path | None = arguments.weights
    return chosen or network_q7.shipped_weights(arguments.model)


def _command() -> str:
    return " ".join(["python -m armsim.nn", *sys.argv[1:]])


def _versions() -> dict[str, str]:
    packages = {name: importlib.metadata.version(name) for name in ("numpy", "scipy", "torch")}
    return {"python": platform.python_version(), **packages}


def _espeak(folder: Path) -> dict[str, Any]:
    path = folder / "clips.json"
    about = json.loads(path.read_text()) if path.exists() else {}
    return {"espeak_ng": about.get("espeak_ng"), "data_seed": about.get("seed")}


# Command line


def parser() -> argparse.ArgumentParser:
    """Describe the commands."""
    top = argparse.ArgumentParser(prog="python -m armsim.nn", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace], None], *, model: bool = True
    ) -> argparse.ArgumentParser:
        text = (run.__doc__ or "").strip()
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        if model:
            sub.add_argument("model", metavar="MODEL", help=", ".join(sorted(ARCHITECTURES)))
        return sub

    def folder_option(sub: argparse.ArgumentParser) -> None:
        sub.add_argument(
            "--data",
            type=Path,
            metavar="FOLDER",
            default=data.default_folder(),
            help="where the spoken clips are (default: %(default)s)",
        )

    def work_option(sub: argparse.ArgumentParser) -> None:
        sub.add_argument(
            "--work", type=Path, metavar="FOLDER", help="where training keeps its files"
        )

    def weights_option(sub: argparse.ArgumentParser) -> None:
        sub.add_argument(
            "--weights", type=Path, metavar="FILE", help="8-bit weights (default: the package's)"
        )

    sub = command("data", make_data, model=False)
    sub.add_argument("folder", type=Path, nargs="?", default=data.default_folder())

    sub = command("train", train_model)
    folder_option(sub)
    work_option(sub)
    sub.add_argument("--steps", type=_positive, default=Recipe.steps)
    sub.add_argument("--copies", type=_positive, default=20, help="disturbed copies of each clip")
    sub.add_argument("--seed", type=_positive, default=Recipe.seed)

    sub = command("quantise", quantise_model)
    folder_option(sub)
    work_option(sub)
    sub.add_argument("--ranges", choices=[kind.value for kind in quantise.Ranges], default="sweep")
    sub.add_argument("--output", type=Path, metavar="FILE", help="default: the package's weights")

    sub = command("export", export_model)
    weights_option(sub)
    sub.add_argument("--header", type=Path, metavar="FILE", required=True)

    sub = command("evaluate", evaluate_model)
    folder_option(sub)
    weights_option(sub)
    sub.add_argument("--split", choices=data.SPLITS, default="test")
    sub.add_argument("--confusion", action="store_true", help="show what was taken for what")

    sub = command("clips", write_clips, model=False)
    folder_option(sub)
    sub.add_argument("--split", choices=data.SPLITS, default="test")
    sub.add_argument("--count", type=_positive, default=120)
    sub.add_argument("folder", type=Path, metavar="DIR", help="or FILE.npz for one packed file")
    return top


def _positive(text: str) -> int:
    number = int(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except (DataError, ModelError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
