"""The state of a core as an array of words, and the only ways to reach it from a meaning.

`cpu` has two parts: `cpu.state`, `STATE_WORDS` words laid out as below, and `cpu.memory`. These
functions are the plain Python form, which is the reference; `armsim.engine.semantics` gives the
compiler the same accesses on raw memory. Whatever a meaning does, it does through them.

Flags: N is bit 31 of the word at N, Z is set when the word at Z is zero (so one result serves
both), C, V and Q are 0 or 1. The helpers hide this; nobody writes the slots by hand.
"""

from armsim.bits import SIGN, WORD

SP, LR, PC = 13, 14, 15  # the word at PC is what an instruction reads as PC
NEXT_PC = 16  # where execution goes on; bit 0 is always clear
N, Z, C, V, Q, GE = 17, 18, 19, 20, 21, 22
ITSTATE = 23  # valid at block entry and at exceptions; inside a block the decoder knows it
IPSR, PRIMASK, FAULTMASK, BASEPRI, CONTROL = 24, 25, 26, 27, 28
OTHER_SP = 29  # the stack pointer that is not selected
EXCLUSIVE = 30  # 1 while the local monitor holds a reservation
FPSCR = 31
S0 = 32  # S0 to S31; D registers are pairs, low word first
EPSR_T = 64
CCR = 65  # copy of the Configuration and Control Register
FP_ACTIVE = 66  # nonzero when an FP instruction may run without telling the machine first
STATE_WORDS = 72


def cold(function):
    """Mark a function that charges rarely call: it is compiled on its own, not into its callers.

    It takes `cpu` and numbers, uses no registers, and returns nothing.
    """
    function.cold = True
    return function


class Trap(Exception):
    """Raised by a meaning that cannot finish: the instruction has had no effect."""


class UsageFault(Trap):
    """A UsageFault; `bit` is its bit number in the UFSR."""

    def __init__(self, bit, message):
        super().__init__(message)
        self.bit = bit


UNDEFINSTR, INVSTATE, INVPC, NOCP, UNALIGNED, DIVBYZERO = 0, 1, 2, 3, 8, 9
CCR_UNALIGN_TRP, CCR_DIV_0_TRP = 1 << 3, 1 << 4


def slot(cpu, index):
    """Return word `index` of the state."""
    return int(cpu.state[index])


def set_slot(cpu, index, value):
    """Set word `index` of the state; the value is cut to 32 bits."""
    cpu.state[index] = value & WORD


def reg(cpu, number):
    """Return core register `number`; 15 reads the address of the instruction plus 4."""
    return slot(cpu, number)


def set_reg(cpu, number, value):
    """Set core register `number`, 0 to 14, to the low 32 bits of `value`.

    The two low bits of SP are always zero.
    """
    if number == SP:
        set_slot(cpu, SP, value & 0xFFFF_FFFC)
    else:
        set_slot(cpu, number, value)


def branch(cpu, address):
    """Go on at `address`, bit 0 ignored."""
    set_slot(cpu, NEXT_PC, address & 0xFFFF_FFFE)


def check_branch(cpu, address):
    """Trap where only the machine can go on at `address`; plain Python always can.

    An instruction that loads PC calls it before its first effect.
    """


def bx_write_pc(cpu, address):
    """Go on at `address`, whose bit 0 must be 1 (Thumb), or return from an exception.

    The machine sees EXC_RETURN values as addresses that hold no code, and a clear bit 0 in EPSR.T.
    """
    check_branch(cpu, address)
    set_slot(cpu, EPSR_T, address & 1)
    set_slot(cpu, NEXT_PC, address & 0xFFFF_FFFE)


def set_nz(cpu, result):
    """Set N and Z from a word."""
    set_slot(cpu, N, result)
    set_slot(cpu, Z, result)


def set_nzc(cpu, result, carry):
    """Set N and Z from a word, and C."""
    set_nz(cpu, result)
    set_slot(cpu, C, carry)


def set_flags(cpu, n, z, c, v):
    """Set the four condition flags, each 0 or 1."""
    set_slot(cpu, N, n << 31)
    set_slot(cpu, Z, 1 - z)
    set_slot(cpu, C, c)
    set_slot(cpu, V, v)


def flag_n(cpu):
    """Return N."""
    return slot(cpu, N) >> 31


def flag_z(cpu):
    """Return Z."""
    return 1 if slot(cpu, Z) == 0 else 0


def flag_c(cpu):
    """Return C."""
    return slot(cpu, C)


def flag_v(cpu):
    """Return V."""
    return slot(cpu, V)


def set_q(cpu):
    """Set the sticky saturation flag."""
    set_slot(cpu, Q, 1)


def apsr(cpu):
    """Return the Application Program Status Register."""
    return (
        flag_n(cpu) << 31
        | flag_z(cpu) << 30
        | flag_c(cpu) << 29
        | flag_v(cpu) << 28
        | slot(cpu, Q) << 27
        | slot(cpu, GE) << 16
    )


def set_apsr(cpu, value):
    """Set N, Z, C, V, Q and GE from a status register word."""
    set_flags(cpu, value >> 31 & 1, value >> 30 & 1, value >> 29 & 1, value >> 28 & 1)
    set_slot(cpu, Q, value >> 27 & 1)
    set_slot(cpu, GE, value >> 16 & 15)


def condition_passed(cpu, cond):
    """Tell whether condition `cond`, 0 (EQ) to 14 (AL), holds (manual A7.3)."""
    if cond < 2:
        held = slot(cpu, Z) == 0
    elif cond < 4:
        held = slot(cpu, C) != 0
    elif cond < 6:
        held = slot(cpu, N) & SIGN != 0
    elif cond < 8:
        held = slot(cpu, V) != 0
    elif cond < 10:
        held = slot(cpu, C) != 0 and slot(cpu, Z) != 0
    elif cond < 12:
        held = slot(cpu, N) >> 31 == slot(cpu, V)
    elif cond < 14:
        held = slot(cpu, N) >> 31 == slot(cpu, V) and slot(cpu, Z) != 0
    else:
        return True
    return held == (cond & 1 == 0)


def load8(cpu, address):
    """Load a byte; raises a Trap when memory refuses, as all of the following do."""
    return cpu.memory.load(address & WORD, 1)


def load16(cpu, address):
    """Load a halfword, unaligned if the core is set to allow it."""
    return cpu.memory.load(checked_address(cpu, address, 2), 2)


def load32(cpu, address):
    """Load a word, unaligned if the core is set to allow it."""
    return cpu.memory.load(checked_address(cpu, address, 4), 4)


def load32_aligned(cpu, address):
    """Load a word for an instruction that never allows an unaligned address."""
    return cpu.memory.load(_aligned(address, 4), 4)


def store8(cpu, address, value):
    """Store the low byte."""
    cpu.memory.store(address & WORD, 1, value & 0xFF)


def store16(cpu, address, value):
    """Store the low halfword, unaligned if the core is set to allow it."""
    cpu.memory.store(checked_address(cpu, address, 2), 2, value & 0xFFFF)


def store32(cpu, address, value):
    """Store a word, unaligned if the core is set to allow it."""
    cpu.memory.store(checked_address(cpu, address, 4), 4, value & WORD)


def store32_aligned(cpu, address, value):
    """Store a word for an instruction that never allows an unaligned address."""
    cpu.memory.store(_aligned(address, 4), 4, value & WORD)


def check_load(cpu, address, size):
    """Trap unless `size` bytes from the aligned `address` can be read, so that what follows cannot.

    An instruction with several accesses calls it before its first effect.
    """
    cpu.memory.check(_aligned(address, 4), size, False)


def check_store(cpu, address, size):
    """Trap unless `size` bytes from the aligned `address` can be written."""
    cpu.memory.check(_aligned(address, 4), size, True)


def charge(cpu, cause, cycles):
    """Book cycles that only the run can know; `cause` is a number in `armsim.dsl.cost.CAUSES`."""
    cpu.memory.charge(cause, cycles)


def cycles_before(cpu):
    """Return the cycles spent before the current block, and charged since."""
    return cpu.memory.cycles_before()


def surprise(cpu):
    """Let the next block find nothing in the pipeline: what was expected of it came to nothing."""
    cpu.memory.surprise()


def model_word(cpu, index):
    """Return a 64-bit word that the charges of a timing model keep."""
    return cpu.memory.model_word(index)


def set_model_word(cpu, index, value):
    """Set a 64-bit word that the charges of a timing model keep."""
    cpu.memory.set_model_word(index, value)


def usage_fault(cpu, bit):
    """Raise a UsageFault, for an instruction that finds it cannot be executed."""
    raise UsageFault(bit, "")


def _aligned(address, size):
    address &= WORD
    if address & (size - 1):
        raise UsageFault(UNALIGNED, f"unaligned access at {address:#010x}")
    return address


def checked_address(cpu, address, size):
    """Return an address as a word; trap if it is unaligned and the core is set to refuse that."""
    address &= WORD
    if address & (size - 1) and slot(cpu, CCR) & CCR_UNALIGN_TRP:
        raise UsageFault(UNALIGNED, f"unaligned access at {address:#010x} with UNALIGN_TRP set")
    return address
