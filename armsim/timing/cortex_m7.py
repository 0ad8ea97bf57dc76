"""Cortex-M7: dual issue, in order, with branch prediction.

What a run of instructions costs follows from the pipeline (`cortex_m7_pipeline`), which issues them
one after the other; what only the run can know is charged: branch prediction
(`cortex_m7_predict`), and what addresses decide (`cortex_m7_data`).
"""

from collections.abc import Mapping, Sequence

from armsim.dsl import Timing
from armsim.dsl.cost import BlockCost, Charge, Cost, Cycles, State, Step
from armsim.dsl.timing import LOADS, STORES
from armsim.timing.charges import CHARGES
from armsim.timing.cortex_m7_data import (
    ENTRIES,
    READ_MODIFY_WRITE,
    SPLIT_PAIRS,
    narrow_store,
    same_bank,
    store_pairs,
)
from armsim.timing.cortex_m7_latency import BRANCH_FLAGS_AGE, JNK
from armsim.timing.cortex_m7_memory import Memory, packed
from armsim.timing.cortex_m7_operation import Operation, Place, operation
from armsim.timing.cortex_m7_pipeline import InFlight, Pipeline
from armsim.timing.cortex_m7_predict import (
    LOADED_TARGET,
    UNKNOWN_DIRECT,
    WRONG,
    WRONG_EARLY_FLAGS,
    WRONG_TARGET,
    btac_set,
    call,
    conditional,
    direct,
    indirect,
    indirect_call,
    predicated_call,
    returning,
)

ALWAYS, LR, PC = 14, 14, 15
_REMEMBERED = 1 << 16
_CONDITIONAL = (Timing.BRANCH_CONDITIONAL, Timing.COMPARE_BRANCH)


class CortexM7:
    """Dual issue, in order, six stages.

    Args:
        memory: what is around the core; by default everything answers at once.
    """

    name = "cortex-m7"
    version = "m7-1.1"
    charge_functions = CHARGES
    unaligned_load = Cost(3, JNK)
    unaligned_store = Cost(0, JNK)

    def __init__(self, memory: Memory | None = None) -> None:
        self.memory = memory or Memory()
        self._cycles: dict[tuple[tuple[str, int], ...], Cycles] = {}  # one of each
        # By operands, which instructions share that are the same but for their place.
        self._operations: dict[tuple[int, int], tuple[Mapping[str, int], Operation]] = {}

    @property
    def setting(self) -> Memory:
        """The memory around the core, as it is set."""
        return self.memory

    def block(self, run: Sequence[Step], entry: State) -> BlockCost:
        """Return what a straight run costs when it is entered in state `entry`."""
        assert entry is None or isinstance(entry, InFlight)
        slow = any(self.memory.fetch(run[0].address))
        pipeline = Pipeline(entry, self.memory if slow else None)
        operations = [self._operation(step) for step in run]
        steps: list[Cycles] = []
        lost: list[str | None] = []
        before: dict[int, list[Charge]] = {}
        lines = self.memory.code_charge(run[0].address, run[-1].address + run[-1].size)
        if lines is not None:
            before[0] = [lines]
        unknown: list[tuple[int, Pipeline, Place]] = []
        spent = [0]
        for number, (step, doing) in enumerate(zip(run, operations, strict=True)):
            place = pipeline.older_place
            kept = pipeline.copy() if pipeline.bank_is_unknown(doing) else None
            cycles, why = pipeline.issue(doing, step.address)
            if kept is not None and pipeline.younger and place is not None:
                unknown.append((number, kept, place))
            steps.append(self._cycles.setdefault(tuple(cycles.items()), cycles))
            lost.append(why)
            spent.append(spent[-1] + sum(cycles.values()))
            if step.timing is Timing.STORE_NARROW and doing.place is not None:
                before.setdefault(number, []).append(self._narrow_store(doing.place, spent[-1]))
            if doing.stores and doing.place is not None and doing.place.words % 2 == 0:
                charge = Charge(store_pairs, packed(doing.place), SPLIT_PAIRS)
                before.setdefault(number, []).append(charge)
            access = self.memory.data_charge(doing)
            if access is not None:
                before.setdefault(number, []).append(access)
        addresses = [step.address for step in run]
        for number, kept, place in unknown:
            ours = 2 * (spent[-1] - spent[number]) + pipeline.halves
            more = _halves(kept, operations[number:], addresses[number:]) - ours
            mine = operations[number].place
            if more > 0 and mine is not None:
                arguments = (*packed(place), *packed(mine), more)
                charge = Charge(same_bank, arguments, (more + 1) // 2)
                before.setdefault(number, []).insert(0, charge)
        accesses = sum(step.timing in LOADS or step.timing in STORES for step in run)
        return BlockCost(
            steps=tuple(steps),
            taken={},
            fall=pipeline.state(),
            branch=pipeline.state(branched=True),
            before={number: tuple(charges) for number, charges in before.items()},
            after=self._prediction(run[-1], pipeline),
            unaligned=4 * accesses,
            lost=tuple(lost),
        )

    def _operation(self, step: Step) -> Operation:
        key = id(step.values), step.condition
        known = self._operations.get(key)
        if known is not None and known[0] is step.values:
            return known[1]
        if len(self._operations) > _REMEMBERED:
            self._operations.clear()
        made = operation(step)
        self._operations[key] = (step.values, made)
        return made

    def _narrow_store(self, place: Place, issued: int) -> Charge:
        most = ENTRIES * READ_MODIFY_WRITE
        return Charge(narrow_store, (*packed(place), issued, *self.memory.dtcm), most)

    def _prediction(self, last: Step, pipeline: Pipeline) -> tuple[Charge, ...]:
        """Return the charge that predicts the last instruction of a run, if it may branch."""
        address, fall = last.address, last.address + last.size
        kind, words = last.timing, btac_set(last.address)
        predicated = last.condition != ALWAYS
        early = pipeline.flags_age >= BRANCH_FLAGS_AGE and kind is not Timing.COMPARE_BRANCH
        penalty = WRONG_EARLY_FLAGS if early else WRONG
        if kind in _CONDITIONAL or (kind is Timing.BRANCH and predicated):
            return (Charge(conditional, (address, fall, words, penalty), penalty),)
        if kind is Timing.BRANCH_LINK and predicated:
            return (Charge(predicated_call, (address, fall, words, penalty), penalty),)
        if kind is Timing.BRANCH:
            return (Charge(direct, (address, words), UNKNOWN_DIRECT),)
        if kind is Timing.BRANCH_LINK:
            return (Charge(call, (address, fall, words), UNKNOWN_DIRECT),)
        if kind is Timing.BRANCH_INDIRECT and LR in last.access.writes:
            return (Charge(indirect_call, (address, fall, words), WRONG_TARGET),)
        extra = LOADED_TARGET if kind in LOADS else 0
        if _is_return(last):
            arguments = (address, fall, words, extra, int(predicated))
            return (Charge(returning, arguments, WRONG_TARGET + extra),)
        if PC in last.access.writes or kind in (Timing.BRANCH_INDIRECT, Timing.TABLE_BRANCH):
            return (Charge(indirect, (address, fall, words, extra), WRONG_TARGET + extra),)
        return ()


def _is_return(step: Step) -> bool:
    if step.timing is Timing.BRANCH_INDIRECT:
        return LR in step.access.reads
    return step.timing is Timing.LOAD_MULTIPLE and PC in step.access.writes


def _halves(pipeline: Pipeline, operations: Sequence[Operation], addresses: Sequence[int]) -> int:
    """Return the half cycles that the rest of a run takes if its first load meets a bank."""
    total = 0
    for number, doing in enumerate(operations):
        cycles, _ = pipeline.issue(doing, addresses[number], same_bank=number == 0)
        total += sum(cycles.values())
    return 2 * total + pipeline.halves
