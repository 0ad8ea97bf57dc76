import io
from dataclasses import replace
from pathlib import Path

import pytest
from guests import image, put
from machines import CODE, FLASH, FLASH_SIZE, RAM, Compiled
from timing.m7_loops import decoded

from armsim.boards import find_board
from armsim.boards.around_m7 import memory_around
from armsim.choices import choose_board
from armsim.engine.interpreter import Interpreter
from armsim.machine.image import load_image
from armsim.session import Session
from armsim.timing.cortex_m7 import CortexM7
from armsim.timing.cortex_m7_cache import UNCACHED, WRITE_BACK, WRITE_THROUGH
from armsim.timing.cortex_m7_memory import Area, Memory, maintain, set_policies

WAITS = 7
FLASH_AREA = Area(FLASH, FLASH + FLASH_SIZE, WAITS)
RAM_AREA = Area(RAM, RAM + 0x10000, 0)
CACHED = Memory((0, 0), (FLASH_AREA, RAM_AREA), 4 << 10, 4 << 10, True, True)
MISS = WAITS + 7
RAM_MISS = 7
ICIALLU, ICIMVAU, DCISW, DCCMVAC, DCCIMVAC = 0x250, 0x258, 0x260, 0x268, 0x270
SETS = (4 << 10) // 32 // 4
WAY = SETS * 32  # bytes: lines so far apart share a set
WRITTEN_BACK = 4


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
    maintain(words, ICIALLU, 0, SETS)
    for way in range(4):
        maintain(words, DCISW, way << 30 | RAM & (SETS - 1 << 5), SETS)
    machine.run(20)
    after = machine.engine.causes()
    assert after["icache_miss"] == 2 * before["icache_miss"]
    assert after["dcache_miss"] == 2 * before["dcache_miss"]
    maintain(words, DCCIMVAC, RAM, SETS)
    maintain(words, ICIMVAU, CODE, SETS)
    machine.run(20)
    last = machine.engine.causes()
    assert last["icache_miss"] == 3 * before["icache_miss"]
    assert last["dcache_miss"] == 3 * before["dcache_miss"]
    maintain(words, DCCIMVAC, RAM + 32, SETS)
    maintain(words, DCISW, RAM + 32 & (SETS - 1 << 5), SETS)
    maintain(words, ICIMVAU, CODE + 32, SETS)
    machine.run(20)
    assert machine.engine.causes() == {**last, "issue": machine.engine.causes()["issue"]}


def sweep(first: str) -> str:
    """Return a program that does something with a line, then loads five more of its set."""
    loads = "\n".join(["ldr r1, [r0]", "add.w r0, r0, r4"] * 5)
    return f"mov.w r4, #{WAY}\n{first}\nadd.w r0, r0, r4\n{loads}\nb #{CODE:#x}"


def test_a_line_that_was_stored_to_is_written_back_before_another_takes_its_place(machine):
    count = 14
    clean = causes(machine, CACHED, sweep("ldr r2, [r0]"), count)["dcache_miss"]
    assert clean == 6 * RAM_MISS
    dirty = causes(machine, CACHED, sweep("str r2, [r0]"), count)["dcache_miss"]
    assert dirty == 5 * RAM_MISS + WRITTEN_BACK
    later = causes(machine, CACHED, sweep("ldr r3, [r0]\nstr r2, [r0]"), count + 1)["dcache_miss"]
    assert later == 6 * RAM_MISS + WRITTEN_BACK


def test_a_line_that_was_cleaned_is_not_written_back(machine):
    causes(machine, CACHED, sweep("str r2, [r0]"), 2)
    maintain(machine.engine.code.model_words, DCCMVAC, RAM, SETS)
    machine.run(12)
    assert machine.engine.causes()["dcache_miss"] == 5 * RAM_MISS


def with_policy(machine: Compiled, policy: int, program: str, count: int) -> dict[str, int]:
    policies = ((RAM, RAM + 0x10000, policy),)
    causes(machine, replace(CACHED, policies=policies), program, 0)
    set_policies(machine.engine.code.model_words, policies)
    machine.run(count)
    return machine.engine.causes()


def test_memory_that_is_written_through_takes_no_line_for_a_store(machine):
    program = f"str r1, [r0]\nldr r2, [r0, #4]\nstr r1, [r0]\nb #{CODE:#x}"
    assert "dcache_miss" not in with_policy(machine, WRITE_BACK, program, 40)
    assert with_policy(machine, WRITE_THROUGH, program, 40)["dcache_miss"] == RAM_MISS
    kept = sweep("ldr r3, [r0]\nstr r2, [r0]")
    assert with_policy(machine, WRITE_THROUGH, kept, 15)["dcache_miss"] == 6 * RAM_MISS


def test_memory_that_is_not_cached_is_loaded_each_time(machine):
    program = f"ldr r1, [r0]\nstr r1, [r0]\nb #{CODE:#x}"
    assert with_policy(machine, UNCACHED, program, 30)["dcache_miss"] == 10 * 6


def test_code_that_is_not_cached_is_fetched_each_time(machine):
    program = "\n".join(["nop.w"] * 16) + f"\nb #{CODE:#x}"
    memory = replace(CACHED, policies=((FLASH, FLASH + FLASH_SIZE, UNCACHED),))
    seen = causes(machine, memory, program, 170)
    assert "icache_miss" not in seen
    assert seen["flash_wait"] > 10 * 2 * WAITS


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


def session_after(folder: Path, source: str, board: str, **options: object) -> Session:
    """Return the session in which a program has run to its end."""
    path = folder / "guest.elf"
    path.write_bytes(image(f"{source}\nb exit").build())
    loaded = load_image(path)
    session = Session(loaded, choose_board(loaded, board=board, **options), stdout=io.BytesIO())
    assert session.run().stop.reason == "exit"
    return session


def memory_after(folder: Path, source: str, board: str, **options: object) -> Memory:
    """Return the memory around a Cortex-M7 as a program has set it."""
    return session_after(folder, source, board, **options).model.memory


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


ENABLED, SIZE_16K, FULL_ACCESS = 1, 13 << 1, 3 << 24
NORMAL_BACK, NORMAL_THROUGH = 1 << 19 | 3 << 16, 2 << 16
NOT_CACHED, SHAREABLE = 1 << 19, 1 << 18


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (NORMAL_BACK, []),
        (NORMAL_THROUGH, [WRITE_THROUGH]),
        (NOT_CACHED, [UNCACHED]),
        (NORMAL_BACK | SHAREABLE, [UNCACHED]),
        (1 << 16, [UNCACHED]),  # device
        (6 << 19 | 2 << 16, [WRITE_THROUGH]),  # outer and inner policies apart
    ],
)
def test_the_mpu_decides_what_the_data_cache_keeps(tmp_path, attributes, expected):
    region = attributes | FULL_ACCESS | SIZE_16K | ENABLED
    source = put("0xe000ed98", 0) + put("0xe000ed9c", 0x2002_0000) + put("0xe000eda0", region)
    memory = memory_after(tmp_path, source + put("0xe000ed94", 5), "nucleo-f746zg")
    assert memory.policies == tuple((0x2002_0000, 0x2002_4000, policy) for policy in expected)
    off = source + put("0xe000ed94", 5) + put("0xe000ed94", 0)
    assert memory_after(tmp_path, off, "nucleo-f746zg").policies == ()


def test_the_guest_switches_its_caches_and_invalidates_lines(tmp_path):
    def misses(between: str) -> int:
        load = "mov32 r0, #0x20020000\nldr r1, [r0]\n"
        source = put("CCR", 1 << 16) + load + between + load
        session = session_after(tmp_path, source, "nucleo-f746zg")
        assert (session.model.memory.icache_on, session.model.memory.dcache_on) == (False, True)
        return session.engine.causes()["dcache_miss"]

    assert misses("") == RAM_MISS
    assert misses(put("0xe000ef70", 0x2002_0000)) == 2 * RAM_MISS  # DCCIMVAC
    assert misses(put("0xe000ef70", 0x2002_0020)) == RAM_MISS
    assert misses(put("0xe000ef60", 3 << 30)) == RAM_MISS  # DCISW, a way that it is not in
    assert misses(put("0xe000ef60", 0)) == 2 * RAM_MISS
    assert memory_after(tmp_path, put("CCR", 3 << 16), "nucleo-h743zi").icache_on
