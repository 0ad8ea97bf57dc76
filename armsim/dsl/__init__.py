"""What an instruction is: bit pattern, operands, `insn`, and the state that a meaning works on."""

from armsim.dsl.errors import EncodingError
from armsim.dsl.instruction import FEATURES, Instruction, definitions, insn
from armsim.dsl.timing import Timing

__all__ = ["FEATURES", "EncodingError", "Instruction", "Timing", "definitions", "insn"]
