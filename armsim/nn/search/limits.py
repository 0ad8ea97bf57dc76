"""What a network may take, and how people write it: 80KB, 6M, 10ms."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from armsim.nn.costs import Costs

MEMORY_UNITS = {"": 1, "B": 1, "KB": 1e3, "MB": 1e6, "KiB": 1 << 10, "MiB": 1 << 20}
OPS_UNITS = {"": 1, "K": 1e3, "M": 1e6, "G": 1e9}
TIME_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?) ?([A-Za-z]*)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The most that a network may take; None: any."""

    memory: int | None = None
    """Bytes, counted as in `costs`."""
    ops: int | None = None
    latency: float | None = None
    """Seconds of an inference on the simulated core."""

    def exceeded(self, cost: Costs) -> tuple[str, ...]:
        """Name the limits that a network's costs alone are over."""
        found = {"memory": (cost.memory_bytes, self.memory), "ops": (cost.ops, self.ops)}
        return tuple(n for n, (has, most) in found.items() if most is not None and has > most)

    def texts(self) -> dict[str, str]:
        """Write those that are set, as options take them, to the last digit."""
        texts = {}
        if self.memory is not None:
            texts["memory"] = f"{self.memory / 1e3:.15g}KB"
        if self.ops is not None:
            unit = "M" if self.ops >= OPS_UNITS["M"] else "K"
            texts["ops"] = f"{self.ops / OPS_UNITS[unit]:.15g}{unit}"
        if self.latency is not None:
            texts["latency"] = f"{self.latency * 1e3:.15g}ms"
        return texts


def memory(text: str) -> int:
    """Read bytes."""
    return math.floor(_read(text, MEMORY_UNITS, "80KB"))


def ops(text: str) -> int:
    """Read a number of operations."""
    return math.floor(_read(text, OPS_UNITS, "6M"))


def seconds(text: str) -> float:
    """Read a time."""
    return _read(text, TIME_UNITS, "10ms")


def _read(text: str, units: Mapping[str, float], example: str) -> float:
    found = _QUANTITY.fullmatch(text.strip())
    by_name = {unit.lower(): factor for unit, factor in units.items()}
    factor = by_name.get(found[2].lower()) if found else None
    if found is None or factor is None or not 0 < (amount := float(found[1]) * factor) < math.inf:
        known = ", ".join(unit for unit in units if unit)
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a quantity such as {example}; units: {known}"
        )
    return amount
