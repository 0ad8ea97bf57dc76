"""What a timing model is to an engine: a straight run of instructions in, cycles by cause out."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from armsim.dsl import Timing
from armsim.dsl.roles import Access

CAUSES = (
    "issue", "load_use", "agu_dependency", "mac_chain", "multicycle", "fp_latency", "branch",
    "mispredict", "fetch", "flash_wait", "icache_miss", "dcache_miss", "store_buffer", "bus",
    "unaligned", "exception", "sleep",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cost:
    """A number of cycles and where it comes from: a manual, a measurement, or a guess."""

    cycles: int
    source: str


class Step(Protocol):
    """What a model sees of a decoded instruction."""

    @property
    def name(self) -> str:
        """The name of its definition."""

    @property
    def condition(self) -> int:
        """The condition that an IT block puts on it; 14 outside."""

    @property
    def timing(self) -> Timing:
        """Its timing class."""

    @property
    def values(self) -> Mapping[str, int]:
        """Its fields and operands."""

    @property
    def access(self) -> Access:
        """What it reads and writes."""

    @property
    def size(self) -> int:
        """Its bytes."""

    @property
    def address(self) -> int:
        """Where it stands."""


UnalignedCost = Cost | Mapping[tuple[int, int], Cost]  # for all, or by (size, address mod 4)
Cycles = dict[str, int]  # cause -> cycles
State = Hashable  # what a block leaves in the pipeline for the next; None after reset or a surprise


@dataclass(frozen=True, slots=True)
class Charge:
    """Something that only the run can know: a function of (cpu, *arguments) that books cycles.

    It is plain Python that is compiled like a meaning, books with `armsim.dsl.state.charge`, and
    never books more than `most`.
    """

    function: Callable[..., Any]
    arguments: tuple[int, ...]
    most: int


@dataclass(frozen=True, slots=True)
class BlockCost:
    """What a block costs when it is entered in a given state.

    `steps` are the cycles of each instruction by cause, `taken` what is added when the last one
    branches. `fall` and `branch` are the states left behind, without and with a branch. `before`
    are charges made before an instruction, by its number; `after` those made after the last one,
    when NEXT_PC is known. `skipped` is what an instruction whose condition fails does not cost:
    (cause, cycles), by its number; less than nothing if what follows then waits. `unaligned` is
    the most that unaligned accesses can add. `waits` are those of an instruction's cycles that
    pass before it accesses memory, by its number. `lost` says of each instruction why it did not
    issue together with the one before it, which had room beside it; None where it did or there
    was none.
    """

    steps: tuple[Cycles, ...]
    taken: Cycles
    fall: State = None
    branch: State = None
    before: Mapping[int, tuple[Charge, ...]] = field(default_factory=dict)
    after: tuple[Charge, ...] = ()
    skipped: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    unaligned: int = 0
    waits: Mapping[int, int] = field(default_factory=dict)
    lost: tuple[str | None, ...] = ()

    @property
    def most_charged(self) -> int:
        """The most that run-time charges can add."""
        charges = [charge for group in self.before.values() for charge in group]
        dearer = sum(max(0, -cycles) for _, cycles in self.skipped.values())
        return self.unaligned + dearer + sum(charge.most for charge in (*charges, *self.after))

    @property
    def total(self) -> int:
        """Cycles when the end does not branch."""
        return sum(sum(step.values()) for step in self.steps)


class CoreModel(Protocol):
    """The timing of one core, a pure function of instructions and the state they meet.

    `charge_functions` are the charges of all models, so that one compiled engine serves every core.
    """

    name: str
    version: str
    charge_functions: tuple[Callable[..., Any], ...]

    @property
    def setting(self) -> Hashable:
        """What the guest has set that decides costs, as wait states and caches."""

    @property
    def unaligned_load(self) -> UnalignedCost:
        """What an unaligned load costs more."""

    @property
    def unaligned_store(self) -> UnalignedCost:
        """What an unaligned store costs more."""

    def block(self, run: Sequence[Step], entry: State) -> BlockCost:
        """Return what a straight run costs when it is entered in state `entry`.

        Splitting a run in two, the second entered in the state that the first leaves by falling
        through, costs the same.
        """


def words_moved(step: Step) -> int:
    """Return how many words a load or store of several registers moves."""
    values = step.values
    if "registers" in values:
        return values["registers"].bit_count()
    if "count" in values:
        return values["count"]  # of S registers, also where the list is of D registers
    return 2
