"""The errors of the oracles that the differential tests allow for are still there."""

import numpy as np
import pytest
from assembler import assemble

from armsim.engine.decoder import Decoder, is_wide
from tests.differential import cases, known, machines
from tests.differential.generator import CORES
from tests.differential.machines import Job, Stopped

unicorn = pytest.importorskip("unicorn")

ADDRESS = cases.CODE + 4


def program(text: str, core: str) -> cases.Sequence:
    """Return a sequence that is written out."""
    code = assemble(text, ADDRESS)
    halves = [int.from_bytes(code[k : k + 2], "little") for k in range(0, len(code), 2)]
    items: list[cases.Item] = []
    at = itstate = 0
    while at < len(halves):
        wide = is_wide(halves[at])
        word = halves[at] << 16 | halves[at + 1] if wide else halves[at]
        items.append(cases.Item(ADDRESS + 2 * at, 4 if wide else 2, word, len(items), itstate))
        decoded = Decoder(CORES[core]).decode(word >> 16 if wide else word, word & 0xFFFF)
        if decoded.instruction.name == "it_t1":
            itstate = word & 0xFF
        else:
            itstate = itstate & 0xE0 | itstate << 1 & 0x1F if itstate & 7 else 0
        at += 2 if wide else 1
    return cases.Sequence("", cases.CODE, tuple(items), pool=bytes(cases.SLOT), spoiled=12)


def differs(oracle: str, entry: known.Known) -> bool:
    """Tell whether the oracle does otherwise than this simulator."""
    sequence = program(entry.program, entry.core)
    state = [entry.state.get(k, 0) for k in range(cases.INPUT_WORDS)]
    if oracle == "qemu":
        if machines.QEMU is None:
            pytest.skip("no QEMU")
        try:
            outcome = machines.run(Job(entry.core, [sequence], [state], [(0, 0)]))
        except Stopped as stopped:
            return bool(entry.stops) and entry.stops in str(stopped)
        return not np.array_equal(outcome.ours, outcome.theirs)
    from tests.differential.stepping import Stepper

    stepper = Stepper(entry.core, forgiving=False)
    stepper.place([sequence])
    _, difference = stepper.run(sequence, state)
    return difference is not None and entry.stops in difference.name


@pytest.mark.parametrize(
    ("oracle", "name"), [(o, name) for name, entry in known.KNOWN.items() for o in entry.oracles]
)
def test_an_oracle_is_still_wrong(oracle: str, name: str) -> None:
    entry = known.KNOWN[name]
    assert entry.reason
    assert differs(oracle, entry), f"{oracle} is right about {name}: take it off the list"
