"""Where regions are compiled: in a thread of its own, while the threaded engine goes on.

What was made is kept on disk under a digest of its text and of the host's processor. LLVM is called
in one thread only, as its calls wait for each other.
"""

import atexit
import ctypes
import hashlib
import os
import queue
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from armsim.dsl import state
from armsim.engine import build, cache
from armsim.engine.build import Library
from armsim.engine.meaning_text import MeaningTexts
from armsim.engine.operations import Meaning, operation_table, parameters
from armsim.engine.region import Node
from armsim.engine.semantics import cold_parts, symbol
from armsim.engine.translate import Translation, Translator


@dataclass(slots=True)
class Job:
    """A region to be compiled and loaded; `plan` is whatever its maker knows it by."""

    plan: Any
    nodes: list[Node]
    records: npt.NDArray[np.uint32]
    generation: int  # of the code it was made from
    translation: Translation | None = None
    library: Library | None = None
    address: int = 0
    failure: Exception | None = None


_at_work: "weakref.WeakSet[Workshop]" = weakref.WeakSet()


def any_at_work() -> bool:
    """Tell whether a thread may be compiling, which would hold up the end of the process."""
    return bool(_at_work)


class Workshop:
    """Compiles regions, one after the other.

    Args:
        charges: those of the timing models.
        outside: host address of the addresses of what regions may call in the engine's object.
    """

    def __init__(self, charges: tuple[Meaning, ...], outside: int) -> None:
        self._charges, self._outside = charges, outside
        self._translator: Translator | None = None
        self._addresses: dict[str, int] = {}
        self._todo: queue.SimpleQueue[Job | list[Library] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self.generation = 0  # of the code; jobs for earlier ones are not worth the time

    def order(self, job: Job) -> None:
        """Have a job done in time."""
        if self._thread is None:
            _at_work.add(self)
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()
            atexit.register(self._close)
        self._todo.put(job)

    def make(self, job: Job) -> None:
        """Do a job now."""
        self._compile(job)
        self._done.put(job)

    def finished(self) -> Iterator[Job]:
        """Yield what is done."""
        while not self._done.empty():
            yield self._done.get()

    def forget(self, libraries: list[Library]) -> None:
        """Drop all jobs so far, and regions in use, none of which is running."""
        self.generation += 1
        self.unload(libraries)

    def unload(self, libraries: list[Library]) -> None:
        """Let the memory of regions go, in the thread that calls LLVM."""
        if self._thread is not None and libraries:
            self._todo.put(libraries)

    def retire(self) -> None:
        """Let the thread end after what it is doing, as nobody waits for more."""
        self.generation += 1
        self._todo.put(None)
        atexit.unregister(self._close)

    def _close(self) -> None:
        self.retire()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        if hasattr(os, "setpriority"):  # the run goes first
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 5)
        while (job := self._todo.get()) is not None:
            if isinstance(job, list):
                job.clear()
                continue
            if job.generation == self.generation:
                try:
                    self._compile(job)
                except Exception as failure:  # noqa: BLE001  raised again where the run goes on
                    job.failure = failure
            self._done.put(job)

    def _compile(self, job: Job) -> None:
        if self._translator is None:
            self._translator = self._make_translator()
        job.translation = self._translator.translate(job.nodes, job.records)
        imports = {name: self._addresses[name] for name in job.translation.imports}
        imports |= {f"{name}.outside": address for name, address in imports.items()}
        job.library = Library(object_of(job.translation.text), ["region"], imports)
        job.address = job.library["region"]

    def _make_translator(self) -> Translator:
        table = operation_table(self._charges)
        texts, outside = build.texts_by_symbol(self._charges)
        found = (ctypes.c_uint64 * len(outside)).from_address(self._outside)
        self._addresses = dict(zip(outside, found, strict=True))
        cold = {symbol(part) for part in cold_parts(table)}
        operations = {
            number: (symbol(meaning), parameters(meaning)) for meaning, number in table.items()
        }
        return Translator(operations, symbol(state.condition_passed), MeaningTexts(texts, cold))


def object_of(text: str) -> bytes:
    """Compile the text of a region, or find it on disk."""
    digest = hashlib.sha256(f"{build.region_target()}\n{text}".encode())
    name = f"region-{digest.hexdigest()[:32]}.o"
    kept = cache.read(name)
    if kept is None:
        kept = build.optimise_region(text)
        cache.write(name, kept)
    return kept
