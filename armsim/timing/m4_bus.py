"""Cortex-M4: what depends on which memory a load or store goes to, known at run time only.

Two accesses overlap only in one bus slave, and some SRAM answers later. Which memory it is follows
from the address, so these are charges, made where registers do not tell beforehand. They are
compiled like meanings.
"""

from armsim.bits import WORD
from armsim.dsl.cost import CAUSES
from armsim.dsl.state import charge, reg

NO_REGISTER = 15
SLAVE_SHIFT = 28  # flash, CCM, SRAM, peripherals: each has 256 MiB of the memory map of its own
BUS = CAUSES.index("bus")


def place_word(base, index, shift):
    """Pack the registers of an address in a word; -1 is none."""
    return (base & 15) | (index & 15) << 4 | shift << 8


def address_of(cpu, place, offset):
    """Return an address from its registers and offset."""
    address = offset
    if place & 15 != NO_REGISTER:
        address += reg(cpu, place & 15)
    if place >> 4 & 15 != NO_REGISTER:
        address += reg(cpu, place >> 4 & 15) << (place >> 8)
    return address & WORD


def slower_ram(cpu, place, offset, start, end):
    """Charge for the first access of a burst to RAM from `start` to `end`: it takes one more."""
    address = address_of(cpu, place, offset)
    if start <= address < end:
        charge(cpu, BUS, 1)


def other_slave(cpu, place, offset, next_place, next_offset, start, end):
    """Charge for an access that would overlap with the load before it, were it the same slave.

    In RAM from `start` to `end` the first of several overlapping loads takes one cycle more.
    """
    first = address_of(cpu, place, offset)
    second = address_of(cpu, next_place, next_offset)
    apart = first >> SLAVE_SHIFT != second >> SLAVE_SHIFT
    if apart:
        charge(cpu, BUS, 1)
    if start <= second < end and (apart or first < start or first >= end):
        charge(cpu, BUS, 1)


CHARGES = (slower_ram, other_slave)
