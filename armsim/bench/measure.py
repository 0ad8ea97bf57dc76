"""Measure one case after the other, in one process."""

import hashlib
import io
from collections import Counter
from typing import Any

import numpy as np

from armsim.bench.arguments import fresh, results
from armsim.bench.case import Case, Function, Program, Result
from armsim.choices import choose_board
from armsim.errors import ArmsimError
from armsim.library import Library
from armsim.library.library import Call
from armsim.machine.image import load_image
from armsim.outcome import RegionCount, Stop
from armsim.session import Session


class Measurer:
    """Keeps what the next case may use again: images, and the machines that functions run on."""

    def __init__(self) -> None:
        self._libraries: dict[str, Library] = {}

    def measure(self, case: Case) -> Result:
        """Return what a case took, or why that cannot be told."""
        result = Result(case.name, case.subject)
        try:
            if isinstance(case.work, Program):
                _run(case, case.work, result)
            else:
                self._call(case, case.work, result)
        except ArmsimError as error:
            result.failure = str(error).splitlines()[0]
        if not result.failure and case.max_cycles and result.cycles > case.max_cycles:
            result.failure = f"{result.cycles:,} cycles, more than max_cycles = {case.max_cycles:,}"
        return result

    def _call(self, case: Case, function: Function, result: Result) -> None:
        library = self._library(case)
        library.max_instructions = case.max_instructions
        library.reset()
        expected = None
        if function.same_as is not None:
            expected = _called(library, function.same_as, function)[1]
        for _ in range(function.warm_up):
            _called(library, function.name, function)
        before = _regions(library.session)
        call, left = _called(library, function.name, function)
        result.cycles, result.instructions = call.cycles, call.instructions
        result.causes = call.causes
        result.regions = _since(before, _regions(library.session))
        for name, value in left.items() if expected is not None else ():
            assert expected is not None
            if not np.array_equal(value, expected[name]):
                at = np.flatnonzero(np.not_equal(value, expected[name]))
                result.failure = (
                    f"{function.name} and {function.same_as} give different results: {name}"
                    + (f"[{at[0]}]" if np.ndim(value) else "")
                    + f" is {np.ravel(value)[at[0]]} and {np.ravel(expected[name])[at[0]]}"
                )
                return

    def _library(self, case: Case) -> Library:
        key = machine_key(case)
        if key not in self._libraries:
            self._libraries[key] = Library(_session(case, []))
        return self._libraries[key]


def machine_key(case: Case) -> str:
    """Return what two calls have in common that can run on the same machine."""
    return repr((case.image, sorted(case.options.items()), case.engine))


def _session(case: Case, notes: list[str], **options: Any) -> Session:
    image = load_image(case.image)
    streams: Any = {"stdin": io.BytesIO(), "stdout": io.BytesIO(), "stderr": io.BytesIO()}
    return Session(
        image, choose_board(image, **case.options), engine=case.engine, report=notes.append,
        **streams | options,
    )  # fmt: skip


def _run(case: Case, program: Program, result: Result) -> None:
    printed = io.BytesIO()
    session = _session(
        case, result.notes, stdout=printed, arguments=program.arguments,
        semihosting_dir=program.semihosting_dir, strict=program.strict,
    )  # fmt: skip
    run = session.run(max_cycles=case.max_cycles, max_instructions=case.max_instructions)
    result.cycles, result.instructions = run.cycles, run.instructions
    result.causes, result.regions = run.causes, run.regions
    if run.stop.reason != "exit":
        result.failure = run.stop.message
    elif run.stop.status != program.status:
        result.failure = f"it ended with status {run.stop.status}, not {program.status}"
    elif program.output_sha256 is not None:
        found = hashlib.sha256(printed.getvalue()).hexdigest()
        if found != program.output_sha256:
            result.failure = (
                f"it printed {len(printed.getvalue()):,} bytes with SHA-256 {found}, "
                f"not {program.output_sha256}"
            )


def _called(library: Library, name: str, function: Function) -> tuple[Call, dict[str, Any]]:
    """Call a function with arguments of its own; return what it took and left."""
    given = [fresh(value) for value in function.arguments]
    call = library[name](*given)
    left: dict[str, Any] = {"the value": call.value}
    for resolved, passed, parameter in zip(
        function.arguments, given, function.parameters, strict=True
    ):
        left.update(results(resolved, passed, parameter))
    return call, left


def _regions(session: Session) -> list[RegionCount]:
    return session.result(Stop("exit", 0, "", 0), 0.0).regions


def _since(before: list[RegionCount], after: list[RegionCount]) -> list[RegionCount]:
    """Return what was spent between two counts."""
    earlier = {region.name: region for region in before}
    spent = []
    for region in after:
        was = earlier.get(region.name)
        if was is None:
            spent.append(region)
        elif was.instructions != region.instructions:
            causes = Counter(region.causes)
            causes.subtract(was.causes)
            spent.append(
                RegionCount(
                    region.name, region.calls - was.calls, region.instructions - was.instructions,
                    region.cycles - was.cycles, dict(+causes),
                )
            )  # fmt: skip
    return sorted(spent, key=lambda region: (-region.cycles, region.name))
