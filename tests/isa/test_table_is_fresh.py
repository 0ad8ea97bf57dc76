"""The documents that are derived from the instruction definitions are those of today."""

from pathlib import Path

import armsim.isa
from armsim.engine.table import with_table

README = Path(armsim.isa.__file__).with_name("README.md")


def test_the_table_lists_every_encoding_as_it_is_defined() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == with_table(text), "armsim/isa/README.md is stale; run make docs"
