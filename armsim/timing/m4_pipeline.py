"""The pipeline of a Cortex-M4: in which cycle each instruction of a straight run executes, and why.

Cycles count from the entry of the run: 0 is the first in which its first instruction can execute
if nothing is in its way. An instruction executes in the cycle after the one in which it is decoded,
and not before the load/store unit takes one of its kind, its address operands have arrived, and the
FPU is free and has the operands. (Three stages: fetch, decode, execute; Arm DDI0439 2.1.)
"""

from collections.abc import Sequence
from typing import NamedTuple

from armsim.dsl import Timing
from armsim.dsl.cost import Cycles, Step
from armsim.timing.m4_prefetch import CODE_BUS, SYSTEM_BUS, PrefetchQueue, redirected
from armsim.timing.m4_units import (
    LINK,
    ONE,
    OTHER,
    Row,
    Shape,
    Work,
    redirect_after,
    taken_cycles,
)

FAILED = Work()  # an instruction whose condition does not hold
SYSTEM_SPACE = 0x2000_0000  # code from here on is fetched over the system bus
GROUP, STORE_GROUP = 3, 4  # see `Pipeline._group`


class State(NamedTuple):
    """What the pipeline holds between two instructions; waits count from the next one's cycle.

    `fetched` are the words in the prefetch queue (`PrefetchQueue`), `units` the waits of each kind
    of instruction and `cause` what they are booked on, `address` those of addresses that use a core
    register, `results` those of FP registers (as an operand, as an addend), `fpu` that of any FP
    instruction. `link` tells whether LR was written just now, `narrow` whether a 16-bit instruction
    went before, `base` is the base register of a load that another access can follow at once (-1
    without one), `group` how many wide instructions in a row are not word-aligned. `branched`
    is only known where flash has wait states: the words in `fetched` are those of a taken branch.
    """

    fetched: tuple[int, ...]
    units: Row = Row(0, 0, 0, 0, 0, 0)
    cause: str = "load_use"
    address: tuple[tuple[int, int], ...] = ()
    results: tuple[tuple[int, int, int], ...] = ()
    fpu: int = 0
    link: bool = False
    narrow: bool = False
    base: int = -1
    group: int = 0
    only_stores: bool = True
    branched: bool = False


class Executed(NamedTuple):
    """When an instruction executed, and what the model wants to know besides."""

    cycle: int
    own_wait: int  # how many of the cycles booked on it passed before it executed
    behind_load: bool  # it is in the second cycle of a load


def latency(address: int) -> int:
    """Return the cycles from the address phase of a fetch to decode."""
    return CODE_BUS if address < SYSTEM_SPACE else SYSTEM_BUS


class Pipeline:
    """A run in progress.

    Args:
        address: where the run starts.
        entry: what the pipeline holds, or None after a reset, an exception or the like: then it has
            just been redirected.
        group_rule: whether three wide instructions in a row that are not word-aligned cost a cycle.
    """

    def __init__(self, address: int, entry: State | None, *, group_rule: bool = False) -> None:
        state = entry or State(redirected(latency(address)))
        self.queue = PrefetchQueue(address, 0, state.fetched, latency(address))
        self.next = 0  # the first cycle in which the next instruction can execute
        self.steps: list[Cycles] = []
        self.executed: list[Executed] = []
        self.deadlines: dict[int, int] = {}  # word -> when it must have arrived to cost nothing
        self._ready = state.units  # by kind, in cycles of this run
        self._cause = state.cause
        self._address = dict(state.address)
        self._results = {slot: (result, addend) for slot, result, addend in state.results}
        self._fpu = state.fpu
        self._link = state.link  # LR was written by the instruction before
        self._narrow = state.narrow
        self._base = state.base
        self._group_rule = group_rule
        self._in_group, self._only_stores = state.group, state.only_stores
        self._link_ready = True

    def run(self, shapes: Sequence[Shape], failed: frozenset[int] = frozenset()) -> None:
        """Execute instructions; the conditions of those numbered in `failed` do not hold."""
        for number, shape in enumerate(shapes):
            if number in failed:
                self.execute(shape, FAILED, ONE)
            else:
                self.execute(shape, shape.work, shape.row)

    def execute(self, shape: Shape, work: Work, row: Row) -> None:
        """Execute one instruction as work that leaves `row`; one that can branch falls through."""
        kind = shape.step.timing
        if kind is Timing.IT and self._narrow:
            # Folded: decoded together with the 16-bit instruction before it [TRM; F407].
            self.queue.arrival(shape.words[-1])
            self.queue.release(shape.address, shape.size, self.next - 1)
            self.steps.append({})
            self.executed.append(Executed(self.next - 1, 0, False))
            return
        start, ready = self.next, self._ready
        cost = self._wait(shape, work)
        cycle = self.next
        for word in shape.words:
            self.deadlines.setdefault(word, cycle - 1)
        self.queue.release(shape.address, shape.size, cycle - 1)
        if kind is Timing.BRANCH_CONDITIONAL:
            self.queue.steal(cycle - 1)  # its target was fetched, in case
        behind_load = cycle == start and ready.other > cycle and work.starts != OTHER
        self.executed.append(Executed(cycle, cycle - start, behind_load))
        least = 1 if work is FAILED else shape.least  # what it takes whatever follows
        if least > 1:
            cost[work.cause] = cost.get(work.cause, 0) + least - 1
        self.steps.append(cost)
        self.next = cycle + least
        self._ready = Row._make([cycle + after for after in row])
        self._cause = work.cause
        self._narrow = shape.size == 2
        self._link_ready = not self._link
        self._link = False
        self._base = -1
        if work is not FAILED:
            self._note_results(shape, work, cycle)
            self._base = shape.base

    def _wait(self, shape: Shape, work: Work) -> Cycles:
        """Let time pass until an instruction executes; return that, and its own cycle, by cause."""
        cost: Cycles = {"issue": 1}
        ready = self._ready[work.starts]
        if ready > self.next:
            self._pass(cost, self._cause, ready)
        fetched = self.queue.arrival(shape.words[-1]) + 1
        if fetched > self.next:
            self._pass(cost, "fetch", fetched)
        if self._group_rule and self._group(shape.step, work is FAILED):
            self._pass(cost, "fetch", self.next + 1)
        if work is FAILED:
            return cost
        for register in shape.addresses:
            ready = self._address.get(register, 0)
            if ready > self.next:
                self._pass(cost, "agu_dependency", ready)
        if work.fp:
            ready = self._fpu
            for slot, as_addend in shape.operands:
                if slot in self._results:
                    ready = max(ready, self._results[slot][as_addend])
            if ready > self.next:
                self._pass(cost, "fp_latency", ready)
        return cost

    def _pass(self, cost: Cycles, cause: str, until: int) -> None:
        cost[cause] = cost.get(cause, 0) + until - self.next
        self.next = until

    def _group(self, step: Step, failed: bool) -> bool:
        """Tell whether an instruction is the one of its group that costs a cycle more.

        On some boards the third 32-bit instruction in a row at 2 mod 4 does, or the fourth if all
        are stores with an immediate offset [measured: nRF52840, STM32F407 with ART off].
        """
        if step.size != 4 or step.address & 2 == 0:
            self._in_group, self._only_stores = 0, True
            return False
        if self._in_group < 0:  # it has cost its cycle
            return False
        self._in_group += 1
        stores = step.timing in (Timing.STORE, Timing.STORE_NARROW) and step.access.index < 0
        self._only_stores &= stores and not failed
        if self._in_group < (STORE_GROUP if self._only_stores else GROUP):
            return False
        self._in_group = -1
        return True

    def _note_results(self, shape: Shape, work: Work, cycle: int) -> None:
        for register in shape.core_results:
            self._address[register] = cycle + work.address
            if register == LINK and shape.step.timing is not Timing.BRANCH_LINK:
                self._link = True
        for slot in shape.fp_results:
            self._results[slot] = (cycle + work.result, cycle + work.addend)
        if work.fp:
            self._fpu = cycle + max(work.fpu, 1)

    def leave(self, address: int, later: int = 0) -> State:
        """Return what is left for an instruction at `address` that goes on without a branch.

        It can execute `later` cycles after the next one could.
        """
        now = self.next + later
        return State(
            fetched=self.queue.ahead(address, now),
            units=Row(*(max(0, ready - now) for ready in self._ready)),
            cause=self._cause if max(self._ready) > now else "load_use",
            address=tuple(
                sorted((r, ready - now) for r, ready in self._address.items() if ready > now)
            ),
            results=tuple(
                sorted(
                    (slot, result - now, max(0, addend - now))
                    for slot, (result, addend) in self._results.items()
                    if result > now
                )
            ),
            fpu=max(0, self._fpu - now),
            link=self._link,
            narrow=self._narrow,
            base=self._base if self._ready.load < self._ready.other else -1,
            group=self._in_group if self._group_rule else 0,
            only_stores=self._only_stores if self._group_rule else True,
        )

    def branch(self, step: Step) -> tuple[Cycles, State]:
        """Return what it costs more that the last instruction, `step`, branches, and what is left.

        A taken branch empties the prefetch queue. Its target is taken to be fetched over the same
        bus.
        """
        taken = taken_cycles(step, redirect_after(step, self._link_ready), self.queue.latency)
        state = self.leave(step.address, sum(taken.values()))
        return taken, State(
            redirected(self.queue.latency), results=state.results, fpu=state.fpu, units=state.units,
            cause=state.cause,
        )  # fmt: skip
