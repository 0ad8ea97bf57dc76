"""Jobs on workers: those of a Dask cluster, processes of this machine, or none.

    with open_workers(arguments.scheduler, arguments.jobs) as workers:
        for number, result in workers.completed(function, items):
            ...

What is sent and what comes back is pickled, so a function is one that a module defines.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any, TypeVar

from armsim.errors import ArmsimError

T = TypeVar("T")
R = TypeVar("R")

_HEARTBEAT_S = 1
"""How often a worker that is waited for is looked after."""

_keys = itertools.count()


class WorkerError(ArmsimError):
    """Workers cannot be reached, or one of them has died."""


@dataclass(frozen=True)
class Done:
    """A job that has ended: its result, or why there is none."""

    key: int
    result: Any = None
    error: Exception | None = None


@dataclass(frozen=True)
class Told:
    """What a job that is running has told."""

    key: int
    news: Any


class Workers(ABC):
    """What takes jobs, known by numbers."""

    @property
    @abstractmethod
    def slots(self) -> int:
        """Say how many jobs can run at once."""

    @abstractmethod
    def submit(self, key: int, function: Callable[..., Any], *arguments: Any) -> None:
        """Start a job."""

    @abstractmethod
    def next_event(self, timeout: float) -> Done | Told | None:
        """Wait for a job to end or to tell something.

        Raises:
            WorkerError: there is nobody left to do it.
        """

    def completed(self, function: Callable[[T], R], items: Sequence[T]) -> Iterator[tuple[int, R]]:
        """Give the number and function(item) of every item, as they come; an exception ends it."""
        running: dict[int, int] = {}
        for number, item in enumerate(items):
            key = next(_keys)
            running[key] = number
            self.submit(key, function, item)
        while running:
            event = self.next_event(_HEARTBEAT_S)
            if isinstance(event, Done) and event.key in running:
                if isinstance(event.error, MemoryError):
                    raise WorkerError(
                        "a worker has no memory left; what is finished is kept, and --jobs 1 "
                        "needs less"
                    ) from event.error
                if event.error is not None:
                    raise event.error
                yield running.pop(event.key), event.result

    def map(self, function: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """Give function(item) of every item, in their order."""
        results = dict(self.completed(function, items))
        return [results[number] for number in range(len(items))]


class Here(Workers):
    """No workers: this process does a job when its end is waited for."""

    slots = 1

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, Callable[[], Any]]] = deque()

    def submit(self, key: int, function: Callable[..., Any], *arguments: Any) -> None:
        """Note a job."""
        self._waiting.append((key, partial(function, *arguments)))

    def next_event(self, timeout: float) -> Done | None:
        """Do a job."""
        if not self._waiting:
            return None
        key, job = self._waiting.popleft()
        return Done(key, *guarded(job))


def guarded(function: Callable[..., R], *arguments: Any) -> tuple[R | None, Exception | None]:
    """Do a job; what it raises is to be raised where the job came from."""
    try:
        return function(*arguments), None
    except Exception as error:  # noqa: BLE001
        return None, error


def open_workers(scheduler: str | None, jobs: int) -> AbstractContextManager[Workers]:
    """Join the cluster of a scheduler, or start workers on this machine.

    Dask starts them where it is installed; one job at a time needs none.

    Raises:
        WorkerError: there is a scheduler but no Dask, or it is out of reach or has no workers.
    """
    if scheduler is None and (jobs <= 1 or find_spec("distributed") is None):
        from armsim.nn.processes import open_processes

        return open_processes(jobs)
    from armsim.nn.cluster import open_cluster

    return open_cluster(scheduler, jobs)


def check_scheduler(scheduler: str | None) -> None:
    """Raise WorkerError early, before anything else is done, if a scheduler cannot be used."""
    if scheduler is not None:
        from armsim.nn.cluster import check_answers

        check_answers(scheduler)
