"""What compiled code leaves to the machine, seen by guests: devices, faults, exceptions, sleep."""

from collections.abc import Callable

import pytest
from guests import (
    CODE,
    CYCLE_COUNTER,
    FPU_ON,
    HARD_FAULT,
    PENDSV,
    RAM,
    STACK,
    SVCALL,
    SYSTICK,
    USAGE_FAULT,
    Guest,
    get,
    put,
    run_guest,
)

Start = Callable[..., Guest]


@pytest.fixture
def guest(tmp_path_factory: pytest.TempPathFactory) -> Start:
    """Run a program: `guest(source, {vector: label})`."""
    return lambda *args, **options: run_guest(tmp_path_factory.mktemp("guest"), *args, **options)


# devices ------------------------------------------------------------------------------------------


def test_a_device_access_in_the_middle_of_a_block_goes_on_behind_it(guest: Start) -> None:
    done = guest(
        f"""
        movs r0, #1
        {put("SYST_RVR", 0x1234)}
        adds r0, #1
        ldr.w r8, [r7]
        adds r0, #1
        strb r0, [r7, #1]
        ldrb r2, [r7, #1]
        ldrh r3, [r7]
        adds r0, #1
        mov r4, r0
        b exit
        """
    )
    assert [done.r(k) for k in (8, 2, 3, 4)] == [0x1234, 3, 0x334, 4]
    assert done.run.stop.reason == "exit"
    assert done.run.stop.status == 0


def test_cpuid_tells_the_core(guest: Start) -> None:
    source = get("0xe000ed00", "r4") + "b exit"
    assert done_r4(guest(source)) == 0x410F_C241
    assert done_r4(guest(source, board="nucleo-f746zg")) == 0x411F_C271


def done_r4(done: Guest) -> int:
    assert done.run.stop.reason == "exit"
    return done.r(4)


# faults -------------------------------------------------------------------------------------------

HANDLER = f"""
handler:
    mov r8, lr
    mrs r9, ipsr
    ldr.w r10, [sp, #24]
    {get("CFSR", "r11", "r3")}
    {get("BFAR", "r12", "r3")}
    {get("HFSR", "r5", "r3")}
    b exit
"""
NOWHERE = 0x3000_0000
FAULTS = {
    "load from nowhere": (f"mov32 r1, #{NOWHERE}", "ldr r0, [r1]", 0x8200, NOWHERE),
    "store to nowhere": (f"mov32 r1, #{NOWHERE}", "str r0, [r1]", 0x8200, NOWHERE),
    "byte load from nowhere": (f"mov32 r1, #{NOWHERE}", "ldrb r0, [r1, #3]", 0x8200, NOWHERE + 3),
    "store to flash": (f"mov32 r1, #{CODE}", "str r0, [r1]", 0x8200, CODE),
    "ldm from nowhere": (f"mov32 r1, #{NOWHERE}", "ldm r1!, {r0, r2}", 0x8200, NOWHERE),
    "unaligned ldm": (f"mov32 r1, #{RAM + 2}", "ldm r1!, {r0, r2}", 1 << 24, None),
    "unaligned stm": (f"mov32 r1, #{RAM + 2}", "stm r1!, {r0, r2}", 1 << 24, None),
    "unaligned ldrd": (f"mov32 r1, #{RAM + 1}", "ldrd r0, r2, [r1]", 1 << 24, None),
    "unaligned strd": (f"mov32 r1, #{RAM + 2}", "strd r0, r2, [r1]", 1 << 24, None),
    "unaligned ldrex": (f"mov32 r1, #{RAM + 2}", "ldrex r0, [r1]", 1 << 24, None),
    "unaligned word with UNALIGN_TRP": (
        f"{put('CCR', 0x208)}\nmov32 r1, #{RAM + 1}", "ldr r0, [r1]", 1 << 24, None,
    ),
    "unaligned halfword with UNALIGN_TRP": (
        f"{put('CCR', 0x208)}\nmov32 r1, #{RAM + 1}", "strh r0, [r1]", 1 << 24, None,
    ),
    "division by zero with DIV_0_TRP": (
        f"{put('CCR', 0x210)}\nmovs r1, #0", "sdiv r0, r2, r1", 1 << 25, None,
    ),
    "floating point while it is off": ("nop", "vadd.f32 s0, s0, s0", 1 << 19, None),
    "udf": ("nop", "udf #7", 1 << 16, None),
    "wide udf": ("nop", "udf.w #7", 1 << 16, None),
    "unaligned vldr": (f"{FPU_ON}\nmov32 r1, #{RAM + 2}", "vldr s0, [r1]", 1 << 24, None),
}  # fmt: skip


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_in_the_middle_of_a_block_has_no_effect_but_the_exception(
    guest: Start, what: str
) -> None:
    before, bad, status, address = FAULTS[what]
    done = guest(
        f"""
        movs r0, #5
        {before}
        movs r2, #9
        mov r4, r1
    bad:
        {bad}
        movs r0, #77
        b exit
        {HANDLER}
        """,
        {HARD_FAULT: "handler"},
    )
    assert done.run.stop.reason == "exit"
    assert done.r(11) == status  # CFSR
    assert done.r(10) == done.labels["bad"]  # stacked PC
    assert done.r(9) == HARD_FAULT
    assert done.r(8) == (0xFFFF_FFE9 if "vldr" in what else 0xFFFF_FFF9)
    assert done.r(5) == 1 << 30  # HFSR.FORCED
    if address is not None:
        assert done.r(12) == address
    frame = done.words(done.r(13), 4)
    assert frame == [5, done.r(4), 9, 0]  # R0 to R3 as before


@pytest.mark.parametrize(
    ("target", "status", "pc"),
    [
        (RAM + 0x100, 1 << 17, RAM + 0x100),  # even: INVSTATE
        (NOWHERE | 1, 1 << 8, NOWHERE),  # nothing there: IBUSERR
        (0x4000_0001, 1 << 0, 0x4000_0000),  # peripheral space holds no code: IACCVIOL
    ],
)
@pytest.mark.parametrize("how", ["bx r1", "blx r1", "push {r1}\npop {pc}", "mov32 r2, #0x20000000\n"
                                 "str r1, [r2]\nldr.w pc, [r2]"])  # fmt: skip
def test_a_branch_to_a_bad_address_faults_there(
    guest: Start, target: int, status: int, pc: int, how: str
) -> None:
    done = guest(f"mov32 r1, #{target}\n{how}\nb exit\n{HANDLER}", {HARD_FAULT: "handler"})
    assert done.r(11) == status
    assert done.r(10) == pc


def test_a_branch_without_the_thumb_bit_faults_even_to_code_that_ran_before(guest: Start) -> None:
    done = guest(
        f"""
        movs r4, #0
        bl function
        bl function
        mov32 r1, #{CODE}
        mov32 r1, function
        blx r1
        b exit
    function:
        adds r4, #1
        bx lr
        {HANDLER}
        """,
        {HARD_FAULT: "handler"},
    )
    assert done.r(11) == 1 << 17
    assert done.r(10) == done.labels["function"]
    assert done.r(4) == 2


def test_an_enabled_usage_fault_is_taken_itself(guest: Start) -> None:
    source = f"{put('SHCSR', 7 << 16)}\nudf #0\nb exit\n{HANDLER}"
    done = guest(source, {USAGE_FAULT: "handler", HARD_FAULT: "exit"})
    assert (done.r(9), done.r(11), done.r(5)) == (USAGE_FAULT, 1 << 16, 0)


@pytest.mark.parametrize("wide", [False, True])
def test_an_undefined_instruction_nobody_handles_ends_the_run(guest: Start, wide: bool) -> None:
    code = ".half 0xffff, 0xffff" if wide else ".half 0xb600"
    done = guest(f"movs r0, #1\nnop\nbad:\n{code}\nb exit")
    at = done.labels["bad"]
    shown = "ffff ffff" if wide else "b600"
    assert done.run.stop.reason == "fault"
    assert done.run.stop.status == 3
    assert done.run.stop.pc == at
    assert done.run.instructions == 2
    message = done.run.stop.message
    assert f"(UsageFault at {at:#010x}: undefined instruction {shown} (" in message
    assert message.endswith(f", at {at:#010x} in bad")


def test_a_double_precision_instruction_of_an_m7_is_not_one_of_an_m4(guest: Start) -> None:
    done = guest(f"{FPU_ON}\nbad: vadd.f64 d0, d1, d2\nb exit")
    at = done.labels["bad"]
    cause = "undefined instruction ee31 0b02 (Capstone reads vadd.f64 d0, d1, d2)"
    assert f"(UsageFault at {at:#010x}: {cause}; then" in done.run.stop.message
    assert done.run.stop.message.endswith(f", at {at:#010x} in bad")


def test_a_fault_while_handling_a_hard_fault_locks_up(guest: Start) -> None:
    done = guest("udf #0\nb exit\nhandler: udf #1\nb exit", {HARD_FAULT: "handler"})
    assert (done.run.stop.reason, done.run.stop.status) == ("fault", 3)
    first, second = done.labels["start"], done.labels["handler"]
    assert done.run.stop.message == (
        "lockup: undefined instruction, while a fault of the highest priority was being handled "
        f"(UsageFault at {first:#010x}: undefined instruction; "
        f"then UsageFault at {second:#010x}: undefined instruction), at {first:#010x} in start"
    )


# exceptions ---------------------------------------------------------------------------------------


def test_svc_stacks_the_frame_of_the_manual(guest: Start) -> None:
    done = guest(
        """
        movs r0, #10
        movs r1, #11
        movs r2, #12
        movs r3, #13
        movw r12, #112
        movw lr, #114
        subs r4, r0, r1
        svc #0x42
    after:
        mov r7, r0
        b exit
    handler:
        mov r8, sp
        mov r9, lr
        mrs r10, ipsr
        ldr r4, [sp, #24]
        subs r4, #2
        ldrb r5, [r4]
        movs r6, #99
        str r6, [sp]
        bx lr
        """,
        {SVCALL: "handler"},
    )
    frame = done.words(done.r(8), 8)
    assert done.r(8) == STACK - 32
    assert frame[1:7] == [11, 12, 13, 112, 114, done.labels["after"]]
    assert frame[7] == 0x8100_0000  # N, T
    assert (done.r(9), done.r(10), done.r(5)) == (0xFFFF_FFF9, SVCALL, 0x42)
    assert done.r(7) == 99  # R0 came from the frame
    assert done.r(13) == STACK
    assert done.run.causes["exception"] == 12 + 10


def test_a_frame_is_aligned_to_8_bytes_and_the_stack_comes_back(guest: Start) -> None:
    done = guest(
        "push {r0}\nmov r5, sp\nsvc #0\nmov r6, sp\nb exit\nhandler: mov r8, sp\nbx lr",
        {SVCALL: "handler"},
    )
    assert done.r(5) == done.r(6) == STACK - 4
    assert done.r(8) == STACK - 40
    assert done.word(done.r(8) + 28) & 1 << 9


def test_thread_mode_on_the_process_stack(guest: Start) -> None:
    done = guest(
        f"""
        mov32 r0, #{RAM + 0x800}
        msr psp, r0
        movs r0, #2
        msr control, r0
        isb sy
        svc #0
        mov r6, sp
        b exit
    handler:
        mov r8, sp
        mov r9, lr
        mrs r10, psp
        bx lr
        """,
        {SVCALL: "handler"},
    )
    assert (done.r(8), done.r(9), done.r(10)) == (STACK, 0xFFFF_FFFD, RAM + 0x7E0)
    assert done.r(6) == RAM + 0x800


def test_floating_point_state_is_saved_when_the_handler_uses_it(guest: Start) -> None:
    done = guest(
        f"""
        {FPU_ON}
        vmov.f32 s0, #1.000000e+00
        vmov.f32 s15, #2.000000e+00
        vmov.f32 s16, #3.000000e+00
        mov32 r0, #{1 << 22}
        vmsr fpscr, r0
        svc #0
        vmrs r6, fpscr
        b exit
    handler:
        mov r8, sp
        mov r9, lr
        {get("FPCCR", "r4", "r3")}
        vmov.f32 s0, #5.000000e+00
        vmov.f32 s15, #5.000000e+00
        vmov.f32 s16, #5.000000e+00
        {get("FPCCR", "r5", "r3")}
        vmrs r10, fpscr
        bx lr
        """,
        {SVCALL: "handler"},
    )
    assert (done.r(8), done.r(9)) == (STACK - 0x68, 0xFFFF_FFE9)
    assert (done.r(4) & 1, done.r(5) & 1) == (1, 0)  # LSPACT: pending, then saved
    assert (done.r(6), done.r(10)) == (1 << 22, 0)
    assert (done.s(0), done.s(15), done.s(16)) == (0x3F80_0000, 0x4000_0000, 0x40A0_0000)
    saved = done.words(done.r(8) + 0x20, 17)
    assert (saved[0], saved[15], saved[16]) == (0x3F80_0000, 0x4000_0000, 1 << 22)
    assert done.run.causes["exception"] == 12 + 17 + 10 + 17  # entry, saving, return, loading


def test_a_handler_without_floating_point_saves_nothing_but_makes_room(guest: Start) -> None:
    done = guest(
        f"""
        {FPU_ON}
        vmov.f32 s0, #1.000000e+00
        svc #0
        vmov.f32 s1, #2.000000e+00
        mrs r6, control
        b exit
    handler:
        mov r8, sp
        mrs r5, control
        bx lr
        """,
        {SVCALL: "handler"},
    )
    assert done.r(8) == STACK - 0x68
    assert (done.r(5), done.r(6)) == (0, 4)
    assert done.words(done.r(8) + 0x20, 1) == [0]
    assert done.s(0) == 0x3F80_0000
    assert done.run.causes["exception"] == 12 + 10


def test_floating_point_state_that_is_not_saved_lazily_takes_its_time_at_once(guest: Start) -> None:
    done = guest(
        f"{FPU_ON}{put('FPCCR', 1 << 31)}vmov.f32 s0, #1.000000e+00\nsvc #0\nb exit\n"
        "handler: bx lr",
        {SVCALL: "handler"},
    )
    assert done.run.causes["exception"] == 12 + 17 + 10 + 17


def test_pendsv_waits_for_the_handler_that_pended_it(guest: Start) -> None:
    done = guest(
        f"""
        {put("SHPR3", 0xFF << 16)}
        movs r4, #0
        svc #0
        lsls r4, r4, #4
        adds r4, #3
        b exit
    handler:
        {put("ICSR", 1 << 28, "r3", "r2")}
        dsb sy
        lsls r4, r4, #4
        adds r4, #1
        bx lr
    pendsv:
        lsls r4, r4, #4
        adds r4, #2
        mov r9, lr
        bx lr
        """,
        {SVCALL: "handler", PENDSV: "pendsv"},
    )
    assert done.r(4) == 0x123
    assert done.r(9) == 0xFFFF_FFF9
    assert done.run.causes["exception"] == 12 + 6 + 10  # entry, tail-chain, return


def test_a_more_urgent_exception_preempts_and_returns_to_the_handler(guest: Start) -> None:
    done = guest(
        f"""
        {put("SHPR2", 0x80 << 24)}
        {put("SHPR3", 0x40 << 24)}
        movs r4, #0
        svc #0
        b exit
    handler:
        {put("ICSR", 1 << 26, "r3", "r2")}
        lsls r4, r4, #4
        adds r4, #2
        bx lr
    tick:
        mov r9, lr
        lsls r4, r4, #4
        adds r4, #1
        bx lr
        """,
        {SVCALL: "handler", SYSTICK: "tick"},
    )
    assert (done.r(4), done.r(9)) == (0x12, 0xFFFF_FFF1)


def test_primask_holds_back_and_basepri_holds_back_what_is_less_urgent(guest: Start) -> None:
    done = guest(
        f"""
        {put("SHPR3", 0x80 << 24)}
        movs r4, #0
        cpsid i
        {put("ICSR", 1 << 26)}
        adds r4, #1
        movs r0, #0x80
        msr basepri, r0
        cpsie i
        adds r4, #1
        mov r5, r4
        movs r0, #0x90
        msr basepri, r0
        mov r6, r4
        b exit
    tick:
        adds r4, #16
        bx lr
        """,
        {SYSTICK: "tick"},
    )
    assert (done.r(5), done.r(6)) == (2, 18)


def test_an_interrupted_it_block_goes_on_where_it_was(guest: Start) -> None:
    """SVC in the middle of an IT block: the rest of the block is stacked in xPSR."""
    done = guest(
        """
        movs r0, #0
        movs r1, #0
        movs r2, #0
        cmp r0, #0
        ittte eq
        addeq r1, r1, #1
        svceq #0
        addeq r1, r1, #2
        addne r1, r1, #4
        adds r2, #1
        b exit
    handler:
        ldr.w r8, [sp, #28]
        movs r3, #1
        cmp r3, #0
        bx lr
        """,
        {SVCALL: "handler"},
    )
    assert done.words(done.r(13) - 32, 4)[1] == 1
    assert done.r(8) & 0x0600_FC00  # IT bits
    assert done.run.stop.reason == "exit"


def test_bkpt_without_a_debugger_is_a_hard_fault(guest: Start) -> None:
    done = guest(f"nop\nbad: bkpt #1\nb exit\n{HANDLER}", {HARD_FAULT: "handler"})
    assert done.r(10) == done.labels["bad"]
    assert done.r(5) == 1 << 31  # HFSR.DEBUGEVT


# time ---------------------------------------------------------------------------------------------


def systick(period: int) -> str:
    return put("SYST_RVR", period - 1) + put("SYST_CVR", 0) + put("SYST_CSR", 7)


def test_wfi_lets_the_clock_jump_to_the_next_tick(guest: Start) -> None:
    done = guest(
        f"""
        {CYCLE_COUNTER}
        movs r4, #0
        {systick(10_000_000)}
    wait:
        wfi
        adds r5, #1
        cmp r4, #3
        bne wait
        {get("CYCCNT", "r8")}
        b exit
    tick:
        adds r4, #1
        bx lr
        """,
        {SYSTICK: "tick"},
    )
    assert done.r(4) == done.r(5) == 3  # one turn for each tick
    assert done.run.instructions < 100
    assert done.run.causes["sleep"] == pytest.approx(30_000_000, abs=200)
    assert done.run.cycles == pytest.approx(30_000_000, abs=200)
    assert done.r(8) == pytest.approx(30_000_000, abs=200)


def test_wfi_with_nothing_to_wake_it_ends_the_run(guest: Start) -> None:
    done = guest("nop\nwfi\nb exit")
    assert (done.run.stop.reason, done.run.stop.status) == ("fault", 3)
    assert done.run.stop.message.startswith("the core sleeps and nothing can wake it, at 0x")


def test_wfi_sleeps_until_a_cycle_limit(guest: Start) -> None:
    done = guest("nop\nwfi\nb exit", max_cycles=1_000_000)
    assert (done.run.stop.reason, done.run.stop.status) == ("limit", 124)
    assert done.run.cycles == 1_000_000


def test_wfi_with_primask_wakes_without_taking_the_interrupt(guest: Start) -> None:
    done = guest(f"cpsid i\nmovs r4, #0\n{systick(1000)}\nwfi\nmov r5, r4\ncpsie i\nnop\nmov r6, r4"
                 "\nb exit\ntick: adds r4, #1\nbx lr", {SYSTICK: "tick"})  # fmt: skip
    assert (done.r(5), done.r(6)) == (0, 1)


def test_sev_lets_one_wfe_through(guest: Start) -> None:
    done = guest("sev\nwfe\nmovs r4, #1\nwfe\nmovs r4, #2\nb exit")
    assert done.r(4) == 1
    assert done.run.stop.message.startswith("the core sleeps and nothing can wake it, at 0x")


@pytest.mark.parametrize("board", ["stm32f4-discovery", "nucleo-f746zg"])
@pytest.mark.parametrize("loop", ["", "nop\nnop\nnop\n", "adds r0, #1\neors r0, r1\n" * 40])
def test_systick_interrupts_a_busy_loop_without_drift(guest: Start, board: str, loop: str) -> None:
    period = 1013
    done = guest(
        f"""
        {CYCLE_COUNTER}
        mov32 r4, #{RAM}
        {systick(period)}
    busy:
        {loop}
        b.w busy
    tick:
        {get("CYCCNT", "r2", "r3")}
        str r2, [r4]
        adds r4, #4
        uxtb r3, r4
        cmp r3, #160
        beq exit
        bx lr
        """,
        {SYSTICK: "tick"},
        board=board,
    )
    assert done.run.stop.reason == "exit"
    times = done.words(RAM, 40)
    late = [time - times[0] - k * period for k, time in enumerate(times)]
    # An interrupt waits for the current instruction only; fetching that from flash takes its time.
    assert max(late) - min(late) <= 12, late


def test_cyccnt_counts_the_cycles_between_two_reads(guest: Start) -> None:
    def counted(body: str) -> int:
        done = guest(
            f"{CYCLE_COUNTER}\nmov32 r7, #0xe0001004\nldr r4, [r7]\n{body}\nldr r5, [r7]\nb exit"
        )
        assert done.run.stop.reason == "exit"
        return done.r(5) - done.r(4)

    empty = counted("eors r0, r1")
    for length in (1, 10, 100):
        assert counted("eors r0, r1\n" * (1 + length)) == empty + length


def test_cyccnt_can_be_set_and_stopped(guest: Start) -> None:
    done = guest(
        f"""
        {CYCLE_COUNTER}
        {put("CYCCNT", 0xFFFF_FFF0)}
        nop
        nop
        {put("DWT_CTRL", 0)}
        {get("CYCCNT", "r4")}
        nop
        {get("CYCCNT", "r5")}
        b exit
        """
    )
    assert done.r(4) == done.r(5)
    assert 0 < done.r(4) + 0x10 & 0xFFFF_FFFF < 32


@pytest.mark.parametrize("board", ["stm32f4-discovery", "nucleo-f746zg"])
@pytest.mark.parametrize("access", ["ldr r0, [r1]", "str r0, [r1]", "ldrh r0, [r1]"])
def test_an_unaligned_access_costs_the_same_wherever_it_is(
    guest: Start, access: str, board: str
) -> None:
    def unaligned(address: int) -> int:
        done = guest(f"mov32 r1, #{address}\n{access}\nb exit", board=board)
        assert done.run.stop.reason == "exit"
        return done.run.causes.get("unaligned", 0)

    assert unaligned(RAM + 0x3FF) == unaligned(RAM + 0x201)


def test_cyccnt_starts_when_tracing_is_enabled_last(guest: Start) -> None:
    done = guest(f"{put('DWT_CTRL', 1)}{put('DEMCR', 1 << 24)}" + "nop\n" * 50
                 + get("CYCCNT", "r4") + "b exit")  # fmt: skip
    assert 50 <= done.r(4) < 60


def test_systick_counts_from_its_reload_value_to_zero(guest: Start) -> None:
    reads = "\n".join(f"nop\nldr r2, [r7]\nstr r2, [r5, #{4 * k}]" for k in range(1, 31))
    done = guest(
        f"{put('SYST_RVR', 6)}{put('SYST_CVR', 0)}{put('SYST_CSR', 5)}"
        f"mov32 r5, #{RAM}\nmov32 r7, #0xe000e018\n{reads}\nb exit"
    )
    assert set(done.words(RAM + 4, 30)) == set(range(7))


# code that changes --------------------------------------------------------------------------------


def test_code_in_ram_may_be_patched_and_called_again(guest: Start) -> None:
    done = guest(
        f"""
        mov32 r0, function
        mov32 r1, #{RAM + 0x40}
        ldr r2, [r0]
        str r2, [r1]
        movs r4, #0
        mov32 r5, #{RAM + 0x41}
        blx r5
        blx r5
        mov r8, r4
        movs r2, #7
        strb r2, [r1]
        dsb sy
        isb sy
        blx r5
        b exit
        .align 4
    function:
        adds r4, #1
        bx lr
        """
    )
    assert (done.r(8), done.r(4)) == (2, 9)


def test_a_store_may_change_the_very_next_instruction(guest: Start) -> None:
    done = guest(
        f"""
        mov32 r0, function
        mov32 r1, #{RAM + 0x40}
        movs r3, #16
    copy:
        ldr r2, [r0]
        str r2, [r1]
        adds r0, #4
        adds r1, #4
        subs r3, #4
        bne copy
        movs r4, #0
        mov32 r1, #{RAM + 0x40}
        movs r2, #7
        mov32 r5, #{RAM + 0x41}
        blx r5
        b exit
        .align 4
    function:
        adds r4, #1
        strb r2, [r1, #4]
        adds r4, #1
        bx lr
        nop
        nop
        nop
        nop
        """
    )
    assert done.r(4) == 1 + 7


def test_data_beside_code_in_ram_is_seen(guest: Start) -> None:
    done = guest(
        f"""
        mov32 r0, function
        mov32 r1, #{RAM + 0x40}
        ldr r2, [r0]
        str r2, [r1]
        ldr r2, [r0, #4]
        str r2, [r1, #4]
        mov32 r5, #{RAM + 0x41}
        movs r3, #100
    again:
        blx r5
        subs r3, #1
        bne again
        mov32 r1, #{RAM + 0x80}
        ldr r4, [r1]
        b exit
        .align 4
    function:
        ldr r2, [r1, #64]
        adds r2, #1
        str r2, [r1, #64]
        bx lr
        """
    )
    assert done.r(4) == 100
