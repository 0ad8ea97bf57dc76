"""Conversion from and to half precision (manual A7.7.230)."""

from armsim.dsl import Timing, insn
from armsim.isa.fp_operations import convert
from armsim.isa.fp_registers import dreg, set_dreg, set_sreg, sreg

_SD_SM = {"sd": "vd:d", "sm": "vm:m"}
_SD = {"sd": "vd:d"}
_SM = {"sm": "vm:m"}


def _half(cpu, number, top):
    return sreg(cpu, number) >> 16 * top & 0xFFFF


def _set_half(cpu, number, top, value):
    other = sreg(cpu, number) & 0xFFFF << 16 * (1 - top)
    set_sreg(cpu, number, other | value << 16 * top)


@insn("11101110 1 d:1 11 0010 vd:4 1010 01 m:1 0 vm:4", "vcvtb.f32.f16 {sd}, {sm}",
      Timing.FP_CONVERT, operands={**_SD_SM, "top": "0"}, needs="fp",
      name="vcvtb_f32_f16")  # fmt: skip
@insn("11101110 1 d:1 11 0010 vd:4 1010 11 m:1 0 vm:4", "vcvtt.f32.f16 {sd}, {sm}",
      Timing.FP_CONVERT, operands={**_SD_SM, "top": "1"}, needs="fp",
      name="vcvtt_f32_f16")  # fmt: skip
def vcvt_f32_f16(cpu, sd, sm, top):
    """Convert half to single precision, from the bottom or the top half of a register."""
    set_sreg(cpu, sd, convert(cpu, _half(cpu, sm, top), 16, 32))


@insn("11101110 1 d:1 11 0011 vd:4 1010 01 m:1 0 vm:4", "vcvtb.f16.f32 {sd}, {sm}",
      Timing.FP_CONVERT, operands={**_SD_SM, "top": "0"}, roles={"sd": "rw"}, needs="fp",
      name="vcvtb_f16_f32")  # fmt: skip
@insn("11101110 1 d:1 11 0011 vd:4 1010 11 m:1 0 vm:4", "vcvtt.f16.f32 {sd}, {sm}",
      Timing.FP_CONVERT, operands={**_SD_SM, "top": "1"}, roles={"sd": "rw"}, needs="fp",
      name="vcvtt_f16_f32")  # fmt: skip
def vcvt_f16_f32(cpu, sd, sm, top):
    """Convert single to half precision, into the bottom or the top half of a register."""
    _set_half(cpu, sd, top, convert(cpu, sreg(cpu, sm), 32, 16))


@insn("11101110 1011 0010 dd:4 1011 01 m:1 0 vm:4", "vcvtb.f64.f16 {dd}, {sm}", Timing.FP_CONVERT,
      operands={**_SM, "top": "0"}, needs="fp64v5", name="vcvtb_f64_f16")  # fmt: skip
@insn("11101110 1011 0010 dd:4 1011 11 m:1 0 vm:4", "vcvtt.f64.f16 {dd}, {sm}", Timing.FP_CONVERT,
      operands={**_SM, "top": "1"}, needs="fp64v5", name="vcvtt_f64_f16")  # fmt: skip
def vcvt_f64_f16(cpu, dd, sm, top):
    """Convert half to double precision, from the bottom or the top half of a register."""
    set_dreg(cpu, dd, convert(cpu, _half(cpu, sm, top), 16, 64))


@insn("11101110 1 d:1 11 0011 vd:4 1011 0100 dm:4", "vcvtb.f16.f64 {sd}, {dm}", Timing.FP_CONVERT,
      operands={**_SD, "top": "0"}, roles={"sd": "rw"}, needs="fp64v5",
      name="vcvtb_f16_f64")  # fmt: skip
@insn("11101110 1 d:1 11 0011 vd:4 1011 1100 dm:4", "vcvtt.f16.f64 {sd}, {dm}", Timing.FP_CONVERT,
      operands={**_SD, "top": "1"}, roles={"sd": "rw"}, needs="fp64v5",
      name="vcvtt_f16_f64")  # fmt: skip
def vcvt_f16_f64(cpu, sd, dm, top):
    """Convert double to half precision, into the bottom or the top half of a register."""
    _set_half(cpu, sd, top, convert(cpu, dreg(cpu, dm), 64, 16))
