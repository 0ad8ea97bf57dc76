"""Branches, calls, table branches and IT (manual A7.7.12 to A7.7.21, A7.7.38, A7.7.185)."""

from armsim.dsl import Timing, insn
from armsim.dsl.state import (
    LR,
    branch,
    bx_write_pc,
    condition_passed,
    load8,
    load16,
    reg,
    set_reg,
)


@insn(
    "1101 cond:cond imm8:8",
    "b{cond} #{target}",
    Timing.BRANCH_CONDITIONAL,
    operands={"target": "word(pc + sign_extend(imm8:0, 9))"},
    name="b_t1",
)
@insn(
    "11110 s:1 cond:cond imm6:6 10 j1:1 0 j2:1 imm11:11",
    "b{cond}.w #{target}",
    Timing.BRANCH_CONDITIONAL,
    operands={"target": "word(pc + sign_extend(s:j2:j1:imm6:imm11:0, 21))"},
    name="b_t3",
)
def b_conditional(cpu, cond, target):
    """Branch if a condition holds."""
    if condition_passed(cpu, cond):
        branch(cpu, target)


@insn(
    "11100 imm11:11",
    "b #{target}",
    Timing.BRANCH,
    operands={"target": "word(pc + sign_extend(imm11:0, 12))"},
    name="b_t2",
)
@insn(
    "11110 s:1 imm10:10 10 j1:1 1 j2:1 imm11:11",
    "b.w #{target}",
    Timing.BRANCH,
    operands={
        "i1": "1 - (j1 ^ s)",
        "i2": "1 - (j2 ^ s)",
        "target": "word(pc + sign_extend((s:0 | i1) << 23 | i2 << 22 | imm10:imm11:0, 25))",
    },
    name="b_t4",
)
def b(cpu, target):
    """Branch."""
    branch(cpu, target)


@insn(
    "11110 s:1 imm10:10 11 j1:1 1 j2:1 imm11:11",
    "bl #{target}",
    Timing.BRANCH_LINK,
    operands={
        "i1": "1 - (j1 ^ s)",
        "i2": "1 - (j2 ^ s)",
        "target": "word(pc + sign_extend((s:0 | i1) << 23 | i2 << 22 | imm10:imm11:0, 25))",
    },
    roles={"lr": "w"},
)
def bl_t1(cpu, target, next_pc):
    """Call a subroutine."""
    set_reg(cpu, LR, next_pc | 1)
    branch(cpu, target)


@insn("010001110 rm:4 000", "bx {rm}", Timing.BRANCH_INDIRECT)
def bx_t1(cpu, rm):
    """Branch to the address in a register, or return from an exception."""
    bx_write_pc(cpu, reg(cpu, rm))


@insn("010001111 rm:nopc 000", "blx {rm}", Timing.BRANCH_INDIRECT, roles={"lr": "w"})
def blx_t1(cpu, rm, next_pc):
    """Call the subroutine whose address is in a register."""
    target = reg(cpu, rm)
    set_reg(cpu, LR, next_pc | 1)
    bx_write_pc(cpu, target)


@insn(
    "101100 i:1 1 imm5:5 rn:3",
    "cbz {rn}, #{target}",
    Timing.COMPARE_BRANCH,
    operands={"target": "word(pc + (i:imm5:0))", "sense": "1"},
    name="cbz_t1",
)
@insn(
    "101110 i:1 1 imm5:5 rn:3",
    "cbnz {rn}, #{target}",
    Timing.COMPARE_BRANCH,
    operands={"target": "word(pc + (i:imm5:0))", "sense": "0"},
    name="cbnz_t1",
)
def compare_and_branch(cpu, rn, target, sense):
    """Branch forward if a register is zero (`sense` 1) or not zero."""
    if (reg(cpu, rn) == 0) == (sense == 1):
        branch(cpu, target)


@insn(
    "111010001101 rn:4 11110000 0000 rm:gpr",
    "tbb [{rn}, {rm}]",
    Timing.TABLE_BRANCH,
    when="rn != 13",
)
def tbb_t1(cpu, rn, rm, pc):
    """Branch forward by twice a byte from a table."""
    branch(cpu, pc + 2 * load8(cpu, reg(cpu, rn) + reg(cpu, rm)))


@insn(
    "111010001101 rn:4 11110000 0001 rm:gpr",
    "tbh [{rn}, {rm}, lsl #1]",
    Timing.TABLE_BRANCH,
    when="rn != 13",
)
def tbh_t1(cpu, rn, rm, pc):
    """Branch forward by twice a halfword from a table."""
    branch(cpu, pc + 2 * load16(cpu, reg(cpu, rn) + 2 * reg(cpu, rm)))


@insn(
    "10111111 firstcond:4 itmask:nonzero",
    "it{it}",
    Timing.IT,
    when="firstcond != 15 and not (firstcond == 14 and itmask not in (1, 2, 4, 8))",
)
def it_t1(cpu):
    """Make up to four instructions that follow conditional; the decoder applies it."""


@insn("1011111100000000", "nop", Timing.NOP, name="nop_t1")
@insn("11110011101011111000000000000000", "nop.w", Timing.NOP, name="nop_t2")
@insn("1011111100010000", "yield", Timing.NOP, name="yield_t1")
@insn("11110011101011111000000000000001", "yield.w", Timing.NOP, name="yield_t2")
@insn("111100111010111110000000 1111 option:4", "dbg #{option}", Timing.NOP, name="dbg_t1")
@insn("11110011101011111000000000010000", "esb.w", Timing.NOP, name="esb_t1")
@insn("11110011101011111000000000010100", "csdb", Timing.NOP, name="csdb_t1")
@insn(
    "10111111 option:4 0000",
    "hint #{option}",
    Timing.NOP,
    when="option > 4",
    instead_of=("nop_t1", "yield_t1", "wfe_t1", "wfi_t1", "sev_t1"),
    name="hint_t1",
)
@insn(
    "111100111010111110000000 option:8",
    "hint.w #{option}",
    Timing.NOP,
    when="4 < option < 240 and option not in (16, 20)",
    instead_of=(
        "nop_t2", "yield_t2", "wfe_t2", "wfi_t2", "sev_t2", "esb_t1", "csdb_t1", "dbg_t1"
    ),
    name="hint_t2",
)  # fmt: skip
def nop(cpu):
    """Do nothing; hints without a meaning of their own are executed as NOP (manual A5.2.5)."""
