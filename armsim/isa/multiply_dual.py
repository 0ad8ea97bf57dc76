"""Dual multiplication of halfwords and the high words of long products (manual A7.7)."""

from armsim.bits import high_word, ror, signed, signed16
from armsim.dsl import Timing, insn
from armsim.dsl.state import reg, set_reg
from armsim.isa.helpers import accumulated, long_accumulator, set_long

_DUAL_ADD = "111110110010 rn:gpr ra:gpr rd:gpr"
_DUAL_ADD_ALONE = "111110110010 rn:gpr 1111 rd:gpr"
_DUAL_SUBTRACT = "111110110100 rn:gpr ra:gpr rd:gpr"
_DUAL_SUBTRACT_ALONE = "111110110100 rn:gpr 1111 rd:gpr"
_LONG_ADD = "111110111100 rn:gpr rdlo:gpr rdhi:gpr"
_LONG_SUBTRACT = "111110111101 rn:gpr rdlo:gpr rdhi:gpr"
_HIGH_ADD = "111110110101 rn:gpr ra:gpr rd:gpr"
_HIGH = "111110110101 rn:gpr 1111 rd:gpr"
_HIGH_SUBTRACT = "111110110110 rn:gpr ra:gpr rd:gpr"
_TWO_RESULTS = "rdlo != rdhi"

# The forms with X swap the halves of `rm`: they rotate it by 16 bits.
_STRAIGHT = {"rotation": "0"}
_CROSSED = {"rotation": "16"}
# The forms with R add half a unit of the high word before they cut the low one off.
_CUT = {"rounding": "0"}
_ROUNDED = {"rounding": "0x8000_0000"}


@insn(
    f"{_DUAL_ADD} 0000 rm:gpr",
    "smlad {rd}, {rn}, {rm}, {ra}",
    Timing.MULTIPLY_ACCUMULATE,
    operands=_STRAIGHT,
    name="smlad_t1",
)
@insn(
    f"{_DUAL_ADD} 0001 rm:gpr",
    "smladx {rd}, {rn}, {rm}, {ra}",
    Timing.MULTIPLY_ACCUMULATE,
    operands=_CROSSED,
    name="smladx_t1",
)
def smlad(cpu, rd, rn, rm, ra, rotation):
    """Multiply both pairs of halfwords and add the products to a word; overflow sets Q."""
    n = reg(cpu, rn)
    m = ror(reg(cpu, rm), rotation)
    products = signed16(n) * signed16(m) + signed16(n >> 16) * signed16(m >> 16)
    set_reg(cpu, rd, accumulated(cpu, products + signed(reg(cpu, ra))))


@insn(
    f"{_DUAL_ADD_ALONE} 0000 rm:gpr",
    "smuad {rd}, {rn}, {rm}",
    Timing.MULTIPLY,
    operands=_STRAIGHT,
    name="smuad_t1",
)
@insn(
    f"{_DUAL_ADD_ALONE} 0001 rm:gpr",
    "smuadx {rd}, {rn}, {rm}",
    Timing.MULTIPLY,
    operands=_CROSSED,
    name="smuadx_t1",
)
def smuad(cpu, rd, rn, rm, rotation):
    """Multiply both pairs of halfwords and add the products; overflow sets Q."""
    n = reg(cpu, rn)
    m = ror(reg(cpu, rm), rotation)
    products = signed16(n) * signed16(m) + signed16(n >> 16) * signed16(m >> 16)
    set_reg(cpu, rd, accumulated(cpu, products))


@insn(
    f"{_DUAL_SUBTRACT} 0000 rm:gpr",
    "smlsd {rd}, {rn}, {rm}, {ra}",
    Timing.MULTIPLY_ACCUMULATE,
    operands=_STRAIGHT,
    name="smlsd_t1",
)
@insn(
    f"{_DUAL_SUBTRACT} 0001 rm:gpr",
    "smlsdx {rd}, {rn}, {rm}, {ra}",
    Timing.MULTIPLY_ACCUMULATE,
    operands=_CROSSED,
    name="smlsdx_t1",
)
def smlsd(cpu, rd, rn, rm, ra, rotation):
    """Multiply both pairs of halfwords and add their difference to a word; overflow sets Q."""
    n = reg(cpu, rn)
    m = ror(reg(cpu, rm), rotation)
    products = signed16(n) * signed16(m) - signed16(n >> 16) * signed16(m >> 16)
    set_reg(cpu, rd, accumulated(cpu, products + signed(reg(cpu, ra))))


@insn(
    f"{_DUAL_SUBTRACT_ALONE} 0000 rm:gpr",
    "smusd {rd}, {rn}, {rm}",
    Timing.MULTIPLY,
    operands=_STRAIGHT,
    name="smusd_t1",
)
@insn(
    f"{_DUAL_SUBTRACT_ALONE} 0001 rm:gpr",
    "smusdx {rd}, {rn}, {rm}",
    Timing.MULTIPLY,
    operands=_CROSSED,
    name="smusdx_t1",
)
def smusd(cpu, rd, rn, rm, rotation):
    """Multiply both pairs of halfwords and subtract the high product."""
    n = reg(cpu, rn)
    m = ror(reg(cpu, rm), rotation)
    products = signed16(n) * signed16(m) - signed16(n >> 16) * signed16(m >> 16)
    set_reg(cpu, rd, products)


@insn(
    f"{_LONG_ADD} 1100 rm:gpr",
    "smlald {rdlo}, {rdhi}, {rn}, {rm}",
    Timing.MULTIPLY_LONG_ACCUMULATE,
    operands=_STRAIGHT,
    when=_TWO_RESULTS,
    name="smlald_t1",
)
@insn(
    f"{_LONG_ADD} 1101 rm:gpr",
    "smlaldx {rdlo}, {rdhi}, {rn}, {rm}",
    Timing.MULTIPLY_LONG_ACCUMULATE,
    operands=_CROSSED,
    when=_TWO_RESULTS,
    name="smlaldx_t1",
)
def smlald(cpu, rdlo, rdhi, rn, rm, rotation):
    """Multiply both pairs of halfwords and add the products to a 64-bit accumulator."""
    n = reg(cpu, rn)
    m = ror(reg(cpu, rm), rotation)
    products = signed16(n) * signed16(m) + signed16(n >> 16) * signed16(m >> 16)
    set_long(cpu, rdlo, rdhi, long_accumulator(cpu, rdlo, rdhi) + products)


@insn(
    f"{_LONG_SUBTRACT} 1100 rm:gpr",
    "smlsld {rdlo}, {rdhi}, {rn}, {rm}",
    Timing.MULTIPLY_LONG_ACCUMULATE,
    operands=_STRAIGHT,
    when=_TWO_RESULTS,
    name="smlsld_t1",
)
@insn(
    f"{_LONG_SUBTRACT} 1101 rm:gpr",
    "smlsldx {rdlo}, {rdhi}, {rn}, {rm}",
    Timing.MULTIPLY_LONG_ACCUMULATE,
    operands=_CROSSED,
    when=_TWO_RESULTS,
    name="smlsldx_t1",
)
def smlsld(cpu, rdlo, rdhi, rn, rm, rotation):
    """Multiply both pairs of halfwords and add their difference to a 64-bit accumulator."""
    n = reg(cpu, rn)
    m = ror(reg(cpu, rm), rotation)
    products = signed16(n) * signed16(m) - signed16(n >> 16) * signed16(m >> 16)
    set_long(cpu, rdlo, rdhi, long_accumulator(cpu, rdlo, rdhi) + products)


@insn(
    f"{_HIGH} 0000 rm:gpr",
    "smmul {rd}, {rn}, {rm}",
    Timing.MULTIPLY,
    operands=_CUT,
    name="smmul_t1",
)
@insn(
    f"{_HIGH} 0001 rm:gpr",
    "smmulr {rd}, {rn}, {rm}",
    Timing.MULTIPLY,
    operands=_ROUNDED,
    name="smmulr_t1",
)
def smmul(cpu, rd, rn, rm, rounding):
    """Multiply signed words and keep the high word."""
    product = signed(reg(cpu, rn)) * signed(reg(cpu, rm))
    set_reg(cpu, rd, high_word(product + rounding))


@insn(
    f"{_HIGH_ADD} 0000 rm:gpr",
    "smmla {rd}, {rn}, {rm}, {ra}",
    Timing.MULTIPLY_ACCUMULATE,
    operands=_CUT,
    name="smmla_t1",
)
@insn(
    f"{_HIGH_ADD} 0001 rm:gpr",
    "smmlar {rd}, {rn}, {rm}, {ra}",
    Timing.MULTIPLY_ACCUMULATE,
    operands=_ROUNDED,
    name="smmlar_t1",
)
def smmla(cpu, rd, rn, rm, ra, rounding):
    """Multiply signed words, add the product to a word in the high half and keep that half."""
    product = signed(reg(cpu, rn)) * signed(reg(cpu, rm))
    set_reg(cpu, rd, high_word((reg(cpu, ra) << 32) + product + rounding))


@insn(
    f"{_HIGH_SUBTRACT} 0000 rm:gpr",
    "smmls {rd}, {rn}, {rm}, {ra}",
    Timing.MULTIPLY_ACCUMULATE,
    operands=_CUT,
    name="smmls_t1",
)
@insn(
    f"{_HIGH_SUBTRACT} 0001 rm:gpr",
    "smmlsr {rd}, {rn}, {rm}, {ra}",
    Timing.MULTIPLY_ACCUMULATE,
    operands=_ROUNDED,
    name="smmlsr_t1",
)
def smmls(cpu, rd, rn, rm, ra, rounding):
    """Multiply signed words, subtract the product from a word in the high half and keep that."""
    product = signed(reg(cpu, rn)) * signed(reg(cpu, rm))
    set_reg(cpu, rd, high_word((reg(cpu, ra) << 32) - product + rounding))
