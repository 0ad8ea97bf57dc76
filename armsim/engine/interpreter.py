"""Runs a core with any of the engines, leaving compiled code where the machine is needed.

Compiled code runs whole blocks. What only the machine can do (devices, system instructions,
faults, exceptions, limits) is done here, exactly at its instruction: the same meaning runs as plain
Python, and compiled code goes on behind it.
"""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass

from armsim.dsl.cost import CAUSES, CoreModel
from armsim.dsl.state import (
    EPSR_T,
    INVSTATE,
    ITSTATE,
    NEXT_PC,
    Trap,
    UsageFault,
    slot,
)
from armsim.engine import build
from armsim.engine.blocks import Code
from armsim.engine.context import Block, Context, Reason, unaligned_word
from armsim.engine.counts import Run, book, causes_of, lost_of, total_causes
from armsim.engine.dead_ends import check_endless, undefined
from armsim.engine.decoder import Decoded, Decoder, UndefinedInstruction
from armsim.engine.regions import Regions
from armsim.machine.bus import MemoryFault, Watch
from armsim.machine.core import Core
from armsim.machine.faults import GuestDied

UNLIMITED = 1 << 62
SLEEP_ROUNDS = 100_000  # events that wake nobody until sleep counts as for ever
SLICE = 1 << 28  # cycles after which compiled code comes back, so that Ctrl-C is heard
UNALIGNED = CAUSES.index("unaligned")
_EXC_RETURN = 0xF000_0000


@dataclass(frozen=True, slots=True)
class LimitReached:
    """A run that ended because of a limit: `what` is `cycles` or `instructions`."""

    what: str


class Returned(Exception):
    """Control came to `Interpreter.return_address`: a called function is done."""


class Interpreter:
    """Runs one core until a limit, an exit of the guest, or its death.

    Args:
        core: the core, reset.
        model: its timing.
        progress: told (done, total) while meanings are compiled, which happens once per version.
        engine: `interpreter`, `threaded`, `translator`, or `auto`, which translates what is hot
            while the threaded engine goes on.
    """

    def __init__(
        self,
        core: Core,
        model: CoreModel,
        progress: Callable[[int, int], None] | None = None,
        engine: str = "auto",
    ) -> None:
        self.core, self.model = core, model
        self.code = Code(core.memory, Decoder(core.features), model)
        self.context = self.code.context
        charges = model.charge_functions
        kind = "interpreter" if engine == "interpreter" else "threaded"
        code = build.object_code(charges, kind, progress)
        self._library = build.Library(code, ["run", "outside"] if kind == "threaded" else ["run"])
        address = self._library["run"]
        self._regions: Regions | None = None
        if engine in ("translator", "auto"):
            outside = self._library["outside"]
            self._regions = Regions(self.code, charges, outside, patient=engine == "translator")
        prototype = ctypes.CFUNCTYPE(
            ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64
        )
        self._native = prototype(address)
        self.booked = {"exception": 0, "sleep": 0}
        self._run: Run | None = None  # the block being executed, and the instruction in it
        self._step = 0
        self._stale = False  # other blocks are to be used
        self._rewritten = False  # because the code itself has changed
        self.read_undefined: Callable[[UndefinedInstruction], str] = lambda found: (
            "not of this core"
        )
        self.return_address = -1  # where a called function returns to
        self.next_due: Callable[[], int] = lambda: UNLIMITED
        self.advance: Callable[[int], None] = lambda cycle: None
        core.now = self.access_time
        core.exceptions.settle = self._settle
        core.memory.on_code_change = self._code_changed
        core.on_fpu_change = self._look_up
        core.on_protection = self._protection_changed

    # counters -----------------------------------------------------------------------------------

    def now(self) -> int:
        """Return the cycles spent before the current instruction."""
        cycles = int(self.context[Context.CYCLES])
        return cycles if self._run is None else cycles + self._run.before[self._step]

    def access_time(self) -> int:
        """Return the cycle in which the current instruction accesses memory."""
        waits = 0 if self._run is None else self._run.cost.waits.get(self._step, 0)
        return self.now() + waits

    @property
    def instructions(self) -> int:
        """Instructions executed."""
        done = int(self.context[Context.INSTRUCTIONS])
        return done if self._run is None else done + self._step

    def causes(self) -> dict[str, int]:
        """Return all cycles by cause; they add up to `now()`."""
        totals = causes_of(self.code.counted())
        if self._run is not None:
            book(totals, total_causes(self._run.cost.steps[: self._step]))
            book(totals, self._run.causes, -1)
        book(totals, self.code.gone.causes())
        book(totals, self.booked)
        return {cause: count for cause, count in totals.items() if count}

    def lost_pairs(self) -> dict[str, int]:
        """Return how often an instruction had to issue alone, by reason."""
        totals = lost_of(self.code.counted())
        totals.update(self.code.gone.lost)
        return dict(sorted(totals.items()))

    def counts(self) -> dict[str, int]:
        """Return cycles by cause, and instructions."""
        return {**self.causes(), "instructions": self.instructions}

    def watch(self, ranges: list[Watch], instructions: dict[int, int]) -> None:
        """Watch data ranges, and instructions by address, for the debug monitor."""
        self.core.memory.watch(ranges)
        if instructions != self.code.watched:
            self.code.watched = instructions
            self._code_changed()

    # running ------------------------------------------------------------------------------------

    def run(self, max_instructions: int = UNLIMITED, max_cycles: int = UNLIMITED) -> LimitReached:
        """Run until a limit; both are totals since reset and are kept exactly.

        Raises:
            GuestDied: lockup, or nothing can ever happen again.
            Exception: whatever ends the guest from within a semihosting call.
        """
        try:
            return self._loop(max_instructions, max_cycles)
        except BaseException:
            if self._run is not None:
                self._leave(self._run, self._step + 1)
            raise

    def _loop(self, max_instructions: int, max_cycles: int) -> LimitReached:
        context, core = self.context, self.core
        while True:
            if core.attention:
                self._attend(max_cycles)
            if self._leads_nowhere():
                self._arrive()
                continue
            done, now = int(context[Context.INSTRUCTIONS]), int(context[Context.CYCLES])
            if done >= max_instructions:
                return LimitReached("instructions")
            if now >= max_cycles:
                return LimitReached("cycles")
            due = self.next_due()
            if now >= due:
                self.advance(now)
                continue
            context[Context.INSTRUCTION_LIMIT] = max_instructions
            until = min(max_cycles, due)
            context[Context.CYCLE_LIMIT] = min(until, now + SLICE)
            if self._regions is not None:
                until_look = self._regions.look(done)
                context[Context.INSTRUCTION_LIMIT] = min(max_instructions, until_look)
            if slot(core, ITSTATE):  # compiled code enters blocks outside IT blocks only
                self._careful(max_instructions, until)
            elif not slot(core, EPSR_T):
                self._arrive()
            else:
                if slot(core, NEXT_PC) in self.code.endless:
                    limited = min(max_instructions, max_cycles) < UNLIMITED
                    check_endless(core, alone=due >= UNLIMITED, limited=limited)
                self._continue(self._native_run(-1), max_instructions, until)

    def _native_run(self, record: int) -> Reason:
        return Reason(self._native(self.core.state.ctypes.data, self.context.ctypes.data, record))

    def _continue(self, reason: Reason, max_instructions: int, until: int) -> None:
        """Do what compiled code left for; return at a block boundary or after an exception."""
        while reason in (Reason.MACHINE, Reason.STOP):
            run, step = self.code.find(int(self.context[Context.RECORD]))
            self._run, self._step = run, step
            if not self._execute(run, step):
                return
            if self._must_look():
                self._abandon(run, step + 1)
                return
            reason = self._resume(run, step + 1)
        if reason is Reason.NO_BLOCK:
            if self.instructions < max_instructions and self.now() < until:
                self._arrive()
        elif reason is Reason.LIMIT and not self._sliced(max_instructions, until):
            self._careful(max_instructions, until)

    def _sliced(self, max_instructions: int, until: int) -> bool:
        """Tell whether the limit that compiled code saw was only one to come back at."""
        run = self.code.at(slot(self.core, NEXT_PC))
        info, context = self.code.blocks[run.number], self.context
        return bool(
            context[Context.INSTRUCTIONS] + info[Block.COUNT] <= max_instructions
            and context[Context.CYCLES] + info[Block.WORST] < until
        )

    def _resume(self, run: Run, step: int) -> Reason:
        self._run = None
        context = self.context
        context[Context.BLOCK] = run.number
        context[Context.CHARGED] = context[Context.CHARGES] + 8 * len(CAUSES) * run.number
        return self._native_run(run.starts[step])

    def _execute(self, run: Run, step: int) -> bool:
        """Run one instruction as plain Python; false if it ended in an exception."""
        core, decoded = self.core, run.steps[step]
        if decoded.address in self.code.watched:
            core.memory.on_watched(self.code.watched[decoded.address])
        core.set_read_pc(decoded.address)
        if step == len(run.steps) - 1:
            core.state[NEXT_PC] = decoded.address + decoded.size
        try:
            if decoded.instruction.needs.startswith("fp"):
                core.prepare_fp()
            self._perform(run, decoded)
        except (Trap, UndefinedInstruction) as problem:
            trap = problem if isinstance(problem, Trap) else self._undefined(problem)
            self._leave(run, step)
            core.state[ITSTATE] = decoded.itstate
            fetch = isinstance(trap, MemoryFault) and trap.fetch
            core.exceptions.fault(trap, decoded.address, fetch=fetch)
            self._settle()
            return False
        return True

    def _perform(self, run: Run, decoded: Decoded) -> None:
        """Run a meaning as plain Python and charge its unaligned accesses."""
        memory, context = self.core.memory, self.context
        memory.unaligned.clear()
        decoded.instruction.meaning(self.core, *decoded.arguments)
        if decoded.instruction.system:  # what its host loads and stores is free
            return
        for store, size, address in memory.unaligned:
            cost = int(self.code.unaligned[unaligned_word(store, size, address)])
            context[Context.CYCLES] += cost
            self.code.charges[run.number, UNALIGNED] += cost

    def _leave(self, run: Run, done: int) -> None:
        """Account for a block that is left after `done` instructions."""
        self._run = None
        context = self.context
        self.code.blocks[run.number, Block.ENTERED] -= 1
        if done:
            run.partial[done] = run.partial.get(done, 0) + 1
        context[Context.CYCLES] += run.before[done]
        context[Context.INSTRUCTIONS] += done
        context[Context.STATE] = self.code.state_within(run, done)

    def _abandon(self, run: Run, done: int) -> None:
        """Go to a boundary after `done` instructions of a block that may not run to its end."""
        core = self.core
        if done == len(run.steps):
            self.context[Context.CYCLE_LIMIT] = -1  # to the end of the block and no further
            self._resume(run, done)
            core.state[ITSTATE] = 0
        else:
            self._leave(run, done)
            following = run.steps[done]
            core.state[NEXT_PC] = following.address
            core.state[ITSTATE] = following.itstate
        if self._stale:
            self._refresh()

    def retime(self) -> None:
        """Go on with what code costs now: the model's setting has changed."""
        self._stale = True
        if self._run is None:
            self._refresh()
        else:
            self.core.attention = True

    def _code_changed(self) -> None:
        self._rewritten = True
        self.retime()

    def _look_up(self) -> None:
        """Leave compiled code behind the current instruction."""
        self.core.attention = True

    def _protection_changed(self, changed: bool) -> None:
        if changed:
            self._code_changed()
        self.code.select(self.core.privileged)

    def _refresh(self) -> None:
        self._stale = False
        if self._rewritten or self.code.crowded:
            self._rewritten = False
            self.code.forget()
            if self._regions is not None:
                self._regions.forget()
        self.code.select(self.core.privileged)

    def _leads_nowhere(self) -> bool:
        """Tell whether the last instruction ended with an exception return or a bad branch."""
        core = self.core
        returns = slot(core, NEXT_PC) >= _EXC_RETURN and core.handler_mode
        return returns or not slot(core, EPSR_T)

    def _arrive(self) -> None:
        """Make the block at NEXT_PC, or do what its address means."""
        core = self.core
        address = slot(core, NEXT_PC)
        if address >= _EXC_RETURN and core.handler_mode:
            core.exceptions.leave(address)
            self._settle()
            return
        if address == self.return_address:
            raise Returned
        if self.code.crowded:
            self._refresh()
        try:
            if not slot(core, EPSR_T):
                what = f"a branch to {address:#010x} with bit 0 clear, which asks for Arm state"
                raise UsageFault(INVSTATE, what)
            self.code.at(address, slot(core, ITSTATE))
        except UndefinedInstruction as found:
            core.exceptions.fault(self._undefined(found), address)
            self._settle()
        except Trap as trap:
            core.exceptions.fault(trap, address, fetch=isinstance(trap, MemoryFault))
            self._settle()

    def _undefined(self, found: UndefinedInstruction) -> UsageFault:
        return undefined(self.core, found, self.read_undefined)

    def _careful(self, max_instructions: int, until: int) -> None:
        """Run the next block instruction by instruction, up to a limit within it."""
        core = self.core
        if self.instructions >= max_instructions or self.now() >= until:
            return
        try:
            run = self.code.at(slot(core, NEXT_PC), slot(core, ITSTATE))
        except (Trap, UndefinedInstruction):
            self._arrive()
            return
        core.state[ITSTATE] = 0
        self.code.blocks[run.number, Block.ENTERED] += 1
        core.state[NEXT_PC] = run.steps[-1].address + run.steps[-1].size
        for step in range(len(run.steps)):
            self._run, self._step = run, step
            if step and (self.instructions >= max_instructions or self.now() >= until):
                self._abandon(run, step)
                return
            if not self._step_over(run, step):
                return
        self._run, self._step = run, len(run.steps)
        self._abandon(run, len(run.steps))

    def _step_over(self, run: Run, step: int) -> bool:
        """Run one instruction of a block, compiled if possible; false if it ended the block."""
        records = self.code.records
        mark = run.starts[step + 1]
        kept = int(records[mark, 0])
        records[mark, 0] = 1
        reason = self._resume(run, step)
        records[mark, 0] = kept
        self._run, self._step = run, step
        stopped = int(self.context[Context.RECORD])
        if reason is Reason.STOP and stopped == mark:
            return True
        if not self._execute(run, step):
            return False
        if self._must_look():
            self._abandon(run, step + 1)
            return False
        return True

    def _must_look(self) -> bool:
        """Tell whether the last instruction changed what comes next."""
        if self.next_due() < self.context[Context.CYCLE_LIMIT]:
            self.core.attention = True
        return self.core.attention or self._stale or not slot(self.core, EPSR_T)

    # exceptions and time ------------------------------------------------------------------------

    def _book_exceptions(self) -> None:
        spent, self.core.exceptions.cycles = self.core.exceptions.cycles, 0
        self.booked["exception"] += spent
        self.context[Context.CYCLES] += spent
        self.context[Context.STATE] = 0

    def _settle(self) -> None:
        """Let the time that exceptions take pass for devices."""
        self._book_exceptions()
        now = int(self.context[Context.CYCLES])
        while self.next_due() <= now:
            self.advance(now)

    def _attend(self, max_cycles: int) -> None:
        core = self.core
        core.attention = False
        if core.sleeping:
            self._sleep(max_cycles)
        if core.exceptions.next() is not None:
            core.sleeping = False
            core.exceptions.enter()
            self._settle()

    def _sleep(self, max_cycles: int) -> None:
        """Let the clock jump to the next event until one ends the sleep."""
        core = self.core
        rounds = 0
        while core.sleeping:
            if core.wakes():
                core.sleeping = False
                return
            due = self.next_due()
            now = int(self.context[Context.CYCLES])
            rounds += 1
            if due >= UNLIMITED or rounds > SLEEP_ROUNDS:
                if max_cycles >= UNLIMITED or core.exceptions.faults:
                    raise GuestDied("the core sleeps and nothing can wake it")
                due = max_cycles
            target = max(min(due, max_cycles), now)
            self.booked["sleep"] += target - now
            self.context[Context.CYCLES] = target
            if target >= max_cycles:
                core.attention = True
                return
            self.advance(target)

    def restart(self) -> None:
        """Forget counts, for a run from reset; decoded code stays."""
        self.context[Context.CYCLES] = self.context[Context.INSTRUCTIONS] = 0
        self._run = None
        if self._stale:
            self._refresh()
        self.code.restart()
        if self._regions is not None:
            self._regions.restart()
        self.booked = {"exception": 0, "sleep": 0}
