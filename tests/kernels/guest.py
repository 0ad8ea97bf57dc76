"""The machine that the kernels run on."""

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import unicorn
from elftools.elf.elffile import ELFFile
from unicorn import arm_const as arm

KERNELS = Path(__file__).parents[2] / "kernels"
FORMS = ("", "_portable")


class UnicornCore:
    """Loads an image of functions and calls them by the procedure call standard (AAPCS)."""

    FLASH, SRAM = 0x0800_0000, 0x2000_0000
    FLASH_SIZE, SRAM_SIZE = 1 << 20, 128 << 10
    RETURN = FLASH + FLASH_SIZE - 4
    MOST_INSTRUCTIONS = 50_000_000
    GUARD = 16
    """Bytes around each array that no kernel may change."""

    def __init__(self, image: Path) -> None:
        self.guest = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        self.guest.ctl_set_cpu_model(arm.UC_CPU_ARM_CORTEX_M7)
        self.guest.mem_map(self.FLASH, self.FLASH_SIZE)
        self.guest.mem_map(self.SRAM, self.SRAM_SIZE)
        with image.open("rb") as stream:
            elf = ELFFile(stream)
            for segment in elf.iter_segments("PT_LOAD"):
                self.guest.mem_write(segment["p_paddr"], segment.data())
            self.address = {
                s.name: s["st_value"] for s in elf.get_section_by_name(".symtab").iter_symbols()
            }

    def _layout(
        self, arguments: tuple[int | npt.NDArray[np.generic], ...]
    ) -> tuple[list[int], int]:
        places, place = [], self.SRAM
        for argument in arguments:
            if isinstance(argument, np.ndarray):
                # Odd addresses on purpose: nothing but the element's own alignment is promised.
                place += self.GUARD + argument.itemsize
                places.append(place)
                place = (place + argument.nbytes + self.GUARD + 7) & ~7
            else:
                places.append(0)
        return places, place

    def place(self, index: int, *arguments: int | npt.NDArray[np.generic]) -> int:
        """Return the address that `call` gives to the array that is argument `index`."""
        return self._layout(arguments)[0][index]

    def call(self, name: str, *arguments: int | npt.NDArray[np.generic]) -> int:
        """Call a function; arrays go to the guest's memory and come back. Return r0."""
        places, place = self._layout(arguments)
        arrays = [
            (at, argument)
            for at, argument in zip(places, arguments, strict=True)
            if isinstance(argument, np.ndarray)
        ]
        words = [
            at if isinstance(argument, np.ndarray) else argument & 0xFFFF_FFFF
            for at, argument in zip(places, arguments, strict=True)
        ]
        guest = self.guest
        before = bytearray((i * 37 + 11) & 0xFF for i in range(place - self.SRAM))
        for at, array in arrays:
            before[at - self.SRAM : at - self.SRAM + array.nbytes] = array.tobytes()
        guest.mem_write(self.SRAM, bytes(before))
        stack = self.SRAM + self.SRAM_SIZE - 4 * (len(words) + len(words) % 2)
        assert place < stack - 4096, "the arrays leave no room for a stack"
        guest.mem_write(stack, struct.pack(f"<{max(len(words) - 4, 0)}I", *words[4:]))
        for register, word in zip(
            (arm.UC_ARM_REG_R0, arm.UC_ARM_REG_R1, arm.UC_ARM_REG_R2, arm.UC_ARM_REG_R3),
            words[:4],
            strict=False,
        ):
            guest.reg_write(register, word)
        guest.reg_write(arm.UC_ARM_REG_SP, stack)
        guest.reg_write(arm.UC_ARM_REG_LR, self.RETURN | 1)
        guest.emu_start(self.address[name] | 1, self.RETURN, count=self.MOST_INSTRUCTIONS)
        assert guest.reg_read(arm.UC_ARM_REG_PC) == self.RETURN, f"{name} did not return"
        after = bytearray(guest.mem_read(self.SRAM, len(before)))
        for at, array in arrays:
            span = slice(at - self.SRAM, at - self.SRAM + array.nbytes)
            array[...] = np.frombuffer(bytes(after[span]), array.dtype).reshape(array.shape)
            after[span] = before[span]
        assert after == before, f"{name} wrote outside its arrays"
        return int(guest.reg_read(arm.UC_ARM_REG_R0))
