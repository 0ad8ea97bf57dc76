"""Cortex-M4: when a block asks for each line of flash, and until when the line may come at no cost.

All of it is counted as if every line were there; what comes late delays everything behind it, which
is left to `m4_flash`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from armsim.dsl import Timing
from armsim.dsl.cost import Charge, Step, words_moved
from armsim.dsl.timing import LOADS
from armsim.timing.m4_data import WORD, Place, place
from armsim.timing.m4_flash import (
    BEFORE,
    BLOCK_WORDS,
    BLOCKS,
    DCACHE,
    HIT,
    ICACHE,
    LINE_BITS,
    MOST_LINES,
    NEVER,
    PREFETCH,
    flash_data,
    flash_lines,
)
from armsim.timing.m4_pipeline import Pipeline
from armsim.timing.m4_prefetch import CODE_BUS

FLASH_END = 0x1000_0000  # of what the accelerator stands before
_IN_RECORD = 8  # lines that one charge takes
_FURTHEST = 511  # cycles between two requests
_FIRST = -3  # when a branch asks for its target: `CODE_BUS` cycles and decode before it executes
_WORDS_IN_LINE = 1 << LINE_BITS - 2
_ENTRY_LIMIT = 511


@dataclass(frozen=True, slots=True)
class Flash:
    """How flash is set: wait states, what the accelerator does, how many lines it keeps."""

    wait_states: int
    icache: bool = False
    dcache: bool = False
    prefetch: bool = False
    lines: int = MOST_LINES
    data_lines: int = 8
    accelerator: bool = False

    @property
    def slow_when_grouped(self) -> bool:
        """Whether the group rule holds (`m4_pipeline.Pipeline`): it is known with the cache off."""
        return self.accelerator and not self.icache

    @property
    def settings(self) -> int:
        """As the charges take it."""
        return (
            self.wait_states
            | (ICACHE if self.icache else 0)
            | (DCACHE if self.dcache else 0)
            | (PREFETCH if self.prefetch else 0)
        )


@dataclass(slots=True)
class Line:
    """A line that a block asks for: when, how many words, by when the first has to come."""

    number: int
    asked: int
    words: int
    deadline: int | None = None


def lines_of(
    pipeline: Pipeline, address: int, branched: bool, known: int
) -> tuple[int, list[Line]]:
    """Return until when the line asked for before may come, and the lines that a run asks for.

    `branched` tells whether the run is entered by a branch; else `known` words from the address on
    were asked for already.
    """
    issued = list(pipeline.queue.issued)
    first = address >> 2
    entry = _ENTRY_LIMIT
    if branched:
        entry = _FIRST + 1  # the last word asked for in vain takes its time on the bus
        issued = [(first + k, _FIRST + k) for k in range(known)] + issued
        current = -1
    else:
        current = (first + known - 1) * 4 >> LINE_BITS if known else -1
        if known:
            begin = max(first, current << LINE_BITS - 2)
            end = (current + 1) << LINE_BITS - 2
            for word in range(begin, end):
                if word in pipeline.deadlines:
                    entry = min(entry, pipeline.deadlines[word] - (word - begin))
    found: list[Line] = []
    for word, cycle in issued:
        number = word * 4 >> LINE_BITS
        if number == current:
            continue
        line = Line(number, cycle, _WORDS_IN_LINE - word % _WORDS_IN_LINE)
        for k in range(word, (number + 1) * _WORDS_IN_LINE):
            if k in pipeline.deadlines:
                by = pipeline.deadlines[k] - (k - word)
                line.deadline = by if line.deadline is None else min(line.deadline, by)
        found.append(line)
        current = number
    return entry, found


def _packed(line: Line, before: int) -> int:
    asked = min(line.asked - before, _FURTHEST)
    slack = NEVER
    if line.deadline is not None:
        slack = min(max(0, line.deadline - line.asked - HIT), NEVER - 1)
    return asked << 7 | slack


def line_charges(
    entry: int, found: Sequence[Line], blocks: Sequence[int], flash: Flash
) -> list[Charge]:
    """Return the charges for the lines of a run; `blocks` are numbers for their notes."""
    charges = []
    settings = flash.settings | flash.lines << 11
    for start, block in zip(range(0, len(found), _IN_RECORD), blocks, strict=True):
        part = found[start : start + _IN_RECORD]
        packed = [0] * _IN_RECORD
        before = -BEFORE
        for k, line in enumerate(part):
            packed[k] = _packed(line, before)
            before = line.asked
        arguments = (
            BLOCKS + BLOCK_WORDS * block,
            part[0].number | len(part) << 28,
            settings | (part[0].words - 1) << 18 | (min(entry, _ENTRY_LIMIT) + BEFORE) << 20,
            *(packed[k] | packed[k + 1] << 16 for k in range(0, _IN_RECORD, 2)),
        )
        most = (len(part) + 1) * 2 * (flash.wait_states + 2)
        charges.append(Charge(flash_lines, arguments, most))
        entry = _ENTRY_LIMIT
    return charges


def records_needed(found: Sequence[Line]) -> int:
    """Return how many charges a run needs for its lines."""
    return -(-len(found) // _IN_RECORD)


def data_charge(step: Step, executed: int, flash: Flash) -> Charge | None:
    """Return the charge for a load that may go to flash."""
    if step.timing is Timing.TABLE_BRANCH:
        base = step.address + 4 if step.access.base == 15 else 0
        found = place(step)
        where = found and Place(found.registers, found.offset + base)
    elif step.timing in LOADS and step.access.base != 13:
        where = place(step)
    else:
        return None
    if where is None:
        return None
    size = 4
    if step.timing not in (Timing.LOAD, Timing.LOAD_NARROW, Timing.FP_LOAD, Timing.TABLE_BRANCH):
        size = 4 * words_moved(step)
    if step.timing in (Timing.LOAD_NARROW, Timing.TABLE_BRANCH):
        size = 1
    arguments = (
        where.registers, where.offset & WORD, size, executed & WORD,
        flash.settings | flash.data_lines << 11,
    )  # fmt: skip
    lines = 2 + (size >> LINE_BITS)
    return Charge(flash_data, arguments, lines * 2 * (flash.wait_states + 2))


assert CODE_BUS == HIT
