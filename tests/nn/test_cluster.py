"""Jobs on a cluster: an embedded one, one that is there already, one that is not."""

import operator
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="Dask is not installed (extra 'search')")

from armsim.errors import UsageError
from armsim.nn.cluster import ClusterError, Done, Line, Told, map_jobs, open_cluster

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """Serve a cluster of one worker on this machine, by Dask's own commands."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "tests")))}
    serve = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--no-dashboard"]
    serve += ["--host", "127.0.0.1", "--port", "0"]
    work = [sys.executable, "-m", "distributed.cli.dask_worker", "--no-dashboard"]
    work += ["--nthreads", "1", "--no-nanny", "--host", "127.0.0.1"]
    with subprocess.Popen(serve, stderr=subprocess.PIPE, text=True, env=environment) as first:
        try:
            assert first.stderr
            lines = iter(first.stderr.readline, "")
            address = next(line.split()[-1] for line in lines if "Scheduler at:" in line)
            with subprocess.Popen(
                [*work, address], stderr=subprocess.DEVNULL, env=environment
            ) as second:
                try:
                    yield address
                finally:
                    second.kill()
        finally:
            first.kill()


def test_results_come_in_the_order_of_the_items(scheduler: str) -> None:
    said: list[str] = []
    assert map_jobs(operator.neg, [3, 1, 2], scheduler=scheduler, progress=said.append) == [
        -3,
        -1,
        -2,
    ]
    assert said == ["1 of 3", "2 of 3", "3 of 3"]
    assert map_jobs(operator.neg, [], scheduler=scheduler) == []


def test_what_a_job_raises_is_raised_here(scheduler: str) -> None:
    with pytest.raises(UsageError, match="no such thing"):
        map_jobs(refuse, ["no such thing"], scheduler=scheduler)


def refuse(text: str) -> None:
    raise UsageError(text)


def test_a_job_tells_and_is_stopped(scheduler: str) -> None:
    with open_cluster(scheduler, 1) as cluster:
        assert cluster.slots == 1
        data = cluster.share([1, 2])
        cluster.submit(5, tell_until_stopped, cluster.line(5), data)
        event = cluster.next_event(20)
        assert event == Told(5, (1, 2))
        cluster.stop(5)
        while isinstance(event, Told):
            event = cluster.next_event(20)
        assert event == Done(5, "stopped")


def tell_until_stopped(line: Line, data: list[int]) -> str:
    while not line.tell(data):
        pass
    return "stopped"


def test_an_embedded_cluster_is_processes_of_this_machine() -> None:
    pids = map_jobs(pid, [1, 2, 3, 4], jobs=2)
    assert os.getpid() not in pids
    assert 1 <= len(set(pids)) <= 2


def pid(_: int) -> int:
    return os.getpid()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "ftp://127.0.0.1:1"])
def test_a_scheduler_out_of_reach_is_one_line(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("armsim.nn.cluster.PATIENCE_S", 1)
    with pytest.raises(ClusterError) as caught:
        map_jobs(pid, [1], scheduler=address)
    assert str(caught.value) == (
        f"no Dask scheduler answers at {address}; start one with 'dask scheduler', or leave "
        "--scheduler out"
    )
