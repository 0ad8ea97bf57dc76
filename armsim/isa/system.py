"""Instructions that act on the machine: barriers, status registers, exceptions, waiting.

They run with `cpu.system`, the machine's interface for them, and are never compiled
(manual A7.7.17, A7.7.33, A7.7.37, A7.7.82, A7.7.83, A7.7.175, A7.7.194, A7.7.261, B5.2).
"""

from armsim.dsl import Timing, insn
from armsim.dsl.state import reg, set_reg

_HINT = "111100111010111110000000"
_BARRIER = "11110011101111111000111101"


@insn(f"{_BARRIER} 01 option:4", "dmb {barrier}", Timing.BARRIER)
def dmb_t1(cpu):
    """Order memory accesses; memory is always in order here."""


@insn(f"{_BARRIER} 00 1100", "dfb", Timing.BARRIER, system=True, instead_of="dsb_t1",
      name="dfb_t1")  # fmt: skip
@insn(f"{_BARRIER} 00 option:4", "dsb {barrier}", Timing.BARRIER, system=True,
      name="dsb_t1")  # fmt: skip
def dsb(cpu):
    """Wait until memory accesses are complete; so do reserved options (manual A7.7.33)."""
    cpu.system.data_barrier()


@insn(f"{_BARRIER} 10 option:4", "isb {isb_option}", Timing.BARRIER, system=True)
def isb_t1(cpu):
    """Fetch what follows anew."""
    cpu.system.instruction_barrier()


@insn("11110011111011111000 rd:gpr sysm:8", "mrs {rd}, {special}", Timing.SYSTEM, system=True,
      when="special_register_exists(sysm)")  # fmt: skip
def mrs_t1(cpu, rd, sysm):
    """Read a special register."""
    set_reg(cpu, rd, cpu.system.read_special(sysm))


@insn("111100111000 rn:gpr 1000 field:2 00 sysm:8", "msr {special_fields}, {rn}", Timing.SYSTEM,
      system=True,
      when="special_register_exists(sysm) and field != 0 and (sysm < 4 or field == 2)")  # fmt: skip
def msr_t1(cpu, rn, sysm, field):
    """Write a special register."""
    cpu.system.write_special(sysm, field, reg(cpu, rn))


@insn("10110110011 disable:1 00 i:1 f:1", "cps{effect} {interrupts}", Timing.SYSTEM, system=True,
      when="i or f")  # fmt: skip
def cps_t1(cpu, disable, i, f):
    """Enable or disable exceptions by PRIMASK and FAULTMASK."""
    cpu.system.change_state(disable, i, f)


@insn("11011111 imm:8", "svc #{imm}", Timing.EXCEPTION, system=True)
def svc_t1(cpu, imm):
    """Call the supervisor."""
    cpu.system.supervisor_call()


@insn("10111110 imm:8", "bkpt #{imm}", Timing.EXCEPTION, system=True, always=True)
def bkpt_t1(cpu, imm):
    """Stop for a debugger; 0xab is a semihosting call."""
    cpu.system.breakpoint(imm)


@insn("11011110 imm:8", "udf #{imm}", Timing.EXCEPTION, system=True, name="udf_t1")
@insn("111101111111 imm4:4 1010 imm12:12", "udf.w #{imm}", Timing.EXCEPTION, system=True,
      operands={"imm": "imm4:imm12"}, name="udf_t2")  # fmt: skip
def udf(cpu, imm):
    """Be undefined, permanently."""
    cpu.system.undefined()


@insn("1011111100100000", "wfe", Timing.WAIT, system=True, name="wfe_t1")
@insn(f"{_HINT} 00000010", "wfe.w", Timing.WAIT, system=True, name="wfe_t2")
def wfe(cpu):
    """Wait for an event."""
    cpu.system.wait_for_event()


@insn("1011111100110000", "wfi", Timing.WAIT, system=True, name="wfi_t1")
@insn(f"{_HINT} 00000011", "wfi.w", Timing.WAIT, system=True, name="wfi_t2")
def wfi(cpu):
    """Wait for an interrupt."""
    cpu.system.wait_for_interrupt()


@insn("1011111101000000", "sev", Timing.WAIT, system=True, name="sev_t1")
@insn(f"{_HINT} 00000100", "sev.w", Timing.WAIT, system=True, name="sev_t2")
def sev(cpu):
    """Signal an event."""
    cpu.system.send_event()
