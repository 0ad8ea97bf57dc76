"""Rounding to integers in floating-point format (the FPv5 additions)."""

from armsim.dsl import Timing, insn
from armsim.isa.fp_operations import round_to_integral
from armsim.isa.fp_registers import dreg, fpscr, set_dreg, set_sreg, sreg
from armsim.isa.softfloat import rounding_mode

_SD_SM = {"sd": "vd:d", "sm": "vm:m"}


@insn("11111110 1 d:1 11 1000 vd:4 1010 01 m:1 0 vm:4", "vrinta.f32 {sd}, {sm}", Timing.FP_CONVERT,
      operands={**_SD_SM, "mode": "4"}, needs="fp5", name="vrinta_f32")  # fmt: skip
@insn("11111110 1 d:1 11 1001 vd:4 1010 01 m:1 0 vm:4", "vrintn.f32 {sd}, {sm}", Timing.FP_CONVERT,
      operands={**_SD_SM, "mode": "0"}, needs="fp5", name="vrintn_f32")  # fmt: skip
@insn("11111110 1 d:1 11 1010 vd:4 1010 01 m:1 0 vm:4", "vrintp.f32 {sd}, {sm}", Timing.FP_CONVERT,
      operands={**_SD_SM, "mode": "1"}, needs="fp5", name="vrintp_f32")  # fmt: skip
@insn("11111110 1 d:1 11 1011 vd:4 1010 01 m:1 0 vm:4", "vrintm.f32 {sd}, {sm}", Timing.FP_CONVERT,
      operands={**_SD_SM, "mode": "2"}, needs="fp5", name="vrintm_f32")  # fmt: skip
@insn("11101110 1 d:1 11 0110 vd:4 1010 11 m:1 0 vm:4", "vrintz.f32 {sd}, {sm}", Timing.FP_CONVERT,
      operands={**_SD_SM, "mode": "3"}, needs="fp5", name="vrintz_f32")  # fmt: skip
def vrint_f32(cpu, sd, sm, mode):
    """Round to an integer as the instruction says, single precision."""
    set_sreg(cpu, sd, round_to_integral(cpu, sreg(cpu, sm), mode, 0, 32))


@insn("11101110 1 d:1 11 0110 vd:4 1010 01 m:1 0 vm:4", "vrintr.f32 {sd}, {sm}", Timing.FP_CONVERT,
      operands={**_SD_SM, "exact": "0"}, needs="fp5", name="vrintr_f32")  # fmt: skip
@insn("11101110 1 d:1 11 0111 vd:4 1010 01 m:1 0 vm:4", "vrintx.f32 {sd}, {sm}", Timing.FP_CONVERT,
      operands={**_SD_SM, "exact": "1"}, needs="fp5", name="vrintx_f32")  # fmt: skip
def vrint_fpscr_f32(cpu, sd, sm, exact):
    """Round to an integer as FPSCR says, single precision; VRINTX reports a change as inexact."""
    mode = rounding_mode(fpscr(cpu))
    set_sreg(cpu, sd, round_to_integral(cpu, sreg(cpu, sm), mode, exact, 32))


@insn("11111110 1011 1000 dd:4 1011 0100 dm:4", "vrinta.f64 {dd}, {dm}", Timing.FP_CONVERT,
      operands={"mode": "4"}, needs="fp64v5", name="vrinta_f64")  # fmt: skip
@insn("11111110 1011 1001 dd:4 1011 0100 dm:4", "vrintn.f64 {dd}, {dm}", Timing.FP_CONVERT,
      operands={"mode": "0"}, needs="fp64v5", name="vrintn_f64")  # fmt: skip
@insn("11111110 1011 1010 dd:4 1011 0100 dm:4", "vrintp.f64 {dd}, {dm}", Timing.FP_CONVERT,
      operands={"mode": "1"}, needs="fp64v5", name="vrintp_f64")  # fmt: skip
@insn("11111110 1011 1011 dd:4 1011 0100 dm:4", "vrintm.f64 {dd}, {dm}", Timing.FP_CONVERT,
      operands={"mode": "2"}, needs="fp64v5", name="vrintm_f64")  # fmt: skip
@insn("11101110 1011 0110 dd:4 1011 1100 dm:4", "vrintz.f64 {dd}, {dm}", Timing.FP_CONVERT,
      operands={"mode": "3"}, needs="fp64v5", name="vrintz_f64")  # fmt: skip
def vrint_f64(cpu, dd, dm, mode):
    """Round to an integer as the instruction says, double precision."""
    set_dreg(cpu, dd, round_to_integral(cpu, dreg(cpu, dm), mode, 0, 64))


@insn("11101110 1011 0110 dd:4 1011 0100 dm:4", "vrintr.f64 {dd}, {dm}", Timing.FP_CONVERT,
      operands={"exact": "0"}, needs="fp64v5", name="vrintr_f64")  # fmt: skip
@insn("11101110 1011 0111 dd:4 1011 0100 dm:4", "vrintx.f64 {dd}, {dm}", Timing.FP_CONVERT,
      operands={"exact": "1"}, needs="fp64v5", name="vrintx_f64")  # fmt: skip
def vrint_fpscr_f64(cpu, dd, dm, exact):
    """Round to an integer as FPSCR says, double precision; VRINTX reports a change as inexact."""
    mode = rounding_mode(fpscr(cpu))
    set_dreg(cpu, dd, round_to_integral(cpu, dreg(cpu, dm), mode, exact, 64))
