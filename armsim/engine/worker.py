"""Compiling meanings in processes of their own: one reads names, and prints IR as JSON lines."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

import armsim


def compile_all(names: Sequence[str], workers: int) -> Iterator[tuple[int, str]]:
    """Yield (number, IR text) for each named meaning, as they get ready.

    A meaning whose process dies is left out; the caller compiles what is missing.
    """
    results: queue.Queue[tuple[int, str] | None] = queue.Queue()

    def follow(worker: int) -> None:
        numbers = range(worker, len(names), workers)
        wanted = json.dumps([(number, names[number]) for number in numbers])
        try:
            with subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env={**os.environ, "PYTHONPATH": _search_path()},
            ) as process:
                assert process.stdin is not None and process.stdout is not None
                process.stdin.write(wanted)
                process.stdin.close()
                for line in process.stdout:
                    number, text = json.loads(line)
                    results.put((number, text))
        except (OSError, ValueError):
            pass  # what is missing is compiled by the caller
        finally:
            results.put(None)

    threads = [threading.Thread(target=follow, args=(k,), daemon=True) for k in range(workers)]
    for thread in threads:
        thread.start()
    running = workers
    while running:
        found = results.get()
        if found is None:
            running -= 1
        else:
            yield found


def _search_path() -> str:
    root = str(Path(armsim.__file__).parents[1])
    return os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)


def main() -> None:
    """Compile what standard input asks for."""
    from armsim.engine.build import compile_one

    for number, name in json.load(sys.stdin):
        module, _, attribute = name.rpartition(".")
        text = compile_one(getattr(import_module(module), attribute))
        print(json.dumps([number, text]), flush=True)


if __name__ == "__main__":
    main()
