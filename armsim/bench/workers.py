"""Cases in parallel: a process for each job, which dies with its parent or with Ctrl-C."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from armsim.bench.case import Case, Result
from armsim.bench.measure import Measurer, machine_key


def default_jobs() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def measure_all(
    cases: list[Case], folder: Path, jobs: int, on_result: Callable[[Result], None]
) -> list[Result]:
    """Return the results of cases in their order; `on_result` gets each as it comes.

    Guests find files from `folder`. A process that dies fails its case only. The first case of a
    timing model runs before others of it, as it may have to compile an interpreter for all.
    """
    waiting = list(cases)
    results: dict[str, Result] = {}
    workers = [_Worker(folder) for _ in range(min(jobs, len(cases)))]
    begun: set[str] = set()
    ready: set[str] = set()

    def assign() -> None:
        for worker in workers:
            held = begun - ready
            fit = [case for case in waiting if case.subject.timing_model not in held]
            if worker.case is None and fit:
                case = worker.start(fit)
                waiting.remove(case)
                begun.add(case.subject.timing_model)

    try:
        assign()
        while busy := {worker.pipe: worker for worker in workers if worker.case is not None}:
            for pipe in wait(list(busy)):
                worker = busy[pipe]  # type: ignore[index]
                result = worker.take()
                results[result.name] = result
                ready.add(result.subject.timing_model)
                on_result(result)
                assign()
    finally:
        for worker in workers:
            worker.end()
    return [results[case.name] for case in cases]


class _Worker:
    """A process and the case that it has."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: SpawnProcess | None = None
        self._last = ""
        self.pipe: Connection
        self.case: Case | None = None

    def start(self, cases: list[Case]) -> Case:
        """Start with one of some cases, for the same machine as the last if there is any."""
        if self._process is None:
            context = multiprocessing.get_context("spawn")
            self.pipe, theirs = context.Pipe()
            self._process = context.Process(target=_work, args=(theirs, self._folder), daemon=True)
            self._process.start()
            theirs.close()
        case = next((case for case in cases if machine_key(case) == self._last), cases[0])
        self.case, self._last = case, machine_key(case)
        with suppress(OSError):  # the process has died; `take` tells why
            self.pipe.send(case)
        return case

    def take(self) -> Result:
        """Return the result of the case, also if the process has died of it."""
        case, self.case = self.case, None
        assert case is not None and self._process is not None
        try:
            result: Result = self.pipe.recv()
            return result
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode or 0
            why = f"signal {signal.Signals(-code).name}" if code < 0 else f"status {code}"
            self.end()
            failure = f"the process that measured it ended with {why}"
            return Result(case.name, case.subject, failure=failure)

    def end(self) -> None:
        """End the process, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self.pipe.close()
            self._process = None


def _work(pipe: Connection, folder: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's is enough
    os.chdir(folder)
    measurer = Measurer()
    while True:
        try:
            case = pipe.recv()
        except EOFError:
            return
        pipe.send(measurer.measure(case))
