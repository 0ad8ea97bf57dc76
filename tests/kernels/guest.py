"""The machines that the kernels run on."""

import struct
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import unicorn
from unicorn import arm_const as arm

from armsim.machine.image import load_image
from armsim.session import Session, choose_board

KERNELS = Path(__file__).parents[2] / "kernels"
FORMS = ("", "_portable")


class Machine(Protocol):
    """Memory and the ability to call a function of the image in it."""

    def write(self, address: int, data: bytes) -> None: ...

    def read(self, address: int, size: int) -> bytes: ...

    def call(self, name: str, *words: int) -> int: ...


class Simulator:
    """The simulator that is under test."""

    def __init__(self, image: Path, core: str) -> None:
        image_of_core = load_image(image)
        self.session = Session(image_of_core, choose_board(image_of_core, core=core))
        self.call = self.session.call
        self.write = self.session.memory.write_bytes
        self.read = self.session.memory.read_bytes


class Unicorn:
    """Another emulator, without cycles, to check ours against."""

    FLASH, SRAM = 0x0800_0000, 0x2000_0000
    FLASH_SIZE, SRAM_SIZE = 1 << 20, 128 << 10
    RETURN = FLASH + FLASH_SIZE - 4
    MOST_INSTRUCTIONS = 50_000_000

    def __init__(self, image: Path) -> None:
        self.image = load_image(image)
        self.guest = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        self.guest.ctl_set_cpu_model(arm.UC_CPU_ARM_CORTEX_M7)
        self.guest.mem_map(self.FLASH, self.FLASH_SIZE)
        self.guest.mem_map(self.SRAM, self.SRAM_SIZE)
        for segment in self.image.segments:
            self.guest.mem_write(segment.address, segment.data)

    def write(self, address: int, data: bytes) -> None:
        self.guest.mem_write(address, data)

    def read(self, address: int, size: int) -> bytes:
        return bytes(self.guest.mem_read(address, size))

    def call(self, name: str, *words: int) -> int:
        guest = self.guest
        stack = self.SRAM + self.SRAM_SIZE - 4 * (len(words) + len(words) % 2)
        guest.mem_write(stack, struct.pack(f"<{max(len(words) - 4, 0)}I", *words[4:]))
        for number, word in enumerate(words[:4]):
            guest.reg_write(arm.UC_ARM_REG_R0 + number, word)
        guest.reg_write(arm.UC_ARM_REG_SP, stack)
        guest.reg_write(arm.UC_ARM_REG_LR, self.RETURN | 1)
        function = self.image.symbol(name)
        assert function is not None
        guest.emu_start(function.address | 1, self.RETURN, count=self.MOST_INSTRUCTIONS)
        assert guest.reg_read(arm.UC_ARM_REG_PC) == self.RETURN, f"{name} did not return"
        return int(guest.reg_read(arm.UC_ARM_REG_R0))


class Kernels:
    """Calls kernels; arrays go to the machine's memory and come back.

    With `odd`, they are at odd addresses: nothing but the element's own alignment is promised.
    """

    SRAM, ROOM = 0x2000_0000, 120 << 10
    GUARD = 16
    """Bytes around each array that no kernel may change."""

    def __init__(self, machine: Machine, *, odd: bool = True) -> None:
        self.machine = machine
        self.odd = odd

    def _layout(
        self, arguments: tuple[int | npt.NDArray[np.generic], ...]
    ) -> tuple[list[int], int]:
        places, place = [], self.SRAM
        for argument in arguments:
            if isinstance(argument, np.ndarray):
                place += self.GUARD + (argument.itemsize if self.odd else 0)
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
        assert place < self.SRAM + self.ROOM, "the arrays leave no room for a stack"
        arrays = [
            (at - self.SRAM, argument)
            for at, argument in zip(places, arguments, strict=True)
            if isinstance(argument, np.ndarray)
        ]
        words = [
            at if isinstance(argument, np.ndarray) else argument & 0xFFFF_FFFF
            for at, argument in zip(places, arguments, strict=True)
        ]
        before = bytearray((i * 37 + 11) & 0xFF for i in range(place - self.SRAM))
        for at, array in arrays:
            before[at : at + array.nbytes] = array.tobytes()
        self.machine.write(self.SRAM, bytes(before))
        result = self.machine.call(name, *words)
        after = bytearray(self.machine.read(self.SRAM, len(before)))
        for at, array in arrays:
            span = slice(at, at + array.nbytes)
            array[...] = np.frombuffer(bytes(after[span]), array.dtype).reshape(array.shape)
            after[span] = before[span]
        assert after == before, f"{name} wrote outside its arrays"
        return result
