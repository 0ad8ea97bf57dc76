"""labwired, if it is installed: the MPS2 board described to it, its answer read from its memory.

It serves no semihosting and halts at instructions that it does not know; then there is no speed.
"""

import importlib.util
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.speed.guests import BOARDS, GUESTS, Guest, build
from benchmarks.speed.machines import Ours

INSTRUCTIONS = 5_000_000
RAM, RAM_SIZE = 0x2000_0000, 4 << 20
CHIP = f"""name: mps2
arch: arm
core: cortex-m4
cpu_hz: 25_000_000
flash: {{base: 0x00000000, size: 4096KB}}
ram: {{base: {RAM:#x}, size: {RAM_SIZE >> 10}KB}}
peripherals: []
"""
SYSTEM = "name: mps2\nchip: {chip}\nexternal_devices: []\nboard_io: []\n"


def installed() -> bool:
    """Tell whether labwired can be imported."""
    return importlib.util.find_spec("labwired") is not None


def compare(rounds: int) -> dict[str, tuple[float, float] | None]:
    """Return its MIPS on each guest and their ratio to `threaded`; None if it stops early."""
    return {f"{one.name} m4": _compare(one, rounds) for one in GUESTS}


def _compare(one: Guest, rounds: int) -> tuple[float, float] | None:
    image = build(one, "m4", one.rounds(INSTRUCTIONS))
    ours = Ours(image, BOARDS["m4"], "threaded")
    ours.run()
    speeds, ratios = [], []
    for _ in range(rounds):
        run = ours.run()
        seconds = _seconds(image, run.printed.strip(), run.instructions)
        if seconds is None:
            return None
        speeds.append(run.instructions / seconds / 1e6)
        ratios.append(run.seconds / seconds)
    return round(median(speeds), 1), round(median(ratios), 4)


def _seconds(image: Path, answer: str, instructions: int) -> float | None:
    """Return its processor time; None if the answer is not in its memory when it halts."""
    import labwired

    with tempfile.TemporaryDirectory() as folder:
        chip, system = Path(folder, "chip.yaml"), Path(folder, "system.yaml")
        chip.write_text(CHIP)
        system.write_text(SYSTEM.format(chip=chip))
        with labwired.Sim(image, system=system) as board:
            before = time.thread_time()
            board.run_for(2 * instructions / 25e6)
            seconds = time.thread_time() - before
            found = answer.encode() in board.read_memory(RAM, RAM_SIZE)
            return seconds if found else None
