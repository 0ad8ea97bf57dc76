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

EIGHT_LOADS = ";".join(f"ldr.w r{k}, [r8, #{4 * k}]" for k in range(1, 8)) + ";ldr.w sb, [r8, #32]"

# Section by section of what was measured on an STM32H743 (jnk0le/random): cycles of a loop body.
BODIES = {
    "independent additions": (4, ";".join(f"add.w r{k}, r{k}, r8" for k in range(8))),
    "dependent additions": (8, ";".join(["add.w r0, r0, r8"] * 8)),
    "narrow additions": (4, ";".join(f"adds r{k}, #1" for k in range(8))),
    "loads of consecutive words": (4, EIGHT_LOADS),
    "loads of even words": (4, ";".join(f"ldr.w r{k}, [r8, #{8 * k}]" for k in range(1, 5))),
    "loads and additions of what they load": (
        4,
        ";".join(f"ldr.w r{k}, [sb, #{4 * k}];add.w r{k + 4}, r{k + 4}, r{k}" for k in range(1, 5)),
    ),
    "loads of bytes, added two cycles later": (
        3,
        "ldrb.w r0, [r8, #1];ldrb.w r1, [r8, #5];add.w r2, r2, r0;add.w r3, r3, r1",
    ),
    "long products": (4, ";".join(f"smull r{k}, r{k + 1}, r8, sb" for k in (0, 2, 4, 6))),
    "long products to one accumulator": (4, ";".join(["smlal r0, r1, r8, sb"] * 4)),
    "dual products to one accumulator": (4, ";".join(["smlad r0, r8, sb, r0"] * 4)),
    "long dual products to one accumulator": (4, ";".join(["smlald r0, r1, r8, sb"] * 4)),
    "stores": (4, ";".join(f"str.w r{k}, [r8, #{4 * k}]" for k in range(1, 5))),
    "loads and stores": (
        2, "ldr.w r0, [r8, #4];str.w r1, [sb, #4];ldr.w r2, [r8, #8];str.w r3, [sb, #8]"
    ),
    "a chain of carries": (4, ";".join(["adcs.w r0, r0, r8"] * 4)),
    "products and additions": (
        2, "smlad r0, r8, sb, r0;add.w r1, r1, r8;smlad r0, r8, sb, r0;add.w r2, r2, r8"
    ),
    "a chain of loads": (4, "ldr.w r0, [r0, #4];ldr.w r0, [r0, #4]"),
    "halves of a constant": (1, "movw r0, #1;movt r0, #2"),
    "several words": (2, "ldm.w r8, {r0, r1, r2, r3}"),
    "an odd number of words": (3, "ldm.w r8, {r0, r1, r2, r3, r4}"),
    "FP additions in a chain": (6, "vadd.f32 s0, s0, s1;vadd.f32 s0, s0, s1"),
    "FP multiply-accumulates on three accumulators": (
        3, "vfma.f32 s0, s8, s9;vfma.f32 s1, s8, s9;vfma.f32 s2, s8, s9"
    ),
    "FP multiply-accumulates on one accumulator": (6, "vfma.f32 s0, s8, s9;vfma.f32 s0, s8, s9"),
    "an FP division": (16, "vdiv.f32 s0, s1, s2"),
    "FP products and integer additions": (
        2, "vmul.f32 s0, s8, s9;add.w r0, r0, r8;vmul.f32 s1, s8, s9;add.w r1, r1, r8"
    ),
}  # fmt: skip


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


__all__ = ["BODIES", "CODE", "RAM", "alone", "cycles_of", "decoded", "issued", "settled"]
