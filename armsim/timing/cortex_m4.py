"""Cortex-M4: single issue, in order, three stages.

Sources: Arm DDI0439 (manual), measurements on STM32F407 and other chips, GCC's scheduling models;
the rules were tried against measured assembly (README.md here has the errors).
"""

from collections.abc import Mapping, Sequence

from armsim.dsl import Timing
from armsim.dsl.cost import BlockCost, Charge, Cost, Cycles, State, Step
from armsim.dsl.timing import LOADS, STORES
from armsim.timing import m4_pipeline
from armsim.timing.charges import CHARGES
from armsim.timing.divide import divide_early_out
from armsim.timing.m4_data import data_charges
from armsim.timing.m4_flash import BLOCK_WORDS, BLOCKS
from armsim.timing.m4_lines import (
    FLASH_END,
    Flash,
    data_charge,
    line_charges,
    lines_of,
    records_needed,
)
from armsim.timing.m4_pipeline import Pipeline
from armsim.timing.m4_prefetch import CODE_BUS
from armsim.timing.m4_units import ALWAYS, LONGEST_DIVISION, WORK, Shape, shape_of

MODEL_WORDS = 1 << 16  # at least so many the engine has
_MANUAL = "manual: DDI0439 3.3.3"
# An unaligned access is made of aligned ones: byte, halfword, byte; or two halfwords or bytes.
UNALIGNED: Mapping[tuple[int, int], Cost] = {
    (4, 1): Cost(2, _MANUAL), (4, 2): Cost(1, _MANUAL), (4, 3): Cost(2, _MANUAL),
    (2, 1): Cost(1, _MANUAL), (2, 3): Cost(1, _MANUAL),
}  # fmt: skip


class CortexM4:
    """The timing of a Cortex-M4 on one board.

    Args:
        slower_ram: start and end of RAM that takes a cycle more for the first access of a burst.
        group_rule: three wide instructions in a row that are not word-aligned cost a cycle, as on
            an nRF52840. On an STM32 they do so long as its accelerator keeps no lines of code
            (measured: STM32F407).
    """

    name = "cortex-m4"
    version = "m4-1.1"
    charge_functions = CHARGES
    unaligned_load = UNALIGNED
    unaligned_store = UNALIGNED

    def __init__(self, *, slower_ram: tuple[int, int] = (0, 0), group_rule: bool = False) -> None:
        self._slower_ram = slower_ram
        self._group_rule = group_rule
        self._flash = Flash(0)
        self._noted: dict[tuple[int, State, int], int] = {}

    def set_flash(self, flash: Flash) -> bool:
        """Take new settings of flash; tell whether they change what code costs."""
        changed = flash != self._flash
        self._flash = flash
        return changed

    @property
    def setting(self) -> Flash:
        """How flash is set."""
        return self._flash

    def block(self, run: Sequence[Step], entry: State) -> BlockCost:
        """Return what a straight run costs when it is entered in state `entry`."""
        assert entry is None or isinstance(entry, m4_pipeline.State)
        shapes = [shape_of(step) for step in run]
        pipeline = self._executed(shapes, entry)
        last = run[-1]
        fall = pipeline.leave(last.address + last.size)
        taken: Cycles = {}
        branch = fall
        branches = shapes[-1].branches
        if branches:
            taken, branch = pipeline.branch(last)
        before: dict[int, list[Charge]] = {}
        if self._flash.wait_states:
            self._wait_for_flash(run, entry, pipeline, before)
            branch = branch._replace(branched=branches)
        base = entry.base if entry is not None else -1
        for number, charge in data_charges(run, pipeline.executed, base, self._slower_ram):
            before.setdefault(number, []).append(charge)
        for number, step in enumerate(run):
            if step.timing is Timing.DIVIDE:
                arguments = tuple(step.values[name] for name in ("rn", "rm", "is_signed"))
                most = LONGEST_DIVISION.cycles - WORK[Timing.DIVIDE].row.other
                before.setdefault(number, []).append(Charge(divide_early_out, arguments, most))
        return BlockCost(
            steps=tuple(pipeline.steps),
            taken=taken,
            fall=fall,
            branch=branch,
            before={number: tuple(charges) for number, charges in before.items()},
            waits={k: done.own_wait for k, done in enumerate(pipeline.executed) if done.own_wait},
            skipped=self._refunds(shapes, entry, pipeline),
            unaligned=2 * sum(step.timing in LOADS or step.timing in STORES for step in run),
        )

    def _wait_for_flash(
        self,
        run: Sequence[Step],
        entry: m4_pipeline.State | None,
        pipeline: Pipeline,
        before: dict[int, list[Charge]],
    ) -> None:
        """Add the charges of code and data that come from flash with wait states."""
        address = run[0].address
        if address < FLASH_END:
            branched = entry is None or entry.branched
            known = len(entry.fetched) if entry is not None else CODE_BUS
            until, lines = lines_of(pipeline, address, branched, known)
            notes = [self._note(address, entry, k) for k in range(records_needed(lines))]
            before[0] = line_charges(until, lines, notes, self._flash)
        for number, step in enumerate(run):
            charge = data_charge(step, pipeline.executed[number].cycle, self._flash)
            if charge is not None:
                before.setdefault(number, []).append(charge)

    def _note(self, address: int, entry: State, part: int) -> int:
        """Return the number of a block among those that are noted; far too many share theirs."""
        room = (MODEL_WORDS - BLOCKS) // BLOCK_WORDS
        return self._noted.setdefault((address, entry, part), len(self._noted) % room)

    def _executed(
        self,
        shapes: Sequence[Shape],
        entry: m4_pipeline.State | None,
        failed: frozenset[int] = frozenset(),
    ) -> Pipeline:
        address = shapes[0].address
        grouped = self._group_rule or self._flash.slow_when_grouped
        pipeline = Pipeline(address, entry, group_rule=grouped and address < FLASH_END)
        pipeline.run(shapes, failed)
        return pipeline

    def _refunds(
        self, shapes: Sequence[Shape], entry: m4_pipeline.State | None, passed: Pipeline
    ) -> dict[int, tuple[str, int]]:
        """Return what instructions do not cost when their condition fails.

        In an IT block either all that have its condition fail or all that have the opposite one.
        So each refund is worked out with those before it, of its condition, failed as well.
        """
        refunds: dict[int, tuple[str, int]] = {}
        failed: dict[int, frozenset[int]] = {}  # by condition, in this IT block
        spent: dict[int, int] = {}
        for number, shape in enumerate(shapes):
            condition = shape.step.condition
            if condition == ALWAYS:
                failed.clear()
                continue
            earlier = failed.get(condition, frozenset())
            before = spent[condition] if earlier else passed.next
            failed[condition] = earlier | {number}
            after = self._executed(shapes, entry, failed[condition]).next
            spent[condition] = after
            if after != before:
                own = passed.steps[number]
                cause = max(own, key=lambda name: (name != "issue", own[name]))
                refunds[number] = (cause, before - after)
        return refunds
