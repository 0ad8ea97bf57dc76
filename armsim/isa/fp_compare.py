"""Floating-point comparison and selection (manual A7.7.223 and the FPv5 additions)."""

from armsim.dsl import Timing, insn
from armsim.dsl.state import condition_passed
from armsim.isa.fp_operations import compare32, compare64, extreme_number
from armsim.isa.fp_registers import dreg, set_dreg, set_fpscr_nzcv, set_sreg, sreg

_SD_SN_SM = {"sd": "vd:d", "sn": "vn:n", "sm": "vm:m"}
_SD_SM = {"sd": "vd:d", "sm": "vm:m"}
_WRITES_SD = {"sd": "w"}
_WRITES_DD = {"dd": "w"}


@insn("11101110 1 d:1 11 0100 vd:4 1010 0 1 m:1 0 vm:4", "vcmp.f32 {sd}, {sm}", Timing.FP_COMPARE,
      operands={**_SD_SM, "signal_quiet": "0"}, needs="fp", name="vcmp_f32")  # fmt: skip
@insn("11101110 1 d:1 11 0100 vd:4 1010 1 1 m:1 0 vm:4", "vcmpe.f32 {sd}, {sm}", Timing.FP_COMPARE,
      operands={**_SD_SM, "signal_quiet": "1"}, needs="fp", name="vcmpe_f32")  # fmt: skip
def vcmp_f32(cpu, sd, sm, signal_quiet):
    """Compare, single precision; VCMPE finds every NaN invalid, VCMP only a signalling one."""
    set_fpscr_nzcv(cpu, compare32(cpu, sreg(cpu, sd), sreg(cpu, sm), signal_quiet))


@insn("11101110 1 d:1 11 0101 vd:4 1010 0100 0000", "vcmp.f32 {sd}, #0", Timing.FP_COMPARE,
      operands={"sd": "vd:d", "signal_quiet": "0"}, needs="fp", name="vcmp_zero_f32")  # fmt: skip
@insn("11101110 1 d:1 11 0101 vd:4 1010 1100 0000", "vcmpe.f32 {sd}, #0", Timing.FP_COMPARE,
      operands={"sd": "vd:d", "signal_quiet": "1"}, needs="fp", name="vcmpe_zero_f32")  # fmt: skip
def vcmp_zero_f32(cpu, sd, signal_quiet):
    """Compare with zero, single precision."""
    set_fpscr_nzcv(cpu, compare32(cpu, sreg(cpu, sd), 0, signal_quiet))


@insn("11111110 0 d:1 00 vn:4 vd:4 1010 n:1 0 m:1 0 vm:4", "vseleq.f32 {sd}, {sn}, {sm}",
      Timing.FP_MOVE, operands={**_SD_SN_SM, "condition": "0"}, needs="fp5",
      name="vseleq_f32")  # fmt: skip
@insn("11111110 0 d:1 01 vn:4 vd:4 1010 n:1 0 m:1 0 vm:4", "vselvs.f32 {sd}, {sn}, {sm}",
      Timing.FP_MOVE, operands={**_SD_SN_SM, "condition": "6"}, needs="fp5",
      name="vselvs_f32")  # fmt: skip
@insn("11111110 0 d:1 10 vn:4 vd:4 1010 n:1 0 m:1 0 vm:4", "vselge.f32 {sd}, {sn}, {sm}",
      Timing.FP_MOVE, operands={**_SD_SN_SM, "condition": "10"}, needs="fp5",
      name="vselge_f32")  # fmt: skip
@insn("11111110 0 d:1 11 vn:4 vd:4 1010 n:1 0 m:1 0 vm:4", "vselgt.f32 {sd}, {sn}, {sm}",
      Timing.FP_MOVE, operands={**_SD_SN_SM, "condition": "12"}, needs="fp5",
      name="vselgt_f32")  # fmt: skip
def vsel_f32(cpu, sd, sn, sm, condition):
    """Copy the first register if the condition holds, else the second, single precision."""
    if condition_passed(cpu, condition):
        set_sreg(cpu, sd, sreg(cpu, sn))
    else:
        set_sreg(cpu, sd, sreg(cpu, sm))


@insn("11111110 1 d:1 00 vn:4 vd:4 1010 n:1 0 m:1 0 vm:4", "vmaxnm.f32 {sd}, {sn}, {sm}",
      Timing.FP_COMPARE, operands={**_SD_SN_SM, "least": "0"}, roles=_WRITES_SD, needs="fp5",
      name="vmaxnm_f32")  # fmt: skip
@insn("11111110 1 d:1 00 vn:4 vd:4 1010 n:1 1 m:1 0 vm:4", "vminnm.f32 {sd}, {sn}, {sm}",
      Timing.FP_COMPARE, operands={**_SD_SN_SM, "least": "1"}, roles=_WRITES_SD, needs="fp5",
      name="vminnm_f32")  # fmt: skip
def vmaxnm_f32(cpu, sd, sn, sm, least):
    """Take the greater or the lesser number, single precision; a quiet NaN loses."""
    result = extreme_number(cpu, sreg(cpu, sn), sreg(cpu, sm), least, 32)
    set_sreg(cpu, sd, result)


@insn("11101110 1011 0100 dd:4 1011 0100 dm:4", "vcmp.f64 {dd}, {dm}", Timing.FP_COMPARE,
      operands={"signal_quiet": "0"}, needs="fp64", name="vcmp_f64")  # fmt: skip
@insn("11101110 1011 0100 dd:4 1011 1100 dm:4", "vcmpe.f64 {dd}, {dm}", Timing.FP_COMPARE,
      operands={"signal_quiet": "1"}, needs="fp64", name="vcmpe_f64")  # fmt: skip
def vcmp_f64(cpu, dd, dm, signal_quiet):
    """Compare, double precision; VCMPE finds every NaN invalid, VCMP only a signalling one."""
    set_fpscr_nzcv(cpu, compare64(cpu, dreg(cpu, dd), dreg(cpu, dm), signal_quiet))


@insn("11101110 1011 0101 dd:4 1011 0100 0000", "vcmp.f64 {dd}, #0", Timing.FP_COMPARE,
      operands={"signal_quiet": "0"}, needs="fp64", name="vcmp_zero_f64")  # fmt: skip
@insn("11101110 1011 0101 dd:4 1011 1100 0000", "vcmpe.f64 {dd}, #0", Timing.FP_COMPARE,
      operands={"signal_quiet": "1"}, needs="fp64", name="vcmpe_zero_f64")  # fmt: skip
def vcmp_zero_f64(cpu, dd, signal_quiet):
    """Compare with zero, double precision."""
    set_fpscr_nzcv(cpu, compare64(cpu, dreg(cpu, dd), 0, signal_quiet))


@insn("11111110 0000 dn:4 dd:4 1011 0000 dm:4", "vseleq.f64 {dd}, {dn}, {dm}", Timing.FP_MOVE,
      operands={"condition": "0"}, needs="fp64v5", name="vseleq_f64")  # fmt: skip
@insn("11111110 0001 dn:4 dd:4 1011 0000 dm:4", "vselvs.f64 {dd}, {dn}, {dm}", Timing.FP_MOVE,
      operands={"condition": "6"}, needs="fp64v5", name="vselvs_f64")  # fmt: skip
@insn("11111110 0010 dn:4 dd:4 1011 0000 dm:4", "vselge.f64 {dd}, {dn}, {dm}", Timing.FP_MOVE,
      operands={"condition": "10"}, needs="fp64v5", name="vselge_f64")  # fmt: skip
@insn("11111110 0011 dn:4 dd:4 1011 0000 dm:4", "vselgt.f64 {dd}, {dn}, {dm}", Timing.FP_MOVE,
      operands={"condition": "12"}, needs="fp64v5", name="vselgt_f64")  # fmt: skip
def vsel_f64(cpu, dd, dn, dm, condition):
    """Copy the first register if the condition holds, else the second, double precision."""
    if condition_passed(cpu, condition):
        set_dreg(cpu, dd, dreg(cpu, dn))
    else:
        set_dreg(cpu, dd, dreg(cpu, dm))


@insn("11111110 1000 dn:4 dd:4 1011 0000 dm:4", "vmaxnm.f64 {dd}, {dn}, {dm}", Timing.FP_COMPARE,
      operands={"least": "0"}, roles=_WRITES_DD, needs="fp64v5", name="vmaxnm_f64")  # fmt: skip
@insn("11111110 1000 dn:4 dd:4 1011 0100 dm:4", "vminnm.f64 {dd}, {dn}, {dm}", Timing.FP_COMPARE,
      operands={"least": "1"}, roles=_WRITES_DD, needs="fp64v5", name="vminnm_f64")  # fmt: skip
def vmaxnm_f64(cpu, dd, dn, dm, least):
    """Take the greater or the lesser number, double precision; a quiet NaN loses."""
    result = extreme_number(cpu, dreg(cpu, dn), dreg(cpu, dm), least, 64)
    set_dreg(cpu, dd, result)
