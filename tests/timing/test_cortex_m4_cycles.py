import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from machines import CODE, RAM
from timing.m4_runs import (
    ALIGNED_LOOP,
    ALIGNED_LOOP_LENGTH,
    ALIGNED_LOOPS,
    RUNS,
    causes,
    cost,
    cycles,
    decoded,
    loop,
    run,
)

from armsim.dsl import Timing
from armsim.timing.cortex_m4 import CortexM4
from armsim.timing.m4_units import WORK

FLASH_WORD = CODE + 0x200


@pytest.mark.parametrize("name", RUNS)
def test_a_run_takes_the_measured_cycles(name):
    expected, text = RUNS[name]
    assert cycles(text) == expected


# What a taken branch costs, alone: rule R2 (measured).
BRANCHES = [
    ("b #0x8000500", 2), ("b.w #0x8000500", 2), ("bl #0x8000500", 2), ("beq #0x8000500", 2),
    ("cbz r0, #0x8000440", 3), ("bx r0", 3), ("blx r0", 3), ("bx lr", 2), ("mov pc, lr", 2),
    ("mov pc, r0", 3), ("ldr.w pc, [r0]", 5), ("pop {pc}", 3), ("pop {r4, r5, r6, pc}", 6),
    ("ldm.w r0, {r1, r2, pc}", 5), ("tbb [r0, r1]", 6), ("tbh [r0, r1, lsl #1]", 6),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), BRANCHES)
def test_a_taken_branch_takes_the_measured_cycles(text, expected):
    block = cost(text)
    assert block.total + sum(block.taken.values()) == expected


@pytest.mark.parametrize("text", ["beq #0x8000500", "cbz r0, #0x8000440"])
def test_a_branch_that_is_not_taken_takes_one_cycle(text):
    assert cost(text).total == 1


@pytest.mark.parametrize(
    ("before", "extra"),
    [("mov lr, r0", 1), ("mov lr, r0;adds r1, #1", 0), ("ldr.w lr, [r0]", 1),
     ("ldr.w lr, [r0];ldr.w r1, [r0]", 0), ("pop.w {r4, lr}", 1)],
)  # fmt: skip
def test_a_return_waits_for_a_link_register_written_just_before(before, extra):
    alone = cost("bx lr")
    both = cost(f"{before};bx lr")
    assert sum(both.taken.values()) - sum(alone.taken.values()) == extra


@pytest.mark.parametrize(("name", "at", "expected"), ALIGNED_LOOPS)
def test_a_loop_takes_the_measured_cycles_wherever_it_stands(name, at, expected):
    assert run(ALIGNED_LOOP, ALIGNED_LOOP_LENGTH, at)[0] == expected


def test_a_narrow_target_may_stand_anywhere():
    text = loop("adds r1, #1\nsubs r0, #1", 3)
    assert run(text, 11, CODE)[0] == 11 + 2
    assert run(text, 11, CODE + 2)[0] == 11 + 2 + 1  # the wide one that is entered first


def test_the_group_rule_is_a_matter_of_the_board():
    wide = ";".join(["add.w r0, r0, r1"] * 6)
    stores = ";".join(["str.w r0, [r1]"] * 3)
    assert cycles(f"adds r0, #1;{wide}") == 7
    assert cycles(f"adds r0, #1;{wide}", group_rule=True) == 8
    assert cycles(wide, group_rule=True) == 6
    assert cycles(f"adds r0, #1;{stores};adds r0, #1", group_rule=True) == 5
    assert cycles(f"adds r0, #1;{stores};str.w r0, [r1]", group_rule=True) == 6


@pytest.mark.parametrize(
    ("dividend", "divisor", "expected"),
    [(7, 0, 2), (0, 7, 2), (6, 8, 3), (7, 5, 5), (0xFFFF_FFFF, 1, 12), (0x100, 1, 7)],
)
def test_a_division_stops_early(dividend, divisor, expected):
    took, booked = run("udiv r2, r0, r1\nnop", 1, r0=dividend, r1=divisor)
    assert took == expected
    assert booked.get("multicycle", 0) == expected - 1


def test_a_signed_division_looks_at_magnitudes():
    assert run("sdiv r2, r0, r1\nnop", 1, r0=0xFFFF_FFF9, r1=0xFFFF_FFFB)[0] == 5


@pytest.mark.parametrize(
    ("text", "offset", "extra"),
    [("ldr r1, [r0]", 0, 0), ("ldr r1, [r0]", 1, 2), ("ldr r1, [r0]", 2, 1), ("ldr r1, [r0]", 3, 2),
     ("ldrh r1, [r0]", 1, 1), ("ldrh r1, [r0]", 2, 0), ("str r1, [r0]", 1, 2),
     ("str r1, [r0]", 2, 1), ("strh r1, [r0]", 3, 1)],
)  # fmt: skip
def test_an_unaligned_access_takes_as_many_cycles_more_as_it_has_parts(text, offset, extra):
    program = f"{text}\nadds r2, #1\nb #{CODE:#x}"
    aligned, _ = run(program, 2, r0=RAM)
    took, booked = run(program, 2, r0=RAM + offset)
    assert took - aligned == booked.get("unaligned", 0) == extra


@pytest.mark.parametrize("second", ["ldr r2, [r1]", "str r2, [r1]"])
def test_accesses_overlap_only_in_one_slave(second):
    program = f"ldr r3, [r0]\n{second}\nadds r4, #1\nb #{CODE:#x}"
    same, _ = run(program, 3, r0=RAM, r1=RAM + 0x100)
    assert same == (4 if second.startswith("ldr") else 3)
    first, booked = run(program, 3, r0=FLASH_WORD, r1=RAM + 0x100)
    assert first - same == booked["bus"] == 1


def test_the_first_of_overlapping_loads_finds_slower_ram_a_cycle_later():
    def charges(text):
        model = CortexM4(slower_ram=(RAM + 0x8000, RAM + 0x1_0000))
        return [len(group) for group in model.block(decoded(text), None).before.values()]

    assert charges("ldr r0, [r1];ldr r2, [r1, #4];ldr r3, [r1, #8]") == [1]
    assert charges("str r0, [r1];str r2, [r1]") == []
    assert charges("push {r0, r1};pop {r0, r1}") == [1, 1]


@pytest.mark.parametrize(
    ("text", "passed", "failed"),
    [
        ("it eq;ldreq r1, [r2];nop", 3, 3),
        ("it eq;ldreq r1, [r2];adds r3, #1", 4, 3),
        ("itt eq;ldreq r1, [r2];ldreq r3, [r2, #4];adds r4, #1", 5, 4),
        ("ite eq;ldreq r1, [r2];ldrne r1, [r2, #4];adds r4, #1", 5, 5),
        ("it eq;ldmeq r2!, {r4, r5};adds r0, #1", 5, 3),
        ("it eq;udiveq r1, r2, r3;adds r0, #1", 4, 3),
        ("itt eq;addeq r1, r2;ldreq r1, [r1];adds r0, #1", 6, 4),
        ("it eq;bxeq lr;adds r0, #1", None, 3),
    ],
)
def test_an_instruction_whose_condition_fails_takes_one_cycle(text, passed, failed):
    instructions = text.count(";") + 1
    program = text.replace(";", "\n") + f"\nb #{CODE:#x}"
    if passed is not None:
        assert run(f"cmp.w r6, r6\n{program}", instructions + 1, r2=RAM)[0] == passed + 1
    assert run(f"cmp.w r6, r7\n{program}", instructions + 1, r2=RAM, r7=1)[0] == failed + 1


def test_a_failed_load_between_two_others_keeps_them_from_overlapping():
    program = f"cmp.w r6, r7\nldr.w r0, [r2]\nit eq\nldreq r1, [r2]\nldr.w r3, [r2]\nb #{CODE:#x}"
    took, _ = run(program, 6, r2=RAM, r7=1)
    passed, _ = run(program, 6, r2=RAM, r7=0)
    assert took >= passed


def test_code_in_ram_is_fetched_over_the_system_bus():
    assert run("adds r0, #1\nb #0x20000200", 20, RAM + 0x200)[0] == 30 + 10
    assert run(f"adds r0, #1\nb #{CODE:#x}", 20)[0] == 30


def test_every_class_has_work():
    assert set(WORK) == set(Timing)


POOL = [
    "add.w r0, r1, r2", "adds r1, #1", "and.w r2, r0, r3", "add.w r3, r2, r1, lsl #2",
    "ldr.w r0, [r4, #4]", "ldr r1, [r5]", "ldrb r2, [r4], #1", "str.w r3, [r4, #4]",
    "str r3, [r4, r0]", "mul r0, r1, r2", "smlal r0, r1, r2, r3", "ldr r4, [r4]", "mov lr, r0",
    "uxtb.w r1, r0", "ldm.w r4!, {r0, r1, r2}", "push {r0, r1, r2, r3}", "strd r0, r1, [r4]",
    "vadd.f32 s0, s1, s2", "vfma.f32 s0, s1, s2", "vdiv.f32 s3, s0, s2", "vldr s0, [r4]",
    "vstr s0, [r4]", "vmov r0, s0", "sdiv r0, r1, r2", "cmp r0, r1", "nop", "dmb sy",
]  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.sampled_from(POOL), min_size=2, max_size=24), st.data())
def test_splitting_a_run_costs_the_same_and_leaves_the_same_behind(texts, data):
    steps = decoded(";".join(texts), data.draw(st.sampled_from([CODE, CODE + 2])))
    at = data.draw(st.integers(1, len(steps) - 1))
    model = CortexM4(group_rule=data.draw(st.booleans()))
    whole = model.block(steps, None)
    first = model.block(steps[:at], None)
    second = model.block(steps[at:], first.fall)
    assert causes(first) + causes(second) == causes(whole)
    assert second.fall == whole.fall


@settings(deadline=None)
@given(st.lists(st.sampled_from(POOL), min_size=1, max_size=24))
def test_a_body_that_repeats_reaches_few_states(texts):
    model, steps = CortexM4(), decoded(";".join(texts))
    state, seen = None, set()
    for _ in range(20):
        state = model.block(steps, state).fall
        seen.add(state)
    assert len(seen) < 10


def test_stepping_takes_the_cycles_of_running():
    program = loop("ldr.w r2, [r5]\nldr.w r3, [r6]\nmul r4, r2, r3\nldr.w r4, [r7, r4]\n"
                   "push {r2, r3}\npop {r2, r3}\nudiv r1, r1, r2\nsubs r0, #1", 20)  # fmt: skip
    registers = {"r5": RAM, "r6": FLASH_WORD, "r7": RAM + 0x80}
    whole, booked = run(program, 100, **registers)
    assert run(program, 100, step=1, **registers) == (whole, booked)
    assert run(program, 100, step=7, **registers) == (whole, booked)
