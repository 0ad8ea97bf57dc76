"""The machines that the kernels run on."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import unicorn
from unicorn import arm_const as arm

from armsim.choices import choose_board
from armsim.machine.image import load_image
from armsim.session import Session

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


Array = npt.NDArray[np.generic]


@dataclass(frozen=True)
class Record:
    """A C structure of 32-bit fields: numbers, or arrays and records that it points to."""

    fields: "tuple[Argument, ...]"


Argument = int | Array | Record


def record(*fields: Argument) -> Record:
    return Record(fields)


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

    def _layout(self, arguments: Sequence[Argument]) -> tuple[list[int], list[tuple[int, Array]]]:
        """Return the words to pass, and the arrays in memory with their addresses."""
        arrays: list[tuple[int, Array]] = []
        place = self.SRAM

        def put(array: Array) -> int:
            nonlocal place
            address = place + self.GUARD + (array.itemsize if self.odd else 0)
            arrays.append((address, array))
            place = (address + array.nbytes + self.GUARD + 7) & ~7
            return address

        def word(argument: Argument) -> int:
            if isinstance(argument, np.ndarray):
                return put(argument)
            if isinstance(argument, Record):
                words = [word(field) for field in argument.fields]
                return put(np.array(words, np.uint32))
            return argument & 0xFFFF_FFFF

        words = [word(argument) for argument in arguments]
        assert place < self.SRAM + self.ROOM, "the arrays leave no room for a stack"
        return words, arrays

    def place(self, index: int, *arguments: Argument) -> int:
        """Return the address that `call` gives to the array that is argument `index`."""
        return self._layout(arguments)[0][index]

    def call(self, name: str, *arguments: Argument) -> int:
        """Call a function; arrays go to the guest's memory and come back. Return r0."""
        words, arrays = self._layout(arguments)
        end = max((address + array.nbytes for address, array in arrays), default=self.SRAM)
        before = bytearray((i * 37 + 11) & 0xFF for i in range(end + self.GUARD - self.SRAM))
        spans = [slice(at - self.SRAM, at - self.SRAM + array.nbytes) for at, array in arrays]
        for span, (_, array) in zip(spans, arrays, strict=True):
            before[span] = array.tobytes()
        self.machine.write(self.SRAM, bytes(before))
        result = self.machine.call(name, *words)
        after = bytearray(self.machine.read(self.SRAM, len(before)))
        for span, (_, array) in zip(spans, arrays, strict=True):
            array[...] = np.frombuffer(bytes(after[span]), array.dtype).reshape(array.shape)
            after[span] = before[span]
        assert after == before, f"{name} wrote outside its arrays"
        return result
