"""Cortex-M7: from what a result comes, for what an operand is needed, and the cycles in between.

The pipeline issues in IS; EX1 has address generation, the shifter and the early ALU; EX2 delivers
word loads and has the late ALU; EX3 delivers narrow loads and products; stores take their data in
EX4 (LLVM's ARMScheduleM7.td, written by Arm people). So an operand is needed in one of several
stages, and the distance between two issues depends on both ends.

Sources of the numbers: JNK, the pipeline cycle tests of jnk0le/random on an STM32H743 (measured);
LLVM; and FIT, which JNK leaves open or contradicts and programs measured on silicon decided.
"""

from dataclasses import dataclass, fields

JNK = "measured: STM32H743, jnk0le/random"
LLVM = "LLVM ARMScheduleM7.td"
FIT = "fitted: AES, CoreMark and CIFAR-10 on silicon"


@dataclass(frozen=True, slots=True)
class Result:
    """Cycles from the issue of a producer to the first issue of a consumer, by the latter's need.

    0 means the same cycle, in the younger slot. `source` says where the row comes from.
    """

    late: int  # operand of the late ALU
    early: int  # through the shifter or bit-field unit of EX1
    address: int  # base or index
    factor: int  # of a multiplication or division
    addend: int  # accumulator of an integer multiply-accumulate
    stored: int
    beside: int  # the unshifted operand of an instruction whose other one is shifted
    early_alu: int  # for an addition to run in the early ALU
    early_shift: int  # for a plain shift to run in the early ALU
    fp: int = 1  # operand of FP arithmetic
    fp_moved: int = 1  # VMOV to a core register
    fused_addend: int = 1  # of VFMA
    chained_addend: int = 1  # of VMLA
    fp_stored: int = 1
    cause: str = "issue"  # on what waiting for it is booked
    source: str = JNK

    @property
    def longest(self) -> int:
        """The most cycles that any consumer can be away."""
        return max(int(getattr(self, name)) for name in NEEDS)


NEEDS = tuple(part.name for part in fields(Result) if part.name not in ("cause", "source"))


def _fp(
    late: int, *, fused: int, chained: int, stored: int, moved: int, early: int | None = None
) -> Result:
    return Result(
        *(late,) * 9, fp=late if early is None else early, fp_moved=moved, fused_addend=fused,
        chained_addend=chained, fp_stored=stored, cause="fp_latency",
    )  # fmt: skip


RESULTS: dict[str, Result] = {
    #               late early addr factor addend stored beside early_alu early_shift
    "late": Result(1, 2, 2, 1, 0, 0, 1, 2, 2),
    "early": Result(0, 1, 1, 1, 0, 0, 0, 1, 1),
    "reverse": Result(0, 2, 2, 1, 0, 0, 0, 1, 1),
    "dsp": Result(1, 2, 2, 1, 0, 0, 1, 2, 2),
    "saturate": Result(2, 3, 3, 2, 1, 0, 2, 3, 3, source=LLVM),
    "word": Result(1, 2, 2, 2, 1, 0, 2, 2, 2, cause="load_use", source=FIT),
    "narrow": Result(2, 3, 3, 2, 1, 0, 2, 3, 3, cause="load_use"),
    "product": Result(2, 3, 3, 2, 1, 0, 2, 3, 3, cause="mac_chain"),
    "moved_base": Result(0, 1, 1, 1, 0, 0, 0, 2, 1),
    "fp_arithmetic": _fp(3, fused=3, chained=2, stored=1, moved=3),
    "fused": _fp(5, fused=3, chained=2, stored=3, moved=5),
    "chained": _fp(6, fused=3, chained=3, stored=4, moved=6),
    "fp_word": _fp(1, fused=3, chained=2, stored=1, moved=2),
    "fp_move": _fp(3, fused=3, chained=3, stored=3, moved=3),
    "to_fp": _fp(3, fused=3, chained=3, stored=3, moved=3),
    "from_fp": Result(1, 2, 2, 2, 0, 0, 2, 2, 2, cause="fp_latency"),
}
LONGEST = {name: result.longest for name, result in RESULTS.items()}
BRANCH_FLAGS_AGE = 3  # flags set so many cycles before a branch resolve it two cycles sooner (JNK)
FLAGS = 1  # from a flag setter to an instruction that reads or is predicated by flags (LLVM)
FLAGS_OF_SHIFTED_COMPARE = 2  # FIT
STORED_WORD = 4  # from a store to a load of the same word (LLVM)
QUIET_AFTER_MAC = 4  # from a FP multiply-accumulate to what cannot be in the next 3 cycles (JNK)
FUSED_AFTER_CHAINED = 2  # VFMA not in the cycle after VMLA (JNK)
