"""Flash with wait states behind the accelerator of an STM32F4, as the guest sets it."""

import io
from pathlib import Path

import pytest
from guests import Guest, image, put, run_guest

from armsim.choices import choose_board
from armsim.machine.image import load_image
from armsim.session import Session

ACR = "0x40023c00"
ALL_ON, OFF = 0x705, 0x005
LINE = 4  # wide instructions


def set_flash(acr: int) -> str:
    return put(ACR, acr)


def loop(body: str, times: int) -> str:
    """Return a loop that starts at a word address."""
    return f"mov32 r5, #{times}\n.align 4\nagain:\n{body}\nsubs r5, #1\nbne.w again\n"


def waits(folder: Path, source: str, **options: object) -> int:
    done = run_guest(folder, f"{source}\nb exit", **options)
    assert done.run.stop.reason == "exit"
    return done.run.causes.get("flash_wait", 0)


def session_of(folder: Path, source: str, clock_hz: int | None = None) -> Session:
    path = folder / "guest.elf"
    path.write_bytes(image(f"{source}\nb exit").build())
    loaded = load_image(path)
    board = choose_board(loaded, board="stm32f4-discovery", clock_hz=clock_hz)
    return Session(loaded, board, stdout=io.BytesIO())


def wide(count: int) -> str:
    return "add.w r0, r0, r1\n" * count


def test_without_wait_states_nothing_waits(tmp_path):
    assert waits(tmp_path, set_flash(0x700) + loop(wide(400), 3)) == 0


def test_a_loop_that_fits_waits_only_once(tmp_path):
    few = waits(tmp_path, set_flash(ALL_ON) + loop(wide(100), 3))
    many = waits(tmp_path, set_flash(ALL_ON) + loop(wide(100), 300))
    assert 0 < few == many


@pytest.mark.parametrize("lines", [80, 120])
def test_a_loop_that_does_not_fit_waits_for_each_line_in_each_round(tmp_path, lines):
    few = waits(tmp_path, set_flash(ALL_ON) + loop(wide(LINE * lines), 3))
    many = waits(tmp_path, set_flash(ALL_ON) + loop(wide(LINE * lines), 13))
    each = (many - few) / 10 / lines
    # Flash gives a line every 6 cycles; the line takes 4 to execute.
    assert each == pytest.approx(2, abs=0.6)


def test_reading_ahead_hides_the_flash_behind_slow_code(tmp_path):
    slow = ("mul r0, r0, r1\npush {r0, r1, r2, r3}\npop {r0, r1, r2, r3}\nnop\nnop\nnop\n") * 90
    few = waits(tmp_path, set_flash(ALL_ON) + loop(slow, 3))
    many = waits(tmp_path, set_flash(ALL_ON) + loop(slow, 13))
    assert (many - few) / 10 / 90 < 1


def test_with_the_accelerator_off_each_line_is_read_each_time(tmp_path):
    few = waits(tmp_path, set_flash(OFF) + loop(wide(2 * LINE), 10))
    many = waits(tmp_path, set_flash(OFF) + loop(wide(2 * LINE), 110))
    assert (many - few) / 100 >= 3 * 5 - 5


def test_the_line_after_one_entered_at_its_end_is_asked_for_at_once(tmp_path):
    body = f".align 16\n{wide(3)}again:\n{wide(5)}subs r5, #1\nbne again\n"
    few = waits(tmp_path, f"{set_flash(OFF)}movs r5, #3\n{body}")
    many = waits(tmp_path, f"{set_flash(OFF)}movs r5, #103\n{body}")
    # Lines asked for at 0, 6 and 15 come at 7, 13 and 22, and the branch asks again at 23; with
    # no wait states the loop takes 8 cycles.
    assert many - few == 100 * (23 - 8)


def test_prefetch_alone_reads_ahead(tmp_path):
    alone = waits(tmp_path, set_flash(OFF) + loop(wide(40 * LINE), 10))
    ahead = waits(tmp_path, set_flash(OFF | 0x100) + loop(wide(40 * LINE), 10))
    assert ahead < 0.6 * alone


def walk(words: int, times: int) -> str:
    return f"mov32 r6, #{times}\nround:\nmov32 r4, #0x8000400\nmovs r5, #{words}\nnext:\n" \
        "ldr r2, [r4], #4\nsubs r5, #1\nbne next\nsubs r6, #1\nbne round\n"  # fmt: skip


def test_a_small_table_in_flash_waits_only_once(tmp_path):
    few = waits(tmp_path, set_flash(ALL_ON) + walk(32, 3))
    many = waits(tmp_path, set_flash(ALL_ON) + walk(32, 30))
    assert few == many


def test_a_large_table_in_flash_waits_for_each_line(tmp_path):
    few = waits(tmp_path, set_flash(ALL_ON) + walk(128, 3))
    many = waits(tmp_path, set_flash(ALL_ON) + walk(128, 13))
    assert (many - few) / 10 == 5 * 32


def test_data_goes_between_the_lines_of_code_that_are_read(tmp_path):
    def waits_from(base: str) -> int:
        body = f"mov32 r4, #{base}\n" + loop("ldr r2, [r4], #16\n" + wide(LINE * 100), 13)
        return waits(tmp_path, set_flash(ALL_ON) + body)

    more = waits_from("0x8001000") - waits_from("0x20000000")
    # Code keeps flash busy all the time, so that each line of data costs its reading.
    assert more == 13 * 6


def test_a_clock_that_the_user_gives_decides_the_wait_states(tmp_path):
    fast = session_of(tmp_path, set_flash(0x700) + loop(wide(8), 3), 168_000_000)
    slow = session_of(tmp_path, set_flash(0x705) + loop(wide(8), 3), 16_000_000)
    assert fast.run().causes["flash_wait"] > 0
    assert "flash_wait" not in slow.run().causes


def test_a_session_that_begins_anew_takes_the_same_cycles(tmp_path):
    session = session_of(tmp_path, set_flash(ALL_ON) + loop(wide(300), 5))
    first = session.run()
    session.reset()
    second = session.run()
    assert (first.cycles, first.causes) == (second.cycles, second.causes)


def test_the_l4_reads_its_access_control_register_likewise(tmp_path):
    source = put("0x40022000", 0x705) + loop(wide(400), 3) + "b exit"
    done: Guest = run_guest(tmp_path, source, board="nucleo-l4r5zi")
    assert done.run.causes["flash_wait"] > 0
