"""python -m benchmarks.cifar10: time and memory of firmware/cifar10, beside the paper's."""

import argparse
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from armsim.machine.image import Image, load_image
from armsim.session import run_image

FIRMWARE = Path(__file__).parents[1] / "firmware"
README = FIRMWARE / "cifar10" / "README.md"
BOARDS = {"nucleo-f746zg": 216, "stm32f4-discovery": 168}  # MHz
TIMES, MEMORY, END = "<!-- times -->", "<!-- memory -->", "<!-- end -->"
PAPER_MS = {"pool1": 1.6, "conv2": 42.8, "total": 99.1}
OPERATIONS = {
    "conv1": 2 * 32 * 32 * 32 * 5 * 5 * 3,
    "pool1": 16 * 16 * 32 * 9,
    "conv2": 2 * 16 * 16 * 32 * 5 * 5 * 32,
    "pool2": 8 * 8 * 32 * 9,
    "conv3": 2 * 8 * 8 * 64 * 5 * 5 * 32,
    "pool3": 4 * 4 * 64 * 9,
    "fc": 2 * 10 * 1024,
}
OPERATIONS["total"] = sum(OPERATIONS.values())


def build(board: str) -> Path:
    """Build the firmware for a board and return the image."""
    image = Path("build") / board / "cifar10.elf"
    subprocess.run(["make", "-s", "-C", FIRMWARE, image], check=True)
    return FIRMWARE / image


def printed(text: str) -> dict[str, int]:
    """Return what the firmware printed: the cycles of each stage, and the bytes of stack."""
    rows = re.findall(r"^(\w+) +(\d+) +[\d.]+$", text, re.MULTILINE)
    stack = re.findall(r"^(stack): (\d+) bytes$", text, re.MULTILINE)
    return {name: int(value) for name, value in rows + stack}


def times(runs: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Yield the lines of the table of cycles and milliseconds."""
    (m7, mhz), (m4, m4_mhz) = BOARDS.items()
    yield "| layer | ops | paper ms | M7 ms | M7 cycles | ops/cycle | M4 ms | M4 cycles |"
    yield "| - | -: | -: | -: | -: | -: | -: | -: |"
    for name, cycles in runs[m7].items():
        if name == "stack":
            continue
        operations, other = OPERATIONS.get(name), runs[m4][name]
        cells = [
            name,
            f"{operations:,}" if operations else "",
            str(PAPER_MS.get(name, "")),
            f"{cycles / mhz / 1000:.2f}",
            f"{cycles:,}",
            f"{operations / cycles:.2f}" if operations else "",
            f"{other / m4_mhz / 1000:.2f}",
            f"{other:,}",
        ]
        yield f"| {' | '.join(cells)} |"


def memory(image: Image, stack: int) -> Iterator[str]:
    """Yield the lines of the table of bytes."""
    size = {symbol.name: symbol.size for symbol in image.symbols}
    weights = sum(size[f"{layer}_weights"] for layer in ("conv1", "conv2", "conv3", "fc"))
    biases = sum(size[f"{layer}_bias"] for layer in ("conv1", "conv2", "conv3", "fc"))
    ram = [s for s in image.segments if s.virtual_address >= 0x2000_0000]
    flash = sum(len(s.data) for s in image.segments)
    yield "| | where | paper | here, bytes | from |"
    yield "| - | - | -: | -: | - |"
    for cells in (
        ("weights", "flash", "87 kB", weights, "ELF: `conv1_weights` to `fc_weights`"),
        ("biases", "flash", "", biases, "ELF: `conv1_bias` to `fc_bias`"),
        ("activations", "SRAM", "40 kB", size["activations"], "ELF: `activations`"),
        ("buffers", "SRAM", "10 kB", size["image"] + size["columns"], "ELF: `image`, `columns`"),
        ("stack", "SRAM", "", stack, "the run: paint that was lost"),
        ("all of the image", "flash", "", flash, "ELF: segments"),
        ("all variables", "SRAM", "", sum(s.virtual_size for s in ram), "ELF: segments"),
    ):
        yield f"| {' | '.join(f'{x:,}' if isinstance(x, int) else x for x in cells)} |"


def put(text: str, begin: str, lines: Sequence[str]) -> str:
    """Replace what stands between two marks."""
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(END)
    return "\n".join([before + begin, *lines, END + after])


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cifar10", description=__doc__)
    parser.add_argument("--renew", action="store_true", help=f"write them to {README.name}")
    renew = parser.parse_args().renew
    images = {board: build(board) for board in BOARDS}
    runs = {
        board: printed(run_image(path, board=board)[1].decode()) for board, path in images.items()
    }
    m7 = next(iter(BOARDS))
    tables = {
        TIMES: list(times(runs)),
        MEMORY: list(memory(load_image(images[m7]), runs[m7]["stack"])),
    }
    text = README.read_text()
    for begin, lines in tables.items():
        print("\n".join([*lines, ""]))
        text = put(text, begin, lines)
    if renew:
        README.write_text(text)


if __name__ == "__main__":
    main()
