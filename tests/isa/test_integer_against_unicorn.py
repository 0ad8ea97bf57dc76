"""Every integer meaning, uncompiled, against unicorn: one step, all registers, APSR.

A failure names the encoding and the case; `ARMSIM_FUZZ_SEED` and `ARMSIM_FUZZ_CASES` choose others.
"""

import os
import random
from dataclasses import dataclass

import pytest

import armsim.isa  # noqa: F401  defines the encodings
from armsim.dsl import FEATURES, Instruction, Timing, definitions
from armsim.dsl.roles import role
from armsim.dsl.state import CCR, PC, SP, STATE_WORDS, apsr, set_apsr
from armsim.dsl.timing import BRANCHES, LOADS, STORES
from armsim.engine.decoder import Decoded, Decoder, UndefinedInstruction
from armsim.engine.disassembler import disassemble

unicorn = pytest.importorskip("unicorn")
arm = pytest.importorskip("unicorn.arm_const")

SEED = int(os.environ.get("ARMSIM_FUZZ_SEED", "1"))
CASES = int(os.environ.get("ARMSIM_FUZZ_CASES", "200"))
CODE, SLOT = 0x1_0000, 16  # each case has its own address, so that no translation is stale
IT_AL, IT_AL_STATE = 0xBFE8, 0xE8
APSR_BITS = 0xF80F_0000
NO_WAY_TO_STEP = {
    Timing.IT, Timing.NOP, Timing.BARRIER, Timing.SYSTEM, Timing.EXCEPTION, Timing.WAIT,
    Timing.PRELOAD,
}  # fmt: skip
CORNERS = (
    0, 1, 2, 0x7FFF_FFFF, 0x8000_0000, 0x8000_0001, 0xFFFF_FFFF, 0xFFFF_FFFE, 0x7FFF_8000,
    0x8000_7FFF, 0x8000_8000, 0x7FFF_7FFF, 0x8080_8080, 0x7F7F_7F7F, 0x0000_FFFF, 0xFFFF_0000,
    0x0000_8000, 0x00FF_00FF, 31, 32, 33, 255, 256,
)  # fmt: skip
REGISTERS = tuple(range(15))
_UNICORN = (
    *(getattr(arm, f"UC_ARM_REG_R{number}") for number in range(13)),
    arm.UC_ARM_REG_SP, arm.UC_ARM_REG_LR,
)  # fmt: skip


@dataclass(frozen=True)
class Wrong:
    """What unicorn 2.1.4 (QEMU 5.0.1) does wrong, and an instruction on R0 and R1 that shows it."""

    word: int
    reason: str
    r0: int = 1
    r1: int = 0
    sp: int = 0  # the bits of SP that it gets wrong
    apsr: int = 0  # the bits of APSR


def _sp(word: int) -> Wrong:
    return Wrong(word, "keeps bits 0 and 1 of a value written to SP; the manual clears them", sp=3)


def _q(word: int) -> Wrong:
    return Wrong(
        word,
        "sets Q when the products alone overflow; the manual looks at the whole sum",
        r0=0x8000_8000,
        r1=0x8000_0000,
        apsr=1 << 27,
    )


UNICORN_IS_WRONG = {
    "add_imm_t3": _sp(0xF10D0D01),
    "add_imm_t4": _sp(0xF20D0D01),
    "add_reg_t2": _sp(0x4485),
    "add_reg_t3": _sp(0xEB0D0D00),
    "mov_reg_t1": _sp(0x4685),
    "mov_reg_t3": _sp(0xEA4F0D00),
    "sub_imm_t3": _sp(0xF1AD0D01),
    "sub_imm_t4": _sp(0xF2AD0D01),
    "sub_reg_t2": _sp(0xEBAD0D00),
    "smlad_t1": _q(0xFB201000),
    "smladx_t1": _q(0xFB201010),
}


class Cpu:
    """A core without memory."""

    def __init__(self) -> None:
        self.state = [0] * STATE_WORDS
        self.memory = None


def is_integer(instruction: Instruction) -> bool:
    """Tell whether one step of an encoding ends at the next one with only registers changed."""
    return not (
        instruction.needs
        or instruction.system
        or instruction.timing in LOADS | STORES | BRANCHES | NO_WAY_TO_STEP
        or instruction.timing.name.startswith("FP_")
    )


INTEGER = tuple(instruction for instruction in definitions() if is_integer(instruction))
DECODER = Decoder(frozenset(FEATURES))


def random_instruction(
    instruction: Instruction, rng: random.Random, address: int, itstate: int
) -> Decoded:
    """Draw words of an encoding until one is not a branch."""
    pattern = instruction.pattern
    while True:
        word = rng.getrandbits(pattern.width) & ~pattern.fixed | pattern.value
        if rng.random() < 0.3:  # few registers, so that operands coincide
            for field in pattern.fields:
                if field.width == 4 and field.name.startswith("r"):
                    word &= ~(0xF << field.shift)
                    word |= rng.choice((0, 1, 2, 13)) << field.shift
                elif field.name != "setflags" and rng.random() < 0.3:
                    word &= ~(((1 << field.width) - 1) << field.shift)
        first, second = (word, 0) if pattern.width == 16 else (word >> 16, word & 0xFFFF)
        try:
            decoded = DECODER.decode(first, second, address, itstate)
        except UndefinedInstruction:
            continue
        written = [
            value
            for name, value in decoded.values.items()
            if name in instruction.operands and "w" in role(instruction, name)
        ]
        if decoded.instruction is instruction and PC not in written:
            return decoded


def random_word(rng: random.Random) -> int:
    """Draw a corner value, two corner halves, a shift amount or any word."""
    kind = rng.randrange(5)
    if kind < 2:
        return rng.choice(CORNERS)
    if kind == 2:
        halves = (0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF, 0x7F80, 0x807F)
        return rng.choice(halves) << 16 | rng.choice(halves)
    if kind == 3:
        return rng.getrandbits(rng.randrange(1, 33))
    return rng.getrandbits(32)


class Oracle:
    """A Cortex-M4 in unicorn, stepped once at the address of a case."""

    def __init__(self) -> None:
        # UC_MODE_MCLASS would make it a Cortex-M33.
        self.uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB)
        self.uc.ctl_set_cpu_model(arm.UC_CPU_ARM_CORTEX_M4)
        self.uc.mem_map(CODE, 0x40_0000)

    def step(self, decoded: Decoded, registers: list[int], flags: int) -> tuple[list[int], int]:
        """Run one instruction, in an IT block if its state says so; return registers and APSR."""
        code = decoded.word
        words = [code >> 16, code & 0xFFFF] if decoded.size == 4 else [code]
        start = decoded.address
        if decoded.itstate:
            words, start = [IT_AL, *words], start - 2
        self.uc.mem_write(start, b"".join(word.to_bytes(2, "little") for word in words))
        self.uc.reg_write_batch(list(zip(_UNICORN, registers, strict=True)))
        self.uc.reg_write(arm.UC_ARM_REG_APSR_NZCVQG, flags)
        count = 2 if decoded.itstate else 1
        self.uc.emu_start(start | 1, decoded.address + decoded.size, count=count)
        after = [value & 0xFFFF_FFFF for value in self.uc.reg_read_batch(_UNICORN)]
        return after, self.uc.reg_read(arm.UC_ARM_REG_CPSR) & APSR_BITS


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle()


def meaning(decoded: Decoded, registers: list[int], flags: int) -> tuple[list[int], int]:
    """Run the meaning on a core of its own; return registers and APSR."""
    cpu = Cpu()
    cpu.state[:15] = registers
    cpu.state[PC] = decoded.address + 4
    cpu.state[CCR] = 0
    set_apsr(cpu, flags)
    decoded.instruction.meaning(cpu, *decoded.arguments)
    return cpu.state[:15], apsr(cpu)


_next_case = iter(range(1 << 30))


def differences(instruction: Instruction, oracle: Oracle) -> list[str]:
    """Run the cases of an encoding and describe the unexplained differences."""
    excuse = UNICORN_IS_WRONG.get(instruction.name, Wrong(0, ""))
    unexplained = []
    for index in range(CASES):
        rng = random.Random(f"{SEED} {instruction.name} {index}")
        address = CODE + next(_next_case) % 0x3_0000 * SLOT + 4
        in_block = instruction.size == 2 and rng.randrange(4) == 0
        decoded = random_instruction(instruction, rng, address, IT_AL_STATE if in_block else 0)
        registers = [random_word(rng) for _ in REGISTERS]
        registers[SP] &= 0xFFFF_FFFC
        flags = rng.getrandbits(32) & APSR_BITS
        want, want_flags = oracle.step(decoded, registers, flags)
        got, got_flags = meaning(decoded, registers, flags)
        wrong = [n for n in REGISTERS if got[n] != want[n]]
        changed = got_flags ^ want_flags
        if not wrong and not changed:
            continue
        if not changed & ~excuse.apsr and all(
            n == SP and not (got[SP] ^ want[SP]) & ~excuse.sp for n in wrong
        ):
            continue
        unexplained.append(
            f"{instruction.name} case {index} of seed {SEED}: {decoded.word:#x} "
            f"{disassemble(decoded)}{' in an IT block' if in_block else ''}\n"
            f"  before: {' '.join(f'{value:x}' for value in registers)} apsr {flags:#x}\n  "
            + " ".join(f"r{n} is {got[n]:#x}, in unicorn {want[n]:#x};" for n in wrong)
            + f" apsr is {got_flags:#x}, in unicorn {want_flags:#x}"
        )
    return unexplained


@pytest.mark.parametrize("instruction", INTEGER, ids=lambda instruction: instruction.name)
def test_a_meaning_does_what_unicorn_does(instruction: Instruction, oracle: Oracle) -> None:
    unexplained = differences(instruction, oracle)
    if unexplained:
        pytest.fail(f"{len(unexplained)} of {CASES} cases differ\n{unexplained[0]}", pytrace=False)


@pytest.mark.parametrize("name", UNICORN_IS_WRONG)
def test_unicorn_is_still_wrong(name: str, oracle: Oracle) -> None:
    entry = UNICORN_IS_WRONG[name]
    wide = entry.word > 0xFFFF
    halves = (entry.word >> 16, entry.word & 0xFFFF) if wide else (entry.word, 0)
    decoded = DECODER.decode(*halves, CODE + next(_next_case) % 0x3_0000 * SLOT + 4)
    assert decoded.instruction.name == name
    registers = [0] * 15
    registers[:2] = entry.r0, entry.r1
    want, want_flags = oracle.step(decoded, registers, 0)
    got, got_flags = meaning(decoded, registers, 0)
    differs = got[SP] ^ want[SP], got_flags ^ want_flags
    assert differs != (0, 0), f"unicorn is right about {name}: take it off the list"
    assert not differs[0] & ~entry.sp
    assert not differs[1] & ~entry.apsr
