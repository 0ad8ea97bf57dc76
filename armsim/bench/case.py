"""What is measured, and what came of it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from armsim.outcome import RegionCount


@dataclass(frozen=True, slots=True)
class Subject:
    """What a measurement is of; all that its cycles depend on."""

    image: str  # from the suite's folder
    image_sha256: str
    compiler: str
    function: str | None  # that is called; without one, the image runs
    core: str
    board: str
    clock_hz: int
    engine: str
    timing_model: str


@dataclass(frozen=True, slots=True)
class Program:
    """An image that runs to its end."""

    arguments: tuple[str, ...] = ()
    semihosting_dir: Path | None = None
    strict: bool = False
    status: int = 0
    output_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """A function that is called `warm_up` times, then once more to measure it."""

    name: str
    parameters: tuple[str, ...]
    arguments: list[Any]
    warm_up: int
    same_as: str | None  # a function that must give the same results


@dataclass(frozen=True, slots=True)
class Case:
    """One point of the matrix."""

    name: str
    subject: Subject
    work: Program | Function
    image: Path
    options: dict[str, Any]  # of armsim.choices.choose_board
    engine: str
    max_cycles: int | None
    max_instructions: int


@dataclass(slots=True)
class Result:
    """What a case took; `failure` says in a line what went wrong, if anything did."""

    name: str
    subject: Subject
    cycles: int = 0
    instructions: int = 0
    causes: dict[str, int] = field(default_factory=dict)
    regions: list[RegionCount] = field(default_factory=list)
    failure: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Simulated time."""
        return self.cycles / self.subject.clock_hz
