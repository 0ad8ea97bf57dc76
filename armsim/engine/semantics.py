"""The meanings as LLVM IR: Numba types and lowers each plain function, once per machine.

`cpu` becomes a pair of raw pointers, `state` to the words of `armsim.dsl.state` and `memory` to the
run-time context below; the helpers of `armsim.dsl.state` become loads and stores on them. A meaning
that meets something only the machine can do (a device, a fault, a page with code that it would
change) raises, which is a nonzero return value here, before it has had any effect. The machine then
runs the same meaning as plain Python.
"""

import hashlib
import inspect
from collections import namedtuple
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

from armsim.dsl import Instruction, state
from armsim.engine import accesses, context, tidy

Cpu = namedtuple("Cpu", "state memory")

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
            if full_name(target) not in _REPLACED and not is_cold(target):
                visit(target)
            found[id(target)] = target

    assert isinstance(function, FunctionType)
    visit(function)
    return list(found.values())


def is_cold(function: Callable[..., Any]) -> bool:
    """Tell whether a function is compiled on its own, see `armsim.dsl.state.cold`."""
    return getattr(function, "cold", False)


def cold_parts(meanings: Iterable[Callable[..., Any]]) -> list[FunctionType]:
    """Return the cold functions that meanings reach."""
    found: dict[int, FunctionType] = {}
    todo = list(meanings)
    while todo:
        for function in called(todo.pop()):
            if is_cold(function) and id(function) not in found:
                found[id(function)] = function
                todo.append(function)
    return list(found.values())


def symbol(meaning: Callable[..., Any]) -> str:
    """Return the name of a compiled meaning."""
    assert isinstance(meaning, FunctionType)
    return "meaning_" + full_name(meaning).replace(".", "_")


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
    global _SOURCE
    if not _SOURCE:
        with open(__file__, encoding="utf-8") as own:
            _SOURCE = own.read() + "".join(map(inspect.getsource, (accesses, context, tidy)))
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
        accesses.register()

    def ir(self, meaning: Callable[..., Any], parameters: int) -> tuple[str, str]:
        """Return the name and the IR module text of a meaning with that many operands."""
        from numba.extending import register_jitable

        for function in called(meaning):
            name = full_name(function)
            if name in self._registered or name in _REPLACED:
                continue
            self._registered.add(name)
            if is_cold(function):
                accesses.register_cold(function, symbol(function))
            else:
                register_jitable(function)
        dispatcher = self._njit(
            no_cpython_wrapper=True, no_cfunc_wrapper=True, error_model="numpy"
        )(meaning)
        signature = (self._cpu, *(self._int64,) * parameters)
        dispatcher.compile(signature)
        overload = dispatcher.overloads[signature]
        return overload.fndesc.mangled_name, dispatcher.inspect_llvm(signature)


def meanings(instructions: Iterable[Instruction]) -> list[Instruction]:
    """Return one instruction for each meaning that can be compiled, in order of definition."""
    unique: dict[int, Instruction] = {}
    for instruction in instructions:
        if not instruction.system:
            unique.setdefault(id(instruction.meaning), instruction)
    return list(unique.values())
