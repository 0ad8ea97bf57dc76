"""A board in unicorn; a session lends it devices and semihosting."""

import io
from pathlib import Path

import unicorn
from unicorn import arm_const as arm

from armsim.boards.board import Board
from armsim.devices.semihosting import GuestExit, Semihosting
from armsim.session import Session

MODELS = {"m4": arm.UC_CPU_ARM_CORTEX_M4, "m7": arm.UC_CPU_ARM_CORTEX_M7}


class UnicornBoard:
    """One image on one board; `run` starts it from reset."""

    def __init__(self, image: Path, board: Board | None = None) -> None:
        self.printed = io.BytesIO()
        self.lender = Session(
            image, board, stdin=io.BytesIO(), stdout=self.printed, stderr=self.printed
        )
        self.guest = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB)
        self.guest.ctl_set_cpu_model(MODELS[self.lender.board.core])
        for region in self.lender.board.regions:
            for base in (region.base, *region.aliases):
                self.guest.mem_map(base, region.size)
        for base, size in ((0x4000_0000, 0x2000_0000), (0xE000_0000, 0x10_0000)):
            self.guest.mmio_map(base, size, self._read, base, self._write, base)
        self.guest.hook_add(unicorn.UC_HOOK_INTR, self._interrupt)
        self.registers = self.guest.context_save()
        self.host = Semihosting(
            *(_GuestMemory(self.guest), image.name, (), None),
            *(io.BytesIO(), self.printed, self.printed, self.lender.board.clock_hz),
            *(lambda: 0, (0, 0, 0, 0)),
        )

    def _read(self, guest: unicorn.Uc, offset: int, size: int, base: int) -> int:
        return self.lender.memory.load(base + offset, size)

    def _write(self, guest: unicorn.Uc, offset: int, size: int, value: int, base: int) -> None:
        self.lender.memory.store(base + offset, size, value)

    def _interrupt(self, guest: unicorn.Uc, number: int, _: object) -> None:
        self.stopped_by = number
        guest.emu_stop()

    def reset(self) -> None:
        """Place the image and clear all else."""
        guest, lender = self.guest, self.lender
        self.printed.seek(0)
        self.printed.truncate()
        lender.reset()
        self.host.restart(lender.image.path.name, [])
        guest.context_restore(self.registers)
        guest.reg_write(arm.UC_ARM_REG_C1_C0_2, 0xF << 20)
        guest.reg_write(arm.UC_ARM_REG_FPEXC, 1 << 30)
        code = {segment.address for segment in lender.image.segments}
        for region in lender.board.regions:
            if region.writable and region.base not in code:
                guest.mem_write(region.base, bytes(region.size))
        for segment in lender.image.segments:
            if bytes(guest.mem_read(segment.address, len(segment.data))) != segment.data:
                guest.mem_write(segment.address, segment.data)

    def run(self) -> str:
        """Run the image to its end and return what it printed."""
        guest = self.guest
        table = min(segment.address for segment in self.lender.image.segments)
        stack, pc = (guest.mem_read(table + offset, 4) for offset in (0, 4))
        guest.reg_write(arm.UC_ARM_REG_SP, int.from_bytes(stack, "little"))
        pc = int.from_bytes(pc, "little")
        try:
            while True:
                guest.emu_start(pc | 1, 0)
                pc = self._served(guest.reg_read(arm.UC_ARM_REG_PC))
        except GuestExit:
            self.host.close()
            return self.printed.getvalue().decode()

    def _served(self, pc: int) -> int:
        """Serve the semihosting call at `pc` and return where to go on."""
        guest = self.guest
        if bytes(guest.mem_read(pc, 2)) != b"\xab\xbe":
            raise SystemExit(f"unicorn stopped at {pc:#010x} by exception {self.stopped_by}")
        words = (guest.reg_read(arm.UC_ARM_REG_R0), guest.reg_read(arm.UC_ARM_REG_R1))
        guest.reg_write(arm.UC_ARM_REG_R0, self.host.call(*words))
        return pc + 2


class _GuestMemory:
    """What semihosting sees of unicorn's memory."""

    def __init__(self, guest: unicorn.Uc) -> None:
        self.guest = guest

    def read_bytes(self, address: int, size: int) -> bytes:
        return bytes(self.guest.mem_read(address, size))

    def write_bytes(self, address: int, data: bytes) -> None:
        self.guest.mem_write(address, data)
