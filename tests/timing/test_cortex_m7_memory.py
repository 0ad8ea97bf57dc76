import io
from pathlib import Path

import pytest
from guests import image, put
from machines import CODE, FLASH, FLASH_SIZE, RAM, Compiled
from timing.m7_loops import decoded

from armsim.boards import find_board
from armsim.boards.around_m7 import memory_around
from armsim.engine.interpreter import Interpreter
from armsim.machine.image import load_image
from armsim.session import Session, choose_board
from armsim.timing.cortex_m7 import CortexM7
from armsim.timing.cortex_m7_memory import Area, Memory, maintain

WAITS = 7
FLASH_AREA = Area(FLASH, FLASH + FLASH_SIZE, WAITS)
RAM_AREA = Area(RAM, RAM + 0x10000, 0)
CACHED = Memory((0, 0), (FLASH_AREA, RAM_AREA), 4 << 10, 4 << 10, True, True)
MISS = WAITS + 7
RAM_MISS = 7
ICIALLU, DCISW, DCCIMVAC = 0x250, 0x260, 0x270


@pytest.fixture
def machine() -> Compiled:
    return Compiled(model="m7")


def causes(machine: Compiled, memory: Memory, program: str, count: int) -> dict[str, int]:
    machine.engine = Interpreter(machine.core, CortexM7(memory))
    machine.reset()
    machine.place(program)
    machine.state[0] = RAM
    machine.run(count)
    machine.check_causes()
    return machine.engine.causes()


def test_a_line_of_code_is_fetched_once(machine):
    program = "\n".join(["nop.w"] * 16) + f"\nb #{CODE:#x}"
    assert causes(machine, CACHED, program, 17)["icache_miss"] == 3 * MISS
    assert causes(machine, CACHED, program, 170)["icache_miss"] == 3 * MISS


def test_code_larger_than_the_cache_is_fetched_again(machine):
    program = "\n".join(["nop.w"] * 2048) + f"\nb.w #{CODE:#x}"
    once = causes(machine, CACHED, program, 2049)["icache_miss"]
    assert once == 257 * MISS
    assert causes(machine, CACHED, program, 2 * 2049)["icache_miss"] == 2 * once


def test_a_line_of_data_is_loaded_once_and_a_store_waits_for_none(machine):
    program = f"ldr r1, [r0]\nldr r2, [r0, #28]\nldr r3, [r0, #32]\nb #{CODE:#x}"
    assert causes(machine, CACHED, program, 40)["dcache_miss"] == 2 * RAM_MISS
    program = f"str r1, [r0]\nldr r2, [r0, #28]\nb #{CODE:#x}"
    assert "dcache_miss" not in causes(machine, CACHED, program, 40)


def test_a_load_of_several_words_may_meet_two_lines(machine):
    program = f"adds r0, #24\nldm.w r0, {{r1, r2, r3, r4}}\nsubs r0, #24\nb #{CODE:#x}"
    assert causes(machine, CACHED, program, 40)["dcache_miss"] == 2 * RAM_MISS


def test_without_caches_each_fetch_and_load_waits(machine):
    off = Memory((0, 0), (FLASH_AREA, RAM_AREA), 4 << 10, 4 << 10)
    seen = causes(machine, off, f"ldr r1, [r0]\nb #{CODE:#x}", 200)
    assert seen["dcache_miss"] == 100 * 6
    assert seen["flash_wait"] > 100 * WAITS


def test_tightly_coupled_data_never_waits(machine):
    near = Memory((RAM, RAM + 0x10000), (FLASH_AREA,), 4 << 10, 4 << 10, True, True)
    assert "dcache_miss" not in causes(machine, near, f"ldr r1, [r0]\nb #{CODE:#x}", 200)


def test_invalidated_lines_are_fetched_again(machine):
    program = f"ldr r1, [r0]\nb #{CODE:#x}"
    before = causes(machine, CACHED, program, 20)
    words = machine.engine.code.model_words
    for register in (ICIALLU, DCISW):
        maintain(words, register, 0)
    machine.run(20)
    after = machine.engine.causes()
    assert after["icache_miss"] == 2 * before["icache_miss"]
    assert after["dcache_miss"] == 2 * before["dcache_miss"]
    maintain(words, DCCIMVAC, RAM)
    machine.run(20)
    assert machine.engine.causes()["dcache_miss"] == 3 * before["dcache_miss"]


def test_the_accelerator_of_the_itcm_port_keeps_lines_of_code(machine):
    area = Area(FLASH, FLASH + FLASH_SIZE, WAITS, accelerated=True)
    program = "\n".join(["nop.w"] * 16) + f"\nb #{CODE:#x}"
    off = causes(machine, Memory((0, 0), (area,)), program, 170)["flash_wait"]
    on = causes(machine, Memory((0, 0), (area,), art_on=True), program, 170)["flash_wait"]
    assert on == 3 * WAITS < off


def test_boards_have_the_caches_of_their_chips():
    assert find_board("nucleo-f746zg").caches == (4 << 10, 4 << 10)
    memory = memory_around(find_board("nucleo-h743zi"))
    assert (memory.icache, memory.dcache) == (16 << 10, 16 << 10)
    assert memory.area(0x2400_0000) is not None
    assert memory.area(0x2000_0000) is memory.area(0) is None
    flash = memory_around(find_board("nucleo-f746zg")).area(0x0020_0000)
    assert flash is not None
    assert flash.accelerated


def test_splitting_a_run_costs_the_same_where_fetches_are_slow():
    model = CortexM7(Memory((0, 0), (FLASH_AREA,)))
    steps = decoded("add.w r0, r1, r2;nop;nop;ldr.w r1, [r5];nop;adds r1, #1;nop.w;nop.w;nop.w")
    whole = model.block(steps, None)
    for at in range(1, len(steps)):
        first = model.block(steps[:at], None)
        second = model.block(steps[at:], first.fall)
        assert first.steps + second.steps == whole.steps
        assert second.fall == whole.fall


def memory_after(folder: Path, source: str, board: str, **options: object) -> Memory:
    """Return the memory around a Cortex-M7 as a program has set it."""
    path = folder / "guest.elf"
    path.write_bytes(image(f"{source}\nb exit").build())
    loaded = load_image(path)
    session = Session(loaded, choose_board(loaded, board=board, **options), stdout=io.BytesIO())
    assert session.run().stop.reason == "exit"
    return session.model.memory


def waits_of(folder: Path, source: str, board: str, **options: object) -> int:
    area = memory_after(folder, source, board, **options).area(FLASH)
    assert area is not None
    return area.waits


@pytest.mark.parametrize(
    ("board", "register", "latency", "expected"),
    [("nucleo-f746zg", "0x40023c00", 7, 7), ("nucleo-f746zg", "0x40023c00", 0x305, 5),
     ("nucleo-h743zi", "0x52002000", 0x24, 9), ("nucleo-h743zi", "0x52002000", 0x12, 5)],
)  # fmt: skip
def test_flash_waits_as_long_as_the_guest_says(tmp_path, board, register, latency, expected):
    assert waits_of(tmp_path, put(register, latency), board) == expected


def test_flash_waits_after_reset_as_its_register_says(tmp_path):
    assert waits_of(tmp_path, "nop", "nucleo-f746zg") == 0
    assert waits_of(tmp_path, "nop", "nucleo-h743zi") == 2 * (7 + 1) - 1


def test_a_clock_that_the_user_gives_decides_the_wait_states(tmp_path):
    write = put("0x40023c00", 1)
    assert waits_of(tmp_path, write, "nucleo-f746zg", clock_hz=180_000_000) == 5


@pytest.mark.parametrize("acr", [0x000, 0x100, 0x200, 0x300])
def test_the_accelerator_is_on_as_the_guest_says(tmp_path, acr):
    memory = memory_after(tmp_path, put("0x40023c00", acr), "nucleo-f746zg")
    assert (memory.art_on, memory.read_ahead) == (bool(acr & 0x200), bool(acr & 0x100))
