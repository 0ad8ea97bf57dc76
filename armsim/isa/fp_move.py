"""Moves between FP registers, core registers and FPSCR (manual A7.7.239 to A7.7.247)."""

from armsim.dsl import Timing, insn
from armsim.dsl.state import FPSCR, reg, set_flags, set_reg, set_slot
from armsim.isa.fp_registers import (
    FPSCR_BITS,
    dreg,
    fpscr,
    set_dreg,
    set_sreg,
    sreg,
)

_CONSTANT = {"imm8": "imm4h:imm4l", "value": "vfp_expand_imm32(imm8)"}


@insn("11101110 1 d:1 11 imm4h:4 vd:4 1010 0000 imm4l:4", "vmov.f32 {sd}, #{float value}",
      Timing.FP_MOVE, operands={**_CONSTANT, "sd": "vd:d"}, needs="fp")  # fmt: skip
def vmov_imm_f32(cpu, sd, value):
    """Set a single-precision register to a constant."""
    set_sreg(cpu, sd, value)


@insn("11101110 1011 imm4h:4 dd:4 1011 0000 imm4l:4", "vmov.f64 {dd}, #{float value}",
      Timing.FP_MOVE, operands={**_CONSTANT, "high": "vfp_expand_imm64_high(imm8)"},
      needs="fp64")  # fmt: skip
def vmov_imm_f64(cpu, dd, high):
    """Set a double-precision register to a constant."""
    set_dreg(cpu, dd, high << 32)


@insn("11101110 1 d:1 11 0000 vd:4 1010 01 m:1 0 vm:4", "vmov.f32 {sd}, {sm}", Timing.FP_MOVE,
      operands={"sd": "vd:d", "sm": "vm:m"}, needs="fp")  # fmt: skip
def vmov_reg_f32(cpu, sd, sm):
    """Copy a single-precision register."""
    set_sreg(cpu, sd, sreg(cpu, sm))


@insn("11101110 1011 0000 dd:4 1011 0100 dm:4", "vmov.f64 {dd}, {dm}", Timing.FP_MOVE,
      needs="fp64")  # fmt: skip
def vmov_reg_f64(cpu, dd, dm):
    """Copy a double-precision register."""
    set_dreg(cpu, dd, dreg(cpu, dm))


@insn("11101110 0000 vn:4 rt:gpr 1010 n:1 001 0000", "vmov {sd}, {rt}", Timing.FP_TRANSFER,
      operands={"sd": "vn:n"}, needs="fp", name="vmov_core_to_single")  # fmt: skip
@insn("11101110 00 half:1 0 dd:4 rt:gpr 1011 0001 0000", "vmov.32 {dd}[{half}], {rt}",
      Timing.FP_TRANSFER, operands={"sd": "dd:half"}, needs="fp",
      name="vmov_core_to_half_double")  # fmt: skip
def vmov_from_core(cpu, sd, rt):
    """Copy a core register to a single-precision register or half of a double-precision one."""
    set_sreg(cpu, sd, reg(cpu, rt))


@insn("11101110 0001 vn:4 rt:gpr 1010 n:1 001 0000", "vmov {rt}, {sn}", Timing.FP_TRANSFER,
      operands={"sn": "vn:n"}, needs="fp", roles={"rt": "w"},
      name="vmov_single_to_core")  # fmt: skip
@insn("11101110 00 half:1 1 dn:4 rt:gpr 1011 0001 0000", "vmov.32 {rt}, {dn}[{half}]",
      Timing.FP_TRANSFER, operands={"sn": "dn:half"}, needs="fp", roles={"rt": "w"},
      name="vmov_half_double_to_core")  # fmt: skip
def vmov_to_core(cpu, rt, sn):
    """Copy a single-precision register or half of a double-precision one to a core register."""
    set_reg(cpu, rt, sreg(cpu, sn))


@insn("11101100 0100 rt2:gpr rt:gpr 1010 00 m:1 1 vm:4", "vmov {sd}, {se}, {rt}, {rt2}",
      Timing.FP_TRANSFER_DOUBLE, operands={"sd": "vm:m", "se": "sd + 1"}, when="sd < 31",
      needs="fp", roles={"se": "w"})  # fmt: skip
def vmov_cores_to_singles(cpu, sd, se, rt, rt2):
    """Copy two core registers to consecutive single-precision registers."""
    set_sreg(cpu, sd, reg(cpu, rt))
    set_sreg(cpu, se, reg(cpu, rt2))


@insn("11101100 0101 rt2:gpr rt:gpr 1010 00 m:1 1 vm:4", "vmov {rt}, {rt2}, {sn}, {sm}",
      Timing.FP_TRANSFER_DOUBLE, operands={"sn": "vm:m", "sm": "sn + 1"},
      when="sn < 31 and rt != rt2", needs="fp", roles={"rt": "w", "rt2": "w"})  # fmt: skip
def vmov_singles_to_cores(cpu, rt, rt2, sn, sm):
    """Copy consecutive single-precision registers to two core registers."""
    set_reg(cpu, rt, sreg(cpu, sn))
    set_reg(cpu, rt2, sreg(cpu, sm))


@insn("11101100 0100 rt2:gpr rt:gpr 1011 0001 dd:4", "vmov {dd}, {rt}, {rt2}",
      Timing.FP_TRANSFER_DOUBLE, needs="fp")  # fmt: skip
def vmov_cores_to_double(cpu, dd, rt, rt2):
    """Copy two core registers to a double-precision register, low word first."""
    set_sreg(cpu, 2 * dd, reg(cpu, rt))
    set_sreg(cpu, 2 * dd + 1, reg(cpu, rt2))


@insn("11101100 0101 rt2:gpr rt:gpr 1011 0001 dm:4", "vmov {rt}, {rt2}, {dm}",
      Timing.FP_TRANSFER_DOUBLE, when="rt != rt2", needs="fp",
      roles={"rt": "w", "rt2": "w"})  # fmt: skip
def vmov_double_to_cores(cpu, rt, rt2, dm):
    """Copy a double-precision register to two core registers, low word first."""
    set_reg(cpu, rt, sreg(cpu, 2 * dm))
    set_reg(cpu, rt2, sreg(cpu, 2 * dm + 1))


@insn("11101110 1111 0001 rt:gpr 1010 0001 0000", "vmrs {rt}, fpscr", Timing.FP_STATUS,
      needs="fp", roles={"rt": "w"})  # fmt: skip
def vmrs(cpu, rt):
    """Copy FPSCR to a core register."""
    set_reg(cpu, rt, fpscr(cpu))


@insn("11101110 1111 0001 1111 1010 0001 0000", "vmrs apsr_nzcv, fpscr", Timing.FP_STATUS,
      needs="fp")  # fmt: skip
def vmrs_apsr(cpu):
    """Copy the condition flags of FPSCR to those of the core."""
    status = fpscr(cpu)
    set_flags(cpu, status >> 31, status >> 30 & 1, status >> 29 & 1, status >> 28 & 1)


@insn("11101110 1110 0001 rt:gpr 1010 0001 0000", "vmsr fpscr, {rt}", Timing.FP_STATUS,
      needs="fp")  # fmt: skip
def vmsr(cpu, rt):
    """Copy a core register to FPSCR."""
    set_slot(cpu, FPSCR, reg(cpu, rt) & FPSCR_BITS)
