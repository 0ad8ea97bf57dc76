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
from armsim.dsl.state import S0
from armsim.dsl.timing import BRANCHES
from armsim.timing.m4_prefetch import CODE_BUS, SYSTEM_BUS, PrefetchQueue, redirected
from armsim.timing.m4_units import (
    LINK,
    ONE,
    OTHER,
    PROGRAM_COUNTER,
    SINGLE_LOAD,
    Row,
    Work,
    redirect_after,
    taken_cycles,
    work_of,
)

ALWAYS = 14
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

    def run(self, steps: Sequence[Step], failed: frozenset[int] = frozenset()) -> None:
        """Execute instructions; the conditions of those numbered in `failed` do not hold."""
        for number, step in enumerate(steps):
            self.execute(step, number in failed)

    def execute(self, step: Step, failed: bool = False) -> None:
        """Execute one instruction; one that can branch falls through."""
        address, size = step.address, step.size
        last_word = (address + size - 1) >> 2
        arrival = self.queue.arrival(last_word)
        if step.timing is Timing.IT and self._narrow:
            # Folded: decoded together with the 16-bit instruction before it [TRM; F407].
            self.queue.release(address, size, self.next - 1)
            self.steps.append({})
            self.executed.append(Executed(self.next - 1, 0, False))
            return
        branches = step.timing in BRANCHES or PROGRAM_COUNTER in step.access.writes
        work = Work() if failed or (branches and step.condition != ALWAYS) else work_of(step)
        cycle, own = self._wait(step, work, arrival + 1, failed)
        behind_load = cycle == self.next and self._ready.other > cycle and work.starts != OTHER
        for word in range(address >> 2, last_word + 1):
            self.deadlines.setdefault(word, cycle - 1)
        self.queue.release(address, size, cycle - 1)
        if step.timing is Timing.BRANCH_CONDITIONAL:
            self.queue.steal(cycle - 1)  # its target was fetched, in case
        self.executed.append(Executed(cycle, own, behind_load))
        self._link_ready = not self._link
        row = ONE if branches else work.row
        least = min(row)  # what it takes whatever follows
        if least > 1:
            booked = self.steps[-1]
            booked[work.cause] = booked.get(work.cause, 0) + least - 1
        self.next = cycle + least
        self._ready = Row(*(cycle + after for after in row))
        self._cause = work.cause
        self._note_results(step, work, cycle, failed)
        self._narrow = size == 2
        single = row is SINGLE_LOAD and step.access.base not in step.access.writes
        self._base = step.access.base if single and not failed else -1

    def _wait(self, step: Step, work: Work, fetched: int, failed: bool) -> tuple[int, int]:
        """Return when an instruction executes, and book the cycles until then."""
        cost: Cycles = {"issue": 1}
        cycle = self.next
        own = 0

        def wait(until: int, cause: str) -> None:
            nonlocal cycle, own
            if until > cycle:
                cost[cause] = cost.get(cause, 0) + until - cycle
                own += until - cycle
                cycle = until

        wait(self._ready[work.starts], self._cause)
        wait(fetched, "fetch")
        if self._group_rule and self._group(step, failed):
            wait(cycle + 1, "fetch")
        if not failed:
            for register in (step.access.base, step.access.index):
                wait(self._address.get(register, 0), "agu_dependency")
            if work.fp:
                wait(self._fpu, "fp_latency")
                for slot in step.access.reads:
                    if slot in self._results:
                        result, addend = self._results[slot]
                        chained = slot in step.access.accumulator
                        wait(addend if chained else result, "fp_latency")
        self.steps.append(cost)
        return cycle, own

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

    def _note_results(self, step: Step, work: Work, cycle: int, failed: bool) -> None:
        self._link = False
        if failed:
            return
        for slot in step.access.writes:
            if slot >= S0:
                if work.fp:
                    self._results[slot] = (cycle + work.result, cycle + work.addend)
            elif slot < PROGRAM_COUNTER:
                self._address[slot] = cycle + work.address
                if slot == LINK and step.timing is not Timing.BRANCH_LINK:
                    self._link = True
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
