"""Shares of random programs for `python -m tests.engine`: run, compare, shrink what differs."""

import tempfile
from pathlib import Path

from .agreement import Bench, eager, listing, model_of, shrink
from .wild_programs import noise, program

SHARE = 250  # programs that a process gets at once
NOISE, LARGE, FULL = 5, 20, 40  # one in so many: random words, a large program, optimised


def run(work: tuple[str, int]) -> tuple[int, int, list[str]]:
    """Run some programs of a seed; return how many, their instructions, and what differs."""
    seed, first = work
    problems, instructions = [], 0
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for number in range(first, first + SHARE):
            name = f"{seed}.{number}"
            model = model_of(name)
            core = "m4" if model == "m4" else "m7"
            if number % NOISE == 0:
                one = noise(name, core)
            elif number % LARGE == 1:
                one = program(name, core, 3, 2500)
            else:
                one = program(name, core, instructions=500)
            with eager(quick=number % FULL != 1):
                found = bench.difference(one, model)
                instructions += bench.machine(model, "translator").session.engine.instructions
                if found:

                    def fails(candidate, model=model):  # type: ignore[no-untyped-def]
                        return bool(bench.difference(candidate, model))

                    short = shrink(one, fails)
                    problems.append(f"{name} {model}: {found}\n{listing(short)}")
    return SHARE, instructions, problems
