"""Flash behind the accelerator of an STM32F4 or L4 (ART): what a program waits for it, at run time.

Flash delivers a line of 16 bytes every WS + 1 cycles. The accelerator keeps lines of code (64, the
least recently used goes) and of data (8), reads the next line of code ahead, and holds the line it
gave last. Rules R10: a line that is there arrives 2 cycles after its address phase at t; otherwise
its reading starts at max(t + 1, flash free) and takes WS + 1; then the next line is read ahead. A
line read ahead arrives when it is ready, goes among the lines kept, and the reading ahead goes on.

The pipeline says for each block when it asks for each line and until when the line may come at no
cost (`m4_lines`). These functions, compiled like meanings, know at which cycle that is, which lines
are there, and charge for those that come later. A block all of whose lines are there is noted with
the generation of the cache, which changes when a line goes; it then costs one comparison.
"""

from armsim.dsl.cost import CAUSES
from armsim.dsl.state import charge, cold, cycles_before, model_word, set_model_word
from armsim.timing.m4_bus import address_of

FLASH_WAIT = CAUSES.index("flash_wait")
LINE_BITS = 4  # 16 bytes
HIT = 2  # cycles from address phase to decode
# Words of the model. Lines are kept as their number plus 1, so that 0 is none.
FAST = 0  # the generation, or PENDING while a line asked for by the last block is still to come
GENERATION = 1
READY = 2  # when the line asked for last arrives
LAST = 3  # that line
LAST_BLOCK = 4  # the place of the block before, if all its lines were there
BUSY = 5  # until when flash is read, as far as planned
AHEAD, AHEAD_READY = 6, 7  # the line read ahead, and when that is done
DATA = 8  # the line of data given last
DATA_BUSY = 10  # until when flash is read for data
NOTED = 9  # how many blocks are in the list of those whose lines are all there
TAGS, USES = 16, 80  # the lines of code that are kept, and when they were asked for last
DATA_TAGS, DATA_USES = 144, 208
MOST_LINES = 64
HINTS = 272  # where a line is among TAGS, by its low bits; to be checked there
HINT_BITS = 10
LIST, LIST_SIZE = 1296, 2048
READS, READS_KEPT = 3344, 16  # the last readings of code: from when, until when
NEXT_READ = 3376  # which of them is the oldest
BLOCKS = 3377  # of each block: generation + 1, last entered, first line, lines, last request
BLOCK_WORDS = 5
PENDING = -2
NEVER = 127  # a slack: nothing in the block waits for this line
BEFORE = 64  # added to what is negative
ICACHE, DCACHE, PREFETCH = 1 << 8, 1 << 9, 1 << 10  # settings; below them the wait states


def find_line(cpu, line):
    """Return where a line of code is kept, or -1."""
    way = model_word(cpu, HINTS + (line & (1 << HINT_BITS) - 1))
    return way if model_word(cpu, TAGS + way) == line + 1 else -1


def fold_uses(cpu):
    """Give the lines of blocks that were entered without a look the time of that."""
    for k in range(model_word(cpu, NOTED)):
        block = model_word(cpu, LIST + k)
        entered = model_word(cpu, block + 1)
        first = model_word(cpu, block + 2)
        for line in range(first, first + model_word(cpu, block + 3)):
            way = find_line(cpu, line)
            if way >= 0 and model_word(cpu, USES + way) < entered:
                set_model_word(cpu, USES + way, entered)
    set_model_word(cpu, NOTED, 0)


def keep_line(cpu, line, when, lines):
    """Put a line among those kept, in the place of the least recently used."""
    oldest, way = model_word(cpu, USES), 0
    if model_word(cpu, TAGS + lines - 1) != 0:  # full: what is noted of blocks counts
        fold_uses(cpu)
        oldest = model_word(cpu, USES)
        generation = model_word(cpu, GENERATION) + 1
        set_model_word(cpu, GENERATION, generation)
        set_model_word(cpu, FAST, generation)
    for k in range(lines):
        if model_word(cpu, TAGS + k) == 0:
            way = k
            break
        used = model_word(cpu, USES + k)
        if used < oldest:
            oldest, way = used, k
    set_model_word(cpu, TAGS + way, line + 1)
    set_model_word(cpu, USES + way, when)
    set_model_word(cpu, HINTS + (line & (1 << HINT_BITS) - 1), way)


def read_code(cpu, earliest, settings):
    """Read a line of code as soon as flash is free, from `earliest` on; return when it is there."""
    busy = model_word(cpu, BUSY)
    start = earliest if earliest > busy else busy
    ready = start + (settings & 15) + 1
    oldest = model_word(cpu, NEXT_READ)
    set_model_word(cpu, READS + 2 * oldest, start)
    set_model_word(cpu, READS + 2 * oldest + 1, ready)
    set_model_word(cpu, NEXT_READ, (oldest + 1) % READS_KEPT)
    set_model_word(cpu, BUSY, ready)
    return ready


def read_ahead(cpu, line, earliest, settings):
    """Start to read the line after `line` as soon as flash is free, unless it is there."""
    if settings & PREFETCH == 0 or model_word(cpu, AHEAD) == line + 2:
        return
    if settings & ICACHE and find_line(cpu, line + 1) >= 0:
        return
    set_model_word(cpu, AHEAD, line + 2)
    set_model_word(cpu, AHEAD_READY, read_code(cpu, earliest, settings))


def ask_for_line(cpu, line, when, settings, lines):
    """Ask for a line of code at cycle `when`; return when it arrives."""
    arrives = when + HIT
    if model_word(cpu, LAST) == line + 1:
        return arrives
    set_model_word(cpu, LAST, line + 1)
    if settings & ICACHE:
        way = find_line(cpu, line)
        if way >= 0:
            set_model_word(cpu, USES + way, when)
            read_ahead(cpu, line, when + 1, settings)
            return arrives
    if settings & PREFETCH and model_word(cpu, AHEAD) == line + 1:
        ready = model_word(cpu, AHEAD_READY)
        arrives = ready if ready > arrives else arrives
        set_model_word(cpu, AHEAD, 0)
        next_start = arrives - 1
    else:
        arrives = read_code(cpu, when + 1, settings)
        next_start = arrives
    if settings & ICACHE:
        keep_line(cpu, line, when, lines)
    read_ahead(cpu, line, next_start, settings)
    return arrives


def flash_lines(cpu, block, first_and_count, settings_and_entry, one, two, three, four):
    """Charge for the lines of code that a block asks for and that come late.

    `block` is its place among the words. `first_and_count` is the number of the first line and,
    from bit 28, how many there are, at most 8. `settings_and_entry` are wait states and settings,
    from bit 11 the number of lines that are kept, from bit 18 how many words of the first line are
    asked for (less 1), from bit 20 until when the line asked for before may come (plus BEFORE).
    Then for each line 16 bits: when it is asked for, counted from the one before (9 bits; the first
    plus BEFORE), and its slack.
    """
    now = cycles_before(cpu)
    if model_word(cpu, block) == model_word(cpu, FAST) + 1:
        set_model_word(cpu, block + 1, now)
        set_model_word(cpu, LAST_BLOCK, block)
        return
    enter_slowly(cpu, now, block, first_and_count, settings_and_entry, one, two, three, four)


@cold
def enter_slowly(cpu, now, block, first_and_count, settings_and_entry, one, two, three, four):
    """Do what `flash_lines` says, line by line."""
    settings = settings_and_entry & 0x7FF
    lines = settings_and_entry >> 11 & 0x7F
    entry = (settings_and_entry >> 20) - BEFORE
    first, count = first_and_count & 0xFFF_FFFF, first_and_count >> 28
    set_model_word(cpu, FAST, model_word(cpu, GENERATION))
    last_block = model_word(cpu, LAST_BLOCK)
    if last_block != 0:
        set_model_word(cpu, LAST_BLOCK, 0)
        line = model_word(cpu, last_block + 2) + model_word(cpu, last_block + 3) - 1
        asked = model_word(cpu, last_block + 1) + model_word(cpu, last_block + 4)
        set_model_word(cpu, LAST, line + 1)
        read_ahead(cpu, line, asked + 1, settings)
    ready = model_word(cpu, READY)
    delay = ready - now - entry
    if delay < 0:
        delay = 0
    asks = -BEFORE
    words = 1 + (settings_and_entry >> 18 & 3)  # of the first line, that are asked for
    when = now
    for k in range(count):
        packed = one if k < 2 else two if k < 4 else three if k < 6 else four
        packed = packed >> (16 * (k & 1)) & 0xFFFF
        asks += packed >> 7
        slack = packed & 127
        when = now + asks + delay
        if k > 0 and when < ready - 2 + words:
            when = ready - 2 + words
        if k > 0:
            words = 4
        ready = ask_for_line(cpu, first + k, when, settings, lines)
        if slack != NEVER:
            late = ready - (now + asks + HIT + slack + delay)
            if late > 0:
                delay += late
    set_model_word(cpu, READY, ready)
    if delay > 0:
        charge(cpu, FLASH_WAIT, delay)
    note_block(cpu, now, block, first, count, asks)
    if ready > when + HIT:
        set_model_word(cpu, FAST, PENDING)
    elif settings & ICACHE and model_word(cpu, NOTED) < LIST_SIZE and present(cpu, first, count):
        set_model_word(cpu, block, model_word(cpu, GENERATION) + 1)
        set_model_word(cpu, LIST + model_word(cpu, NOTED), block)
        set_model_word(cpu, NOTED, model_word(cpu, NOTED) + 1)


def note_block(cpu, now, block, first, count, asks):
    """Keep what is needed of a block when it is entered without a look."""
    set_model_word(cpu, block + 1, now)
    set_model_word(cpu, block + 2, first)
    set_model_word(cpu, block + 3, count)
    set_model_word(cpu, block + 4, asks)


def present(cpu, first, count):
    """Tell whether all lines of a block are kept."""
    there = 0
    for line in range(first, first + count):
        there += find_line(cpu, line) >= 0
    return there == count


def flash_data(cpu, place, offset, size, executed, settings_and_lines):
    """Charge for a load of `size` bytes from flash whose lines are not among the lines of data.

    `executed` is when it executes, counted from the entry of the block.
    """
    address = address_of(cpu, place, offset)
    if address >> 28 != 0:
        return
    first, last = address >> LINE_BITS, (address + size - 1) >> LINE_BITS
    if model_word(cpu, DATA) == first + 1 and first == last:
        return
    read_lines(cpu, first, last, cycles_before(cpu) + executed, settings_and_lines)


@cold
def read_lines(cpu, first, last, when, settings_and_lines):
    """Ask for lines of data one after the other, from cycle `when` on."""
    settings, lines = settings_and_lines & 0x7FF, settings_and_lines >> 11
    for line in range(first, last + 1):
        when += ask_for_data(cpu, line, when, settings, lines)


def ask_for_data(cpu, line, when, settings, lines):
    """Ask for a line of data at cycle `when`; return and charge what it comes late."""
    if model_word(cpu, DATA) == line + 1:
        return 0
    set_model_word(cpu, DATA, line + 1)
    oldest, way = when, 0
    if settings & DCACHE:
        for k in range(lines):
            if model_word(cpu, DATA_TAGS + k) == line + 1:
                set_model_word(cpu, DATA_USES + k, when)
                return 0
            used = model_word(cpu, DATA_USES + k)
            if used < oldest:
                oldest, way = used, k
        set_model_word(cpu, DATA_TAGS + way, line + 1)
        set_model_word(cpu, DATA_USES + way, when)
    arrives = read_data(cpu, when + 1, settings)
    late = arrives - when - HIT
    if late > 0:
        charge(cpu, FLASH_WAIT, late)
        return late
    return 0


def read_data(cpu, earliest, settings):
    """Read a line of data as soon as what is being read then is there; return when it is.

    When a block is entered all its readings of code are planned. Data goes between them, and those
    that were to begin later wait.
    """
    takes = (settings & 15) + 1
    start = model_word(cpu, DATA_BUSY)
    start = earliest if earliest > start else start
    oldest = model_word(cpu, NEXT_READ)
    for k in range(READS_KEPT):
        read = READS + 2 * ((oldest + k) % READS_KEPT)
        if model_word(cpu, read) <= start and start < model_word(cpu, read + 1):
            start = model_word(cpu, read + 1)
            break
    ready = start + takes
    set_model_word(cpu, DATA_BUSY, ready)
    busy = model_word(cpu, BUSY)
    set_model_word(cpu, BUSY, busy + takes if busy > start else ready)
    for read in range(READS, READS + 2 * READS_KEPT, 2):
        if model_word(cpu, read) >= start:
            set_model_word(cpu, read, model_word(cpu, read) + takes)
            set_model_word(cpu, read + 1, model_word(cpu, read + 1) + takes)
    for word in (READY, AHEAD_READY):
        if model_word(cpu, word) >= ready:
            set_model_word(cpu, word, model_word(cpu, word) + takes)
    return ready


CHARGES = (flash_lines, flash_data)
