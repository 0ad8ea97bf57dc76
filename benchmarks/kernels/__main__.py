"""python -m benchmarks.kernels: cycles of the kernels, and how many times slower others are."""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.kernels.cases import CASES, Call, Case
from tests.kernels.guest import Kernels, Simulator

FOLDER = Path(__file__).parent
README = FOLDER.parents[1] / "kernels" / "README.md"
BEGIN, END = "<!-- cycles: python -m benchmarks.kernels --renew -->", "<!-- end -->"
CORES = ("m4", "m7")
PEAK = 2.0  # multiplications a cycle: an SMLAD each
CONVOLUTION, POOLING, RELU = 4.6, 5.4, 2.6
TARGETS = {
    "arm_convolve_HWC_q7_RGB": CONVOLUTION,
    "arm_convolve_HWC_q7_basic": CONVOLUTION,
    "arm_convolve_HWC_q7_fast": CONVOLUTION,
    "arm_maxpool_q7_HWC": POOLING,
    "arm_avepool_q7_HWC": POOLING,
    "arm_relu_q7": RELU,
}
"""How many times faster than the baseline the Cortex-M7 is to be."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Cycles of a kernel, its portable form and the baseline, on one core."""

    dsp: int
    portable: int
    baseline: int | None


def measure(case: Case, core: str) -> Figures:
    """Run all forms of a kernel.

    Raises:
        ValueError: they do not agree.
    """
    machine = Simulator(FOLDER / "build" / core / "bench.elf", core)
    kernels, engine = Kernels(machine, odd=False), machine.session.engine

    def cycles(call: Call, name: str) -> tuple[int, np.ndarray]:
        call(kernels, name)  # so that caches and branch predictors have seen it
        before = engine.now()
        output = call(kernels, name)
        return engine.now() - before, output

    dsp, expected = cycles(case.call, case.kernel)
    portable, output = cycles(case.call, case.kernel + "_portable")
    outputs = {"portable form": output}
    baseline = None
    if case.baseline is not None:
        baseline, outputs["baseline"] = cycles(case.baseline, "")
    for what, output in outputs.items():
        if not np.array_equal(output, expected) or not expected.any():
            raise ValueError(f"{case.kernel} on {core}: the {what} gives another result")
    return Figures(dsp, portable, baseline)


def build() -> None:
    """Build the kernels and the baseline."""
    subprocess.run(["make", "-s", "-C", FOLDER], check=True)


def measure_all(core: str) -> dict[str, Figures]:
    """Run all forms of all kernels."""
    return {case.kernel: measure(case, core) for case in CASES}


def table(figures: dict[str, dict[str, Figures]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield (
        "| kernel | shape | "
        + " | ".join(f"{core.upper()} cycles | portable | baseline | peak" for core in CORES)
        + " |"
    )
    yield "| - | - |" + " -: |" * 4 * len(CORES)
    for case in CASES:
        cells = [f"`{case.kernel}`", case.shape]
        for core in CORES:
            found = figures[core][case.kernel]
            cells.append(f"{found.dsp / case.count:.2f}")
            cells.append(f"{found.portable / found.dsp:.1f} x")
            cells.append(f"{found.baseline / found.dsp:.1f} x" if found.baseline else "")
            cells.append(f"{case.count / found.dsp / PEAK:.0%}" if case.multiplies else "")
        yield f"| {' | '.join(cells)} |"


def missed(figures: dict[str, Figures]) -> list[str]:
    """Say which targets the Cortex-M7 misses."""
    lines = []
    for kernel, target in TARGETS.items():
        found = figures[kernel]
        assert found.baseline is not None
        if found.baseline / found.dsp < target:
            lines.append(
                f"{kernel}: {found.baseline / found.dsp:.2f} x the baseline, not {target} x"
            )
    return lines


def renew(lines: Sequence[str]) -> None:
    """Put the table into the kernels' README."""
    text = README.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text("\n".join([before + BEGIN, *lines, END + after]))


def main() -> int:
    """Print the table; fail if a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kernels", description=__doc__)
    parser.add_argument("--renew", action="store_true", help="write the table to kernels/README.md")
    options = parser.parse_args()
    build()
    figures = {core: measure_all(core) for core in CORES}
    lines = list(table(figures))
    print("\n".join(lines))
    if options.renew:
        renew(lines)
    failures = missed(figures["m7"])
    print("\n".join(failures), file=sys.stderr, end="\n" if failures else "")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
