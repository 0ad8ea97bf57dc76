"""Cortex-M7: what depends on the addresses of loads and stores, at run time.

Where base register and offsets do not tell, a charge asks: whether two loads that issue together
want the same bank of memory, whether pairs of words go to doublewords, and whether a narrow store
finds room in the store buffer. These functions are compiled like meanings; the words of a timing
model hold what they remember.
"""

from armsim.bits import WORD
from armsim.dsl.cost import CAUSES
from armsim.dsl.state import charge, cycles_before, model_word, reg, set_model_word
from armsim.timing.cortex_m7_predict import RETURNS_END

NO_REGISTER = 15
BUFFER = RETURNS_END  # which entry is next, then the cycles at which the entries get free
ENTRIES = 4  # FIT; JNK sees the fifth store in a row wait
BANKS = BUFFER + 1 + ENTRIES  # the cycles at which the even and the odd words are free
OWED = BANKS + 2  # half a cycle that bank conflicts have cost and that is not yet charged
DATA_END = OWED + 1
READ_MODIFY_WRITE = 4  # cycles that a byte or halfword keeps its bank of DTCM (JNK)
STORE_BUFFER, BUS, UNALIGNED = (CAUSES.index(name) for name in ("store_buffer", "bus", "unaligned"))
SPLIT_PAIRS = 1  # what it costs that pairs of words do not lie in doublewords (JNK)


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


def same_bank(cpu, place, offset, other_place, other_offset, halves):
    """Charge half cycles for a load that was to issue with another and meets its bank.

    A load that has to go first in the next cycle may take along what comes after it, so that half
    a cycle is lost.
    """
    apart = address_of(cpu, place, offset) ^ address_of(cpu, other_place, other_offset)
    if apart & 4 == 0:
        owed = model_word(cpu, OWED) + halves
        set_model_word(cpu, OWED, owed & 1)
        charge(cpu, BUS, owed >> 1)


def store_pairs(cpu, place, offset):
    """Charge for an even number of words that are stored to other than doublewords."""
    if address_of(cpu, place, offset) & 4:
        charge(cpu, UNALIGNED, SPLIT_PAIRS)


def narrow_store(cpu, place, offset, issued, start, end):
    """Let a byte or halfword for tightly coupled memory (`start` to `end`) into the store buffer.

    It is read, modified and written, so a run of them fills the buffer, and the core waits.
    """
    address = address_of(cpu, place, offset)
    if address < start or address >= end:
        return
    now = cycles_before(cpu) + issued
    entry = model_word(cpu, BUFFER)
    wait = model_word(cpu, BUFFER + 1 + entry) - now
    if wait > 0:
        charge(cpu, STORE_BUFFER, wait)
        now += wait
    bank = BANKS + (address >> 2 & 1)
    free = model_word(cpu, bank)
    begins = now + 1 if free < now + 1 else free
    set_model_word(cpu, bank, begins + READ_MODIFY_WRITE)
    set_model_word(cpu, BUFFER + 1 + entry, begins + READ_MODIFY_WRITE)
    set_model_word(cpu, BUFFER, (entry + 1) % ENTRIES)


CHARGES = (same_bank, store_pairs, narrow_store)
