"""One line of the table of errors."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A figure measured on silicon by others, and ours.

    `source` says who measured it, on what; `note` what makes the two hard to compare, if anything.
    """

    group: str
    figure: str
    source: str
    silicon: float
    ours: float
    note: str = ""

    @property
    def error(self) -> float:
        """Our departure from silicon, as a fraction of it."""
        return self.ours / self.silicon - 1
