"""Regions in use: which blocks are worth translating, and putting to work what was compiled."""

import weakref
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from armsim.engine.blocks import Code
from armsim.engine.build import Library
from armsim.engine.context import Block
from armsim.engine.operations import Meaning
from armsim.engine.region import Node, coarse, grow
from armsim.engine.workshop import Job, Workshop

# Instructions run by the threaded engine before anything is translated, and those of one block.
LONG, HOT = 20_000_000, 100_000
WARM = 20_000  # those of one block where translating is all that is wanted
SHARE = 0.0003  # of all that ran: what makes less of it can wait
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
        self._workshop = Workshop(charges, outside)
        weakref.finalize(self, self._workshop.retire)
        self._loaded: list[Library] = []  # in use as long as they are here
        self._made = 0
        self._regions: dict[int, Plan] = {}  # by number of a block that it had first
        self._pending = 0
        self.restart()

    def restart(self) -> None:
        """Look again from the first instruction on."""
        self._begun = self._next = self._decide = 0

    def forget(self) -> None:
        """Drop all regions: their code has changed. None of them is running."""
        self._regions.clear()
        self._decide = self._next = 0
        self._made = 0
        self._workshop.forget(self._loaded)
        self._loaded = []

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
                for node in plan.nodes:
                    self._regions.setdefault(node.run.number, plan)
                self._translate(plan)
            elif plan is not None and outside[number] >= hot and self._more(plan, outside, hot):
                self._translate(plan)

    def _more(self, plan: Plan, heat: npt.NDArray[np.int64], hot: float) -> bool:
        """Make blocks entries of their region that are often come to from outside."""
        if plan.pending or plan.again == MOST_AGAIN:
            return False
        own = [n for n in plan.nodes if self._regions[n.run.number] is plan]
        inner = [n for n in own if not n.entry and heat[n.run.number] >= hot / 8]
        for node in inner:
            node.entry = True
        plan.again += bool(inner)
        return bool(inner)

    def _translate(self, plan: Plan) -> None:
        self._made += 1
        job = Job(plan, plan.nodes, self._code.records, self._workshop.generation)
        plan.pending = True
        self._pending += 1
        if self._patient:
            self._workshop.make(job)
            self._install_ready()
        else:
            self._workshop.order(job)

    def _install_ready(self) -> None:
        """Put regions to work that are ready."""
        for job in self._workshop.finished():
            self._pending -= 1
            job.plan.pending = False
            if job.failure is not None:
                raise job.failure
            if job.library is None or job.translation is None:
                continue
            if job.generation != self._workshop.generation:
                self._workshop.unload([job.library])
                continue
            self._loaded.append(job.library)
            translation = job.translation
            table = translation.table()
            self._code.regions.append(table)
            for entry, node in enumerate(translation.entries):
                if self._regions[node.run.number] is not job.plan:
                    continue
                info = self._code.blocks[node.run.number]
                info[Block.NATIVE], info[Block.ENTRY] = job.address, entry
                info[Block.TABLE] = table.words.ctypes.data
