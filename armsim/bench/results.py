"""Results of a suite as JSON and as text, and what github-action-benchmark takes."""

import json
from dataclasses import asdict
from typing import Any

from armsim import __version__
from armsim.bench.case import Result
from armsim.report.baselines import Key, Measured
from armsim.report.compare import Entry, Results, index
from armsim.report.result import duration, region_as_dict

SCHEMA = 1


def entries(results: list[Result]) -> Results:
    """Return results as `armsim.report.compare` takes them."""
    return index(Entry(_measured(result), result.failure) for result in results)


def _measured(result: Result) -> Measured:
    subject = result.subject
    return Measured(
        Key(result.name, subject.core, subject.board, subject.compiler, subject.timing_model),
        result.cycles,
        result.instructions,
        result.causes,
        {region.name: region.cycles for region in result.regions},
        result.seconds,
        {region.name: region.causes for region in result.regions},
    )


def to_json(results: list[Result]) -> str:
    """Return results as JSON (schema 1), a line for each function: same input, same bytes."""
    listed = ",\n".join(_benchmark(result) for result in results)
    return (
        f'{{\n"schema": {SCHEMA},\n"armsim": {json.dumps(__version__)},\n'
        f'"benchmarks": [\n{listed}\n]\n}}\n'
    )


def _benchmark(result: Result) -> str:
    fields: dict[str, Any] = {"name": result.name, **asdict(result.subject)}
    fields |= {
        "failure": result.failure or None,
        "cycles": result.cycles,
        "instructions": result.instructions,
        "seconds": result.seconds,
        "causes": result.causes,
    }
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in fields.items()]
    regions = [f"   {json.dumps(region_as_dict(region))}" for region in result.regions]
    listed = "[\n" + ",\n".join(regions) + "\n  ]" if regions else "[]"
    return " {\n" + ",\n".join([*lines, f'  "regions": {listed}']) + "\n }"


def to_action(results: list[Result]) -> str:
    """Return results for github-action-benchmark, as customSmallerIsBetter has them."""
    listed = [
        {
            "name": result.name,
            "unit": "cycles",
            "value": result.cycles,
            "extra": f"{result.subject.board}, timing model {result.subject.timing_model}, "
            f"{result.subject.compiler}\n{result.instructions} instructions\n{most(result)}",
        }
        for result in results
        if not result.failure
    ]
    return json.dumps(listed, indent=1) + "\n"


def headline(results: list[Result]) -> str:
    """Return how many there are, and how many failed."""
    failed = sum(bool(result.failure) for result in results)
    return f"{len(results)} benchmark{'' if len(results) == 1 else 's'}, {failed} failed"


def most(result: Result, count: int = 3) -> str:
    """Return what most cycles were spent on."""
    causes = sorted(result.causes.items(), key=lambda item: (-item[1], item[0]))[:count]
    return ", ".join(f"{cause} {cycles / result.cycles:.0%}" for cause, cycles in causes if cycles)


def to_text(results: list[Result]) -> str:
    """Return a table for a terminal."""
    width = max(len("benchmark"), *(len(result.name) for result in results))
    lines = [f"{'benchmark':<{width}} {'cycles':>13} {'instructions':>13} {'time':>11}"]
    for result in results:
        if result.failure:
            lines.append(f"{result.name:<{width}} failed: {result.failure}")
            continue
        lines.append(
            f"{result.name:<{width}} {result.cycles:>13,} {result.instructions:>13,} "
            f"{duration(result.seconds):>11}"
        )
    return "\n".join(lines) + "\n"
