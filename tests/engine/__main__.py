"""`python -m tests.engine --programs 100000`: random programs, the same on all engines."""

import argparse
import itertools
import multiprocessing
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does

from tests.engine.shares import SHARE, run


def main() -> int:
    """Run programs on all processors until there were enough."""
    parser = argparse.ArgumentParser(prog="python -m tests.engine")
    parser.add_argument("--programs", type=int, default=100_000, help="stop after N")
    parser.add_argument("--seed", default=os.environ.get("ARMSIM_FUZZ_SEED", ""))
    parser.add_argument("--first", type=int, default=0, help="begin with this one of the seed")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    options = parser.parse_args()
    seed = options.seed or str(time.time_ns() % 1_000_000_007)
    print(f"seed {seed}", flush=True)
    started = time.monotonic()
    done = instructions = differing = 0
    parts = range(options.first, options.first + options.programs, SHARE)
    context = multiprocessing.get_context("spawn")
    with context.Pool(options.workers, maxtasksperchild=40) as pool:
        work = zip(itertools.repeat(seed), parts)
        for count, executed, problems in pool.imap_unordered(run, work):
            done, instructions = done + count, instructions + executed
            differing += len(problems)
            if problems:
                print("", *problems, sep="\n", flush=True)
            speed = done / (time.monotonic() - started)
            line = f"{done:>9,} programs, {differing} differ, {speed:.0f} a second"
            print(f"\r{line}", end="" if sys.stdout.isatty() else "\n", flush=True)
    print(f"\n{done:,} programs, {instructions:,} instructions, {differing} differ; seed {seed}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
