"""Networks over many inputs on the simulated chip."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from armsim.nn import on_chip, results
from armsim.nn.execute import execute
from armsim.nn.graph import GraphError
from armsim.nn.on_chip import PORTION, measure
from armsim.nn.processes import open_processes
from armsim.nn.translate.program_text import random_inputs
from armsim.nn.workers import WorkerError

from .evaluate_stub import evaluate
from .graphs import GRAPHS

ROOT = Path(__file__).parents[2]

GRAPH = GRAPHS["q7_square"]


def test_scores_cycles_and_memory_are_measured(tmp_path):
    inputs = random_inputs(GRAPH, PORTION + 5, seed=1)
    seen: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        seen.append((done, total))

    found = measure(GRAPH, inputs, core="m7", keep=tmp_path, jobs=2, progress=progress)
    (name,) = GRAPH.outputs
    np.testing.assert_array_equal(found.outputs[name], execute(GRAPH, inputs)[name])
    assert (found.board, found.clock_hz, len(found.cycles)) == (
        "nucleo-f746zg", 216_000_000, PORTION + 5
    )  # fmt: skip
    assert sum(found.layers.values()) == found.cycles[-1]
    assert 20_000 < found.flash < 40_000
    assert 4_000 < found.sram < 10_000
    assert 200 < found.stack < 2_000
    assert (seen[0], seen[-1], len(seen)) == ((0, PORTION + 5), (PORTION + 5, PORTION + 5), 3)
    assert list(tmp_path.iterdir()) == []
    shown = found.report().splitlines()
    table = [line.split() for line in shown[1 : 1 + len(found.layers)]]
    assert [row[0] for row in table] == list(found.layers)
    slower = replace(found, cycles=found.cycles * [*[1] * PORTION, 2, 2, 2, 2, 1]).report()
    assert slower.splitlines()[1 : len(shown) - 2] == shown[1:-2]  # shares of the same input
    assert sum(float(row[-1]) for row in table) == pytest.approx(100, abs=0.1 * len(table))


@pytest.mark.parametrize("where", ["here", "embedded", "scheduler"])
def test_all_workers_find_the_same_and_what_was_run_before_is_kept(where, tmp_path, request):
    inputs = random_inputs(GRAPH, 2 * PORTION + 1, seed=2)
    spread = {"jobs": 1 if where == "here" else 2}
    if where == "scheduler":
        spread["scheduler"] = request.getfixturevalue("scheduler")
    with open_processes(2) as processes, pytest.MonkeyPatch.context() as patch:
        patch.setattr(on_chip, "open_workers", lambda *_: nullcontext(processes))
        whole = measure(GRAPH, inputs, core="m4", keep=tmp_path)
    seen = []

    def progress(done, total):
        seen.append(done)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(GRAPH, inputs, core="m4", keep=tmp_path, progress=progress, **spread)
    (kept,) = tmp_path.glob("*/*.json")
    again = measure(GRAPH, inputs, core="m4", keep=tmp_path, progress=progress, **spread)
    assert seen[2] == seen[1] > 0
    for field in vars(whole):
        np.testing.assert_equal(getattr(again, field), getattr(whole, field))
    assert not kept.exists()


def test_what_is_kept_may_be_damaged_or_removed_by_another_run_of_the_same(tmp_path):
    inputs = random_inputs(GRAPH, 2 * PORTION + 1, seed=5)

    def stop(done, total):
        if done > PORTION:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(GRAPH, inputs, core="m4", keep=tmp_path, progress=stop)
    first, second = sorted(tmp_path.glob("*/*.json"))
    first.write_text("")
    second.write_text("[]")

    def another_finishes(done, total):
        if done == PORTION:
            shutil.rmtree(first.parent)
        seen.append(done)

    seen: list[int] = []
    found = measure(GRAPH, inputs, core="m4", keep=tmp_path, progress=another_finishes)
    assert seen == [0, PORTION, 2 * PORTION, 2 * PORTION + 1]
    assert len(found.cycles) == len(inputs)
    assert list(tmp_path.iterdir()) == []


def test_what_differs_from_numpy_is_run_again_the_next_time(tmp_path, monkeypatch):
    inputs = random_inputs(GRAPH, 2, seed=6)
    with monkeypatch.context() as patch:
        wrong = {name: value + 1 for name, value in execute(GRAPH, inputs).items()}
        patch.setattr(on_chip, "execute", lambda *_: wrong)
        with pytest.raises(GraphError, match="2 of 2 differ"):
            measure(GRAPH, inputs, core="m4", keep=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_worker_of_another_armsim_is_refused(tmp_path, monkeypatch):
    class Other(on_chip.Program):
        def __init__(self, elf, timing_model, scratch):
            super().__init__(elf, "older", scratch)

    monkeypatch.setattr(on_chip, "Program", Other)
    with pytest.raises(WorkerError, match=r"a worker's timing model is .*, not older; install"):
        measure(GRAPH, random_inputs(GRAPH, 1, seed=1), core="m4", keep=tmp_path)


@pytest.mark.parametrize("dask", [True, False])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_who_is_interrupted_or_killed_leaves_no_process_and_goes_on(number, dask, tmp_path, capsys):
    arguments = ["dnn_s", "--core", "m4", "--jobs"]
    command = [sys.executable, "-m", "tests.nn.evaluate_stub", str(tmp_path), *arguments, "2"]
    if dask:
        pytest.importorskip("distributed", reason="Dask is not installed (extra 'cluster')")
    else:
        hide = "import runpy, sys; sys.modules['distributed'] = None; "
        run = "runpy.run_module('tests.nn.evaluate_stub', run_name='__main__', alter_sys=True)"
        command[1:3] = ["-c", hide + run]
    with subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stderr
        assert re.fullmatch(r"25 of 200 clips, \d+ (s|min) left\n", process.stderr.readline())
        others = descendants(process.pid)
        assert len(others) >= 2
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does
        else:
            process.kill()
        _, shown = process.communicate()
    if number == signal.SIGINT:
        assert process.returncode == 130
        *lines, last = shown.splitlines()
        assert all(" of 200 clips" in line for line in lines)
        assert last == (
            "armsim: interrupted; what is finished is kept, the same command goes on from there"
        )
    for _ in range(600):
        others = [pid for pid in others if Path(f"/proc/{pid}").exists()]
        if not others:
            break
        time.sleep(0.1)
    assert not others
    if dask:
        return  # what is kept is the same
    assert evaluate(tmp_path, *arguments, "1") == 0
    again = capsys.readouterr()
    assert re.match(r"\d+ of 200 clips were done before\n", again.err)
    assert again.out.splitlines()[-1].endswith(" % of 200 clips, scores as in NumPy")


def test_workers_that_are_interrupted_leave_no_files(tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)

    def stop(done, total):
        if done:
            raise KeyboardInterrupt

    monkeypatch.setattr(on_chip, "open_workers", lambda _, jobs: open_processes(jobs))
    inputs = random_inputs(GRAPH, 8 * PORTION, seed=7)
    with pytest.raises(KeyboardInterrupt):
        measure(GRAPH, inputs, core="m4", keep=tmp_path / "keep", jobs=2, progress=stop)
    assert list(temporary.iterdir()) == []


def descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task").glob("*/children")
    found = [int(child) for path in children for child in path.read_text().split()]
    return [*found, *(other for child in found for other in descendants(child))]


def test_a_difference_is_said():
    inputs = random_inputs(GRAPH, 3, seed=3)
    outputs = {name: value.copy() for name, value in execute(GRAPH, inputs).items()}
    (name,) = GRAPH.outputs
    outputs[name][1, 2] ^= 1
    with pytest.raises(GraphError, match=rf"{name} of input 1 is .* on the chip, .*; 1 of 3 diff"):
        on_chip._compare(GRAPH, inputs, outputs)
    with pytest.raises(GraphError, match="there are no inputs to run"):
        measure(GRAPH, inputs[:0], core="m4", keep=None)  # type: ignore[arg-type]


def test_the_command_measures_clips_on_a_core(tmp_path, capsys):
    assert evaluate(tmp_path, "dnn_s", "--core", "m4", "--clips", "5", "--jobs", "1") == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert [line.split()[0] for line in lines[:6]] == "layer fc1 fc2 fc3 fc softmax".split()
    assert lines[7].startswith("stm32f4-discovery, 168 MHz: ")
    assert lines[9].endswith(" % of 5 clips, scores as in NumPy")
    assert shown.err == "5 of 5 clips\n"
    assert list((tmp_path / "on-chip").iterdir()) == []
    assert evaluate(tmp_path, "dnn_s", "--scheduler", "tcp://127.0.0.1:1") == 2
    message = "armsim: --scheduler spreads what --core m4 or m7 simulates; add one\n"
    assert capsys.readouterr().err == message
    assert evaluate(tmp_path, "dnn_s", "--clips", "5") == 2
    message = "armsim: --clips is how many --core m4 or m7 simulates; add one, or measure all\n"
    assert capsys.readouterr().err == message


def test_what_was_measured_is_added_to_the_record_of_the_same_network(
    tmp_path, capsys, monkeypatch
):
    record = tmp_path / "record.json"
    shipped = {"features": "mfcc", **results.records()["dnn_s"]}
    shipped.pop("on_chip", None)
    record.write_text(json.dumps(shipped))
    measured = ["dnn_s", "--clips", "2", "--jobs", "1", "--record", str(record)]
    for core in ("m4", "m7"):
        assert evaluate(tmp_path, *measured, "--core", core) == 0
    kept = json.loads(record.read_text())
    assert kept["on_chip"].keys() == {"m4", "m7"}
    assert kept["on_chip"]["m4"]["clips"] == 2
    cycles = f"{kept['on_chip']['m7']['cycles']:,} cycles, "
    assert cycles in capsys.readouterr().out.splitlines()[-3]
    assert kept == {**shipped, "on_chip": kept["on_chip"]}
    assert evaluate(tmp_path, *measured) == 2
    assert capsys.readouterr().err.endswith("--core m4 or m7 measures; add one\n")
    assert evaluate(tmp_path, "gru_s", *measured[1:], "--core", "m4") == 2
    message = f"armsim: {record} is the record of other weights; name the one beside them\n"
    assert capsys.readouterr().err.endswith(message)
    missing = tmp_path / "missing.json"
    assert evaluate(tmp_path, *measured[:-1], str(missing), "--core", "m4") == 2
    assert capsys.readouterr().err == (
        f"armsim: {missing} is not the record of a training (No such file or directory); "
        "name the one that 'quantise' wrote beside the weights\n"
    )
    monkeypatch.setattr(os, "access", lambda path, mode: (path, mode) != (tmp_path, os.W_OK))
    assert evaluate(tmp_path, *measured, "--core", "m4") == 2
    message = f"armsim: nothing can be written beside {record}; copy it, name that\n"
    assert capsys.readouterr().err == message
