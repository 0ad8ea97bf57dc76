"""Engine 1, threaded: each operation is a function that jumps to that of the next record.

The records are those of the interpreter; what a dispatch loop keeps in variables travels in
registers as the arguments of tail calls. Where a translated region begins at a block, it runs that.
"""

from collections.abc import Sequence

from armsim.engine.context import Block, Context, Reason
from armsim.engine.parts import (
    ARGUMENTS,
    RECORD,
    get,
    info,
    operands,
    parts_ir,
    pointer,
    put,
    put_place,
)

_SIGNATURE = "ptr %record, ptr %state, ptr %context, ptr %handlers, i64 %block"
_TYPES = "ptr, ptr, ptr, ptr, i64"


def _jump(record: str, block: str = "%block", tag: str = "jump") -> str:
    """Return the text that goes on at a record."""
    return f"""  %{tag}.operation = load i32, ptr {record}, align 4
  %{tag}.w = zext i32 %{tag}.operation to i64
  %{tag}.p = getelementptr ptr, ptr %handlers, i64 %{tag}.w
  %{tag}.to = load ptr, ptr %{tag}.p, align 8
  musttail call preserve_nonecc void %{tag}.to(ptr {record}, ptr %state, ptr %context, \
ptr %handlers, i64 {block})
  ret void
"""


def _leave(reason: Reason) -> str:
    """Return the text that leaves at the current record."""
    return f"""{pointer("records", Context.RECORDS)}\
{put_place()}\
{put(str(int(reason)), "context", Context.REASON, "leave.reason")}\
  ret void
"""


def threaded_ir(
    operations: Sequence[tuple[str, int]], condition: str, outside: Sequence[str]
) -> str:
    """Return the module text of `run`, as `armsim.engine.loop.loop_ir` does.

    The addresses of the functions `outside`, which translated regions call, are in a table.
    """
    declarations = "".join(
        f"declare i32 @{name}(ptr, ptr, ptr, ptr{', i64' * count})\n" for name, count in operations
    )
    handlers = "".join(_handler(k, name, count) for k, (name, count) in enumerate(operations))
    names = ["end", "stop", "skip_over", *(f"operation{k}" for k in range(len(operations)))]
    table = ", ".join(f"ptr @{name}" for name in names)
    known = {name for name, _ in operations}
    callable_from = ", ".join(f"ptr @{name}" for name in outside)
    declarations += "".join(f"declare i32 @{name}()\n" for name in outside if name not in known)
    return f"""
{declarations}declare i32 @{condition}(ptr, ptr, ptr, ptr, i64)
@handlers = internal constant [{len(names)} x ptr] [{table}]
@outside = constant [{len(outside)} x ptr] [{callable_from}]
{parts_ir(condition)}{handlers}
define i64 @run(ptr noalias %state, ptr noalias %context, i64 %resume) {{
{pointer("records", Context.RECORDS)}{get("block0", "context", Context.BLOCK)}\
  %fresh = icmp slt i64 %resume, 0
  br i1 %fresh, label %next, label %again
next:
  call preserve_nonecc void @next(ptr null, ptr %state, ptr %context, ptr @handlers, i64 0)
  br label %done
again:
  %record = getelementptr {RECORD}, ptr %records, i64 %resume
  %operation = load i32, ptr %record, align 4
  %operation.w = zext i32 %operation to i64
  %handler.p = getelementptr ptr, ptr @handlers, i64 %operation.w
  %handler = load ptr, ptr %handler.p, align 8
  call preserve_nonecc void %handler(ptr %record, ptr %state, ptr %context, ptr @handlers, \
i64 %block0)
  br label %done
done:
{get("reason", "context", Context.REASON)}\
  ret i64 %reason
}}

; Go on at NEXT_PC in Context.STATE.
define internal preserve_nonecc void @next({_SIGNATURE}) {{
{get("state_in", "context", Context.STATE)}{put("0", "context", Context.BLOCK, "none")}\
  call preserve_nonecc void @follow(ptr %record, ptr %state, ptr %context, ptr %handlers, \
i64 %state_in)
  ret void
}}

; Go on at NEXT_PC in the pipeline state that takes the place of the block.
define internal preserve_nonecc void @follow(ptr %record, ptr %state, ptr %context, \
ptr %handlers, i64 %state0) {{
entry:
  br label %look
look:
  %state_in = phi i64 [ %state0, %entry ], [ %state_left, %native ]
  %here = call i64 @find(ptr %state, ptr %context, i64 %state_in)
  %known = icmp ne i64 %here, 0
  br i1 %known, label %found, label %no_block
found:
{get("before", "context", Context.BLOCK)}{info("%here")}\
  %before.info = getelementptr [{int(Block.WORDS)} x i64], ptr %blocks, i64 %before
{put("%here", "before.info", Block.LAST, "here")}\
{get("region", "info", Block.NATIVE, "ptr")}\
  %translated = icmp ne ptr %region, null
  br i1 %translated, label %native, label %enter
native:
{get("entry_number", "info", Block.ENTRY)}{get("table", "info", Block.TABLE, "ptr")}\
{put("0", "context", Context.BLOCK, "nothing")}\
  %said = call i64 %region(ptr %state, ptr %context, ptr %table, i64 %entry_number)
{get("state_left", "context", Context.STATE)}\
  switch i64 %said, label %leave [
    i64 {int(Reason.NEXT)}, label %look
    i64 {int(Reason.NEAR)}, label %near
    i64 {int(Reason.RESUME)}, label %resume
  ]
near:
  %near.here = call i64 @find(ptr %state, ptr %context, i64 %state_left)
  br label %enter
enter:
  %start = phi i64 [ %here, %found ], [ %near.here, %near ]
  %start.state = phi i64 [ %state_in, %found ], [ %state_left, %near ]
  %first = call i64 @enter(ptr %state, ptr %context, i64 %start)
  %limited = icmp slt i64 %first, 0
  br i1 %limited, label %limit, label %run
run:
{pointer("records", Context.RECORDS)}\
  %first.record = getelementptr {RECORD}, ptr %records, i64 %first
{_jump("%first.record", "%start")}\
resume:
{pointer("records.again", Context.RECORDS)}\
{get("resumed", "context", Context.RECORD)}{get("resumed.block", "context", Context.BLOCK)}\
  %resumed.record = getelementptr {RECORD}, ptr %records.again, i64 %resumed
{_jump("%resumed.record", "%resumed.block", "resumed.jump")}\
no_block:
{put("%state_in", "context", Context.STATE, "no_block.state")}\
{put(str(int(Reason.NO_BLOCK)), "context", Context.REASON, "no_block.reason")}\
  ret void
limit:
{put("%start.state", "context", Context.STATE, "limit.state")}\
{put(str(int(Reason.LIMIT)), "context", Context.REASON, "limit.reason")}\
  ret void
leave:
{put("%said", "context", Context.REASON, "leave.reason")}\
  ret void
}}

define internal preserve_nonecc void @end({_SIGNATURE}) {{
  %left = call i64 @finish(ptr %state, ptr %context, i64 %block)
{put("%block", "context", Context.BLOCK, "before")}\
  musttail call preserve_nonecc void @follow(ptr %record, ptr %state, ptr %context, \
ptr %handlers, i64 %left)
  ret void
}}

define internal preserve_nonecc void @stop({_SIGNATURE}) {{
{_leave(Reason.STOP)}}}

define internal preserve_nonecc void @skip_over({_SIGNATURE}) {{
  %by = call i64 @skip(ptr %state, ptr %context, ptr %record)
  %next = getelementptr {RECORD}, ptr %record, i64 %by
{_jump("%next")}}}
"""


def _handler(number: int, name: str, count: int) -> str:
    loads, arguments = operands(number, count)
    return f"""
define internal preserve_nonecc void @operation{number}({_SIGNATURE}) {{
  %ret = alloca i64
  %exc = alloca ptr
{loads}  %status = call i32 @{name}({ARGUMENTS}{arguments})
  %fine = icmp eq i32 %status, 0
  br i1 %fine, label %done, label %leave
done:
  %next = getelementptr {RECORD}, ptr %record, i64 1
{_jump("%next")}\
leave:
{_leave(Reason.MACHINE)}}}
"""
