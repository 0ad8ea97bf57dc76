"""Cortex-M7: what the pipeline needs to know of an instruction, worked out once for each."""

from dataclasses import dataclass, field

from armsim.dsl import Timing
from armsim.dsl.cost import Cost, Step, words_moved
from armsim.dsl.state import S0
from armsim.dsl.timing import LOADS, STORES
from armsim.timing.cortex_m7_latency import FLAGS, FLAGS_OF_SHIFTED_COMPARE, JNK, LLVM

GUESS = "guess"
# Pairing classes
ALU, SHIFTED, SHIFT, DSP, MULTIPLY = "alu", "shifted operand", "shift", "dsp", "multiply"
LOAD, STORE, BRANCH, IT, NOP = "load", "store", "branch", "it", "nop"
FP, FP_MOVE, ALONE = "fp arithmetic", "fp move", "alone"

_CLASSES: dict[Timing, str] = {
    Timing.ALU: ALU,
    Timing.ALU_SHIFTED: SHIFTED,
    Timing.SHIFT: SHIFT,
    **dict.fromkeys(
        (Timing.EXTEND, Timing.EXTEND_ADD, Timing.BITFIELD, Timing.PACK, Timing.REVERSE,
         Timing.COUNT, Timing.SELECT, Timing.PARALLEL, Timing.SATURATE), DSP),
    **dict.fromkeys(
        (Timing.MULTIPLY, Timing.MULTIPLY_ACCUMULATE, Timing.MULTIPLY_LONG,
         Timing.MULTIPLY_LONG_ACCUMULATE), MULTIPLY),
    **dict.fromkeys((Timing.LOAD, Timing.LOAD_NARROW, Timing.PRELOAD, Timing.FP_LOAD), LOAD),
    **dict.fromkeys((Timing.STORE, Timing.STORE_NARROW, Timing.FP_STORE), STORE),
    **dict.fromkeys(
        (Timing.BRANCH, Timing.BRANCH_CONDITIONAL, Timing.BRANCH_LINK, Timing.BRANCH_INDIRECT,
         Timing.COMPARE_BRANCH), BRANCH),
    Timing.IT: IT,
    Timing.NOP: NOP,
    **dict.fromkeys(
        (Timing.FP_ADD, Timing.FP_MULTIPLY, Timing.FP_MULTIPLY_ACCUMULATE, Timing.FP_DIVIDE,
         Timing.FP_SQUARE_ROOT, Timing.FP_COMPARE, Timing.FP_CONVERT), FP),
    **dict.fromkeys((Timing.FP_MOVE, Timing.FP_TRANSFER), FP_MOVE),
}  # fmt: skip
# Cycles during which nothing else issues, beside those of several words (2 words a cycle, JNK).
OCCUPANCY: dict[Timing, Cost] = {
    Timing.DIVIDE: Cost(7, LLVM),
    Timing.TABLE_BRANCH: Cost(2, LLVM),
    Timing.BARRIER: Cost(2, GUESS),
    Timing.SYSTEM: Cost(2, GUESS),
    Timing.FP_DIVIDE: Cost(16, JNK),
    Timing.FP_SQUARE_ROOT: Cost(14, JNK),
}
# Double precision; operands of different exponents, as JNK's vary with the values.
DOUBLE_OCCUPANCY: dict[Timing, Cost] = {
    Timing.FP_ADD: Cost(2, JNK),
    Timing.FP_MULTIPLY: Cost(5, JNK),
    Timing.FP_MULTIPLY_ACCUMULATE: Cost(7, JNK),
    Timing.FP_DIVIDE: Cost(30, JNK),
    Timing.FP_SQUARE_ROOT: Cost(30, GUESS),
}
_SEVERAL_WORDS = {
    Timing.LOAD_DOUBLE, Timing.LOAD_MULTIPLE, Timing.STORE_DOUBLE, Timing.STORE_MULTIPLE,
    Timing.FP_LOAD_DOUBLE, Timing.FP_LOAD_MULTIPLE, Timing.FP_STORE_DOUBLE,
    Timing.FP_STORE_MULTIPLE,
}  # fmt: skip
_EARLY_ALU = {"add", "sub", "rsb", "mov", "adr"}
_FIELDS = {Timing.BITFIELD, Timing.EXTEND_ADD, Timing.REVERSE, Timing.PACK}
_EARLY_SOURCES = {Timing.BITFIELD, Timing.REVERSE}
_EARLY_SATURATION = {"ssat", "usat", "qdadd", "qdsub"}


@dataclass(frozen=True, slots=True)
class Place:
    """An address as base, index, shift and offset; base -1 is an absolute address."""

    base: int
    index: int
    shift: int
    offset: int
    words: int = 1

    def moved(self, step: int) -> "Place":
        """Return the same address once the base has moved by `step`."""
        return Place(self.base, self.index, self.shift, self.offset - step, self.words)


@dataclass(frozen=True, slots=True)
class Operation:
    """An instruction as the pipeline sees it."""

    kind: str  # pairing class
    size: int
    needs: tuple[tuple[int, str], ...]  # register, and for what: a field of `Result`
    results: tuple[tuple[int, str, int], ...]  # register, row of RESULTS, cycles after issue
    early: str = ""  # `early_alu` or `early_shift`: where it can run early
    waits_for_flags: bool = False
    flags: int = 0  # cycles until flags that it sets can be used; 0 sets none
    occupancy: int = 1
    cause: str = "multicycle"  # of cycles after the first
    fields: bool = False  # uses the bit-field unit
    shifts: bool = False  # has an operand shifted inline, or a shifted constant
    place: Place | None = None  # the address of a load or store
    moves: int = 0  # by how much it moves its base
    writes: frozenset[int] = field(default_factory=frozenset)
    loads: bool = False
    stores: bool = False
    mac: str = ""  # `fused` or `chained`: a FP multiply-accumulate
    quiet: bool = False  # cannot follow a FP multiply-accumulate closely


def operation(step: Step) -> Operation:
    """Return what the pipeline needs to know of an instruction."""
    kind, timing, access = _CLASSES.get(step.timing, ALONE), step.timing, step.access
    mnemonic = step.name.split("_")[0]
    shifted_constant = kind == ALU and _constant_is_shifted(step)
    if (timing is Timing.ALU_SHIFTED and access.shifted < 0) or mnemonic == "rrx":
        kind = ALU
    if shifted_constant:
        kind = SHIFTED
    if 15 in access.writes and kind != BRANCH:
        kind = BRANCH if timing not in LOADS else ALONE
    predicated = step.condition != 14
    needs = _needs(step, kind, mnemonic)
    if predicated and kind not in (BRANCH, ALONE):
        needs += tuple((slot, "late") for slot in sorted(access.writes) if slot < 15)
    early = ""
    if kind == SHIFT and mnemonic != "rrx":
        early = "early_shift"
    elif kind == ALU and mnemonic in _EARLY_ALU:
        early = "early_alu"
    double = "f64" in step.name
    place, moves = _place(step)
    compare = timing is Timing.ALU_SHIFTED and not access.writes and access.shifted >= 0
    return Operation(
        kind=kind,
        size=step.size,
        needs=needs,
        results=_results(step, kind, mnemonic, double),
        early="" if predicated else early,
        waits_for_flags=predicated or (access.reads_flags and kind != BRANCH) or _reads_ge(step),
        flags=0 if not access.sets_flags else FLAGS_OF_SHIFTED_COMPARE if compare else FLAGS,
        occupancy=_occupancy(step, double),
        cause="fp_latency" if kind == FP else "multicycle",
        fields=timing in _FIELDS,
        shifts=kind == SHIFTED,
        place=place,
        moves=moves,
        writes=access.writes,
        loads=timing in LOADS,
        stores=timing in STORES,
        mac=_mac(step),
        quiet=_is_quiet(step, kind, mnemonic),
    )


def _constant_is_shifted(step: Step) -> bool:
    """Tell whether a constant is eight rotated bits, not a pattern (manual A5.3.2)."""
    return step.values.get("imm12", 0) >> 10 != 0


def _reads_ge(step: Step) -> bool:
    return step.timing is Timing.SELECT


def _mac(step: Step) -> str:
    if step.timing is not Timing.FP_MULTIPLY_ACCUMULATE:
        return ""
    return "fused" if step.name.startswith(("vfma", "vfms", "vfnm")) else "chained"


def _is_quiet(step: Step, kind: str, mnemonic: str) -> bool:
    if kind == FP:
        return step.timing in (Timing.FP_ADD, Timing.FP_COMPARE, Timing.FP_CONVERT)
    return step.name.startswith("vmov_imm") or (
        mnemonic.startswith(("v", "f")) and step.timing in _SEVERAL_WORDS
    )


def _occupancy(step: Step, double: bool) -> int:
    if step.timing in _SEVERAL_WORDS:
        return (words_moved(step) + 1) // 2
    if double and step.timing in DOUBLE_OCCUPANCY:
        return DOUBLE_OCCUPANCY[step.timing].cycles
    return OCCUPANCY[step.timing].cycles if step.timing in OCCUPANCY else 1


def _needs(step: Step, kind: str, mnemonic: str) -> tuple[tuple[int, str], ...]:
    access, timing, values = step.access, step.timing, step.values
    needs: dict[int, str] = {}
    for slot in sorted(access.reads):
        need = "late"
        if slot in (access.base, access.index) or timing is Timing.PRELOAD:
            need = "address"
        elif slot in access.data:
            need = "fp_stored" if slot >= S0 else "stored"
        elif slot in access.accumulator:
            need = _addend(step)
        elif kind == MULTIPLY or timing is Timing.DIVIDE:
            need = "factor"
        elif slot == access.shifted:
            need = "early"
        elif timing is Timing.ALU_SHIFTED and access.shifted >= 0:
            need = "beside"
        elif timing in _EARLY_SOURCES or mnemonic in _EARLY_SATURATION:
            need = "early"
        elif timing is Timing.BRANCH_INDIRECT:
            need = "address"
        elif timing in (Timing.FP_TRANSFER, Timing.FP_TRANSFER_DOUBLE) and slot >= S0:
            need = "fp_moved"
        elif slot >= S0:
            need = "fp"
        needs[slot] = need
    if timing in (Timing.PACK, Timing.EXTEND_ADD):
        needs[values["rn"]] = "early" if mnemonic == "pkhtb" else "beside"
        if mnemonic == "pkhbt":
            needs[values["rn"]] = "late"
        needs[values["rm"]] = "early"
    if mnemonic in ("bfi", "bfc"):
        needs[values["rd"]] = "late"
        if mnemonic == "bfi":
            needs[values["rn"]] = "early"
    needs.pop(15, None)
    if timing in STORES and not access.base < 0:
        # A register that is both base and data is needed for the address.
        needs[access.base] = "address"
    return tuple(needs.items())


def _addend(step: Step) -> str:
    kind = _mac(step)
    return {"": "addend", "fused": "fused_addend", "chained": "chained_addend"}[kind]


_ROWS = {
    Timing.REVERSE: "reverse",
    Timing.SATURATE: "saturate",
    Timing.LOAD: "word",
    Timing.LOAD_DOUBLE: "word",
    Timing.LOAD_MULTIPLE: "word",
    Timing.LOAD_EXCLUSIVE: "word",
    Timing.LOAD_NARROW: "narrow",
    Timing.FP_LOAD: "fp_word",
    Timing.FP_LOAD_DOUBLE: "fp_word",
    Timing.FP_LOAD_MULTIPLE: "fp_word",
    Timing.FP_MOVE: "fp_move",
    Timing.BRANCH_LINK: "early",
    Timing.BRANCH_INDIRECT: "early",
}


def _row(step: Step, kind: str, slot: int) -> str:
    if step.timing in (Timing.FP_TRANSFER, Timing.FP_TRANSFER_DOUBLE):
        return "to_fp" if slot >= S0 else "from_fp"
    if step.timing is Timing.FP_STATUS:
        return "from_fp"
    by_kind = {DSP: "dsp", MULTIPLY: "product", FP: _mac(step) or "fp_arithmetic"}
    return _ROWS.get(step.timing, by_kind.get(kind, "late"))


def _results(
    step: Step, kind: str, mnemonic: str, double: bool
) -> tuple[tuple[int, str, int], ...]:
    access, timing = step.access, step.timing
    results = []
    moved = 0
    last = _occupancy(step, double) - 1
    written = sorted(slot for slot in access.writes if slot != 15)
    if "rt2" in step.values and timing in LOADS:
        written = [slot for slot in (step.values["rt"], step.values["rt2"]) if slot != 15]
        written += sorted(access.writes - {*written, 15})
    for slot in written:
        if slot == access.base and _moves_base(step):
            results.append((slot, "moved_base", 0))
        elif timing in _SEVERAL_WORDS:
            results.append((slot, _row(step, kind, slot), moved // 2))
            moved += 1
        else:
            results.append((slot, _row(step, kind, slot), last))
    return tuple(results)


def _place(step: Step) -> tuple[Place | None, int]:
    """Return the address of a load or store, in registers as they are before, and what moves."""
    access, values, timing = step.access, step.values, step.timing
    if timing not in LOADS and timing not in STORES:
        return None, 0
    words = words_moved(step) if timing in _SEVERAL_WORDS else 1
    if "address" in values and access.base < 0:
        return Place(-1, -1, 0, values["address"], words), 0
    if access.base < 0:
        return None, 0
    offset = values.get("offset", 0)
    if "change" in values:
        return Place(access.base, -1, 0, offset, words), values["change"]
    if timing in (Timing.LOAD_MULTIPLE, Timing.STORE_MULTIPLE):
        down = step.name.startswith(("ldmdb", "stmdb", "push"))
        moves = (-4 if down else 4) * words if _moves_base(step) else 0
        return Place(access.base, -1, 0, -4 * words if down else 0, words), moves
    if access.index >= 0:
        return Place(access.base, access.index, values.get("shift_n", 0), 0, words), 0
    if "_post" in step.name:
        return Place(access.base, -1, 0, 0, words), offset
    return Place(access.base, -1, 0, offset, words), offset if _moves_base(step) else 0


def _moves_base(step: Step) -> bool:
    """Tell whether a load or store writes its base back, which is not loading into it."""
    if "writeback" in step.values:
        return step.values["writeback"] != 0
    return step.name.startswith(("push", "pop")) or "_pre" in step.name or "_post" in step.name
