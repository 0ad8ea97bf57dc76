"""The meanings as LLVM IR: Numba types and lowers each plain function, once per machine.

`cpu` becomes a pair of raw pointers, `state` to the words of `armsim.dsl.state` and `memory` to the
run-time context below; the helpers of `armsim.dsl.state` become loads and stores on them. A meaning
that meets something only the machine can do (a device, a fault, a page with code that it would
change) raises, which is a nonzero return value here, before it has had any effect. The machine then
runs the same meaning as plain Python.
"""

import hashlib
import inspect
import re
from collections import namedtuple
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

from armsim.dsl import Instruction, state
from armsim.dsl.cost import CAUSES
from armsim.engine.context import PAGE_BITS, Context

Cpu = namedtuple("Cpu", "state memory")

UNALIGNED = CAUSES.index("unaligned")
_STATE_MODULE = state.__name__
# Plain functions that the compiler gets in another form, as they stand for accesses.
_REPLACED = {
    f"{_STATE_MODULE}.{name}"
    for name in (
        *("slot", "set_slot", "charge", "cycles_before", "surprise"),
        *("model_word", "set_model_word"),
        *("usage_fault", "check_branch", "check_load", "check_store"),
        *("load8", "load16", "load32", "load32_aligned"),
        *("store8", "store16", "store32", "store32_aligned"),
    )
} | {
    f"armsim.isa.hostfloat.{name}"
    for name in ("f32_from_bits", "f32_to_bits", "f64_from_bits", "f64_to_bits")
}


def called(function: Callable[..., Any]) -> list[FunctionType]:
    """Return the plain functions of this package that `function` reaches, callees first."""
    found: dict[int, FunctionType] = {}

    def visit(current: FunctionType) -> None:
        for name in current.__code__.co_names:
            target = current.__globals__.get(name)
            if not isinstance(target, FunctionType) or id(target) in found:
                continue
            if not target.__module__.startswith("armsim."):
                continue
            if full_name(target) not in _REPLACED:
                visit(target)
            found[id(target)] = target

    assert isinstance(function, FunctionType)
    visit(function)
    return list(found.values())


def full_name(function: FunctionType) -> str:
    """Return module and name of a function."""
    return f"{function.__module__}.{function.__qualname__}"


def fingerprint(meaning: Callable[..., Any]) -> str:
    """Return a digest of everything that the IR of a meaning depends on."""
    from importlib.metadata import version

    parts = [version("numba"), version("llvmlite"), _own_source()]
    assert isinstance(meaning, FunctionType)
    for function in (*called(meaning), meaning):
        parts.append(inspect.getsource(function))
        used = set(function.__code__.co_names)
        parts += [
            f"{name}={value!r}"
            for name, value in sorted(function.__globals__.items())
            if name in used and isinstance(value, (int, tuple))
        ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _own_source() -> str:
    from armsim.engine import context

    global _SOURCE
    if not _SOURCE:
        with open(__file__, encoding="utf-8") as own:
            _SOURCE = own.read() + inspect.getsource(context)
    return _SOURCE


_SOURCE = ""


class Compiler:
    """Turns meanings into LLVM IR text; importing Numba happens here and only here."""

    def __init__(self) -> None:
        from numba import njit, types

        self._njit = njit
        self._int64 = types.int64
        self._cpu = types.NamedTuple(
            (types.CPointer(types.uint32), types.CPointer(types.int64)), Cpu
        )
        self._registered: set[str] = set()
        _register_accesses()

    def ir(self, meaning: Callable[..., Any], parameters: int) -> tuple[str, str]:
        """Return the name and the IR module text of a meaning with that many operands."""
        from numba.extending import register_jitable

        for function in called(meaning):
            name = full_name(function)
            if name not in self._registered and name not in _REPLACED:
                register_jitable(function)
                self._registered.add(name)
        dispatcher = self._njit(
            no_cpython_wrapper=True, no_cfunc_wrapper=True, error_model="numpy"
        )(meaning)
        signature = (self._cpu, *(self._int64,) * parameters)
        dispatcher.compile(signature)
        overload = dispatcher.overloads[signature]
        return overload.fndesc.mangled_name, dispatcher.inspect_llvm(signature)


def _register_accesses() -> None:
    """Tell Numba what the access helpers are on raw memory."""
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic, overload, register_jitable

    i8, i16, i32, i64 = (ir.IntType(bits) for bits in (8, 16, 32, 64))

    @intrinsic
    def peek_slot(typing_context, words, index):
        def generate(context, builder, signature, args):
            value = builder.load(builder.gep(args[0], [args[1]], source_etype=i32), typ=i32)
            return builder.zext(value, i64)

        return types.int64(words, types.int64), generate

    @intrinsic
    def poke_slot(typing_context, words, index, value):
        def generate(context, builder, signature, args):
            where = builder.gep(args[0], [args[1]], source_etype=i32)
            builder.store(builder.trunc(args[2], i32), where)
            return context.get_dummy_value()

        return types.void(words, types.int64, types.int64), generate

    @intrinsic
    def peek_context(typing_context, words, index):
        def generate(context, builder, signature, args):
            return builder.load(builder.gep(args[0], [args[1]], source_etype=i64), typ=i64)

        return types.int64(words, types.int64), generate

    @intrinsic
    def poke_context(typing_context, words, index, value):
        def generate(context, builder, signature, args):
            builder.store(args[2], builder.gep(args[0], [args[1]], source_etype=i64))
            return context.get_dummy_value()

        return types.void(words, types.int64, types.int64), generate

    def host_load(width):
        @intrinsic
        def load(typing_context, address):
            def generate(context, builder, signature, args):
                pointer = builder.inttoptr(args[0], ir.PointerType(width))
                instruction = builder.load(pointer, align=1, typ=width)
                return instruction if width is i64 else builder.zext(instruction, i64)

            return types.int64(types.int64), generate

        return load

    def host_store(width):
        @intrinsic
        def store(typing_context, address, value):
            def generate(context, builder, signature, args):
                pointer = builder.inttoptr(args[0], ir.PointerType(width))
                value = args[1] if width is i64 else builder.trunc(args[1], width)
                builder.store(value, pointer, align=1)
                return context.get_dummy_value()

            return types.void(types.int64, types.int64), generate

        return store

    peek8, peek16, peek32, peek64 = (host_load(width) for width in (i8, i16, i32, i64))
    poke8, poke16, poke32, poke64 = (host_store(width) for width in (i8, i16, i32, i64))
    word_mask = 0xFFFF_FFFF
    page_bytes = 1 << PAGE_BITS
    read_map, write_map = Context.READ_MAP, Context.WRITE_MAP
    trap_unaligned, ccr = state.CCR_UNALIGN_TRP, state.CCR
    unaligned_costs, unaligned_booked = Context.UNALIGNED, Context.CHARGED + UNALIGNED
    now_word, charged_word, model_base = Context.CYCLES, Context.CHARGED, Context.MODEL
    surprised_word = Context.SURPRISED

    class Leave(Exception):
        """The machine has to do this."""

    @overload(state.slot)
    def slot(cpu, index):
        return lambda cpu, index: peek_slot(cpu.state, index)

    @overload(state.set_slot)
    def set_slot(cpu, index, value):
        return lambda cpu, index, value: poke_slot(cpu.state, index, value)

    @overload(state.usage_fault)
    def usage_fault(cpu, bit):
        def impl(cpu, bit):
            raise Leave

        return impl

    @overload(state.check_branch)
    def check_branch(cpu, address):
        def impl(cpu, address):
            if address & 1 == 0 or address & word_mask >= 0xF000_0000:
                raise Leave

        return impl

    @overload(state.charge)
    def charge(cpu, cause, cycles):
        def impl(cpu, cause, cycles):
            poke_context(cpu.memory, now_word, peek_context(cpu.memory, now_word) + cycles)
            booked = peek_context(cpu.memory, charged_word + cause) + cycles
            poke_context(cpu.memory, charged_word + cause, booked)

        return impl

    @overload(state.cycles_before)
    def cycles_before(cpu):
        return lambda cpu: peek_context(cpu.memory, now_word)

    @overload(state.surprise)
    def surprise(cpu):
        return lambda cpu: poke_context(cpu.memory, surprised_word, 1)

    @overload(state.model_word)
    def model_word(cpu, index):
        return lambda cpu, index: peek64(peek_context(cpu.memory, model_base) + 8 * index)

    @overload(state.set_model_word)
    def set_model_word(cpu, index, value):
        def impl(cpu, index, value):
            poke64(peek_context(cpu.memory, model_base) + 8 * index, value)

        return impl

    @register_jitable
    def book_unaligned(cpu, kind):
        cost = peek64(peek_context(cpu.memory, unaligned_costs) + 8 * kind)
        poke_context(cpu.memory, now_word, peek_context(cpu.memory, now_word) + cost)
        booked = peek_context(cpu.memory, unaligned_booked) + cost
        poke_context(cpu.memory, unaligned_booked, booked)

    def access(size, peek, poke, aligned):
        limit = page_bytes - size

        def load(cpu, address):
            def impl(cpu, address):
                address = address & word_mask
                page = peek64(peek_context(cpu.memory, read_map) + (address >> PAGE_BITS) * 8)
                if page == 0:
                    raise Leave
                if address & (size - 1):
                    if aligned or peek_slot(cpu.state, ccr) & trap_unaligned:
                        raise Leave
                    if address & (page_bytes - 1) > limit:
                        raise Leave
                    book_unaligned(cpu, (size & 4) | address & 3)
                return peek(page + address)

            return impl

        def store(cpu, address, value):
            def impl(cpu, address, value):
                address = address & word_mask
                page = peek64(peek_context(cpu.memory, write_map) + (address >> PAGE_BITS) * 8)
                if page == 0:
                    raise Leave
                if address & (size - 1):
                    if aligned or peek_slot(cpu.state, ccr) & trap_unaligned:
                        raise Leave
                    if address & (page_bytes - 1) > limit:
                        raise Leave
                    book_unaligned(cpu, 8 | (size & 4) | address & 3)
                poke(page + address, value)

            return impl

        return load, store

    for plain_load, plain_store, size, peek, poke, aligned in (
        (state.load8, state.store8, 1, peek8, poke8, False),
        (state.load16, state.store16, 2, peek16, poke16, False),
        (state.load32, state.store32, 4, peek32, poke32, False),
        (state.load32_aligned, state.store32_aligned, 4, peek32, poke32, True),
    ):
        load, store = access(size, peek, poke, aligned)
        overload(plain_load)(load)
        overload(plain_store)(store)

    def check(table):
        def overloaded(cpu, address, size):
            def impl(cpu, address, size):
                address = address & word_mask
                if address & 3:
                    raise Leave
                last = address + size - 4
                if last > word_mask:
                    raise Leave
                pages = peek_context(cpu.memory, table)
                if peek64(pages + (address >> PAGE_BITS) * 8) == 0:
                    raise Leave
                if peek64(pages + (last >> PAGE_BITS) * 8) == 0:
                    raise Leave

            return impl

        return overloaded

    overload(state.check_load)(check(read_map))
    overload(state.check_store)(check(write_map))
    _register_floats()


def _register_floats() -> None:
    """Tell Numba how bits and host floats turn into one another."""
    try:
        from armsim.isa import hostfloat
    except ImportError:
        return
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic, overload

    i32, i64 = ir.IntType(32), ir.IntType(64)

    @intrinsic
    def single_from_bits(typing_context, bits):
        def generate(context, builder, signature, args):
            single = builder.bitcast(builder.trunc(args[0], i32), ir.FloatType())
            return builder.fpext(single, ir.DoubleType())

        return types.float64(types.int64), generate

    @intrinsic
    def single_to_bits(typing_context, value):
        def generate(context, builder, signature, args):
            single = builder.fptrunc(args[0], ir.FloatType())
            return builder.zext(builder.bitcast(single, i32), i64)

        return types.int64(types.float64), generate

    @intrinsic
    def double_from_bits(typing_context, bits):
        def generate(context, builder, signature, args):
            return builder.bitcast(args[0], ir.DoubleType())

        return types.float64(types.int64), generate

    @intrinsic
    def double_to_bits(typing_context, value):
        def generate(context, builder, signature, args):
            return builder.bitcast(args[0], i64)

        return types.int64(types.float64), generate

    overload(hostfloat.f32_from_bits)(lambda word: lambda word: single_from_bits(word))
    overload(hostfloat.f32_to_bits)(lambda x: lambda x: single_to_bits(x))
    overload(hostfloat.f64_from_bits)(lambda bits: lambda bits: double_from_bits(bits))
    overload(hostfloat.f64_to_bits)(lambda x: lambda x: double_to_bits(x))


_PICKLE = re.compile(r"^@\.const\.pickle.*\n", re.M)
_PICKLE_USE = re.compile(r"@\.const\.picklebuf\.[\w.]+")
_ENVIRONMENT = re.compile(r"^@_ZN08NumbaEnv.*\n", re.M)
_METADATA_USE = re.compile(r", !(?:noalias|alias\.scope|prof|range|tbaa|llvm\.loop) !\d+")
_METADATA = re.compile(r"^!.*\n", re.M)
_HEADER = re.compile(r"^(?:; ModuleID|source_filename|target |; Function Attrs).*\n", re.M)
_DEFINITION = re.compile(r'^define .*?(@(?:"[^"]+"|[\w.$-]+))\(.*?^}\n', re.M | re.S)
_GLOBAL = re.compile(r"^(@[\w.$-]+) = .*\n", re.M)
_NAME = re.compile(r'@(?:"[^"]+"|[\w.$-]+)')


def tidy(name: str, text: str, new_name: str) -> str:
    """Give a module stable names: `new_name` for the meaning, digests for what it calls.

    What Numba keeps for Python exceptions goes: here a nonzero status is all there is to know.
    Modules in which a helper has the same body share it when they are linked.
    """
    for pattern, replacement in (
        (_PICKLE, ""), (_PICKLE_USE, "null"), (_ENVIRONMENT, ""),
        (_METADATA_USE, ""), (_METADATA, ""), (_HEADER, ""),
    ):  # fmt: skip
        text = pattern.sub(replacement, text)
    bodies = {match.group(1): match.group() for match in _DEFINITION.finditer(text)}
    bodies.update({match.group(1): match.group() for match in _GLOBAL.finditer(text)})
    renamed: dict[str, str] = {}
    main = next(symbol for symbol in bodies if symbol.strip('@"') == name)

    def digest(symbol: str) -> str:
        if symbol not in renamed:
            renamed[symbol] = symbol  # a recursive reference keeps its name
            body = bodies[symbol].replace(symbol, "@self")
            body = _NAME.sub(lambda m: digest(m[0]) if m[0] in bodies else m[0], body)
            shape = hashlib.sha256(body.encode()).hexdigest()[:16]
            renamed[symbol] = f"@{new_name}" if symbol == main else f"@helper_{shape}"
        return renamed[symbol]

    digest(main)
    text = _NAME.sub(lambda match: renamed.get(match[0], match[0]), text)
    return re.sub(
        r"^(define) (?:linkonce_odr |weak |internal )?", _linkage(new_name), text, flags=re.M
    )


def _linkage(main: str) -> Callable[[re.Match[str]], str]:
    def choose(match: re.Match[str]) -> str:
        line = match.string[match.start() : match.string.index("\n", match.start())]
        return "define " if f"@{main}(" in line else "define linkonce_odr "

    return choose


def meanings(instructions: Iterable[Instruction]) -> list[Instruction]:
    """Return one instruction for each meaning that can be compiled, in order of definition."""
    unique: dict[int, Instruction] = {}
    for instruction in instructions:
        if not instruction.system:
            unique.setdefault(id(instruction.meaning), instruction)
    return list(unique.values())
