"""What a meaning's accesses to registers, memory and the context are when it is compiled.

`armsim.dsl.state` has them in plain Python; here Numba is told of loads and stores on raw memory.
An access that only the machine can make raises, which is a nonzero return value of the meaning.
"""

from collections.abc import Callable
from typing import Any

from armsim.dsl import state
from armsim.dsl.cost import CAUSES
from armsim.engine.context import PAGE_BITS, Context

UNALIGNED = CAUSES.index("unaligned")


def register() -> None:
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
    unaligned_costs = Context.UNALIGNED
    now_word, charged, model_base = Context.CYCLES, Context.CHARGED, Context.MODEL
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

    @register_jitable
    def book(cpu, cause, cycles):
        poke_context(cpu.memory, now_word, peek_context(cpu.memory, now_word) + cycles)
        where = peek_context(cpu.memory, charged) + 8 * cause
        poke64(where, peek64(where) + cycles)

    @overload(state.charge)
    def charge(cpu, cause, cycles):
        def impl(cpu, cause, cycles):
            book(cpu, cause, cycles)

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
        book(cpu, UNALIGNED, peek64(peek_context(cpu.memory, unaligned_costs) + 8 * kind))

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


def register_cold(function: Callable[..., Any], symbol: str) -> None:
    """Let meanings call a cold function, which is compiled on its own as `symbol`."""
    from llvmlite import binding, ir
    from numba import types
    from numba.core import cgutils
    from numba.extending import intrinsic, overload

    i64, pointer = ir.IntType(64), ir.PointerType()
    binding.add_symbol(symbol, 1)  # Numba loads what it compiles; it is never run there

    @intrinsic
    def call(typing_context, words, context_words, numbers):
        def generate(context, builder, signature, args):
            values = cgutils.unpack_tuple(builder, args[2])
            prototype = ir.FunctionType(ir.IntType(32), [pointer] * 4 + [i64] * len(values))
            callee = cgutils.get_or_insert_function(builder.module, prototype, symbol)
            returned, raised = builder.alloca(i64), builder.alloca(pointer)
            builder.call(callee, [returned, raised, args[0], args[1], *values])
            return context.get_dummy_value()

        return types.void(words, context_words, numbers), generate

    @overload(function)
    def form(cpu, *numbers):
        return lambda cpu, *numbers: call(cpu.state, cpu.memory, numbers)
