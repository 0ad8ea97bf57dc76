"""A search prunes by cost exactly, and goes on after a kill."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from armsim.nn.architecture_file import parse
from armsim.nn.costs import costs
from armsim.nn.search import space
from armsim.nn.search.candidate import Fate, Outcome
from armsim.nn.search.limits import Limits
from armsim.nn.search.report import Findings, findings, summary, table
from armsim.nn.search.study import CANDIDATE, OUTCOME, Place, SearchError, open_plan

from . import search_stub

pytest.importorskip("optuna", reason="Optuna is not installed (extra 'search')")

from armsim.nn.search.storage import StorageError, quiet

ROOT = Path(__file__).parents[2]


def trials_of(url: str, **changes: object) -> list:
    with quiet():
        plan = search_stub.plan(**changes)
        return open_plan(plan, Place(url=url, name="test", heartbeat=1)).get_trials()


def found_in(url: str, **changes: object) -> Findings:
    objectives = search_stub.plan(**changes).objectives
    return findings(trials_of(url, **changes), objectives)


def stub(url: str, trials: int, *hang: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "tests.nn.search_stub", url, str(trials), *map(str, hang)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """Serve an empty database on a socket in a folder of its own, as a user without rights."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (extra 'search')")
    if shutil.which("initdb") is None or shutil.which("pg_ctl") is None:
        pytest.skip("PostgreSQL is not installed")
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="armsim-pg-", dir="/tmp"))
    if user:
        shutil.chown(folder, user)

    def call(*command: str) -> None:
        done = subprocess.run(command, user=user, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    try:
        call("initdb", "-D", f"{folder}/data", "-U", "armsim", "-A", "trust", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        call("pg_ctl", "-D", f"{folder}/data", "-l", f"{folder}/log", "-o", options, "-w", "start")
        try:
            yield f"postgresql://armsim@/postgres?host={folder}"
        finally:
            call("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


# What is measured


def test_what_is_over_a_limit_is_never_measured_and_all_else_is(sqlite: str) -> None:
    seen = []

    def evaluate(net, task, data, tell):
        seen.append(net.name)
        return search_stub.formula(net, task, data, tell)

    search_stub.run(sqlite, evaluate, trials=6)
    limits = search_stub.plan().limits
    drawn = [trial.user_attrs for trial in trials_of(sqlite)]
    within = []
    for attributes in drawn:
        net = parse(attributes[CANDIDATE]["net"])
        cost = costs(net)
        over = [
            name
            for name, has, most in (
                ("memory", cost.memory_bytes, limits.memory),
                ("ops", cost.ops, limits.ops),
            )
            if has > most
        ]
        assert attributes[CANDIDATE]["over"] == over
        assert (OUTCOME in attributes) == (not over)
        if not over:
            within.append(net.name)
    assert seen == within
    assert len(seen) == 6
    assert any(attributes[CANDIDATE]["over"] for attributes in drawn)


def test_a_limit_may_be_reached_but_not_passed() -> None:
    net = parse(trials_net())
    cost = costs(net)
    reached = Limits(memory=cost.memory_bytes, ops=cost.ops)
    assert reached.exceeded(cost) == ()
    assert Limits(memory=cost.memory_bytes - 1, ops=cost.ops).exceeded(cost) == ("memory",)
    assert Limits(memory=cost.memory_bytes, ops=cost.ops - 1).exceeded(cost) == ("ops",)


def trials_net() -> dict:
    layers = [
        {"kind": "Gru", "name": "gru1", "cells": 8},
        {"kind": "Dense", "name": "fc", "outputs": 12},
    ]
    return {"format": 1, "name": "a", "stride_ms": 20, "coefficients": 10, "layers": layers}


def test_the_table_the_summary_and_the_front(sqlite: str) -> None:
    search_stub.run(sqlite, trials=8)
    found = found_in(sqlite)
    rows = found.measured()
    assert [row.accuracy for row in rows] == sorted((r.accuracy for r in rows), reverse=True)
    for row in rows:  # more operations are better by the formula: memory alone decides
        worse_in_all = any(
            other.accuracy >= row.accuracy and other.ops <= row.ops and other.memory <= row.memory
            for other in rows
            if other is not row
        )
        assert row.front == (not worse_in_all)
    slow = sum(row.fate is Fate.SLOW for row in found.rows)
    assert all((row.latency > 0.004) == (row.fate is Fate.SLOW) for row in found.rows)
    assert len(rows) + slow == 8
    shown = table(found).splitlines()
    assert len(shown) == 2 + len(rows) + 2
    assert shown[2].startswith(f"| {rows[0].number} * | {rows[0].accuracy:.2f} | ")
    pruned = sum(found.over.values())
    assert summary(found).startswith(f"{len(rows)} measured")
    assert f"\n{pruned} pruned by cost before any training: " in summary(found)


def test_networks_of_both_kinds_of_features_are_drawn_unless_one_is_asked_for(sqlite: str) -> None:
    search_stub.run(sqlite, trials=8)
    shown = table(found_in(sqlite))
    assert ": 40 LFBE every " in shown
    assert re.search(r": \d+ MFCC every ", shown)
    suggest = space.random_suggest(np.random.default_rng(1))
    both, mfcc, lfbe = (
        [space.draw(suggest, ["gru"], kinds) for _ in range(200)]
        for kinds in (["mfcc", "lfbe"], ["mfcc"], ["lfbe"])
    )
    assert {net.features.value for net in both} == {"mfcc", "lfbe"}
    assert {(net.features.value, net.coefficients) for net in lfbe} == {("lfbe", 40)}
    assert {net.coefficients for net in mfcc} == set(range(7, 41))


def test_the_same_seed_finds_the_same(tmp_path: Path) -> None:
    nets = []
    for name in ("a", "b"):
        url = f"sqlite:///{tmp_path / name}"
        search_stub.run(url, trials=3)
        nets.append([trial.params for trial in trials_of(url)])
    assert nets[0] == nets[1]


def test_one_objective_stops_what_trains_badly(sqlite: str) -> None:
    told = []

    def evaluate(net, task, data, tell):
        accuracy = 90.0 if len(told) < 5 else 10.0
        told.append(tell((1, accuracy)))
        return Outcome(fate=Fate.MEASURED, accuracy=accuracy)

    asked: list[int] = []
    cluster = search_stub.Inline()
    cluster.stop = asked.append  # type: ignore[method-assign]
    plan = search_stub.plan(objectives=("accuracy",), trials=7)
    place = Place(url=sqlite, name="test", heartbeat=1)
    from armsim.nn.search.study import search

    search(plan, place, cluster, search_stub.DATA, lambda _: None, evaluate)
    rows = found_in(sqlite, objectives=("accuracy",)).measured()
    assert asked == sorted(row.number for row in rows if row.accuracy == 10)


def test_failures_are_counted_and_many_of_them_end_it(sqlite: str) -> None:
    def evaluate(net, task, data, tell):
        raise ValueError("no such kernel")

    message = "5 candidates failed in a row, the last one because: no such kernel"
    with pytest.raises(SearchError, match=message):
        search_stub.run(sqlite, evaluate)
    text = summary(found_in(sqlite))
    assert text.startswith("0 measured, 5 failed\n")
    assert text.endswith("failed: no such kernel")


# Going on


def test_a_finished_search_draws_nothing_more(sqlite: str) -> None:
    search_stub.run(sqlite, trials=3)
    before = len(trials_of(sqlite))
    search_stub.run(sqlite, trials=3)
    assert len(trials_of(sqlite)) == before
    search_stub.run(sqlite, trials=4)
    assert len(found_in(sqlite).rows) == 4


def test_after_a_kill_nothing_is_lost_and_the_interrupted_candidate_is_measured(
    sqlite: str, tmp_path: Path
) -> None:
    hung = tmp_path / "hung"
    with stub(sqlite, 4, hung) as process:
        deadline = time.monotonic() + 60
        while not (hung.exists() and hung.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    kept = {row.number: row for row in found_in(sqlite).rows}
    assert len(kept) == 2
    search_stub.run(sqlite, trials=4)
    after = {row.number: row for row in found_in(sqlite).rows}
    assert len(after) == 4
    assert {number: after[number] for number in kept}.keys() == kept.keys()
    assert hung.read_text() in [row.net.name for row in after.values()]


def test_an_interrupt_queues_what_was_under_way(sqlite: str) -> None:
    drawn = []

    def evaluate(net, task, data, tell):
        drawn.append(net.name)
        if len(drawn) == 3:
            raise KeyboardInterrupt
        return search_stub.formula(net, task, data, tell)

    with pytest.raises(KeyboardInterrupt):
        search_stub.run(sqlite, evaluate, trials=4)
    assert len(found_in(sqlite).rows) == 2
    search_stub.run(sqlite, evaluate, trials=4)
    assert drawn[3] == drawn[2]
    assert len(found_in(sqlite).rows) == 4


def test_a_candidate_that_another_process_has_taken_over_is_left_to_it(sqlite: str) -> None:
    import optuna

    said: list[str] = []
    failed = optuna.trial.TrialState.FAIL

    def evaluate(net, task, data, tell):
        if not said:
            said.append("taken")
            place = Place(url=sqlite, name="test", heartbeat=1)
            with quiet():
                study = open_plan(search_stub.plan(trials=2), place)
                study.tell(len(study.trials) - 1, state=failed)
        return search_stub.formula(net, task, data, tell)

    search_stub.run(sqlite, evaluate, trials=2)
    assert len(found_in(sqlite).rows) == 2
    assert [trial.state for trial in trials_of(sqlite)].count(failed) == 1


def test_two_processes_share_a_study_on_postgresql(postgresql: str) -> None:
    both = [stub(postgresql, 6) for _ in range(2)]
    counts = [int(process.communicate(timeout=120)[0]) for process in both]
    rows = found_in(postgresql).rows
    assert len(rows) == sum(counts)
    assert 6 <= len(rows) <= 7  # both may have started the last one
    assert min(counts) > 0
    assert len({row.net.name for row in rows}) >= len(rows) - 1


def test_a_study_of_another_plan_is_refused(sqlite: str) -> None:
    search_stub.run(sqlite, trials=1)
    message = r"the study test in .* was made with memory 80KB, not 60KB; name another --study"
    with pytest.raises(StorageError, match=message):
        search_stub.run(
            sqlite, trials=1, limits=Limits(memory=60_000, ops=6_000_000, latency=0.004)
        )


def test_a_study_of_an_older_space_is_refused(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(space, "VERSION", 1)
        search_stub.run(sqlite, trials=1)
    message = r"the study test in .* was made with space 1, not 2; name another --study"
    with pytest.raises(StorageError, match=message):
        search_stub.run(sqlite, trials=1)
