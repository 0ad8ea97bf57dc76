"""Loads and stores of FP registers (manual A7.7.236 to A7.7.238, A7.7.249, A7.7.250, A7.7.256).

A list of D registers is handled as the S registers it consists of: `first` and `count` are theirs.
"""

from armsim.dsl import Timing, insn
from armsim.dsl.state import (
    check_load,
    check_store,
    load32_aligned,
    reg,
    set_reg,
    store32_aligned,
)
from armsim.isa.fp_registers import set_sreg, sreg

_SINGLE = {"sd": "vd:d", "imm": "imm8:00"}
_DOUBLE = {"imm": "imm8:00"}
_PLUS = {"offset": "imm"}
_MINUS = {"offset": "-imm"}
_LITERAL = {"address": "word(align(pc, 4) + imm)"}
_LITERAL_MINUS = {"address": "word(align(pc, 4) - imm)"}


@insn("11101101 1 d:1 01 rn:nopc vd:4 1010 imm8:8", "vldr {sd}, [{rn}{, #imm}]", Timing.FP_LOAD,
      operands={**_SINGLE, **_PLUS}, needs="fp", name="vldr_single")  # fmt: skip
@insn("11101101 0 d:1 01 rn:nopc vd:4 1010 imm8:8", "vldr {sd}, [{rn}, #-{imm}]", Timing.FP_LOAD,
      operands={**_SINGLE, **_MINUS}, needs="fp", name="vldr_single_minus")  # fmt: skip
def vldr_single(cpu, sd, rn, offset):
    """Load a single-precision register."""
    set_sreg(cpu, sd, load32_aligned(cpu, reg(cpu, rn) + offset))


@insn("11101101 1 d:1 01 1111 vd:4 1010 imm8:8", "vldr {sd}, [pc{, #imm}]", Timing.FP_LOAD,
      operands={**_SINGLE, **_LITERAL}, needs="fp", name="vldr_single_literal")  # fmt: skip
@insn("11101101 0 d:1 01 1111 vd:4 1010 imm8:8", "vldr {sd}, [pc, #-{imm}]", Timing.FP_LOAD,
      operands={**_SINGLE, **_LITERAL_MINUS}, needs="fp",
      name="vldr_single_literal_minus")  # fmt: skip
def vldr_single_literal(cpu, sd, address):
    """Load a single-precision register relative to PC."""
    set_sreg(cpu, sd, load32_aligned(cpu, address))


def load_singles(cpu, first, count, address):
    """Load consecutive S registers from ascending words, all or none."""
    check_load(cpu, address, 4 * count)
    for number in range(count):
        set_sreg(cpu, first + number, load32_aligned(cpu, address + 4 * number))


def store_singles(cpu, first, count, address):
    """Store consecutive S registers to ascending words, all or none."""
    check_store(cpu, address, 4 * count)
    for number in range(count):
        store32_aligned(cpu, address + 4 * number, sreg(cpu, first + number))


@insn("11101101 1001 rn:nopc dd:4 1011 imm8:8", "vldr {dd}, [{rn}{, #imm}]",
      Timing.FP_LOAD_DOUBLE, operands={**_DOUBLE, **_PLUS}, needs="fp",
      name="vldr_double")  # fmt: skip
@insn("11101101 0001 rn:nopc dd:4 1011 imm8:8", "vldr {dd}, [{rn}, #-{imm}]",
      Timing.FP_LOAD_DOUBLE, operands={**_DOUBLE, **_MINUS}, needs="fp",
      name="vldr_double_minus")  # fmt: skip
def vldr_double(cpu, dd, rn, offset):
    """Load a double-precision register."""
    load_singles(cpu, 2 * dd, 2, reg(cpu, rn) + offset)


@insn("11101101 1001 1111 dd:4 1011 imm8:8", "vldr {dd}, [pc{, #imm}]", Timing.FP_LOAD_DOUBLE,
      operands={**_DOUBLE, **_LITERAL}, needs="fp", name="vldr_double_literal")  # fmt: skip
@insn("11101101 0001 1111 dd:4 1011 imm8:8", "vldr {dd}, [pc, #-{imm}]", Timing.FP_LOAD_DOUBLE,
      operands={**_DOUBLE, **_LITERAL_MINUS}, needs="fp",
      name="vldr_double_literal_minus")  # fmt: skip
def vldr_double_literal(cpu, dd, address):
    """Load a double-precision register relative to PC."""
    load_singles(cpu, 2 * dd, 2, address)


@insn("11101101 1 d:1 00 rn:nopc vd:4 1010 imm8:8", "vstr {sd}, [{rn}{, #imm}]", Timing.FP_STORE,
      operands={**_SINGLE, **_PLUS}, needs="fp", name="vstr_single")  # fmt: skip
@insn("11101101 0 d:1 00 rn:nopc vd:4 1010 imm8:8", "vstr {sd}, [{rn}, #-{imm}]", Timing.FP_STORE,
      operands={**_SINGLE, **_MINUS}, needs="fp", name="vstr_single_minus")  # fmt: skip
def vstr_single(cpu, sd, rn, offset):
    """Store a single-precision register."""
    store32_aligned(cpu, reg(cpu, rn) + offset, sreg(cpu, sd))


@insn("11101101 1000 rn:nopc dd:4 1011 imm8:8", "vstr {dd}, [{rn}{, #imm}]",
      Timing.FP_STORE_DOUBLE, operands={**_DOUBLE, **_PLUS}, needs="fp",
      name="vstr_double")  # fmt: skip
@insn("11101101 0000 rn:nopc dd:4 1011 imm8:8", "vstr {dd}, [{rn}, #-{imm}]",
      Timing.FP_STORE_DOUBLE, operands={**_DOUBLE, **_MINUS}, needs="fp",
      name="vstr_double_minus")  # fmt: skip
def vstr_double(cpu, dd, rn, offset):
    """Store a double-precision register."""
    store_singles(cpu, 2 * dd, 2, reg(cpu, rn) + offset)


_SINGLES = {"double": "0", "first": "vd:d", "count": "imm8"}
_DOUBLES = {"double": "1", "first": "vd:0", "count": "imm7:0"}
_UP = {"offset": "0", "change": "4 * {words} * writeback"}
_DOWN = {"writeback": "1", "offset": "-4 * {words}", "change": "-4 * {words}"}
_STACK = {"rn": "13", "writeback": "1"}
_LIST = "count > 0 and first + count <= 32"


def _moves(words: str, registers: dict[str, str], *rules: dict[str, str]) -> dict[str, str]:
    """Return the operands of a list that takes `words` words of memory."""
    merged = dict(registers)
    for rule in rules:
        merged |= {name: text.format(words=words) for name, text in rule.items()}
    return merged


_S_UP = _moves("imm8", _SINGLES, _UP)
_S_DOWN = _moves("imm8", _SINGLES, _DOWN)
_D_UP = _moves("imm7:0", _DOUBLES, _UP)
_D_DOWN = _moves("imm7:0", _DOUBLES, _DOWN)
_X_UP = _moves("imm7:1", _DOUBLES, _UP)  # FLDMX and FSTMX: a word more than the registers have
_X_DOWN = _moves("imm7:1", _DOUBLES, _DOWN)
_S_STACK_UP, _S_STACK_DOWN = (_moves("imm8", _SINGLES, _STACK, way) for way in (_UP, _DOWN))
_D_STACK_UP, _D_STACK_DOWN = (_moves("imm7:0", _DOUBLES, _STACK, way) for way in (_UP, _DOWN))
_MOVES_BASE = {"rn": "rw"}


@insn("11101100 1 d:1 writeback:1 1 rn:nopc vd:4 1010 imm8:8",
      "vldmia {rn}{writeback}, {fp_registers}", Timing.FP_LOAD_MULTIPLE, operands=_S_UP,
      when=_LIST, needs="fp", name="vldmia_single")  # fmt: skip
@insn("11101101 0 d:1 11 rn:nopc vd:4 1010 imm8:8", "vldmdb {rn}!, {fp_registers}",
      Timing.FP_LOAD_MULTIPLE, operands=_S_DOWN, when=_LIST, needs="fp", roles=_MOVES_BASE,
      name="vldmdb_single")  # fmt: skip
@insn("11101100 1 d:1 11 1101 vd:4 1010 imm8:8", "vpop {fp_registers}", Timing.FP_LOAD_MULTIPLE,
      operands=_S_STACK_UP, when=_LIST, needs="fp", roles=_MOVES_BASE,
      instead_of="vldmia_single", name="vpop_single")  # fmt: skip
@insn("11101100 10 writeback:1 1 rn:nopc vd:4 1011 imm7:7 0",
      "vldmia {rn}{writeback}, {fp_registers}", Timing.FP_LOAD_MULTIPLE, operands=_D_UP,
      when=_LIST, needs="fp", name="vldmia_double")  # fmt: skip
@insn("11101101 0011 rn:nopc vd:4 1011 imm7:7 0", "vldmdb {rn}!, {fp_registers}",
      Timing.FP_LOAD_MULTIPLE, operands=_D_DOWN, when=_LIST, needs="fp", roles=_MOVES_BASE,
      name="vldmdb_double")  # fmt: skip
@insn("11101100 1011 1101 vd:4 1011 imm7:7 0", "vpop {fp_registers}", Timing.FP_LOAD_MULTIPLE,
      operands=_D_STACK_UP, when=_LIST, needs="fp", roles=_MOVES_BASE,
      instead_of="vldmia_double", name="vpop_double")  # fmt: skip
@insn("11101100 10 writeback:1 1 rn:nopc vd:4 1011 imm7:7 1",
      "fldmiax {rn}{writeback}, {fp_registers}", Timing.FP_LOAD_MULTIPLE, operands=_X_UP,
      when=_LIST, needs="fp", name="fldmiax")  # fmt: skip
@insn("11101101 0011 rn:nopc vd:4 1011 imm7:7 1", "fldmdbx {rn}!, {fp_registers}",
      Timing.FP_LOAD_MULTIPLE, operands=_X_DOWN, when=_LIST, needs="fp", roles=_MOVES_BASE,
      name="fldmdbx")  # fmt: skip
def vldm(cpu, rn, first, count, offset, change):
    """Load consecutive FP registers from ascending words and move the base if written back."""
    base = reg(cpu, rn)
    load_singles(cpu, first, count, base + offset)
    if change != 0:
        set_reg(cpu, rn, base + change)


@insn("11101100 1 d:1 writeback:1 0 rn:nopc vd:4 1010 imm8:8",
      "vstmia {rn}{writeback}, {fp_registers}", Timing.FP_STORE_MULTIPLE, operands=_S_UP,
      when=_LIST, needs="fp", name="vstmia_single")  # fmt: skip
@insn("11101101 0 d:1 10 rn:nopc vd:4 1010 imm8:8", "vstmdb {rn}!, {fp_registers}",
      Timing.FP_STORE_MULTIPLE, operands=_S_DOWN, when=_LIST, needs="fp", roles=_MOVES_BASE,
      name="vstmdb_single")  # fmt: skip
@insn("11101101 0 d:1 10 1101 vd:4 1010 imm8:8", "vpush {fp_registers}", Timing.FP_STORE_MULTIPLE,
      operands=_S_STACK_DOWN, when=_LIST, needs="fp", roles=_MOVES_BASE,
      instead_of="vstmdb_single", name="vpush_single")  # fmt: skip
@insn("11101100 10 writeback:1 0 rn:nopc vd:4 1011 imm7:7 0",
      "vstmia {rn}{writeback}, {fp_registers}", Timing.FP_STORE_MULTIPLE, operands=_D_UP,
      when=_LIST, needs="fp", name="vstmia_double")  # fmt: skip
@insn("11101101 0010 rn:nopc vd:4 1011 imm7:7 0", "vstmdb {rn}!, {fp_registers}",
      Timing.FP_STORE_MULTIPLE, operands=_D_DOWN, when=_LIST, needs="fp", roles=_MOVES_BASE,
      name="vstmdb_double")  # fmt: skip
@insn("11101101 0010 1101 vd:4 1011 imm7:7 0", "vpush {fp_registers}", Timing.FP_STORE_MULTIPLE,
      operands=_D_STACK_DOWN, when=_LIST, needs="fp", roles=_MOVES_BASE,
      instead_of="vstmdb_double", name="vpush_double")  # fmt: skip
@insn("11101100 10 writeback:1 0 rn:nopc vd:4 1011 imm7:7 1",
      "fstmiax {rn}{writeback}, {fp_registers}", Timing.FP_STORE_MULTIPLE, operands=_X_UP,
      when=_LIST, needs="fp", name="fstmiax")  # fmt: skip
@insn("11101101 0010 rn:nopc vd:4 1011 imm7:7 1", "fstmdbx {rn}!, {fp_registers}",
      Timing.FP_STORE_MULTIPLE, operands=_X_DOWN, when=_LIST, needs="fp", roles=_MOVES_BASE,
      name="fstmdbx")  # fmt: skip
def vstm(cpu, rn, first, count, offset, change):
    """Store consecutive FP registers to ascending words and move the base if it is written back."""
    base = reg(cpu, rn)
    store_singles(cpu, first, count, base + offset)
    if change != 0:
        set_reg(cpu, rn, base + change)
