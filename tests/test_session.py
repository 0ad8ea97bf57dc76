"""Sessions: stops, limits, arguments, resets, calls; what every caller of the package stands on."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from guests import CODE, HARD_FAULT, RAM, SYSTICK, Guest, get, image, put, run_guest

from armsim.choices import choose_board
from armsim.errors import CallError, UsageError
from armsim.machine.image import load_image
from armsim.session import Session, run_image

LOOP = "movs r0, #0\nbusy:\nadds r0, #1\neors r1, r0\nb busy"
# SYS_WRITE0 of the text behind `text`
HELLO = """
    mov32 r1, text
    movs r0, #4
    bkpt #0xab
    b exit
    .align 4
text:
    .word 0x6c6c6548, 0x000a6f
"""


@pytest.fixture
def guest(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Guest]:
    return lambda *args, **options: run_guest(tmp_path_factory.mktemp("guest"), *args, **options)


def session(folder: Path, source: str, **options: object) -> Session:
    path = folder / "guest.elf"
    path.write_bytes(image(source).build())
    loaded = load_image(path)
    board = choose_board(loaded, board="stm32f4-discovery")
    output = options.pop("stdout", io.BytesIO())
    return Session(loaded, board, stdin=io.BytesIO(), stdout=output, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "status"), [(0x20026, 0), (0x20023, 1), (0x20024, 1), (7, 1), (0, 1)]
)
def test_the_guest_ends_the_run_with_a_reason(
    guest: Callable[..., Guest], code: int, status: int
) -> None:
    done = guest(f"mov32 r1, #{code}\nb leave")
    assert (done.run.stop.reason, done.run.stop.status) == ("exit", status)
    assert done.run.stop.message == ""


@pytest.mark.parametrize("status", [0, 1, 2, 3, 42, 124, 255])
def test_the_guest_ends_the_run_with_any_status(guest: Callable[..., Guest], status: int) -> None:
    done = guest(
        f"""
        mov32 r1, #{RAM}
        mov32 r0, #0x20026
        str r0, [r1]
        movs r0, #{status}
        str r0, [r1, #4]
        movs r0, #0x20
        bkpt #0xab
        """
    )
    assert (done.run.stop.reason, done.run.stop.status) == ("exit", status)


@pytest.mark.parametrize("limit", [1, 2, 3, 100, 12_345])
def test_an_instruction_limit_is_exact(guest: Callable[..., Guest], limit: int) -> None:
    done = guest(LOOP, max_instructions=limit)
    assert done.run.instructions == limit
    assert done.run.stop.reason == "limit"
    assert done.run.stop.status == 124
    at = CODE if limit == 0 else CODE + 2 + 2 * ((limit - 1) % 3)
    assert done.run.stop.pc == at
    where = "busy" if at >= CODE + 2 else "start"
    assert done.run.stop.message == (
        f"limit of {limit:,} instructions reached at {at:#010x} in {where}"
    )


@pytest.mark.parametrize("limit", [1, 2, 3, 100, 12_345])
def test_a_cycle_limit_stops_at_the_first_instruction_that_reaches_it(
    guest: Callable[..., Guest], limit: int
) -> None:
    done = guest(LOOP, max_cycles=limit)
    assert limit <= done.run.cycles < limit + 3
    assert done.run.stop.message.startswith(f"limit of {limit:,} cycles reached at 0x0800020")
    before = guest(LOOP, max_instructions=done.run.instructions - 1 or 1)
    assert before.run.cycles < limit or done.run.instructions == 1


def test_a_run_goes_on_behind_a_limit_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    source = (
        f"{put('SYST_RVR', 97)}{put('SYST_CVR', 0)}{put('SYST_CSR', 5)}movs r4, #200\n"
        "again:\ncmp r4, #100\nitt hi\naddhi r5, r5, #1\nsubhi r6, r6, #2\nudiv r1, r5, r4\n"
        "subs r4, #1\nbne again\nb exit"
    )
    whole = session(tmp_path, source)
    expected = whole.run()
    parts = session(tmp_path, source)
    for limit in range(1, expected.instructions, 13):
        stopped = parts.run(max_instructions=limit)
        assert stopped.instructions == limit
        assert sum(stopped.causes.values()) == stopped.cycles
    last = parts.run()
    assert last.stop == expected.stop
    assert last.instructions == expected.instructions
    assert (parts.core.state == whole.core.state).all()


def test_a_limit_is_not_reached_by_what_ends_there(guest: Callable[..., Guest]) -> None:
    free = guest("nop\nnop\nb exit")
    exact = guest("nop\nnop\nb exit", max_instructions=free.run.instructions)
    assert exact.run.stop == free.run.stop
    short = guest("nop\nnop\nb exit", max_instructions=free.run.instructions - 1)
    assert short.run.stop.reason == "limit"


def test_output_is_the_guests_byte_for_byte(guest: Callable[..., Guest]) -> None:
    assert guest(HELLO).output == b"Hello\n"


def test_a_session_can_begin_anew(tmp_path: Path) -> None:
    output = io.BytesIO()
    one = session(tmp_path, HELLO.replace("b exit", "mov32 r2, #0x20000010\nldr r3, [r2]\n"
                  "adds r3, #1\nstr r3, [r2]\nb exit"), stdout=output)  # fmt: skip
    first = one.run()
    assert one.memory.load(RAM + 0x10, 4) == 1
    one.reset()
    assert one.memory.load(RAM + 0x10, 4) == 0
    second = one.run()
    assert output.getvalue() == b"Hello\n" * 2
    assert (first.instructions, first.cycles, first.causes, first.regions) == (
        second.instructions, second.cycles, second.causes, second.regions,
    )  # fmt: skip


def test_a_guest_can_reset_the_system(guest: Callable[..., Guest]) -> None:
    done = guest(
        f"""
        mov32 r0, #{RAM + 0x20}
        ldr r1, [r0]
        adds r1, #1
        str r1, [r0]
        cmp r1, #3
        beq exit
        cpsid i
        movs r5, #1
        {put("0xe000ed0c", 0x05FA_0004)}
        b exit
        """,
        max_instructions=1000,
    )
    assert done.run.stop.reason == "exit"
    assert done.word(RAM + 0x20) == 3  # RAM outlives the reset
    assert done.r(5) == 0
    assert done.r(13) == 0x2000_4000


def test_regions_add_up_by_function(guest: Callable[..., Guest]) -> None:
    done = guest(
        """
        movs r4, #7
    again:
        bl work
        subs r4, #1
        bne again
        b exit
    work:
        adds r0, #1
        adds r0, #2
        bx lr
        """
    )
    work = next(region for region in done.run.regions if region.name == "work")
    assert (work.calls, work.instructions) == (7, 21)
    assert sum(work.causes.values()) == work.cycles


def test_functions_can_be_called(tmp_path: Path) -> None:
    one = session(
        tmp_path,
        """
        b exit
    sum:
        push {r4, lr}
        ldr r4, [sp, #8]
        adds r0, r0, r1
        adds r0, r0, r2
        adds r0, r0, r3
        adds r0, r0, r4
        pop {r4, pc}
    forever:
        b forever
    dies:
        .half 0xb600
        """,
    )
    assert one.call("sum", 1, 2, 3, 4, 5) == 15
    assert one.call("sum", 0xFFFF_FFFF, 2, 0, 0, 0) == 1
    with pytest.raises(UsageError, match=r"guest\.elf has no function 'nothing'$"):
        one.call("nothing")
    with pytest.raises(CallError, match=r"^forever did not return: limit of [\d,]+ instructions"):
        one.call("forever", max_instructions=1000)
    with pytest.raises(CallError, match=r"^dies: lockup: .* undefined instruction b600 \("):
        one.call("dies")


def test_run_image_returns_outcome_and_output(tmp_path: Path) -> None:
    path = tmp_path / "guest.elf"
    path.write_bytes(image(HELLO).build())
    run, output = run_image(path, board="stm32f4-discovery", max_instructions=1000)
    assert (run.stop.reason, output) == ("exit", b"Hello\n")
    assert (run.board, run.core, run.clock_hz) == ("stm32f4-discovery", "cortex-m4", 168_000_000)
    assert run.seconds == run.cycles / 168e6


def test_a_console_of_text_shows_what_the_guest_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "guest.elf"
    path.write_bytes(image(HELLO).build())
    shown = io.StringIO()
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, shown)
    Session(path, choose_board(load_image(path), board="stm32f4-discovery")).run()
    assert shown.getvalue() == "Hello\n"


def test_a_fault_nobody_handles_says_what_and_where(guest: Callable[..., Guest]) -> None:
    done = guest("mov32 r1, #0x30000000\nbad: ldr r0, [r1]\nb exit")
    at = done.labels["bad"]
    assert done.run.stop.status == 3
    assert f"BusFault at {at:#010x}: load from 0x30000000: nothing there" in done.run.stop.message


def test_unknown_engines_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^unknown engine 'fast'; engines: auto, interpreter"):
        session(tmp_path, "b exit", engine="fast")


def test_interrupts_do_not_change_what_a_program_computes(guest: Callable[..., Guest]) -> None:
    work = """
        movs r4, #0
        mov32 r5, #1000
    again:
        adds r4, r4, r5
        tst r4, r5
        itee ne
        lslne r4, r4, #1
        eoreq r4, r5
        addeq r4, r4, #3
        subs r5, #1
        bne again
        b exit
    """
    tick = "tick:\nmovs r0, #0\nmovs r1, #1\nmovs r2, #2\nmovs r3, #3\ncmp r0, r1\nbx lr"
    calm = guest(work)
    for period in (31, 47, 101):
        timer = put("SYST_RVR", period) + put("SYST_CVR", 0) + put("SYST_CSR", 7)
        busy = guest(timer + work + tick, {SYSTICK: "tick", HARD_FAULT: "exit"})
        assert busy.run.stop.reason == "exit"
        assert busy.r(4) == calm.r(4)
        assert busy.run.causes["exception"] > 300


def test_strict_faults_on_peripherals_that_are_not_modelled(guest: Callable[..., Guest]) -> None:
    source = get("0x40013000", "r4") + "b exit"  # SPI1 of the STM32F407
    told: list[str] = []
    assert guest(source, report=told.append).run.stop.reason == "exit"
    assert len(told) == 1
    done = guest(source, strict=True)
    assert (done.run.stop.reason, done.run.stop.status) == ("fault", 3)
