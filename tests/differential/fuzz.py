"""Batches of random sequences: make, run in two machines, compare, shrink what differs."""

import random
from collections.abc import Iterator
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from tests.differential import cases, machines, report
from tests.differential.cases import Sequence
from tests.differential.generator import CORES, Table, sequence
from tests.differential.machines import Job, Stopped
from tests.differential.shrink import shrink

STATES = 64
MOST_PROBLEMS = 3  # shrunk and described for each batch


@dataclass(frozen=True)
class Batch:
    """Sequences of one seed for one core against one oracle, each from several states."""

    oracle: str  # "qemu" or "unicorn"
    core: str
    seed: str
    sequences: int
    repeats: int

    def make(self) -> tuple[list[Sequence], list[list[int]], list[tuple[int, int]]]:
        """Return sequences, states, and which sequence runs from which state."""
        table = table_of(self.core)
        name = f"{self.seed} {self.core}"
        made = [
            sequence(table, f"{name} {k}", cases.CODE + k * cases.SLOT)
            for k in range(self.sequences)
        ]
        rng = random.Random(name)
        states = [cases.state(rng) for _ in range(STATES)]
        pairs = [(k, rng.randrange(STATES)) for k in range(len(made)) for _ in range(self.repeats)]
        return made, states, pairs


@dataclass
class Result:
    """What became of a batch."""

    batch: Batch
    instructions: int = 0
    encodings: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    differing: int = 0


@cache
def table_of(core: str) -> Table:
    """Return the encodings of a core."""
    return Table(core)


@cache
def _harness(core: str) -> tuple[int, int]:
    return machines.harness_instructions(core)


def batches(seed: str, instructions: int) -> Iterator[Batch]:
    """Yield batches for ever; about one instruction in twenty goes to unicorn."""
    size = 1900 if instructions >= 1_000_000 else 400
    number = 0
    while True:
        for core in CORES:
            yield Batch("qemu", core, f"{seed}.{number}", size, 10)
            yield Batch("unicorn", core, f"{seed}.{number}", size // 4, 2)
        number += 1


def run(batch: Batch) -> Result:
    """Run a batch."""
    made, states, pairs = batch.make()
    result = Result(batch)
    for one in made:
        result.encodings |= encodings(batch.core, one)
    if batch.oracle == "qemu":
        _with_qemu(batch, made, states, pairs, result)
    else:
        _with_unicorn(batch, made, states, pairs, result)
    return result


def encodings(core: str, one: Sequence) -> set[str]:
    """Return the names of the encodings in a sequence."""
    decode = table_of(core).decoder.decode
    names = set()
    for item in one.items:
        if not item.data:
            halves = (item.word >> 16, item.word & 0xFFFF) if item.size == 4 else (item.word, 0)
            names.add(decode(*halves, item.address, item.itstate).instruction.name)
    return names


def _with_unicorn(
    batch: Batch, made: Many[Sequence], states: Many[list[int]], pairs: Many[tuple[int, int]],
    result: Result,
) -> None:  # fmt: skip
    from tests.differential.stepping import Stepper

    stepper = Stepper(batch.core)
    stepper.place(made)
    for number, state in pairs:
        executed, difference = stepper.run(made[number], states[state])
        result.instructions += executed
        if difference is None:
            continue
        result.differing += 1
        if len(result.problems) < MOST_PROBLEMS:

            def fails(candidates: Many[tuple[Sequence, list[int]]]) -> list[bool]:
                verdicts = []
                for one, words in candidates:
                    stepper.place([one])
                    verdicts.append(stepper.run(one, words)[1] is not None)
                return verdicts

            short, words = shrink(made[number], states[state], fails)
            stepper.place([short])
            again = stepper.run(short, words)[1] or difference
            result.problems.append(again.text(batch.core))
            stepper.place(made)


def _with_qemu(
    batch: Batch, made: Many[Sequence], states: Many[list[int]], pairs: Many[tuple[int, int]],
    result: Result,
) -> None:  # fmt: skip
    job = Job(batch.core, made, states, pairs)
    try:
        outcome = machines.run(job)
    except Stopped:
        result.differing += 1
        result.problems.append(_what_stops(job))
        return
    empty, around = _harness(batch.core)
    result.instructions = outcome.instructions - empty - around * len(pairs)
    rows = np.flatnonzero((outcome.ours != outcome.theirs).any(axis=1))
    result.differing = len(rows)
    seen: set[int] = set()
    for row in rows:
        number, state = pairs[row]
        if number in seen or len(seen) == MOST_PROBLEMS:
            continue
        seen.add(number)
        short, words = shrink(made[number], states[state], _qemu_fails(batch.core))
        result.problems.append(describe(batch.core, short, words))


def _qemu_fails(core: str):  # type: ignore[no-untyped-def]
    def fails(candidates: Many[tuple[Sequence, list[int]]]) -> list[bool]:
        verdicts = []
        for one, words in candidates:
            try:
                outcome = machines.run(Job(core, [one], [words], [(0, 0)]))
                verdicts.append(bool((outcome.ours != outcome.theirs).any()))
            except Stopped:
                verdicts.append(False)
        return verdicts

    return fails


def _what_stops(job: Job) -> str:
    """Return a description of the first pair on which a machine does not come to its end."""
    pairs = list(job.pairs)
    why = ""
    while len(pairs) > 1:
        half = pairs[: len(pairs) // 2]
        try:
            machines.run(job.part(half))
            pairs = pairs[len(pairs) // 2 :]
        except Stopped as stopped:
            why, pairs = str(stopped), half
    number, state = pairs[0]
    try:
        machines.run(job.part(pairs))
    except Stopped as stopped:
        why = str(stopped)
    one = job.sequences[number]
    return f"seed {one.seed}: {why}\n{report.listing(job.core, one)}\n{_before(job.states[state])}"


def describe(core: str, one: Sequence, words: Many[int]) -> str:
    """Return a failing sequence, the state it starts in and what differs after it."""
    outcome = machines.run(Job(core, [one], [words], [(0, 0)]))
    ours, theirs = outcome.ours[0], outcome.theirs[0]
    wrong = "; ".join(
        f"{cases.name_of(int(k), one.spoiled)} is {int(ours[k]):#x}, QEMU {int(theirs[k]):#x}"
        for k in np.flatnonzero(ours != theirs)
    )
    return f"seed {one.seed}: {core}: {wrong}\n{report.listing(core, one)}\n{_before(words)}"


def _before(words: Many[int]) -> str:
    return "  from " + " ".join(
        f"{cases.input_name(k)}={word:#x}" for k, word in enumerate(words) if word
    )
