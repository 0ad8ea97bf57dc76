"""Multiplication of halfwords, one product at a time (manual A7.7)."""

from armsim.bits import signed, signed16
from armsim.dsl import Timing, insn
from armsim.dsl.state import reg, set_reg
from armsim.isa.helpers import accumulated, long_accumulator, set_long

_SMLA = "111110110001 rn:gpr ra:gpr rd:gpr"
_SMUL = "111110110001 rn:gpr 1111 rd:gpr"
_SMLAW = "111110110011 rn:gpr ra:gpr rd:gpr"
_SMULW = "111110110011 rn:gpr 1111 rd:gpr"
_SMLAL = "111110111100 rn:gpr rdlo:gpr rdhi:gpr"
_TWO_RESULTS = "rdlo != rdhi"

# Which half of `rn` and of `rm`: bottom or top, as the bits to shift them down by.
_BB = {"n_shift": "0", "m_shift": "0"}
_BT = {"n_shift": "0", "m_shift": "16"}
_TB = {"n_shift": "16", "m_shift": "0"}
_TT = {"n_shift": "16", "m_shift": "16"}
_B = {"m_shift": "0"}
_T = {"m_shift": "16"}


@insn(
    f"{_SMLA} 0000 rm:gpr",
    "smlabb {rd}, {rn}, {rm}, {ra}",
    Timing.MULTIPLY_ACCUMULATE,
    operands=_BB,
    name="smlabb_t1",
)
@insn(
    f"{_SMLA} 0001 rm:gpr",
    "smlabt {rd}, {rn}, {rm}, {ra}",
    Timing.MULTIPLY_ACCUMULATE,
    operands=_BT,
    name="smlabt_t1",
)
@insn(
    f"{_SMLA} 0010 rm:gpr",
    "smlatb {rd}, {rn}, {rm}, {ra}",
    Timing.MULTIPLY_ACCUMULATE,
    operands=_TB,
    name="smlatb_t1",
)
@insn(
    f"{_SMLA} 0011 rm:gpr",
    "smlatt {rd}, {rn}, {rm}, {ra}",
    Timing.MULTIPLY_ACCUMULATE,
    operands=_TT,
    name="smlatt_t1",
)
def smla_halves(cpu, rd, rn, rm, ra, n_shift, m_shift):
    """Multiply signed halfwords and add a word; overflow of the addition sets Q."""
    product = signed16(reg(cpu, rn) >> n_shift) * signed16(reg(cpu, rm) >> m_shift)
    set_reg(cpu, rd, accumulated(cpu, product + signed(reg(cpu, ra))))


@insn(
    f"{_SMUL} 0000 rm:gpr",
    "smulbb {rd}, {rn}, {rm}",
    Timing.MULTIPLY,
    operands=_BB,
    name="smulbb_t1",
)
@insn(
    f"{_SMUL} 0001 rm:gpr",
    "smulbt {rd}, {rn}, {rm}",
    Timing.MULTIPLY,
    operands=_BT,
    name="smulbt_t1",
)
@insn(
    f"{_SMUL} 0010 rm:gpr",
    "smultb {rd}, {rn}, {rm}",
    Timing.MULTIPLY,
    operands=_TB,
    name="smultb_t1",
)
@insn(
    f"{_SMUL} 0011 rm:gpr",
    "smultt {rd}, {rn}, {rm}",
    Timing.MULTIPLY,
    operands=_TT,
    name="smultt_t1",
)
def smul_halves(cpu, rd, rn, rm, n_shift, m_shift):
    """Multiply signed halfwords."""
    product = signed16(reg(cpu, rn) >> n_shift) * signed16(reg(cpu, rm) >> m_shift)
    set_reg(cpu, rd, product)


@insn(
    f"{_SMLAW} 0000 rm:gpr",
    "smlawb {rd}, {rn}, {rm}, {ra}",
    Timing.MULTIPLY_ACCUMULATE,
    operands=_B,
    name="smlawb_t1",
)
@insn(
    f"{_SMLAW} 0001 rm:gpr",
    "smlawt {rd}, {rn}, {rm}, {ra}",
    Timing.MULTIPLY_ACCUMULATE,
    operands=_T,
    name="smlawt_t1",
)
def smlaw_half(cpu, rd, rn, rm, ra, m_shift):
    """Multiply a signed word by a halfword and add a word to the top 32 of the 48 product bits."""
    product = signed(reg(cpu, rn)) * signed16(reg(cpu, rm) >> m_shift)
    set_reg(cpu, rd, accumulated(cpu, (product >> 16) + signed(reg(cpu, ra))))


@insn(
    f"{_SMULW} 0000 rm:gpr",
    "smulwb {rd}, {rn}, {rm}",
    Timing.MULTIPLY,
    operands=_B,
    name="smulwb_t1",
)
@insn(
    f"{_SMULW} 0001 rm:gpr",
    "smulwt {rd}, {rn}, {rm}",
    Timing.MULTIPLY,
    operands=_T,
    name="smulwt_t1",
)
def smulw_half(cpu, rd, rn, rm, m_shift):
    """Multiply a signed word by a halfword and keep the top 32 of the 48 product bits."""
    set_reg(cpu, rd, (signed(reg(cpu, rn)) * signed16(reg(cpu, rm) >> m_shift)) >> 16)


@insn(
    f"{_SMLAL} 1000 rm:gpr",
    "smlalbb {rdlo}, {rdhi}, {rn}, {rm}",
    Timing.MULTIPLY_LONG_ACCUMULATE,
    operands=_BB,
    when=_TWO_RESULTS,
    name="smlalbb_t1",
)
@insn(
    f"{_SMLAL} 1001 rm:gpr",
    "smlalbt {rdlo}, {rdhi}, {rn}, {rm}",
    Timing.MULTIPLY_LONG_ACCUMULATE,
    operands=_BT,
    when=_TWO_RESULTS,
    name="smlalbt_t1",
)
@insn(
    f"{_SMLAL} 1010 rm:gpr",
    "smlaltb {rdlo}, {rdhi}, {rn}, {rm}",
    Timing.MULTIPLY_LONG_ACCUMULATE,
    operands=_TB,
    when=_TWO_RESULTS,
    name="smlaltb_t1",
)
@insn(
    f"{_SMLAL} 1011 rm:gpr",
    "smlaltt {rdlo}, {rdhi}, {rn}, {rm}",
    Timing.MULTIPLY_LONG_ACCUMULATE,
    operands=_TT,
    when=_TWO_RESULTS,
    name="smlaltt_t1",
)
def smlal_halves(cpu, rdlo, rdhi, rn, rm, n_shift, m_shift):
    """Multiply signed halfwords and add the product to a 64-bit accumulator."""
    product = signed16(reg(cpu, rn) >> n_shift) * signed16(reg(cpu, rm) >> m_shift)
    set_long(cpu, rdlo, rdhi, long_accumulator(cpu, rdlo, rdhi) + product)
