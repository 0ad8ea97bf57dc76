"""Cortex-M7: which lines are in the caches, at run time, and what a miss costs.

These functions are compiled like meanings; the words of a timing model hold tags. They are quick
where everything is present: a block of code is noted with the generation of the instruction cache,
which changes when a line goes, and a line of data is looked for by its low bits among those seen
last. Replacement is round robin; what a write-back costs is left out.
"""

from armsim.dsl.cost import CAUSES
from armsim.dsl.state import charge, cold, model_word, set_model_word
from armsim.timing.cortex_m7_data import address_of

LINE_BITS = 5  # lines of 32 bytes (DDI0489, CTR)
CODE_WAYS, DATA_WAYS = 2, 4  # DDI0489
LARGEST = 16 << 10  # bytes of a cache
CODE_SETS = LARGEST >> LINE_BITS + 1
DATA_SETS = LARGEST >> LINE_BITS + 2
NOTES, SEEN = 1024, 1024
# Words of the model. A tag is the number of a line plus 1, so that 0 is none.
CODE = 512
GENERATION, CODE_TAGS = CODE, CODE + 1
CODE_NEXT = CODE_TAGS + CODE_SETS * CODE_WAYS  # the way that goes next, by set
NOTED = CODE_NEXT + CODE_SETS
DATA = NOTED + NOTES
DATA_TAGS = DATA
DATA_NEXT = DATA_TAGS + DATA_SETS * DATA_WAYS
SEEN_LINES = DATA_NEXT + DATA_SETS
END = SEEN_LINES + SEEN
ICACHE_MISS, DCACHE_MISS, FLASH_WAIT = (
    CAUSES.index(name) for name in ("icache_miss", "dcache_miss", "flash_wait")
)
ITCM_END, FLASH_START, DEVICES, MEMORY, MEMORY_END = (
    0x0020_0000, 0x0800_0000, 0x4000_0000, 0x6000_0000, 0xA000_0000
)  # fmt: skip
RAM_START = 0x1000_0000


def code_line(cpu, line, sets):
    """Tell whether a line of code has to be fetched; it is there now."""
    number = line % sets
    tags = CODE_TAGS + number * CODE_WAYS
    if model_word(cpu, tags) == line + 1 or model_word(cpu, tags + 1) == line + 1:
        return 0
    way = model_word(cpu, CODE_NEXT + number)
    set_model_word(cpu, CODE_NEXT + number, 1 - way)
    if model_word(cpu, tags + way) != 0:
        set_model_word(cpu, GENERATION, model_word(cpu, GENERATION) + 1)
    set_model_word(cpu, tags + way, line + 1)
    return 1


def code_lines(cpu, note, first, count, sets, cycles, cause):
    """Charge for the lines of a block that are not in the instruction cache."""
    if model_word(cpu, note) != model_word(cpu, GENERATION) << 32 | first << 4 | count:
        fetch_lines(cpu, note, first, count, sets, cycles, cause)


@cold
def fetch_lines(cpu, note, first, count, sets, cycles, cause):
    """Have the lines of a block in the instruction cache, and note that they are."""
    missing = 0
    for line in range(first, first + count):
        missing += code_line(cpu, line, sets)
    set_model_word(cpu, note, model_word(cpu, GENERATION) << 32 | first << 4 | count)
    if missing:
        charge(cpu, cause, missing * cycles)


def seen_word(address):
    """Return the word that holds the line of `address` if it was used lately."""
    return SEEN_LINES + (address >> LINE_BITS) % SEEN


@cold
def data_line(cpu, address, sets, store, misses):
    """Have a line of data in the cache; a load waits for it, a store does not."""
    line = address >> LINE_BITS
    seen = seen_word(address)
    if address >= DEVICES and (address < MEMORY or address >= MEMORY_END):
        return
    number = line % sets
    tags = DATA_TAGS + number * DATA_WAYS
    set_model_word(cpu, seen, line)
    for way in range(DATA_WAYS):
        if model_word(cpu, tags + way) == line + 1:
            return
    way = model_word(cpu, DATA_NEXT + number)
    gone = model_word(cpu, tags + way) - 1
    if gone >= 0 and model_word(cpu, SEEN_LINES + gone % SEEN) == gone:
        set_model_word(cpu, SEEN_LINES + gone % SEEN, 0)
    set_model_word(cpu, tags + way, line + 1)
    set_model_word(cpu, DATA_NEXT + number, (way + 1) % DATA_WAYS)
    if not store:
        charge(cpu, DCACHE_MISS, misses & 255 if address < RAM_START else misses >> 8)


def cached_access(cpu, place, offset, kind, sets, start, end, misses):
    """Charge for a load or store that misses the data cache.

    `kind` is 1 for a store, and above that bit how far the last word is from the first; `start` to
    `end` is tightly coupled; `misses` are the cycles for flash and, above 8 bits, for RAM.
    """
    address = address_of(cpu, place, offset)
    if address < FLASH_START or start <= address < end:
        return
    line, last = address >> LINE_BITS, address + (kind >> 1)
    if model_word(cpu, seen_word(address)) != line:
        data_line(cpu, address, sets, kind & 1, misses)
    if last >> LINE_BITS != line and model_word(cpu, seen_word(last)) != last >> LINE_BITS:
        data_line(cpu, last, sets, kind & 1, misses)


def uncached_load(cpu, place, offset, beats, start, end, waits):
    """Charge for a load that goes to memory, `beats` times."""
    address = address_of(cpu, place, offset)
    if address < FLASH_START or start <= address < end:
        return
    if address >= DEVICES and (address < MEMORY or address >= MEMORY_END):
        return
    cycles = waits & 255 if address < RAM_START else waits >> 8
    charge(cpu, DCACHE_MISS, beats * cycles)


CHARGES = (code_lines, cached_access, uncached_load)
