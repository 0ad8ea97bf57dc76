"""Boards as data, the texts that name their parts, and whether an image fits."""

from pathlib import Path

import pytest
from machine.elf_writer import WRITE, Elf, Load, attributes, program

from armsim.boards import (
    Board,
    CoreChoice,
    board_names,
    default_board,
    find_board,
    parse_address,
    parse_clock,
    parse_core,
    parse_region,
    parse_size,
    resize,
    with_clock,
    with_core,
)
from armsim.boards.attach import Host, make_devices
from armsim.boards.fit import Start, check_fits
from armsim.errors import BoardError, ImageError, UsageError
from armsim.machine.image import load_image

DOUBLE = frozenset({"fp64", "fp64v5"})

BOARD = """\
core = "m4"
features = ["fp"]
clock = "16MHz"
interrupts = 4
boot_address = 0x0
wait_states = [["16MHz", 0], ["32MHz", 1]]

[[region]]
name = "flash"
kind = "flash"
base = 0x0
size = "64K"

[[region]]
name = "ram"
kind = "sram"
base = 0x20000000
size = "16K"
"""
DEVICE = """
[[device]]
name = "uart"
kind = "stm32_usart"
base = 0x40000000
size = "1K"
irq = 3

[device.options]
layout = "f4"
"""


def regions(board: Board) -> dict[str, tuple[int, int]]:
    return {region.name: (region.base, region.size >> 10) for region in board.regions}


def test_seven_boards_come_with_armsim():
    assert board_names() == [
        "mps2-an386",
        "mps2-an500",
        "nucleo-f746zg",
        "nucleo-f767zi",
        "nucleo-h743zi",
        "nucleo-l4r5zi",
        "stm32f4-discovery",
    ]


@pytest.mark.parametrize(
    ("name", "core", "features", "clock", "waits", "ram", "lines"),
    [
        ("nucleo-f746zg", "m7", {"fp", "fp5"}, 216, 7, 64 + 240 + 16, 98),
        ("stm32f4-discovery", "m4", {"fp"}, 168, 5, 128 + 64, 82),
        ("nucleo-l4r5zi", "m4", {"fp"}, 120, 5, 640, 95),
        ("nucleo-f767zi", "m7", {"fp", "fp5"} | DOUBLE, 216, 7, 512, 110),
        ("nucleo-h743zi", "m7", {"fp", "fp5"} | DOUBLE, 480, 9, 1056 - 64, 150),
        ("mps2-an386", "m4", {"fp"}, 25, None, 24 * 1024 + 16, 32),
        ("mps2-an500", "m7", {"fp", "fp5"} | DOUBLE, 25, None, 24 * 1024, 32),
    ],
)
def test_boards_are_what_their_manuals_say(name, core, features, clock, waits, ram, lines):
    board = find_board(name)
    assert (board.name, board.core, board.features) == (name, core, features)
    assert (board.clock_hz, board.interrupts) == (clock * 10**6, lines)
    flash = [region for region in board.regions if region.kind == "flash"]
    assert [region.wait_states for region in flash] == ([] if waits is None else [waits])
    data = (r.size >> 10 for r in board.regions if r.kind not in ("flash", "itcm"))
    assert sum(data) == ram
    assert board.region_at(board.boot_address) is not None
    assert board.description
    assert make_devices(board, Host())


def test_each_core_has_a_default_board():
    assert default_board("m4").name == "stm32f4-discovery"
    assert default_board("m7").name == "nucleo-f746zg"
    with pytest.raises(BoardError, match=r"^unknown core 'm3'; armsim models m4 and m7$"):
        default_board("m3")


def test_memory_is_found_through_its_aliases():
    board = find_board("nucleo-f746zg")
    for address in (0x0800_0010, 0x0020_0010):
        region = board.region_at(address)
        assert region is not None
        assert (region.name, region.offset(address)) == ("flash", 0x10)
    assert board.region_at(0x080F_FFFF) is not None
    assert board.region_at(0x080F_FFFF, 2) is None
    assert board.region_at(0x0810_0000) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nucleo-f746", "unknown board 'nucleo-f746' (did you mean nucleo-f746zg?); boards: "),
        ("zzz", "unknown board 'zzz'; boards: "),
    ],
)
def test_an_unknown_board_is_answered_with_the_known_ones(text, expected):
    with pytest.raises(BoardError) as caught:
        find_board(text)
    names = ", ".join(board_names())
    assert str(caught.value) == f"{expected}{names}; or give a TOML file"


def test_a_board_is_read_from_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(BOARD + DEVICE)
    board = find_board(str(path))
    assert board.name == "mine"
    assert regions(board) == {"flash": (0, 64), "ram": (0x2000_0000, 16)}
    assert board.devices[0].options == {"layout": "f4"}
    assert find_board(path) == board
    with pytest.raises(BoardError, match=r"cannot be read: No such file or directory$"):
        find_board(str(tmp_path / "other.toml"))
    with pytest.raises(BoardError, match=r"cannot be read: Is a directory$"):
        find_board(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('core = "m4"', 'core = "m3"', ": unknown core 'm3'; one of m4, m7 (did you mean m7?)"),
        ('core = "m4"\n', "", ": core is missing; add core = ..."),
        ('core = "m4"', "core = 4", ": core = 4 is not a text"),
        (
            '["fp"]',
            '["fpu"]',
            ": unknown feature 'fpu'; one of fp, fp5, fp64, fp64v5 (did you mean fp?)",
        ),
        ('["fp"]', '["fp64"]', ": features ['fp64'] need 'fp' too; add it"),
        ("clock =", "clok =", ": unknown key 'clok' (did you mean clock?)"),
        (
            "boot_address",
            "zzzzzz",
            (
                ": unknown key 'zzzzzz'; keys: description, core, features, clock, "
                "interrupts, priority_bits, systick_divider, systick_calibration, boot_address, "
                "wait_states, region, device, slower_ram, group_rule, accelerator, caches"
            ),
        ),
        (
            '"16MHz"\n',
            '"fast"\n',
            (": clock: 'fast' is not a clock of 1 kHz to 10 GHz; write 216MHz, 16e6 or 168000000"),
        ),
        (
            'clock = "16MHz"',
            'clock = "64MHz"',
            " cannot run at 64 MHz; its flash is specified up to 32 MHz",
        ),
        (
            "interrupts = 4",
            "interrupts = 400",
            ": interrupts = 400; a Cortex-M4 or M7 has 0 to 240",
        ),
        ("interrupts = 4", "interrupts = true", ": interrupts = True is not a number"),
        (
            "interrupts = 4",
            "interrupts = 4\nslower_ram = [0x2000_0000]",
            ": slower_ram = [536870912] is not [start, end]",
        ),
        (
            "interrupts = 4",
            "interrupts = 4\nslower_ram = [2, 1]",
            ": slower_ram ends at 0x1, before its start 0x2",
        ),
        (
            "interrupts = 4",
            "interrupts = 4\naccelerator = [64, 0]",
            ": accelerator = [64, 0] is not [lines of code, lines of data], 1 to 64 each",
        ),
        (
            "interrupts = 4",
            "interrupts = 4\ngroup_rule = 1",
            ": group_rule = 1 is not true or false",
        ),
        (
            '["32MHz", 1]',
            '["1MHz", 1]',
            ": wait_states are not in rising order; sort them by clock",
        ),
        (
            '["32MHz", 1]',
            '["1MHz"]',
            (
                ": wait_states has ['1MHz']; its rows are [\"30MHz\", 0]: the highest "
                "clock, then the wait states"
            ),
        ),
        (
            '"sram"',
            '"ram"',
            (
                ": region ram: unknown kind 'ram'; one of flash, sram, itcm, dtcm, axi, ccm "
                "(did you mean sram?)"
            ),
        ),
        (
            "0x20000000",
            "0x8000",
            (
                ": regions flash (0x00000000-0x0000ffff) and ram "
                "(0x00008000-0x0000bfff) overlap; move or shrink one of them"
            ),
        ),
        (
            "0x20000000",
            "0x20000200",
            (
                ": region ram (0x20000200, 0x4000 bytes) is not aligned; base and size "
                "are multiples of 1 KiB"
            ),
        ),
        ("0x20000000", "-4", ": region ram: base = -4 is no 32-bit address"),
        (
            '"16K"',
            "1000",
            (
                ": region ram (0x20000000, 0x3e8 bytes) is not aligned; base and size are "
                "multiples of 1 KiB"
            ),
        ),
        ('"16K"', '"2G"', ": region ram has 0x80000000 bytes; at most 1 GiB is simulated"),
        (
            '"16K"',
            '"lots"',
            (
                ": region ram: size: 'lots' is not a size of 1 byte to 4 GiB; write 320K, 1M "
                "or 0x50000"
            ),
        ),
        (
            '"16K"',
            '"16K"\nbus = "spi"',
            (": region ram: unknown bus 'spi'; one of icode, dcode, system, axi, itcm, dtcm"),
        ),
        (
            '"16K"',
            '"16K"\naliases = [0x0]',
            (
                ": regions ram (0x00000000-0x00003fff) and flash "
                "(0x00000000-0x0000ffff) overlap; move or shrink one of them"
            ),
        ),
        (
            '"64K"',
            '"64K"\nwait_states = 3',
            (": region flash: wait states of flash depend on the clock; give the board's"),
        ),
        ('name = "ram"', 'name = "flash"', ": two regions are called 'flash'; rename one"),
        ("irq = 3", "irq = 4", ": device uart: irq = 4; the board has lines 0 to 3"),
        (
            '"stm32_usart"',
            '"stm32_uart"',
            (
                ": device uart: unknown kind 'stm32_uart'; one of absent, bit_band, "
                "cmsdk_uart, stm32_flash, stm32_pwr, stm32_rcc, stm32_usart "
                "(did you mean stm32_usart?)"
            ),
        ),
        ("layout", "layot", ": device uart: unknown option 'layot' (did you mean layout?)"),
        ('"f4"', '"f9"', ": device uart: option layout: 'f9' is none of f4, f7"),
        (
            "0x40000000",
            "0x20000000",
            ": device uart (0x20000000) lies in region ram; move one of them",
        ),
        (
            "0x40000000",
            "0xFFFFFE00",
            (
                ": device uart: 0xfffffe00 and 0x400 bytes are no range of words in "
                "the address space"
            ),
        ),
    ],
)
def test_a_board_file_that_makes_no_sense_is_refused(tmp_path, old, new, expected):
    path = tmp_path / "mine.toml"
    assert old in BOARD + DEVICE
    path.write_text((BOARD + DEVICE).replace(old, new, 1))
    with pytest.raises(BoardError) as caught:
        find_board(path)
    message = str(caught.value)
    assert message.replace(str(path), "").removeprefix("mine") == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"core = ", "is not TOML: Invalid value (at end of document)"),
        (
            b"\xff\xfe",
            "is not TOML: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        ),
        (b"a = " + b"[" * 100_000, "is not TOML: "),
    ],
)
def test_a_file_that_is_not_toml_is_refused(tmp_path, content, expected):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(BoardError) as caught:
        find_board(path)
    assert str(caught.value).startswith(f"{path} {expected}")


def test_two_real_devices_may_not_share_an_address(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(BOARD + DEVICE + DEVICE.replace('"uart"', '"other"'))
    with pytest.raises(
        BoardError, match=r"devices uart \(0x40000000\) and other \(0x40000000\) overl"
    ):
        find_board(path)


def test_wait_states_follow_the_clock():
    board = find_board("nucleo-f746zg")
    states = {
        mhz: with_clock(board, mhz * 10**6).regions[0].wait_states
        for mhz in (1, 30, 31, 60, 210, 211, 216)
    }
    assert states == {1: 0, 30: 0, 31: 1, 60: 1, 210: 6, 211: 7, 216: 7}
    expected = "^nucleo-f746zg cannot run at 217 MHz; its flash is specified up to 216 MHz$"
    with pytest.raises(BoardError, match=expected):
        with_clock(board, 217_000_000)
    assert with_clock(find_board("mps2-an386"), 10**9).clock_hz == 10**9


def test_a_core_spelling_takes_features_away():
    board = find_board("nucleo-f767zi")
    assert with_core(board, parse_core("cortex-m7+nofp.dp")).features == {"fp", "fp5"}
    assert with_core(board, parse_core("cortex-m7+nofp")).features == frozenset()
    assert with_core(board, parse_core("m7")) == board
    expected = "^nucleo-f767zi has a Cortex-M7, not a Cortex-M4; leave out --core or choose"
    with pytest.raises(BoardError, match=expected):
        with_core(board, parse_core("m4"))


@pytest.mark.parametrize(
    ("base", "size", "expected"),
    [
        (0x2000_0000, 1024, {"dtcm": 64, "sram1": 240, "sram2": 720}),
        (0x2000_0000, 128, {"dtcm": 64, "sram1": 64}),
        (0x2000_0000, 32, {"dtcm": 32}),
        (0x2001_0000, 512, {"sram1": 240, "sram2": 272}),
        (0x1FFF_0000, 128, {"sram1": 64, "dtcm": 64}),
        (0x6000_0000, 8192, {"sram1": 8192}),
    ],
)
def test_ram_is_resized_and_keeps_what_is_tightly_coupled(base, size, expected):
    board = resize(find_board("nucleo-f746zg"), sram=(base, size << 10))
    kept = {"flash": 1024, "itcm": 16}
    found = {name: kib for name, (_, kib) in regions(board).items()}
    assert found == kept | expected
    assert board.region_at(base) is not None
    assert board.region_at(base + (size << 10) - 1) is not None
    assert board.region_at(base + (size << 10)) is None


def test_flash_is_resized_and_moved():
    board = find_board("stm32f4-discovery")
    larger = resize(board, flash=(0x0800_0000, 2 << 20))
    assert larger.regions[0].size == 2 << 20
    assert (larger.regions[0].aliases, larger.boot_address) == ((0,), 0)
    moved = resize(board, flash=(0x6000_0000, 4 << 20))
    assert (moved.regions[0].aliases, moved.boot_address) == ((), 0x6000_0000)
    board = find_board("nucleo-f746zg")
    over = resize(board, flash=(0x0800_0000, 127 << 20))  # its alias would reach into itself
    assert (over.regions[0].aliases, over.boot_address) == ((), 0x0800_0000)


def test_a_board_without_flash_resizes_where_it_boots():
    board = resize(find_board("mps2-an386"), flash=(0, 8 << 20))
    assert regions(board)["ssram1"] == (0, 8192)
    assert board.boot_address == 0


def test_a_resized_region_must_not_hit_another():
    board = find_board("nucleo-f746zg")
    with pytest.raises(BoardError) as caught:
        resize(board, flash=(0x2000_0000, 1 << 20))
    assert str(caught.value) == (
        "nucleo-f746zg with --flash 0x20000000:0x100000: regions dtcm (0x20000000-0x2000ffff) and "
        "flash (0x20000000-0x200fffff) overlap; move or shrink one of them"
    )
    with pytest.raises(BoardError, match=r"is not aligned; base and size are multiples of 1 KiB$"):
        resize(board, sram=(0x2000_0000, 1000))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("320K", 320 << 10),
        ("320k", 320 << 10),
        ("0x20000", 0x20000),
        ("1MB", 1 << 20),
        ("1MiB", 1 << 20),
        ("1 M", 1 << 20),
        ("65536", 65536),
        ("4G", 1 << 32),
        ("512B", 512),
        ("0x10K", 16 << 10),
        ("1_024", 1024),
    ],
)
def test_sizes_are_understood(text, expected):
    assert parse_size(text) == expected


@pytest.mark.parametrize(
    "text", ["", "K", "1T", "-1", "0", "5G", "1.5M", "0x", "1KK", "\u0661K", "9" * 5000]
)
def test_other_sizes_are_refused(text):
    with pytest.raises(UsageError) as caught:
        parse_size(text)
    assert str(caught.value) == (
        f"{text!r} is not a size of 1 byte to 4 GiB; write 320K, 1M or 0x50000"
    )


def test_regions_are_understood():
    assert parse_region("0x08000000:1M") == (0x0800_0000, 1 << 20)
    assert parse_region("0:64K") == (0, 65536)
    assert parse_address("0x2000_0000") == 0x2000_0000
    for text, expected in (
        (
            "0x08000000",
            "'0x08000000' is not BASE:SIZE; write 0x20000000:64K (SRAM) or 0x08000000:1M (flash)",
        ),
        ("flash:1M", "'flash' is not an address; write one such as 0x08000000"),
        ("0x100000000:1M", "'0x100000000' is not an address; write one such as 0x08000000"),
        (
            "0xFFFFFC00:1M",
            (
                "'0xFFFFFC00:1M' reaches beyond the 4 GiB address space; take a lower base or a "
                "smaller size"
            ),
        ),
    ):
        with pytest.raises(UsageError) as caught:
            parse_region(text)
        assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("216MHz", 216_000_000),
        ("16e6", 16_000_000),
        ("168000000", 168_000_000),
        ("32.768kHz", 32_768),
        ("1.5 GHz", 1_500_000_000),
        ("8M", 8_000_000),
        ("48mhz", 48_000_000),
    ],
)
def test_clocks_are_understood(text, expected):
    assert parse_clock(text) == expected


@pytest.mark.parametrize(
    "text", ["", "fast", "0", "-1", "1THz", "1e99", "nan", "inf", "0.1", "216", "9" * 99]
)
def test_other_clocks_are_refused(text):
    with pytest.raises(UsageError) as caught:
        parse_clock(text)
    assert str(caught.value) == (
        f"{text!r} is not a clock of 1 kHz to 10 GHz; write 216MHz, 16e6 or 168000000"
    )


@pytest.mark.parametrize(
    ("text", "core", "drops_double"),
    [
        ("m4", "m4", False),
        ("M7", "m7", False),
        ("cortex-m4", "m4", False),
        ("Cortex-M7", "m7", False),
        ("cortex-m7+nofp.dp", "m7", True),
        ("cortex-m7+nofp", "m7", True),
        ("cortex-m4+nofp", "m4", True),
        ("-mcpu=cortex-m7", "m7", False),
        ("cortex_m7", "m7", False),
        ("cortex-m4f", "m4", False),
    ],
)
def test_cores_are_understood_as_gcc_spells_them(text, core, drops_double):
    choice = parse_core(text)
    assert isinstance(choice, CoreChoice)
    assert (choice.core, choice.drops_double) == (core, drops_double)


@pytest.mark.parametrize("text", ["", "m3", "cortex-m33", "cortex-m7+fp.dp", "a9", "m7 m4"])
def test_other_cores_are_refused(text):
    with pytest.raises(UsageError) as caught:
        parse_core(text)
    assert str(caught.value) == (
        f"unknown core {text!r}; armsim models m4 and m7 (also cortex-m4, cortex-m7, "
        "cortex-m7+nofp.dp, cortex-m7+nofp)"
    )


@pytest.fixture
def fit(tmp_path: Path):
    """Check an Elf as `x.elf` against a board."""

    def check(elf: Elf, board: Board | str = "nucleo-f746zg") -> Start:
        path = tmp_path / "x.elf"
        path.write_bytes(elf.build())
        return check_fits(load_image(path), find_board(board) if isinstance(board, str) else board)

    return check


@pytest.fixture
def misfit(tmp_path: Path, fit):
    """Return what the check complains of, with the folder taken out."""

    def complain(elf: Elf, board: Board | str = "nucleo-f746zg") -> str:
        with pytest.raises(ImageError) as caught:
            fit(elf, board)
        return str(caught.value).replace(f"{tmp_path}/", "")

    return complain


F746 = (
    "flash 0x08000000-0x080fffff, itcm 0x00000000-0x00003fff, dtcm 0x20000000-0x2000ffff, sram1 "
    "0x20010000-0x2004bfff, sram2 0x2004c000-0x2004ffff"
)
F746_RAM = F746.split(", ", 1)[1]


def test_the_vector_table_is_where_the_board_boots(fit):
    assert fit(program()) == Start(0x0020_0000, 0x2001_0000, 0x0800_0009)
    assert fit(program(), "stm32f4-discovery").vector_table == 0
    assert fit(program(), "nucleo-h743zi").vector_table == 0x0800_0000
    at_zero = program(base=0, reset=9)
    assert fit(at_zero, "mps2-an386") == Start(0, 0x2001_0000, 9)


def test_a_program_behind_a_boot_loader_starts_at_its_own_table(fit):
    elf = program(base=0x0801_0000, reset=0x0801_0009)
    assert fit(elf).vector_table == 0x0801_0000


def test_a_program_in_ram_starts_there(fit):
    elf = program(base=0x2000_0000, reset=0x2000_0009)
    assert fit(elf).vector_table == 0x2000_0000


def test_the_stack_may_begin_at_the_end_of_any_ram(fit):
    for stack in (0x2005_0000, 0x2000_0004, 0x0000_4000, 0x2001_0000):
        assert fit(program(stack=stack)).stack_pointer == stack


def test_a_stack_outside_ram_is_refused(misfit):
    for stack in (0x2005_0004, 0x2000_0000, 0x0801_0000, 0xFFFF_FFFC, 0):
        assert misfit(program(stack=stack)) == (
            f"x.elf: initial stack pointer {stack:#010x} (at 0x00200000) is outside the RAM of "
            f"nucleo-f746zg ({F746_RAM}); link it for this board, or give its RAM with --sram "
            "BASE:SIZE"
        )


def test_more_ram_lets_it_fit(fit):
    board = resize(find_board("nucleo-f746zg"), sram=(0x2000_0000, 1 << 20))
    assert fit(program(stack=0x2010_0000), board).stack_pointer == 0x2010_0000


def test_an_image_without_a_vector_table_is_refused(misfit):
    assert misfit(program(stack=0xE7FE_E7FE, reset=0xBF00_BF00)) == (
        "x.elf has no vector table at 0x00200000 (found 0xe7fee7fe 0xbf00bf00); link it with a "
        "linker script that keeps .isr_vector first in flash"
    )
    assert misfit(Elf(loads=[Load(0x0800_0000, b"abcd")])) == (
        "x.elf has no vector table: fewer than 8 bytes are loaded at 0x08000000; link it with a "
        "linker script that keeps .isr_vector first in flash"
    )


def test_a_reset_vector_must_be_thumb_code(misfit):
    assert misfit(program(reset=0x0800_0008)) == (
        "x.elf: reset vector 0x08000008 (at 0x00200004) is no Thumb address, its bit 0 is clear; "
        "declare the reset handler with .thumb_func or .type %function"
    )
    assert misfit(program(reset=0x0800_1001)) == (
        "x.elf: reset vector 0x08001001 (at 0x00200004) points outside the code that is loaded; "
        "correct the vector table or the linker script"
    )
    elf = program(reset=0x0800_1001)
    elf.loads.append(Load(0x0800_1000, bytes(8), flags=4 | WRITE))
    assert "points outside the code that is loaded" in misfit(elf)


def test_segments_outside_the_memory_are_named(misfit, fit):
    tail = "link it for this board, choose another --board, or give its memory with"
    assert misfit(program(base=0x1000_0000)) == (
        "x.elf: code segment 0x10000000-0x1000000f is outside the memory of nucleo-f746zg "
        f"({F746}); {tail} --flash BASE:SIZE"
    )
    elf = program()
    elf.loads.append(Load(0x2004_FFF0, b"", flags=4 | WRITE, memory_size=64))
    assert misfit(elf) == (
        "x.elf: data segment 0x2004fff0-0x2005002f is outside the memory of nucleo-f746zg from "
        f"0x20050000 on ({F746}); {tail} --sram BASE:SIZE"
    )
    elf = program()
    elf.loads.append(
        Load(0x0800_0100, bytes(4), flags=4 | WRITE, virtual_address=0x3000_0000, memory_size=16)
    )
    assert misfit(elf).startswith("x.elf: data segment 0x30000000-0x3000000f is outside the memory")
    across = program()
    across.loads.append(Load(0x2000_FFF0, b"", flags=4 | WRITE, memory_size=64))
    assert fit(across)


def test_a_core_that_lacks_what_the_image_needs_is_named(misfit, fit):
    m7_double = attributes((5, "7E-M"), (6, 13), (7, 77), (10, 8))
    m7_single = attributes((5, "7E-M"), (6, 13), (7, 77), (10, 8), (27, 1))
    m4_single = attributes((5, "7E-M"), (6, 13), (7, 77), (10, 6), (27, 1))
    assert misfit(program(attributes=m7_double)) == (
        "x.elf is built for double precision (FPv5-D16), which the Cortex-M7 of nucleo-f746zg "
        "lacks; build it with single precision only (-mcpu=cortex-m7+nofp.dp), or choose --board "
        "nucleo-f767zi"
    )
    assert misfit(program(attributes=m7_double), "stm32f4-discovery") == (
        "x.elf is built for double precision (FPv5-D16), which the Cortex-M4 of stm32f4-discovery "
        "lacks; build it with single precision only (-mcpu=cortex-m4), or choose --board "
        "nucleo-f767zi"
    )
    assert misfit(program(attributes=m7_single), "stm32f4-discovery") == (
        "x.elf is built for FPv5 (FPv5-D16), which the Cortex-M4 of stm32f4-discovery lacks; build "
        "it with -mfpu=fpv4-sp-d16, or choose --board nucleo-f746zg"
    )
    no_fp = with_core(find_board("stm32f4-discovery"), parse_core("cortex-m4+nofp"))
    assert misfit(program(attributes=m4_single), no_fp) == (
        "x.elf is built for floating point (VFPv4-D16), which the Cortex-M4 of stm32f4-discovery "
        "lacks; build it with -mfloat-abi=soft"
    )
    assert fit(program(attributes=m7_double), "nucleo-f767zi")
    assert fit(program(attributes=m7_single))
    assert fit(program(attributes=m4_single))
