"""A suite runs, in parallel as one after the other, and what fails is told with the rest."""

import json
import multiprocessing
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import armsim
from armsim.bench.suite import read_suite
from armsim.bench.workers import measure_all

from .conftest import FAILS, HANGS, HELLO, Bench

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(armsim.__file__).parents[1])}
SUITE = """
[data]
numbers = { random = [5, 20] }

[[benchmark]]
name = "sum"
image = "{core}.elf"
core = ["m4", "m7"]
call = ["sum", "sum_slow"]
same_as = "sum"
args = ["$numbers", 100]

[[benchmark]]
name = "hello"
image = "hello.elf"
core = ["m4", "m7"]
"""


def benchmark(text: str, **keys: Any) -> str:
    listed = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    return f"[[benchmark]]\n{text}\n{listed}"


def results(path: Path) -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in json.loads(path.read_text())["benchmarks"]}


def test_parallel_or_not_gives_the_same_bytes(bench: Bench) -> None:
    bench.program("hello.elf", HELLO)
    bench.write(SUITE)
    files = [bench.folder / f"{jobs}.json" for jobs in (1, 3)]
    for jobs, file in zip((1, 3), files, strict=True):
        outcome = bench.run("--jobs", jobs, "--json", file)
        assert outcome.status == 0, outcome
        assert outcome.out.endswith("6 benchmarks, 0 failed\n")
    assert files[0].read_bytes() == files[1].read_bytes()
    found = results(files[0])
    names = [f"sum[{call},{core}]" for call in ("sum", "sum_slow") for core in ("m4", "m7")]
    assert list(found) == [*names, "hello[m4]", "hello[m7]"]
    for entry in found.values():
        assert sum(entry["causes"].values()) == entry["cycles"] > 0
        assert sum(region["cycles"] for region in entry["regions"]) == entry["cycles"]
        assert entry["seconds"] == entry["cycles"] / entry["clock_hz"]


def test_a_call_takes_what_armsim_load_says(bench: Bench) -> None:
    bench.write(SUITE.partition('[[benchmark]]\nname = "hello"')[0])
    bench.run("--json", bench.folder / "out.json")
    found = results(bench.folder / "out.json")
    case = next(c for c in read_suite(bench.suite) if c.name == "sum[sum_slow,m7]")
    lib = armsim.load(bench.folder / "m7.elf")
    data = case.work.arguments[0].array  # type: ignore[union-attr]
    lib.sum(data, 100)
    lib.sum_slow(data, 100)
    call = lib.sum_slow(data, 100)
    entry = found["sum[sum_slow,m7]"]
    assert call.value == data.sum()
    assert (entry["cycles"], entry["instructions"]) == (call.cycles, call.instructions)
    assert entry["causes"] == call.causes
    assert [region["calls"] for region in entry["regions"]] == [1]


def test_the_first_call_is_measured_without_a_warm_up(bench: Bench) -> None:
    cold = 'name = "cold"\nimage = "m7.elf"\ncall = "sum"\nargs = [{ zeros = 10 }, 10]\n'
    bench.write(benchmark(cold, warm_up=0) + benchmark(cold.replace("cold", "warm")))
    bench.run("--json", bench.folder / "out.json")
    found = results(bench.folder / "out.json")
    assert "icache_miss" in found["cold"]["causes"]
    assert "icache_miss" not in found["warm"]["causes"]


def test_structures_arrays_and_floats_arrive(bench: Bench) -> None:
    (bench.folder / "x.bin").write_bytes(b"\0\0\x80\x3f" * 8)
    struct = (
        'name = "s"\nimage = "m4.elf"\ncall = "scaled_sum"\nargs = [{ values = [1, 2, 3], '
        'size = 3, factor = { by = 7 }, scratch = { zeros = 3, type = "int8", scratch = true } }]\n'
    )
    floats = 'name = "f{}"\nimage = "m4.elf"\ncall = "mean"\nargs = [{{ {} }}, 8]\n'
    kinds = ('file = "x.bin"', "fill = 0.5, size = 8", "random = 8, low = 0, high = 2")
    bench.write(
        benchmark(struct)
        + "".join(benchmark(floats.format(number, kind)) for number, kind in enumerate(kinds))
    )
    outcome = bench.run()
    assert outcome.status == 0, outcome
    values = [case.work.arguments for case in read_suite(bench.suite)]  # type: ignore[union-attr]
    assert values[0][0]["values"].array.tolist() == [1, 2, 3]
    assert values[1][0].array.tolist() == [1.0] * 8
    assert values[2][0].array.tolist() == [0.5] * 8
    assert 0 <= values[3][0].array.min() < values[3][0].array.max() <= 2


FAILURES = [
    ('image = "m4.elf"\ncall = "sum_wrong"\nsame_as = "sum"\nargs = [[1, 2], 2]',
     "sum_wrong and sum give different results: the value is 4 and 3"),
    ('image = "m4.elf"\ncall = "twice_wrong"\nsame_as = "twice"\n'
     "args = [[1, 2, 3, 4], { zeros = 4 }, 4, { zeros = 4, scratch = true }]",
     "twice_wrong and twice give different results: out[2] is 0 and 6"),
    ('image = "m4.elf"\ncall = "twice_wrong"\nsame_as = "twice"\n'
     "args = [[1, 2], { zeros = 2 }, 2, { zeros = 2 }]",
     "different results: scratch[0] is 2 and 1"),
    ('image = "m4.elf"\ncall = "sum"\nargs = [[1, 2], -3]',
     "sum: n is -3, outside 0 to 4294967295 of uint32_t"),
    ('image = "m4.elf"\ncall = "dies"\nargs = []', "dies: "),
    ('image = "m4.elf"\ncall = "hangs"\nargs = []\nmax_instructions = 1000',
     "hangs did not return: limit of "),
    ('image = "m4.elf"\ncall = "sum"\nargs = [{ zeros = 90 }, 90]\nmax_cycles = 100',
     "cycles, more than max_cycles = 100"),
    ('image = "hangs.elf"\ncore = "m4"\nmax_cycles = 5000', "limit of 5,000 cycles reached"),
    ('image = "fails.elf"\ncore = "m4"', "it ended with status "),
    ('image = "hello.elf"\ncore = "m4"\nstatus = 3', "it ended with status 0, not 3"),
    ('image = "hello.elf"\ncore = "m4"\noutput = "other.txt"',
     "it printed 6 bytes with SHA-256 "),
]  # fmt: skip


def test_what_fails_is_told_and_the_rest_goes_on(bench: Bench) -> None:
    for name, program in (("hello", HELLO), ("hangs", HANGS), ("fails", FAILS)):
        bench.program(f"{name}.elf", program)
    (bench.folder / "other.txt").write_text("Bye\n")
    texts = [text for text, _ in FAILURES] + ['image = "m4.elf"\ncall = "sum"\nargs = [[1], 1]']
    bench.write("".join(benchmark(text, name=f"b{k}") for k, text in enumerate(texts)))
    outcome = bench.run("--json", bench.folder / "out.json")
    assert outcome.status == 1
    assert outcome.out.endswith(f"{len(texts)} benchmarks, {len(FAILURES)} failed\n")
    *failed, good = results(bench.folder / "out.json").values()
    for entry, (_, why) in zip(failed, FAILURES, strict=True):
        assert why in entry["failure"]
        assert f"{entry['name']:<9} failed: {entry['failure']}\n" in outcome.out
    assert good["failure"] is None
    assert good["cycles"] > 0


def test_output_and_status_that_are_expected_pass(bench: Bench) -> None:
    bench.program("hello.elf", HELLO)
    bench.program("fails.elf", FAILS)
    (bench.folder / "hello.txt").write_text("Hello\n")
    hello = 'name = "h"\nimage = "hello.elf"\ncore = ["m4", "m7"]\noutput = "hello.txt"'
    bench.write(
        benchmark(hello) + benchmark('image = "fails.elf"\ncore = "m4"', name="f", status=1)
    )
    assert bench.run().status == 0


def test_some_can_be_chosen(bench: Bench) -> None:
    bench.program("hello.elf", HELLO)
    bench.write(SUITE)
    assert bench.run("--list", "--only", "slow").out.split() == [
        "sum[sum_slow,m4]", "sum[sum_slow,m7]"
    ]  # fmt: skip
    assert len(bench.run("--list", "--only", "*m7?", "--only", "hello").out.split()) == 4
    outcome = bench.run("--only", "nothing")
    assert outcome.status == 2
    assert "--only nothing matches none of 6 benchmarks of" in outcome.err


@pytest.mark.parametrize("option", ["--json", "--junit", "--markdown", "--action"])
def test_a_file_that_cannot_be_written_is_told_first(bench: Bench, option: str) -> None:
    bench.program("hello.elf", HELLO)
    bench.write(SUITE)
    outcome = bench.run(option, bench.folder / "no" / "file")
    assert (outcome.status, outcome.out) == (2, "")
    assert f"{option} {bench.folder}/no/file cannot be written" in outcome.err


def hanging(bench: Bench) -> None:
    bench.program("hangs.elf", HANGS)
    bench.program("hello.elf", HELLO)
    names = ("hangs", "hello")
    bench.write(
        "".join(benchmark(f'image = "{name}.elf"\ncore = "m4"', name=name) for name in names)
    )


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_shown_on_a_terminal_only(bench: Bench, terminal: bool) -> None:
    bench.program("hello.elf", HELLO)
    bench.write(benchmark('image = "hello.elf"\ncore = "m4"', name="hello"))
    ours, theirs = pty.openpty() if terminal else os.pipe()
    command = [sys.executable, "-m", "armsim", "bench", bench.suite]
    done = subprocess.run(
        command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=theirs, check=True
    )
    assert done.stdout.endswith(b"1 benchmark, 0 failed\n")
    if terminal:
        shown = os.read(ours, 4096)
        assert b"1/1 hello" in shown
        assert shown.endswith(b"\r\x1b[K")
    os.close(theirs)
    assert terminal or os.read(ours, 4096) == b""
    os.close(ours)


def test_a_process_that_dies_fails_its_benchmark_only(bench: Bench) -> None:
    hanging(bench)

    def kill() -> None:
        until(lambda: bool(multiprocessing.active_children()))
        time.sleep(3)  # it has its case by then, or will be given it in vain
        for child in multiprocessing.active_children():
            child.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    found = measure_all(read_suite(bench.suite), bench.folder, 1, lambda result: None)
    killer.join()
    assert [result.failure for result in found] == [
        "the process that measured it ended with signal SIGKILL", ""
    ]  # fmt: skip
    assert found[1].cycles > 0


def test_an_interrupt_leaves_no_process(bench: Bench) -> None:
    hanging(bench)
    command = [sys.executable, "-m", "armsim", "bench", bench.suite, "--jobs", "2"]
    process = subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE)
    until(lambda: len(children(process.pid)) >= 2)
    started = children(process.pid)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, b"armsim: interrupted\n")
    until(lambda: not any(Path(f"/proc/{child}").exists() for child in started))


def children(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(status.parent.name))
    return found


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)
