"""benchmarks/speed: what it says is checked first; how fast anything is, is not tested here."""

import shutil
from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.speed import __main__ as program
from benchmarks.speed import lengths, measure
from benchmarks.speed.guests import GUESTS, guest
from benchmarks.speed.machines import Timed
from benchmarks.speed.plot import svg
from benchmarks.speed.report import BEGIN, END, markdown, with_table
from benchmarks.speed.results import MOST_LOST, Results, fallen, missed

needs_tools = pytest.mark.skipif(
    shutil.which("arm-none-eabi-gcc") is None or shutil.which("qemu-system-arm") is None,
    reason="arm-none-eabi-gcc and qemu-system-arm are not both installed",
)


class Fixed:
    """A machine that always says the same."""

    def __init__(self, name: str, printed: str, seconds: float) -> None:
        self.name, self.timed = name, Timed(printed, 1_000_000, seconds)

    def run(self) -> Timed:
        return self.timed


def row(target: float = 1.0) -> measure.Row:
    return measure.Row("matrix", "m4", "qemu", 1_000_000, 1_200_000, target)


def results() -> Results:
    """Return made-up results with every part."""
    ways = dict.fromkeys(lengths.WAYS, 1.0)
    speeds = dict.fromkeys(("interpreter", "threaded", "translator", "auto", "unicorn"), 1.5)
    full = replace(
        row(), mips=speeds | {"qemu": 1.0}, ratio=speeds, compiling={"translator": 1.0, "auto": 2.0}
    )
    spotter = replace(full, image="kws", reference="unicorn")
    of_threaded = {"auto, first": 1.05, "auto, again": 0.5}
    long = [lengths.Length("small", 10**k, ways, of_threaded, 9000) for k in (5, 6, 7)]
    many = lengths.Length("16 functions", 10**7, ways, of_threaded, 9000)
    command = lengths.Command(1_000_000, 0.3, 7.0, 4096, {"auto": 150.0}, {"auto": 200.0})
    return Results(
        dict.fromkeys(("date", "commit", "host", "how", "python", "qemu", "unicorn"), "x"),
        *([full], [spotter], long, [many], command, {"small m4": (9.0, 0.1), "floats m4": None}),
    )


@needs_tools
def test_a_short_run_agrees_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.speed.guests.BUILD", tmp_path)
    for number, one in enumerate(GUESTS):
        core = ("m4", "m7")[number % 2]
        found = measure.steady(
            one, core, 3 * one.per_round, 1, ("threaded", "auto", "unicorn"), tmp_path
        )
        assert set(found.ratio) == {"threaded", "auto", "unicorn"}
        assert found.instructions > 2_000
    length = lengths.by_length("small", [1e5], 1, tmp_path)[0]
    assert length.instructions == pytest.approx(1e5, rel=0.2)
    assert set(length.seconds) == set(lengths.WAYS)


def test_no_speed_is_shown_where_answers_differ() -> None:
    machines = [Fixed("threaded", "42", 1.0), Fixed("auto", "41", 1.0)]
    with pytest.raises(measure.Disagreement, match=r"matrix on m4: .*41.*42"):
        measure.take_turns(row(), Fixed("qemu", "42", 1.0), machines, 1)


def test_ratios_are_those_of_speeds() -> None:
    found = row()
    machines = [Fixed("threaded", "", 4.0), Fixed("auto", "", 1.0), Fixed("unicorn", "", 8.0)]
    measure.take_turns(found, Fixed("qemu", "", 2.0), machines, 3)
    assert found.ratio == {"threaded": 0.5, "auto": 2.0, "unicorn": 0.25}
    assert found.mips["qemu"] == 0.5


def test_a_ratio_that_fell_far_is_told_with_both_values() -> None:
    baseline = asdict(results())
    now = deepcopy(baseline)
    assert fallen(now, baseline) == []
    now["steady"][0]["ratio"]["auto"] = 1.5 * (1 - MOST_LOST) - 0.01
    assert fallen(now, baseline) == [
        "matrix on m4, auto: 0.89 of the reference's speed, 1.50 in the baseline"
    ]


def test_targets_that_are_missed_are_listed() -> None:
    found = results()
    assert missed(found) == []
    found.steady[0].ratio = found.steady[0].ratio | {"auto": 0.9}
    found.lengths[0].of_threaded = {"auto, first": 1.2}
    assert found.command is not None
    found.command.peak_mib_many["auto"] = 500.0
    assert [line.partition(":")[0] for line in missed(found)] == [
        "matrix on m4",
        "small, 100,000 instructions",
        "armsim run, peak with 4096 functions, MiB",
    ]


def test_tables_have_a_cell_for_each_heading_and_the_picture_is_xml() -> None:
    columns = 0
    for line in markdown(results()).splitlines():
        if not line.startswith("|"):
            columns = 0
            continue
        columns = columns or line.count("|")
        assert line.count("|") == columns, line
    assert ElementTree.fromstring(svg(results())).tag.endswith("svg")


def test_the_readme_has_a_place_for_the_table() -> None:
    readme = program.README.read_text(encoding="utf-8")
    head, begin, rest = readme.partition(BEGIN)
    assert with_table(readme, "new\n") == head + begin + "new\n" + END + rest.partition(END)[2]


def test_rounds_are_about_as_many_as_make_the_length() -> None:
    assert guest("matrix").rounds(300_000_000) == 1154
    assert guest("matrix").rounds(1) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [(["speeed"], "no part 'speeed'; parts: steady"), (["--renew", "kws"], "--renew needs a run")],
)
def test_a_wrong_option_is_told_in_one_line(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        program.main(words)
    assert message in capsys.readouterr().err
