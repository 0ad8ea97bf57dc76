"""Sign and zero extension, alone and with addition: SXTB to UXTAB16 (manual A7.7)."""

from armsim.bits import byte, half, ror, signed8, signed16
from armsim.dsl import Timing, insn
from armsim.dsl.state import reg, set_reg
from armsim.isa.helpers import pack_halves

# `shift_t` and `shift_n` are what the assembly text shows of the rotation.
_NO_ROTATION = {"rotation": "0"}
_ROTATION = {"rotation": "rotate:000", "shift_t": "3", "shift_n": "rotation"}
_ALONE = "1111 1111 rd:gpr 10 rotate:2 rm:gpr"
_ADDED = "rn:gpr 1111 rd:gpr 10 rotate:2 rm:gpr"


@insn(
    "1011001001 rm:3 rd:3",
    "sxtb {rd}, {rm}",
    Timing.EXTEND,
    operands=_NO_ROTATION,
    name="sxtb_t1",
)
@insn(
    f"111110100100 {_ALONE}",
    "sxtb.w {rd}, {rm}{, shift}",
    Timing.EXTEND,
    operands=_ROTATION,
    name="sxtb_t2",
)
def sxtb(cpu, rd, rm, rotation):
    """Extend the sign of a byte."""
    set_reg(cpu, rd, signed8(reg(cpu, rm) >> rotation))


@insn(
    "1011001000 rm:3 rd:3",
    "sxth {rd}, {rm}",
    Timing.EXTEND,
    operands=_NO_ROTATION,
    name="sxth_t1",
)
@insn(
    f"111110100000 {_ALONE}",
    "sxth.w {rd}, {rm}{, shift}",
    Timing.EXTEND,
    operands=_ROTATION,
    name="sxth_t2",
)
def sxth(cpu, rd, rm, rotation):
    """Extend the sign of a halfword."""
    set_reg(cpu, rd, signed16(ror(reg(cpu, rm), rotation)))


@insn(
    "1011001011 rm:3 rd:3",
    "uxtb {rd}, {rm}",
    Timing.EXTEND,
    operands=_NO_ROTATION,
    name="uxtb_t1",
)
@insn(
    f"111110100101 {_ALONE}",
    "uxtb.w {rd}, {rm}{, shift}",
    Timing.EXTEND,
    operands=_ROTATION,
    name="uxtb_t2",
)
def uxtb(cpu, rd, rm, rotation):
    """Extend a byte with zeros."""
    set_reg(cpu, rd, (reg(cpu, rm) >> rotation) & 0xFF)


@insn(
    "1011001010 rm:3 rd:3",
    "uxth {rd}, {rm}",
    Timing.EXTEND,
    operands=_NO_ROTATION,
    name="uxth_t1",
)
@insn(
    f"111110100001 {_ALONE}",
    "uxth.w {rd}, {rm}{, shift}",
    Timing.EXTEND,
    operands=_ROTATION,
    name="uxth_t2",
)
def uxth(cpu, rd, rm, rotation):
    """Extend a halfword with zeros."""
    set_reg(cpu, rd, ror(reg(cpu, rm), rotation) & 0xFFFF)


@insn(
    f"111110100010 {_ALONE}",
    "sxtb16 {rd}, {rm}{, shift}",
    Timing.EXTEND,
    operands=_ROTATION,
)
def sxtb16_t1(cpu, rd, rm, rotation):
    """Extend the signs of bytes 0 and 2 to halfwords."""
    value = ror(reg(cpu, rm), rotation)
    set_reg(cpu, rd, pack_halves(signed8(value), signed8(value >> 16)))


@insn(
    f"111110100011 {_ALONE}",
    "uxtb16 {rd}, {rm}{, shift}",
    Timing.EXTEND,
    operands=_ROTATION,
)
def uxtb16_t1(cpu, rd, rm, rotation):
    """Extend bytes 0 and 2 to halfwords with zeros."""
    set_reg(cpu, rd, ror(reg(cpu, rm), rotation) & 0x00FF_00FF)


@insn(
    f"111110100100 {_ADDED}",
    "sxtab {rd}, {rn}, {rm}{, shift}",
    Timing.EXTEND_ADD,
    operands=_ROTATION,
)
def sxtab_t1(cpu, rd, rn, rm, rotation):
    """Add a byte with its sign extended."""
    set_reg(cpu, rd, reg(cpu, rn) + signed8(reg(cpu, rm) >> rotation))


@insn(
    f"111110100000 {_ADDED}",
    "sxtah {rd}, {rn}, {rm}{, shift}",
    Timing.EXTEND_ADD,
    operands=_ROTATION,
)
def sxtah_t1(cpu, rd, rn, rm, rotation):
    """Add a halfword with its sign extended."""
    set_reg(cpu, rd, reg(cpu, rn) + signed16(ror(reg(cpu, rm), rotation)))


@insn(
    f"111110100010 {_ADDED}",
    "sxtab16 {rd}, {rn}, {rm}{, shift}",
    Timing.EXTEND_ADD,
    operands=_ROTATION,
)
def sxtab16_t1(cpu, rd, rn, rm, rotation):
    """Add bytes 0 and 2, their signs extended, to two halfwords."""
    value = ror(reg(cpu, rm), rotation)
    base = reg(cpu, rn)
    set_reg(cpu, rd, pack_halves(base + signed8(value), (base >> 16) + signed8(value >> 16)))


@insn(
    f"111110100101 {_ADDED}",
    "uxtab {rd}, {rn}, {rm}{, shift}",
    Timing.EXTEND_ADD,
    operands=_ROTATION,
)
def uxtab_t1(cpu, rd, rn, rm, rotation):
    """Add a byte extended with zeros."""
    set_reg(cpu, rd, reg(cpu, rn) + ((reg(cpu, rm) >> rotation) & 0xFF))


@insn(
    f"111110100001 {_ADDED}",
    "uxtah {rd}, {rn}, {rm}{, shift}",
    Timing.EXTEND_ADD,
    operands=_ROTATION,
)
def uxtah_t1(cpu, rd, rn, rm, rotation):
    """Add a halfword extended with zeros."""
    set_reg(cpu, rd, reg(cpu, rn) + (ror(reg(cpu, rm), rotation) & 0xFFFF))


@insn(
    f"111110100011 {_ADDED}",
    "uxtab16 {rd}, {rn}, {rm}{, shift}",
    Timing.EXTEND_ADD,
    operands=_ROTATION,
)
def uxtab16_t1(cpu, rd, rn, rm, rotation):
    """Add bytes 0 and 2, extended with zeros, to two halfwords."""
    value = ror(reg(cpu, rm), rotation)
    base = reg(cpu, rn)
    set_reg(cpu, rd, pack_halves(base + byte(value, 0), half(base, 1) + byte(value, 2)))
