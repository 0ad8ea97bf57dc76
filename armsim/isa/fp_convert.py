"""Conversion and rounding to integers (manual A7.7.226 to A7.7.229 and the FPv5 additions)."""

from armsim.dsl import Timing, insn
from armsim.isa.fp_operations import (
    double_to_single,
    from_fixed,
    from_integer32,
    from_integer64,
    single_to_double,
    to_fixed,
    to_integer32,
    to_integer64,
)
from armsim.isa.fp_registers import dreg, fpscr, set_dreg, set_sreg, sreg
from armsim.isa.softfloat import rounding_mode

_SD_SM = {"sd": "vd:d", "sm": "vm:m"}
_SD = {"sd": "vd:d"}
_SM = {"sm": "vm:m"}


@insn("11101110 1 d:1 111 100 vd:4 1010 11 m:1 0 vm:4", "vcvt.u32.f32 {sd}, {sm}",
      Timing.FP_CONVERT, operands={**_SD_SM, "unsigned": "1", "mode": "3"}, needs="fp",
      name="vcvt_u32_f32")  # fmt: skip
@insn("11101110 1 d:1 111 101 vd:4 1010 11 m:1 0 vm:4", "vcvt.s32.f32 {sd}, {sm}",
      Timing.FP_CONVERT, operands={**_SD_SM, "unsigned": "0", "mode": "3"}, needs="fp",
      name="vcvt_s32_f32")  # fmt: skip
@insn("11111110 1 d:1 1111 00 vd:4 1010 01 m:1 0 vm:4", "vcvta.u32.f32 {sd}, {sm}",
      Timing.FP_CONVERT, operands={**_SD_SM, "unsigned": "1", "mode": "4"}, needs="fp5",
      name="vcvta_u32_f32")  # fmt: skip
@insn("11111110 1 d:1 1111 00 vd:4 1010 11 m:1 0 vm:4", "vcvta.s32.f32 {sd}, {sm}",
      Timing.FP_CONVERT, operands={**_SD_SM, "unsigned": "0", "mode": "4"}, needs="fp5",
      name="vcvta_s32_f32")  # fmt: skip
@insn("11111110 1 d:1 1111 01 vd:4 1010 01 m:1 0 vm:4", "vcvtn.u32.f32 {sd}, {sm}",
      Timing.FP_CONVERT, operands={**_SD_SM, "unsigned": "1", "mode": "0"}, needs="fp5",
      name="vcvtn_u32_f32")  # fmt: skip
@insn("11111110 1 d:1 1111 01 vd:4 1010 11 m:1 0 vm:4", "vcvtn.s32.f32 {sd}, {sm}",
      Timing.FP_CONVERT, operands={**_SD_SM, "unsigned": "0", "mode": "0"}, needs="fp5",
      name="vcvtn_s32_f32")  # fmt: skip
@insn("11111110 1 d:1 1111 10 vd:4 1010 01 m:1 0 vm:4", "vcvtp.u32.f32 {sd}, {sm}",
      Timing.FP_CONVERT, operands={**_SD_SM, "unsigned": "1", "mode": "1"}, needs="fp5",
      name="vcvtp_u32_f32")  # fmt: skip
@insn("11111110 1 d:1 1111 10 vd:4 1010 11 m:1 0 vm:4", "vcvtp.s32.f32 {sd}, {sm}",
      Timing.FP_CONVERT, operands={**_SD_SM, "unsigned": "0", "mode": "1"}, needs="fp5",
      name="vcvtp_s32_f32")  # fmt: skip
@insn("11111110 1 d:1 1111 11 vd:4 1010 01 m:1 0 vm:4", "vcvtm.u32.f32 {sd}, {sm}",
      Timing.FP_CONVERT, operands={**_SD_SM, "unsigned": "1", "mode": "2"}, needs="fp5",
      name="vcvtm_u32_f32")  # fmt: skip
@insn("11111110 1 d:1 1111 11 vd:4 1010 11 m:1 0 vm:4", "vcvtm.s32.f32 {sd}, {sm}",
      Timing.FP_CONVERT, operands={**_SD_SM, "unsigned": "0", "mode": "2"}, needs="fp5",
      name="vcvtm_s32_f32")  # fmt: skip
def vcvt_to_integer_f32(cpu, sd, sm, unsigned, mode):
    """Convert single precision to an integer, rounding as the instruction says."""
    set_sreg(cpu, sd, to_integer32(cpu, sreg(cpu, sm), unsigned, mode))


@insn("11101110 1 d:1 111 100 vd:4 1010 01 m:1 0 vm:4", "vcvtr.u32.f32 {sd}, {sm}",
      Timing.FP_CONVERT, operands={**_SD_SM, "unsigned": "1"}, needs="fp",
      name="vcvtr_u32_f32")  # fmt: skip
@insn("11101110 1 d:1 111 101 vd:4 1010 01 m:1 0 vm:4", "vcvtr.s32.f32 {sd}, {sm}",
      Timing.FP_CONVERT, operands={**_SD_SM, "unsigned": "0"}, needs="fp",
      name="vcvtr_s32_f32")  # fmt: skip
def vcvtr_f32(cpu, sd, sm, unsigned):
    """Convert single precision to an integer, rounding as FPSCR says."""
    mode = rounding_mode(fpscr(cpu))
    set_sreg(cpu, sd, to_integer32(cpu, sreg(cpu, sm), unsigned, mode))


@insn("11101110 1 d:1 111000 vd:4 1010 01 m:1 0 vm:4", "vcvt.f32.u32 {sd}, {sm}", Timing.FP_CONVERT,
      operands={**_SD_SM, "unsigned": "1"}, needs="fp", name="vcvt_f32_u32")  # fmt: skip
@insn("11101110 1 d:1 111000 vd:4 1010 11 m:1 0 vm:4", "vcvt.f32.s32 {sd}, {sm}", Timing.FP_CONVERT,
      operands={**_SD_SM, "unsigned": "0"}, needs="fp", name="vcvt_f32_s32")  # fmt: skip
def vcvt_from_integer_f32(cpu, sd, sm, unsigned):
    """Convert an integer to single precision."""
    set_sreg(cpu, sd, from_integer32(cpu, sreg(cpu, sm), unsigned))


@insn("11101110 1 d:1 11 1110 vd:4 1010 01 i:1 0 imm4:4", "vcvt.s16.f32 {sd}, {sd}, #{fraction}",
      Timing.FP_CONVERT, operands={**_SD, "fraction": "16 - imm4:i", "size": "16", "unsigned": "0"},
      when="fraction >= 0", roles={"sd": "rw"}, needs="fp", name="vcvt_fixed_s16_f32")  # fmt: skip
@insn("11101110 1 d:1 11 1110 vd:4 1010 11 i:1 0 imm4:4", "vcvt.s32.f32 {sd}, {sd}, #{fraction}",
      Timing.FP_CONVERT, operands={**_SD, "fraction": "32 - imm4:i", "size": "32", "unsigned": "0"},
      roles={"sd": "rw"}, needs="fp", name="vcvt_fixed_s32_f32")  # fmt: skip
@insn("11101110 1 d:1 11 1111 vd:4 1010 01 i:1 0 imm4:4", "vcvt.u16.f32 {sd}, {sd}, #{fraction}",
      Timing.FP_CONVERT, operands={**_SD, "fraction": "16 - imm4:i", "size": "16", "unsigned": "1"},
      when="fraction >= 0", roles={"sd": "rw"}, needs="fp", name="vcvt_fixed_u16_f32")  # fmt: skip
@insn("11101110 1 d:1 11 1111 vd:4 1010 11 i:1 0 imm4:4", "vcvt.u32.f32 {sd}, {sd}, #{fraction}",
      Timing.FP_CONVERT, operands={**_SD, "fraction": "32 - imm4:i", "size": "32", "unsigned": "1"},
      roles={"sd": "rw"}, needs="fp", name="vcvt_fixed_u32_f32")  # fmt: skip
def vcvt_to_fixed_f32(cpu, sd, fraction, size, unsigned):
    """Convert single precision to a fixed-point number in the same register, towards zero."""
    value = to_fixed(cpu, sreg(cpu, sd), fraction, size, unsigned, 32)
    set_sreg(cpu, sd, value)


@insn("11101110 1 d:1 11 1010 vd:4 1010 01 i:1 0 imm4:4", "vcvt.f32.s16 {sd}, {sd}, #{fraction}",
      Timing.FP_CONVERT, operands={**_SD, "fraction": "16 - imm4:i", "size": "16", "unsigned": "0"},
      when="fraction >= 0", roles={"sd": "rw"}, needs="fp", name="vcvt_fixed_f32_s16")  # fmt: skip
@insn("11101110 1 d:1 11 1010 vd:4 1010 11 i:1 0 imm4:4", "vcvt.f32.s32 {sd}, {sd}, #{fraction}",
      Timing.FP_CONVERT, operands={**_SD, "fraction": "32 - imm4:i", "size": "32", "unsigned": "0"},
      roles={"sd": "rw"}, needs="fp", name="vcvt_fixed_f32_s32")  # fmt: skip
@insn("11101110 1 d:1 11 1011 vd:4 1010 01 i:1 0 imm4:4", "vcvt.f32.u16 {sd}, {sd}, #{fraction}",
      Timing.FP_CONVERT, operands={**_SD, "fraction": "16 - imm4:i", "size": "16", "unsigned": "1"},
      when="fraction >= 0", roles={"sd": "rw"}, needs="fp", name="vcvt_fixed_f32_u16")  # fmt: skip
@insn("11101110 1 d:1 11 1011 vd:4 1010 11 i:1 0 imm4:4", "vcvt.f32.u32 {sd}, {sd}, #{fraction}",
      Timing.FP_CONVERT, operands={**_SD, "fraction": "32 - imm4:i", "size": "32", "unsigned": "1"},
      roles={"sd": "rw"}, needs="fp", name="vcvt_fixed_f32_u32")  # fmt: skip
def vcvt_from_fixed_f32(cpu, sd, fraction, size, unsigned):
    """Convert a fixed-point number to single precision in the same register, to nearest."""
    value = from_fixed(cpu, sreg(cpu, sd), fraction, size, unsigned, 32)
    set_sreg(cpu, sd, value)


@insn("11101110 1 d:1 111 100 vd:4 1011 11 00 dm:4", "vcvt.u32.f64 {sd}, {dm}", Timing.FP_CONVERT,
      operands={**_SD, "unsigned": "1", "mode": "3"}, needs="fp64",
      name="vcvt_u32_f64")  # fmt: skip
@insn("11101110 1 d:1 111 101 vd:4 1011 11 00 dm:4", "vcvt.s32.f64 {sd}, {dm}", Timing.FP_CONVERT,
      operands={**_SD, "unsigned": "0", "mode": "3"}, needs="fp64",
      name="vcvt_s32_f64")  # fmt: skip
@insn("11111110 1 d:1 1111 00 vd:4 1011 01 00 dm:4", "vcvta.u32.f64 {sd}, {dm}", Timing.FP_CONVERT,
      operands={**_SD, "unsigned": "1", "mode": "4"}, needs="fp64v5",
      name="vcvta_u32_f64")  # fmt: skip
@insn("11111110 1 d:1 1111 00 vd:4 1011 11 00 dm:4", "vcvta.s32.f64 {sd}, {dm}", Timing.FP_CONVERT,
      operands={**_SD, "unsigned": "0", "mode": "4"}, needs="fp64v5",
      name="vcvta_s32_f64")  # fmt: skip
@insn("11111110 1 d:1 1111 01 vd:4 1011 01 00 dm:4", "vcvtn.u32.f64 {sd}, {dm}", Timing.FP_CONVERT,
      operands={**_SD, "unsigned": "1", "mode": "0"}, needs="fp64v5",
      name="vcvtn_u32_f64")  # fmt: skip
@insn("11111110 1 d:1 1111 01 vd:4 1011 11 00 dm:4", "vcvtn.s32.f64 {sd}, {dm}", Timing.FP_CONVERT,
      operands={**_SD, "unsigned": "0", "mode": "0"}, needs="fp64v5",
      name="vcvtn_s32_f64")  # fmt: skip
@insn("11111110 1 d:1 1111 10 vd:4 1011 01 00 dm:4", "vcvtp.u32.f64 {sd}, {dm}", Timing.FP_CONVERT,
      operands={**_SD, "unsigned": "1", "mode": "1"}, needs="fp64v5",
      name="vcvtp_u32_f64")  # fmt: skip
@insn("11111110 1 d:1 1111 10 vd:4 1011 11 00 dm:4", "vcvtp.s32.f64 {sd}, {dm}", Timing.FP_CONVERT,
      operands={**_SD, "unsigned": "0", "mode": "1"}, needs="fp64v5",
      name="vcvtp_s32_f64")  # fmt: skip
@insn("11111110 1 d:1 1111 11 vd:4 1011 01 00 dm:4", "vcvtm.u32.f64 {sd}, {dm}", Timing.FP_CONVERT,
      operands={**_SD, "unsigned": "1", "mode": "2"}, needs="fp64v5",
      name="vcvtm_u32_f64")  # fmt: skip
@insn("11111110 1 d:1 1111 11 vd:4 1011 11 00 dm:4", "vcvtm.s32.f64 {sd}, {dm}", Timing.FP_CONVERT,
      operands={**_SD, "unsigned": "0", "mode": "2"}, needs="fp64v5",
      name="vcvtm_s32_f64")  # fmt: skip
def vcvt_to_integer_f64(cpu, sd, dm, unsigned, mode):
    """Convert double precision to an integer, rounding as the instruction says."""
    set_sreg(cpu, sd, to_integer64(cpu, dreg(cpu, dm), unsigned, mode))


@insn("11101110 1 d:1 111 100 vd:4 1011 01 00 dm:4", "vcvtr.u32.f64 {sd}, {dm}", Timing.FP_CONVERT,
      operands={**_SD, "unsigned": "1"}, needs="fp64", name="vcvtr_u32_f64")  # fmt: skip
@insn("11101110 1 d:1 111 101 vd:4 1011 01 00 dm:4", "vcvtr.s32.f64 {sd}, {dm}", Timing.FP_CONVERT,
      operands={**_SD, "unsigned": "0"}, needs="fp64", name="vcvtr_s32_f64")  # fmt: skip
def vcvtr_f64(cpu, sd, dm, unsigned):
    """Convert double precision to an integer, rounding as FPSCR says."""
    mode = rounding_mode(fpscr(cpu))
    set_sreg(cpu, sd, to_integer64(cpu, dreg(cpu, dm), unsigned, mode))


@insn("11101110 1011 1000 dd:4 1011 01 m:1 0 vm:4", "vcvt.f64.u32 {dd}, {sm}", Timing.FP_CONVERT,
      operands={**_SM, "unsigned": "1"}, needs="fp64", name="vcvt_f64_u32")  # fmt: skip
@insn("11101110 1011 1000 dd:4 1011 11 m:1 0 vm:4", "vcvt.f64.s32 {dd}, {sm}", Timing.FP_CONVERT,
      operands={**_SM, "unsigned": "0"}, needs="fp64", name="vcvt_f64_s32")  # fmt: skip
def vcvt_from_integer_f64(cpu, dd, sm, unsigned):
    """Convert an integer to double precision."""
    set_dreg(cpu, dd, from_integer64(sreg(cpu, sm), unsigned))


@insn("11101110 1011 1110 dd:4 1011 01 i:1 0 imm4:4", "vcvt.s16.f64 {dd}, {dd}, #{fraction}",
      Timing.FP_CONVERT, operands={"fraction": "16 - imm4:i", "size": "16", "unsigned": "0"},
      when="fraction >= 0", roles={"dd": "rw"}, needs="fp64",
      name="vcvt_fixed_s16_f64")  # fmt: skip
@insn("11101110 1011 1110 dd:4 1011 11 i:1 0 imm4:4", "vcvt.s32.f64 {dd}, {dd}, #{fraction}",
      Timing.FP_CONVERT, operands={"fraction": "32 - imm4:i", "size": "32", "unsigned": "0"},
      roles={"dd": "rw"}, needs="fp64", name="vcvt_fixed_s32_f64")  # fmt: skip
@insn("11101110 1011 1111 dd:4 1011 01 i:1 0 imm4:4", "vcvt.u16.f64 {dd}, {dd}, #{fraction}",
      Timing.FP_CONVERT, operands={"fraction": "16 - imm4:i", "size": "16", "unsigned": "1"},
      when="fraction >= 0", roles={"dd": "rw"}, needs="fp64",
      name="vcvt_fixed_u16_f64")  # fmt: skip
@insn("11101110 1011 1111 dd:4 1011 11 i:1 0 imm4:4", "vcvt.u32.f64 {dd}, {dd}, #{fraction}",
      Timing.FP_CONVERT, operands={"fraction": "32 - imm4:i", "size": "32", "unsigned": "1"},
      roles={"dd": "rw"}, needs="fp64", name="vcvt_fixed_u32_f64")  # fmt: skip
def vcvt_to_fixed_f64(cpu, dd, fraction, size, unsigned):
    """Convert double precision to a fixed-point number in the same register, towards zero."""
    value = to_fixed(cpu, dreg(cpu, dd), fraction, size, unsigned, 64)
    set_dreg(cpu, dd, value)


@insn("11101110 1011 1010 dd:4 1011 01 i:1 0 imm4:4", "vcvt.f64.s16 {dd}, {dd}, #{fraction}",
      Timing.FP_CONVERT, operands={"fraction": "16 - imm4:i", "size": "16", "unsigned": "0"},
      when="fraction >= 0", roles={"dd": "rw"}, needs="fp64",
      name="vcvt_fixed_f64_s16")  # fmt: skip
@insn("11101110 1011 1010 dd:4 1011 11 i:1 0 imm4:4", "vcvt.f64.s32 {dd}, {dd}, #{fraction}",
      Timing.FP_CONVERT, operands={"fraction": "32 - imm4:i", "size": "32", "unsigned": "0"},
      roles={"dd": "rw"}, needs="fp64", name="vcvt_fixed_f64_s32")  # fmt: skip
@insn("11101110 1011 1011 dd:4 1011 01 i:1 0 imm4:4", "vcvt.f64.u16 {dd}, {dd}, #{fraction}",
      Timing.FP_CONVERT, operands={"fraction": "16 - imm4:i", "size": "16", "unsigned": "1"},
      when="fraction >= 0", roles={"dd": "rw"}, needs="fp64",
      name="vcvt_fixed_f64_u16")  # fmt: skip
@insn("11101110 1011 1011 dd:4 1011 11 i:1 0 imm4:4", "vcvt.f64.u32 {dd}, {dd}, #{fraction}",
      Timing.FP_CONVERT, operands={"fraction": "32 - imm4:i", "size": "32", "unsigned": "1"},
      roles={"dd": "rw"}, needs="fp64", name="vcvt_fixed_f64_u32")  # fmt: skip
def vcvt_from_fixed_f64(cpu, dd, fraction, size, unsigned):
    """Convert a fixed-point number to double precision in the same register, to nearest."""
    value = from_fixed(cpu, dreg(cpu, dd), fraction, size, unsigned, 64)
    set_dreg(cpu, dd, value)


@insn("11101110 1011 0111 dd:4 1010 11 m:1 0 vm:4", "vcvt.f64.f32 {dd}, {sm}", Timing.FP_CONVERT,
      operands=_SM, needs="fp64")  # fmt: skip
def vcvt_f64_f32(cpu, dd, sm):
    """Convert single to double precision."""
    set_dreg(cpu, dd, single_to_double(cpu, sreg(cpu, sm)))


@insn("11101110 1 d:1 11 0111 vd:4 1011 1100 dm:4", "vcvt.f32.f64 {sd}, {dm}", Timing.FP_CONVERT,
      operands=_SD, needs="fp64")  # fmt: skip
def vcvt_f32_f64(cpu, sd, dm):
    """Convert double to single precision."""
    set_sreg(cpu, sd, double_to_single(cpu, dreg(cpu, dm)))
