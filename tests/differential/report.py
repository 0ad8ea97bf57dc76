"""A sequence as text."""

from armsim.engine.decoder import Decoder, UndefinedInstruction
from armsim.engine.disassembler import disassemble
from tests.differential.cases import NOPS, Item, Sequence
from tests.differential.generator import CORES


def text(core: str, item: Item) -> str:
    """Return the assembly text of an item."""
    if item.data:
        return f".byte {', '.join(f'{byte:#x}' for byte in item.code)}"
    halves = (item.word >> 16, item.word & 0xFFFF) if item.size == 4 else (item.word, 0)
    try:
        return disassemble(Decoder(CORES[core]).decode(*halves, item.address, item.itstate))
    except UndefinedInstruction:
        return "not an instruction"


def listing(core: str, sequence: Sequence) -> str:
    """Return the instructions of a sequence that are not NOPs, with addresses."""
    return "\n".join(
        f"  {item.address:#x}  {item.code.hex(' '):<12} {text(core, item)}"
        for item in sequence.items
        if item.word not in NOPS or item.itstate
    )
