"""What a newer or bigger core would take an undefined instruction for."""

from armsim.engine.decoder import UndefinedInstruction


def capstone_reading(found: UndefinedInstruction) -> str:
    """Return what a newer or bigger core would take an instruction for."""
    import capstone

    halves = (found.word >> 16, found.word & 0xFFFF) if found.size == 4 else (found.word,)
    data = b"".join(half.to_bytes(2, "little") for half in halves)
    mode = capstone.CS_MODE_THUMB + capstone.CS_MODE_MCLASS + capstone.CS_MODE_V8
    reader = capstone.Cs(capstone.CS_ARCH_ARM, mode)
    for _, _, mnemonic, operands in reader.disasm_lite(data, found.address):
        return f"Capstone reads {mnemonic} {operands}".rstrip()
    return "no Armv7E-M encoding"
