"""Jobs on the workers of a Dask cluster: an embedded one, or one that a scheduler serves.

Without an address, workers are started on this machine, each a process of one thread, reachable
from this machine only, without a dashboard. With one, `dask worker ADDRESS` has started them; they
and the scheduler need the same armsim, and workers what a job needs: for a search, PyTorch and the
cross compiler.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import queue
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import armsim
from armsim.nn.processes import children_ignore_interrupts
from armsim.nn.workers import Done, Told, WorkerError, Workers, guarded

PATIENCE_S = 5
"""How long a scheduler may take to answer, or to show a worker."""
ALONE_S = 30
"""How long a scheduler may be without workers while there are jobs for them."""

_CONFIGURATION = {
    # Jobs are sent with their arrays.
    "distributed.admin.large-graph-warning-threshold": "1TB",
    # Dask has workers give memory back to the system at once: NumPy would take it anew for every
    # array, which takes it two or three times as long.
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
}

T = TypeVar("T")


class ClusterError(WorkerError):
    """A cluster cannot be reached or used."""


@dataclass(frozen=True)
class Line:
    """A job's way to tell how far it is, and to be told to stop."""

    topic: str
    key: int

    def tell(self, news: Any) -> bool:
        """Tell from within a job, in numbers, texts and tuples; say whether it is to stop."""
        import distributed

        distributed.get_worker().log_event(self.topic, (self.key, news))
        return self in _stopped


_stopped: set[Line] = set()
"""In a worker: the jobs that are to stop."""


def _stop(line: Line) -> None:
    _stopped.add(line)


class Cluster(Workers):
    """Workers of a Dask cluster."""

    def __init__(self, client: Any, address: str) -> None:
        self._client, self._address = client, address
        self._topic = f"armsim-{uuid.uuid4().hex}"
        self._events: queue.SimpleQueue[Told | tuple[int, Any]] = queue.SimpleQueue()
        self._futures: dict[int, Any] = {}
        self._alone_since: float | None = None
        client.subscribe_topic(self._topic, self._hear)

    @property
    def slots(self) -> int:
        """Say how many jobs can run at once: threads of all workers that are there now."""
        with self._connected():
            threads: int = sum(self._client.nthreads().values())
            return max(1, threads)

    def share(self, value: T) -> T:
        """Send a value to all workers; what comes back stands for it as an argument of jobs."""
        with self._connected():
            sent: T = self._client.scatter(value, broadcast=True, hash=False)
            return sent

    def submit(self, key: int, function: Callable[..., Any], *arguments: Any) -> None:
        """Start a job."""
        with self._connected():
            future = self._client.submit(guarded, function, *arguments, pure=False)
        self._futures[key] = future
        future.add_done_callback(lambda ended: self._events.put((key, ended)))

    def line(self, key: int) -> Line:
        """Give what a job that is about to be submitted needs to tell how far it is."""
        return Line(self._topic, key)

    def stop(self, key: int) -> None:
        """Have a job stop when it tells something the next time."""
        with self._connected():
            self._client.run(_stop, self.line(key))

    def next_event(self, timeout: float) -> Done | Told | None:
        """Wait for a job to end or to tell something.

        Raises:
            ClusterError: the scheduler is gone, or all of its workers are.
        """
        if self._client.status != "running":
            raise self._gone("it does not answer any more")
        try:
            event = self._events.get(timeout=timeout)
        except queue.Empty:
            self._check_workers()
            return None
        self._alone_since = None
        if isinstance(event, Told):
            return event
        key, future = event
        self._futures.pop(key, None)
        if future.status in ("cancelled", "lost"):
            raise self._gone("it has forgotten its jobs")
        with self._connected():
            if future.status == "error":
                return Done(key, error=self._failure(future.exception()))
            result, error = future.result()
            return Done(key, result, error)

    def _check_workers(self) -> None:
        """Raise ClusterError if there has been no worker for a while."""
        with self._connected():
            if self._client.nthreads():
                self._alone_since = None
                return
        now = time.monotonic()
        self._alone_since = self._alone_since or now
        if now - self._alone_since > ALONE_S:
            raise ClusterError(
                f"the Dask scheduler at {self._address} has no workers any more; what is finished "
                "is kept"
            )

    def _failure(self, error: Exception) -> ClusterError:
        if type(error).__name__ == "KilledWorker":
            return ClusterError(
                "several workers have died of the same job, perhaps for want of memory; what is "
                "finished is kept"
            )
        return ClusterError(f"a worker failed: {error}")

    def _hear(self, event: tuple[float, tuple[int, Any]]) -> None:
        self._events.put(Told(*event[1]))

    @contextlib.contextmanager
    def _connected(self) -> Iterator[None]:
        try:
            yield
        except (OSError, RuntimeError, concurrent.futures.CancelledError) as error:
            raise self._gone(error) from None

    def _gone(self, why: object) -> ClusterError:
        return ClusterError(
            f"the Dask scheduler at {self._address} is gone: {str(why) or type(why).__name__}; "
            "what is finished is kept"
        )


@contextlib.contextmanager
def open_cluster(scheduler: str | None, jobs: int) -> Iterator[Cluster]:
    """Start workers, or join a cluster.

    Raises:
        ClusterError: Dask is not installed, or the scheduler is out of reach or has no workers.
    """
    distributed = _require_distributed()
    if scheduler is None:
        with contextlib.ExitStack() as stack:
            with children_ignore_interrupts():
                local = stack.enter_context(
                    distributed.LocalCluster(
                        n_workers=jobs,
                        threads_per_worker=1,
                        processes=True,
                        host="127.0.0.1",
                        dashboard_address="127.0.0.1:0",
                        scheduler_kwargs={"dashboard": False},
                        memory_limit=None,
                    )
                )
            client = stack.enter_context(distributed.Client(local))
            client.run(_silence)
            yield Cluster(client, local.scheduler_address)
        return
    check_answers(scheduler)
    with distributed.Client(scheduler, timeout=f"{PATIENCE_S}s", set_as_default=False) as client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE_S)
        except TimeoutError:
            raise ClusterError(
                f"the Dask scheduler at {scheduler} has no workers; start some with "
                f"'dask worker {scheduler}'"
            ) from None
        _check_versions(client)
        yield Cluster(client, scheduler)


def _check_versions(client: Any) -> None:
    """Raise ClusterError if a worker has no armsim, or another one: its first job would end it."""
    here = armsim.__version__
    found = client.run(eval, "__import__('armsim').__version__", on_error="return")
    for worker, there in found.items():
        if isinstance(there, ImportError):
            what = f"cannot import armsim ({there})"
        elif isinstance(there, str) and there != here:
            what = f"has armsim {there}, not {here}"
        else:
            continue
        raise ClusterError(
            f"the worker at {worker} {what}; install the same armsim on all machines"
        )


def check_answers(scheduler: str) -> None:
    """Raise ClusterError unless something that speaks Dask's protocol is at an address."""
    _require_distributed()
    from distributed.comm import connect

    async def try_it() -> None:
        await (await connect(scheduler, timeout=PATIENCE_S)).close()

    try:
        asyncio.run(try_it())
    except Exception:  # noqa: BLE001  what answers may be anything
        raise ClusterError(
            f"no Dask scheduler answers at {scheduler}; start one with 'dask scheduler', or leave "
            "--scheduler out"
        ) from None


def _require_distributed() -> Any:
    try:
        import dask
        import distributed
    except ImportError:
        raise ClusterError(
            "spreading jobs needs Dask; get it with 'pip install armsim-cortexm[cluster]'"
        ) from None
    dask.config.set(_CONFIGURATION)
    _silence()
    return distributed


def _silence() -> None:
    """Keep Dask from telling of lost connections and cut-off jobs: that is said in one line."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("distributed."):
            logging.getLogger(name).setLevel(logging.CRITICAL)
