"""What an image says about the core it was built for.

Tags and values: Addenda to, and Errata in, the ABI for the Arm Architecture (Arm IHI 0045),
section on build attributes. Verified with GCC 12.2: it names no core ("7E-M" for Cortex-M4 and
Cortex-M7 alike), writes FP_arch VFPv4-D16 (6) for fpv4-sp-d16 and FPv5 (8) for fpv5-*, and
HardFP_use 1 (single precision only) for the -sp- units, none for the others.
"""

from dataclasses import dataclass

FP_ARCHITECTURES = {
    0: "",
    1: "VFPv1",
    2: "VFPv2",
    3: "VFPv3",
    4: "VFPv3-D16",
    5: "VFPv4",
    6: "VFPv4-D16",
    7: "FP-Armv8",
    8: "FPv5-D16",
}
ARCHITECTURES = {
    0: "before Armv4",
    1: "Armv4",
    2: "Armv4T",
    3: "Armv5T",
    4: "Armv5TE",
    5: "Armv5TEJ",
    6: "Armv6",
    7: "Armv6KZ",
    8: "Armv6T2",
    9: "Armv6K",
    10: "Armv7",
    11: "Armv6-M",
    12: "Armv6S-M",
    13: "Armv7E-M",
    14: "Armv8-A",
    15: "Armv8-R",
    16: "Armv8-M Baseline",
    17: "Armv8-M Mainline",
    21: "Armv8.1-M Mainline",
    22: "Armv9-A",
}
# Code for these runs on a Cortex-M4 and Cortex-M7: Armv7E-M contains them.
CONTAINED = (11, 12, 13)
ARMV7, ARMV7E_M = 10, 13
MICROCONTROLLER = ord("M")
SINGLE_ONLY = 1


@dataclass(frozen=True, slots=True)
class Attributes:
    """Build attributes; all empty when the image has none."""

    cpu_name: str = ""  # as the assembler wrote it, such as "7E-M" or "Cortex-M7"
    architecture: str = ""
    fp_arch: str = ""  # such as "VFPv4-D16"; empty when no floating-point unit is used
    dsp: bool = False
    vfp_args: bool = False  # arguments in floating-point registers (-mfloat-abi=hard)
    needs_double: bool = False  # may contain double-precision instructions
    runs_here: bool = True  # false when built for a profile that no M4 or M7 implements

    @property
    def needs(self) -> frozenset[str]:
        """Return the features of `armsim.dsl.instruction` that the code may use."""
        found = set()
        if self.fp_arch:
            found.add("fp")
            if self.fp_arch in ("FPv5-D16", "FP-Armv8"):
                found.add("fp5")
            if self.needs_double:
                found.add("fp64")
                if "fp5" in found:
                    found.add("fp64v5")
        return frozenset(found)

    @property
    def core(self) -> str | None:
        """Guess "m4" or "m7"; None when the image would do for either."""
        name = self.cpu_name.lower().replace("_", "-")
        for core in ("m4", "m7"):
            if name.startswith(f"cortex-{core}"):
                return core
        if "fp5" in self.needs or self.needs_double:
            return "m7"
        if self.fp_arch == "VFPv4-D16":
            return "m4"
        return None


def interpret(tags: dict[str, int | str]) -> Attributes:
    """Turn tags, by the names pyelftools gives them, into attributes."""

    def number(tag: str) -> int:
        value = tags.get(tag, 0)
        return value if isinstance(value, int) else 0

    arch = number("TAG_CPU_ARCH")
    profile = number("TAG_CPU_ARCH_PROFILE")
    fp_arch = number("TAG_FP_ARCH")
    stated = "TAG_CPU_ARCH" in tags
    microcontroller = arch == ARMV7 and profile in (0, MICROCONTROLLER)
    return Attributes(
        cpu_name=str(tags.get("TAG_CPU_NAME", "")),
        architecture=ARCHITECTURES.get(arch, f"architecture {arch}") if stated else "",
        fp_arch=FP_ARCHITECTURES.get(fp_arch, f"FP architecture {fp_arch}"),
        # Absent means "as the architecture has it", and Armv7E-M has the DSP instructions.
        dsp=arch == ARMV7E_M or number("TAG_DSP_EXTENSION") == 1,
        vfp_args=number("TAG_ABI_VFP_ARGS") == 1,
        needs_double=fp_arch != 0 and number("TAG_ABI_HARDFP_USE") != SINGLE_ONLY,
        runs_here=not stated or arch in CONTAINED or microcontroller,
    )
