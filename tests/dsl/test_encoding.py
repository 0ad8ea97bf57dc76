"""What a definition may say, and how one that cannot stand is refused: whole messages."""

import re
from collections.abc import Callable

import pytest

from armsim.dsl import EncodingError, Timing, definitions, insn
from armsim.dsl import instruction as registry
from armsim.dsl.expression import Expression, expand_carry, thumb_expand_imm
from armsim.dsl.pattern import Pattern, parse_pattern


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start without definitions, so that these tests can make any."""
    monkeypatch.setattr(registry, "_REGISTRY", {})


def meaning(cpu: object, rd: int, rm: int) -> None:
    """Do nothing."""


def define(bits: str, function: Callable[..., None] = meaning, **options: object) -> None:
    insn(bits, "op {rd}, {rm}", Timing.ALU, **options)(function)  # type: ignore[arg-type]


def refused(message: str) -> "pytest.RaisesExc[EncodingError]":
    return pytest.raises(EncodingError, match=f"^{re.escape(message)}$")


@pytest.mark.parametrize("width", [1, 15, 17, 31, 33, 64])
def test_a_pattern_is_16_or_32_bits_wide(width: int) -> None:
    text = "0" * width
    with refused(f"op is {width} bits wide; Thumb encodings are 16 or 32 ({text!r})"):
        parse_pattern(text, "op")


@pytest.mark.parametrize("token", ["2", "rm", "rm:", "rm:x", "Rm:3", "01b", "rm:-3", "rm:3:1"])
def test_a_token_is_bits_or_a_field(token: str) -> None:
    text = f"0000000000 {token} rd:3"
    with refused(f"op: {token!r} is neither bits nor name:width ({text!r})"):
        parse_pattern(text, "op")


def test_a_field_has_one_place() -> None:
    text = "0000000000 rd:3 rd:3"
    with refused(f"op names the field 'rd' twice ({text!r})"):
        parse_pattern(text, "op")


def test_fields_count_from_the_left() -> None:
    pattern = parse_pattern("0001 rn:3 11 imm:4 rd:3", "op")
    places = {field.name: (field.shift, field.width) for field in pattern.fields}
    assert places == {"rn": (9, 3), "imm": (3, 4), "rd": (0, 3)}
    assert (pattern.fixed, pattern.value) == (0b1111_000_11_0000_000, 0b0001_000_11_0000_000)


@pytest.mark.parametrize(
    ("kind", "excluded"),
    [("gpr", {13, 15}), ("nopc", {15}), ("cond", {14, 15}), ("nonzero", {0}), ("4", set())],
)
def test_every_excluded_width_excludes_its_values_and_no_other(
    kind: str, excluded: set[int]
) -> None:
    pattern = parse_pattern(f"1111 x:{kind} 11110000", "op")
    assert {v for v in range(16) if pattern.matches(0xF0F0 | v << 8)} == set(range(16)) - excluded


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("0000 a:12", "0001 a:12", False),
        ("0000 a:12", "a:4 000000000000", True),
        ("0000 a:12", "0000 a:12 0000000000000000", False),  # another width
        ("00000000 a:gpr 0000", "00000000 1101 0000", False),
        ("00000000 a:gpr 0000", "00000000 1100 0000", True),
        ("00000000 a:nopc 0000", "00000000 1111 0000", False),
        ("00000000 a:nopc 0000", "00000000 1101 0000", True),
        ("00000000 a:cond 0000", "00000000 1110 0000", False),
        ("00000000 a:nonzero 0000", "00000000 0000 0000", False),
        ("00000000 a:nonzero 0000", "00000000 0001 0000", True),
        ("00000000 a:gpr 0000", "00000000 110 b:1 0000", True),  # an excluded value is not whole
    ],
)
def test_overlap_is_a_word_that_both_match(one: str, other: str, both: bool) -> None:
    first, second = parse_pattern(one, "one"), parse_pattern(other, "other")
    assert first.overlaps(second) is both
    assert second.overlaps(first) is both
    if first.width == second.width == 16:
        assert any(first.matches(w) and second.matches(w) for w in range(1 << 16)) is both


def test_what_two_definitions_match_must_be_meant() -> None:
    define("0100000101 rm:3 rd:3", name="one")
    with refused('two and one both match 0x4140; write instead_of="one" if that is meant'):
        define("01000001 x:2 rm:3 rd:3", name="two")
    assert [instruction.name for instruction in definitions()] == ["one"]
    define("01000001 x:2 rm:3 rd:3", name="two", instead_of="one")
    define("010000 x:4 rm:3 rd:3", name="three", instead_of=("one", "two"))
    assert [instruction.name for instruction in definitions()] == ["one", "two", "three"]


def test_a_name_is_used_once() -> None:
    define("0100000101 rm:3 rd:3", name="one")
    with refused("one is defined twice"):
        define("0100000111 rm:3 rd:3", name="one")


def test_the_arguments_of_a_meaning_are_fields_or_operands() -> None:
    with refused(
        "meaning takes 'rd', which is neither a field of '0100000101 rm:3 rdn:3' "
        "nor one of its operands"
    ):
        define("0100000101 rm:3 rdn:3")
    define("0100000101 rm:3 rdn:3", operands={"rd": "rdn"})


def test_a_meaning_may_ask_for_flags_and_addresses() -> None:
    def special(cpu: object, setflags: int, pc: int, next_pc: int) -> None:
        """Do nothing."""

    define("0100000101000000", special)
    (instruction,) = definitions()
    values = instruction.extract(0b0100000101000000, 0xFFFF_FFFE, 0)
    assert values == {"setflags": 0, "pc": 2, "next_pc": 0}


def test_features_are_known() -> None:
    with refused("meaning needs 'dsp'; features are fp, fp5, fp64, fp64v5"):
        define("0100000101 rm:3 rd:3", needs="dsp")


def test_operands_join_fields_and_nothing_else() -> None:
    with refused("op: 'b' in 'a:b' is not a field of the pattern"):
        Expression("a:b", {"a": 3}, "op")


def test_an_operand_is_an_expression() -> None:
    with refused("op: 'a +' is not an expression"):
        _ = Expression("a +", {"a": 3}, "op").code


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a:b", 0b101_01),
        ("a:0:b", 0b101_0_01),
        ("b:a:00", 0b01_101_00),
        ("(a:b) + 1", 0b101_01 + 1),
        ("-(a:b)", -0b101_01),
    ],
)
def test_a_join_is_highest_first(text: str, value: int) -> None:
    code = Expression(text, {"a": 3, "b": 2}, "op").code
    assert eval(code, {}, {"a": 0b101, "b": 0b01}) == value  # noqa: S307


def test_when_decides_over_words_that_the_pattern_matches() -> None:
    define("0100000101 rm:3 rd:3", when="rm != rd")
    (instruction,) = definitions()
    assert instruction.extract(0b0100000101_001_001, 0, 1) is None
    values = instruction.extract(0b0100000101_001_010, 0, 1)
    assert values is not None
    assert (values["rm"], values["rd"]) == (1, 2)


@pytest.mark.parametrize(
    ("imm12", "value", "carry"),
    [
        (0x0AB, 0x0000_00AB, 2),
        (0x1AB, 0x00AB_00AB, 2),
        (0x2AB, 0xAB00_AB00, 2),
        (0x3AB, 0xABAB_ABAB, 2),
        (0x400, 0x8000_0000, 1),
        (0x47F, 0xFF00_0000, 1),
        (0x4FF, 0x7F80_0000, 0),
        (0xFFF, 0x0000_01FE, 0),
        (0xF80, 0x0000_0100, 0),
    ],
)
def test_modified_immediates_expand_as_the_manual_says(imm12: int, value: int, carry: int) -> None:
    assert thumb_expand_imm(imm12) == value
    assert expand_carry(imm12) == carry


def test_a_pattern_matches_by_its_fixed_bits() -> None:
    pattern: Pattern = parse_pattern("1111 0011 1100 rn:4 0 imm3:3 rd:4 imm2:2 0 lsb:5", "op")
    assert pattern.matches(0xF3C0_0000)
    assert pattern.matches(0xF3CF_7FDF)
    assert not pattern.matches(0xF3C0_8000)
    assert not pattern.matches(0xF3D0_0000)
