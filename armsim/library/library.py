"""An image as a library: its functions by name."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from armsim.choices import choose_board
from armsim.dsl.state import S0
from armsim.errors import ArgumentError, CallError, UsageError, suggest
from armsim.insight.diagnosis import diagnose
from armsim.library.arena import Arena, Bytes
from armsim.library.arguments import Arguments, Mismatch, decode, describe
from armsim.machine.c_types import CType, Prototype
from armsim.machine.call_standard import arrange, in_fp, in_memory
from armsim.machine.image import Image, Symbol, load_image
from armsim.machine.prototypes import Prototypes, compiler_of
from armsim.session import Session

ALIGNMENT = 32  # a cache line of the Cortex-M7: cycles do not depend on other arguments' sizes
LEAST_STACK = 4096


@dataclass(frozen=True, slots=True)
class Call:
    """What a call returned and what it took.

    Attributes:
        value: the function's result: a number, an address, a structured scalar, None for void.
        cycles: core cycles from the function's first instruction to its return.
        instructions: how many it executed.
        causes: the cycles by cause; they add up to `cycles`.
        args: the arguments as given; arrays hold what the function left in them.
        stack: bytes of stack from the deepest one written up, arguments on the stack included.
    """

    value: Any
    cycles: int
    instructions: int
    causes: dict[str, int]
    args: tuple[Any, ...] = field(repr=False)
    stack: int


class Function:
    """A C function of a library; `prototype` is how C declares it, also its `str`."""

    def __init__(self, library: "Library", symbol: Symbol, prototype: Prototype) -> None:
        self._library, self._symbol, self.prototype = library, symbol, prototype
        self.__name__ = symbol.name
        self.__doc__ = f"{prototype}"

    def __str__(self) -> str:
        return str(self.prototype)

    def __repr__(self) -> str:
        return f"<{self.prototype}>"

    def __call__(self, *arguments: Any) -> Call:
        """Call it.

        Integers must be in the range of their type. For a pointer: a C-contiguous array of the
        type pointed at (any for `void *`), which is copied to the board's RAM and, unless the
        prototype says const, back; a structure as dict, structured array or ctypes structure;
        an address; or None. A dict may leave members out (they are zero), point to arrays in
        turn, and holds the structure's numbers after the call. Enumerators go by name or number.

        Raises:
            ArgumentError: number or types of the arguments are not those of the prototype.
            UsageError: the arguments do not fit into the board's RAM.
            CallError: the function faulted, did not return, or wrote outside its arguments.
        """
        __tracebackhide__ = True  # pytest shows the test's own line
        return self._library.call(self._symbol, self.prototype, arguments)


class Library:
    """The functions of an image on a board, as attributes.

    Nothing runs before the first call: initialised variables are in place and the others zero, but
    start-up code and constructors have not run. Variables, caches and branch prediction
    stay as a call leaves them, until `reset`.

    Attributes:
        session: the image on its board, for what a library does not offer.
        max_instructions: how many a call may execute.
        on_call: told name and outcome of every call.
    """

    def __init__(
        self, session: Session, *, heap: int = 0, max_instructions: int = 1_000_000_000
    ) -> None:
        self.session, self.max_instructions = session, max_instructions
        self.on_call: Callable[[str, Call], None] | None = None
        self._prototypes = Prototypes(session.image)
        self._functions: dict[str, Function] = {}
        self._start = self._free_ram(heap)
        self.reset()

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._names()]

    def __getattr__(self, name: str) -> Function:
        if name.startswith("__") or "_functions" not in self.__dict__:
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Function:
        """Return the function called `name`, for names that Python or this class uses.

        Raises:
            UnknownFunction: the image has no such function, or no prototype of it.
        """
        __tracebackhide__ = True
        known = self._functions.get(name)
        if known is None:
            symbol = self.session.image.symbol(name)
            if symbol is None or symbol.kind != "func":
                hint = suggest(name, self._names(), 3)
                raise UnknownFunction(f"{self.session.image.path} has no function {name!r}{hint}")
            known = Function(self, symbol, self._prototypes.find(name, symbol.address))
            self._functions[name] = known
        return known

    @cached_property
    def compiler(self) -> str:
        """What compiled the image, as its debug data say, such as "GNU C17 12.2.1"."""
        return compiler_of(self.session.image)

    def reset(self) -> None:
        """Begin anew: memory, caches and counts as before the first call."""
        self.session.reset()
        for segment in self.session.image.segments:
            if segment.virtual_address != segment.address:
                data = segment.data + bytes(segment.virtual_size - len(segment.data))
                self.session.memory.write_bytes(segment.virtual_address, data)

    def call(self, symbol: Symbol, prototype: Prototype, arguments: tuple[Any, ...]) -> Call:
        """Call a function by its prototype; see `Function`."""
        __tracebackhide__ = True
        session, name = self.session, prototype.name
        hard_float = session.image.attributes.vfp_args and not prototype.variadic
        arena = Arena(session.memory, self._start, session.stack_pointer, ALIGNMENT, LEAST_STACK)
        converter = Arguments(arena)
        returned: list[Bytes] = []
        result_at = None
        try:
            wanted = len(prototype.parameters)
            if len(arguments) != wanted:
                raise Mismatch(f"takes {_count(wanted, 'argument')}, not {len(arguments)}")
            if in_memory(prototype.result, hard_float):
                assert prototype.result is not None
                size = prototype.result.size
                result_at = converter.reserve("the result", size, returned.append)
            values = [
                converter.convert(p.type, value, p.name or f"argument {k + 1}")
                for k, (p, value) in enumerate(zip(prototype.parameters, arguments, strict=True))
            ]
        except Mismatch as wrong:
            given = ", ".join(map(describe, arguments))
            raise ArgumentError(
                f"{name}: {wrong}; prototype: {prototype}; given: ({given})"
            ) from None
        words = arrange(prototype, values, result_at, hard_float)
        arena.fill()
        engine = session.engine
        cycles, instructions, causes = engine.now(), engine.instructions, Counter(engine.causes())
        try:
            session.invoke(symbol, words, max_instructions=self.max_instructions)
            results, stack = arena.collect(name)
        except CallError as error:
            text = str(error)
            if session.core.exceptions.faults:
                text = f"{text}\n{diagnose(session)}".rstrip()
            self.reset()
            raise CallError(text) from None
        converter.give_back(results)
        spent = Counter(engine.causes())
        spent.subtract(causes)
        if returned:
            assert prototype.result is not None
            value = decode(prototype.result, returned[0].tobytes())
        else:
            value = self._value(prototype.result, hard_float)
        outcome = Call(
            value=value,
            cycles=engine.now() - cycles,
            instructions=engine.instructions - instructions,
            causes=dict(sorted((+spent).items())),
            args=arguments,
            stack=stack,
        )
        if self.on_call is not None:
            self.on_call(name, outcome)
        return outcome

    def _value(self, kind: CType | None, hard_float: bool) -> Any:
        """Return the result that is in registers."""
        if kind is None:
            return None
        first = S0 if in_fp(kind, hard_float) else 0
        words = self.session.core.state[first : first + 8].tolist()
        return decode(kind, b"".join(int(word).to_bytes(4, "little") for word in words))

    def _names(self) -> list[str]:
        return [symbol.name for symbol in self.session.image.symbols if symbol.kind == "func"]

    def _free_ram(self, heap: int) -> int:
        """Return where RAM begins that the image leaves free below its stack."""
        top = self.session.stack_pointer
        start = top
        while (region := self.session.board.region_at(start - 1)) and region.writable:
            offset = region.offset(start - 1)
            assert offset is not None
            start -= offset + 1
        for segment in self.session.image.segments:
            for low, size in (
                (segment.address, segment.memory_size),
                (segment.virtual_address, segment.virtual_size),
            ):
                if start <= low < top:
                    start = max(start, low + size)
        return (start + heap + 7) & ~7


class UnknownFunction(UsageError, AttributeError):
    """A library has no such function."""


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def load(
    path: Image | str | Path,
    core: str | None = None,
    board: str | Path | None = None,
    *,
    clock_hz: int | None = None,
    flash: tuple[int, int] | None = None,
    sram: tuple[int, int] | None = None,
    heap: int = 0,
    max_instructions: int = 1_000_000_000,
    **options: Any,
) -> Library:
    """Load an image on a board and return its functions.

    Args:
        path: the ELF file, built with -g.
        core: "m4", "m7" or a spelling of GCC's; by default what the image says.
        board: the name of a board or a TOML file; by default that of the core.
        clock_hz: the core's clock.
        flash: base and size, instead of the board's.
        sram: base and size, instead of the board's.
        heap: bytes after the image's variables that arguments stay clear of, for malloc.
        max_instructions: how many a call may execute.
        options: of `armsim.session.Session`, such as `engine` or `stdout`.

    Raises:
        ImageError, BoardError, UsageError: what is wrong, in one line.
    """
    image = path if isinstance(path, Image) else load_image(path)
    chosen = choose_board(image, core=core, board=board, clock_hz=clock_hz, flash=flash, sram=sram)
    session = Session(image, chosen, **options)
    return Library(session, heap=heap, max_instructions=max_instructions)
