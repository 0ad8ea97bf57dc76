"""The table of a region: what its code counts in, and the numbers that are not in its text.

For n blocks it holds n counts of entries, n counts of branches, n rows of what charges book, n
numbers of blocks, n numbers of first records; then the numbers of pipeline states.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from armsim.dsl.cost import CAUSES


@dataclass(frozen=True, slots=True)
class Layout:
    """Where in the table of a region of `blocks` blocks things of its k-th block are."""

    blocks: int

    def entries(self, k: int) -> int:
        """Return the place of the count of entries."""
        return k

    def branches(self, k: int) -> int:
        """Return the place of the count of branches."""
        return self.blocks + k

    def charges(self, k: int) -> int:
        """Return the place of the first number of the row that charges book in."""
        return 2 * self.blocks + len(CAUSES) * k

    def number(self, k: int) -> int:
        """Return the place of the number of the block; that of its first record is `blocks` on."""
        return self.charges(self.blocks) + k

    def state(self, k: int) -> int:
        """Return the place of the number of the k-th pipeline state."""
        return self.number(2 * self.blocks) + k


@dataclass(frozen=True, slots=True)
class RegionTable:
    """The table of one region at work, and the numbers of its blocks."""

    words: npt.NDArray[np.int64]
    numbers: Sequence[int]

    @classmethod
    def of(cls, numbers: Sequence[int], firsts: Sequence[int], states: Sequence[int]) -> Self:
        """Return a table that has counted nothing, from numbers of blocks, records and states."""
        counts = [0] * Layout(len(numbers)).number(0)
        return cls(np.array([*counts, *numbers, *firsts, *states], np.int64), numbers)

    def take(self) -> tuple[npt.NDArray[np.int64], ...]:
        """Return entries and branches by block and rows of charges, which start again at 0."""
        layout = Layout(len(self.numbers))
        entries, branches, charges, _ = np.split(
            self.words, [layout.branches(0), layout.charges(0), layout.number(0)]
        )
        taken = entries.copy(), branches.copy(), charges.reshape(-1, len(CAUSES)).copy()
        self.words[: layout.number(0)] = 0
        return taken
