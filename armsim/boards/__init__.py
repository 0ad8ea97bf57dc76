"""Boards as data, and the texts that name them and their parts."""

from armsim.boards.board import Board, DeviceSpec, Region, resize, with_clock, with_core
from armsim.boards.catalogue import board_names, default_board, find_board
from armsim.boards.texts import (
    CoreChoice,
    parse_address,
    parse_clock,
    parse_core,
    parse_region,
    parse_size,
)

__all__ = [
    "Board",
    "CoreChoice",
    "DeviceSpec",
    "Region",
    "board_names",
    "default_board",
    "find_board",
    "parse_address",
    "parse_clock",
    "parse_core",
    "parse_region",
    "parse_size",
    "resize",
    "with_clock",
    "with_core",
]
