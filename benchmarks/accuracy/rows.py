"""One line of the table of errors."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A figure measured on silicon by others, and ours; None if the program for it is not there.

    `source` says who measured it, on what; `note` what makes the two hard to compare, if anything.
    """

    group: str
    figure: str
    source: str
    silicon: float
    ours: float | None
    note: str = ""

    @property
    def error(self) -> float:
        """Our departure from silicon, as a fraction of it; 0 without ours."""
        return 0.0 if self.ours is None else self.ours / self.silicon - 1
