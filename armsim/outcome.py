"""What came of a run, as plain data: totals, cycles by cause, functions, and why it ended."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from armsim import __version__
from armsim.engine.counts import Place
from armsim.machine.image import Image


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a run ended: `reason` is exit, fault, limit or breakpoint."""

    reason: str
    status: int
    message: str
    pc: int


@dataclass(frozen=True, slots=True)
class RegionCount:
    """What was spent in one function of the image."""

    name: str
    calls: int
    instructions: int
    cycles: int
    causes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Run:
    """The outcome of a run.

    `cycles` are core cycles, `seconds` the time they take at `clock_hz`; `causes` add up to
    `cycles`. `host_seconds` is how long the simulation took. `dual_issue` says how often a core
    that can issue two instructions a cycle issued one, by reason.
    """

    image: str
    image_sha256: str
    core: str
    board: str
    clock_hz: int
    engine: str
    timing_model: str
    instructions: int
    cycles: int
    causes: dict[str, int]
    stop: Stop
    regions: list[RegionCount]
    host_seconds: float
    dual_issue: dict[str, int] = field(default_factory=dict)
    version: str = __version__

    @property
    def seconds(self) -> float:
        """Simulated time."""
        return self.cycles / self.clock_hz

    @property
    def host_mips(self) -> float:
        """Simulated instructions per microsecond of host time."""
        return self.instructions / self.host_seconds / 1e6 if self.host_seconds else 0.0


def by_function(image: Image, places: Mapping[int, Place]) -> list[RegionCount]:
    """Add up what was counted at addresses by function, the dearest first."""
    calls: Counter[str] = Counter()
    instructions: Counter[str] = Counter()
    causes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for address, place in places.items():
        function = image.function_at(address)
        name = function.name if function else "?"
        if function and function.address == address:
            calls[name] += place.times
        instructions[name] += place.times
        causes[name].update(place.causes)
    regions = [
        RegionCount(name, calls[name], times, causes[name].total(), dict(+causes[name]))
        for name, times in instructions.items()
        if times
    ]
    return sorted(regions, key=lambda region: (-region.cycles, region.name))
