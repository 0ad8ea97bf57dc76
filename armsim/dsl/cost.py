"""What a timing model is to an engine: a straight run of instructions in, cycles by cause out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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


Cycles = dict[str, int]  # cause -> cycles


@dataclass(frozen=True, slots=True)
class BlockCost:
    """Cycles of a block: of each instruction, and what is added when its end branches."""

    steps: tuple[Cycles, ...]
    taken: Cycles
    charges: int  # the most that run-time charges can add

    @property
    def total(self) -> int:
        """Cycles when the end does not branch."""
        return sum(sum(step.values()) for step in self.steps)


class CoreModel(Protocol):
    """The timing of one core.

    `charges` maps timing classes to functions of (cpu, operand registers' values...) that book
    what only the run can know, with the operands they want. `charge_functions` are those of all
    models, so that one compiled engine serves every core.
    """

    name: str
    version: str
    charges: Mapping[Timing, tuple[Callable[..., Any], tuple[str, ...]]]
    charge_functions: tuple[Callable[..., Any], ...]
    unaligned_load: Cost
    unaligned_store: Cost
    charge_cause: str

    def block(self, run: Sequence[Step]) -> BlockCost:
        """Return what a straight run costs when it is entered by a branch."""


def words_moved(step: Step) -> int:
    """Return how many words a load or store of several registers moves."""
    values = step.values
    if "registers" in values:
        return values["registers"].bit_count()
    if "count" in values:
        return values["count"] * (2 if values.get("double") else 1)
    return 2
