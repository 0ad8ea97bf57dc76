"""Data Watchpoint and Trace: counters and comparators (manual C1.8)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from armsim.devices.device import Device, lane, merge
from armsim.machine.bus import Watch

CTRL, CYCCNT, CPICNT, EXCCNT, SLEEPCNT, LSUCNT, FOLDCNT = range(0x00, 0x1C, 4)
COMP0, LAST_COMP = 0x20, 0x5C
CYCCNTENA = 1
ENABLE_BIT = {CPICNT: 17, EXCCNT: 18, SLEEPCNT: 19, LSUCNT: 20, FOLDCNT: 21}
COMPARATORS = 4
NUMCOMP = COMPARATORS << 28
MATCHED = 1 << 24
ON_PC, ON_READ, ON_WRITE, ON_ACCESS = 4, 5, 6, 7
# Which causes of cycles each event counter counts beyond one cycle an instruction.
EVENTS: Mapping[int, tuple[str, ...]] = {
    CPICNT: (
        "multicycle", "branch", "mispredict", "fetch", "flash_wait", "icache_miss", "mac_chain",
        "fp_latency",
    ),
    EXCCNT: ("exception",),
    SLEEPCNT: ("sleep",),
    LSUCNT: (
        "load_use", "agu_dependency", "dcache_miss", "store_buffer", "bus", "unaligned",
    ),
}  # fmt: skip


@dataclass(slots=True)
class Counter:
    """Counts what `source` counts while it runs, from any start, in `bits` bits."""

    source: Callable[[], int]
    bits: int
    running: bool = False
    kept: int = 0  # value while stopped
    zero: int = 0  # what the source said when the value was 0, while running

    @property
    def value(self) -> int:
        """What the register reads."""
        count = self.source() - self.zero if self.running else self.kept
        return count & ((1 << self.bits) - 1)

    def set(self, value: int) -> None:
        """Go on from `value`."""
        self.kept, self.zero = value, self.source() - value if self.running else 0

    def run(self, on: bool) -> None:
        """Start or stop."""
        if on != self.running:
            value = self.value
            self.running = on
            self.set(value)


class Dwt(Device):
    """Counters run while their enable bit and DEMCR.TRCENA are set.

    The event counters obey the manual's sum: cycles = instructions + CPICNT + EXCCNT + SLEEPCNT +
    LSUCNT - FOLDCNT, each in its own bits.

    Args:
        now: returns the current cycle.
        counts: returns cycles by cause, and instructions as `instructions`.
        trace_enabled: tells whether DEMCR.TRCENA is set.
        watch: told the data ranges to watch and the addresses of instructions to watch.
    """

    def __init__(
        self,
        now: Callable[[], int],
        counts: Callable[[], Mapping[str, int]],
        trace_enabled: Callable[[], bool],
        watch: Callable[[list[Watch], dict[int, int]], None],
    ) -> None:
        super().__init__("DWT", 0x1000)
        self._trace_enabled, self._watch = trace_enabled, watch

        def event(causes: tuple[str, ...]) -> Callable[[], int]:
            def count() -> int:
                table = counts()
                return sum(table.get(cause, 0) for cause in causes)

            return count

        def folded() -> int:
            table = counts()
            return table["instructions"] - table.get("issue", 0)

        self._counters = {CYCCNT: Counter(now, 32)}
        self._counters.update({at: Counter(event(EVENTS[at]), 8) for at in EVENTS})
        self._counters[FOLDCNT] = Counter(folded, 8)
        self._told: tuple[list[Watch], dict[int, int]] = ([], {})
        self.reset()

    def reset(self) -> None:
        """Return every register to its reset value."""
        self.control = 0
        for counter in self._counters.values():
            counter.running, counter.kept, counter.zero = False, 0, 0
        self._comparators = [0] * (4 * COMPARATORS)  # COMP, MASK, FUNCTION, reserved
        self._tell([], {})

    def update(self) -> None:
        """Start or stop counting as the enable bits say."""
        trace = self._trace_enabled()
        self._counters[CYCCNT].run(trace and bool(self.control & CYCCNTENA))
        for register, bit in ENABLE_BIT.items():
            self._counters[register].run(trace and bool(self.control >> bit & 1))

    def read(self, offset: int, size: int) -> int:
        """Read a register; reading a FUNCTION register clears MATCHED."""
        register = offset & ~3
        self.update()
        value = 0
        if register == CTRL:
            value = NUMCOMP | self.control
        elif register in self._counters:
            value = self._counters[register].value
        elif COMP0 <= register <= LAST_COMP:
            index = (register - COMP0) // 4
            value = self._comparators[index]
            if index % 4 == 2:
                self._comparators[index] &= ~MATCHED
        return lane(value, offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register."""
        register = offset & ~3
        self.update()
        if register == CTRL:
            self.control = merge(self.control, offset, size, value) & 0x007F_1FFF
            self.update()
        elif register in self._counters:
            counter = self._counters[register]
            counter.set(merge(counter.value, offset, size, value) & ((1 << counter.bits) - 1))
        elif COMP0 <= register <= LAST_COMP:
            index = (register - COMP0) // 4
            word = merge(self._comparators[index], offset, size, value)
            self._comparators[index] = word & (0xFFFF_FFFF, 0x1F, 0x0000_FDAF, 0)[index % 4]
            self.update_watch()

    def trace_changed(self) -> None:
        """Start or stop everything, now that DEMCR changed."""
        self.update()
        self.update_watch()

    def update_watch(self) -> None:
        """Tell what to watch, now that a comparator or DEMCR changed."""
        ranges: list[Watch] = []
        instructions: dict[int, int] = {}
        for number in range(COMPARATORS if self._trace_enabled() else 0):
            start, bits, function, _ = self._comparators[4 * number : 4 * number + 4]
            kind = function & 0xF
            size = 1 << bits
            start &= ~(size - 1)
            if kind == ON_PC:
                instructions.update(dict.fromkeys(range(start & ~1, start + size, 2), number))
            elif kind in (ON_READ, ON_WRITE, ON_ACCESS):
                ranges.append(Watch(number, start, start + size, kind != ON_WRITE, kind != ON_READ))
        self._tell(ranges, instructions)

    def _tell(self, ranges: list[Watch], instructions: dict[int, int]) -> None:
        if (ranges, instructions) != self._told:
            self._told = (ranges, instructions)
            self._watch(ranges, instructions)

    def matched(self, number: int) -> None:
        """Note that comparator `number` matched."""
        self._comparators[4 * number + 2] |= MATCHED
