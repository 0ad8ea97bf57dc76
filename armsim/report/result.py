"""A run as JSON and as a summary to read."""

import json
from typing import Any

from armsim.outcome import RegionCount, Run

SCHEMA = 1
SHOWN_REGIONS = 12


def as_dict(run: Run) -> dict[str, Any]:
    """Return a run as a JSON object (schema 1); only the two host figures vary between runs."""
    stop = run.stop
    return {
        "schema": SCHEMA,
        "armsim": run.version,
        "timing_model": run.timing_model,
        "image": run.image,
        "image_sha256": run.image_sha256,
        "core": run.core,
        "board": run.board,
        "clock_hz": run.clock_hz,
        "engine": run.engine,
        "instructions": run.instructions,
        "cycles": run.cycles,
        "seconds": run.seconds,
        "causes": run.causes,
        "dual_issue": run.dual_issue,
        "stop": {
            "reason": stop.reason,
            "status": stop.status,
            "message": stop.message,
            "pc": stop.pc,
        },
        "regions": [region_as_dict(region) for region in run.regions],
        "host_seconds": round(run.host_seconds, 6),
        "host_mips": round(run.host_mips, 3),
    }


def region_as_dict(region: RegionCount) -> dict[str, Any]:
    """Return what was spent in a function as a JSON object."""
    return {
        "name": region.name,
        "calls": region.calls,
        "instructions": region.instructions,
        "cycles": region.cycles,
        "causes": dict(sorted(region.causes.items())),
    }


def to_json(run: Run) -> str:
    """Return a run as JSON text."""
    return json.dumps(as_dict(run), indent=2) + "\n"


def duration(seconds: float) -> str:
    """Write a time in the unit that suits it."""
    if seconds >= 1:
        return f"{seconds:.3f} s"
    if seconds >= 1e-3:
        return f"{seconds * 1e3:.3f} ms"
    return f"{seconds * 1e6:.3f} us"


def summary(run: Run) -> str:
    """Return what to print after a run: time, the split by cause, the costliest functions."""
    lines = [
        f"{run.board} ({run.core}, {run.clock_hz / 1e6:g} MHz): {duration(run.seconds)}",
        f"{run.instructions:,} instructions, {run.cycles:,} cycles"
        + (f", {run.cycles / run.instructions:.2f} cycles/instruction" if run.instructions else ""),
    ]
    if run.cycles:
        shares = sorted(run.causes.items(), key=lambda item: -item[1])
        lines.append(
            "cycles by cause: "
            + ", ".join(f"{name} {count / run.cycles:.1%}" for name, count in shares)
        )
        if run.dual_issue:
            reasons = sorted(run.dual_issue.items(), key=lambda item: (-item[1], item[0]))
            alone = sum(run.dual_issue.values())
            lines.append(
                f"issued alone {alone:,} times: "
                + ", ".join(f"{reason} {count / alone:.1%}" for reason, count in reasons)
            )
        width = max((len(region.name) for region in run.regions[:SHOWN_REGIONS]), default=8)
        width = max(min(width, 48), len("function"))
        lines.append(f"{'function':<{width}}  {'calls':>9}  {'cycles':>13}  {'share':>6}")
        for region in run.regions[:SHOWN_REGIONS]:
            name = region.name if len(region.name) <= width else region.name[: width - 1] + "…"
            share = region.cycles / run.cycles
            lines.append(
                f"{name:<{width}}  {region.calls:>9,}  {region.cycles:>13,}  {share:>6.1%}"
            )
    lines.append(
        f"simulated at {run.host_mips:.1f} MIPS in {duration(run.host_seconds)} of host time"
    )
    return "\n".join(lines) + "\n"
