"""Where QEMU 7.2 does not do what Arm's documents say.

Programs print such a value on a line of its own, `[name] value`. An entry says what QEMU prints,
what is right, and why; it is stale, and the test fails, when the two no longer differ.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    qemu: str
    right: str
    reason: str


DIFFERENCES = {
    "sleepdeep": Known(
        "00000000", "00000004", "SCR.SLEEPDEEP can be set (DDI0403 B3.2.7); QEMU drops it"
    ),
    "vectpending": Known(
        "17",
        "0",
        "ICSR.VECTPENDING includes the effect of BASEPRI and FAULTMASK (DUI0553 4.3.3); QEMU "
        "shows what they mask",
    ),
    "other-address": Known(
        "1",
        "0",
        "the reservation granule of the Cortex-M4 and M7 is the whole of memory (DDI0439 3.6.3), "
        "so STREX succeeds at another address; QEMU compares address and value",
    ),
    "cumulative-flags": Known(
        "00000000",
        "0000009f",
        "a new FP context takes FPSCR[26:22] from FPDSCR and nothing else (DDI0403 A2.5.4, "
        "ExecuteFPCheck); QEMU replaces all of FPSCR",
    ),
    "sleeponexit": Known(
        "1",
        "4",
        "with SCR.SLEEPONEXIT the core sleeps instead of returning to Thread mode (DDI0403 "
        "B1.5.19); QEMU ignores it",
    ),
    "over-the-edge": Known(
        "00000000",
        "00000040",
        "an unaligned access is checked word by word (DDI0403 B2.3, MemU), so the part behind the "
        "edge of a region of 32 bytes faults; QEMU checks the first byte",
    ),
}
