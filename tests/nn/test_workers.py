"""Jobs come to the same whoever does them: this process, others, or a cluster."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from armsim.errors import UsageError
from armsim.nn.__main__ import main
from armsim.nn.processes import Processes, children_ignore_interrupts, open_processes
from armsim.nn.workers import Here, WorkerError, Workers, open_workers

Open = Callable[[], AbstractContextManager[Workers]]


@pytest.fixture(params=["here", "processes", "embedded", "scheduler"])
def opened(request: pytest.FixtureRequest) -> Open:
    """Give what opens workers, of each kind."""
    if request.param == "processes":
        return lambda: open_processes(2)
    if request.param == "scheduler":
        address = request.getfixturevalue("scheduler")
        return lambda: open_workers(address, 2)
    if request.param == "embedded":
        pytest.importorskip("distributed", reason="Dask is not installed (extra 'cluster')")
    return lambda: open_workers(None, 1 if request.param == "here" else 2)


def test_jobs_are_done_by_as_many_as_there_are_and_results_are_in_order(opened: Open) -> None:
    with opened() as workers:
        slots = workers.slots
        assert slots == (1 if isinstance(workers, Here) else 2)
        found = workers.map(square, [3, 1, 2, 5, 4])
        assert [value for value, _ in found] == [9, 1, 4, 25, 16]
        assert 1 <= len({pid for _, pid in found}) <= slots
        assert isinstance(workers, Here) == (os.getpid() in {pid for _, pid in found})
        assert workers.map(square, []) == []
        assert sorted(number for number, _ in workers.completed(square, [7, 7])) == [0, 1]


def square(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def test_what_a_job_raises_is_raised_here_and_the_next_one_is_done(opened: Open) -> None:
    with opened() as workers:
        with pytest.raises(UsageError, match="no such thing"):
            workers.map(refuse, ["no such thing"] * 3)
        assert workers.map(abs, [-1]) == [1]


def refuse(text: str) -> None:
    raise UsageError(text)


def test_want_of_memory_is_one_line(opened: Open) -> None:
    with pytest.raises(WorkerError, match=r"has no memory left; .*less$"), opened() as workers:
        workers.map(exhaust, [1])


def exhaust(_: int) -> None:
    raise MemoryError


def test_a_process_that_dies_is_one_line_and_none_is_left() -> None:
    with (
        pytest.raises(WorkerError) as caught,
        open_processes(2) as workers,
    ):
        (found,) = workers.map(square, [1])
        for _ in workers.completed(die_or_sleep, [0, 600]):
            pass
    assert str(caught.value) == (
        "a worker process ended with signal SIGKILL, perhaps for want of memory; what is finished "
        "is kept, and --jobs 1 needs less"
    )
    with pytest.raises(ProcessLookupError):
        os.kill(found[1], 0)


def die_or_sleep(seconds: int) -> None:
    if seconds == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(seconds)


def test_an_interrupt_while_processes_start_is_for_this_one_and_not_lost() -> None:
    with pytest.raises(KeyboardInterrupt), children_ignore_interrupts():
        signal.raise_signal(signal.SIGINT)
        child = multiprocessing.get_context("spawn").Process(target=interrupt_itself)
        child.start()
    child.join()
    assert child.exitcode == 0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()


def interrupt_itself() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_without_dask_processes_do_it_and_a_scheduler_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with open_workers(None, 2) as workers:
        assert isinstance(workers, Processes)
    with open_workers(None, 1) as workers:
        assert isinstance(workers, Here)
    for command in ("evaluate dnn_s --core m4", "quantise dnn_s", "compare dnn_s"):
        assert main([*command.split(), "--scheduler", "tcp://127.0.0.1:8786"]) == 2
        assert capsys.readouterr().err == (
            "armsim: spreading jobs needs Dask; get it with 'pip install armsim-cortexm[cluster]'\n"
        )
