"""Cortex-M4, first version: costs by class, load and store pipelining, address dependencies.

Sources: Arm DDI0439 table 3-1 (manual); measurements restated in the compendium of Cortex-M4
micro-benchmarks and by the pipeline cycle tests on an STM32F407 (measured). Instructions come from
memory without wait states: the flash accelerator is taken to hide them.
"""

from collections.abc import Mapping, Sequence

from armsim.dsl import Timing
from armsim.dsl.cost import BlockCost, Charge, Cost, Cycles, State, Step, words_moved
from armsim.dsl.timing import LOADS, STORES
from armsim.timing.divide import CHARGES, divide_early_out

MANUAL, MEASURED = "manual: DDI0439 table 3-1", "measured: STM32F407"
_ONE = Cost(1, MANUAL)

# Cycles with nothing in the way; of a branch, when it is not taken.
COST: Mapping[Timing, Cost] = {
    **dict.fromkeys(Timing, _ONE),
    Timing.DIVIDE: Cost(2, MANUAL),  # and more at run time
    Timing.LOAD: Cost(2, MANUAL),
    Timing.LOAD_NARROW: Cost(2, MANUAL),
    Timing.LOAD_EXCLUSIVE: Cost(2, MANUAL),
    Timing.STORE_EXCLUSIVE: Cost(2, MANUAL),
    Timing.LOAD_DOUBLE: Cost(3, MANUAL),
    Timing.STORE_DOUBLE: Cost(3, MANUAL),
    Timing.TABLE_BRANCH: Cost(2, MANUAL),
    Timing.BARRIER: Cost(2, MEASURED),
    Timing.SYSTEM: Cost(2, MEASURED),
    Timing.FP_LOAD: Cost(2, MANUAL),
    Timing.FP_LOAD_DOUBLE: Cost(3, MANUAL),
    Timing.FP_STORE_DOUBLE: Cost(3, MANUAL),
    Timing.FP_TRANSFER_DOUBLE: Cost(2, MANUAL),
    Timing.FP_MULTIPLY_ACCUMULATE: Cost(3, MANUAL),
    Timing.FP_DIVIDE: Cost(14, MANUAL),
    Timing.FP_SQUARE_ROOT: Cost(14, MANUAL),
}
# Cycles added by the pipeline refill when the branch is taken.
TAKEN: Mapping[Timing, Cost] = {
    Timing.BRANCH: Cost(1, MEASURED),
    Timing.BRANCH_CONDITIONAL: Cost(1, MEASURED),
    Timing.BRANCH_LINK: Cost(1, MEASURED),
    Timing.BRANCH_INDIRECT: Cost(2, MEASURED),
    Timing.COMPARE_BRANCH: Cost(2, MEASURED),
    Timing.TABLE_BRANCH: Cost(4, MEASURED),
}
LONGEST_DIVISION = 12  # manual
OTHER_TAKEN = Cost(2, MEASURED)  # an ALU result or a load to PC
LOAD_PC_TAKEN = Cost(3, MEASURED)
_PIPELINED = {Timing.LOAD, Timing.LOAD_NARROW, Timing.LOAD_EXCLUSIVE, Timing.FP_LOAD}
_MULTIPLE = {
    Timing.LOAD_MULTIPLE, Timing.STORE_MULTIPLE, Timing.FP_LOAD_MULTIPLE, Timing.FP_STORE_MULTIPLE
}  # fmt: skip
_FP_RESULT = {Timing.FP_ADD, Timing.FP_MULTIPLY, Timing.FP_CONVERT, Timing.FP_MULTIPLY_ACCUMULATE}
_FP_USE = _FP_RESULT | {Timing.FP_COMPARE, Timing.FP_DIVIDE, Timing.FP_SQUARE_ROOT}
_DATA_PROCESSING_ENDS = LOADS | STORES


class CortexM4:
    """Single issue, in order, three stages."""

    name = "cortex-m4"
    version = "m4-0.1"
    charge_functions = CHARGES
    unaligned_load = Cost(1, "manual: DDI0439 3.3.3, a word at 1 or 3 mod 4 takes 2")
    unaligned_store = Cost(1, "manual: DDI0439 3.3.3")

    def block(self, run: Sequence[Step], entry: State) -> BlockCost:
        """Return what a straight run costs; this version does not look across blocks."""
        steps: list[Cycles] = []
        before: dict[int, tuple[Charge, ...]] = {}
        skipped: dict[int, tuple[str, int]] = {}
        previous: Step | None = None
        for number, step in enumerate(run):
            steps.append(self._step(step, previous))
            if step.timing is Timing.DIVIDE:
                arguments = tuple(step.values[name] for name in ("rn", "rm", "is_signed"))
                before[number] = (Charge(divide_early_out, arguments, LONGEST_DIVISION - 2),)
            more = [(cause, n) for cause, n in steps[-1].items() if cause in ("bus", "multicycle")]
            if more:
                skipped[number] = more[0]  # a failed condition takes one cycle (manual)
            previous = step
        accesses = sum(step.timing in LOADS or step.timing in STORES for step in run)
        return BlockCost(
            steps=tuple(steps),
            taken=self._taken(run[-1]),
            before=before,
            skipped=skipped,
            unaligned=accesses,
        )

    def _step(self, step: Step, previous: Step | None) -> Cycles:
        kind = step.timing
        cost: Cycles = {"issue": 1}
        extra = COST[kind].cycles - 1
        if kind in _MULTIPLE:
            extra = words_moved(step)
        if kind is Timing.IT and previous is not None and previous.size == 2:
            return {}  # folded (manual)
        if kind is Timing.STORE or kind is Timing.STORE_NARROW:
            extra = 1 if step.access.index >= 0 else 0
        if previous is not None:
            before = previous.access.writes
            address = {step.access.base, step.access.index} - {-1}
            chained = previous.timing in _PIPELINED and not before & address
            if kind in _PIPELINED and chained:
                extra = 0
            if address & before and previous.timing not in _DATA_PROCESSING_ENDS:
                cost["agu_dependency"] = 1
            if kind in _FP_USE and previous.timing in _FP_RESULT:
                needed = step.access.reads - (
                    step.access.accumulator if kind is Timing.FP_MULTIPLY_ACCUMULATE else set()
                )
                if needed & before:
                    cost["fp_latency"] = 1
        if extra:
            cost["bus" if kind in LOADS or kind in STORES else "multicycle"] = extra
        return cost

    def _taken(self, last: Step) -> Cycles:
        if last.timing in TAKEN:
            return {"branch": TAKEN[last.timing].cycles}
        loads = last.timing in LOADS
        if last.timing is Timing.LOAD_MULTIPLE:
            return {"branch": 1}
        return {"branch": (LOAD_PC_TAKEN if loads else OTHER_TAKEN).cycles}
