"""Cortex-M7: branch prediction, at run time.

A branch target address cache of 64 entries in 32 sets of 2 (FIT; the number is Arm's) holds
branches that were taken, with a 2-bit counter and the target; a conditional branch that is not in
it is predicted not taken. Returns are predicted by a stack of 8. A correct prediction costs nothing
here: the pipeline model has the target's first instructions fetched and issued. A wrong one empties
the pipeline.

These functions are compiled like meanings; the words of a timing model hold what they remember.
"""

from armsim.bits import WORD
from armsim.dsl.cost import CAUSES
from armsim.dsl.state import NEXT_PC, charge, cold, model_word, set_model_word, slot, surprise

SETS, SET_WORDS = 32, 4  # the entry used last, the other, their targets
BTAC, RETURNS = 0, SETS * SET_WORDS  # first words
RETURN_DEPTH = 8  # FIT
RETURNS_END = RETURNS + 1 + RETURN_DEPTH  # top, then the addresses, 0 where there is none
MISPREDICT, BRANCH = CAUSES.index("mispredict"), CAUSES.index("branch")
COUNTER = 1 << 32  # an entry is the branch's address and above it a counter of 0 to 3
EXC_RETURN = 0xF000_0000
# Cycles beyond those of a branch that was predicted (FIT; LLVM has 6 and 4, JNK 8 and 6 in all)
WRONG, WRONG_EARLY_FLAGS, WRONG_TARGET, LOADED_TARGET, UNKNOWN_DIRECT = 6, 4, 8, 1, 1


def btac_set(address):
    """Return the first word of the set that holds a branch."""
    return BTAC + (address >> 1) % SETS * SET_WORDS


def find(cpu, words, address):
    """Tell whether a set holds a branch; if it does, it is the one used last from now on."""
    if model_word(cpu, words) & WORD == address:
        return True
    if model_word(cpu, words + 1) & WORD != address:
        return False
    exchange(cpu, words)
    exchange(cpu, words + 2)
    return True


def exchange(cpu, word):
    """Exchange a word and the one after it."""
    first = model_word(cpu, word)
    set_model_word(cpu, word, model_word(cpu, word + 1))
    set_model_word(cpu, word + 1, first)


@cold
def allocate(cpu, words, address, target):
    """Put a branch that was taken where the one not used last is."""
    set_model_word(cpu, words + 1, model_word(cpu, words))
    set_model_word(cpu, words + 3, model_word(cpu, words + 2))
    set_model_word(cpu, words, address + 2 * COUNTER)
    set_model_word(cpu, words + 2, target)


def mispredict(cpu, cycles):
    """Empty the pipeline."""
    charge(cpu, MISPREDICT, cycles)
    surprise(cpu)


def count(cpu, words, taken):
    """Let the counter of the branch used last learn; tell whether it was predicted taken."""
    entry = model_word(cpu, words)
    counter = entry >> 32
    if counter != (3 if taken else 0):
        set_model_word(cpu, words, entry + (COUNTER if taken else -COUNTER))
    return counter >= 2


def conditional(cpu, address, fall, words, penalty):
    """Predict a direct branch that may be taken or not."""
    taken = slot(cpu, NEXT_PC) != fall
    if taken and model_word(cpu, words) == address + 3 * COUNTER:
        return  # what happens most, made short
    if not find(cpu, words, address):
        if taken:
            allocate(cpu, words, address, 0)
            mispredict(cpu, penalty)
    elif count(cpu, words, taken) != taken:
        mispredict(cpu, penalty)


def predicated_call(cpu, address, fall, words, penalty):
    """Predict a call in an IT block."""
    if slot(cpu, NEXT_PC) != fall:
        push(cpu, fall)
    conditional(cpu, address, fall, words, penalty)


def direct(cpu, address, words):
    """Predict a direct branch that is always taken."""
    if not find(cpu, words, address):
        allocate(cpu, words, address, 0)
        charge(cpu, BRANCH, UNKNOWN_DIRECT)
        surprise(cpu)


def call(cpu, address, fall, words):
    """Predict a direct call."""
    push(cpu, fall)
    direct(cpu, address, words)


def indirect(cpu, address, fall, words, extra):
    """Predict a branch to a register or to a loaded address."""
    target = slot(cpu, NEXT_PC)
    taken = target != fall
    if target >= EXC_RETURN:
        return
    if not find(cpu, words, address):
        if taken:
            allocate(cpu, words, address, target)
            mispredict(cpu, WRONG_TARGET + extra)
        return
    expected = model_word(cpu, words + 2)
    predicted = count(cpu, words, taken)
    if taken:
        set_model_word(cpu, words + 2, target)
        if expected != target or not predicted:
            mispredict(cpu, WRONG_TARGET + extra)
    elif predicted:
        mispredict(cpu, WRONG)


def indirect_call(cpu, address, fall, words):
    """Predict BLX."""
    if slot(cpu, NEXT_PC) != fall:
        push(cpu, fall)
    indirect(cpu, address, fall, words, 0)


def push(cpu, address):
    """Note where a call returns to; the oldest of too many is lost."""
    top = (model_word(cpu, RETURNS) + 1) % RETURN_DEPTH
    set_model_word(cpu, RETURNS, top)
    set_model_word(cpu, RETURNS + 1 + top, address)


def pop(cpu):
    """Take the address that a return is expected to go to, or 0."""
    top = model_word(cpu, RETURNS)
    expected = model_word(cpu, RETURNS + 1 + top)
    set_model_word(cpu, RETURNS + 1 + top, 0)
    set_model_word(cpu, RETURNS, (top + RETURN_DEPTH - 1) % RETURN_DEPTH)
    return expected


def returning(cpu, address, fall, words, extra, predicated):
    """Predict BX LR or a load of PC from the stack."""
    target = slot(cpu, NEXT_PC)
    taken = target != fall
    if target >= EXC_RETURN:
        return
    known = find(cpu, words, address)
    predicted = predicated == 0
    if predicated and known:
        predicted = count(cpu, words, taken)
    if not taken:
        if predicted:
            mispredict(cpu, WRONG + extra)
        return
    if not known:
        allocate(cpu, words, address, target)
    if pop(cpu) != target:
        mispredict(cpu, WRONG_TARGET + extra)
    elif not predicted:
        mispredict(cpu, WRONG + extra)
    elif not known:
        surprise(cpu)  # not fetched before the branch was decoded


CHARGES = (
    conditional, predicated_call, direct, call, indirect, indirect_call, returning
)  # fmt: skip
