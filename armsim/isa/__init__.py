"""The instruction set: importing this package defines every encoding."""

from importlib import import_module

FAMILIES = (
    "arithmetic",
    "logic",
    "move",
    "shift",
    "extend",
    "bitfield",
    "multiply",
    "multiply_half",
    "multiply_dual",
    "saturate",
    "parallel",
    "parallel_saturate",
    "load",
    "store",
    "multiple",
    "exclusive",
    "branch",
    "system",
    "fp_arithmetic",
    "fp_compare",
    "fp_convert",
    "fp_half",
    "fp_memory",
    "fp_move",
    "fp_round",
    "coprocessor",
)

for _family in FAMILIES:
    import_module(f"armsim.isa.{_family}")
