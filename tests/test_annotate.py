"""A function instruction by instruction: nothing is left out, and the reasons add up."""

import io
import re
from pathlib import Path

import pytest

from armsim.errors import UsageError
from armsim.insight.annotate import annotate, find_function
from armsim.outcome import by_function
from armsim.session import Session

KWS = Path(__file__).parents[1] / "firmware" / "prebuilt" / "kws-m7.elf"


@pytest.fixture(scope="module")
def ran() -> Session:
    quiet = io.BytesIO()
    session = Session(KWS, arguments=("--refused",), stdin=quiet, stdout=quiet, stderr=quiet)
    session.run()
    return session


def test_the_rows_add_up_to_the_function_and_the_functions_to_the_run(ran: Session) -> None:
    places = ran.engine.code.by_address()
    booked = sum(sum(place.causes.values()) for place in places.values())
    assert booked + sum(ran.engine.booked.values()) == ran.engine.now()
    assert sum(place.times for place in places.values()) == ran.engine.instructions
    text = annotate(ran, find_function(ran.image, "memset"))
    rows = re.findall(r"^0x\w+ +([\d,]+) +([\d,]+) ", text, re.M)
    cycles = sum(int(row[1].replace(",", "")) for row in rows)
    assert len(rows) > 5
    assert f"memset: {cycles:,} cycles" in text


def test_a_row_says_how_often_how_long_and_why(ran: Session) -> None:
    text = annotate(ran, find_function(ran.image, "memset"))
    row = next(line for line in text.splitlines() if line.startswith("0x"))  # where it begins
    found = re.fullmatch(r"0x\w+ +([\d,]+) +[\d,]+ +\d+\.\d\d  \w.* issue \d.*", row)
    assert found is not None, row
    calls = next(
        region.calls
        for region in by_function(ran.image, ran.engine.code.by_address())
        if region.name == "memset"
    )
    assert int(found[1].replace(",", "")) == calls


def test_a_function_that_did_not_run_says_so(ran: Session) -> None:
    assert "(it was not executed)" in annotate(ran, find_function(ran.image, "arm_relu_q7"))


def test_a_wrong_name_is_told_those_that_come_near(ran: Session) -> None:
    with pytest.raises(UsageError, match=r"no function arm_relu_q9 \(did you mean arm_relu_q7"):
        find_function(ran.image, "arm_relu_q9")
