"""`armsim nn train`: one model, some, or all 21; two at a time if wished."""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from armsim.errors import ArmsimError
from armsim.nn import prepare
from armsim.nn.architecture_file import find_architectures, fingerprint
from armsim.nn.catalogue import ARCHITECTURES
from armsim.nn.commands.options import (
    Commands,
    check_trained,
    command,
    positive,
    read_record,
    report,
    require_torch,
    resumable,
    this_command,
    training_options,
    versions,
)
from armsim.nn.costs import costs
from armsim.nn.features import Rows
from armsim.nn.layers import Architecture, ModelError
from armsim.nn.parameters import check_finite, save_weights
from armsim.nn.processes import open_processes
from armsim.nn.recipe import Recipe, recipe_for

DECIDED_BY = ("data_sha256", "features", "network_sha256", "seed", "copies", "steps", "rate")
"""What a record of a training says that decides the weights."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One network to train."""

    net: Architecture
    options: argparse.Namespace
    provenance: dict[str, Any]

    @property
    def folder(self) -> Path:
        """Say where its files go."""
        work: Path = self.options.work
        return work / self.net.name


def train_models(arguments: argparse.Namespace) -> None:
    """Train models and keep their float weights in the work folder.

    What was interrupted goes on where it stopped; what is finished is not done again.
    """
    names = list(ARCHITECTURES) if arguments.models == ["all"] else arguments.models
    nets = find_architectures(names)
    require_torch()
    os.environ["OMP_NUM_THREADS"] = "1"
    sets = dict.fromkeys(map(prepare.rows_for, nets))
    about = {rows: _prepare(arguments, rows).about for rows in sets}
    jobs = [
        Job(
            net=net,
            options=arguments,
            provenance={
                **about[prepare.rows_for(net)],
                "features": net.features.value,
                "network_sha256": fingerprint(net),
                "steps": _recipe(net, arguments).steps,
                "rate": _recipe(net, arguments).rate,
                "train_command": this_command(),
                "versions": versions(),
            },
        )
        for net in nets
    ]
    todo = [job for job in jobs if not _finished(job)]
    if arguments.jobs > 1:
        todo.sort(key=_work, reverse=True)  # the longest first
    with resumable(), open_processes(min(arguments.jobs, len(todo))) as workers:
        failed = [reason for _, reason in workers.completed(_train, todo) if reason]
    if failed:
        raise ModelError("; ".join(failed))


def _prepare(options: argparse.Namespace, rows: Rows) -> prepare.Prepared:
    return prepare.prepare(
        options.data, options.work, rows, copies=options.copies, seed=options.seed, report=report
    )


def _finished(job: Job) -> bool:
    path = job.folder / "train.json"
    if not path.exists():
        return False
    check_trained(job.folder, read_record(path), {key: job.provenance[key] for key in DECIDED_BY})
    report(f"{job.net.name}: finished before, in {job.folder}")
    return True


def _recipe(net: Architecture, options: argparse.Namespace) -> Recipe:
    return recipe_for(net, steps=options.steps, seed=options.seed, rate=options.rate)


def _work(job: Job) -> int:
    return costs(job.net).ops * int(job.provenance["steps"])


def _train(job: Job) -> str:
    """Train one network and keep its weights; return why that failed, or nothing."""
    from armsim.nn.train import train

    started, cpu = time.monotonic(), time.process_time()
    recipe = _recipe(job.net, job.options)
    try:
        prepared = _prepare(job.options, prepare.rows_for(job.net))
        job.folder.mkdir(parents=True, exist_ok=True)
        weights = train(
            job.net,
            prepared.training,
            {name: prepared.sets[name] for name in ("val", "val_noisy")},
            recipe,
            checkpoint=job.folder / "checkpoint.pt",
            report=lambda line: report(f"{job.net.name}: {line}"),
            data_sha256=job.provenance["data_sha256"],
        )
        check_finite(weights, job.net)
    except ArmsimError as error:
        return str(error)
    save_weights(job.net, weights, job.folder / "float.npz")
    record = {**job.provenance, "batch": recipe.batch}
    (job.folder / "train.json").write_text(json.dumps(record, indent=1) + "\n")
    took, busy = time.monotonic() - started, time.process_time() - cpu
    report(
        f"{job.net.name}: float weights in {job.folder / 'float.npz'} after {took / 60:.1f} "
        f"minutes ({busy / 60:.1f} of a processor)"
    )
    return ""


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return rate


def add(commands: Commands) -> None:
    """Add the commands of this group."""
    sub = command(commands, "train", train_models)
    sub.add_argument(
        "models", metavar="MODEL", nargs="+", help="'all', names of 'table', files of 'search'"
    )
    training_options(sub)
    sub.add_argument(
        "--jobs", type=positive, metavar="N", default=1, help="models at once (default: 1)"
    )
    sub.add_argument(
        "--steps",
        type=positive,
        metavar="N",
        help="of 128 clips (default: by model, 1500 to 10000)",
    )
    sub.add_argument(
        "--rate",
        type=_rate,
        metavar="X",
        help=f"the highest learning rate (default: {Recipe.rate})",
    )
