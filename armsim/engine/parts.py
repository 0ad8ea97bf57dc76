"""What every engine does between instructions, as LLVM IR text, to be inlined.

`find` looks up the block of NEXT_PC for a pipeline state, `enter` starts a block unless that might
go beyond a limit, `finish` accounts for one that has run to its end, `skip` passes over an
instruction whose condition fails.
"""

from armsim.dsl import state
from armsim.dsl.cost import CAUSES
from armsim.engine.context import LOOKUP_BITS, PAGE_BITS, RECORD_WORDS, Block, Context

_HALFWORDS = 1 << (PAGE_BITS - 1)
ARGUMENTS = "ptr %ret, ptr %exc, ptr %state, ptr %context"


def get(result: str, base: str, index: int, kind: str = "i64") -> str:
    """Return the text that loads word `index` of `base`."""
    return (
        f"  %{result}.p = getelementptr {kind}, ptr %{base}, i64 {index}\n"
        f"  %{result} = load {kind}, ptr %{result}.p, align {4 if kind == 'i32' else 8}\n"
    )


def put(value: str, base: str, index: int, tag: str, kind: str = "i64") -> str:
    """Return the text that stores word `index` of `base`; `tag` is a name of its own."""
    return (
        f"  %{tag}.q = getelementptr {kind}, ptr %{base}, i64 {index}\n"
        f"  store {kind} {value}, ptr %{tag}.q, align {4 if kind == 'i32' else 8}\n"
    )


def pointer(result: str, index: int) -> str:
    """Return the text that loads a pointer from word `index` of the context."""
    return (
        f"  %{result}.p = getelementptr i64, ptr %context, i64 {index}\n"
        f"  %{result} = load ptr, ptr %{result}.p, align 8\n"
    )


def info(block: str) -> str:
    """Return the text that points `%info` to the words of a block."""
    return (
        pointer("blocks", Context.BLOCKS)
        + f"  %info = getelementptr [{int(Block.WORDS)} x i64], ptr %blocks, i64 {block}\n"
    )


def put_place() -> str:
    """Return the text that keeps the current block and record in the context, to go on there."""
    return f"""{put("%block", "context", Context.BLOCK, "leave.block")}\
  %at = ptrtoint ptr %record to i64
  %base = ptrtoint ptr %records to i64
  %offset = sub i64 %at, %base
  %number = sdiv i64 %offset, {4 * RECORD_WORDS}
{put("%number", "context", Context.RECORD, "leave.record")}"""


def parts_ir(condition: str) -> str:
    """Return the text of the four functions; `condition` is the symbol of `condition_passed`."""
    return _find() + _enter() + _finish() + _skip(condition)


def _find() -> str:
    return f"""
; The block at NEXT_PC for a pipeline state, or 0.
define internal i64 @find(ptr %state, ptr %context, i64 %state_in) alwaysinline {{
{pointer("entry_map", Context.ENTRY_MAP)}{pointer("entries", Context.ENTRIES)}\
{pointer("blocks", Context.BLOCKS)}\
{get("pc", "state", state.NEXT_PC, "i32")}{pointer("lookup", Context.LOOKUP)}\
  %pc.w = zext i32 %pc to i64
  %pc.half = lshr i64 %pc.w, 1
  %mixed = mul i64 %state_in, 37
  %hash = xor i64 %pc.half, %mixed
  %index = and i64 %hash, {(1 << LOOKUP_BITS) - 1}
  %likely.p = getelementptr i32, ptr %lookup, i64 %index
  %likely = load i32, ptr %likely.p, align 4
  %likely.w = zext i32 %likely to i64
  %likely.info = getelementptr [{int(Block.WORDS)} x i64], ptr %blocks, i64 %likely.w
{get("likely.state", "likely.info", Block.STATE)}{get("likely.at", "likely.info", Block.ADDRESS)}\
  %same.state = icmp eq i64 %likely.state, %state_in
  %same.place = icmp eq i64 %likely.at, %pc.w
  %right = and i1 %same.state, %same.place
  br i1 %right, label %quick, label %slow
quick:
  ret i64 %likely.w
slow:
  %page = lshr i32 %pc, {PAGE_BITS}
  %page.w = zext i32 %page to i64
  %chunk.p = getelementptr i32, ptr %entry_map, i64 %page.w
  %chunk = load i32, ptr %chunk.p, align 4
  %line = mul i32 %chunk, {_HALFWORDS}
  %in_page = and i32 %pc, {(1 << PAGE_BITS) - 1}
  %half = lshr i32 %in_page, 1
  %where = add i32 %line, %half
  %where.w = zext i32 %where to i64
  %found.p = getelementptr i32, ptr %entries, i64 %where.w
  %found = load i32, ptr %found.p, align 4
  %found.w = zext i32 %found to i64
  br label %variant
variant:
  %block = phi i64 [ %found.w, %slow ], [ %other, %another ]
  %known = icmp ne i64 %block, 0
  br i1 %known, label %look, label %done
look:
  %info = getelementptr [{int(Block.WORDS)} x i64], ptr %blocks, i64 %block
{get("made_for", "info", Block.STATE)}\
  %fits = icmp eq i64 %made_for, %state_in
  br i1 %fits, label %keep, label %another
keep:
  %kept = trunc i64 %block to i32
  store i32 %kept, ptr %likely.p, align 4
  br label %done
another:
{get("other", "info", Block.VARIANT)}\
  br label %variant
done:
  ret i64 %block
}}
"""


def _enter() -> str:
    return f"""
; Start a block: return its first record, or -1 if it might go beyond a limit.
define internal i64 @enter(ptr %state, ptr %context, i64 %block) alwaysinline {{
{info("%block")}\
{get("count", "info", Block.COUNT)}{get("done", "context", Context.INSTRUCTIONS)}\
{get("most", "context", Context.INSTRUCTION_LIMIT)}\
  %after = add i64 %done, %count
  %too_many = icmp sgt i64 %after, %most
{get("worst", "info", Block.WORST)}{get("now", "context", Context.CYCLES)}\
{get("latest", "context", Context.CYCLE_LIMIT)}\
  %until = add i64 %now, %worst
  %too_late = icmp sge i64 %until, %latest
  %limited = or i1 %too_many, %too_late
  br i1 %limited, label %near, label %start
near:
  ret i64 -1
start:
{get("entered", "info", Block.ENTERED)}\
  %entered.n = add i64 %entered, 1
{put("%entered.n", "info", Block.ENTERED, "entered.n")}\
{get("through", "info", Block.NEXT)}\
  %through.h = trunc i64 %through to i32
{put("%through.h", "state", state.NEXT_PC, "through.h", "i32")}\
{get("first", "info", Block.FIRST)}{pointer("charges", Context.CHARGES)}\
  %charged = getelementptr [{len(CAUSES)} x i64], ptr %charges, i64 %block
{put("%charged", "context", Context.CHARGED, "charged", "ptr")}\
  ret i64 %first
}}
"""


def _finish() -> str:
    return f"""
; Account for a block that has run to its end: return the pipeline state it leaves.
define internal i64 @finish(ptr %state, ptr %context, i64 %block) alwaysinline {{
{info("%block")}\
{get("target", "state", state.NEXT_PC, "i32")}{get("fall", "info", Block.NEXT)}\
  %fall.h = trunc i64 %fall to i32
  %branched = icmp ne i32 %target, %fall.h
{get("cost", "info", Block.CYCLES)}{get("more", "info", Block.TAKEN)}\
  %extra = select i1 %branched, i64 %more, i64 0
  %spent = add i64 %cost, %extra
{get("fall_state", "info", Block.FALL_STATE)}{get("branch_state", "info", Block.BRANCH_STATE)}\
  %expected = select i1 %branched, i64 %branch_state, i64 %fall_state
{get("surprised", "context", Context.SURPRISED)}\
  %as_expected = icmp eq i64 %surprised, 0
  %left = select i1 %as_expected, i64 %expected, i64 0
{put("0", "context", Context.SURPRISED, "surprised.n")}\
{get("clock", "context", Context.CYCLES)}\
  %clock.n = add i64 %clock, %spent
{put("%clock.n", "context", Context.CYCLES, "clock.n")}\
{get("branches", "info", Block.BRANCHED)}\
  %branched.w = zext i1 %branched to i64
  %branches.n = add i64 %branches, %branched.w
{put("%branches.n", "info", Block.BRANCHED, "branches.n")}\
{get("retire", "info", Block.COUNT)}{get("retired", "context", Context.INSTRUCTIONS)}\
  %retired.n = add i64 %retired, %retire
{put("%retired.n", "context", Context.INSTRUCTIONS, "retired.n")}\
  ret i64 %left
}}
"""


def _skip(condition: str) -> str:
    return f"""
; Return how many records on to go: 1 if the condition holds, else behind the instruction.
define internal i64 @skip(ptr %state, ptr %context, ptr %record) alwaysinline {{
  %ret = alloca i64
  %exc = alloca ptr
{get("condition", "record", 1, "i32")}{get("count", "record", 2, "i32")}\
{get("refund", "record", 3, "i32")}{get("cause", "record", 4, "i32")}\
  %condition.w = zext i32 %condition to i64
  %status = call i32 @{condition}({ARGUMENTS}, i64 %condition.w)
  %passed = load i8, ptr %ret, align 1
  %holds = trunc i8 %passed to i1
  br i1 %holds, label %yes, label %no
yes:
  ret i64 1
no:
  %refund.w = sext i32 %refund to i64
{get("now", "context", Context.CYCLES)}\
  %then = sub i64 %now, %refund.w
{put("%then", "context", Context.CYCLES, "then")}\
  %cause.w = zext i32 %cause to i64
{pointer("charged", Context.CHARGED)}\
  %booked.p = getelementptr i64, ptr %charged, i64 %cause.w
  %booked = load i64, ptr %booked.p, align 8
  %booked.n = sub i64 %booked, %refund.w
  store i64 %booked.n, ptr %booked.p, align 8
  %over = add i32 %count, 1
  %over.w = zext i32 %over to i64
  ret i64 %over.w
}}
"""


def operands(number: int, count: int) -> tuple[str, str]:
    """Return the text that loads the operands of a record, and that of the arguments they are."""
    loads = "".join(
        f"  %a{number}.{k}.p = getelementptr i32, ptr %record, i64 {k + 1}\n"
        f"  %a{number}.{k}.h = load i32, ptr %a{number}.{k}.p, align 4\n"
        f"  %a{number}.{k} = zext i32 %a{number}.{k}.h to i64\n"
        for k in range(count)
    )
    return loads, "".join(f", i64 %a{number}.{k}" for k in range(count))


RECORD = f"[{RECORD_WORDS} x i32]"
