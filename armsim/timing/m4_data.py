"""Cortex-M4: which loads and stores have to be looked at when their addresses are known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from armsim.dsl import Timing
from armsim.dsl.cost import Charge, Step, words_moved
from armsim.timing.m4_bus import other_slave, place_word, slower_ram
from armsim.timing.m4_pipeline import Executed
from armsim.timing.m4_units import SINGLE_LOADS

_STORES = {Timing.STORE, Timing.STORE_NARROW, Timing.FP_STORE}
_BURSTS = {
    Timing.LOAD_DOUBLE, Timing.STORE_DOUBLE, Timing.LOAD_MULTIPLE, Timing.STORE_MULTIPLE,
    Timing.FP_LOAD_DOUBLE, Timing.FP_STORE_DOUBLE, Timing.FP_LOAD_MULTIPLE,
    Timing.FP_STORE_MULTIPLE,
}  # fmt: skip
_DOWNWARDS = ("push", "stmdb", "ldmdb")
WORD = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Place:
    """Where an access goes: registers, as `m4_bus.place_word` packs them, and a constant."""

    registers: int
    offset: int

    @property
    def arguments(self) -> tuple[int, int]:
        """As a charge takes it."""
        return self.registers, self.offset & WORD


def place(step: Step) -> Place | None:
    """Return where a load or store begins; None if it is neither."""
    values, access = step.values, step.access
    if "address" in values and access.base < 0:
        return Place(place_word(-1, -1, 0), values["address"])
    if access.base < 0:
        return None
    offset = values.get("offset", 0)
    if step.name.endswith("_post"):
        offset = 0
    if step.name.startswith(_DOWNWARDS):
        offset = -4 * words_moved(step)
    return Place(place_word(access.base, access.index, values.get("shift_n", 0)), offset)


def base_place(base: int) -> Place:
    """Return the place that a base register points to."""
    return Place(place_word(base, -1, 0), 0)


def data_charges(
    run: Sequence[Step],
    executed: Sequence[Executed],
    base: int,
    slower: tuple[int, int],
) -> Iterator[tuple[int, Charge]]:
    """Yield what to charge before an instruction of a run, with its number.

    Args:
        run: the instructions.
        executed: when each executes.
        base: the base register of a load just before the run, if what follows can overlap with it.
        slower: start and end of RAM that takes a cycle more for the first access of a burst.
    """
    before = base_place(base) if base >= 0 else None
    before_registers: set[int] = set()
    for number, step in enumerate(run):
        load, store = step.timing in SINGLE_LOADS, step.timing in _STORES
        here = place(step) if load or store or step.timing in _BURSTS else None
        if here is not None and before is not None and executed[number].behind_load:
            if before.registers != here.registers or here.registers == place_word(-1, -1, 0):
                spoilt = run[number - 1].access.writes if number else frozenset[int]()
                where = number - 1 if before_registers & spoilt else number
                range_ = slower if load else (0, 0)
                both = (*before.arguments, *here.arguments, *range_)
                yield where, Charge(other_slave, both, 2)
        elif here is not None and not store and slower[1]:
            arguments = (*here.arguments, *slower)
            yield number, Charge(slower_ram, arguments, 1)
        before = here if load else None
        before_registers = {step.access.base, step.access.index}
