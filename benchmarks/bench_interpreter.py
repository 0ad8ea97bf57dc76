"""Host speed of the interpreter: the keyword spotter here and in unicorn, in turns.

Both run the same image on the same memory map, with this package's devices and semihosting, and
both must print the same word and scores before a speed is printed. Times are processor time of
this process. The first run of a machine has its start-up in it (loading, decoding, translating);
the runs after it are the steady state.
"""

import argparse
import csv
import io
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import unicorn
from unicorn import arm_const as arm

from armsim.devices.semihosting import GuestExit, Semihosting
from armsim.session import Session

ROOT = Path(__file__).parents[1]
IMAGE = ROOT / "firmware" / "prebuilt" / "kws-m7.elf"
BASELINE = Path(__file__).parent / "baseline" / "interpreter.csv"
RESULTS = Path(__file__).parent / "build" / "interpreter.csv"
NEEDED = 0.5  # of unicorn's speed, in the steady state
COLUMNS = (
    *("date", "commit", "host", "image", "engine", "instructions"),
    *("steady_mips", "steady_seconds", "start_seconds", "of_unicorn"),
)


@dataclass
class Timed:
    """A machine that runs the image again and again, and the seconds that each run took."""

    make: Callable[[], Callable[[], str]]
    seconds: list[float] = field(default_factory=list)
    made: float = 0.0
    run: Callable[[], str] | None = None
    printed: str = ""

    def round(self) -> None:
        """Run once, making the machine first if need be."""
        before = time.process_time()
        if self.run is None:
            self.run = self.make()
            self.made = time.process_time() - before
            before = time.process_time()
        self.printed = self.run()
        self.seconds.append(time.process_time() - before)

    @property
    def steady(self) -> float:
        """Seconds of a run that finds everything decoded."""
        return statistics.median(self.seconds[1:])

    @property
    def start(self) -> float:
        """Seconds that the first run takes more, making the machine included."""
        return self.made + self.seconds[0] - self.steady


class Ours:
    """A session, reset for each run."""

    def __init__(self, image: Path) -> None:
        self.printed = io.BytesIO()
        self.session = Session(image, stdin=io.BytesIO(), stdout=self.printed, stderr=self.printed)

    def run(self) -> str:
        """Run the image to its end and return what it printed."""
        self.printed.seek(0)
        self.printed.truncate()
        self.session.reset()
        self.session.run()
        return self.printed.getvalue().decode()


class Unicorn:
    """The same board in unicorn; a session lends it devices and semihosting."""

    def __init__(self, image: Path) -> None:
        self.printed = io.BytesIO()
        self.lender = Session(image, stdin=io.BytesIO(), stdout=self.printed, stderr=self.printed)
        self.guest = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB)
        self.guest.ctl_set_cpu_model(arm.UC_CPU_ARM_CORTEX_M7)
        for region in self.lender.board.regions:
            for base in (region.base, *region.aliases):
                self.guest.mem_map(base, region.size)
        for base, size in ((0x4000_0000, 0x2000_0000), (0xE000_0000, 0x10_0000)):
            self.guest.mmio_map(base, size, self._read, base, self._write, base)
        self.guest.hook_add(unicorn.UC_HOOK_INTR, self._interrupt)
        self.registers = self.guest.context_save()
        self.host = Semihosting(
            *(_GuestMemory(self.guest), image.name, (), None),
            *(io.BytesIO(), self.printed, self.printed, self.lender.board.clock_hz),
            *(lambda: 0, (0, 0, 0, 0)),
        )

    def _read(self, guest: unicorn.Uc, offset: int, size: int, base: int) -> int:
        return self.lender.memory.load(base + offset, size)

    def _write(self, guest: unicorn.Uc, offset: int, size: int, value: int, base: int) -> None:
        self.lender.memory.store(base + offset, size, value)

    def _interrupt(self, guest: unicorn.Uc, number: int, _: object) -> None:
        self.stopped_by = number
        guest.emu_stop()

    def run(self) -> str:
        """Run the image to its end and return what it printed."""
        guest, lender = self.guest, self.lender
        self.printed.seek(0)
        self.printed.truncate()
        lender.reset()
        guest.context_restore(self.registers)
        guest.reg_write(arm.UC_ARM_REG_C1_C0_2, 0xF << 20)
        guest.reg_write(arm.UC_ARM_REG_FPEXC, 1 << 30)
        for region in lender.board.regions:
            if region.writable:
                guest.mem_write(region.base, bytes(region.size))
        for segment in lender.image.segments:
            if bytes(guest.mem_read(segment.address, len(segment.data))) != segment.data:
                guest.mem_write(segment.address, segment.data)
        table = min(segment.address for segment in lender.image.segments)
        stack, pc = (guest.mem_read(table + offset, 4) for offset in (0, 4))
        guest.reg_write(arm.UC_ARM_REG_SP, int.from_bytes(stack, "little"))
        pc = int.from_bytes(pc, "little")
        try:
            while True:
                guest.emu_start(pc | 1, 0)
                pc = self._served(guest.reg_read(arm.UC_ARM_REG_PC))
        except GuestExit:
            self.host.close()
            return self.printed.getvalue().decode()

    def _served(self, pc: int) -> int:
        """Serve the semihosting call at `pc` and return where to go on."""
        guest = self.guest
        if bytes(guest.mem_read(pc, 2)) != b"\xab\xbe":
            raise SystemExit(f"unicorn stopped at {pc:#010x} by exception {self.stopped_by}")
        words = (guest.reg_read(arm.UC_ARM_REG_R0), guest.reg_read(arm.UC_ARM_REG_R1))
        guest.reg_write(arm.UC_ARM_REG_R0, self.host.call(*words))
        return pc + 2


class _GuestMemory:
    """What semihosting sees of unicorn's memory."""

    def __init__(self, guest: unicorn.Uc) -> None:
        self.guest = guest

    def read_bytes(self, address: int, size: int) -> bytes:
        return bytes(self.guest.mem_read(address, size))

    def write_bytes(self, address: int, data: bytes) -> None:
        self.guest.mem_write(address, data)


def answer(printed: str) -> list[str]:
    """Return the word and the scores; the cycles between them differ."""
    lines = printed.splitlines()
    return [lines[0], *(line for line in lines if line.startswith("scores:"))]


def compare(image: Path, rounds: int) -> list[dict[str, object]]:
    """Run both in turns, check their answers and return a row for each."""
    ours: list[Ours] = []

    def make() -> Callable[[], str]:
        ours.append(Ours(image))
        return ours[0].run

    machines = {
        "interpreter": Timed(make),
        "unicorn": Timed(lambda: Unicorn(image).run),
    }
    for _ in range(rounds + 1):
        for timed in machines.values():
            timed.round()
    answers = {name: answer(timed.printed) for name, timed in machines.items()}
    if answers["interpreter"] != answers["unicorn"] or len(answers["unicorn"]) != 2:
        raise SystemExit(f"different answers, no speed: {answers}")
    print("both print", " and ".join(answers["unicorn"]))
    instructions = ours[0].session.engine.instructions
    reference = machines["unicorn"].steady
    return [
        {
            "engine": name,
            "instructions": instructions,
            "steady_mips": round(instructions / timed.steady / 1e6, 1),
            "steady_seconds": round(timed.steady, 4),
            "start_seconds": round(timed.start, 3),
            "of_unicorn": round(reference / timed.steady, 3),
        }
        for name, timed in machines.items()
    ]


def command_seconds(cache: str) -> float:
    """Return the wall time of `armsim run` on a run of a few thousand instructions."""
    command = [sys.executable, "-m", "armsim", "run", "-q", str(IMAGE), "--", "--refused"]
    environment = {**os.environ, "ARMSIM_CACHE_DIR": cache, "PYTHONPYCACHEPREFIX": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode
    before = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    elapsed = time.perf_counter() - before
    if done.returncode != 1 or "not understood" not in done.stderr:
        raise SystemExit(f"a short run went wrong: {done.stderr}")
    return elapsed


def measure_command(times: int) -> None:
    """Print how long `armsim run` takes on a short run: the first ever, and later ones."""
    with tempfile.TemporaryDirectory() as folder:
        first = command_seconds(folder)
        later = sorted(command_seconds(folder) for _ in range(times))
    print(f"armsim run, short image, first ever: {first:.2f} s")
    print(f"armsim run, short image, warm: {later[0]:.2f} to {later[-1]:.2f} s, ", end="")
    print(f"median {statistics.median(later):.2f} s of {times}")


def host() -> str:
    """Return the processor's name and how many of them there are."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores"


def commit() -> str:
    """Return the commit of the tree, with a plus sign if files differ from it."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + ("+" if changed else "")


def append(rows: list[dict[str, object]], path: Path) -> None:
    """Add rows to a CSV file, with a header if it is new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    common = {"date": date.today().isoformat(), "commit": commit(), "host": host()}
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerows({**common, **row} for row in rows)


def main() -> int:
    """Measure, print, and keep a line for each engine."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=11, help="runs of each after the first")
    parser.add_argument(
        "--csv", type=Path, default=RESULTS, help="where lines are added; default: %(default)s"
    )
    parser.add_argument("--command", action="store_true", help="time `armsim run`, too")
    options = parser.parse_args()
    rows = compare(IMAGE, options.rounds)
    print(f"{'engine':<12} {'steady MIPS':>11} {'steady s':>9} {'start s':>8} {'of unicorn':>11}")
    for row in rows:
        row["image"] = IMAGE.stem
        print(
            f"{row['engine']:<12} {row['steady_mips']:>11} {row['steady_seconds']:>9} "
            f"{row['start_seconds']:>8} {row['of_unicorn']:>11}"
        )
    if options.command:
        measure_command(7)
    with BASELINE.open(newline="") as file:
        before = next(row for row in csv.DictReader(file) if row["engine"] == "interpreter")
    print("baseline: {of_unicorn} of unicorn, {steady_mips} MIPS, {date}, {host}".format(**before))
    append(rows, options.csv)
    if float(str(rows[0]["of_unicorn"])) < NEEDED:
        print(f"slower than {NEEDED} of unicorn's speed", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
