"""Load an image on a board, run it, stop for a reason: what the command line and tests stand on."""

import io
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import BinaryIO

from armsim.bits import WORD
from armsim.boards.attach import Host, make_devices
from armsim.boards.board import Board
from armsim.boards.fit import check_fits
from armsim.boards.texts import CORES
from armsim.choices import check_engine, check_host, choose_board
from armsim.console import host_input, host_output
from armsim.devices.device import Reserved
from armsim.devices.dwt import Dwt
from armsim.devices.itm import Itm
from armsim.devices.nvic import Nvic
from armsim.devices.scb import Scb, ScbLow
from armsim.devices.semihosting import GuestExit, Semihosting
from armsim.devices.stm32_flash import Stm32Flash
from armsim.devices.systick import SysTick
from armsim.dsl.state import EPSR_T, LR, NEXT_PC, S0, SP
from armsim.engine.interpreter import UNLIMITED, Interpreter, LimitReached, Returned
from armsim.engine.reading import capstone_reading
from armsim.errors import CallError, UsageError
from armsim.machine.call_standard import Words
from armsim.machine.core import Core
from armsim.machine.faults import GuestDied
from armsim.machine.image import Image, Symbol, load_image
from armsim.machine.memory import Memory
from armsim.outcome import Run, Stop, by_function
from armsim.settings import Settings, make_model

import armsim.isa  # isort: skip  defines the instructions

CPACR_ON = 0xF << 20  # floating point for everyone
RETURN_ADDRESS = 0xEFFF_FFFE  # never executable: no code is there
LIMIT_STATUS, DIED_STATUS = 124, 3
_ = armsim.isa


class _ResetRequest(Exception):
    """The guest asked for a system reset."""


class Session:
    """One image on one board.

    Args:
        image: the image, or the path of an ELF file.
        board: the board; by default the one that the image's attributes call for.
        arguments: what the guest gets as its command line after its own name; files named here
            may be read by the guest.
        semihosting_dir: a folder in which the guest may read and write files.
        stdin, stdout, stderr: the guest's console.
        itm: takes what the guest writes to ITM stimulus ports; by default `stderr`.
        strict: a peripheral that is not modelled is a bus error.
        host_time: the guest may ask for the host's time.
        report: told of things the user should know, once each.
        progress: told (done, total) while the engine is compiled for the first time.

    Raises:
        ImageError, BoardError, UsageError: what is wrong, in one line.
    """

    def __init__(
        self,
        image: Image | str | Path,
        board: Board | None = None,
        *,
        engine: str = "auto",
        arguments: Iterable[str] = (),
        semihosting_dir: Path | None = None,
        stdin: BinaryIO | None = None,
        stdout: BinaryIO | None = None,
        stderr: BinaryIO | None = None,
        itm: BinaryIO | None = None,
        strict: bool = False,
        host_time: bool = False,
        report: Callable[[str], None] = lambda text: None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        check_engine(engine)
        self.image = image if isinstance(image, Image) else load_image(image)
        self.board = board or choose_board(self.image)
        assert self.board.core in CORES
        self._start = check_fits(self.image, self.board)
        self.engine_name = engine
        self.stdout = stdout if stdout is not None else host_output(sys.stdout)
        stderr = stderr if stderr is not None else host_output(sys.stderr)
        self._itm = itm if itm is not None else stderr
        self.memory = Memory()
        self._map_memory()
        self.core = Core(
            self.memory, self.board.features, self.board.interrupts, self.board.priority_bits
        )
        self._attach(strict, report)
        self._arguments = list(arguments)
        self._semihosting = Semihosting(
            self.memory,
            *self._command_line(),
            semihosting_dir,
            stdin if stdin is not None else host_input(),
            self.stdout,
            stderr,
            self.board.clock_hz,
            lambda: self.engine.now(),
            self._heap(),
            host_time=host_time,
            report=report,
        )
        self.core.semihosting = self._semihosting.call
        self.model = make_model(self.board)
        self.engine = Interpreter(self.core, self.model, progress, engine)
        self.engine.read_undefined = capstone_reading
        self.engine.next_due = self._next_due
        self.engine.advance = self._advance
        self._settings = Settings(self.board, self.core, self.model, self.engine)
        self._scb.on_cache_control = self._settings.follow_caches
        self._scb.on_mpu_change = self._settings.follow_mpu
        self._scb.on_cache_maintenance = self._settings.maintain
        for device in self._devices:
            if isinstance(device, Stm32Flash):
                follow = partial(self._settings.follow_flash, divider=device.divider)
                device.on_access_control = follow
        self.reset()

    # building -----------------------------------------------------------------------------------

    def _map_memory(self) -> None:
        for region in self.board.regions:
            data = self.memory.add_plain(
                region.name, region.base, region.size, writable=region.writable
            )
            if not region.writable:
                data[:] = 0xFF  # erased flash
            for alias in region.aliases:
                self.memory.add_plain(
                    region.name, alias, region.size, writable=region.writable, share=data
                )

    def _attach(self, strict: bool, report: Callable[[str], None]) -> None:
        core = self.core
        exceptions = core.exceptions
        host = Host(
            sink=self._print,
            raise_irq=lambda number: exceptions.pend(16 + number),
            report=report,
            strict=strict,
            load=self.memory.load,
            store=self.memory.store,
        )
        self._devices = []
        for attached in reversed(make_devices(self.board, host)):
            self.memory.add_port(attached.base, attached.device.size, attached.device)
            self._devices.append(attached.device)
        scb = self._scb = Scb(core, self.board.core, self._request_reset, self.board.caches)
        trace_enabled = lambda: bool(scb.demcr & 1 << 24)  # noqa: E731
        dwt = Dwt(
            core_now(self),
            lambda: self.engine.counts(),
            trace_enabled,
            lambda ranges, instructions: self.engine.watch(ranges, instructions),
        )
        itm = Itm(self._trace, trace_enabled)
        scb.on_trace_change = dwt.trace_changed
        self.memory.on_watched = lambda number: self._matched(dwt, number)
        systick = SysTick(
            core_now(self),
            lambda: exceptions.pend(15),
            self.board.systick_divider,
            self.board.systick_calibration,
        )
        for base, device in (
            (0xE000_0000, Reserved("private peripheral bus", 0x10_0000)),
            (0xE000_E000, ScbLow(self.board.interrupts)),
            (0xE000_E010, systick),
            (0xE000_E100, Nvic(exceptions)),
            (0xE000_ED00, scb),
            (0xE000_0000, itm),
            (0xE000_1000, dwt),
        ):
            self.memory.add_port(base, device.size, device)
            self._devices.append(device)

    def _matched(self, dwt: Dwt, number: int) -> None:
        dwt.matched(number)
        self.core.exceptions.watchpoint()

    def _trace(self, data: bytes) -> None:
        self._itm.write(data)
        self._itm.flush()

    def _command_line(self) -> tuple[str, list[Path]]:
        """Return the guest's command line, and the files named in it."""
        words = [self.image.path.name, *self._arguments]
        return " ".join(map(_quoted, words)), [Path(word) for word in self._arguments]

    def _print(self, data: bytes) -> None:
        self.stdout.write(data)
        self.stdout.flush()

    def _heap(self) -> tuple[int, int, int, int]:
        """Return (heap base, heap limit, stack base, stack limit) for SYS_HEAPINFO.

        Zero lets the C library use what the linker script says.
        """
        return (0, 0, 0, 0)

    def _request_reset(self) -> None:
        raise _ResetRequest

    def _next_due(self) -> int:
        return min((d.due for d in self._devices if d.due is not None), default=UNLIMITED)

    def _advance(self, cycle: int) -> None:
        for device in self._devices:
            if device.due is not None and device.due <= cycle:
                device.advance(cycle)

    # running ------------------------------------------------------------------------------------

    def reset(self, arguments: Iterable[str] | None = None) -> None:
        """Begin anew: clear RAM, load the image, reset core and devices; counts start at zero.

        `arguments` take the place of those that the guest had.
        """
        if arguments is not None:
            self._arguments = list(arguments)
        self._semihosting.restart(*self._command_line())
        with self.memory.reloading():
            self.memory.clear_ram()
            self._load()
        self._reset_core()
        self.engine.restart()

    def _load(self, *, into_ram_only: bool = False) -> None:
        """Place the image; with `into_ram_only` what lies in RAM, as a boot loader would."""
        for segment in self.image.segments:
            region = self.memory.region_at(segment.address)
            if into_ram_only and not (region and region.writable):
                continue
            data = segment.data + bytes(segment.memory_size - len(segment.data))
            if self.memory.read_bytes(segment.address, len(data)) != data:
                self.memory.place(segment.address, data)

    def _reset_core(self) -> None:
        for device in self._devices:
            device.reset()
        self.core.reset(self._start.vector_table)
        self._settings.reset()

    def run(self, *, max_instructions: int | None = None, max_cycles: int | None = None) -> Run:
        """Run until the guest exits or dies, or a limit (a total since reset) is reached.

        Raises:
            UsageError: this process has changed how its floating-point arithmetic rounds.
        """
        check_host()
        started = time.perf_counter()
        try:
            stop = self._run(max_instructions or UNLIMITED, max_cycles or UNLIMITED)
        finally:
            self._semihosting.close()
            self.stdout.flush()
        elapsed = time.perf_counter() - started
        return self.result(stop, elapsed)

    def _run(self, max_instructions: int, max_cycles: int) -> Stop:
        while True:
            try:
                limit = self.engine.run(max_instructions, max_cycles)
            except GuestExit as left:
                return Stop("exit", left.status, "", self.core.pc)
            except GuestDied as died:
                return self._died(str(died))
            except _ResetRequest:
                boot = self.memory.region_at(self._start.vector_table)
                if boot is not None and boot.writable:  # whoever placed the program does so again
                    self._load(into_ram_only=True)
                self._reset_core()
                continue
            return self._limited(limit, max_instructions, max_cycles)

    def _limited(self, limit: LimitReached, max_instructions: int, max_cycles: int) -> Stop:
        amount = max_cycles if limit.what == "cycles" else max_instructions
        pc = self.core.pc
        text = f"limit of {amount:,} {limit.what} reached at {self._place(pc)}"
        return Stop("limit", LIMIT_STATUS, text, pc)

    def _died(self, why: str) -> Stop:
        story = self.core.exceptions.story()
        faults = self.core.exceptions.faults
        at = faults[0].pc if faults else self.core.pc
        text = f"{why} ({story})" if story else why
        return Stop("fault", DIED_STATUS, f"{text}, at {self._place(at)}", at)

    def _place(self, address: int) -> str:
        function = self.image.function_at(address)
        line = self.image.line_at(address)
        text = f"{address:#010x}"
        if function is not None:
            text += f" in {function.name}"
        return text + (f" ({line[0]}:{line[1]})" if line else "")

    @property
    def stack_pointer(self) -> int:
        """Where the stack begins, as the vector table says; it grows down from there."""
        return self._start.stack_pointer

    def call(self, name: str, *arguments: int, max_instructions: int = 1_000_000_000) -> int:
        """Call a function of the image by the procedure call standard and return r0.

        Arguments are words: the first four in r0 to r3, the rest on the stack.

        Raises:
            UsageError: the image has no such function, or this process has changed how its
                floating-point arithmetic rounds.
            CallError: the function faulted, ended the program or did not return.
        """
        symbol = self.image.symbol(name)
        if symbol is None or symbol.kind == "object":
            raise UsageError(f"{self.image.path} has no function {name!r}")
        words = Words(core=dict(enumerate(arguments[:4])), stack=list(arguments[4:]))
        self.invoke(symbol, words, max_instructions=max_instructions)
        return int(self.core.state[0])

    def invoke(self, function: Symbol, words: Words, *, max_instructions: int) -> None:
        """Call a function with words in registers and on the stack, until it returns.

        Counts go on from where they are. Where nothing has run before, the floating-point unit is
        on, a Cortex-M7 has its caches on, and flash the wait states of its clock, as start-up code
        leaves them. Raises what `call` does.
        """
        check_host()
        if not self.engine.instructions:
            self._start_up()
        state = self.core.state
        state[:4] = [words.core.get(number, 0) & WORD for number in range(4)]
        for number, word in words.fp.items():
            state[S0 + number] = word & WORD
        top = (self.stack_pointer - 4 * len(words.stack)) & ~7
        for k, word in enumerate(words.stack):
            self.memory.store(top + 4 * k, 4, word & WORD)
        state[SP], state[LR] = top, RETURN_ADDRESS | 1
        state[NEXT_PC] = function.address
        state[EPSR_T] = 1
        self.engine.return_address = RETURN_ADDRESS
        budget = self.engine.instructions + max_instructions
        try:
            limit = self.engine.run(budget)
        except Returned:
            return
        except GuestExit as left:
            raise CallError(
                f"{function.name} ended the program with status {left.status}"
            ) from None
        except GuestDied as died:
            raise CallError(f"{function.name}: {self._died(str(died)).message}") from None
        finally:
            self.engine.return_address = -1
        raise CallError(
            f"{function.name} did not return: {self._limited(limit, budget, 0).message}"
        )

    def _start_up(self) -> None:
        """Leave the machine as start-up code does."""
        if self.core.features:
            self.core.cpacr = CPACR_ON
            self.core.update_fp()
        self._settings.start_up()

    def result(self, stop: Stop, host_seconds: float) -> Run:
        """Return everything counted since reset as a `Run`."""
        return Run(
            image=str(self.image.path),
            image_sha256=self.image.sha256,
            core=self.model.name,
            board=self.board.name,
            clock_hz=self.board.clock_hz,
            engine=self.engine_name,
            timing_model=self.model.version,
            instructions=self.engine.instructions,
            cycles=self.engine.now(),
            causes=dict(sorted(self.engine.causes().items())),
            stop=stop,
            regions=by_function(self.image, self.engine.code.by_address()),
            host_seconds=host_seconds,
            dual_issue=self.engine.lost_pairs(),
        )


def core_now(session: Session) -> Callable[[], int]:
    """Return a clock that asks the session's core, whose engine comes later."""
    return lambda: session.core.now()


def _quoted(word: str) -> str:
    if word and not set(word) & set(" \t\n\r\"'"):
        return word
    return f'"{word}"' if "'" in word else f"'{word}'"


def run_image(path: str | Path, **options: object) -> tuple[Run, bytes]:
    """Run an image to its end and return the outcome and what it printed.

    Options are those of `choose_board` (`core`, `board`, ...), `Session` (`arguments`, ...) and
    `Session.run` (`max_cycles`, `max_instructions`).
    """
    image = load_image(path)
    pick = {
        k: options.pop(k) for k in ("core", "board", "clock_hz", "flash", "sram") if k in options
    }
    limits = {k: options.pop(k) for k in ("max_cycles", "max_instructions") if k in options}
    output = io.BytesIO()
    options.setdefault("stdout", output)
    session = Session(image, choose_board(image, **pick), **options)  # type: ignore[arg-type]
    return session.run(**limits), output.getvalue()  # type: ignore[arg-type]
