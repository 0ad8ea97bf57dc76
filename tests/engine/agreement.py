"""Runs a program on several engines, compares them wherever they stop, and shrinks what differs.

Thresholds of the translator are so low that what ran a few times is translated, at once and by the
same thread. Most regions are compiled without optimising, which is what takes long; what the
translator writes is the same.
"""

import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from machine.elf_writer import FUNC, READ, WRITE, Elf, Load
from machines import Chained

from armsim import session as sessions
from armsim.boards.catalogue import default_board
from armsim.devices.device import Device
from armsim.dsl.state import FP_ACTIVE, PC, apsr
from armsim.engine import build, regions
from armsim.engine.decoder import UndefinedInstruction
from armsim.engine.disassembler import disassemble
from armsim.machine.faults import GuestDied
from armsim.machine.image import load_image
from armsim.machine.memory import Memory
from armsim.session import Session
from armsim.timing.cortex_m4 import CortexM4

from .pieces import Code, Jump, Mark, Point, Word, place
from .wild_programs import DECODER, FLASH, PROBE, RAM, Program

ENGINES = ("interpreter", "threaded", "translator")
MODELS = ("m4", "m7", "chained")
RENEW = 250  # programs after which sessions are made anew
_HIDDEN = (PC, FP_ACTIVE)  # meaningful only while an instruction runs, and derived


class Probe(Device):
    """Notes every access with its cycle, and answers with what depends on the cycle."""

    def __init__(self) -> None:
        super().__init__("probe", 0x40)
        self.now: Callable[[], int] = lambda: 0
        self.seen: list[tuple[int, ...]] = []

    def reset(self) -> None:
        """Forget."""
        self.seen = []

    def read(self, offset: int, size: int) -> int:
        """Note a load."""
        cycle = self.now()
        self.seen.append((cycle, offset, size))
        return cycle * 0x9E37 & (1 << 8 * size) - 1

    def write(self, offset: int, size: int, value: int) -> None:
        """Note a store."""
        self.seen.append((self.now(), offset, size, value))


@dataclass(frozen=True, slots=True)
class Stop:
    """All that can be compared where a run stopped."""

    outcome: str
    instructions: int
    cycles: int
    registers: tuple[int, ...]
    flags: int
    ram: int  # a digest
    causes: tuple[tuple[str, int], ...]
    events: tuple[tuple[int, ...], ...]
    output: bytes
    alone: tuple[tuple[str, int], ...]

    def differences(self, other: "Stop") -> str:
        """Say what differs."""
        found = []
        for name in self.__slots__:
            one, two = getattr(self, name), getattr(other, name)
            if one == two:
                continue
            if isinstance(one, tuple):
                pairs = [(k, a, b) for k, (a, b) in enumerate(zip(one, two)) if a != b]  # noqa: B905
                found.append(f"{name} ({len(one)}, {len(two)}): {pairs[:4]}")
            else:
                found.append(f"{name}: {one!r}, {two!r}")
        return "; ".join(found)


class Machine:
    """A session that runs one program after another."""

    def __init__(self, model: str, engine: str, folder: Path, kept: "Kept") -> None:
        self.core = "m4" if model == "m4" else "m7"
        path = folder / "empty.elf"
        ram = Load(0x2000_0000, b"", memory_size=1024, flags=READ | WRITE)
        code = (0x2000_8000).to_bytes(4, "little") + (FLASH | 9).to_bytes(4, "little") + bytes(8)
        symbols = [("start", FLASH | 9, 8, FUNC)]
        path.write_bytes(Elf(loads=[Load(FLASH, code), ram], symbols=symbols).build())
        make = sessions.make_model
        if model == "chained":
            sessions.make_model = lambda board: Chained()
        try:
            self.output = BytesIO()
            self.session = Session(
                load_image(path), default_board(self.core), engine=engine,
                stdin=BytesIO(), stdout=self.output, stderr=BytesIO(), itm=BytesIO(),
            )  # fmt: skip
        finally:
            sessions.make_model = make
        self.session.image = replace(self.session.image, segments=[])
        self.probe = Probe()
        self.probe.now = self.session.core.now
        self.session.memory.add_port(PROBE, self.probe.size, self.probe)
        self.session._devices.append(self.probe)
        self._share(kept)

    def _share(self, kept: "Kept") -> None:
        """Let machines of the same model share decoded code and what it costs, to save time."""
        session = self.session
        model, decoder = session.model, session.engine.code.decoder
        compute, decode = model.block, decoder.decode
        if isinstance(model, CortexM4):
            model._noted = kept.noted

        def block(run: Sequence, entry: object) -> object:
            key = (*map(id, run), entry, model.setting)
            if key not in kept.costs:
                kept.costs[key] = compute(run, entry)
            return kept.costs[key]

        def remember(*word: int) -> object:
            if word not in kept.decoded:
                kept.decoded[word] = decode(*word)
            return kept.decoded[word]

        model.block, decoder.decode = block, remember  # type: ignore[method-assign]

    def run(self, program: Program) -> Iterator[Stop]:
        """Run a program from reset; yield what it is like at each stop."""
        session, memory = self.session, self.session.memory
        segments = program.segments()
        self.output.seek(0)
        self.output.truncate()
        memory.region_at(FLASH).data[:0x4000] = 0xFF
        _put(memory, [part for part in segments if part[0] < RAM])
        memory.forget_code()
        session.reset()
        _put(memory, [part for part in segments if part[0] >= RAM])
        for address, word in program.setup:
            session.memory.store(address, 4, word)
        for what, count in program.stops:
            now = session.engine.instructions if what == "instructions" else session.engine.now()
            try:
                session.engine.run(**{f"max_{what}": now + count})
                outcome = what
            except GuestDied as died:
                outcome = f"{died} {session.core.exceptions.story()}"
            except sessions._ResetRequest:
                outcome = "reset"
            yield self._stop(outcome)
            if outcome != what:
                return

    def _stop(self, outcome: str) -> Stop:
        session = self.session
        engine, memory = session.engine, session.memory
        words = session.core.state
        ram = 0
        for region in memory._plain:
            if region.writable:
                ram = zlib.crc32(region.data, ram)
        causes = engine.causes()
        if sum(causes.values()) != engine.now():
            outcome += ", but the causes do not add up"
        return Stop(
            outcome,
            engine.instructions,
            engine.now(),
            tuple(int(word) for k, word in enumerate(words) if k not in (*_HIDDEN, 17, 18, 19, 20)),
            apsr(session.core),
            ram,
            tuple(sorted(causes.items())),
            tuple(self.probe.seen[-64:]),
            self.output.getvalue(),
            tuple(engine.lost_pairs().items()),
        )


def _put(memory: Memory, segments: Sequence[tuple[int, bytes]]) -> None:
    for at, data in segments:
        region = memory.region_at(at)
        offset = at - region.base
        region.data[offset : offset + len(data)] = np.frombuffer(data, np.uint8)


@dataclass
class Kept:
    """What machines of one model share while they run the same program."""

    decoded: dict[tuple[int, ...], object] = field(default_factory=dict)
    costs: dict[tuple[object, ...], object] = field(default_factory=dict)
    noted: dict[tuple[object, ...], int] = field(default_factory=dict)  # of a Cortex-M4

    def forget(self) -> None:
        """Begin with a new program."""
        for one in (self.decoded, self.costs, self.noted):
            one.clear()


class Bench:
    """Machines of every model and engine, made when first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._machines: dict[tuple[str, str], Machine] = {}
        self._kept = {model: Kept() for model in MODELS}
        self._runs = 0

    def machine(self, model: str, engine: str) -> Machine:
        """Return a machine."""
        if (model, engine) not in self._machines:
            self._machines[model, engine] = Machine(model, engine, self._folder, self._kept[model])
        return self._machines[model, engine]

    def renew(self) -> None:
        """Drop all machines: those to come know nothing of programs before."""
        self._machines.clear()

    def difference(self, program: Program, model: str, engines: Sequence[str] = ENGINES) -> str:
        """Run a program on engines; say where they first differ, or nothing."""
        self._runs += 1
        if self._runs % RENEW == 0:
            self.renew()
        self._kept[model].forget()
        stops = [list(self.machine(model, engine).run(program)) for engine in engines]
        for engine, found in zip(engines, stops, strict=True):
            wrong = [stop.outcome for stop in found if "add up" in stop.outcome]
            if wrong:
                return f"{engine}: {wrong[0]}"
        for engine, found in zip(engines[1:], stops[1:], strict=True):
            for number, (one, other) in enumerate(zip(stops[0], found)):  # noqa: B905
                if one != other:
                    where = f"stop {number} of {program.stops[: number + 1][-3:]}"
                    return f"{engines[0]}, {engine}: {where}: {one.differences(other)}"
            if len(stops[0]) != len(found):
                return f"{engines[0]}, {engine}: {len(stops[0])} and {len(found)} stops"
        return ""


@contextmanager
def eager(quick: bool = True, warm: int = 40) -> Iterator[None]:
    """Let the translator take what has run a little, and compile it quickly."""
    names = ("WARM", "LOOK_FIRST", "BEYOND", "object_of", "MOST_REGIONS")
    kept = {name: getattr(regions, name) for name in names}
    regions.WARM, regions.LOOK_FIRST, regions.BEYOND = warm, 150, 150
    regions.MOST_REGIONS = 1 << 30
    if quick:
        regions.object_of = quick_object
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(regions, name, value)


@cache
def _quick_machine() -> object:
    from llvmlite import binding as llvm

    build.target_machine()
    return llvm.Target.from_default_triple().create_target_machine(opt=0, jit=True)


def quick_object(text: str) -> bytes:
    """Compile a region without optimising."""
    from llvmlite import binding as llvm

    machine = _quick_machine()
    module = llvm.parse_assembly(text)
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=0))
    builder.getModulePassManager().run(module, builder)
    return bytes(machine.emit_object(module))


def shrink(program: Program, fails: Callable[[Program], bool]) -> Program:
    """Leave out pieces, stops and words of the setup for as long as the program still fails."""
    for name in ("pieces", "stops", "setup", "pieces"):
        program = _shorter(program, name, fails)
    return program


def _shorter(program: Program, name: str, fails: Callable[[Program], bool]) -> Program:
    size = max(len(getattr(program, name)) // 2, 1)
    while True:
        at, found = 0, False
        while at < len(items := getattr(program, name)):
            candidate = replace(program, **{name: items[:at] + items[at + size :]})
            if (candidate.pieces and candidate.stops) and fails(candidate):
                program, found = candidate, True
            else:
                at += size
        if size == 1 and not found:
            return program
        size = max(size // 2, 1)


def listing(program: Program) -> str:
    """Return a program as text."""
    lines = [f"{program.seed} for {program.core}, stops {program.stops}"]
    lines += [f"[{address:#x}] = {word:#x}" for address, word in program.setup]
    labels = place(program.pieces, program.base)
    at = program.base
    for piece in program.pieces:
        if isinstance(piece, Mark):
            lines.append(f"{piece.name}:")
        elif isinstance(piece, Jump):
            lines.append(f"  {at:#x}  {piece.kind} {piece.label}")
            at += 4
        elif isinstance(piece, Point | Word):
            lines.append(f"  {at:#x}  {piece} = {labels.get(piece.label, program.base):#x}")
            at += 8 if isinstance(piece, Point) else 4
        else:
            lines += _code(piece, at)
            at += 2 * len(piece.halves)
    return "\n".join(lines)


def _code(piece: Code, at: int) -> list[str]:
    lines, k = [], 0
    halves = (*piece.halves, 0)
    while k < len(piece.halves):
        try:
            step = DECODER.decode(halves[k], halves[k + 1], at + 2 * k, 0)
            lines.append(f"  {at + 2 * k:#x}  {disassemble(step)}")
            k += step.size // 2
        except UndefinedInstruction:
            lines.append(f"  {at + 2 * k:#x}  .half {halves[k]:#x}")
            k += 1
    return lines


def seeds(name: str) -> Iterator[str]:
    """Yield the seeds of programs, for ever."""
    number = 0
    while True:
        yield f"{name}.{number}"
        number += 1


def model_of(seed: str) -> str:
    """Return the model that a seed is for."""
    return random.Random(f"model {seed}").choice(MODELS)
