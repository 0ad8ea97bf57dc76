"""Floating-point arithmetic (manual A7.7.219 to A7.7.263): one rounding or, for VMLA, two."""

from armsim.dsl import Timing, insn
from armsim.isa.fp_operations import (
    MAGNITUDE32,
    add32,
    add64,
    divide32,
    divide64,
    multiply32,
    multiply64,
    multiply_add32,
    multiply_add64,
    negate32,
    negate64,
    square_root32,
    square_root64,
    subtract32,
    subtract64,
)
from armsim.isa.fp_registers import dreg, set_dreg, set_sreg, sreg
from armsim.isa.softfloat import MAGNITUDE64

_SD_SN_SM = {"sd": "vd:d", "sn": "vn:n", "sm": "vm:m"}
_SD_SM = {"sd": "vd:d", "sm": "vm:m"}


@insn("11101110 0 d:1 11 vn:4 vd:4 1010 n:1 0 m:1 0 vm:4", "vadd.f32 {sd}, {sn}, {sm}",
      Timing.FP_ADD, operands=_SD_SN_SM, needs="fp")  # fmt: skip
def vadd_f32(cpu, sd, sn, sm):
    """Add, single precision."""
    set_sreg(cpu, sd, add32(cpu, sreg(cpu, sn), sreg(cpu, sm)))


@insn("11101110 0011 dn:4 dd:4 1011 0000 dm:4", "vadd.f64 {dd}, {dn}, {dm}", Timing.FP_ADD,
      needs="fp64")  # fmt: skip
def vadd_f64(cpu, dd, dn, dm):
    """Add, double precision."""
    set_dreg(cpu, dd, add64(cpu, dreg(cpu, dn), dreg(cpu, dm)))


@insn("11101110 0 d:1 11 vn:4 vd:4 1010 n:1 1 m:1 0 vm:4", "vsub.f32 {sd}, {sn}, {sm}",
      Timing.FP_ADD, operands=_SD_SN_SM, needs="fp")  # fmt: skip
def vsub_f32(cpu, sd, sn, sm):
    """Subtract, single precision."""
    set_sreg(cpu, sd, subtract32(cpu, sreg(cpu, sn), sreg(cpu, sm)))


@insn("11101110 0011 dn:4 dd:4 1011 0100 dm:4", "vsub.f64 {dd}, {dn}, {dm}", Timing.FP_ADD,
      needs="fp64")  # fmt: skip
def vsub_f64(cpu, dd, dn, dm):
    """Subtract, double precision."""
    set_dreg(cpu, dd, subtract64(cpu, dreg(cpu, dn), dreg(cpu, dm)))


@insn("11101110 0 d:1 10 vn:4 vd:4 1010 n:1 0 m:1 0 vm:4", "vmul.f32 {sd}, {sn}, {sm}",
      Timing.FP_MULTIPLY, operands=_SD_SN_SM, needs="fp")  # fmt: skip
def vmul_f32(cpu, sd, sn, sm):
    """Multiply, single precision."""
    set_sreg(cpu, sd, multiply32(cpu, sreg(cpu, sn), sreg(cpu, sm)))


@insn("11101110 0010 dn:4 dd:4 1011 0000 dm:4", "vmul.f64 {dd}, {dn}, {dm}", Timing.FP_MULTIPLY,
      needs="fp64")  # fmt: skip
def vmul_f64(cpu, dd, dn, dm):
    """Multiply, double precision."""
    set_dreg(cpu, dd, multiply64(cpu, dreg(cpu, dn), dreg(cpu, dm)))


@insn("11101110 0 d:1 10 vn:4 vd:4 1010 n:1 1 m:1 0 vm:4", "vnmul.f32 {sd}, {sn}, {sm}",
      Timing.FP_MULTIPLY, operands=_SD_SN_SM, needs="fp")  # fmt: skip
def vnmul_f32(cpu, sd, sn, sm):
    """Multiply and negate, single precision."""
    set_sreg(cpu, sd, negate32(multiply32(cpu, sreg(cpu, sn), sreg(cpu, sm))))


@insn("11101110 0010 dn:4 dd:4 1011 0100 dm:4", "vnmul.f64 {dd}, {dn}, {dm}", Timing.FP_MULTIPLY,
      needs="fp64")  # fmt: skip
def vnmul_f64(cpu, dd, dn, dm):
    """Multiply and negate, double precision."""
    set_dreg(cpu, dd, negate64(multiply64(cpu, dreg(cpu, dn), dreg(cpu, dm))))


@insn("11101110 1 d:1 00 vn:4 vd:4 1010 n:1 0 m:1 0 vm:4", "vdiv.f32 {sd}, {sn}, {sm}",
      Timing.FP_DIVIDE, operands=_SD_SN_SM, needs="fp")  # fmt: skip
def vdiv_f32(cpu, sd, sn, sm):
    """Divide, single precision."""
    set_sreg(cpu, sd, divide32(cpu, sreg(cpu, sn), sreg(cpu, sm)))


@insn("11101110 1000 dn:4 dd:4 1011 0000 dm:4", "vdiv.f64 {dd}, {dn}, {dm}", Timing.FP_DIVIDE,
      needs="fp64")  # fmt: skip
def vdiv_f64(cpu, dd, dn, dm):
    """Divide, double precision."""
    set_dreg(cpu, dd, divide64(cpu, dreg(cpu, dn), dreg(cpu, dm)))


@insn("11101110 0 d:1 00 vn:4 vd:4 1010 n:1 0 m:1 0 vm:4", "vmla.f32 {sd}, {sn}, {sm}",
      Timing.FP_MULTIPLY_ACCUMULATE, operands=_SD_SN_SM, needs="fp")  # fmt: skip
def vmla_f32(cpu, sd, sn, sm):
    """Add a rounded product, single precision."""
    product = multiply32(cpu, sreg(cpu, sn), sreg(cpu, sm))
    set_sreg(cpu, sd, add32(cpu, sreg(cpu, sd), product))


@insn("11101110 0000 dn:4 dd:4 1011 0000 dm:4", "vmla.f64 {dd}, {dn}, {dm}",
      Timing.FP_MULTIPLY_ACCUMULATE, needs="fp64")  # fmt: skip
def vmla_f64(cpu, dd, dn, dm):
    """Add a rounded product, double precision."""
    product = multiply64(cpu, dreg(cpu, dn), dreg(cpu, dm))
    set_dreg(cpu, dd, add64(cpu, dreg(cpu, dd), product))


@insn("11101110 0 d:1 00 vn:4 vd:4 1010 n:1 1 m:1 0 vm:4", "vmls.f32 {sd}, {sn}, {sm}",
      Timing.FP_MULTIPLY_ACCUMULATE, operands=_SD_SN_SM, needs="fp")  # fmt: skip
def vmls_f32(cpu, sd, sn, sm):
    """Subtract a rounded product, single precision."""
    product = multiply32(cpu, sreg(cpu, sn), sreg(cpu, sm))
    set_sreg(cpu, sd, add32(cpu, sreg(cpu, sd), negate32(product)))


@insn("11101110 0000 dn:4 dd:4 1011 0100 dm:4", "vmls.f64 {dd}, {dn}, {dm}",
      Timing.FP_MULTIPLY_ACCUMULATE, needs="fp64")  # fmt: skip
def vmls_f64(cpu, dd, dn, dm):
    """Subtract a rounded product, double precision."""
    product = multiply64(cpu, dreg(cpu, dn), dreg(cpu, dm))
    set_dreg(cpu, dd, add64(cpu, dreg(cpu, dd), negate64(product)))


@insn("11101110 0 d:1 01 vn:4 vd:4 1010 n:1 1 m:1 0 vm:4", "vnmla.f32 {sd}, {sn}, {sm}",
      Timing.FP_MULTIPLY_ACCUMULATE, operands=_SD_SN_SM, needs="fp")  # fmt: skip
def vnmla_f32(cpu, sd, sn, sm):
    """Negate, then subtract a rounded product, single precision."""
    product = multiply32(cpu, sreg(cpu, sn), sreg(cpu, sm))
    set_sreg(cpu, sd, add32(cpu, negate32(sreg(cpu, sd)), negate32(product)))


@insn("11101110 0001 dn:4 dd:4 1011 0100 dm:4", "vnmla.f64 {dd}, {dn}, {dm}",
      Timing.FP_MULTIPLY_ACCUMULATE, needs="fp64")  # fmt: skip
def vnmla_f64(cpu, dd, dn, dm):
    """Negate, then subtract a rounded product, double precision."""
    product = multiply64(cpu, dreg(cpu, dn), dreg(cpu, dm))
    set_dreg(cpu, dd, add64(cpu, negate64(dreg(cpu, dd)), negate64(product)))


@insn("11101110 0 d:1 01 vn:4 vd:4 1010 n:1 0 m:1 0 vm:4", "vnmls.f32 {sd}, {sn}, {sm}",
      Timing.FP_MULTIPLY_ACCUMULATE, operands=_SD_SN_SM, needs="fp")  # fmt: skip
def vnmls_f32(cpu, sd, sn, sm):
    """Negate, then add a rounded product, single precision."""
    product = multiply32(cpu, sreg(cpu, sn), sreg(cpu, sm))
    set_sreg(cpu, sd, add32(cpu, negate32(sreg(cpu, sd)), product))


@insn("11101110 0001 dn:4 dd:4 1011 0000 dm:4", "vnmls.f64 {dd}, {dn}, {dm}",
      Timing.FP_MULTIPLY_ACCUMULATE, needs="fp64")  # fmt: skip
def vnmls_f64(cpu, dd, dn, dm):
    """Negate, then add a rounded product, double precision."""
    product = multiply64(cpu, dreg(cpu, dn), dreg(cpu, dm))
    set_dreg(cpu, dd, add64(cpu, negate64(dreg(cpu, dd)), product))


@insn("11101110 1 d:1 10 vn:4 vd:4 1010 n:1 0 m:1 0 vm:4", "vfma.f32 {sd}, {sn}, {sm}",
      Timing.FP_MULTIPLY_ACCUMULATE, operands=_SD_SN_SM, needs="fp")  # fmt: skip
def vfma_f32(cpu, sd, sn, sm):
    """Add a product and round once, single precision."""
    addend = sreg(cpu, sd)
    factor = sreg(cpu, sn)
    set_sreg(cpu, sd, multiply_add32(cpu, addend, factor, sreg(cpu, sm)))


@insn("11101110 1010 dn:4 dd:4 1011 0000 dm:4", "vfma.f64 {dd}, {dn}, {dm}",
      Timing.FP_MULTIPLY_ACCUMULATE, needs="fp64")  # fmt: skip
def vfma_f64(cpu, dd, dn, dm):
    """Add a product and round once, double precision."""
    addend = dreg(cpu, dd)
    factor = dreg(cpu, dn)
    set_dreg(cpu, dd, multiply_add64(cpu, addend, factor, dreg(cpu, dm)))


@insn("11101110 1 d:1 10 vn:4 vd:4 1010 n:1 1 m:1 0 vm:4", "vfms.f32 {sd}, {sn}, {sm}",
      Timing.FP_MULTIPLY_ACCUMULATE, operands=_SD_SN_SM, needs="fp")  # fmt: skip
def vfms_f32(cpu, sd, sn, sm):
    """Subtract a product and round once, single precision."""
    addend = sreg(cpu, sd)
    factor = negate32(sreg(cpu, sn))
    set_sreg(cpu, sd, multiply_add32(cpu, addend, factor, sreg(cpu, sm)))


@insn("11101110 1010 dn:4 dd:4 1011 0100 dm:4", "vfms.f64 {dd}, {dn}, {dm}",
      Timing.FP_MULTIPLY_ACCUMULATE, needs="fp64")  # fmt: skip
def vfms_f64(cpu, dd, dn, dm):
    """Subtract a product and round once, double precision."""
    addend = dreg(cpu, dd)
    factor = negate64(dreg(cpu, dn))
    set_dreg(cpu, dd, multiply_add64(cpu, addend, factor, dreg(cpu, dm)))


@insn("11101110 1 d:1 01 vn:4 vd:4 1010 n:1 1 m:1 0 vm:4", "vfnma.f32 {sd}, {sn}, {sm}",
      Timing.FP_MULTIPLY_ACCUMULATE, operands=_SD_SN_SM, needs="fp")  # fmt: skip
def vfnma_f32(cpu, sd, sn, sm):
    """Negate, subtract a product and round once, single precision."""
    addend = negate32(sreg(cpu, sd))
    factor = negate32(sreg(cpu, sn))
    set_sreg(cpu, sd, multiply_add32(cpu, addend, factor, sreg(cpu, sm)))


@insn("11101110 1001 dn:4 dd:4 1011 0100 dm:4", "vfnma.f64 {dd}, {dn}, {dm}",
      Timing.FP_MULTIPLY_ACCUMULATE, needs="fp64")  # fmt: skip
def vfnma_f64(cpu, dd, dn, dm):
    """Negate, subtract a product and round once, double precision."""
    addend = negate64(dreg(cpu, dd))
    factor = negate64(dreg(cpu, dn))
    set_dreg(cpu, dd, multiply_add64(cpu, addend, factor, dreg(cpu, dm)))


@insn("11101110 1 d:1 01 vn:4 vd:4 1010 n:1 0 m:1 0 vm:4", "vfnms.f32 {sd}, {sn}, {sm}",
      Timing.FP_MULTIPLY_ACCUMULATE, operands=_SD_SN_SM, needs="fp")  # fmt: skip
def vfnms_f32(cpu, sd, sn, sm):
    """Negate, add a product and round once, single precision."""
    addend = negate32(sreg(cpu, sd))
    factor = sreg(cpu, sn)
    set_sreg(cpu, sd, multiply_add32(cpu, addend, factor, sreg(cpu, sm)))


@insn("11101110 1001 dn:4 dd:4 1011 0000 dm:4", "vfnms.f64 {dd}, {dn}, {dm}",
      Timing.FP_MULTIPLY_ACCUMULATE, needs="fp64")  # fmt: skip
def vfnms_f64(cpu, dd, dn, dm):
    """Negate, add a product and round once, double precision."""
    addend = negate64(dreg(cpu, dd))
    factor = dreg(cpu, dn)
    set_dreg(cpu, dd, multiply_add64(cpu, addend, factor, dreg(cpu, dm)))


@insn("11101110 1 d:1 11 0001 vd:4 1010 11 m:1 0 vm:4", "vsqrt.f32 {sd}, {sm}",
      Timing.FP_SQUARE_ROOT, operands=_SD_SM, needs="fp")  # fmt: skip
def vsqrt_f32(cpu, sd, sm):
    """Take the square root, single precision."""
    set_sreg(cpu, sd, square_root32(cpu, sreg(cpu, sm)))


@insn("11101110 1011 0001 dd:4 1011 1100 dm:4", "vsqrt.f64 {dd}, {dm}", Timing.FP_SQUARE_ROOT,
      needs="fp64")  # fmt: skip
def vsqrt_f64(cpu, dd, dm):
    """Take the square root, double precision."""
    set_dreg(cpu, dd, square_root64(cpu, dreg(cpu, dm)))


@insn("11101110 1 d:1 11 0000 vd:4 1010 11 m:1 0 vm:4", "vabs.f32 {sd}, {sm}", Timing.FP_MOVE,
      operands=_SD_SM, needs="fp")  # fmt: skip
def vabs_f32(cpu, sd, sm):
    """Clear the sign, single precision."""
    set_sreg(cpu, sd, sreg(cpu, sm) & MAGNITUDE32)


@insn("11101110 1011 0000 dd:4 1011 1100 dm:4", "vabs.f64 {dd}, {dm}", Timing.FP_MOVE,
      needs="fp64")  # fmt: skip
def vabs_f64(cpu, dd, dm):
    """Clear the sign, double precision."""
    set_dreg(cpu, dd, dreg(cpu, dm) & MAGNITUDE64)


@insn("11101110 1 d:1 11 0001 vd:4 1010 01 m:1 0 vm:4", "vneg.f32 {sd}, {sm}", Timing.FP_MOVE,
      operands=_SD_SM, needs="fp")  # fmt: skip
def vneg_f32(cpu, sd, sm):
    """Flip the sign, single precision."""
    set_sreg(cpu, sd, negate32(sreg(cpu, sm)))


@insn("11101110 1011 0001 dd:4 1011 0100 dm:4", "vneg.f64 {dd}, {dm}", Timing.FP_MOVE,
      needs="fp64")  # fmt: skip
def vneg_f64(cpu, dd, dm):
    """Flip the sign, double precision."""
    set_dreg(cpu, dd, negate64(dreg(cpu, dm)))
