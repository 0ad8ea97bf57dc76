"""Find a board by name, or read one from a TOML file."""

import tomllib
from dataclasses import replace
from importlib import resources
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

from armsim.boards.attach import KINDS, Host, make_devices
from armsim.boards.board import (
    BUSES,
    FEATURES,
    REGION_KINDS,
    Board,
    DeviceSpec,
    Region,
    check_regions,
    with_clock,
)
from armsim.boards.texts import ADDRESS_SPACE, CORES, parse_clock, parse_size
from armsim.errors import BoardError, UsageError, suggest

DEFAULTS = {"m4": "stm32f4-discovery", "m7": "nucleo-f746zg"}
LARGEST_FILE = 1 << 20

_BOARD = {
    "description": str,
    "core": str,
    "features": list,
    "clock": (str, int),
    "interrupts": int,
    "priority_bits": int,
    "systick_divider": int,
    "systick_calibration": int,
    "boot_address": int,
    "wait_states": list,
    "region": list,
    "device": list,
    "slower_ram": list,
    "group_rule": bool,
    "accelerator": list,
    "caches": list,
}
_TIMING = {"slower_ram", "group_rule", "accelerator", "caches"}
_CORE = {"priority_bits", "systick_divider", "systick_calibration"}
_OPTIONAL_BOARD = {"wait_states", "device", "description"} | _TIMING | _CORE
_REGION = {
    "name": str,
    "kind": str,
    "base": int,
    "size": (str, int),
    "aliases": list,
    "wait_states": int,
    "cacheable": bool,
    "bus": str,
}
_OPTIONAL_REGION = {"aliases", "wait_states", "cacheable", "bus"}
CACHE_SIZES = (0, 4 << 10, 8 << 10, 16 << 10)
_DEVICE = {
    "name": str,
    "kind": str,
    "base": int,
    "size": (str, int),
    "irq": int,
    "options": dict,
}
_OPTIONAL_DEVICE = {"irq", "options"}


def board_names() -> list[str]:
    """Return the names of the boards that come with armsim, sorted."""
    folder = resources.files("armsim.boards")
    return sorted(
        file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")
    )


def find_board(name_or_file: str | Path) -> Board:
    """Return the board called so, or described by the TOML file of that name.

    Raises:
        BoardError: there is none, or its description makes no sense.
    """
    text = str(name_or_file)
    names = board_names()
    if text.lower() in names:
        name = text.lower()
        content = resources.files("armsim.boards").joinpath(f"{name}.toml").read_bytes()
        return parse_board(content, name, name)
    path = Path(text)
    if isinstance(name_or_file, str) and not text.endswith(".toml") and len(path.parts) == 1:
        raise BoardError(
            f"unknown board {text!r}{suggest(text.lower(), names)}; boards: {', '.join(names)}; "
            "or give a TOML file"
        )
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BoardError(f"board file {text} cannot be read: {reason}") from None
    if len(content) > LARGEST_FILE:
        raise BoardError(f"board file {text} is larger than 1 MiB; it is no board description")
    return parse_board(content, path.stem, text)


def default_board(core: str) -> Board:
    """Return the board that stands for "m4" or "m7" when none is named.

    Raises:
        BoardError: no such core.
    """
    if core not in DEFAULTS:
        raise BoardError(f"unknown core {core!r}; armsim models {' and '.join(DEFAULTS)}")
    return find_board(DEFAULTS[core])


def parse_board(content: bytes, name: str, source: str) -> Board:
    """Return the board that TOML `content` describes; `source` is what messages call it.

    Raises:
        BoardError: it is not TOML, or not a board.
    """
    try:
        table = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise BoardError(f"{source} is not TOML: {reason}") from None
    _check_keys(source, table, _BOARD, _OPTIONAL_BOARD)
    core = _one_of(source, "core", table["core"], CORES)
    features = frozenset(_one_of(source, "feature", item, FEATURES) for item in table["features"])
    if features & {"fp5", "fp64", "fp64v5"} and "fp" not in features:
        raise BoardError(f"{source}: features {sorted(features)} need 'fp' too; add it")
    regions = tuple(_region(source, item) for item in _tables(source, "region", table))
    check_regions(source, regions)
    _check_names(source, "region", [region.name for region in regions])
    interrupts = table["interrupts"]
    if not 0 <= interrupts <= 240:
        raise BoardError(f"{source}: interrupts = {interrupts}; a Cortex-M4 or M7 has 0 to 240")
    priority_bits = table.get("priority_bits", 4)
    if not 3 <= priority_bits <= 8:
        raise BoardError(f"{source}: priority_bits = {priority_bits}; Armv7-M allows 3 to 8")
    devices = tuple(_device(source, item, interrupts) for item in _tables(source, "device", table))
    _check_names(source, "device", [device.name for device in devices])
    _check_devices(source, devices, regions)
    board = Board(
        name=name,
        core=core,
        features=features,
        clock_hz=_clock(source, table["clock"]),
        wait_table=_wait_table(source, table.get("wait_states", [])),
        regions=regions,
        devices=devices,
        interrupts=interrupts,
        boot_address=_address(source, "boot_address", table["boot_address"]),
        description=table.get("description", ""),
        slower_ram=_range(source, table.get("slower_ram", [0, 0])),
        group_rule=table.get("group_rule", False),
        accelerator=_accelerator(source, table.get("accelerator", [64, 8])),
        caches=_caches(source, core, table.get("caches", [0, 0])),
        priority_bits=priority_bits,
        systick_divider=_count(source, "systick_divider", table.get("systick_divider", 8)),
        systick_calibration=_address(
            source, "systick_calibration", table.get("systick_calibration", 0x4000_0000)
        ),
    )
    make_devices(replace(board, name=source), Host())  # for its checks of options
    return with_clock(board, board.clock_hz)


def _region(source: str, table: dict[str, Any]) -> Region:
    where = f"{source}: region {table.get('name', '?')}"
    _check_keys(where, table, _REGION, _OPTIONAL_REGION)
    kind = _one_of(where, "kind", table["kind"], REGION_KINDS)
    if kind == "flash" and "wait_states" in table:
        raise BoardError(f"{where}: wait states of flash depend on the clock; give the board's")
    return Region(
        name=table["name"],
        kind=kind,
        base=_address(where, "base", table["base"]),
        size=_size(where, table["size"]),
        aliases=tuple(_address(where, "alias", item) for item in table.get("aliases", [])),
        wait_states=_count(where, "wait_states", table.get("wait_states", 0)),
        cacheable=table.get("cacheable", False),
        bus=_one_of(where, "bus", table.get("bus", "system"), BUSES),
    )


def _device(source: str, table: dict[str, Any], interrupts: int) -> DeviceSpec:
    where = f"{source}: device {table.get('name', '?')}"
    _check_keys(where, table, _DEVICE, _OPTIONAL_DEVICE)
    irq = table.get("irq")
    if irq is not None and not 0 <= irq < interrupts:
        raise BoardError(f"{where}: irq = {irq}; the board has lines 0 to {interrupts - 1}")
    base, size = _address(where, "base", table["base"]), _size(where, table["size"])
    if base + size > ADDRESS_SPACE or base % 4 or size % 4:
        raise BoardError(
            f"{where}: {base:#x} and {size:#x} bytes are no range of words in the address space"
        )
    return DeviceSpec(
        kind=_one_of(where, "kind", table["kind"], tuple(KINDS)),
        name=table["name"],
        base=base,
        size=size,
        irq=irq,
        options=MappingProxyType(table.get("options", {})),
    )


def _check_devices(
    source: str, devices: tuple[DeviceSpec, ...], regions: tuple[Region, ...]
) -> None:
    """Raise BoardError where two devices share an address; only `absent` may lie beneath."""
    real = sorted((d for d in devices if d.kind != "absent"), key=lambda d: d.base)
    for low, high in pairwise(real):
        if low.base + low.size > high.base:
            raise BoardError(
                f"{source}: devices {low.name} ({low.base:#x}) and {high.name} ({high.base:#x}) "
                "overlap; move or shrink one of them"
            )
    for device in real:
        for region in regions:
            if device.base < region.end and region.base < device.base + device.size:
                raise BoardError(
                    f"{source}: device {device.name} ({device.base:#x}) lies in region "
                    f"{region.name}; move one of them"
                )


def _check_keys(
    where: str, table: dict[str, Any], known: dict[str, Any], optional: set[str]
) -> None:
    for key, value in table.items():
        if key not in known:
            hint = suggest(key, known) or f"; keys: {', '.join(known)}"
            raise BoardError(f"{where}: unknown key {key!r}{hint}")
        types = known[key]
        integer = types is int or (isinstance(types, tuple) and int in types)
        if not isinstance(value, types) or (integer and isinstance(value, bool)):
            raise BoardError(f"{where}: {key} = {value!r} is not {_described(types)}")
    for key in known:
        if key not in table and key not in optional:
            raise BoardError(f"{where}: {key} is missing; add {key} = ...")


def _described(types: Any) -> str:
    words = {str: "a text", int: "a number", bool: "true or false", list: "a list", dict: "a table"}
    return " or ".join(words[item] for item in (types if isinstance(types, tuple) else (types,)))


def _tables(source: str, key: str, table: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = table.get(key, [])
    for item in items:
        if not isinstance(item, dict):
            raise BoardError(f"{source}: {key} is not a list of tables; write [[{key}]]")
    return items


def _check_names(source: str, what: str, names: list[str]) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            raise BoardError(f"{source}: two {what}s are called {name!r}; rename one")


def _one_of(where: str, what: str, value: object, known: tuple[str, ...]) -> str:
    if isinstance(value, str) and value in known:
        return value
    hint = suggest(value, known) if isinstance(value, str) else ""
    raise BoardError(f"{where}: unknown {what} {value!r}; one of {', '.join(known)}{hint}")


def _address(where: str, what: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < ADDRESS_SPACE:
        return value
    raise BoardError(f"{where}: {what} = {value!r} is no 32-bit address")


def _range(where: str, value: list[Any]) -> tuple[int, int]:
    if len(value) != 2:
        raise BoardError(f"{where}: slower_ram = {value!r} is not [start, end]")
    start, end = (_address(where, "slower_ram", item) for item in value)
    if start > end:
        raise BoardError(f"{where}: slower_ram ends at {end:#x}, before its start {start:#x}")
    return start, end


def _accelerator(where: str, value: list[Any]) -> tuple[int, int]:
    if len(value) != 2 or any(type(item) is not int or not 1 <= item <= 64 for item in value):
        raise BoardError(
            f"{where}: accelerator = {value!r} is not [lines of code, lines of data], 1 to 64 each"
        )
    return value[0], value[1]


def _caches(where: str, core: str, value: list[Any]) -> tuple[int, int]:
    sizes = [_size(f"{where}: caches", item) if item else 0 for item in value]
    if len(sizes) != 2 or any(size not in CACHE_SIZES for size in sizes):
        raise BoardError(
            f"{where}: caches = {value!r} is not [instructions, data] of 4, 8 or 16 KiB, or 0"
        )
    if core != "m7" and any(sizes):
        raise BoardError(f"{where}: caches = {value!r}; only a Cortex-M7 has them")
    return sizes[0], sizes[1]


def _count(where: str, what: str, value: int) -> int:
    if 0 <= value <= 255:
        return value
    raise BoardError(f"{where}: {what} = {value} is not between 0 and 255")


def _size(where: str, value: str | int) -> int:
    try:
        return parse_size(str(value))
    except UsageError as error:
        raise BoardError(f"{where}: size: {error}") from None


def _clock(where: str, value: object) -> int:
    try:
        return parse_clock(str(value))
    except UsageError as error:
        raise BoardError(f"{where}: clock: {error}") from None


def _wait_table(source: str, rows: list[Any]) -> tuple[tuple[int, int], ...]:
    table = []
    for row in rows:
        if not isinstance(row, list) or len(row) != 2 or not isinstance(row[1], int):
            raise BoardError(
                f'{source}: wait_states has {row!r}; its rows are ["30MHz", 0]: the highest '
                "clock, then the wait states"
            )
        table.append(
            (_clock(f"{source}: wait_states", row[0]), _count(source, "wait_states", row[1]))
        )
    if table != sorted(table):
        raise BoardError(f"{source}: wait_states are not in rising order; sort them by clock")
    return tuple(table)
