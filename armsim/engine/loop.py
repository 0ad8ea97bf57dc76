"""Engine 0, the interpreter: one dispatch loop, which switches on the operation of a record.

The loop knows nothing of any instruction. A record is an operation number and operands; an
operation is a compiled meaning (`armsim.engine.semantics`) or one of END, STOP and SKIP. Blocks are
straight runs of records with a static cost; a run-time charge is a record of its own.
"""

from collections.abc import Sequence

from armsim.engine.context import END, FIRST_MEANING, SKIP, STOP, Context, Reason
from armsim.engine.parts import ARGUMENTS, RECORD, get, operands, parts_ir, pointer, put, put_place


def loop_ir(
    operations: Sequence[tuple[str, int]], condition: str, outside: Sequence[str] = ()
) -> str:
    """Return the module text of `run` for the given operations: symbol and number of operands.

    `condition` is the symbol of the compiled `condition_passed`; `outside` are functions that only
    other engines offer to translated regions. `run(state, context, record)`
    goes on at `record` of block Context.BLOCK, or at the block of NEXT_PC if `record` is negative,
    and returns a `Reason`.
    """
    declarations = "".join(
        f"declare i32 @{name}(ptr, ptr, ptr, ptr{', i64' * count})\n" for name, count in operations
    )
    numbers = range(len(operations))
    cases = "".join(f"    i32 {FIRST_MEANING + k}, label %op{k}\n" for k in numbers)
    bodies = "".join(_operation(k, name, count) for k, (name, count) in enumerate(operations))
    return f"""
{declarations}declare i32 @{condition}(ptr, ptr, ptr, ptr, i64)
{parts_ir(condition)}
define i64 @run(ptr noalias %state, ptr noalias %context, i64 %resume) {{
entry:
  %ret = alloca i64
  %exc = alloca ptr
{pointer("records", Context.RECORDS)}\
{get("block0", "context", Context.BLOCK)}{get("state0", "context", Context.STATE)}\
  %fresh = icmp slt i64 %resume, 0
  br i1 %fresh, label %next, label %again

again:
  %again.record = getelementptr {RECORD}, ptr %records, i64 %resume
  br label %dispatch

next:
  %state_in = phi i64 [ %state0, %entry ], [ %left, %end ]
  %here = call i64 @find(ptr %state, ptr %context, i64 %state_in)
  %known = icmp ne i64 %here, 0
  br i1 %known, label %enter, label %leave_no_block

enter:
  %first = call i64 @enter(ptr %state, ptr %context, i64 %here)
  %near = icmp slt i64 %first, 0
  br i1 %near, label %leave_limit, label %start

start:
  %first.record = getelementptr {RECORD}, ptr %records, i64 %first
  br label %dispatch

dispatch:
  %record = phi ptr [ %again.record, %again ], [ %first.record, %start ], \
[ %skip.next, %skip ]{"".join(f", [ %next{k}, %done{k} ]" for k in numbers)}
  %block = phi i64 [ %block0, %again ], [ %here, %start ], \
[ %block, %skip ]{"".join(f", [ %block, %done{k} ]" for k in numbers)}
  %operation = load i32, ptr %record, align 4
  switch i32 %operation, label %leave_machine [
    i32 {END}, label %end
    i32 {STOP}, label %leave_stop
    i32 {SKIP}, label %skip
{cases}  ]

end:
  %left = call i64 @finish(ptr %state, ptr %context, i64 %block)
  br label %next

skip:
  %skip.by = call i64 @skip(ptr %state, ptr %context, ptr %record)
  %skip.next = getelementptr {RECORD}, ptr %record, i64 %skip.by
  br label %dispatch

{bodies}
leave_no_block:
{put("%state_in", "context", Context.STATE, "leave.state")}\
  ret i64 {int(Reason.NO_BLOCK)}

leave_limit:
{put("%state_in", "context", Context.STATE, "limit.state")}\
  ret i64 {int(Reason.LIMIT)}

leave_machine:
  br label %leave

leave_stop:
  br label %leave

leave:
  %reason = phi i64 [ {int(Reason.MACHINE)}, %leave_machine ], [ {int(Reason.STOP)}, %leave_stop ]
{put_place()}\
  ret i64 %reason
}}
"""


def _operation(number: int, name: str, count: int) -> str:
    loads, arguments = operands(number, count)
    return f"""op{number}:
{loads}  %s{number} = call i32 @{name}({ARGUMENTS}{arguments})
  %f{number} = icmp eq i32 %s{number}, 0
  br i1 %f{number}, label %done{number}, label %leave_machine
done{number}:
  %next{number} = getelementptr {RECORD}, ptr %record, i64 1
  br label %dispatch

"""
