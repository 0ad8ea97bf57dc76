"""The System Control Block and its neighbours, 0xE000ED00 to 0xE000EFFF (manual B3.2, B4.8)."""

from collections.abc import Callable

from armsim.devices.device import Device, lane, merge
from armsim.dsl.state import CCR, IPSR, set_slot, slot
from armsim.machine.core import FPCCR_ASPEN, FPCCR_LSPACT, FPCCR_LSPEN, Core
from armsim.machine.faults import (
    BUS_FAULT,
    DEBUG_MONITOR,
    MEM_MANAGE,
    NMI,
    PENDSV,
    SVCALL,
    SYSTICK,
    USAGE_FAULT,
)

VECTKEY = 0x05FA
MPU_TYPE, MPU_LAST = 0x90, 0xB8
CPUID = {"m4": 0x410F_C241, "m7": 0x411F_C271}
# Identification registers 0xD40 to 0xD74 (DDI0403 B4; values of DDI0439 and DDI0489)
FEATURE_REGISTERS = {
    0x40: 0x0000_0030, 0x44: 0x0000_0200, 0x48: 0x0010_0000, 0x50: 0x0010_0030, 0x58: 0x0100_0000,
    0x60: 0x0110_1110, 0x64: 0x0211_2000, 0x68: 0x2123_2231, 0x6C: 0x0111_1131, 0x70: 0x0131_0132,
}  # fmt: skip
_SHCSR_ENABLE = {16: MEM_MANAGE, 17: BUS_FAULT, 18: USAGE_FAULT}
_SHCSR_ACTIVE = {0: MEM_MANAGE, 1: BUS_FAULT, 3: USAGE_FAULT, 7: SVCALL, 8: DEBUG_MONITOR,
                 10: PENDSV, 11: SYSTICK}  # fmt: skip
_SHCSR_PENDING = {12: USAGE_FAULT, 13: MEM_MANAGE, 14: BUS_FAULT, 15: SVCALL}
# CLIDR and CTR (DDI0489, 3.3): one level of separate caches with lines of 8 words
_CACHE_TYPE = {"m4": (0, 0), "m7": (0x0900_0003, 0x8303_C003)}
_ICACHE_WAYS, _DCACHE_WAYS, _LINE = 2, 4, 32
_CACHE_MAINTENANCE = range(0x250, 0x278)  # ICIALLU to DCCISW


class Scb(Device):
    """Control and status of the core; offsets are from 0xE000ED00.

    Args:
        core: the core it controls.
        kind: "m4" or "m7".
        reset_request: called when the guest asks for a reset.
        caches: bytes of instruction and data cache.
    """

    def __init__(
        self,
        core: Core,
        kind: str,
        reset_request: Callable[[], None],
        caches: tuple[int, int] = (0, 0),
    ) -> None:
        super().__init__("SCB", 0x300)
        self.core, self.kind = core, kind
        self._reset_request = reset_request
        self._caches = caches
        self.on_trace_change: Callable[[], None] = lambda: None
        self.on_cache_control: Callable[[], None] = lambda: None
        self.on_mpu_change: Callable[[], None] = lambda: None
        self.on_cache_maintenance: Callable[[int, int], None] = lambda register, value: None
        self.reset()

    def reset(self) -> None:
        """Return every register to its reset value."""
        self.scr = 0
        self.demcr = 0
        self.kept: dict[int, int] = {}
        self.core.sleep_on_exit = self.core.event_on_pend = False
        self.core.memory.user_may_pend = False

    def read(self, offset: int, size: int) -> int:
        """Read a register."""
        return lane(self._read(offset & ~3), offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register."""
        register = offset & ~3
        if register in (0x28, 0x2C, 0x30):  # write one to clear
            self._write(register, value << (8 * (offset & 3)))
        else:
            self._write(register, merge(self._read(register), offset, size, value))

    def _read(self, register: int) -> int:
        core, exceptions = self.core, self.core.exceptions
        if register == 0x00:
            return CPUID[self.kind]
        if register == 0x04:
            return self._icsr()
        if register == 0x08:
            return core.vtor
        if register == 0x0C:
            return 0xFA05_0000 | exceptions.prigroup << 8
        if register == 0x10:
            return self.scr
        if register == 0x14:
            return slot(core, CCR)
        if register in (0x18, 0x1C, 0x20):
            first = 4 + register - 0x18
            return sum(exceptions.priority[first + k] << (8 * k) for k in range(4))
        if register == 0x24:
            return self._shcsr()
        simple = {
            0x28: exceptions.cfsr, 0x2C: exceptions.hfsr, 0x30: exceptions.dfsr,
            0x34: exceptions.mmfar, 0x38: exceptions.bfar, 0x88: core.cpacr, 0xFC: self.demcr,
            0x234: core.fpccr, 0x238: core.fpcar, 0x23C: core.fpdscr,
        }  # fmt: skip
        if register in simple:
            return simple[register]
        if register in FEATURE_REGISTERS:
            return FEATURE_REGISTERS[register]
        if register in (0x78, 0x7C, 0x80):
            clidr, ctr = _CACHE_TYPE[self.kind] if any(self._caches) else (0, 0)
            return {0x78: clidr, 0x7C: ctr, 0x80: self._cache_size()}[register]
        if register in (0x240, 0x244, 0x248):
            return self._media_features(register)
        if MPU_TYPE <= register <= MPU_LAST:
            return core.mpu.read(register - MPU_TYPE)
        return self.kept.get(register, 0)

    def _cache_size(self) -> int:
        """Return CCSIDR of the cache that CSSELR selects."""
        instruction = self.kept.get(0x84, 0) & 1
        size = self._caches[0 if instruction else 1]
        ways = _ICACHE_WAYS if instruction else _DCACHE_WAYS
        sets = size // _LINE // ways
        return 0xF000_0000 | (sets - 1) << 13 | (ways - 1) << 3 | 1 if size else 0

    def _media_features(self, register: int) -> int:
        features = self.core.features
        if not features:
            return 0
        double = 0x200 if "fp64" in features else 0
        version5 = "fp5" in features
        return {
            0x240: 0x1011_0021 | double,
            0x244: 0x1200_0011 if version5 and double else 0x1100_0011,
            0x248: 0x40 if version5 else 0,
        }[register]

    def _icsr(self) -> int:
        core, exceptions = self.core, self.core.exceptions
        first = exceptions.first_pending()
        # BASEPRI and FAULTMASK hide what they mask, PRIMASK does not (DUI0553, 4.3.3).
        if first and exceptions.group_priority_of(first) >= exceptions.masked_priority():
            first = None
        value = (first or 0) << 12 | slot(core, IPSR)
        value |= 1 << 31 if NMI in exceptions.pending else 0
        value |= 1 << 28 if PENDSV in exceptions.pending else 0
        value |= 1 << 26 if SYSTICK in exceptions.pending else 0
        value |= 1 << 22 if any(number >= 16 for number in exceptions.pending) else 0
        value |= 1 << 11 if len(exceptions.active) <= 1 else 0
        return value

    def _shcsr(self) -> int:
        exceptions = self.core.exceptions
        value = 0
        for table, chosen in (
            (_SHCSR_ENABLE, exceptions.enabled),
            (_SHCSR_ACTIVE, exceptions.active),
            (_SHCSR_PENDING, exceptions.pending),
        ):
            value |= sum(1 << bit for bit, number in table.items() if number in chosen)
        return value

    def _write(self, register: int, value: int) -> None:
        core, exceptions = self.core, self.core.exceptions
        if register == 0x04:
            self._write_icsr(value)
        elif register == 0x08:
            core.vtor = value & 0xFFFF_FF80
        elif register == 0x0C:
            if value >> 16 == VECTKEY:
                exceptions.prigroup = value >> 8 & 7
                core.attention = True
                if value & 5:
                    self._reset_request()
        elif register == 0x10:
            self.scr = value & 0x16
            core.sleep_on_exit = bool(value & 2)
            core.event_on_pend = bool(value & 16)
        elif register == 0x14:
            writable = 0x7031B if self.kind == "m7" else 0x31B
            set_slot(core, CCR, value & writable)
            core.memory.user_may_pend = bool(value & 2)
            core.on_barrier()
            self.on_cache_control()
        elif register in (0x18, 0x1C, 0x20):
            first = 4 + register - 0x18
            for k in range(4):
                if first + k in (4, 5, 6, 11, 12, 14, 15):
                    exceptions.priority[first + k] = value >> (8 * k) & exceptions.priority_mask
            core.attention = True
        elif register == 0x24:
            for bit, number in _SHCSR_ENABLE.items():
                exceptions.enable(number, bool(value >> bit & 1))
            for bit, number in _SHCSR_ACTIVE.items():
                exceptions.activate(number, bool(value >> bit & 1))
            for bit, number in _SHCSR_PENDING.items():
                (exceptions.pend if value >> bit & 1 else exceptions.unpend)(number)
        elif register == 0x28:
            exceptions.cfsr &= ~value
        elif register == 0x2C:
            exceptions.hfsr &= ~value
        elif register == 0x30:
            exceptions.dfsr &= ~value
        elif register == 0x34:
            exceptions.mmfar = value
        elif register == 0x38:
            exceptions.bfar = value
        elif register == 0x88:
            if core.features:
                core.cpacr = value & 0x00F0_0000
            core.update_fp()
            core.on_fpu_change()
        elif register == 0xFC:
            self.demcr = value & 0x0101_07F1
            self.on_trace_change()
            exceptions.enable(DEBUG_MONITOR, bool(value & 1 << 16))
            if value & 1 << 17:
                exceptions.pend(DEBUG_MONITOR)
        elif MPU_TYPE < register <= MPU_LAST:
            core.mpu.write(register - MPU_TYPE, value)
            core.update_protection(changed=True)
            self.on_mpu_change()
        elif register == 0x200:
            number = 16 + (value & 0x1FF)
            if number < exceptions.count:
                exceptions.pend(number)
        elif register == 0x234:
            core.fpccr = value & (FPCCR_ASPEN | FPCCR_LSPEN | FPCCR_LSPACT | 0x17A)
            core.update_fp()
        elif register == 0x238:
            core.fpcar = value & ~7
        elif register == 0x23C:
            core.fpdscr = value & 0x07C0_0000
        elif register in _CACHE_MAINTENANCE:
            self.on_cache_maintenance(register, value)
        elif register == 0x84 or 0x290 <= register < 0x2A0:  # CSSELR, TCM and cache control
            self.kept[register] = value

    def _write_icsr(self, value: int) -> None:
        exceptions = self.core.exceptions
        if value & 1 << 31:
            exceptions.pend(NMI)
        if value & 1 << 28:
            exceptions.pend(PENDSV)
        elif value & 1 << 27:
            exceptions.unpend(PENDSV)
        if value & 1 << 26:
            exceptions.pend(SYSTICK)
        elif value & 1 << 25:
            exceptions.unpend(SYSTICK)


class ScbLow(Device):
    """0xE000E000 to 0xE000E00F: the number of interrupt lines, and auxiliary control."""

    def __init__(self, lines: int) -> None:
        super().__init__("ICTR", 0x10)
        self._words = {0: 0, 4: max(0, (lines + 31) // 32 - 1), 8: 0, 12: 0}

    def read(self, offset: int, size: int) -> int:
        """Read ICTR or ACTLR."""
        return lane(self._words[offset & ~3], offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write ACTLR; it changes nothing that is modelled."""
        if offset & ~3 == 8:
            self._words[8] = merge(self._words[8], offset, size, value)
