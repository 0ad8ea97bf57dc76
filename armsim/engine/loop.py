"""The interpreter's dispatch loop as LLVM IR: fetch a record, switch on its operation, call.

The loop knows nothing of any instruction. A record is an operation number and operands; an
operation is a compiled meaning (`armsim.engine.semantics`) or one of END, STOP and SKIP. Blocks are
straight runs of records with a static cost; a run-time charge is a record of its own.
"""

from collections.abc import Sequence

from armsim.dsl import state
from armsim.engine.context import (
    END,
    FIRST_MEANING,
    PAGE_BITS,
    RECORD_WORDS,
    SKIP,
    STOP,
    Block,
    Context,
    Reason,
)

_HALFWORDS = 1 << (PAGE_BITS - 1)
_ARGUMENTS = "ptr %ret, ptr %exc, ptr %state, ptr %context"


def _get(result: str, base: str, index: int, kind: str = "i64") -> str:
    return (
        f"  %{result}.p = getelementptr {kind}, ptr %{base}, i64 {index}\n"
        f"  %{result} = load {kind}, ptr %{result}.p, align {8 if kind == 'i64' else 4}\n"
    )


def _pointer(result: str, index: int) -> str:
    return (
        f"  %{result}.p = getelementptr i64, ptr %context, i64 {index}\n"
        f"  %{result} = load ptr, ptr %{result}.p, align 8\n"
    )


def _put(value: str, base: str, index: int, tag: str, kind: str = "i64") -> str:
    return (
        f"  %{tag}.q = getelementptr {kind}, ptr %{base}, i64 {index}\n"
        f"  store {kind} {value}, ptr %{tag}.q, align {8 if kind == 'i64' else 4}\n"
    )


def loop_ir(operations: Sequence[tuple[str, int]], condition: str) -> str:
    """Return the module text of `run` for the given operations: symbol and number of operands.

    `condition` is the symbol of the compiled `condition_passed`. `run(state, context, record)`
    goes on at `record` of block Context.BLOCK, or at the block of NEXT_PC if `record` is negative,
    and returns a `Reason`.
    """
    declarations = "".join(
        f"declare i32 @{name}(ptr, ptr, ptr, ptr{', i64' * operands})\n"
        for name, operands in operations
    )
    cases = "".join(f"    i32 {FIRST_MEANING + k}, label %op{k}\n" for k in range(len(operations)))
    bodies = "".join(_operation(k, name, count) for k, (name, count) in enumerate(operations))
    return f"""
{declarations}declare i32 @{condition}(ptr, ptr, ptr, ptr, i64)

define i64 @run(ptr noalias %state, ptr noalias %context, i64 %resume) {{
entry:
  %ret = alloca i64
  %exc = alloca ptr
{_pointer("entry_map", Context.ENTRY_MAP)}{_pointer("entries", Context.ENTRIES)}\
{_pointer("blocks", Context.BLOCKS)}{_pointer("records", Context.RECORDS)}\
{_get("block0", "context", Context.BLOCK)}{_get("state0", "context", Context.STATE)}\
  %fresh = icmp slt i64 %resume, 0
  br i1 %fresh, label %next, label %again

again:
  %again.record = getelementptr [{RECORD_WORDS} x i32], ptr %records, i64 %resume
  br label %dispatch

next:
  %state_in = phi i64 [ %state0, %entry ], [ %left, %end ]
{_get("pc", "state", state.NEXT_PC, "i32")}\
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
  %known = icmp ne i32 %found, 0
  br i1 %known, label %variant, label %leave_no_block

variant:
  %here_block = phi i64 [ %found.w, %next ], [ %other, %another ]
  %info = getelementptr [{int(Block.WORDS)} x i64], ptr %blocks, i64 %here_block
{_get("made_for", "info", Block.STATE)}\
  %fits = icmp eq i64 %made_for, %state_in
  br i1 %fits, label %enter, label %another

another:
{_get("other", "info", Block.VARIANT)}\
  %more_variants = icmp ne i64 %other, 0
  br i1 %more_variants, label %variant, label %leave_no_block

enter:
{_get("count", "info", Block.COUNT)}{_get("done", "context", Context.INSTRUCTIONS)}\
{_get("most", "context", Context.INSTRUCTION_LIMIT)}\
  %after = add i64 %done, %count
  %too_many = icmp sgt i64 %after, %most
  br i1 %too_many, label %leave_limit, label %enter_time

enter_time:
{_get("worst", "info", Block.WORST)}{_get("now", "context", Context.CYCLES)}\
{_get("latest", "context", Context.CYCLE_LIMIT)}\
  %until = add i64 %now, %worst
  %too_late = icmp sgt i64 %until, %latest
  br i1 %too_late, label %leave_limit, label %start

start:
{_get("entered", "info", Block.ENTERED)}\
  %entered.n = add i64 %entered, 1
{_put("%entered.n", "info", Block.ENTERED, "entered.n")}\
{_get("through", "info", Block.NEXT)}\
  %through.h = trunc i64 %through to i32
{_put("%through.h", "state", state.NEXT_PC, "through.h", "i32")}\
{_get("first", "info", Block.FIRST)}\
  %first.record = getelementptr [{RECORD_WORDS} x i32], ptr %records, i64 %first
  br label %dispatch

dispatch:
  %record = phi ptr [ %again.record, %again ], [ %first.record, %start ], \
[ %skip.next, %skip ]{"".join(f", [ %next{k}, %done{k} ]" for k in range(len(operations)))}
  %block = phi i64 [ %block0, %again ], [ %here_block, %start ], \
[ %block, %skip ]{"".join(f", [ %block, %done{k} ]" for k in range(len(operations)))}
  %operation = load i32, ptr %record, align 4
  switch i32 %operation, label %leave_machine [
    i32 {END}, label %end
    i32 {STOP}, label %leave_stop
    i32 {SKIP}, label %skip
{cases}  ]

end:
  %ending = getelementptr [{int(Block.WORDS)} x i64], ptr %blocks, i64 %block
{_get("target", "state", state.NEXT_PC, "i32")}{_get("fall", "ending", Block.NEXT)}\
  %fall.h = trunc i64 %fall to i32
  %branched = icmp ne i32 %target, %fall.h
{_get("cost", "ending", Block.CYCLES)}{_get("more", "ending", Block.TAKEN)}\
  %extra = select i1 %branched, i64 %more, i64 0
  %spent = add i64 %cost, %extra
{_get("fall_state", "ending", Block.FALL_STATE)}\
{_get("branch_state", "ending", Block.BRANCH_STATE)}\
  %expected = select i1 %branched, i64 %branch_state, i64 %fall_state
{_get("surprised", "context", Context.SURPRISED)}\
  %as_expected = icmp eq i64 %surprised, 0
  %left = select i1 %as_expected, i64 %expected, i64 0
{_put("0", "context", Context.SURPRISED, "surprised.n")}\
{_get("clock", "context", Context.CYCLES)}\
  %clock.n = add i64 %clock, %spent
{_put("%clock.n", "context", Context.CYCLES, "clock.n")}\
{_get("branches", "ending", Block.BRANCHED)}\
  %branched.w = zext i1 %branched to i64
  %branches.n = add i64 %branches, %branched.w
{_put("%branches.n", "ending", Block.BRANCHED, "branches.n")}\
{_get("retire", "ending", Block.COUNT)}{_get("retired", "context", Context.INSTRUCTIONS)}\
  %retired.n = add i64 %retired, %retire
{_put("%retired.n", "context", Context.INSTRUCTIONS, "retired.n")}\
  br label %next

skip:
{_get("skip.condition", "record", 1, "i32")}{_get("skip.count", "record", 2, "i32")}\
  %skip.condition.w = zext i32 %skip.condition to i64
  %skip.status = call i32 @{condition}({_ARGUMENTS}, i64 %skip.condition.w)
  %skip.passed = load i8, ptr %ret, align 1
  %skip.holds = trunc i8 %skip.passed to i1
  %skip.over = add i32 %skip.count, 1
  %skip.by = select i1 %skip.holds, i32 1, i32 %skip.over
  %skip.by.w = zext i32 %skip.by to i64
  %skip.next = getelementptr [{RECORD_WORDS} x i32], ptr %record, i64 %skip.by.w
{_get("skip.refund", "record", 3, "i32")}{_get("skip.cause", "record", 4, "i32")}\
  %skip.kept = select i1 %skip.holds, i32 0, i32 %skip.refund
  %skip.kept.w = sext i32 %skip.kept to i64
{_get("skip.now", "context", Context.CYCLES)}\
  %skip.then = sub i64 %skip.now, %skip.kept.w
{_put("%skip.then", "context", Context.CYCLES, "skip.then")}\
  %skip.cause.w = zext i32 %skip.cause to i64
{_pointer("charged", Context.CHARGED)}\
  %skip.booked.p = getelementptr i64, ptr %charged, i64 %skip.cause.w
  %skip.booked = load i64, ptr %skip.booked.p, align 8
  %skip.booked.n = sub i64 %skip.booked, %skip.kept.w
  store i64 %skip.booked.n, ptr %skip.booked.p, align 8
  br label %dispatch

{bodies}
leave_no_block:
{_put("%state_in", "context", Context.STATE, "leave.state")}\
  ret i64 {int(Reason.NO_BLOCK)}

leave_limit:
{_put("%state_in", "context", Context.STATE, "limit.state")}\
  ret i64 {int(Reason.LIMIT)}

leave_machine:
  br label %leave

leave_stop:
  br label %leave

leave:
  %reason = phi i64 [ {int(Reason.MACHINE)}, %leave_machine ], [ {int(Reason.STOP)}, %leave_stop ]
{_put("%block", "context", Context.BLOCK, "leave.block")}\
  %here = ptrtoint ptr %record to i64
  %base = ptrtoint ptr %records to i64
  %offset = sub i64 %here, %base
  %number = sdiv i64 %offset, {4 * RECORD_WORDS}
{_put("%number", "context", Context.RECORD, "leave.record")}\
  ret i64 %reason
}}
"""


def _operation(number: int, name: str, operands: int) -> str:
    loads = "".join(
        f"  %a{number}.{k}.p = getelementptr i32, ptr %record, i64 {k + 1}\n"
        f"  %a{number}.{k}.h = load i32, ptr %a{number}.{k}.p, align 4\n"
        f"  %a{number}.{k} = zext i32 %a{number}.{k}.h to i64\n"
        for k in range(operands)
    )
    arguments = "".join(f", i64 %a{number}.{k}" for k in range(operands))
    return f"""op{number}:
{loads}  %s{number} = call i32 @{name}({_ARGUMENTS}{arguments})
  %f{number} = icmp eq i32 %s{number}, 0
  br i1 %f{number}, label %done{number}, label %leave_machine
done{number}:
  %next{number} = getelementptr [{RECORD_WORDS} x i32], ptr %record, i64 1
  br label %dispatch

"""
