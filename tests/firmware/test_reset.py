"""A session can be begun anew."""

import dataclasses
import io

import pytest

from armsim.session import Session

from .guest import FIRMWARE

KWS = FIRMWARE / "prebuilt" / "kws-m7.elf"
ECHO = b"\x70\x47"  # bx lr: the function returns its first argument


@pytest.fixture
def printed() -> io.BytesIO:
    return io.BytesIO()


@pytest.fixture
def session(printed) -> Session:
    return Session(KWS, stdin=io.BytesIO(), stdout=printed, stderr=printed)


def outcome(session, printed):
    run = session.run()
    text = printed.getvalue()
    printed.seek(0)
    printed.truncate()
    return dataclasses.replace(run, host_seconds=0), text


def test_a_run_after_a_reset_equals_the_first(session, printed):
    first = outcome(session, printed)
    session.reset()
    assert outcome(session, printed) == first


def test_a_run_cut_short_leaves_no_trace(session, printed):
    session.run(max_instructions=3_000_001)
    session.reset()
    again = outcome(session, printed)
    assert again == outcome(Session(KWS, stdout=printed, stderr=printed), printed)


def test_ram_is_cleared(session):
    session.memory.write_bytes(0x2001_0000, b"left over")
    session.reset()
    assert session.memory.read_bytes(0x2001_0000, 9) == bytes(9)


def test_a_reset_may_bring_other_arguments(session, printed):
    session.reset(["--loud", "it's"])
    run, text = outcome(session, printed)
    assert (run.stop.status, text.split(b":")[1]) == (1, b" --loud")
    session.reset(["it's"])
    assert outcome(session, printed)[1].startswith(b"kws: it's: cannot be opened")


@pytest.mark.parametrize("word", ["my clip.wav", "it's.wav", 'a"b.wav', "a\\b.wav", "a\\\\b.wav"])
def test_a_word_reaches_the_guest_as_it_is(session, printed, word):
    session.reset([word])
    text = outcome(session, printed)[1].decode()
    assert text == f"kws: {word}: cannot be opened; check that it exists and may be read\n"


def test_code_that_was_replaced_runs_no_longer(session):
    original = session.call("strlen", 0x2000_0000)
    address = session.image.symbol("strlen").address
    session.memory.place(address, ECHO)
    assert session.call("strlen", 0x2000_0000) == 0x2000_0000 != original
    session.reset()
    assert session.call("strlen", 0x2000_0000) == original
