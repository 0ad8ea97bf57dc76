"""Regions in use: which blocks are worth translating, compiling them, and putting them to work.

Compiling takes a thread of its own, if it may, while the threaded engine goes on; what it made is
kept on disk under a digest of its text and of the host's processor.
"""

import atexit
import ctypes
import hashlib
import os
import queue
import threading
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from armsim.dsl import state
from armsim.engine import build, cache
from armsim.engine.blocks import Code
from armsim.engine.build import Library
from armsim.engine.context import Block
from armsim.engine.meaning_text import MeaningTexts
from armsim.engine.operations import Meaning, operation_table, parameters
from armsim.engine.region import Node, coarse, grow
from armsim.engine.semantics import cold_parts, symbol
from armsim.engine.translate import Translation, Translator

# Instructions run by the threaded engine before anything is translated, and those of one block.
LONG, HOT = 4_000_000, 100_000
WARM = 20_000  # those of one block where translating is all that is wanted
SHARE = 0.0005  # of all that ran: what makes less of it can wait
# Instructions between looks at what is hot, and between looks at what is compiled. What is looked
# at does not hang on what was compiled when, so that the same run makes the same regions again.
LOOK_FIRST, LOOK_LAST, LOOK_PENDING = 1_000_000, 1 << 26, 1_000_000
BEYOND = 1024  # more than a block or a region has: a run may stop that far before its limit
MOST_AGAIN = 2  # translations of a region for the sake of more entries
MOST_REGIONS = 2000  # in one process: a bound for memory


@dataclass(slots=True)
class Plan:
    """A region: its blocks, and how often it was translated again for the sake of entries."""

    nodes: list[Node]
    again: int = 0
    pending: bool = False


@dataclass(slots=True)
class Job:
    """A region to be compiled and loaded."""

    plan: Plan
    records: npt.NDArray[np.uint32]
    generation: int  # of the code it was made from
    translation: Translation | None = None
    library: Library | None = None
    address: int = 0
    failure: Exception | None = None


class Regions:
    """Translates what is hot.

    Args:
        code: the blocks.
        charges: those of the timing models.
        outside: host address of the addresses of what regions may call in the engine's object.
        patient: translate all that is warm, and let the run wait for it.
    """

    def __init__(
        self, code: Code, charges: tuple[Meaning, ...], outside: int, *, patient: bool = False
    ) -> None:
        self._code, self._patient = code, patient
        self._charges, self._outside = charges, outside
        self._translator: Translator | None = None
        self._addresses: dict[str, int] = {}
        self._loaded: list[Library] = []  # in use as long as they are here
        self._made = 0
        self._generation = 0
        self._regions: dict[int, Plan] = {}  # by number of a block that is in it
        self._todo: queue.SimpleQueue[Job | list[Library] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._pending = 0
        self.restart()

    def restart(self) -> None:
        """Look again from the first instruction on."""
        self._begun = self._next = self._decide = 0

    def forget(self) -> None:
        """Drop all regions: their code has changed. None of them is running."""
        self._generation += 1
        self._regions.clear()
        self._decide = self._next = 0
        self._made = 0
        self._unload(self._loaded)
        self._loaded = []

    def _unload(self, libraries: list[Library]) -> None:
        """Let the memory of regions go, in the thread that calls LLVM."""
        if self._thread is not None and libraries:
            self._todo.put(libraries)

    def look(self, done: int) -> int:
        """Look at what is hot if it is time to; return after how many instructions to come back."""
        if done >= self._next:
            self._install_ready()
            if not self._decide:
                self._begun = done
                self._decide = done + (LOOK_FIRST if self._patient else LONG)
            elif done >= self._decide:
                self._translate_hot()
            while self._decide <= done:
                since = self._decide - self._begun
                self._decide += min(max(since // 2, LOOK_FIRST), LOOK_LAST)
            soon = done + LOOK_PENDING if self._pending else self._decide
            self._next = min(self._decide, soon)
        return self._next + BEYOND

    def _translate_hot(self) -> None:
        """Translate what has become hot."""
        if self._made >= MOST_REGIONS:
            return
        code = self._code
        code.fold()
        blocks = code.blocks[: len(code.runs)]
        heat = blocks[:, Block.ENTERED] * blocks[:, Block.COUNT]
        outside = (blocks[:, Block.ENTERED] - blocks[:, Block.SEEN]) * blocks[:, Block.COUNT]
        hot = WARM if self._patient else max(HOT, SHARE * int(heat.sum()))
        for number in sorted(
            np.nonzero(heat >= hot)[0].tolist(), key=lambda n: coarse(int(heat[n]))
        ):
            plan = self._regions.get(number)
            if plan is None and code.is_current(number):
                run = code.runs[number]
                assert run is not None
                plan = Plan(grow(code, run, self._regions.keys()))
                self._regions.update((node.run.number, plan) for node in plan.nodes)
                self._translate(plan)
            elif plan is not None and outside[number] >= hot and self._more(plan, outside, hot):
                self._translate(plan)

    def _more(self, plan: Plan, heat: npt.NDArray[np.int64], hot: float) -> bool:
        """Make blocks entries of their region that are often come to from outside."""
        if plan.pending or plan.again == MOST_AGAIN:
            return False
        inner = [n for n in plan.nodes if not n.entry and heat[n.run.number] >= hot / 2]
        for node in inner:
            node.entry = True
        plan.again += bool(inner)
        return bool(inner)

    def _translate(self, plan: Plan) -> None:
        self._made += 1
        job = Job(plan, self._code.records, self._generation)
        plan.pending = True
        self._pending += 1
        if self._patient:
            self._compile(job)
            self._done.put(job)
            self._install_ready()
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()
            atexit.register(self.close)
        self._todo.put(job)

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

    def _work(self) -> None:
        if hasattr(os, "setpriority"):  # the run goes first
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 5)
        while (job := self._todo.get()) is not None:
            if isinstance(job, list):
                job.clear()
                continue
            if job.generation == self._generation:
                try:
                    self._compile(job)
                except Exception as failure:  # noqa: BLE001  raised again where the run goes on
                    job.failure = failure
            self._done.put(job)

    def close(self) -> None:
        """Let the compiling thread end; what it has not begun is dropped."""
        self._generation += 1
        self._todo.put(None)
        if self._thread is not None:
            self._thread.join()

    def _compile(self, job: Job) -> None:
        """Translate and load a region; all calls of LLVM are made in one thread, for it locks."""
        if self._translator is None:
            self._translator = self._make_translator()
        job.translation = self._translator.translate(job.plan.nodes, job.records)
        imports = {name: self._addresses[name] for name in job.translation.imports}
        imports |= {f"{name}.outside": address for name, address in imports.items()}
        job.library = Library(object_of(job.translation.text), ["region"], imports)
        job.address = job.library["region"]

    def _install_ready(self) -> None:
        """Put regions to work that are ready."""
        while not self._done.empty():
            job = self._done.get()
            self._pending -= 1
            job.plan.pending = False
            if job.failure is not None:
                raise job.failure
            if job.library is None or job.translation is None:
                continue
            if job.generation != self._generation:
                self._unload([job.library])
                continue
            self._loaded.append(job.library)
            translation = job.translation
            table = translation.table()
            self._code.regions.append((table, [node.run.number for node in translation.nodes]))
            for entry, node in enumerate(translation.entries):
                info = self._code.blocks[node.run.number]
                info[Block.NATIVE], info[Block.ENTRY] = job.address, entry
                info[Block.TABLE] = table.ctypes.data


def object_of(text: str) -> bytes:
    """Compile the text of a region, or find it on disk."""
    digest = hashlib.sha256(f"{build.region_target()}\n{text}".encode())
    name = f"region-{digest.hexdigest()[:32]}.o"
    kept = cache.read(name)
    if kept is None:
        kept = build.optimise_region(text)
        cache.write(name, kept)
    return kept
