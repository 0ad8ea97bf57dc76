import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timing.m7_loops import BODIES, CODE, RAM, alone, cycles_of, decoded, issued, settled

from armsim.timing.cortex_m7 import CortexM7


@pytest.mark.parametrize("name", BODIES)
def test_a_loop_body_settles_at_the_measured_cycles(name):
    expected, text = BODIES[name]
    assert settled(text).total == expected


# older, younger, and why they do not pair (None if they do)
PAIRS = [
    ("add.w r0, r1, r2", "add.w r3, r4, r5", None),
    ("add.w r0, r1, r2, lsl #2", "add.w r3, r4, r5", None),
    ("add.w r0, r1, r2, lsl #2", "add.w r3, r4, r5, lsl #2", "two shifted"),
    ("eor r0, r1, #0x1fc0", "add.w r3, r4, r5, lsl #2", "two shifted"),
    ("eor r0, r1, #0x1b1b1b1b", "add.w r3, r4, r5, lsl #2", None),
    ("lsl.w r0, r1, #2", "add.w r3, r4, r5, lsl #2", "two shifted"),
    ("add.w r0, r1, r2, lsl #2", "lsl.w r3, r4, #2", None),
    ("lsl.w r0, r1, #2", "lsl.w r3, r4, #2", None),
    ("uxtb.w r0, r1", "add.w r2, r3, r4", None),
    ("add.w r2, r3, r4", "uxtb.w r0, r1", "dsp not first"),
    ("uxtb.w r0, r1", "uxtb.w r2, r3", "two dsp"),
    ("ubfx r0, r1, #2, #3", "add.w r2, r3, r4, lsl #2", "two shifted"),
    ("uadd8 r0, r1, r2", "add.w r3, r4, r5, lsl #2", None),
    ("mul r0, r1, r2", "mul r3, r4, r5", "two multiply"),
    ("mul r0, r1, r2", "str.w r3, [r4]", "multiply and store"),
    ("str.w r3, [r4]", "smlad r0, r1, r2, r0", "multiply and store"),
    ("mul r0, r1, r2", "ldr.w r3, [r4]", None),
    ("add.w r0, r1, r2", "smlad r3, r4, r5, r3", None),
    ("str.w r0, [r1]", "str.w r2, [r3]", "two store"),
    ("str.w r0, [r1]", "ldr.w r2, [r3]", None),
    ("ldr.w r0, [r1]", "ldr.w r2, [r1, #4]", None),
    ("ldr.w r0, [r1]", "ldr.w r2, [r1, #8]", "bank"),
    ("ldr r0, [r1], #4", "ldr.w r2, [r1]", "operand"),
    ("ldr.w r0, [r1]", "str.w r0, [r2]", None),
    ("movs r0, #1", "movs r1, #2", None),
    ("add.w r0, r1, r2", "add.w r3, r0, r4", None),
    ("and.w r0, r1, r2", "add.w r3, r0, r4", "operand"),
    ("rev.w r0, r1", "add.w r3, r0, r4", None),
    ("and.w r0, r1, r2", "str.w r0, [r4]", None),
    ("and.w r0, r1, r2", "smlad r3, r4, r5, r0", None),
    ("push {r0, r1}", "add.w r3, r4, r5", "alone"),
    ("add.w r3, r4, r5", "pop {r0, r1}", "alone"),
    ("sdiv r0, r1, r2", "add.w r3, r4, r5", "alone"),
    ("vadd.f32 s0, s1, s2", "vmul.f32 s3, s4, s5", "two fp arithmetic"),
    ("vadd.f32 s0, s1, s2", "vldr s3, [r0]", None),
    ("vfma.f32 s0, s1, s2", "vldr s3, [r0]", "fp multiply-accumulate"),
    ("vmla.f32 s0, s1, s2", "add.w r3, r4, r5", None),
]


@pytest.mark.parametrize(("older", "younger", "reason"), PAIRS)
def test_two_instructions_pair_or_the_reason_is_told(older, younger, reason):
    cost = alone(f"{older};{younger}")
    assert cost.lost == (None, reason)
    assert (issued(cost)[1] == issued(cost)[0]) == (reason is None)


# producer, consumer, cycles between their issue
LATENCIES = [
    ("and.w r0, r1, r2", "and.w r3, r0, r4", 1),
    ("and.w r0, r1, r2", "and.w r3, r4, r0, lsl #2", 2),
    ("and.w r0, r1, r2", "and.w r3, r0, r4, lsl #2", 1),
    ("and.w r0, r1, r2", "ldr.w r3, [r0]", 2),
    ("add.w r0, r1, r2", "ldr.w r3, [r0]", 1),
    ("uxtb.w r0, r1", "ldr.w r3, [r0]", 2),
    ("rev.w r0, r1", "ldr.w r3, [r0]", 2),
    ("rev.w r0, r1", "lsl.w r3, r0, #2", 0),
    ("ssat r0, #8, r1", "and.w r3, r0, r4", 2),
    ("ldr.w r0, [r1]", "and.w r3, r0, r4", 1),
    ("ldr.w r0, [r1]", "and.w r3, r4, r0, lsl #2", 2),
    ("ldr.w r0, [r1]", "ldr.w r3, [r0]", 2),
    ("ldr.w r0, [r1]", "mul r3, r0, r4", 2),
    ("ldr.w r0, [r1]", "mla r3, r4, r5, r0", 1),
    ("ldrb.w r0, [r1]", "and.w r3, r0, r4", 2),
    ("ldrb.w r0, [r1]", "ldr.w r3, [r0]", 3),
    ("mul r0, r1, r2", "and.w r3, r0, r4", 2),
    ("mul r0, r1, r2", "mla r3, r4, r5, r0", 1),
    ("mul r0, r1, r2", "ldr.w r3, [r0]", 3),
    ("ldr r5, [r0], #4", "ldr.w r3, [r0]", 1),
    ("ldr r5, [r0], #4", "and.w r3, r0, r4", 0),
    ("str.w r5, [r0]", "ldr.w r3, [r0]", 4),
    ("str.w r5, [r0]", "ldr.w r3, [r0, #4]", 0),
    ("str r5, [r0, #4]!", "ldr.w r3, [r0]", 4),
    ("cmp r0, r1", "adc.w r3, r4, r5", 1),
    ("cmp.w r0, r1, lsl #2", "adc.w r3, r4, r5", 2),
    ("vadd.f32 s0, s1, s2", "vmul.f32 s3, s0, s4", 3),
    ("vadd.f32 s0, s1, s2", "vstr s0, [r0]", 1),
    ("vfma.f32 s0, s1, s2", "vmul.f32 s3, s0, s4", 5),
    ("vmla.f32 s0, s1, s2", "vstr s0, [r0]", 4),
    ("vldr s0, [r0]", "vfma.f32 s0, s1, s2", 3),
    ("vldr s0, [r0]", "vadd.f32 s3, s0, s2", 1),
    ("vmov s0, r0", "vadd.f32 s3, s0, s2", 3),
    ("vmov r0, s0", "and.w r3, r0, r4", 1),
    ("vfma.f32 s0, s1, s2", "vadd.f32 s3, s4, s5", 4),
    ("vmla.f32 s0, s1, s2", "vfma.f32 s3, s4, s5", 2),
]


@pytest.mark.parametrize(("producer", "consumer", "cycles"), LATENCIES)
def test_a_consumer_waits_as_many_cycles_as_were_measured(producer, consumer, cycles):
    first, second = issued(alone(f"{producer};{consumer}"))
    assert second - first == cycles


@pytest.mark.parametrize(
    ("text", "cycles"),
    [("sdiv r0, r1, r2", 7), ("vdiv.f32 s0, s1, s2", 16), ("vsqrt.f32 s0, s1", 14),
     ("vadd.f64 d0, d1, d2", 2), ("vmul.f64 d0, d1, d2", 5), ("vfma.f64 d0, d1, d2", 7),
     ("vdiv.f64 d0, d1, d2", 30), ("ldrd r0, r1, [r2]", 1), ("pop {r0, r1, r2, r3, r4}", 3),
     ("vldmia r0, {s0, s1, s2, s3}", 2), ("tbb [r0, r1]", 2), ("dmb sy", 2)],
)  # fmt: skip
def test_some_instructions_keep_the_pipeline_for_several_cycles(text, cycles):
    assert alone(text).total == cycles


@pytest.mark.parametrize(
    ("text", "offset", "extra"),
    [("ldr.w r1, [r0]", 0, 0), ("ldr.w r1, [r0]", 1, 3), ("ldr.w r1, [r0]", 2, 3),
     ("ldrh.w r1, [r0]", 1, 3), ("ldrh.w r1, [r0]", 2, 0), ("str.w r1, [r0]", 1, 0)],
)  # fmt: skip
def test_an_unaligned_load_takes_three_cycles_more_and_a_store_is_buffered(text, offset, extra):
    _, causes = cycles_of(f"{text}\nb #{CODE:#x}", 20, r0=RAM + offset)
    assert causes.get("unaligned", 0) == 10 * extra


def loop(body: str) -> str:
    return f"loop:\n{body}\nsubs r0, #1\nbne #{CODE:#x}".replace(";", "\n")


@pytest.mark.parametrize(
    ("body", "cycles"),
    [
        ("nop", 1.5),  # SUBS, and BNE with what stands at its target; pairs slide
        ("add.w r1, r1, r2;add.w r3, r3, r2", 2),
        ("mul r1, r2, r2;add.w r3, r3, r2;add.w r4, r4, r2", 2.5),
        ("add.w r1, r1, r2;add.w r1, r1, r2;add.w r1, r1, r2", 3),
    ],
)
def test_a_predicted_loop_pays_for_its_instructions_only(body, cycles):
    length = body.count(";") + 3
    few, _ = cycles_of(loop(body), 20 * length, r0=1000)
    many, _ = cycles_of(loop(body), 120 * length, r0=1000)
    assert many - few == 100 * cycles


def test_a_loop_is_mispredicted_when_first_taken_and_when_left():
    text = loop("nop")
    _, running = cycles_of(text, 30, r0=1000)
    assert running["mispredict"] == 6
    _, left = cycles_of(text, 30, r0=10)
    assert left["mispredict"] == 12


def test_flags_set_three_cycles_before_a_branch_resolve_it_two_cycles_sooner():
    waits = ";".join(["add.w r1, r1, r2"] * 4)
    text = f"loop:\nsubs r0, #1\n{waits}\nbne #{CODE:#x}".replace(";", "\n")
    _, causes = cycles_of(text, 60, r0=10)
    assert causes["mispredict"] == 8


def test_a_call_and_its_return_are_predicted_from_the_second_time_on():
    text = f"bl #{CODE + 0x20:#x}\nb #{CODE:#x}"
    text += "\nnop" * ((0x20 - 6) // 2) + "\nadd.w r0, r0, r1\nbx lr"
    _, few = cycles_of(text, 40)
    _, many = cycles_of(text, 400)
    assert few.get("mispredict", 0) == many.get("mispredict", 0) == 0
    assert many["branch"] == few["branch"] == 2  # BL and B, once each


def test_a_jump_through_a_register_is_predicted_where_it_went_last():
    text = "loop:\neors r2, r3\nbx r2"
    _, steady = cycles_of(text, 20, r2=CODE | 1, r3=0)
    assert steady["mispredict"] == 8


def test_two_loads_whose_addresses_only_the_run_knows_meet_in_a_bank():
    text = f"loop:\nldr.w r2, [r0]\nldr.w r3, [r1]\nb #{CODE:#x}"
    apart, _ = cycles_of(text, 300, r0=RAM, r1=RAM + 0x104)
    meeting, causes = cycles_of(text, 300, r0=RAM, r1=RAM + 0x108)
    assert 0 < causes["bus"] == meeting - apart <= 100


@pytest.mark.parametrize(
    ("text", "offset", "extra"),
    [("stm.w r0, {r1, r2}", 0, 0), ("stm.w r0, {r1, r2}", 4, 1), ("stm.w r0, {r1, r2, r3}", 4, 0),
     ("strd r1, r2, [r0, #4]", 0, 1), ("ldm.w r0, {r1, r2}", 4, 0)],
)  # fmt: skip
def test_an_even_number_of_words_is_stored_to_doublewords_or_takes_a_cycle_more(
    text, offset, extra
):
    _, causes = cycles_of(f"{text}\nb #{CODE:#x}", 20, r0=RAM + offset)
    assert causes.get("unaligned", 0) == 10 * extra


def test_a_push_counts_from_where_it_stores_first():
    text = f"push {{r1, r2}}\nadd sp, #8\nb #{CODE:#x}"
    assert "unaligned" not in cycles_of(text, 30, r13=RAM + 0x100)[1]
    assert cycles_of(text, 30, r13=RAM + 0x104)[1]["unaligned"] == 10


def test_narrow_stores_fill_the_store_buffer_at_four_cycles_each():
    text = "\n".join(["strb r1, [r0]"] * 40) + f"\nb #{CODE:#x}"
    cycles, causes = cycles_of(text, 41 * 10, r0=RAM)
    assert cycles == pytest.approx(1600, abs=40)
    assert causes["store_buffer"] > 1000
    text = text.replace("strb", "str")
    assert "store_buffer" not in cycles_of(text, 41 * 10, r0=RAM)[1]


POOL = [
    "add.w r0, r1, r2", "adds r1, #1", "and.w r2, r0, r3", "add.w r3, r2, r1, lsl #2",
    "ldr.w r0, [r4, #4]", "ldr.w r1, [r5]", "ldrb r2, [r4], #1", "str.w r3, [r4, #4]",
    "strh.w r3, [r4]", "mul r0, r1, r2", "smlad r3, r0, r1, r3", "smlal r0, r1, r2, r3",
    "uxtb.w r1, r0", "ubfx r2, r3, #2, #3", "rev.w r0, r2", "ldm.w r4!, {r0, r1, r2}",
    "push {r0, r1, r2, r3}", "vadd.f32 s0, s1, s2", "vfma.f32 s0, s1, s2", "vmla.f32 s3, s0, s2",
    "vldr s0, [r4]", "vstr s0, [r4]", "vmov r0, s0", "vmul.f64 d0, d1, d2", "sdiv r0, r1, r2",
    "adcs.w r0, r1, r2", "cmp.w r0, r1, lsl #2", "nop",
]  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.sampled_from(POOL), min_size=2, max_size=24), st.data())
def test_splitting_a_run_costs_the_same_and_leaves_the_same_behind(texts, data):
    steps = decoded(";".join(texts))
    at = data.draw(st.integers(1, len(steps) - 1))
    model = CortexM7()
    whole = model.block(steps, None)
    first = model.block(steps[:at], None)
    second = model.block(steps[at:], first.fall)
    assert first.steps + second.steps == whole.steps
    assert first.lost + second.lost == whole.lost
    assert second.fall == whole.fall
    assert first.total + second.total == whole.total


@settings(deadline=None)
@given(st.lists(st.sampled_from(POOL), min_size=1, max_size=24))
def test_a_body_that_repeats_reaches_few_states(texts):
    model, steps = CortexM7(), decoded(";".join(texts))
    state, seen = None, set()
    for _ in range(20):
        state = model.block(steps, state).fall
        seen.add(state)
    assert len(seen) < 10
