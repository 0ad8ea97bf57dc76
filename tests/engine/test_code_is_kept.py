"""What was decoded and costed once serves again: after reset, and under each setting of caches."""

import io
from pathlib import Path

from armsim.session import Session

KWS = Path(__file__).parents[2] / "firmware" / "prebuilt" / "kws-m7.elf"


def test_a_second_run_that_switches_the_caches_on_costs_no_code_anew() -> None:
    quiet = io.BytesIO()
    session = Session(KWS, arguments=("--refused",), stdout=quiet, stderr=quiet)
    session.run()  # has no sound to hear
    first, blocks = session.engine.counts(), len(session.engine.code.runs)
    settings = len(session.engine.code._modes)
    session.reset()
    session.run()
    assert settings > 1
    assert session.engine.counts() == first
    assert len(session.engine.code.runs) == blocks


def test_a_reset_that_loads_the_same_code_into_ram_decodes_nothing_anew(tmp_path: Path) -> None:
    session = assembled(tmp_path, "movs r0, #1\n b exit", board="mps2-an386")
    session.run()
    blocks = len(session.engine.code.runs)
    assert blocks > 1
    session.reset()
    session.run()
    assert len(session.engine.code.runs) == blocks
