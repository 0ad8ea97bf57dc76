"""From a failing pair of sequence and state to the shortest that still fails."""

from collections.abc import Callable
from collections.abc import Sequence as Many

from tests.differential.cases import APSR, FPSCR, INPUT_WORDS, Sequence

Case = tuple[Sequence, list[int]]
Fails = Callable[[Many[Case]], list[bool]]
ROUNDS = 40


def shrink(sequence: Sequence, state: Many[int], fails: Fails) -> Case:
    """Return a shorter sequence and a simpler state on which `fails` still says true.

    `fails` judges many candidates at once. What is not needed becomes NOPs; addresses stay.
    """
    kept = _fewest_units(sequence, list(state), fails)
    return kept, _simplest_state(kept, list(state), fails)


def _fewest_units(sequence: Sequence, state: list[int], fails: Fails) -> Sequence:
    units = sequence.units
    prefixes = [sequence.without(frozenset(units[count:])) for count in range(1, len(units))]
    for prefix, failed in zip(prefixes, fails([(one, state) for one in prefixes]), strict=True):
        if failed:
            sequence = prefix
            break
    size = max(len(sequence.units) // 2, 1)
    for _ in range(ROUNDS):
        units = sequence.units
        candidates = [
            sequence.without(frozenset(units[at : at + size])) for at in range(0, len(units), size)
        ]
        candidates = [one for one in candidates if one.units]
        verdicts = fails([(one, state) for one in candidates])
        shorter = [one for one, failed in zip(candidates, verdicts, strict=True) if failed]
        if shorter:
            sequence = min(shorter, key=lambda one: len(one.units))
        elif size == 1:
            break
        size = max(min(size // (1 if shorter else 2), len(sequence.units) // 2), 1)
    return sequence


def _simplest_state(sequence: Sequence, state: list[int], fails: Fails) -> list[int]:
    simple = [0] * INPUT_WORDS
    chunk = 64
    while chunk:
        candidates, places = [], []
        for at in range(0, INPUT_WORDS, chunk):
            changed = state[:at] + simple[at : at + chunk] + state[at + chunk :]
            if changed != state:
                candidates.append((sequence, changed))
                places.append(at)
        verdicts = fails(candidates) if candidates else []
        good = [at for at, failed in zip(places, verdicts, strict=True) if failed]
        if not good:
            chunk //= 2
            continue
        together = list(state)
        for at in good:
            together[at : at + chunk] = simple[at : at + chunk]
        if len(good) > 1 and fails([(sequence, together)])[0]:
            state = together
        else:
            at = good[0]
            state = state[:at] + simple[at : at + chunk] + state[at + chunk :]
    for where in (APSR, FPSCR):
        for bit in range(32):
            if state[where] >> bit & 1:
                changed = list(state)
                changed[where] ^= 1 << bit
                if fails([(sequence, changed)])[0]:
                    state = changed
    return state
