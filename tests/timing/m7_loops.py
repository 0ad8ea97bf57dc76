"""Loop bodies through the Cortex-M7 model, alone and on the compiled engine."""

from collections.abc import Sequence
from functools import cache

from assembler import assemble
from machines import CODE, RAM, Compiled

from armsim.dsl import FEATURES, Timing
from armsim.dsl.cost import BlockCost, State
from armsim.engine.decoder import Decoded, Decoder, advance_it
from armsim.timing.cortex_m7 import CortexM7

DECODER = Decoder(frozenset(FEATURES))
ROUNDS = 6


def decoded(text: str, at: int = CODE) -> list[Decoded]:
    """Return the instructions of a text, with `;` between them."""
    code = assemble(text.replace(";", "\n"), at)
    steps: list[Decoded] = []
    place = itstate = 0
    while place < len(code):
        first, second = (int.from_bytes(code[place + k : place + k + 2], "little") for k in (0, 2))
        step = DECODER.decode(first, second, at + place, itstate)
        steps.append(step)
        if step.timing is Timing.IT:
            itstate = step.values["firstcond"] << 4 | step.values["itmask"]
        elif itstate:
            itstate = advance_it(itstate)
        place += step.size
    return steps


def settled(text: str, at: int = CODE) -> BlockCost:
    """Return the cost of a body once it has followed itself often enough not to change."""
    model, steps = CortexM7(), decoded(text, at)
    state: State = None
    for _ in range(ROUNDS):
        cost = model.block(steps, state)
        state = cost.fall
    return cost


def alone(text: str, at: int = CODE) -> BlockCost:
    """Return what a text costs on an empty pipeline."""
    return CortexM7().block(decoded(text, at), None)


def issued(cost: BlockCost) -> Sequence[int]:
    """Return the cycle in which each instruction issues."""
    cycle, cycles = 0, []
    for step in cost.steps:
        cycle += sum(step.values())
        cycles.append(cycle)
    return cycles


@cache
def _machine() -> Compiled:
    return Compiled(model="m7")


def cycles_of(program: str, instructions: int, **registers: int) -> tuple[int, dict[str, int]]:
    """Run instructions of a program on the engine; return cycles in all and by cause."""
    machine = _machine()
    machine.reset()
    machine.place(program)
    for name, value in registers.items():
        machine.state[int(name[1:])] = value
    machine.run(instructions)
    machine.check_causes()
    return machine.engine.now(), machine.engine.causes()


__all__ = ["CODE", "RAM", "alone", "cycles_of", "decoded", "issued", "settled"]
