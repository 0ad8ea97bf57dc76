"""What was decoded and costed once serves again: after reset, and under each setting of caches."""

import io
from pathlib import Path

from armsim.machine.memory import Memory
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


def test_a_reset_that_loads_the_same_code_into_ram_decodes_nothing_anew() -> None:
    memory = Memory()
    memory.add_plain("ram", 0x2000_0000, 0x1000, writable=True)
    changes: list[bool] = []
    memory.on_code_change = lambda: changes.append(True)
    memory.place(0x2000_0000, b"\x01\x02\x03\x04")
    for again, decoded_anew in ((b"\x01\x02\x03\x04", False), (b"\x01\x02\x03\x05", True)):
        memory.keep_code(0x2000_0000, 4)
        changes.clear()
        with memory.reloading():
            memory.clear_ram()
            memory.place(0x2000_0000, again)
        assert bool(changes) == decoded_anew
