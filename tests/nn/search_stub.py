"""A search whose candidates are measured at once, by a formula: `python -m tests.nn.search_stub`.

Arguments: URL TRIALS [HANG_FILE]. With a file's name, the third candidate writes its own name to
it and never ends.
"""

import itertools
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from armsim.nn.cluster import Cluster
from armsim.nn.costs import costs
from armsim.nn.layers import Architecture
from armsim.nn.search.candidate import Data, Fate, Outcome, Task, Tell
from armsim.nn.search.limits import Limits
from armsim.nn.search.space import FAMILIES
from armsim.nn.search.study import Evaluate, Place, Plan, search
from armsim.nn.workers import Done, Told

DATA = Data({}, {})


class Inline(Cluster):
    """No workers: a job is done when it is submitted."""

    def __init__(self) -> None:
        self.events: list[Done | Told] = []

    slots = 1  # type: ignore[assignment]

    def share(self, value: Any) -> Any:
        return value

    def line(self, key: int) -> Any:
        return _Line(self.events, key)

    def submit(self, key: int, function: Callable[..., Any], *arguments: Any) -> None:
        try:
            self.events.append(Done(key, function(*arguments)))
        except ValueError as error:
            self.events.append(Done(key, error=error))

    def stop(self, key: int) -> None:
        """Nothing can be stopped that is done."""

    def next_event(self, timeout: float) -> Done | Told | None:
        if self.events:
            return self.events.pop(0)
        time.sleep(timeout / 10)
        return None


class _Line:
    def __init__(self, events: list[Done | Told], key: int) -> None:
        self._events, self._key = events, key

    def tell(self, news: Any) -> bool:
        self._events.append(Told(self._key, news))
        return False


def formula(net: Architecture, task: Task, data: Data, tell: Tell) -> Outcome:
    """Say that more operations make networks better, and slower by a nanosecond each."""
    ops = costs(net).ops
    latency = ops * 1e-9
    if task.longest is not None and latency > task.longest:
        return Outcome(fate=Fate.SLOW, cycles=ops, latency=latency)
    accuracy = 100 * (1 - 1e5 / (ops + 1e5))
    return Outcome(
        fate=Fate.MEASURED, accuracy=accuracy, by_set={"val": accuracy}, cycles=ops, latency=latency
    )


def plan(**changes: Any) -> Plan:
    """Plan a search as *Hello Edge*'s class S has it."""
    usual: dict[str, Any] = {
        "limits": Limits(memory=80_000, ops=6_000_000, latency=0.004),
        "objectives": ("accuracy", "memory", "ops"),
        "families": tuple(FAMILIES),
        "features": ("mfcc", "lfbe"),
        "core": "m7",
        "trials": 6,
        "steps": 4,
        "seed": 1,
        "source": {},
    }
    return Plan(**{**usual, **changes})


def run(
    url: str, evaluate: Evaluate = formula, said: list[str] | None = None, **changes: Any
) -> None:
    """Search in this process."""
    lines = said if said is not None else []
    place = Place(url=url, name="test", heartbeat=1)
    search(plan(**changes), place, Inline(), DATA, lines.append, evaluate)


def main() -> None:
    url, trials, *hang = sys.argv[1:]
    count = itertools.count(1)

    def evaluate(net: Architecture, task: Task, data: Data, tell: Tell) -> Outcome:
        if hang and next(count) == 3:
            Path(hang[0]).write_text(net.name)
            time.sleep(600)
        time.sleep(0.1)
        return formula(net, task, data, tell)

    said: list[str] = []
    run(url, evaluate, said, trials=int(trials))
    print(len([line for line in said if "candidate" in line]))


if __name__ == "__main__":
    main()
