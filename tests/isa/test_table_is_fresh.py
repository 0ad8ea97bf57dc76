"""The documents that are derived from the instruction definitions are those of today."""

from pathlib import Path

import armsim.isa
from armsim.dsl import definitions
from armsim.engine.table import with_table
from armsim.isa.manual import missing

README = Path(armsim.isa.__file__).with_name("README.md")


def test_the_table_lists_every_encoding_as_it_is_defined() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == with_table(text), "armsim/isa/README.md is stale; run make docs"


def test_no_instruction_of_the_manual_is_missing() -> None:
    templates = [instruction.template for instruction in definitions()]
    assert missing(templates) == []
    assert missing(one for one in templates if not one.startswith("umaal")) == ["umaal"]
    assert "\n### Missing\n\nOf the manual's instructions: none.\n" in README.read_text()
