"""`armsim nn search`: find networks that fit a core."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from armsim.errors import UsageError
from armsim.nn import latency, prepare
from armsim.nn.architecture_file import save_architecture
from armsim.nn.cluster import open_cluster
from armsim.nn.commands.options import (
    Commands,
    command,
    positive,
    report,
    require_torch,
    resumable,
    this_command,
    training_options,
    workers_options,
)
from armsim.nn.features import Rows
from armsim.nn.layers import FeatureKind
from armsim.nn.mfcc import MEL_BANDS
from armsim.nn.search import limits, plot
from armsim.nn.search.candidate import Data
from armsim.nn.search.limits import Limits
from armsim.nn.search.report import Findings, as_json, findings, summary, table
from armsim.nn.search.space import FAMILIES
from armsim.nn.search.storage import quiet, reachable, require_optuna, shown
from armsim.nn.search.study import (
    OBJECTIVES,
    Place,
    Plan,
    check_objectives,
    check_possible,
    open_plan,
    search,
)
from armsim.nn.translate.board import BOARD_OF_CORE
from armsim.nn.workers import check_scheduler

FEATURES = tuple(kind.value for kind in FeatureKind)


def search_models(arguments: argparse.Namespace) -> None:
    """Search for networks within limits of memory, operations and simulated latency.

    Candidates over the limits of memory or operations are pruned before anything is spent on them;
    the others are simulated, then trained for a moment. The same command goes on with its study
    where it was interrupted; other machines join it with the same --storage and --study.
    """
    require_optuna()
    require_torch()
    if arguments.export and arguments.export.suffix != ".json":
        raise UsageError(f"{arguments.export} does not end in .json, as 'armsim nn train' wants it")
    if arguments.candidate is not None and not arguments.export:
        raise UsageError("--candidate is the one that --export FILE.json writes; add that")
    plan = _plan(arguments)
    check_possible(plan)
    check_scheduler(arguments.scheduler)
    if plan.task.core is not None and arguments.scheduler is None:
        latency.check_tools()
    if arguments.plot:
        plot.require_pyplot()
    clips = prepare.fingerprint(arguments.data, report)
    plan = replace(plan, source={"data": clips[:16], **plan.source})
    place = _place(arguments, plan)
    with quiet():
        open_plan(plan, place)  # before the features, which may take minutes
    report(f"study {place.name} in {shown(place.url)}")
    data = _data(plan, arguments)
    os.environ["OMP_NUM_THREADS"] = "1"
    with resumable(), open_cluster(arguments.scheduler, arguments.jobs) as cluster:
        search(plan, place, cluster, data, report)
    with reachable(place.url), quiet():
        trials = open_plan(plan, place).get_trials(deepcopy=False)
    _show(findings(trials, plan.objectives), plan, place, arguments)


def _data(plan: Plan, arguments: argparse.Namespace) -> Data:
    """Read or make features of all kinds: those that serve any number of coefficients."""
    made = {
        kind: prepare.prepare(
            arguments.data,
            arguments.work,
            Rows(kind, MEL_BANDS),
            copies=arguments.copies,
            seed=arguments.seed,
            report=report,
        )
        for kind in map(FeatureKind, plan.features)
    }
    return Data(
        {kind: prepared.training for kind, prepared in made.items()},
        {
            kind: {name: prepared.sets[name] for name in ("val", "val_noisy")}
            for kind, prepared in made.items()
        },
    )


def _plan(arguments: argparse.Namespace) -> Plan:
    wanted = Limits(memory=arguments.memory, ops=arguments.ops, latency=arguments.latency)
    objectives = "accuracy,memory,ops" + ",latency" * (wanted.latency is not None)
    return Plan(
        limits=wanted,
        objectives=check_objectives((arguments.objectives or objectives).split(",")),
        families=_names(arguments.families, "family", "families", FAMILIES),
        features=_names(arguments.features, "kind of features", "kinds", FEATURES),
        core=arguments.core,
        trials=arguments.trials,
        steps=arguments.steps,
        seed=arguments.seed,
        source={"copies": arguments.copies},
    )


def _names(text: str, what: str, several: str, known: Collection[str]) -> tuple[str, ...]:
    """Read some of the names that there are."""
    names = tuple(text.split(","))
    for name in names:
        if name not in known or names.count(name) > 1:
            raise UsageError(
                f"{name!r} is no {what}, or named twice; {several}: {', '.join(known)}"
            )
    return names


def _place(arguments: argparse.Namespace, plan: Plan) -> Place:
    digest = hashlib.sha256(json.dumps(plan.identity, sort_keys=True).encode()).hexdigest()
    name = "-".join([plan.core, *plan.limits.texts().values(), digest[:6]])
    url = arguments.storage
    if url is None:
        arguments.work.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{(arguments.work / 'searches.db').resolve()}"
    return Place(url=url, name=arguments.study or name, heartbeat=arguments.heartbeat)


def _show(found: Findings, plan: Plan, place: Place, arguments: argparse.Namespace) -> None:
    print(table(found))
    print()
    print(summary(found))
    about: dict[str, Any] = {
        "study": place.name,
        "storage": shown(place.url),
        "command": this_command(),
        **plan.identity,
    }
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(as_json(found, about), indent=1) + "\n")
    if arguments.plot:
        for path in plot.draw(found, plan.limits, arguments.plot):
            print(f"picture in {path}")
    if arguments.export:
        row = found.chosen(arguments.candidate)
        if row is None:
            which = "" if arguments.candidate is None else f" numbered {arguments.candidate}"
            raise UsageError(f"no candidate{which} was measured, so none is exported")
        figures = {
            "candidate": row.number,
            "accuracy_percent": row.accuracy,
            "memory_bytes": row.memory,
            "ops": row.ops,
            "latency_s": row.latency,
        }
        save_architecture(row.net, arguments.export, {**about, **figures})
        print(f"candidate {row.number}, {row.net.name}, in {arguments.export}")


def add(commands: Commands) -> None:
    """Add the command."""
    sub = command(commands, "search", search_models)
    group = sub.add_argument_group("limits")
    group.add_argument(
        "--memory", type=limits.memory, metavar="SIZE", help="such as 80KB (of 1000 bytes)"
    )
    group.add_argument("--ops", type=limits.ops, metavar="N", help="operations, such as 6M")
    group.add_argument(
        "--latency", type=limits.seconds, metavar="TIME", help="of an inference, such as 10ms"
    )
    group.add_argument(
        "--core",
        choices=list(BOARD_OF_CORE),
        default="m7",
        help="where latency is simulated (default: m7)",
    )

    group = sub.add_argument_group("search")
    group.add_argument(
        "--objectives",
        metavar="A,B",
        help=f"some of {', '.join(OBJECTIVES)} (default: all that are limited, and accuracy, "
        "memory, ops)",
    )
    group.add_argument(
        "--families",
        metavar="A,B",
        default=",".join(FAMILIES),
        help="of networks (default: %(default)s)",
    )
    group.add_argument(
        "--features",
        metavar="A,B",
        default=",".join(FEATURES),
        help="what networks see (default: %(default)s)",
    )
    group.add_argument(
        "--trials",
        type=positive,
        metavar="N",
        default=50,
        help="candidates to simulate and train, of all runs together (default: %(default)s)",
    )
    group.add_argument(
        "--steps",
        type=positive,
        metavar="N",
        default=400,
        help="for which a candidate is trained (default: %(default)s)",
    )
    training_options(sub)

    group = sub.add_argument_group("where")
    group.add_argument(
        "--study", metavar="NAME", help="of the candidates so far (default: made of the options)"
    )
    group.add_argument(
        "--storage",
        metavar="URL",
        help="sqlite:///FILE or postgresql://USER@HOST/NAME (default: searches.db in --work)",
    )
    group.add_argument(
        "--heartbeat",
        type=positive,
        metavar="SECONDS",
        default=10,
        help="after three without one, a candidate is given to another (default: %(default)s)",
    )
    workers_options(group)

    group = sub.add_argument_group("results")
    group.add_argument("--json", type=Path, metavar="FILE", help="all candidates")
    group.add_argument("--plot", type=Path, metavar="DIR", help="a picture, as SVG and PNG")
    group.add_argument(
        "--export", type=Path, metavar="FILE.json", help="a candidate, for 'armsim nn train'"
    )
    group.add_argument(
        "--candidate",
        type=int,
        metavar="N",
        help="the number of the one to export (default: the most accurate)",
    )
