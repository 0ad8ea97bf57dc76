"""The compiled meanings that the package ships are those of the definitions."""

import json
import lzma

import armsim.isa  # noqa: F401  defines the instructions
from armsim.engine.build import SHIPPED, compiled_functions
from armsim.engine.semantics import fingerprint
from armsim.settings import MODELS


def test_no_meaning_has_to_be_compiled_on_the_first_run() -> None:
    """`make docs` renews them."""
    shipped = json.loads(lzma.decompress(SHIPPED.read_bytes()))
    charges = {charge for model in MODELS.values() for charge in model.charge_functions}
    ordered = next(iter(MODELS.values())).charge_functions
    assert set(ordered) == charges
    wanted = compiled_functions(ordered)
    stale = [meaning.__name__ for meaning in wanted if fingerprint(meaning) not in shipped]
    assert stale == [], "run `make docs`"
