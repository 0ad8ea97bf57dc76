"""Straight runs and loops through the Cortex-M4 model, alone and on the compiled engine."""

from collections import Counter
from functools import cache

from assembler import assemble
from machines import CODE, Compiled

from armsim.dsl import FEATURES, Timing
from armsim.dsl.cost import BlockCost
from armsim.engine.decoder import Decoded, Decoder, advance_it
from armsim.timing.cortex_m4 import CortexM4

DECODER = Decoder(frozenset(FEATURES) - {"fp5", "fp64", "fp64v5"})
END = "mov.w r12, r12"  # waits for everything; one cycle


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


def cost(text: str, at: int = CODE, *, group_rule: bool = False) -> BlockCost:
    """Return what a text costs behind a branch."""
    return CortexM4(group_rule=group_rule).block(decoded(text, at), None)


def cycles(text: str, at: int = CODE, *, group_rule: bool = False) -> int:
    """Return the cycles of a text behind a branch, up to where anything can follow it."""
    return cost(f"{text};{END}", at, group_rule=group_rule).total - 1


def causes(steps: BlockCost) -> Counter[str]:
    """Return the cycles of a block by cause."""
    total: Counter[str] = Counter()
    for step in steps.steps:
        total.update(step)
    return total


@cache
def _machine() -> Compiled:
    return Compiled(DECODER.features, model="m4")


def run(
    program: str, instructions: int, at: int = CODE, *, step: int = 0, **registers: int
) -> tuple[int, dict[str, int]]:
    """Run instructions of a program, `step` at a time; return cycles in all and by cause."""
    machine = _machine()
    machine.reset()
    machine.place(program, at)
    if at != CODE:
        machine.state[16] = at
    for name, value in registers.items():
        machine.state[int(name[1:])] = value
    for done in range(0, instructions, step or instructions):
        machine.run(min(step or instructions, instructions - done))
    machine.check_causes()
    return machine.engine.now(), machine.engine.causes()
