"""Cortex-M7, first version: two instructions a cycle where classes and operands allow it.

Sources: pipeline cycle tests on an STM32H743 (measured), LLVM's scheduling model written by Arm
people, and a trace-driven prototype fitted to measured programs. Branches are taken to be
predicted, caches and tightly coupled memory to hit.
"""

from collections.abc import Mapping, Sequence

from armsim.dsl import Timing
from armsim.dsl.cost import BlockCost, Cost, Cycles, State, Step, words_moved
from armsim.dsl.state import S0
from armsim.dsl.timing import BRANCHES, LOADS, STORES
from armsim.timing.divide import CHARGES

MEASURED, LLVM, GUESS = "measured: STM32H743", "LLVM ARMScheduleM7.td", "guess"
_ONE = Cost(1, MEASURED)

# Cycles for which nothing else issues.
COST: Mapping[Timing, Cost] = {
    **dict.fromkeys(Timing, _ONE),
    Timing.DIVIDE: Cost(7, LLVM),
    Timing.TABLE_BRANCH: Cost(2, LLVM),
    Timing.BARRIER: Cost(2, GUESS),
    Timing.SYSTEM: Cost(2, GUESS),
    Timing.FP_DIVIDE: Cost(16, MEASURED),
    Timing.FP_SQUARE_ROOT: Cost(14, MEASURED),
}
# Cycles from issue until an ALU, and until an address, can use the result.
RESULT: Mapping[Timing, tuple[Cost, Cost]] = {
    Timing.LOAD: (Cost(1, MEASURED), Cost(2, LLVM)),
    Timing.LOAD_NARROW: (Cost(2, MEASURED), Cost(3, LLVM)),
    Timing.LOAD_DOUBLE: (Cost(1, MEASURED), Cost(2, LLVM)),
    Timing.LOAD_MULTIPLE: (Cost(1, MEASURED), Cost(2, LLVM)),
    Timing.MULTIPLY: (Cost(2, MEASURED), Cost(3, LLVM)),
    Timing.MULTIPLY_ACCUMULATE: (Cost(2, MEASURED), Cost(3, LLVM)),
    Timing.MULTIPLY_LONG: (Cost(2, MEASURED), Cost(3, LLVM)),
    Timing.MULTIPLY_LONG_ACCUMULATE: (Cost(2, MEASURED), Cost(3, LLVM)),
    Timing.SATURATE: (Cost(2, LLVM), Cost(3, LLVM)),
    Timing.FP_ADD: (Cost(3, MEASURED), Cost(3, MEASURED)),
    Timing.FP_MULTIPLY: (Cost(3, MEASURED), Cost(3, MEASURED)),
    Timing.FP_MULTIPLY_ACCUMULATE: (Cost(5, MEASURED), Cost(5, MEASURED)),
    Timing.FP_CONVERT: (Cost(3, MEASURED), Cost(3, MEASURED)),
    Timing.FP_TRANSFER: (Cost(1, MEASURED), Cost(1, MEASURED)),
    Timing.FP_LOAD: (Cost(1, MEASURED), Cost(1, MEASURED)),
}
_DEFAULT_RESULT = (Cost(1, MEASURED), Cost(2, MEASURED))
_MAC_CHAIN = Cost(1, MEASURED)
MISPREDICT_SHARE = Cost(0, GUESS)

_MULTIPLIES = {
    Timing.MULTIPLY, Timing.MULTIPLY_ACCUMULATE, Timing.MULTIPLY_LONG,
    Timing.MULTIPLY_LONG_ACCUMULATE,
}  # fmt: skip
_DSP = {
    Timing.EXTEND, Timing.EXTEND_ADD, Timing.BITFIELD, Timing.PACK, Timing.REVERSE, Timing.COUNT,
    Timing.SELECT, Timing.PARALLEL, Timing.SATURATE,
}  # fmt: skip
_ALONE = {
    Timing.LOAD_DOUBLE, Timing.LOAD_MULTIPLE, Timing.STORE_DOUBLE, Timing.STORE_MULTIPLE,
    Timing.LOAD_EXCLUSIVE, Timing.STORE_EXCLUSIVE, Timing.DIVIDE, Timing.TABLE_BRANCH,
    Timing.BARRIER, Timing.SYSTEM, Timing.EXCEPTION, Timing.WAIT, Timing.FP_TRANSFER_DOUBLE,
    Timing.FP_STATUS, Timing.FP_LOAD_DOUBLE, Timing.FP_LOAD_MULTIPLE, Timing.FP_STORE_DOUBLE,
    Timing.FP_STORE_MULTIPLE,
}  # fmt: skip
_FP_ARITHMETIC = {
    Timing.FP_ADD, Timing.FP_MULTIPLY, Timing.FP_MULTIPLY_ACCUMULATE, Timing.FP_DIVIDE,
    Timing.FP_SQUARE_ROOT, Timing.FP_CONVERT, Timing.FP_COMPARE,
}  # fmt: skip
_SINGLE_LOADS = {Timing.LOAD, Timing.LOAD_NARROW, Timing.FP_LOAD}
_SINGLE_STORES = {Timing.STORE, Timing.STORE_NARROW, Timing.FP_STORE}
_MULTIPLE_WORDS = {
    Timing.LOAD_DOUBLE, Timing.LOAD_MULTIPLE, Timing.STORE_DOUBLE, Timing.STORE_MULTIPLE,
    Timing.FP_LOAD_DOUBLE, Timing.FP_LOAD_MULTIPLE, Timing.FP_STORE_DOUBLE,
    Timing.FP_STORE_MULTIPLE,
}  # fmt: skip
_FLAGS = -2


def can_pair(older: Step, younger: Step) -> bool:
    """Tell whether two instructions may issue in one cycle, operands aside."""
    first, second = older.timing, younger.timing
    if first in _ALONE or second in _ALONE or first in BRANCHES:
        return False
    if first in _MULTIPLIES and (second in _MULTIPLIES or second in _SINGLE_STORES):
        return False
    if first in _SINGLE_STORES and (second in _SINGLE_STORES or second in _MULTIPLIES):
        return False
    if first in _SINGLE_LOADS and second in _SINGLE_LOADS:
        same_base = older.access.base == younger.access.base
        here, there = older.values.get("offset", 0), younger.values.get("offset", 0)
        return not (same_base and (here ^ there) & 4 == 0)
    if second in _DSP:
        return False
    if older.access.shifted >= 0 and younger.access.shifted >= 0:
        return False
    return not (first in _FP_ARITHMETIC and second in _FP_ARITHMETIC)


class CortexM7:
    """Dual issue, in order, six stages."""

    name = "cortex-m7"
    version = "m7-0.1"
    charge_functions = CHARGES
    unaligned_load = Cost(3, MEASURED)
    unaligned_store = Cost(0, MEASURED)

    def block(self, run: Sequence[Step], entry: State) -> BlockCost:
        """Return what a straight run costs; this version does not look across blocks."""
        ready: dict[int, tuple[int, int, str]] = {}  # slot -> (for ALU, for address, cause)
        steps: list[Cycles] = []
        clock = -1  # cycle of the last issue
        older: Step | None = None  # alone in that cycle so far
        free = 0  # first cycle in which anything can issue
        for step in run:
            needed, cause = self._operands(step, ready)
            if older is not None and needed <= clock and free <= clock and can_pair(older, step):
                steps.append({})
                issued, older = clock, None
            else:
                earliest = max(clock + 1, free)
                issued = max(earliest, needed)
                cost: Cycles = {"issue": 1}
                if earliest > clock + 1:
                    cost["multicycle"] = earliest - clock - 1
                if issued > earliest:
                    cost[cause] = cost.get(cause, 0) + issued - earliest
                steps.append(cost)
                older = step
            clock = issued
            free = issued + self._busy(step)
            if self._busy(step) > 1:
                older = None
            else:
                free = issued
            self._results(step, issued, ready)
        tail = max(0, free - clock - 1)
        if tail and steps:
            steps[-1]["multicycle"] = steps[-1].get("multicycle", 0) + tail
        accesses = sum(step.timing in LOADS or step.timing in STORES for step in run)
        return BlockCost(steps=tuple(steps), taken={}, unaligned=4 * accesses)

    def _busy(self, step: Step) -> int:
        if step.timing in _MULTIPLE_WORDS:
            return (words_moved(step) + 1) // 2
        return COST[step.timing].cycles

    def _operands(self, step: Step, ready: dict[int, tuple[int, int, str]]) -> tuple[int, str]:
        latest, cause = 0, "load_use"
        access = step.access
        address = {access.base, access.index, access.shifted}
        for slot in access.reads:
            if slot not in ready:
                continue
            alu, agu, why = ready[slot]
            when = agu if slot in address else alu
            if slot in access.data:
                when = min(when, alu - 1)
            if slot in access.accumulator and why == "mac_chain":
                when = alu - _MAC_CHAIN.cycles
            if when > latest:
                latest, cause = when, why
                if slot in address and why == "issue":
                    cause = "agu_dependency"
        if access.reads_flags and _FLAGS in ready and ready[_FLAGS][0] > latest:
            latest, cause = ready[_FLAGS][0], "issue"
        return latest, cause

    def _results(self, step: Step, issued: int, ready: dict[int, tuple[int, int, str]]) -> None:
        alu, agu = RESULT.get(step.timing, _DEFAULT_RESULT)
        why = "issue"
        if step.timing in LOADS:
            why = "load_use"
        elif step.timing in _MULTIPLIES:
            why = "mac_chain"
        elif step.access.writes and max(step.access.writes) >= S0:
            why = "fp_latency"
        for slot in step.access.writes:
            back = step.access.writeback and slot == step.access.base
            ready[slot] = (
                (issued + 1, issued + 1, "issue")
                if back
                else (issued + alu.cycles, issued + agu.cycles, why)
            )
        if step.access.sets_flags:
            ready[_FLAGS] = (issued + 1, issued + 1, "issue")
