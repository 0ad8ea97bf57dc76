"""What compiled code can do, by number: meanings, run-time charges, and what surrounds them."""

from collections.abc import Callable
from functools import cache as memoize
from types import FunctionType
from typing import Any

from armsim.dsl import definitions, state
from armsim.engine.context import FIRST_MEANING
from armsim.engine.semantics import cold_parts, meanings

Meaning = Callable[..., Any]


@memoize
def operation_table(charges: tuple[Meaning, ...]) -> dict[Meaning, int]:
    """Return the operation number of every compiled meaning; run-time charges come last."""
    ordered: list[Meaning] = [set_pc, fp_guard]
    ordered += [instruction.meaning for instruction in meanings(definitions())]
    ordered += charges
    return {meaning: FIRST_MEANING + k for k, meaning in enumerate(ordered)}


def compiled_functions(charges: tuple[Meaning, ...]) -> list[Meaning]:
    """Return all that is compiled on its own."""
    table = operation_table(charges)
    return [*table, state.condition_passed, *cold_parts(table)]


def set_pc(cpu: Any, value: int) -> None:
    """Let the next instruction read `value` as PC."""
    state.set_slot(cpu, state.PC, value)


def fp_guard(cpu: Any) -> None:
    """Leave for the machine where an FP instruction has to do more than its work."""
    if state.slot(cpu, state.FP_ACTIVE) == 0:
        state.usage_fault(cpu, state.NOCP)


def parameters(meaning: Meaning) -> int:
    """Return how many operands a meaning takes."""
    assert isinstance(meaning, FunctionType)
    return meaning.__code__.co_argcount - 1
