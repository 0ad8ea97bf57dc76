"""Read sizes, clocks, regions and core names as people type them."""

import re
from dataclasses import dataclass

from armsim.errors import UsageError

ADDRESS_SPACE = 1 << 32
CORES = ("m4", "m7")
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_SIZE = re.compile(r"(0x[0-9a-f]{1,9}|[0-9][0-9_]{0,12})\s*([KMG]?)(?:i?B)?", re.IGNORECASE)
_CLOCK = re.compile(r"([0-9][0-9_]*(?:\.[0-9]*)?(?:e[0-9]+)?)\s*([kMG]?)(?:Hz)?", re.IGNORECASE)
_HERTZ = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}
MIN_CLOCK, MAX_CLOCK = 10**3, 10**10  # 216 is a slip for 216MHz


@dataclass(frozen=True, slots=True)
class CoreChoice:
    """A core by name, and what the spelling takes away from it."""

    core: str
    without: frozenset[str] = frozenset()  # features, as `armsim.boards.board.FEATURES`

    @property
    def drops_double(self) -> bool:
        """Whether double precision is dropped."""
        return "fp64" in self.without


DOUBLE = frozenset({"fp64", "fp64v5"})
FLOAT = DOUBLE | {"fp", "fp5"}
# What GCC 12 takes after -mcpu=; "f" and "fd" are spellings of other tools.
SPELLINGS = {
    "m4": CoreChoice("m4"),
    "m4f": CoreChoice("m4"),
    "m4+nofp": CoreChoice("m4", FLOAT),
    "m7": CoreChoice("m7"),
    "m7f": CoreChoice("m7", DOUBLE),
    "m7fd": CoreChoice("m7"),
    "m7+nofp": CoreChoice("m7", FLOAT),
    "m7+nofp.dp": CoreChoice("m7", DOUBLE),
}


def parse_size(text: str) -> int:
    """Return the bytes that `320K`, `0x20000`, `1MB` or `1MiB` mean; K is always 1024.

    Raises:
        UsageError: it is no size between 1 byte and 4 GiB.
    """
    match = _SIZE.fullmatch(text.strip())
    size = _number(match[1]) * _UNITS[match[2].upper()] if match else 0
    if not 0 < size <= ADDRESS_SPACE:
        raise UsageError(f"{text!r} is not a size of 1 byte to 4 GiB; write 320K, 1M or 0x50000")
    return size


def parse_address(text: str) -> int:
    """Return the address that `0x08000000` or a decimal number means.

    Raises:
        UsageError: it is no 32-bit address.
    """
    match = re.fullmatch(
        r"0x[0-9a-f][0-9a-f_]{0,11}|[0-9][0-9_]{0,12}", text.strip(), re.IGNORECASE
    )
    value = _number(match[0]) if match else -1
    if not 0 <= value < ADDRESS_SPACE:
        raise UsageError(f"{text!r} is not an address; write one such as 0x08000000")
    return value


def _number(digits: str) -> int:
    """Return what matched digits mean, hexadecimal after 0x."""
    digits = digits.replace("_", "").lower()
    if digits.startswith("0x"):
        return int(digits, 16)
    return int(digits)


def parse_region(text: str) -> tuple[int, int]:
    """Return base and size that `0x08000000:1M` means.

    Raises:
        UsageError: it is not `BASE:SIZE` within the address space.
    """
    base_text, colon, size_text = text.partition(":")
    if not colon:
        raise UsageError(
            f"{text!r} is not BASE:SIZE; write 0x20000000:64K (SRAM) or 0x08000000:1M (flash)"
        )
    base, size = parse_address(base_text), parse_size(size_text)
    if base + size > ADDRESS_SPACE:
        raise UsageError(
            f"{text!r} reaches beyond the 4 GiB address space; take a lower base or a smaller size"
        )
    return base, size


def parse_clock(text: str) -> int:
    """Return the hertz that `216MHz`, `16e6` or `168000000` mean.

    Raises:
        UsageError: it is no whole frequency between 1 kHz and 10 GHz.
    """
    match = _CLOCK.fullmatch(text.strip())
    hertz = 0.0
    if match and len(match[1]) <= 24:
        hertz = float(match[1].replace("_", "")) * _HERTZ[match[2].upper()]
    if not MIN_CLOCK <= hertz <= MAX_CLOCK:
        raise UsageError(
            f"{text!r} is not a clock of 1 kHz to 10 GHz; write 216MHz, 16e6 or 168000000"
        )
    return round(hertz)


def parse_core(text: str) -> CoreChoice:
    """Return the core that `m7`, `cortex-m7` or `cortex-m7+nofp.dp` names.

    Raises:
        UsageError: it is no core that armsim models.
    """
    name = text.strip().lower().replace("_", "-").removeprefix("-mcpu=").removeprefix("arm,")
    name = re.sub(r"^cortex-?", "", name)
    choice = SPELLINGS.get(name)
    if choice is None:
        raise UsageError(
            f"unknown core {text!r}; armsim models m4 and m7 (also cortex-m4, cortex-m7, "
            "cortex-m7+nofp.dp, cortex-m7+nofp)"
        )
    return choice
