"""Limits of a search are read as people write them, and written so that they are read again."""

import argparse

import pytest

from armsim.nn.search.limits import Limits, memory, ops, seconds


@pytest.mark.parametrize("text", ["6M", "5.96M", "5.951234M", "999.999K", "0.5K"])
def test_no_digit_of_a_limit_is_lost(text: str) -> None:
    assert Limits(ops=ops(text)).texts() == {"ops": text}


def test_memory_and_latency_are_written_to_the_last_digit_too() -> None:
    texts = {"memory": "1234.567KB", "latency": "10.0000001ms"}
    limits = Limits(memory=memory(texts["memory"]), latency=seconds(texts["latency"]))
    assert limits.texts() == texts
    assert Limits(latency=seconds("6.9ms")).texts() == {"latency": "6.9ms"}


def test_what_no_number_can_hold_is_refused() -> None:
    for read in (memory, ops, seconds):
        with pytest.raises(argparse.ArgumentTypeError, match=r"9' is not a quantity such as "):
            read("9" * 400)
