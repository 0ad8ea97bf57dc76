"""The run-time context: what compiled code knows besides registers, as an array of 64-bit words."""

from enum import IntEnum, auto

PAGE_BITS = 10  # memory is mapped in pages of 1 KiB
PAGES = 1 << (32 - PAGE_BITS)


class Context(IntEnum):
    """Words of the context."""

    READ_MAP = 0  # host address of PAGES words: host address minus guest address, or 0
    WRITE_MAP = auto()
    ENTRY_MAP = auto()  # host address of PAGES 32-bit numbers of entry chunks
    ENTRIES = auto()  # host address of the entry chunks: a block number for each halfword
    BLOCKS = auto()  # host address of the blocks, see `Block`
    RECORDS = auto()  # host address of the records
    CYCLES = auto()  # cycles so far, at the last block boundary plus charges since
    INSTRUCTIONS = auto()  # instructions so far, at the last block boundary
    CYCLE_LIMIT = auto()  # leave before a block that might reach it, as its end may cost nothing
    INSTRUCTION_LIMIT = auto()
    RECORD = auto()  # on leaving: the record to look at or to go on from
    BLOCK = auto()  # the block it belongs to; in the threaded engine also the block before, or 0
    UNALIGNED = auto()  # host address of what unaligned accesses cost, see `unaligned_word`
    STATE = auto()  # pipeline state in which the next block is entered, by number
    SURPRISED = auto()  # 1 if a charge has emptied the pipeline since the last block ended
    MODEL = auto()  # host address of the words that the charges of a timing model keep
    CHARGED = auto()  # host address of what charges book for this block: a word for each cause
    CHARGES = auto()  # host address of these rows, one for each block
    LOOKUP = auto()  # host address of 32-bit numbers of blocks, by `LOOKUP_BITS` of a hash
    REASON = auto()  # why the threaded engine left
    SCRATCH = auto()  # what nobody reads
    SELF = auto()  # host address of this context
    WORDS = auto()


class Block(IntEnum):
    """Words of a block, 64 bits each."""

    FIRST = 0  # its first record
    COUNT = auto()  # instructions
    CYCLES = auto()  # when it falls through
    TAKEN = auto()  # more when it branches
    WORST = auto()  # the most cycles it can take
    NEXT = auto()  # address after it
    ENTERED = auto()  # how often it was run
    BRANCHED = auto()  # how often it branched
    STATE = auto()  # the pipeline state it was made for, by number
    FALL_STATE = auto()  # the states it leaves behind
    BRANCH_STATE = auto()
    VARIANT = auto()  # the block at the same address for another state, or 0
    ADDRESS = auto()
    LAST = auto()  # the block that came after it last, as far as is known
    SEEN = auto()  # of ENTERED, how often in translated regions
    NATIVE = auto()  # host address of the translated region that it is an entry of, or 0
    ENTRY = auto()  # which of its entries
    TABLE = auto()  # host address of the region's table
    WORDS = auto()


class Reason(IntEnum):
    """Why compiled code left."""

    NO_BLOCK = 1  # no block is known at NEXT_PC
    LIMIT = 2  # the next block might go beyond a limit
    MACHINE = 3  # RECORD needs the machine: a system instruction, a device, a fault
    STOP = 4  # RECORD is a stop mark
    # What a translated region says to its caller besides.
    NEXT = 0  # go on at NEXT_PC
    NEAR = 5  # the block at NEXT_PC is too near a limit for the region
    RESUME = 6  # go on at RECORD


LOOKUP_BITS = 12
MODEL_WORDS = 1 << 16  # room for what the charges of a timing model keep
RECORD_WORDS = 8  # 32 bits each: operation, then up to seven operands
# Operations that are not meanings; the operands of SKIP are condition, records, refund, cause.
END, STOP, SKIP = 0, 1, 2
FIRST_MEANING = 3


UNALIGNED_WORDS = 16


def unaligned_word(store: bool, size: int, address: int) -> int:
    """Return where the cost of an unaligned access stands in the table of these."""
    return store * 8 | (size & 4) | address & 3
