"""The fixture `engine` itself, and single instructions whose corners are easily got wrong."""

from machines import RAM, Stepper


def test_adcs_overflows_when_only_the_carry_tips_it_over(engine: Stepper) -> None:
    after = engine.step("adcs r0, r1", r0=0x7FFF_FFFF, r1=0, c=1)
    assert after == {"r0": 0x8000_0000, "n": 1, "z": 0, "c": 0, "v": 1}


def test_sbcs_without_carry_subtracts_one_more(engine: Stepper) -> None:
    after = engine.step("sbcs r0, r1", r0=0, r1=0, c=0)
    assert after == {"r0": 0xFFFF_FFFF, "n": 1, "z": 0, "c": 0, "v": 0}


def test_rsbs_of_the_least_number_overflows(engine: Stepper) -> None:
    after = engine.step("rsbs r0, r1, #0", r1=0x8000_0000)
    assert after == {"r0": 0x8000_0000, "n": 1, "z": 0, "c": 0, "v": 1}


def test_cmp_writes_flags_only(engine: Stepper) -> None:
    assert engine.step("cmp r0, r1", r0=5, r1=5) == {"n": 0, "z": 1, "c": 1, "v": 0}


def test_muls_keeps_carry_and_overflow(engine: Stepper) -> None:
    after = engine.step("muls r0, r1, r0", r0=0, r1=7, c=1, v=1)
    assert after == {"r0": 0, "n": 0, "z": 1, "c": 1, "v": 1}


def test_lsls_by_zero_keeps_carry(engine: Stepper) -> None:
    after = engine.step("lsls r0, r1", r0=1, r1=0, c=1)
    assert after == {"r0": 1, "n": 0, "z": 0, "c": 1, "v": 0}


def test_ands_takes_the_carry_of_its_expanded_constant(engine: Stepper) -> None:
    after = engine.step("ands r0, r1, #0x80000000", r1=0xFFFF_FFFF)
    assert after == {"r0": 0x8000_0000, "n": 1, "z": 0, "c": 1, "v": 0}
    after = engine.step("ands r0, r1, #1", r1=0xFFFF_FFFF, c=1)
    assert after == {"r0": 1, "n": 0, "z": 0, "c": 1, "v": 0}


def test_add_to_sp_clears_its_low_bits(engine: Stepper) -> None:
    assert engine.step("add sp, r0", r0=7, r13=RAM) == {"r13": RAM + 4}


def test_adr_aligns_pc(engine: Stepper) -> None:
    assert engine.step("adr r0, #4") == {"r0": 0x0800_0408}


def test_ssat_saturates_and_sets_q(engine: Stepper) -> None:
    assert engine.step("ssat r0, #8, r1", r1=128) == {"r0": 127, "q": 1}
    assert engine.step("ssat r0, #8, r1", r1=127) == {"r0": 127}


def test_sadd16_sets_ge_by_the_sign_of_each_half(engine: Stepper) -> None:
    assert engine.step("sadd16 r0, r1, r2", r1=0x0001_8000) == {"r0": 0x0001_8000, "ge": 0b1100}


def test_str_with_writeback_stores_the_old_base(engine: Stepper) -> None:
    after = engine.step("str r1, [r0, #4]!", r0=RAM, r1=0x0403_0201)
    assert after == {"r0": RAM + 4, "memory": {RAM + 4: 1, RAM + 5: 2, RAM + 6: 3, RAM + 7: 4}}


def test_ldrsb_extends_the_sign(engine: Stepper) -> None:
    after = engine.step("ldrsb r0, [r1, r2]", r1=RAM, r2=1, memory={RAM + 1: b"\x80"})
    assert after == {"r0": 0xFFFF_FF80}


def test_unaligned_words_cross_pages(engine: Stepper) -> None:
    at = RAM + 0x3FD
    after = engine.step("ldr r0, [r1]", r1=at, memory={at: b"\x01\x02\x03\x04"})
    assert after == {"r0": 0x0403_0201}
    after = engine.step("str r0, [r1]", r0=0x0403_0201, r1=at)
    assert after["memory"] == {at: 1, at + 1: 2, at + 2: 3, at + 3: 4}


def test_ldm_of_its_own_base_does_not_write_back(engine: Stepper) -> None:
    memory = {RAM: bytes([1, 0, 0, 0, 2, 0, 0, 0])}
    assert engine.step("ldm r0, {r0, r1}", r0=RAM, memory=memory) == {"r0": 1, "r1": 2}
    assert engine.step("ldm r0!, {r1, r2}", r0=RAM, memory=memory) == {
        "r0": RAM + 8, "r1": 1, "r2": 2,
    }  # fmt: skip


def test_tbb_branches_by_twice_the_byte(engine: Stepper) -> None:
    after = engine.step("tbb [r0, r1]", r0=RAM, r1=3, memory={RAM + 3: b"\x05"})
    assert after == {"pc": 0x0800_0400 + 4 + 10}


def test_bl_and_blx_leave_a_thumb_return_address(engine: Stepper) -> None:
    assert engine.step("bl #0x8000500") == {"r14": 0x0800_0405, "pc": 0x0800_0500}
    assert engine.step("blx r3", r3=0x0800_0501) == {"r14": 0x0800_0403, "pc": 0x0800_0500}


def test_udiv_and_sdiv_by_zero_give_zero(engine: Stepper) -> None:
    assert engine.step("udiv r0, r1, r2", r0=9, r1=7) == {"r0": 0}
    assert engine.step("sdiv r0, r1, r2", r1=0x8000_0000, r2=0xFFFF_FFFF) == {"r0": 0x8000_0000}


def test_vadd_adds_singles(engine: Stepper) -> None:
    after = engine.step("vadd.f32 s0, s1, s2", s1=0x3F80_0000, s2=0x4000_0000)
    assert after == {"s0": 0x4040_0000}


def test_vpush_stores_below_sp(engine: Stepper) -> None:
    top = RAM + 0x1_0000
    after = engine.step("vpush {s1}", s1=0x0403_0201)
    assert after == {"r13": top - 4, "memory": {top - 4: 1, top - 3: 2, top - 2: 3, top - 1: 4}}
