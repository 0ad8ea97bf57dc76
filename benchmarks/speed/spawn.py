"""Runs one command and says what it took, as a last line of JSON on standard error.

It is run as a script, and imports little: Linux counts the peak memory of whoever starts a process
into that of the process.
"""

import json
import os
import sys
import time


def main() -> None:
    """Run the command in the arguments."""
    before = time.perf_counter()
    pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - before
    sys.stdout.flush()
    spent = {
        "wall": wall,
        "cpu": used.ru_utime + used.ru_stime,
        "peak_mib": used.ru_maxrss / 1024,
        "status": os.waitstatus_to_exitcode(status),
    }
    print("\n" + json.dumps(spent), file=sys.stderr)


if __name__ == "__main__":
    main()
