"""Cortex-M7: which lines are in the caches, at run time, and what a miss costs.

These functions are compiled like meanings; the words of a timing model hold tags. They are quick
where everything is present: a block of code is noted with the generation of the instruction cache,
which changes when a line goes, and a line of data is looked for by its low bits among those seen
last. Replacement is round robin. Whether memory is cached, and where its stores go, is what the
default memory map and the MPU say: a table among the words, which only misses look at.
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
SEEN_LINES = DATA_NEXT + DATA_SETS  # by loads, then by stores
POLICIES = SEEN_LINES + 2 * SEEN  # how many, then start, end and policy of each, the last counts
MOST_POLICIES = 64  # eight regions of eight parts
END = POLICIES
DIRTY = 1 << 40  # of a tag: the line is to be written back
WRITE_BACK, WRITE_THROUGH, UNCACHED = 0, 1, 2  # policies
ICACHE_MISS, DCACHE_MISS, FLASH_WAIT = (
    CAUSES.index(name) for name in ("icache_miss", "dcache_miss", "flash_wait")
)
ITCM_END, FLASH_START, DEVICES, MEMORY, MEMORY_END = (
    0x0020_0000, 0x0800_0000, 0x4000_0000, 0x6000_0000, 0xA000_0000
)  # fmt: skip
RAM_START, SRAM_START, WRITTEN_THROUGH = 0x1000_0000, 0x2000_0000, 0x8000_0000


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


def policy_at(cpu, address):
    """Return the policy for an address: the MPU's or the default memory map's (DDI0403, B3.1)."""
    for number in range(model_word(cpu, POLICIES), 0, -1):
        entry = POLICIES + 3 * number - 2
        if model_word(cpu, entry) <= address and address < model_word(cpu, entry + 1):
            return model_word(cpu, entry + 2)
    return WRITE_THROUGH if address < SRAM_START or address >= WRITTEN_THROUGH else WRITE_BACK


def seen_word(address, store):
    """Return the word that holds the line of `address` if it was used so lately."""
    return SEEN_LINES + store * SEEN + (address >> LINE_BITS) % SEEN


@cold
def data_line(cpu, address, sets, store, misses):
    """Have a line of data in the cache; a load waits for it, a store does not."""
    line = address >> LINE_BITS
    seen = seen_word(address, store)
    if address >= DEVICES and (address < MEMORY or address >= MEMORY_END):
        return
    wait = misses & 255 if address < RAM_START else misses >> 8 & 255
    policy = policy_at(cpu, address)
    if policy == UNCACHED:
        if not store:
            charge(cpu, DCACHE_MISS, wait - (misses >> 24))
        return
    number = line % sets
    tags = DATA_TAGS + number * DATA_WAYS
    dirty = DIRTY if store and policy == WRITE_BACK else 0
    for way in range(DATA_WAYS):
        if model_word(cpu, tags + way) & DIRTY - 1 == line + 1:
            set_model_word(cpu, tags + way, model_word(cpu, tags + way) | dirty)
            set_model_word(cpu, seen, line)
            return
    if store and policy == WRITE_THROUGH:
        return
    way = model_word(cpu, DATA_NEXT + number)
    gone = model_word(cpu, tags + way)
    forget_seen(cpu, (gone & DIRTY - 1) - 1)
    set_model_word(cpu, seen, line)
    set_model_word(cpu, tags + way, line + 1 | dirty)
    set_model_word(cpu, DATA_NEXT + number, (way + 1) % DATA_WAYS)
    if not store:
        charge(cpu, DCACHE_MISS, wait + (misses >> 16 & 255 if gone & DIRTY else 0))


def forget_seen(cpu, line):
    """Forget that a line was used lately: it goes."""
    for seen in (SEEN_LINES, SEEN_LINES + SEEN):
        if line >= 0 and model_word(cpu, seen + line % SEEN) == line:
            set_model_word(cpu, seen + line % SEEN, 0)


def cached_access(cpu, place, offset, kind, sets, start, end, misses):
    """Charge for a load or store that misses the data cache.

    `kind` is 1 for a store, and above that bit how far the last word is from the first; `start` to
    `end` is tightly coupled; `misses` are cycles, 8 bits each: for a line of flash, of RAM, to
    write one back first, and how much less a single access takes.
    """
    address = address_of(cpu, place, offset)
    if address < FLASH_START or start <= address < end:
        return
    store = kind & 1
    line, last = address >> LINE_BITS, address + (kind >> 1)
    if model_word(cpu, seen_word(address, store)) != line:
        data_line(cpu, address, sets, store, misses)
    if last >> LINE_BITS != line and model_word(cpu, seen_word(last, store)) != last >> LINE_BITS:
        data_line(cpu, last, sets, store, misses)


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
