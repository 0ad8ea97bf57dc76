"""Random sequences of instructions do here what they do in unicorn and in QEMU.

`ARMSIM_FUZZ_SEED` chooses another seed; a failure prints the shortest sequence that still differs.
`make fuzz` runs ten million instructions.
"""

import os

import pytest

from tests.differential import fuzz, machines
from tests.differential.cases import Item
from tests.differential.generator import CORES
from tests.differential.shrink import shrink

pytest.importorskip("unicorn")

SEED = os.environ.get("ARMSIM_FUZZ_SEED", "1")
SIZES = {"qemu": (430, 10), "unicorn": (430, 3)}  # sequences, and states for each
LEAST = {"qemu": 118_000, "unicorn": 32_000}  # instructions; 300,000 for both cores and oracles


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("oracle", SIZES)
def test_random_sequences_do_what_the_oracle_does(oracle: str, core: str) -> None:
    if oracle == "qemu" and machines.QEMU is None:
        pytest.skip("no QEMU")
    result = fuzz.run(fuzz.Batch(oracle, core, SEED, *SIZES[oracle]))
    assert not result.differing, "\n".join(result.problems)
    assert result.instructions > LEAST[oracle]


@pytest.mark.parametrize("core", CORES)
def test_every_encoding_is_drawn(core: str) -> None:
    made, _, _ = fuzz.Batch("qemu", core, "coverage", 1900, 1).make()
    drawn = set[str]()
    for sequence in made:
        drawn |= fuzz.encodings(core, sequence)
    assert drawn == {one.name for one in fuzz.table_of(core).all}


def test_a_seed_gives_the_same_sequences_again() -> None:
    batch = fuzz.Batch("qemu", "m7", SEED, 20, 2)
    assert batch.make() == batch.make()


def test_what_differs_is_shrunk_to_what_matters() -> None:
    sequences, states, _ = fuzz.Batch("qemu", "m4", "shrink", 40, 1).make()
    chosen = next(one for one in sequences if len(one.units) > 20)
    culprit = chosen.units[15]

    def fails(candidates):  # type: ignore[no-untyped-def]
        return [culprit in one.units and words[3] != 0 for one, words in candidates]

    short, words = shrink(chosen, states[0], fails)
    assert set(short.units) == {culprit} | short.needs.get(culprit, frozenset())
    assert [k for k, word in enumerate(words) if word] == [3]


def test_a_planted_error_is_found() -> None:
    from tests.differential.stepping import Stepper

    sequences, states, _ = fuzz.Batch("unicorn", "m4", "planted", 1, 1).make()
    first = sequences[0].items[0]
    stepper = Stepper("m4")
    stepper.place(sequences)
    assert stepper.run(sequences[0], states[0])[1] is None
    stepper.place(sequences)
    mvn = Item(first.address, 2, 0x43F6, 0)  # mvns r6, r6
    code = mvn.code if first.size == 2 else mvn.code + b"\x00\xbf"
    stepper.uc.mem_write(first.address, code)
    difference = stepper.run(sequences[0], states[0])[1]
    assert difference is not None
    assert difference.at == first.address
    assert "r6" in difference.found
