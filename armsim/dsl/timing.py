"""The timing classes: one word in a definition says what kind of work an instruction is.

What a class costs is a property of a core and stands in `armsim.timing`; every core covers every
class.
"""

from enum import Enum, auto


class Timing(Enum):
    """Kinds of work that a Cortex-M4 or Cortex-M7 tells apart."""

    __hash__ = object.__hash__  # members are looked up a lot, and there is one of each

    ALU = auto()  # add, subtract, logic, move, compare: operands as they are
    ALU_SHIFTED = auto()  # the same with an inline shifted register
    SHIFT = auto()  # plain shift or rotate
    EXTEND = auto()  # sign or zero extension
    EXTEND_ADD = auto()  # extension with addition
    BITFIELD = auto()  # BFI, BFC, UBFX, SBFX
    PACK = auto()  # PKHBT, PKHTB
    REVERSE = auto()  # REV, REV16, REVSH, RBIT
    COUNT = auto()  # CLZ
    SELECT = auto()  # SEL
    PARALLEL = auto()  # SIMD add and subtract without saturation
    SATURATE = auto()  # saturating arithmetic, SSAT, USAT, USAD8
    MULTIPLY = auto()
    MULTIPLY_ACCUMULATE = auto()
    MULTIPLY_LONG = auto()
    MULTIPLY_LONG_ACCUMULATE = auto()
    DIVIDE = auto()
    LOAD = auto()  # one word
    LOAD_NARROW = auto()  # byte or halfword
    LOAD_DOUBLE = auto()
    LOAD_MULTIPLE = auto()
    STORE = auto()  # one word
    STORE_NARROW = auto()
    STORE_DOUBLE = auto()
    STORE_MULTIPLE = auto()
    LOAD_EXCLUSIVE = auto()
    STORE_EXCLUSIVE = auto()
    PRELOAD = auto()
    BRANCH = auto()  # direct, unconditional
    BRANCH_CONDITIONAL = auto()
    BRANCH_LINK = auto()
    BRANCH_INDIRECT = auto()  # BX, BLX register
    COMPARE_BRANCH = auto()  # CBZ, CBNZ
    TABLE_BRANCH = auto()
    IT = auto()
    NOP = auto()
    BARRIER = auto()
    SYSTEM = auto()  # MRS, MSR, CPS
    EXCEPTION = auto()  # SVC, BKPT, UDF
    WAIT = auto()  # WFI, WFE
    FP_MOVE = auto()  # between FP registers, immediate, absolute value, negation, select
    FP_TRANSFER = auto()  # between a core and an FP register
    FP_TRANSFER_DOUBLE = auto()  # two core registers
    FP_ADD = auto()
    FP_MULTIPLY = auto()
    FP_MULTIPLY_ACCUMULATE = auto()
    FP_DIVIDE = auto()
    FP_SQUARE_ROOT = auto()
    FP_COMPARE = auto()
    FP_CONVERT = auto()  # conversions and rounding
    FP_STATUS = auto()  # VMRS, VMSR
    FP_LOAD = auto()
    FP_LOAD_DOUBLE = auto()
    FP_LOAD_MULTIPLE = auto()
    FP_STORE = auto()
    FP_STORE_DOUBLE = auto()
    FP_STORE_MULTIPLE = auto()


LOADS = frozenset(
    {
        Timing.LOAD,
        Timing.LOAD_NARROW,
        Timing.LOAD_DOUBLE,
        Timing.LOAD_MULTIPLE,
        Timing.LOAD_EXCLUSIVE,
        Timing.FP_LOAD,
        Timing.FP_LOAD_DOUBLE,
        Timing.FP_LOAD_MULTIPLE,
    }
)
STORES = frozenset(
    {
        Timing.STORE,
        Timing.STORE_NARROW,
        Timing.STORE_DOUBLE,
        Timing.STORE_MULTIPLE,
        Timing.STORE_EXCLUSIVE,
        Timing.FP_STORE,
        Timing.FP_STORE_DOUBLE,
        Timing.FP_STORE_MULTIPLE,
    }
)
BRANCHES = frozenset(
    {
        Timing.BRANCH,
        Timing.BRANCH_CONDITIONAL,
        Timing.BRANCH_LINK,
        Timing.BRANCH_INDIRECT,
        Timing.COMPARE_BRANCH,
        Timing.TABLE_BRANCH,
    }
)
