"""Decoded code: straight runs of instructions as records that the interpreter executes.

A block starts where control arrives and ends with the first instruction that may branch or acts on
the machine, or after `LONGEST` instructions, but not within an IT block. Its cost is worked out
once by the timing model.
"""

from array import array
from bisect import bisect_right
from collections.abc import Hashable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from armsim.bits import WORD
from armsim.dsl import Timing
from armsim.dsl.cost import CAUSES, BlockCost, Charge, CoreModel, Cost, Cycles, State
from armsim.dsl.timing import BRANCHES
from armsim.engine.context import (
    END,
    LOOKUP_BITS,
    MODEL_WORDS,
    PAGE_BITS,
    PAGES,
    RECORD_WORDS,
    SKIP,
    STOP,
    UNALIGNED_WORDS,
    Block,
    Context,
    unaligned_word,
)
from armsim.engine.counts import Counted, Gone, Place, Run
from armsim.engine.decoder import (
    AL,
    Decoded,
    Decoder,
    UndefinedInstruction,
    advance_it,
    fault_in_it_block,
    is_wide,
)
from armsim.engine.operations import fp_guard, operation_table, set_pc
from armsim.engine.region_table import RegionTable
from armsim.machine.bus import MemoryFault
from armsim.machine.memory import Memory

LONGEST = 64
MOST_BLOCKS, MOST_SETTINGS = 50_000, 16  # what a hostile program may make us remember
_HALFWORDS = 1 << (PAGE_BITS - 1)


class Code:
    """All blocks of one machine, and the arrays through which compiled code sees them."""

    def __init__(self, memory: Memory, decoder: Decoder, model: CoreModel) -> None:
        self.memory, self.decoder, self.model = memory, decoder, model
        self.operations = operation_table(model.charge_functions)
        self._mode: tuple[bool, Hashable] = (True, model.setting)
        self.context = np.zeros(Context.WORDS, np.int64)
        self.context[Context.READ_MAP] = memory.read_map.ctypes.data
        self.context[Context.WRITE_MAP] = memory.write_map.ctypes.data
        self.unaligned = unaligned_costs(model)
        self.context[Context.UNALIGNED] = self.unaligned.ctypes.data
        self.lookup = np.zeros(1 << LOOKUP_BITS, np.int32)
        self.context[Context.LOOKUP] = self.lookup.ctypes.data
        self.context[Context.SELF] = self.context.ctypes.data
        self.model_words = np.zeros(MODEL_WORDS, np.int64)
        self.context[Context.MODEL] = self.model_words.ctypes.data
        self._states: list[State] = [None]
        self._state_numbers: dict[State, int] = {None: 0}
        self.watched: dict[int, int] = {}  # address of an instruction -> comparator
        self.gone = Gone()
        self.entry_map = np.zeros(PAGES, np.int32)
        self._spare: list[npt.NDArray[np.int32]] = []  # maps of no use now, cleared
        self.entries = np.zeros((16, _HALFWORDS), np.int32)
        self.blocks = np.zeros((256, Block.WORDS), np.int64)
        self.charges = np.zeros((256, len(CAUSES)), np.int64)  # what run-time charges have booked
        self.records = np.zeros((4096, RECORD_WORDS), np.uint32)
        self._reset_arrays()

    def _reset_arrays(self) -> None:
        self.blocks[0, Block.ADDRESS] = -1
        self.runs: list[Run | None] = [None]
        self.regions: list[RegionTable] = []
        self._firsts: list[int] = []
        self.endless: set[int] = set()  # addresses of blocks that only branch to themselves
        self._chunks = 1
        self._used = 0
        self._entry_of: dict[tuple[int, int], int] = {}
        self._decoded: dict[tuple[int, int, bool], list[Decoded]] = {}  # for all pipeline states
        self._modes = {self._mode: (self.entry_map, self._entry_of)}
        self._point()

    def _point(self) -> None:
        context = self.context
        context[Context.ENTRY_MAP] = self.entry_map.ctypes.data
        context[Context.ENTRIES] = self.entries.ctypes.data
        context[Context.BLOCKS] = self.blocks.ctypes.data
        context[Context.RECORDS] = self.records.ctypes.data
        context[Context.CHARGES] = self.charges.ctypes.data
        self.lookup[:] = 0

    def forget(self) -> None:
        """Drop every block, keeping what was counted."""
        for counted in self.counted():
            self.gone.add(counted)
        for entry_map, entry_of in self._modes.values():  # new arrays would cost more
            entry_map[[address >> PAGE_BITS for address, _ in entry_of]] = 0
            self._spare.append(entry_map)
        self.entry_map = self._spare.pop()
        self.entries[: self._chunks] = 0
        self.blocks[: len(self.runs)] = 0
        self.charges[: len(self.runs)] = 0
        self._reset_arrays()

    def restart(self) -> None:
        """Count from zero; the blocks stay."""
        self.model_words[:] = 0
        self.context[Context.STATE] = 0
        self.gone = Gone()
        self.fold()
        self.blocks[:, [Block.ENTERED, Block.BRANCHED, Block.SEEN]] = 0
        self.charges[:] = 0
        for run in self.runs[1:]:
            assert run is not None
            run.partial.clear()

    @property
    def crowded(self) -> bool:
        """Whether there are so many blocks, or settings, that it is better to begin anew."""
        return len(self.runs) > MOST_BLOCKS or len(self._modes) > MOST_SETTINGS

    def select(self, privileged: bool) -> None:
        """Use the blocks made for this privilege and for the model's setting.

        The MPU may forbid what belongs to the other privilege; another setting has other costs.
        """
        mode = (privileged, self.model.setting)
        if mode == self._mode:
            return
        self._mode = mode
        if mode not in self._modes:
            entry_map = self._spare.pop() if self._spare else np.zeros(PAGES, np.int32)
            self._modes[mode] = (entry_map, {})
        self.entry_map, self._entry_of = self._modes[mode]
        self._point()

    def fold(self) -> None:
        """Add what translated regions have counted to the counts of blocks."""
        for table in self.regions:
            entries, branches, charges = table.take()
            self.blocks[table.numbers, Block.ENTERED] += entries
            self.blocks[table.numbers, Block.SEEN] += entries
            self.blocks[table.numbers, Block.BRANCHED] += branches
            self.charges[table.numbers] += charges

    def counted(self) -> list[Counted]:
        """Return what all blocks have counted that are not gone."""
        self.fold()
        number = len(self.runs)
        counts = self.blocks[:number, [Block.ENTERED, Block.BRANCHED]].tolist()
        charged: list[bool] = np.any(self.charges[:number], axis=1).tolist()
        return [
            Counted(run, entered, branched, self._charged(run.number) if books else {})
            for run, (entered, branched), books in zip(self.runs, counts, charged, strict=True)
            if run is not None and (entered or books or run.partial)
        ]

    def by_address(self) -> dict[int, Place]:
        """Return what was counted at each address, of blocks that are gone, too."""
        everything = Gone()
        everything.places = {at: place.copy() for at, place in self.gone.places.items()}
        for counted in self.counted():
            everything.add(counted)
        return everything.places

    def _charged(self, number: int) -> Cycles:
        row = self.charges[number].tolist()
        return {cause: cycles for cause, cycles in zip(CAUSES, row, strict=True) if cycles}

    def find(self, record: int) -> tuple[Run, int]:
        """Return the run and the number of the instruction that a record belongs to."""
        run = self.runs[bisect_right(self._firsts, record)]
        assert run is not None
        return run, bisect_right(run.starts, record) - 1

    def state_number(self, state: State) -> int:
        """Return the number of a pipeline state."""
        number = self._state_numbers.get(state)
        if number is None:
            number = self._state_numbers[state] = len(self._states)
            self._states.append(state)
        return number

    def state_within(self, run: Run, done: int) -> int:
        """Return the number of the pipeline state after `done` instructions of a block."""
        entry = run.entry
        return self.state_number(self.model.block(run.steps[:done], entry).fall if done else entry)

    def at(self, address: int, itstate: int = 0) -> Run:
        """Return the block at `address` for the current pipeline state, making it if need be.

        Raises:
            MemoryFault: no memory there.
            UndefinedInstruction: its first instruction is not one of this core.
        """
        state = int(self.context[Context.STATE])
        if itstate == 0:
            known = self._entry_of.get((address, state))
            if known is not None:
                run = self.runs[known]
                assert run is not None
                return run
        return self._make(address, itstate, state)

    def known(self, address: int, state: int) -> Run | None:
        """Return the block at an address for a pipeline state, if it was made."""
        number = self._entry_of.get((address, state))
        return None if number is None else self.runs[number]

    def is_current(self, number: int) -> bool:
        """Tell whether a block is one of the present privilege and setting."""
        run = self.runs[number]
        return (
            run is not None
            and self.known(run.address, int(self.blocks[number, Block.STATE])) is run
        )

    def states_at(self, address: int) -> list[int]:
        """Return the pipeline states for which the block at an address was made."""
        first = self._first_at(address)
        states = []
        while first:
            states.append(int(self.blocks[first, Block.STATE]))
            first = int(self.blocks[first, Block.VARIANT])
        return states

    def _first_at(self, address: int) -> int:
        chunk = int(self.entry_map[address >> PAGE_BITS])
        return int(self.entries[chunk, (address & ((1 << PAGE_BITS) - 1)) >> 1])

    def _decode_run(self, address: int, itstate: int) -> list[Decoded]:
        steps: list[Decoded] = []
        at = address
        while len(steps) < LONGEST or itstate:
            try:
                first = self.memory.fetch(at)
                second = self.memory.fetch(at + 2) if is_wide(first) else 0
                step = self.decoder.decode(first, second, at, itstate)
            except (MemoryFault, UndefinedInstruction) as problem:
                if not steps and not (itstate and isinstance(problem, UndefinedInstruction)):
                    raise
                if not itstate:
                    break
                step = fault_in_it_block(problem, at, itstate)
            steps.append(step)
            if step.timing is Timing.IT:
                itstate = step.values["firstcond"] << 4 | step.values["itmask"]
            elif itstate:
                itstate = advance_it(itstate)
            at += step.size
            if ends_block(step) and not (itstate and step.instruction.system):
                break
        return steps

    def _make(self, address: int, itstate: int, state: int) -> Run:
        place = (address, itstate, self._mode[0])
        if place not in self._decoded:
            self._decoded[place] = self._decode_run(address, itstate)
        steps = self._decoded[place]
        cost = self.model.block(steps, self._states[state])
        number = len(self.runs)
        rows: list[tuple[int, ...]] = []
        starts = array("q")
        base = self._used
        guarded = False
        for position, step in enumerate(steps):
            starts.append(base + len(rows))
            records, guarded = self._records(step, guarded, cost, position)
            rows += records
        starts.append(base + len(rows))
        rows += [self._charge(charge) for charge in cost.after]
        rows.append((END,))
        self._grow(len(rows))
        padding = (0,) * RECORD_WORDS
        self.records[base : base + len(rows)] = [(*row, *padding[len(row) :]) for row in rows]
        self._used += len(rows)
        last = steps[-1]
        info = self.blocks[number]
        info[Block.FIRST] = base
        info[Block.COUNT] = len(steps)
        info[Block.CYCLES] = cost.total
        info[Block.TAKEN] = sum(cost.taken.values())
        info[Block.WORST] = cost.total + sum(cost.taken.values()) + cost.most_charged
        info[Block.NEXT] = last.address + last.size
        info[Block.STATE] = state
        info[Block.ADDRESS] = address if itstate == 0 else -1
        fall, branch = self.state_number(cost.fall), self.state_number(cost.branch)
        info[Block.FALL_STATE], info[Block.BRANCH_STATE] = fall, branch
        cost = replace(cost, fall=self._states[fall], branch=self._states[branch])  # keep one
        run = Run(number, address, steps, starts, cost, self._states[state])
        self.runs.append(run)
        self._firsts.append(base)
        self.memory.keep_code(address, last.address + last.size - address)
        if itstate == 0:
            self._enter_at(address, state, number)
        if is_endless(run):
            self.endless.add(address)
        return run

    def _charge(self, charge: Charge) -> tuple[int, ...]:
        return (self.operations[charge.function], *charge.arguments)

    def _records(
        self, step: Decoded, guarded: bool, cost: BlockCost, position: int
    ) -> tuple[list[tuple[int, ...]], bool]:
        table = self.operations
        inner: list[tuple[int, ...]] = []
        instruction = step.instruction
        if instruction.needs.startswith("fp") and not guarded:
            inner.append((table[fp_guard],))
            guarded = step.condition == AL
        if 15 in step.access.reads:
            inner.append((table[set_pc], step.address + 4))
        inner += [self._charge(charge) for charge in cost.before.get(position, ())]
        if instruction.system or step.address in self.watched:
            inner.append((STOP,))
        else:
            inner.append((table[instruction.meaning], *step.arguments))
        if step.condition != AL:
            cause, refund = cost.skipped.get(position, ("issue", 0))
            skip = (SKIP, step.condition, len(inner), refund & WORD, CAUSES.index(cause))
            return [skip, *inner], guarded
        return inner, guarded

    def _grow(self, rows: int) -> None:
        moved = False
        while self._used + rows > len(self.records):
            self.records = np.concatenate([self.records, np.zeros_like(self.records)])
            moved = True
        if len(self.runs) >= len(self.blocks):
            self.blocks = np.concatenate([self.blocks, np.zeros_like(self.blocks)])
            self.charges = np.concatenate([self.charges, np.zeros_like(self.charges)])
            moved = True
        if moved:
            self._point()

    def _enter_at(self, address: int, state: int, number: int) -> None:
        page = address >> PAGE_BITS
        chunk = int(self.entry_map[page])
        if chunk == 0:
            if self._chunks == len(self.entries):
                self.entries = np.concatenate([self.entries, np.zeros_like(self.entries)])
                self._point()
            chunk = self._chunks
            self._chunks += 1
            self.entry_map[page] = chunk
        place = (chunk, (address & ((1 << PAGE_BITS) - 1)) >> 1)
        self.blocks[number, Block.VARIANT] = self.entries[place]
        self.entries[place] = number
        self._entry_of[address, state] = number


def is_endless(run: Run) -> bool:
    """Tell whether a block does nothing but branch to itself."""
    *idle, last = run.steps
    return (
        last.timing is Timing.BRANCH
        and last.values.get("target") == run.address
        and all(step.timing is Timing.NOP for step in idle)
    )


def ends_block(step: Decoded) -> bool:
    """Tell whether an instruction may branch or acts on the machine."""
    return step.timing in BRANCHES or step.instruction.system or 15 in step.access.writes


def unaligned_costs(model: CoreModel) -> npt.NDArray[np.int64]:
    """Return what unaligned accesses cost, by `unaligned_word`."""
    costs = np.zeros(UNALIGNED_WORDS, np.int64)
    for store, rule in ((False, model.unaligned_load), (True, model.unaligned_store)):
        for size in (2, 4):
            for address in range(4):
                if address % size:
                    cost = rule if isinstance(rule, Cost) else rule[size, address]
                    costs[unaligned_word(store, size, address)] = cost.cycles
    return costs
