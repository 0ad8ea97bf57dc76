"""Bit-banding: every bit of 1 MiB as a word of its own (Armv7-M, B3.1; an option of Cortex-M4)."""

from collections.abc import Callable

from armsim.devices.device import Device

Load = Callable[[int, int], int]  # address, size
Store = Callable[[int, int, int], None]  # address, size, value


class BitBand(Device):
    """The alias region over `target`; an access becomes one or two on the bus."""

    def __init__(self, name: str, size: int, *, target: int, load: Load, store: Store) -> None:
        super().__init__(name, size)
        self._target = target
        self._load = load
        self._store = store

    def read(self, offset: int, size: int) -> int:
        """Return the bit."""
        address, width, bit = self._place(offset, size)
        return (self._load(address, width) >> bit) & 1

    def write(self, offset: int, size: int, value: int) -> None:
        """Change the bit to bit 0 of `value`, leaving its neighbours."""
        address, width, bit = self._place(offset, size)
        kept = self._load(address, width) & ~(1 << bit)
        self._store(address, width, kept | ((value & 1) << bit))

    def _place(self, offset: int, size: int) -> tuple[int, int, int]:
        """Return what to access: as wide as the guest's own access, which a register may need."""
        bit = offset >> 2
        address = self._target + (bit >> 3) // size * size
        return address, size, bit % (8 * size)
