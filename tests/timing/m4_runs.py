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

# What a run costs behind a branch to a word address. Manual: DDI0439; measured: STM32F407.
RUNS = {
    "additions": (4, "add.w r0, r1, r2;adds r0, #1;add.w r3, r0, r0, lsl #2;adds r0, #1"),
    "products": (4, "mul r0, r1, r2;mla r3, r0, r1, r2;smull r4, r5, r0, r3;smlad r0, r4, r5, r0"),
    "a load and what uses it": (3, "ldr r0, [r1];adds r0, #1"),
    "a load and what does not": (3, "ldr r0, [r1];adds r2, #1"),
    "independent loads": (
        6, "ldr r0, [r4];ldr r1, [r4, #4];ldrb r2, [r4];ldrh r3, [r4];ldr r5, [r4]"
    ),
    "a chain of loads": (6, "ldr r0, [r0];ldr r0, [r0];ldr r0, [r0]"),
    "a load and a NOP, which it absorbs": (2, "ldr r0, [r1];nop"),
    "stores": (3, "str r0, [r4];str r1, [r4, #4];strb r2, [r4, #8]"),
    "a store and arithmetic": (2, "str r0, [r4];adds r0, #1"),
    "a store with a register offset": (2, "str r0, [r4, r5]"),
    "a store with a register offset and a NOP": (2, "str r0, [r4, r5];nop"),
    "a load and a store": (2, "ldr r0, [r4];str r0, [r5]"),
    "a load and a store with a register offset": (3, "ldr r0, [r4];str r0, [r5, r6]"),
    "a store and a load": (4, "str r0, [r4];ldr r1, [r5]"),
    "two stores and a load": (5, "str r0, [r4];str r0, [r4];ldr r1, [r5]"),
    "loads from moving bases, in turns": (5, "ldr r0, [r4], #4;ldr r1, [r5], #4;ldr r2, [r4], #4;"
                                             "ldr r3, [r5], #4"),
    "loads from one moving base": (6, "ldr r0, [r4], #4;ldr r1, [r4], #4;ldr r2, [r4], #4"),
    "stores to one moving base": (3, "str r0, [r4], #4;str r1, [r4], #4"),
    "an address just computed": (4, "adds r0, r1, r2;ldr r3, [r0]"),
    "an address computed before": (4, "adds r0, r1, r2;adds r4, #1;ldr r3, [r0]"),
    "an index just computed": (4, "adds r0, r1, r2;ldr r3, [r4, r0]"),
    "a product as an address": (4, "mul r0, r1, r2;ldr r3, [r0]"),
    "data just computed": (2, "adds r0, r1, r2;str r0, [r3]"),
    "several words": (5, "ldm.w r0, {r1, r2, r3, r4}"),
    "several words behind a load": (7, "ldr r5, [r6];ldm.w r0, {r1, r2, r3, r4}"),
    "several words stored behind a store": (6, "str r5, [r6];stm.w r0, {r1, r2, r3, r4}"),
    "a push and a pop": (6, "push {r0, r1};pop {r0, r1}"),
    "two words": (3, "ldrd r0, r1, [r2]"),
    "two words behind a load": (5, "ldr r3, [r2];ldrd r0, r1, [r2]"),
    "two words stored": (3, "strd r0, r1, [r2]"),
    "an exclusive load behind a load": (3, "ldr r0, [r2];ldrex r1, [r2]"),
    "an IT behind a 16-bit instruction": (2, "adds r0, #1;it eq;addeq r1, #1"),
    "an IT behind a 32-bit instruction": (3, "add.w r0, r0, #1;it eq;addeq r1, #1"),
    "an IT behind a branch": (2, "it eq;addeq r1, #1"),
    "special registers": (4, "dmb sy;dmb sy"),
    "independent FP additions": (2, "vadd.f32 s0, s1, s2;vmul.f32 s3, s4, s5"),
    "dependent FP additions": (3, "vadd.f32 s0, s1, s2;vadd.f32 s0, s0, s2"),
    "an FP addition and its use after one": (
        3, "vadd.f32 s0, s1, s2;adds r0, #1;vadd.f32 s0, s0, s2"
    ),
    "an FP sum as an addend": (5, "vadd.f32 s0, s1, s2;vmla.f32 s0, s3, s4;vmov.f32 s5, s6"),
    "FP multiply-accumulates in a chain": (
        7, "vfma.f32 s0, s1, s2;vfma.f32 s0, s1, s2;vmov.f32 s5, s6"
    ),
    "an FP multiply-accumulate and its use": (5, "vfma.f32 s0, s1, s2;vadd.f32 s0, s0, s2"),
    "FP and integer multiply-accumulate": (4, "vfma.f32 s0, s1, s2;adds r0, #1;adds r1, #1;"
                                              "vmov.f32 s5, s6"),
    "an FP comparison": (2, "vcmp.f32 s0, s1;vmrs apsr_nzcv, fpscr"),
    "an FP division and its use": (16, "vdiv.f32 s0, s1, s2;vadd.f32 s3, s0, s0"),
    "integer work under an FP root": (
        15, "vsqrt.f32 s0, s1;" + "adds r0, #1;" * 10 + "vmov.f32 s2, s3"
    ),
    "an FP load and its use": (3, "vldr s0, [r0];vadd.f32 s1, s0, s0"),
    "FP loads": (4, "vldr s0, [r0];vldr s1, [r0, #4];vldr s2, [r0, #8]"),
    "an FP load of two words": (3, "vldr d0, [r0]"),
    "an FP list": (5, "vldmia r0, {s0, s1, s2, s3}"),
    "an FP list of pairs": (5, "vldmia r0, {d0, d1}"),
    "FP stores": (2, "vstr s0, [r0];vstr s1, [r0, #4]"),
    "two core registers to FP": (2, "vmov d0, r0, r1"),
    "FP to core": (1, "vmov r0, s0"),
}  # fmt: skip


def loop(body: str, times: int) -> str:
    """Return a loop of R0, and two wide instructions before it."""
    return f"mov.w r0, #{times}\nmov.w r1, #1\nloop:\n{body}\nbne loop"


# Compendium of Cortex-M4 micro-benchmarks: 14 instructions, two branches back.
ALIGNED_LOOP, ALIGNED_LOOP_LENGTH = loop("mul r1, r1, r1\nsub.w r0, r0, #1\ncmp r0, #0", 3), 14
ALIGNED_LOOPS = [
    ("a loop whose wide target is at a word address", CODE, 16),
    ("the same off word addresses", CODE + 2, 19),
]


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
