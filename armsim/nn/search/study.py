"""A search: candidates are drawn, pruned by cost, spread over workers, and their outcomes kept.

Only this process speaks to the study's storage; workers get a candidate and give an outcome. Any
number of such processes, on any machines, may share a study. Each says of its candidates at every
heartbeat that they are under way; those of a process that falls silent are queued again.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from armsim.errors import ArmsimError
from armsim.nn.architecture_file import describe
from armsim.nn.cluster import Cluster
from armsim.nn.costs import costs
from armsim.nn.data import Report
from armsim.nn.layers import Architecture
from armsim.nn.published import printed_kb, printed_ops
from armsim.nn.search import space
from armsim.nn.search.candidate import Data, Fate, Outcome, Task, Tell, measure
from armsim.nn.search.limits import Limits
from armsim.nn.search.storage import MISSED, again, open_study, quiet, reachable, require_optuna
from armsim.nn.workers import Done, Told

OBJECTIVES = {
    "accuracy": "maximize",
    "memory": "minimize",
    "ops": "minimize",
    "latency": "minimize",
}
CANDIDATE, OUTCOME = "candidate", "outcome"
"""Attributes of a trial: what was drawn and what it costs; what was found."""
_DRAWN_AT_RANDOM = 3000
_IN_A_ROW = 1000
_AT_RANDOM_FIRST = 40
"""Draws before what was found decides, so that each family has been tried: about six times."""
_FAILED_IN_A_ROW = 5

Evaluate = Callable[[Architecture, Task, Data, Tell], Outcome]


class SearchError(ArmsimError):
    """A search cannot go on."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to look for, and how long."""

    limits: Limits
    objectives: tuple[str, ...]
    families: tuple[str, ...]
    features: tuple[str, ...]
    core: str
    trials: int
    steps: int
    seed: int
    source: Mapping[str, Any]
    """Which data."""

    @property
    def identity(self) -> dict[str, Any]:
        """Say all that makes outcomes comparable."""
        return {
            "space": space.VERSION,
            **{name: self.limits.texts().get(name) for name in ("memory", "ops", "latency")},
            "core": self.core,
            "objectives": list(self.objectives),
            "families": list(self.families),
            "features": list(self.features),
            "steps": self.steps,
            "seed": self.seed,
            **self.source,
        }

    @property
    def task(self) -> Task:
        """Say what workers are to measure."""
        wanted = self.limits.latency is not None or "latency" in self.objectives
        return Task(
            core=self.core if wanted else None,
            longest=self.limits.latency,
            steps=self.steps,
            seed=self.seed,
        )


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the study is kept."""

    url: str
    name: str
    heartbeat: int = 10


def check_possible(plan: Plan) -> None:
    """Raise SearchError if none of many networks drawn at random is within the limits."""
    suggest = space.random_suggest(np.random.default_rng(plan.seed))
    refusals: Counter[str] = Counter()
    for _ in range(_DRAWN_AT_RANDOM):
        over = plan.limits.exceeded(costs(space.draw(suggest, plan.families, plan.features)))
        if not over:
            return
        refusals.update(over)
    worst, count = refusals.most_common(1)[0]
    texts = plan.limits.texts()
    others = "".join(f", {n} {texts[n]} {k:,}" for n, k in refusals.most_common()[1:])
    raise SearchError(
        f"nothing fits: of {_DRAWN_AT_RANDOM:,} networks drawn at random {worst} {texts[worst]} "
        f"refuses {count:,}{others}; allow more {worst}"
    )


def search(
    plan: Plan,
    place: Place,
    cluster: Cluster,
    data: Data,
    report: Report,
    evaluate: Evaluate = measure,
) -> None:
    """Measure candidates until the study has as many as planned."""
    optuna = require_optuna()
    early = plan.objectives == ("accuracy",)
    with reachable(place.url), quiet():
        study = open_plan(plan, place, optuna.pruners.MedianPruner() if early else None)
        _Search(plan, place, cluster, study, report, evaluate).run(cluster.share(data))


def open_plan(plan: Plan, place: Place, pruner: Any = None) -> Any:
    """Open the study of a plan."""
    return open_study(
        place.url,
        place.name,
        directions=[OBJECTIVES[name] for name in plan.objectives],
        identity=plan.identity,
        heartbeat=place.heartbeat,
        pruner=pruner,
    )


@dataclass
class _Search:
    """A search under way."""

    plan: Plan
    place: Place
    cluster: Cluster
    study: Any
    report: Report
    evaluate: Evaluate

    def __post_init__(self) -> None:
        self._optuna = require_optuna()
        self._state = self._optuna.trial.TrialState
        self._running: dict[int, tuple[Any, Architecture]] = {}
        self._orphans: dict[int, float] = {}
        self._failed_in_a_row = 0
        self._beat_at = 0.0

    def run(self, data: Data) -> None:
        """Keep the workers busy until enough is done."""
        try:
            while True:
                self._beat()
                done, elsewhere = self._counts()
                while len(self._running) < min(
                    self.cluster.slots, self.plan.trials - done - elsewhere
                ):
                    self._start(data)
                if not self._running and not elsewhere:
                    return
                if not self._running:
                    self.report(f"waiting for {elsewhere} under way elsewhere")
                self._take(self.cluster.next_event(self.place.heartbeat))
        finally:
            self._give_back()

    def _counts(self) -> tuple[int, int]:
        """Count the candidates that have an outcome, and those that other processes measure."""
        done = elsewhere = 0
        for trial in self.study.get_trials(deepcopy=False):
            if OUTCOME in trial.user_attrs:
                done += "same_as" not in trial.user_attrs[OUTCOME]
            elif trial.state == self._state.RUNNING and trial.number not in self._running:
                elsewhere += 1
        return done, elsewhere

    def _beat(self) -> None:
        """Say that our candidates are under way; queue those again whose process fell silent."""
        now = time.monotonic()
        if now - self._beat_at < self.place.heartbeat / 2:
            return
        self._beat_at = now
        for trial, _ in self._running.values():
            self.study._storage.record_heartbeat(trial._trial_id)
        self._optuna.storages.fail_stale_trials(self.study)
        # A process that died while it was drawing has left a trial without heartbeat.
        drawing = {
            trial.number
            for trial in self.study.get_trials(deepcopy=False, states=(self._state.RUNNING,))
            if CANDIDATE not in trial.user_attrs
        }
        self._orphans = {number: self._orphans.get(number, now) for number in drawing}
        for number, since in self._orphans.items():
            if now - since > MISSED * self.place.heartbeat:
                self.study.tell(number, state=self._state.FAIL, skip_if_finished=True)

    # One candidate

    def _start(self, data: Data) -> None:
        trial, net = self._draw()
        self._running[trial.number] = (trial, net)
        tell = self.cluster.line(trial.number).tell
        self.cluster.submit(trial.number, self.evaluate, net, self.plan.task, data, tell)

    def _draw(self) -> tuple[Any, Architecture]:
        """Draw candidates until one is within the limits and new."""
        refusals: Counter[str] = Counter()
        known = self._known()
        for _ in range(_IN_A_ROW):
            self._beat()
            trial = self._ask()
            self.study._storage.record_heartbeat(trial._trial_id)
            net = space.draw(_suggest_by(trial), self.plan.families, self.plan.features)
            cost = costs(net)
            over = self.plan.limits.exceeded(cost)
            texts = {"memory": cost.memory_bytes, "ops": cost.ops}
            trial.set_user_attr(CANDIDATE, {"net": describe(net), **texts, "over": over})
            for name, has in texts.items():
                most = getattr(self.plan.limits, name)
                if most is not None:
                    trial.set_constraint(name, has / most - 1)
            if over:
                refusals.update(over)
                self.study.tell(trial, state=self._state.PRUNED)
            elif net.name in known:
                refusals["seen before"] += 1
                self._tell(trial, net, known[net.name])
            else:
                return trial, net
        shown = ", ".join(f"{name} {count}" for name, count in refusals.most_common())
        raise SearchError(
            f"no new candidate within the limits in {_IN_A_ROW} draws ({shown}); allow more, or "
            "take what was found with fewer --trials"
        )

    def _ask(self) -> Any:
        """Draw by what is known; the n-th draw of a study on one machine is always the same."""
        drawn = len(self.study.get_trials(deepcopy=False))
        seeds = [self.plan.seed, drawn]
        if not self.place.url.startswith("sqlite"):  # others draw at the same time
            seeds.append(zlib.crc32(f"{socket.gethostname()}:{os.getpid()}".encode()))
        seed = int(np.random.SeedSequence(seeds).generate_state(1)[0])
        self.study.sampler = self._optuna.samplers.TPESampler(
            seed=seed, multivariate=True, group=True, n_startup_trials=_AT_RANDOM_FIRST
        )
        return self.study.ask()

    def _known(self) -> dict[str, Mapping[str, Any]]:
        """Give the outcomes of measured networks by name."""
        return {
            trial.user_attrs[CANDIDATE]["net"]["name"]: {
                "same_as": trial.number,
                **trial.user_attrs[OUTCOME],
            }
            for trial in self.study.get_trials(deepcopy=False)
            if trial.state in (self._state.COMPLETE, self._state.PRUNED)
            and OUTCOME in trial.user_attrs
        }

    def _take(self, event: Done | Told | None) -> None:
        if event is None or event.key not in self._running:
            return
        trial, net = self._running[event.key]
        if self.study._storage.get_trial(trial._trial_id).state.is_finished():
            del self._running[event.key]  # we were silent too long: another process has taken it
            self.cluster.stop(event.key)
            return
        if isinstance(event, Told):
            if self.plan.objectives == ("accuracy",):
                step, accuracy = event.news
                trial.report(accuracy, step)
                if trial.should_prune():
                    self.cluster.stop(event.key)
            return
        outcome = event.result
        if outcome is None:
            outcome = Outcome(fate=Fate.FAILED, message=str(event.error) or repr(event.error))
        self._tell(trial, net, _plain(outcome))
        del self._running[event.key]
        self._say(trial, net, outcome)
        self._failed_in_a_row = self._failed_in_a_row + 1 if outcome.fate is Fate.FAILED else 0
        if self._failed_in_a_row == _FAILED_IN_A_ROW:
            raise SearchError(
                f"{_FAILED_IN_A_ROW} candidates failed in a row, the last one because: "
                f"{outcome.message.splitlines()[0]}"
            )

    def _tell(self, trial: Any, net: Architecture, found: Mapping[str, Any]) -> None:
        latency, most = found["latency"], self.plan.limits.latency
        if latency is not None and most is not None:
            trial.set_constraint("latency", latency / most - 1)
        trial.set_user_attr(OUTCOME, dict(found))
        if found["fate"] == Fate.MEASURED.value:
            cost = costs(net)
            by_name = {"memory": cost.memory_bytes, "ops": cost.ops, **found}
            values = [float(by_name[name]) for name in self.plan.objectives]
            self.study.tell(trial, values, skip_if_finished=True)
        else:
            failed = found["fate"] == Fate.FAILED.value
            state = self._state.FAIL if failed else self._state.PRUNED
            self.study.tell(trial, state=state, skip_if_finished=True)

    def _say(self, trial: Any, net: Architecture, outcome: Outcome) -> None:
        done, _ = self._counts()
        cost = costs(net)
        parts = [f"{printed_kb(cost.memory_bytes)} KB", f"{printed_ops(cost.ops)} operations"]
        if outcome.latency is not None:
            parts.append(f"{outcome.latency * 1e3:.2f} ms")
        verdict = outcome.message or outcome.fate.value
        if outcome.accuracy is not None:
            verdict = f"{outcome.accuracy:.2f} %"
        self.report(
            f"{done} of {self.plan.trials}: candidate {trial.number}, {net.name}, "
            f"{', '.join(parts)}: {verdict}"
        )

    def _give_back(self) -> None:
        """Queue what is still under way, for whoever goes on with the study."""
        for key, (trial, _) in self._running.items():
            with contextlib.suppress(Exception):  # why this ends is said elsewhere
                self.cluster.stop(key)
            with contextlib.suppress(Exception):
                frozen = self.study._storage.get_trial(trial._trial_id)
                if frozen.state == self._state.RUNNING:
                    self.study.tell(trial, state=self._state.FAIL)
                    again(self.study, frozen)
        self._running.clear()


def _suggest_by(trial: Any) -> space.Suggest:
    def suggest(name: str, parameter: space.Parameter) -> int | str:
        value: int | str
        if isinstance(parameter, space.Choice):
            value = trial.suggest_categorical(name, parameter.values)
        else:
            value = trial.suggest_int(name, parameter.low, parameter.high, step=parameter.step)
        return value

    return suggest


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {**vars(outcome), "by_set": dict(outcome.by_set), "fate": outcome.fate.value}


def check_objectives(names: Sequence[str]) -> tuple[str, ...]:
    """Refuse objectives that there are not, or that are named twice."""
    for name in names:
        if name not in OBJECTIVES or list(names).count(name) > 1:
            raise SearchError(
                f"{name!r} is no objective, or named twice; objectives: {', '.join(OBJECTIVES)}"
            )
    return tuple(names)
