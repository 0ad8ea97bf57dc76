"""Registers whose status bits follow control bits at once.

Start-up code switches something on and waits for its ready bit. Here the bit is there when the
code first looks: no oscillator takes time to start, which costs no cycles that matter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from armsim.devices.device import Registers


@dataclass(frozen=True, slots=True)
class Follow:
    """Bits that copy other bits: of register `source` into register `target`."""

    source: int  # offset of the register with the control bits
    shift: int  # its lowest bit that counts
    target: int
    target_shift: int
    width: int = 1

    def apply(self, words: dict[int, int]) -> None:
        """Copy the bits."""
        bits = (1 << self.width) - 1
        value = (words.get(self.source, 0) >> self.shift) & bits
        kept = words.get(self.target, 0) & ~(bits << self.target_shift)
        words[self.target] = kept | (value << self.target_shift)


class Following(Registers):
    """Registers kept as written, with status bits that follow.

    Args:
        reset: value by offset.
        ones: bits by offset that always read as one.
        follow: what copies what.
        self_clearing: bits by offset that read as zero, because the hardware is done at once.
    """

    def __init__(
        self,
        name: str,
        size: int,
        *,
        reset: Mapping[int, int] | None = None,
        ones: Mapping[int, int] | None = None,
        follow: Iterable[Follow] = (),
        self_clearing: Mapping[int, int] | None = None,
    ) -> None:
        self._follow = tuple(follow)
        self._self_clearing = dict(self_clearing or {})
        super().__init__(name, size, reset=reset, ones=ones)

    def reset(self) -> None:
        """Return every register to its reset value."""
        super().reset()
        self._update()

    def written(self, index: int) -> None:
        """Let the status bits follow."""
        if index in self._self_clearing:
            self.words[index] &= ~self._self_clearing[index]
        self._update()

    def _update(self) -> None:
        for rule in self._follow:
            rule.apply(self.words)
