"""What each instruction occupies in a Cortex-M4, and when its results can be used.

The load/store unit decides most: a load takes two cycles, but the second is free for another load
or store. A row says, for each kind of follower, how many cycles after this instruction's execution
it may execute. Sources: [TRM] Arm DDI0439 table 3-1 and 3.3.3; [F407] measured on an STM32F407 and
tried against measured assembly; [GCC] the scheduling models cortex-m4.md and cortex-m4-fpu.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from armsim.dsl import Timing
from armsim.dsl.cost import Cost, Step, words_moved
from armsim.dsl.state import S0
from armsim.dsl.timing import BRANCHES

TRM, F407, GCC = "manual: DDI0439", "measured: STM32F407", "GCC: cortex-m4-fpu.md"


class Row(NamedTuple):
    """Cycles from an instruction's execution until one of each kind may execute."""

    other: int
    load: int
    store: int
    load_multiple: int
    store_multiple: int
    nop: int


def _all(cycles: int) -> Row:
    return Row(*(cycles,) * len(Row._fields))


OTHER, LOAD, STORE, LOAD_MULTIPLE, STORE_MULTIPLE, NOP = range(len(Row._fields))
ONE = _all(1)
SINGLE_LOAD = Row(2, 1, 1, 2, 2, 1)  # [F407]: behind it a load, a store or a NOP is free
STORE_IMMEDIATE = Row(1, 2, 1, 2, 1, 1)  # [F407]: the write buffer holds one store
STORE_REGISTER = Row(2, 2, 2, 2, 2, 1)  # [F407]
DOUBLE = _all(3)  # [TRM] 1 + N


@dataclass(frozen=True, slots=True)
class Work:
    """What the pipeline has to know of one instruction.

    `starts` is the kind (a field of `Row`) it counts as, `row` what it leaves, `cause` what waiting
    for it is booked on. An address may use what it writes to a core register `address` cycles after
    its execution. It waits for the FPU if `fp`, keeps that busy for `fpu` cycles, and FP registers
    that it writes can be used after `result` cycles, as the addend of a MAC after `addend`.
    """

    starts: int = OTHER
    row: Row = ONE
    cause: str = "multicycle"
    address: int = 2
    fp: bool = False
    fpu: int = 0
    result: int = 1
    addend: int = 1


def _of(cost: Cost) -> Work:
    return Work(row=_all(cost.cycles), address=cost.cycles + 1)


def _fp(cost: Cost, result: int, addend: int) -> Work:
    """Return FP work that leaves the rest of the core free: integer instructions go on."""
    return Work(fp=True, fpu=cost.cycles, result=result, addend=addend)


_LOAD = Work(LOAD, SINGLE_LOAD, "load_use")
_STORE = Work(STORE, STORE_IMMEDIATE, "store_buffer")
_STORE_REGISTER = Work(STORE, STORE_REGISTER, "store_buffer")
_FP_LOAD = Work(LOAD, SINGLE_LOAD, "load_use", fp=True, result=2, addend=2)
_FP_STORE = Work(STORE, STORE_IMMEDIATE, "store_buffer", fp=True)
_ARITHMETIC = _fp(Cost(1, TRM), 2, 1)  # [GCC]: latency 2, 1 into the addend of a MAC
_PLAIN = Work()

WORK: Mapping[Timing, Work] = {
    **dict.fromkeys(Timing, _PLAIN),  # [TRM]: 1 cycle
    Timing.DIVIDE: _of(Cost(2, TRM)),  # and more at run time
    Timing.BARRIER: _of(Cost(2, F407)),
    Timing.SYSTEM: _of(Cost(2, F407)),
    Timing.NOP: Work(NOP),
    Timing.LOAD: _LOAD,
    Timing.LOAD_NARROW: _LOAD,
    Timing.LOAD_EXCLUSIVE: _LOAD,
    Timing.STORE_EXCLUSIVE: _LOAD,  # [TRM]: it returns a result as a load does
    Timing.PRELOAD: _LOAD,
    Timing.TABLE_BRANCH: Work(LOAD),
    Timing.STORE: _STORE,
    Timing.STORE_NARROW: _STORE,
    Timing.LOAD_DOUBLE: Work(LOAD_MULTIPLE, DOUBLE, "multicycle", 3),
    Timing.STORE_DOUBLE: Work(STORE_MULTIPLE, DOUBLE, "multicycle", 2),
    Timing.FP_MOVE: Work(fp=True),  # [GCC]
    Timing.FP_TRANSFER: Work(fp=True),
    Timing.FP_TRANSFER_DOUBLE: Work(row=_all(2), address=3, fp=True, result=2, addend=2),
    Timing.FP_STATUS: Work(fp=True),
    Timing.FP_COMPARE: Work(fp=True),
    Timing.FP_ADD: _ARITHMETIC,
    Timing.FP_MULTIPLY: _ARITHMETIC,
    Timing.FP_CONVERT: _ARITHMETIC,
    Timing.FP_MULTIPLY_ACCUMULATE: _fp(Cost(3, TRM), 4, 3),  # [GCC]: 3 into an addend
    Timing.FP_DIVIDE: _fp(Cost(14, TRM), 15, 14),  # [GCC]
    Timing.FP_SQUARE_ROOT: _fp(Cost(14, TRM), 15, 14),
    Timing.FP_LOAD: _FP_LOAD,
    Timing.FP_STORE: _FP_STORE,
    Timing.FP_LOAD_DOUBLE: Work(LOAD_MULTIPLE, DOUBLE, fp=True, result=3, addend=3),
    Timing.FP_STORE_DOUBLE: Work(STORE_MULTIPLE, DOUBLE, fp=True),
}
LINK, PROGRAM_COUNTER = 14, 15
ALWAYS = 14  # a condition
LONGEST_DIVISION = Cost(12, TRM)
SINGLE_LOADS = frozenset(kind for kind, work in WORK.items() if work.row is SINGLE_LOAD)
_MULTIPLE = {
    Timing.LOAD_MULTIPLE: LOAD_MULTIPLE,
    Timing.STORE_MULTIPLE: STORE_MULTIPLE,
    Timing.FP_LOAD_MULTIPLE: LOAD_MULTIPLE,
    Timing.FP_STORE_MULTIPLE: STORE_MULTIPLE,
}


def work_of(step: Step) -> Work:
    """Return what an instruction occupies when its condition holds."""
    kind = step.timing
    if kind in _MULTIPLE:
        cycles = 1 + words_moved(step)  # [TRM], and nothing pipelines with it
        fp = kind in (Timing.FP_LOAD_MULTIPLE, Timing.FP_STORE_MULTIPLE)
        return Work(_MULTIPLE[kind], _all(cycles), "multicycle", 2, fp, 0, cycles, cycles)
    if kind in (Timing.STORE, Timing.STORE_NARROW) and step.access.index >= 0:
        return _STORE_REGISTER
    if kind is Timing.STORE_EXCLUSIVE and step.access.base < 0:
        return _PLAIN  # CLREX
    return WORK[kind]


@dataclass(slots=True, eq=False)
class Shape:
    """An instruction as the pipeline sees it, worked out once."""

    step: Step
    address: int
    size: int
    words: range  # of code
    work: Work
    row: Row  # what it leaves
    least: int  # cycles that it takes whatever follows
    branches: bool
    addresses: tuple[int, ...]  # registers of its address
    operands: tuple[tuple[int, bool], ...]  # FP registers, and whether as an addend
    core_results: tuple[int, ...]
    fp_results: tuple[int, ...]
    base: int  # register that a load behind it may share; -1 if it is no such load


def shape_of(step: Step) -> Shape:
    """Return what the pipeline has to know of an instruction."""
    access, address, size = step.access, step.address, step.size
    branches = step.timing in BRANCHES or PROGRAM_COUNTER in access.writes
    work = _PLAIN if branches and step.condition != ALWAYS else work_of(step)
    row = ONE if branches else work.row
    alone = row is SINGLE_LOAD and access.base not in access.writes
    return Shape(
        step=step,
        address=address,
        size=size,
        words=range(address >> 2, (address + size + 3) >> 2),
        work=work,
        row=row,
        least=min(row),
        branches=branches,
        addresses=tuple(r for r in (access.base, access.index) if r >= 0),
        operands=tuple((s, s in access.accumulator) for s in sorted(access.reads) if s >= S0),
        core_results=tuple(sorted(r for r in access.writes if r < PROGRAM_COUNTER)),
        fp_results=tuple(sorted(s for s in access.writes if s >= S0)) if work.fp else (),
        base=access.base if alone else -1,
    )


# How long after its execution a taken branch puts its target's address on the bus [F407].
REDIRECT: Mapping[Timing, int] = {
    Timing.BRANCH: -1,
    Timing.BRANCH_CONDITIONAL: -1,
    Timing.BRANCH_LINK: -1,
    Timing.BRANCH_INDIRECT: 0,  # or -1, see `redirect_after`
    Timing.COMPARE_BRANCH: 0,
    Timing.TABLE_BRANCH: 3,
    Timing.LOAD: 2,
}


def redirect_after(step: Step, link_ready: bool) -> int:
    """Return how many cycles after its execution a taken branch fetches from its target.

    `link_ready` tells whether LR can be read when it is decoded: BX LR and MOV PC,LR then look at
    it early, as a direct branch does with its target.
    """
    kind = step.timing
    if kind is Timing.LOAD_MULTIPLE:
        return words_moved(step) - 1
    if kind in REDIRECT and kind is not Timing.BRANCH_INDIRECT:
        return REDIRECT[kind]
    through_link = step.access.reads == {LINK}
    return -1 if through_link and link_ready else 0


def taken_cycles(step: Step, redirect: int, latency: int) -> dict[str, int]:
    """Return what a taken branch costs beyond one cycle, by cause.

    It asks for its target `redirect` cycles after its execution; `latency` cycles later that can be
    decoded, and one later executed.
    """
    more = redirect + latency
    loads = 0
    if step.timing is Timing.LOAD_MULTIPLE:
        loads = words_moved(step)
    elif step.timing in (Timing.LOAD, Timing.TABLE_BRANCH):
        loads = 1
    cause = "multicycle" if step.timing is Timing.LOAD_MULTIPLE else "load_use"
    return {**({cause: loads} if loads else {}), "branch": more - loads}
