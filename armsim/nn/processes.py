"""Jobs in processes of this machine, which needs nothing but Python."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any

from armsim.nn.workers import Done, Here, WorkerError, Workers, guarded


class Processes(Workers):
    """Processes of one thread each, started when there is something to do for them."""

    def __init__(self, jobs: int) -> None:
        self._all = [_Process() for _ in range(jobs)]
        self._idle = list(self._all)
        self._busy: dict[Connection, tuple[_Process, int]] = {}
        self._waiting: deque[tuple[int, bytes]] = deque()

    @property
    def slots(self) -> int:
        """Say how many jobs can run at once."""
        return len(self._all)

    def submit(self, key: int, function: Callable[..., Any], *arguments: Any) -> None:
        """Start a job, or have it wait for a process."""
        self._waiting.append((key, pickle.dumps((function, arguments))))
        self._assign()

    def next_event(self, timeout: float) -> Done | None:
        """Wait for a job to end.

        Raises:
            WorkerError: a process has died.
        """
        ended = wait(list(self._busy), timeout) if self._busy else []
        if not ended:
            return None
        pipe = ended[0]
        assert isinstance(pipe, Connection)
        process, key = self._busy.pop(pipe)
        result, error = pickle.loads(process.take())  # our own process has sent it
        self._idle.insert(0, process)
        self._assign()
        return Done(key, result, error)

    def _assign(self) -> None:
        while self._idle and self._waiting:
            key, job = self._waiting.popleft()
            process = self._idle.pop(0)
            self._busy[process.start(job)] = process, key

    def end(self) -> None:
        """End all processes, whatever they do."""
        for process in self._all:
            process.end()


class _Process:
    """A process that does one job after the other."""

    def __init__(self) -> None:
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection

    def start(self, job: bytes) -> Connection:
        """Start a job; what is given back can be waited for."""
        if self._process is None:
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs,), daemon=True)
            with children_ignore_interrupts(), _one_thread():
                process.start()
                self._process = process
            theirs.close()
        with suppress(OSError):  # it has died, as `take` will find
            self._pipe.send_bytes(job)
        return self._pipe

    def take(self) -> bytes:
        """Give what the job has given."""
        try:
            return self._pipe.recv_bytes()
        except (EOFError, OSError):
            assert self._process is not None
            self._process.join()
            code = self._process.exitcode or 0
            why = f"signal {signal.Signals(-code).name}" if code < 0 else f"status {code}"
            self.end()
            raise WorkerError(
                f"a worker process ended with {why}, perhaps for want of memory; what is finished "
                "is kept, and --jobs 1 needs less"
            ) from None

    def end(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
            self._process = None


@contextmanager
def open_processes(jobs: int) -> Iterator[Workers]:
    """Have processes, and leave none behind; for one job at a time this one will do."""
    if jobs <= 1:
        yield Here()
        return
    processes = Processes(jobs)
    try:
        yield processes
    finally:
        processes.end()


@contextmanager
def children_ignore_interrupts() -> Iterator[None]:
    """Leave Ctrl-C, which reaches all processes of a terminal, to this one.

    The processes that are started, and those that their threads start later, have it blocked; what
    comes meanwhile is heard here at the end.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    resource_tracker.ensure_running()  # unblocks it, once
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        signal.signal(signal.SIGINT, before)
        if came:
            signal.raise_signal(signal.SIGINT)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Have processes that are started calculate in one thread each."""
    name = "OMP_NUM_THREADS"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _work(pipe: Connection) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            pipe.send_bytes(pickle.dumps(guarded(_do, pipe.recv_bytes())))


def _do(job: bytes) -> Any:
    function, arguments = pickle.loads(job)  # our own parent has sent it
    return function(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
