"""Networks to test with."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from armsim.nn.catalogue import architecture
from armsim.nn.features import Standard
from armsim.nn.layers import AveragePool, shapes, weight_shape
from armsim.nn.network_q7 import LayerQ7, NetworkQ7

from .commands import write

ROOT = Path(__file__).parents[2]
WORKERS = 2


def _random_network(seed: int) -> NetworkQ7:
    """Make a DS-CNN S of random weights."""
    rng = np.random.default_rng(seed)
    net = architecture("ds_cnn_s")
    drawn = {
        layer.name: LayerQ7(
            rng.integers(-128, 128, weight_shape(layer, before)).astype(np.int8),
            rng.integers(-128, 128, after[2]).astype(np.int8),
            int(rng.integers(0, 8)),
            int(rng.integers(4, 12)),
        )
        for layer, before, after in shapes(net)
        if not isinstance(layer, AveragePool)
    }
    standard = Standard(
        rng.normal(size=10).astype(np.float32), rng.random(10).astype(np.float32) + 1
    )
    return NetworkQ7(net, standard, drawn, 2)


@pytest.fixture
def random_network() -> Callable[[int], NetworkQ7]:
    """Give a maker of networks, one per seed."""
    return _random_network


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """Give a small folder in the layout of Google Speech Commands."""
    folder = tmp_path / "commands"
    write(folder)
    return folder


@pytest.fixture(scope="session")
def scheduler() -> Iterator[str]:
    """Serve a cluster of two workers on this machine, by Dask's own commands."""
    pytest.importorskip("distributed", reason="Dask is not installed (extra 'cluster')")
    with ExitStack() as stack:
        address, _ = serve_cluster(stack)
        yield address


def serve_cluster(stack: ExitStack, *first_paths: Path) -> tuple[str, list[subprocess.Popen]]:
    """Start a scheduler and workers; give its address, and all of them, the scheduler first."""
    paths = os.pathsep.join(map(str, (*first_paths, ROOT, ROOT / "tests")))
    environment = {**os.environ, "PYTHONPATH": paths}

    def start(command: str, *arguments: str) -> subprocess.Popen:
        program = [sys.executable, "-P", "-m", f"distributed.cli.dask_{command}", "--no-dashboard"]
        process = subprocess.Popen(
            [*program, "--host", "127.0.0.1", *arguments],
            stderr=subprocess.PIPE if command == "scheduler" else subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        stack.enter_context(process)
        stack.callback(process.kill)
        return process

    first = start("scheduler", "--port", "0")
    assert first.stderr
    lines = iter(first.stderr.readline, "")
    address = next(line.split()[-1] for line in lines if "Scheduler at:" in line)
    workers = [start("worker", address, "--nthreads", "1", "--no-nanny") for _ in range(WORKERS)]
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(WORKERS, timeout=60)
    return address, [first, *workers]


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """Give the URL of a study that is not there yet."""
    return f"sqlite:///{tmp_path / 'search.db'}"
