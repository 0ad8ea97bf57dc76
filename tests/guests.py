"""Small guest images, written with the assembler of these tests, and sessions that run them.

A program is text at 0x08000200, behind the vector table; it starts at `start`. `exit` ends it with
status 0; `leave` with the word in R1 as reason. Vectors not given lead to address 0: lockup.
"""

import io
from dataclasses import dataclass
from pathlib import Path

from assembler import assemble, labels_of
from machine.elf_writer import FUNC, READ, WRITE, Elf, Load

from armsim.choices import choose_board
from armsim.dsl.state import S0
from armsim.machine.image import load_image
from armsim.outcome import Run
from armsim.session import Session

FLASH, CODE, RAM, STACK = 0x0800_0000, 0x0800_0200, 0x2000_0000, 0x2000_4000
BOARD = "stm32f4-discovery"
NMI, HARD_FAULT, MEM_MANAGE, BUS_FAULT, USAGE_FAULT = 2, 3, 4, 5, 6
SVCALL, PENDSV, SYSTICK = 11, 14, 15
EXIT = """
exit:
    mov32 r1, #0x20026
leave:
    movs r0, #0x18
    bkpt #0xab
    b leave
"""
# Registers by the names of their manuals
REGISTERS = {
    "DWT_CTRL": 0xE000_1000, "CYCCNT": 0xE000_1004, "SYST_CSR": 0xE000_E010,
    "SYST_RVR": 0xE000_E014, "SYST_CVR": 0xE000_E018, "NVIC_ISER": 0xE000_E100,
    "NVIC_ISPR": 0xE000_E200, "ICSR": 0xE000_ED04, "SCR": 0xE000_ED10, "CCR": 0xE000_ED14,
    "SHPR2": 0xE000_ED1C, "SHPR3": 0xE000_ED20, "SHCSR": 0xE000_ED24, "CFSR": 0xE000_ED28,
    "HFSR": 0xE000_ED2C, "BFAR": 0xE000_ED38, "CPACR": 0xE000_ED88, "DEMCR": 0xE000_EDFC,
    "FPCCR": 0xE000_EF34,
}  # fmt: skip


def put(register: str, value: int, scratch: str = "r7", other: str = "r6") -> str:
    """Return code that stores a word to a register or an address."""
    return f"""
        mov32 {scratch}, #{REGISTERS.get(register, register)}
        mov32 {other}, #{value}
        str {other}, [{scratch}]
    """


def get(register: str, into: str, scratch: str = "r7") -> str:
    """Return code that loads a word from a register or an address."""
    return f"""
        mov32 {scratch}, #{REGISTERS.get(register, register)}
        ldr.w {into}, [{scratch}]
    """


CYCLE_COUNTER = put("DEMCR", 1 << 24) + put("DWT_CTRL", 1)
FPU_ON = put("CPACR", 0xF << 20) + "dsb sy\nisb sy\n"


def image(source: str, vectors: dict[int, str] | None = None) -> Elf:
    """Return an image of a program."""
    text = f"start:\n{source}\n{EXIT}" if "start:" not in source else f"{source}\n{EXIT}"
    labels = labels_of(text, CODE)
    code = assemble(text, CODE)
    table = [STACK, labels["start"] | 1] + [0] * 126
    for number, label in (vectors or {}).items():
        table[number] = labels[label] | 1
    data = b"".join(word.to_bytes(4, "little") for word in table) + code
    order = sorted(labels, key=lambda label: labels[label])
    ends = [*(labels[label] for label in order[1:]), CODE + len(code)]
    symbols = [
        (label, labels[label] | 1, end - labels[label], FUNC)
        for label, end in zip(order, ends, strict=True)
    ]
    ram = Load(RAM, b"", memory_size=1024, flags=READ | WRITE)
    return Elf(loads=[Load(FLASH, data), ram], symbols=symbols, entry=labels["start"] | 1)


@dataclass
class Guest:
    """A session, its outcome, and where its labels are."""

    session: Session
    run: Run
    labels: dict[str, int]
    output: bytes

    def r(self, number: int) -> int:
        """Return a core register."""
        return int(self.session.core.state[number])

    def s(self, number: int) -> int:
        """Return a single-precision register."""
        return int(self.session.core.state[S0 + number])

    def word(self, address: int) -> int:
        """Return a word of memory."""
        return int(self.session.memory.load(address, 4))

    def words(self, address: int, count: int) -> list[int]:
        """Return words of memory."""
        return [self.word(address + 4 * k) for k in range(count)]


def run_guest(
    folder: Path,
    source: str,
    vectors: dict[int, str] | None = None,
    *,
    board: str = BOARD,
    max_instructions: int | None = 1_000_000,
    max_cycles: int | None = None,
    **options: object,
) -> Guest:
    """Run a program to its end, and check that causes and regions are consistent."""
    path = folder / "guest.elf"
    path.write_bytes(image(source, vectors).build())
    loaded = load_image(path)
    output = io.BytesIO()
    session = Session(
        loaded,
        choose_board(loaded, board=board),
        stdout=output,
        stdin=io.BytesIO(),
        **options,  # type: ignore[arg-type]
    )
    run = session.run(max_instructions=max_instructions, max_cycles=max_cycles)
    assert sum(run.causes.values()) == run.cycles
    assert sum(region.instructions for region in run.regions) == run.instructions
    text = f"start:\n{source}\n{EXIT}" if "start:" not in source else f"{source}\n{EXIT}"
    return Guest(session, run, labels_of(text, CODE), output.getvalue())
