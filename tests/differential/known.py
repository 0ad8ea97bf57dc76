"""What unicorn 2.1.4 (QEMU 5.0.1) and QEMU 7.2 do otherwise than the manual says.

Each entry has a short program that shows it; `test_known_errors` fails when one does not any more.
The generator keeps clear of what cannot be told from an error afterwards.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from armsim.engine.decoder import Decoded
from tests.differential.cases import FPSCR

if TYPE_CHECKING:
    from tests.differential.stepping import Snapshot

# YIELD and WFE, 16 and 32 bits wide.
STOPS_UNICORN = (0xBF10, 0xBF20, 0xF3AF_8001, 0xF3AF_8002)
ROUNDS_WITH_FPSCR = ("vcvt_fixed_f32_u32", "vcvt_fixed_f32_s32")
SETS_Q_OF_PRODUCTS = ("smlad_t1", "smladx_t1")
_FPSCR, _RMODE, _Q = 16, 3 << 22, 1 << 27  # FPSCR among the registers of a snapshot


@dataclass(frozen=True)
class Known:
    """An error of an oracle, or a choice the manual leaves open, and a program that shows it."""

    oracles: tuple[str, ...]
    reason: str
    program: str
    state: dict[int, int] = field(default_factory=dict)  # words of the state before it
    core: str = "m4"
    stops: str = ""  # part of the message when the program does not end in one of the two


KNOWN = {
    "low bits of SP": Known(
        ("unicorn",), "SP bits 1 and 0 are always zero (B1.4.1); it keeps them",
        "movs r0, #7\nmov sp, r0",
    ),
    "low bits of PSP": Known(
        ("unicorn",), "the same of MSR (B5.2.3)", "movs r0, #7\nmsr psp, r0\nmrs r1, psp",
    ),
    "yield": Known(
        ("unicorn",), "YIELD is a hint (A7.7.263); it stops with an error", "yield", stops="yield",
    ),
    "wfe": Known(
        ("unicorn",), "WFE goes on when an event is registered (A7.7.261); it stops with an error",
        "sev\nwfe", stops="wfe",
    ),
    "fixed point rounds to nearest": Known(
        ("unicorn",), "fixed point to floating point rounds to nearest in any mode (A7.7.228)",
        "vcvt.f32.u32 s0, s0, #4", {0: 0x7FFF_FFFF, FPSCR: 3 << 22},
    ),
    "Q of SMLAD": Known(
        ("unicorn",), "Q says that the whole sum overflows (A7.7.140); it looks at the products",
        "smlad r0, r0, r0, r1", {36: 0x8000_8000, 37: 0x8000_0000},
    ),
    "FP context behind a condition": Known(
        ("qemu", "unicorn"),
        "the first FP instruction that is executed makes the FP context (B1.5.7, ExecuteFPCheck); "
        "they do that in the first of a translated block, even where its condition skips it",
        "movs r0, #0\nmsr control, r0\nisb sy\ncmp r0, #0\nit ne\nvmovne.f32 s0, s1\n"
        "vcvt.f32.u32 s2, s3\nnop",
        {3: 0x7FFF_FFFF, FPSCR: 3 << 22},
    ),
    "FP context": Known(
        ("qemu", "unicorn"),
        "a new FP context takes FPSCR[26:22] from FPDSCR and nothing else (A2.5.4); they take all",
        "movs r0, #0\nmsr control, r0\nisb sy\nvmov.f32 s0, s1", {FPSCR: 15 << 28},
    ),
    "reach of a reservation": Known(
        ("qemu", "unicorn"),
        "IMPLEMENTATION DEFINED: the cores' local monitor knows no address (Arm 100166, 3.4); "
        "they compare address and value",
        "mov32 r1, #0x20000010\nmov32 r2, #0x20000020\nldrex r0, [r1]\nstrex r3, r0, [r2]",
    ),
    "UNALIGN_TRP": Known(
        ("qemu",), "CCR.UNALIGN_TRP makes unaligned accesses fault (B3.2.8); it never does",
        "mov32 r0, #0xe000ed14\nmovw r1, #0x208\nstr r1, [r0]\nmov32 r0, #0x20000001\n"
        "ldr r2, [r0]", stops="this simulator",
    ),
    "CYCCNT": Known(
        ("qemu",), "DWT_CYCCNT counts cycles (C1.8.8); it reads as zero",
        "mov32 r0, #0xe000edfc\nmov.w r1, #0x1000000\nstr r1, [r0]\nmov32 r0, #0xe0001000\n"
        "movs r1, #1\nstr r1, [r0]\nnop\nldr r2, [r0, #4]",
    ),
}  # fmt: skip


def explains(decoded: Decoded, before: "Snapshot", found: dict[str, tuple[int, int]]) -> bool:
    """Tell whether a difference after an instruction is one of unicorn's known errors."""
    if decoded.instruction.name in ROUNDS_WITH_FPSCR:
        return before.registers[_FPSCR] & _RMODE != 0 and all(name[0] == "s" for name in found)
    if decoded.instruction.name in SETS_Q_OF_PRODUCTS:
        return found.keys() == {"apsr"} and found["apsr"][0] ^ found["apsr"][1] == _Q
    if decoded.instruction.name == "mrs_t1" and decoded.values["sysm"] in (8, 9):
        return all(ours ^ theirs < 4 for ours, theirs in found.values())
    return False
