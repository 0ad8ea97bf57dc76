"""What only a Dask cluster has: jobs that tell and are stopped; schedulers and workers that go."""

import itertools
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="Dask is not installed (extra 'cluster')")

import armsim
from armsim.nn.__main__ import main
from armsim.nn.cluster import Cluster, ClusterError, Line, open_cluster
from armsim.nn.workers import Done, Told, open_workers

from .conftest import WORKERS, serve_cluster


def test_a_job_tells_and_is_stopped(scheduler: str) -> None:
    with open_cluster(scheduler, 1) as cluster:
        assert cluster.slots == WORKERS
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


@pytest.mark.parametrize(
    ("which", "message"),
    [
        (slice(0, 1), r"the Dask scheduler at {} is gone: .*; what is finished is kept"),
        (slice(1, None), r"the Dask scheduler at {} has no workers any more; what is finished is"),
    ],
)
def test_a_cluster_that_goes_away_is_one_line(
    which: slice, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("armsim.nn.cluster.ALONE_S", 1)
    with ExitStack() as stack:
        address, processes = serve_cluster(stack)
        with (
            pytest.raises(ClusterError, match=message.format(address)),
            open_workers(address, 1) as workers,
        ):
            for _ in workers.completed(time.sleep, [0, 600, 600, 600]):
                for process in processes[which]:
                    process.kill()


def test_workers_that_come_back_may_go_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        status = "running"

        def subscribe_topic(self, topic: str, hear: Callable[[tuple[float, object]], None]) -> None:
            self.hear = hear

        def nthreads(self) -> dict[str, int]:
            return {}

    seconds = itertools.count(1, 20)
    monkeypatch.setattr(time, "monotonic", lambda: next(seconds))
    client = Client()
    cluster = Cluster(client, "tcp://here")
    for _ in range(3):  # 20 s without a worker each time
        assert cluster.next_event(0) is None
        assert cluster.next_event(0) is None
        client.hear((0.0, (1, "news")))
        assert cluster.next_event(0) == Told(1, "news")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("__version__ = '0.0.1'", f"has armsim 0.0.1, not {armsim.__version__}"),
        ("raise ModuleNotFoundError('none')", "cannot import armsim (none)"),
    ],
)
def test_workers_of_another_armsim_are_refused(source: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "armsim").mkdir()
    (tmp_path / "armsim/__init__.py").write_text(source)
    with ExitStack() as stack:
        address, _ = serve_cluster(stack, tmp_path)
        with pytest.raises(ClusterError) as caught, open_workers(address, 1):
            pass
    wanted = f"{re.escape(message)}; install the same armsim on all machines"
    assert re.fullmatch(rf"the worker at tcp://127\.0\.0\.1:\d+ {wanted}", str(caught.value))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "ftp://127.0.0.1:1"])
def test_a_scheduler_out_of_reach_is_one_line(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("armsim.nn.cluster.PATIENCE_S", 1)
    with pytest.raises(ClusterError) as caught, open_workers(address, 1):
        pass
    assert str(caught.value) == (
        f"no Dask scheduler answers at {address}; start one with 'dask scheduler', or leave "
        "--scheduler out"
    )


@pytest.mark.parametrize(
    "command", ["evaluate dnn_s --core m4", "quantise dnn_s", "compare dnn_s", "search --ops 1M"]
)
def test_each_command_says_so_before_it_does_anything(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("armsim.nn.cluster.PATIENCE_S", 1)
    assert main([*command.split(), "--scheduler", "tcp://127.0.0.1:1", "--data", "none"]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("armsim: no Dask scheduler answers at tcp://127.0.0.1:1; start one")
    assert shown.count("\n") == 1
