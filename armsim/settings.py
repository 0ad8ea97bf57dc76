"""The timing model kept in step with what the guest sets: flash, caches, MPU."""

from collections.abc import Callable
from dataclasses import replace

from armsim.boards.around_m7 import memory_around, policies_of
from armsim.boards.board import Board
from armsim.dsl.cost import CoreModel
from armsim.dsl.state import CCR, set_slot, slot
from armsim.engine.interpreter import Interpreter
from armsim.machine.core import Core
from armsim.timing.cortex_m4 import CortexM4
from armsim.timing.cortex_m7 import CortexM7
from armsim.timing.cortex_m7_memory import Memory, maintain, set_policies
from armsim.timing.m4_lines import Flash

MODELS: dict[str, Callable[[], CoreModel]] = {"m4": CortexM4, "m7": CortexM7}
ICACHE_ON, DCACHE_ON = 1 << 17, 1 << 16  # of CCR


def make_model(board: Board) -> CoreModel:
    """Return the timing model of a board's core, with what the board says about it."""
    if board.core == "m4":
        return CortexM4(slower_ram=board.slower_ram, group_rule=board.group_rule)
    if board.core == "m7":
        return CortexM7(memory_around(board))
    return MODELS[board.core]()


class Settings:
    """Tells a model, and the engine that has costed code by it, of every change."""

    def __init__(self, board: Board, core: Core, model: CoreModel, engine: Interpreter) -> None:
        self._board, self._core, self._model, self._engine = board, core, model, engine

    def reset(self) -> None:
        """Take what the registers have after a reset."""
        self.follow_caches()
        self.follow_mpu()

    def start_up(self) -> None:
        """Leave flash and caches as start-up code does."""
        if isinstance(self._model, CortexM7):
            set_slot(self._core, CCR, slot(self._core, CCR) | ICACHE_ON | DCACHE_ON)
            self._set_memory(self._model.memory.with_flash_waits(self._waits_at_clock()))
            self.follow_caches()

    def follow_flash(self, acr: int, divider: int) -> None:
        """Follow FLASH_ACR; the wait states are the clock's if the user gave one."""
        prefetch, icache, dcache = (bool(acr >> bit & 1) for bit in (8, 9, 10))
        waits = divider * ((acr & 15) + 1) - 1
        if self._board.clock_given:
            waits = self._waits_at_clock()
        if isinstance(self._model, CortexM7):
            memory = replace(self._model.memory, art_on=icache, read_ahead=prefetch)
            self._set_memory(memory.with_flash_waits(waits))
        elif isinstance(self._model, CortexM4):
            lines, data_lines = self._board.accelerator
            flash = Flash(waits, icache, dcache, prefetch, lines, data_lines, accelerator=True)
            if self._model.set_flash(flash):
                self._engine.retime()

    def follow_caches(self) -> None:
        """Follow CCR."""
        if isinstance(self._model, CortexM7):
            ccr = slot(self._core, CCR)
            icache, dcache = bool(ccr & ICACHE_ON), bool(ccr & DCACHE_ON)
            self._set_memory(replace(self._model.memory, icache_on=icache, dcache_on=dcache))

    def follow_mpu(self) -> None:
        """Follow the MPU, which says what is cached and how."""
        if isinstance(self._model, CortexM7):
            policies = policies_of(self._core.mpu)
            if policies != self._model.memory.policies:
                set_policies(self._engine.code.model_words, policies)
                self._set_memory(replace(self._model.memory, policies=policies))

    def maintain(self, register: int, value: int) -> None:
        """Follow a write to a register that cleans or invalidates caches."""
        if isinstance(self._model, CortexM7):
            sets = self._model.memory.data_sets
            maintain(self._engine.code.model_words, register, value, sets)

    def _waits_at_clock(self) -> int:
        return max((r.wait_states for r in self._board.regions if r.kind == "flash"), default=0)

    def _set_memory(self, memory: Memory) -> None:
        if isinstance(self._model, CortexM7) and memory != self._model.memory:
            self._model.memory = memory
            self._engine.retime()
