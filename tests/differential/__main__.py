"""`python -m tests.differential --instructions 10000000`: random sequences against the oracles."""

import argparse
import itertools
import multiprocessing
import os
import sys
import time

from tests.differential import fuzz
from tests.differential.generator import CORES


def main() -> int:
    """Run batches on all processors until enough instructions went through."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential")
    parser.add_argument("--instructions", type=int, default=10_000_000, help="stop after N")
    parser.add_argument("--seed", default=os.environ.get("ARMSIM_FUZZ_SEED", ""))
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--oracle", choices=("qemu", "unicorn"), help="only this one")
    options = parser.parse_args()
    seed = options.seed or str(time.time_ns() % 1_000_000_007)
    print(f"seed {seed}", flush=True)
    started = time.monotonic()
    done = {"qemu": 0, "unicorn": 0}
    differing, encodings = 0, set[str]()
    wanted = (
        batch
        for batch in fuzz.batches(seed, options.instructions)
        if options.oracle in (None, batch.oracle)
    )
    context = multiprocessing.get_context("spawn")
    with context.Pool(options.workers) as pool:
        while sum(done.values()) < options.instructions:
            few = list(itertools.islice(wanted, 4 * options.workers))
            for result in pool.imap_unordered(fuzz.run, few):
                done[result.batch.oracle] += result.instructions
                differing += result.differing
                encodings |= result.encodings
                if result.problems:
                    print(f"\n{result.batch}", *result.problems, sep="\n", flush=True)
                _progress(sum(done.values()), options.instructions, differing, started)
                if sum(done.values()) >= options.instructions:
                    break
    known = {one.name for core in CORES for one in fuzz.table_of(core).all}
    print(
        f"\n{sum(done.values()):,} instructions ({done['qemu']:,} against QEMU, "
        f"{done['unicorn']:,} against unicorn) in {time.monotonic() - started:.0f} s; "
        f"{len(encodings & known)} of {len(known)} encodings; {differing} runs differ; seed {seed}"
    )
    if known - encodings:
        print("not drawn:", *sorted(known - encodings))
    return 1 if differing else 0


def _progress(done: int, wanted: int, differing: int, started: float) -> None:
    speed = done / (time.monotonic() - started)
    line = f"{done:>13,} of {wanted:,} instructions, {differing} runs differ, {speed:,.0f} a second"
    print(f"\r{line}", end="" if sys.stdout.isatty() else "\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
