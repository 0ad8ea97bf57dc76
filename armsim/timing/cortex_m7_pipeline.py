"""Cortex-M7: the issue stage, at most two instructions a cycle, in order.

Times are relative to the cycle of the last issue. An instruction joins its predecessor in that
cycle, in the younger slot, if classes, operands and fetch allow; otherwise it goes first in a later
one. Pairs slide: nothing ties them to 8-byte boundaries.
"""

from typing import NamedTuple

from armsim.dsl.cost import Cycles
from armsim.timing.cortex_m7_latency import (
    BRANCH_FLAGS_AGE,
    FUSED_AFTER_CHAINED,
    LONGEST,
    NEEDS,
    QUIET_AFTER_MAC,
    RESULTS,
    STORED_WORD,
)
from armsim.timing.cortex_m7_memory import LINE, Memory
from armsim.timing.cortex_m7_operation import (
    ALONE,
    BRANCH,
    DSP,
    FP,
    FP_MOVE,
    LOAD,
    MULTIPLY,
    SHIFT,
    STORE,
    Operation,
    Place,
)

CHUNK = 8  # bytes that a fetch brings (DDI0489, 64-bit interfaces)
AHEAD = -3  # the queue holds 4 chunks: the next one was fetched 3 cycles ago at the earliest
LATENCY = {row: {need: getattr(result, need) for need in NEEDS} for row, result in RESULTS.items()}


def _alike(soonest: int) -> dict[tuple[str, int], tuple[str, int] | None]:
    """Return for each row and age the first one that is as far away, or None if it is there.

    `soonest` are the cycles to the next issue: what is there by then need not be told apart.
    """
    first: dict[tuple[object, ...], tuple[str, int]] = {}
    found: dict[tuple[str, int], tuple[str, int] | None] = {}
    for row, result in RESULTS.items():
        for age in range(LONGEST[row]):
            left = tuple(max(LATENCY[row][need] - age, soonest) for need in NEEDS)
            same = first.setdefault((left, result.cause if max(left) > 1 else ""), (row, age))
            found[row, age] = same if max(left) > soonest else None
    return found


_ALIKE = (_alike(0), _alike(1))
_MEMORY_OR_MOVE = (LOAD, STORE, FP_MOVE)


class Older(NamedTuple):
    """An instruction that is alone in its cycle, as far as its pairing goes."""

    kind: str
    fields: bool
    shifts: bool
    mac: str


class InFlight(NamedTuple):
    """What the pipeline holds, relative to the last issue: the state between two runs.

    The defaults are a pipeline after reset, an exception or a misprediction.
    """

    older: Older | None = None
    older_place: Place | None = None  # the address of a load, in registers as they are now
    ready: tuple[tuple[int, str, int], ...] = ()  # register, row of RESULTS, cycles since
    flags_age: int = BRANCH_FLAGS_AGE
    flags_ready: int = 0
    fetched: int = 1  # arrival of the bytes at which the next instruction starts
    stores: tuple[tuple[Place, int], ...] = ()  # address, cycles since
    mac: str = ""  # the last FP multiply-accumulate: `fused` or `chained`
    mac_age: int = 0
    fresh: bool = False  # the next instruction is a target, and its fetch may be slow


class Pipeline:
    """The pipeline while instructions issue."""

    def __init__(self, state: InFlight | None = None, memory: Memory | None = None) -> None:
        state = state or InFlight()
        self.older, self.older_place = state.older, state.older_place
        self.ready = {slot: (row, age) for slot, row, age in state.ready}
        self.flags_age, self.flags_ready = state.flags_age, state.flags_ready
        self.fetched = self.last_fetched = state.fetched  # the latter: where the last one ended
        self.stores = list(state.stores)
        self.mac, self.mac_age = state.mac, state.mac_age
        self.memory = memory
        self.fresh = state.fresh
        self.early = self.younger = False  # how the last instruction was issued

    def state(self, *, branched: bool = False) -> InFlight:
        """Return what is in flight, as a value; `branched`: the next instruction is a target.

        What cannot make a difference any more is left out, so that fewer states are different.
        """
        soonest = 0 if self.halves == 1 else 1  # cycles to the next issue
        known = sorted((slot, *row_and_age) for slot, row_and_age in self.ready.items())
        alike = [(slot, _ALIKE[soonest][row, age]) for slot, row, age in known]
        return InFlight(
            older=self.older,
            older_place=self.older_place,
            ready=tuple((slot, *one) for slot, one in alike if one is not None),
            flags_age=self.flags_age,
            flags_ready=self.flags_ready if self.flags_ready - self.flags_age > soonest else 0,
            fetched=max(self.last_fetched + 1 if branched else self.fetched, AHEAD),
            stores=tuple(self.stores),
            mac=self.mac,
            mac_age=self.mac_age,
            fresh=branched and self.memory is not None,
        )

    def copy(self) -> "Pipeline":
        """Return another pipeline with the same in flight."""
        copied = Pipeline(self.state(), self.memory)
        copied.fresh = self.fresh
        return copied

    @property
    def halves(self) -> int:
        """How far the current cycle is used, in half cycles: 1 while the younger slot is free."""
        return 2 if self.older is None or self.older.kind == ALONE else 1

    def issue(
        self, operation: Operation, address: int, *, same_bank: bool = False
    ) -> tuple[Cycles, str | None]:
        """Issue an instruction; return its cycles by cause, and why it did not join another.

        `same_bank`: a load meets the bank of the load before it.
        """
        start, cause = self._operands(operation)
        end = address + operation.size
        straddles = address // CHUNK != (end - 1) // CHUNK
        waits = 0
        if self.memory is not None:
            if self.fresh or address % CHUNK == 0:
                waits = _slow(self.memory, address, first=self.fresh)
            if straddles:
                waits += _slow(self.memory, end - 1, first=False)
            self.fresh = False
        self.last_fetched = self.fetched + straddles + waits
        if self.last_fetched > start:
            start, cause = self.last_fetched, "flash_wait" if waits else "fetch"
        self.fetched = self.last_fetched + (end % CHUNK == 0)
        lost = None
        cycles: Cycles = {}
        if self.older is not None:
            lost = "bank" if same_bank else self._conflict(operation)
            if lost is None and start > 0:
                lost = "operand" if cause not in ("fetch", "store_buffer") else cause
        if self.older is not None and lost is None:
            start, self.younger = 0, True
        else:
            if start > 1:
                cycles[cause] = start - 1
            start, self.younger = max(1, start), False
            cycles["issue"] = cycles.get("issue", 0) + 1
        self.early = self._runs_early(operation, start)
        if operation.occupancy > 1:
            more = operation.occupancy - 1
            cycles[operation.cause] = cycles.get(operation.cause, 0) + more
        self._advance(operation, start)
        return cycles, lost

    def _operands(self, operation: Operation) -> tuple[int, str]:
        """Return the first cycle in which all operands are there, and what is waited for."""
        start, cause = -9, "issue"
        for slot, need in operation.needs:
            known = self.ready.get(slot)
            if known is None:
                continue
            row, age = known
            when = LATENCY[row][need] - age
            if when > start:
                start, cause = when, RESULTS[row].cause
                if need == "address" and cause == "issue":
                    cause = "agu_dependency"
        if operation.waits_for_flags and self.flags_ready - self.flags_age > start:
            start = self.flags_ready - self.flags_age
            cause = "issue"
        if self.mac:
            quiet = QUIET_AFTER_MAC - self.mac_age if operation.quiet else 0
            if self.mac == "chained" and operation.mac == "fused":
                quiet = FUSED_AFTER_CHAINED - self.mac_age
            if quiet > start:
                start, cause = quiet, "fp_latency"
        if operation.place is not None and operation.loads and self.stores:
            for place, age in self.stores:
                if STORED_WORD - age > start and _overlap(place, operation.place):
                    start, cause = STORED_WORD - age, "store_buffer"
        return start, cause

    def _conflict(self, operation: Operation) -> str | None:
        """Return why an instruction cannot join the older one whatever its operands."""
        assert self.older is not None
        kind, fields, shifts, mac = self.older
        other = operation.kind
        if kind == ALONE or other == ALONE:
            return "alone"
        if kind == other:
            if kind in (MULTIPLY, STORE, FP, BRANCH):
                return f"two {kind}"
            if kind == DSP:
                return "two dsp"
            if kind == LOAD and self._same_bank(operation):
                return "bank"
        if other == DSP:
            return "dsp not first"
        if (kind == MULTIPLY and other == STORE) or (kind == STORE and other == MULTIPLY):
            return "multiply and store"
        if operation.shifts and (shifts or kind == SHIFT or fields):
            return "two shifted"
        if (mac and other in _MEMORY_OR_MOVE) or (operation.mac and kind in _MEMORY_OR_MOVE):
            return "fp multiply-accumulate"
        if self.mac and self.mac_age < QUIET_AFTER_MAC and _moves_fp(operation):
            return "fp multiply-accumulate"
        return None

    def _same_bank(self, operation: Operation) -> bool:
        """Tell whether two loads are known to want the same bank: even or odd words."""
        one, two = self.older_place, operation.place
        if one is None or two is None or not _comparable(one, two):
            return False
        return (one.offset ^ two.offset) & 4 == 0

    def bank_is_unknown(self, operation: Operation) -> bool:
        """Tell whether only the run can say if a load meets the bank of the load before it."""
        one, two = self.older_place, operation.place
        if self.older is None or self.older.kind != LOAD or operation.kind != LOAD:
            return False
        return one is not None and two is not None and not _comparable(one, two)

    def _runs_early(self, operation: Operation, start: int) -> bool:
        if not operation.early:
            return False
        if self.younger:
            assert self.older is not None
            if operation.early == "early_alu" or self.older.shifts:
                return False
        for slot, _ in operation.needs:
            known = self.ready.get(slot)
            if known is not None and LATENCY[known[0]][operation.early] - known[1] > start:
                return False
        return True

    def _advance(self, operation: Operation, start: int) -> None:
        """Let time pass to the last cycle of an instruction, and note what it leaves behind."""
        passed = start + operation.occupancy - 1
        self.fetched = max(self.fetched - passed, AHEAD)
        self.last_fetched = max(self.last_fetched - passed, AHEAD)
        self.flags_age = min(self.flags_age + passed, BRANCH_FLAGS_AGE)
        if passed:
            self.ready = {
                slot: (row, age + passed)
                for slot, (row, age) in self.ready.items()
                if age + passed < LONGEST[row]
            }
            self.stores = [
                (place, age + passed) for place, age in self.stores if age + passed < STORED_WORD
            ]
            if self.mac:
                self.mac_age += passed
                if self.mac_age >= QUIET_AFTER_MAC:
                    self.mac, self.mac_age = "", 0
        last = operation.occupancy - 1
        self._move(operation)
        for slot, row, delay in operation.results:
            made = "early" if self.early else row
            if last - delay < LONGEST[made]:
                self.ready[slot] = (made, last - delay)
            else:
                self.ready.pop(slot, None)
        if operation.flags:
            self.flags_age, self.flags_ready = last, operation.flags
        if operation.mac:
            self.mac, self.mac_age = operation.mac, last
        if operation.occupancy > 1:
            self.older = Older(ALONE, False, False, "")
        elif self.younger:
            self.older = None
        else:
            self.older = Older(operation.kind, operation.fields, operation.shifts, operation.mac)

    def _move(self, operation: Operation) -> None:
        """Keep the addresses of stores and of the last load true while registers change."""
        place, moves = operation.place, operation.moves
        base = place.base if place is not None else -1
        changed = operation.writes - {base} if moves else operation.writes
        if self.stores:
            self.stores = [
                (known.moved(moves) if moves and known.base == base else known, age)
                for known, age in self.stores
                if known.base not in changed and known.index not in operation.writes
            ]
        self.older_place = None
        if place is None or base in changed or place.index in changed:
            return
        here = place.moved(moves) if moves else place
        if operation.kind == LOAD and not self.younger:
            self.older_place = here
        elif operation.stores:
            self.stores.append((here, operation.occupancy - 1))


def _slow(memory: Memory, address: int, *, first: bool) -> int:
    """Return how much longer than a cycle a fetch takes; `first`: the last was from elsewhere."""
    line, again = memory.fetch(address)
    return line if first or address // CHUNK * CHUNK % LINE == 0 else again


def _moves_fp(operation: Operation) -> bool:
    if operation.kind == FP_MOVE:
        return True
    moved = any(need == "fp_stored" for _, need in operation.needs)
    moved |= any(row == "fp_word" for _, row, _ in operation.results)
    return operation.kind in (LOAD, STORE) and moved


def _comparable(one: Place, two: Place) -> bool:
    return (one.base, one.index, one.shift) == (two.base, two.index, two.shift)


def _overlap(one: Place, two: Place) -> bool:
    if not _comparable(one, two):
        return False
    first, second = one.offset >> 2, two.offset >> 2
    return first < second + two.words and second < first + one.words
