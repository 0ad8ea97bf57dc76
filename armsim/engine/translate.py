"""Engine 2: the LLVM IR of a region, from the very records that the other engines execute.

Each record is a call of its compiled meaning with constant operands, which LLVM inlines. Registers
and the words of the context that change live in local variables, that is, in host registers; they
are copied in at the entry and out at the exit. What leaves the region says so as the interpreter
does: NEXT_PC and the pipeline state, or the record that the machine has to look at. No number of a
block, record or state is in the text: they come from the region's table, so that the same code is
the same text in every run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from armsim.dsl import state
from armsim.dsl.cost import CAUSES
from armsim.dsl.state import STATE_WORDS
from armsim.engine.context import END, SKIP, STOP, Context, Reason
from armsim.engine.meaning_text import MeaningTexts
from armsim.engine.region import Node
from armsim.engine.region_table import Layout, RegionTable

_COPIED = (
    Context.READ_MAP, Context.WRITE_MAP, Context.CYCLES, Context.INSTRUCTIONS, Context.UNALIGNED,
    Context.MODEL, Context.SELF,
)  # fmt: skip
_ARGUMENTS = "ptr %ret, ptr %exc, ptr %s, ptr %c"


@dataclass(slots=True)
class Translation:
    """The text of a region and what its table says besides counts."""

    text: str
    nodes: list[Node]
    entries: list[Node]
    states: list[int]
    imports: list[str]  # symbols of the threaded engine's object that the text calls

    def table(self) -> RegionTable:
        """Return a new table for the region."""
        numbers = [node.run.number for node in self.nodes]
        firsts = [node.run.starts[0] for node in self.nodes]
        return RegionTable.of(numbers, firsts, self.states)


class Translator:
    """Writes regions as LLVM IR.

    Args:
        operations: symbol and number of operands by operation number.
        condition: the symbol of `condition_passed`.
        texts: the IR of meanings.
    """

    def __init__(
        self, operations: Mapping[int, tuple[str, int]], condition: str, texts: MeaningTexts
    ) -> None:
        self._operations, self._condition, self._texts = operations, condition, texts

    def translate(self, nodes: list[Node], records: npt.NDArray[np.uint32]) -> Translation:
        """Return the text of a region."""
        return _Writer(self._operations, self._condition, self._texts, nodes).write(records)


class _Writer:
    """Writes one region."""

    def __init__(
        self,
        operations: Mapping[int, tuple[str, int]],
        condition: str,
        texts: MeaningTexts,
        nodes: list[Node],
    ) -> None:
        self._operations, self._condition, self._meanings = operations, condition, texts
        self._nodes = nodes
        self._table = Layout(len(nodes))
        self._number = {id(node): k for k, node in enumerate(nodes)}
        self._by_place = {node.key: node for node in nodes}
        self._states: dict[int, int] = {}
        self._used: set[str] = set()
        self._lines: list[str] = []

    def _add(self, *lines: str) -> None:
        self._lines += lines

    def write(self, records: npt.NDArray[np.uint32]) -> Translation:
        entries = [node for node in self._nodes if node.entry]
        for node in self._nodes:
            self._block(node, records)
        body, self._lines = self._lines, []
        written = {state.NEXT_PC} | self._meanings.written_words(self._used)
        for node in self._nodes:
            for step in node.run.steps:
                written |= {number for number in step.access.writes if number != state.PC}
        self._head(entries)
        self._add(*body)
        self._tail(sorted(written))
        definitions, imports = self._meanings.module(self._used)
        text = definitions + "\n".join(self._lines)
        return Translation(text, self._nodes, entries, list(self._states), imports)

    # the frame ----------------------------------------------------------------------------------

    def _head(self, entries: Sequence[Node]) -> None:
        self._add(
            "define i64 @region(ptr noalias %state, ptr noalias %context, ptr noalias %table, "
            "i64 %entry) {",
            f"%s = alloca [{STATE_WORDS} x i32], align 16",
            f"%c = alloca [{int(Context.WORDS)} x i64], align 16",
            "%ret = alloca [8 x i64], align 16",
            "%exc = alloca ptr",
            f"%exit = getelementptr i64, ptr %context, i64 {int(Context.REASON)}",
        )  # fmt: skip
        for k in range(STATE_WORDS):
            self._add(
                f"%s{k} = getelementptr i32, ptr %s, i64 {k}",
                f"%s{k}.from = getelementptr i32, ptr %state, i64 {k}",
                f"%s{k}.was = load i32, ptr %s{k}.from, align 4",
                f"store i32 %s{k}.was, ptr %s{k}, align 4",
            )
        for word in Context:
            if word is Context.WORDS:
                continue
            self._add(f"%c{word} = getelementptr i64, ptr %c, i64 {int(word)}")
            if word in _COPIED:
                self._add(
                    f"%c{word}.from = getelementptr i64, ptr %context, i64 {int(word)}",
                    f"%c{word}.was = load i64, ptr %c{word}.from, align 8",
                    f"store i64 %c{word}.was, ptr %c{word}, align 8",
                )
        self._add(f"store i64 0, ptr %c{Context.SURPRISED}, align 8")
        for name, word in (("cycles", Context.CYCLE_LIMIT), ("count", Context.INSTRUCTION_LIMIT)):
            self._add(
                f"%{name}.limit.p = getelementptr i64, ptr %context, i64 {int(word)}",
                f"%{name}.limit = load i64, ptr %{name}.limit.p, align 8",
            )
        cases = " ".join(f"i64 {k}, label %{self._way_in(n)}" for k, n in enumerate(entries[1:], 1))
        self._add(f"switch i64 %entry, label %{self._way_in(entries[0])} [{cases}]")

    def _tail(self, written: Sequence[int]) -> None:
        self._add(
            "out:",
            "%how = load volatile i64, ptr %exit, align 8",
            "%said = and i64 %how, 255",
            "%where.and = lshr i64 %how, 8",
            "%where = and i64 %where.and, 65535",
            "%rows = lshr i64 %how, 24",
        )
        for k in written:
            self._add(
                f"%s{k}.now = load i32, ptr %s{k}, align 4",
                f"store i32 %s{k}.now, ptr %s{k}.from, align 4",
            )
        for word in (Context.CYCLES, Context.INSTRUCTIONS):
            self._add(
                f"%c{word}.now = load i64, ptr %c{word}, align 8",
                f"store i64 %c{word}.now, ptr %c{word}.from, align 8",
            )
        self._add(
            f"%surprised = load i64, ptr %c{Context.SURPRISED}, align 8",
            f"%surprised.to = getelementptr i64, ptr %context, i64 {int(Context.SURPRISED)}",
            "store i64 %surprised, ptr %surprised.to, align 8",
            "%number.p = getelementptr i64, ptr %table, i64 %where",
            "%number = load i64, ptr %number.p, align 8",
            "%at.record = icmp sge i64 %said, " + str(int(Reason.MACHINE)),
            "%not.near = icmp ne i64 %said, " + str(int(Reason.NEAR)),
            "%by.record = and i1 %at.record, %not.near",
            "br i1 %by.record, label %out.record, label %out.next",
            "out.next:",
            f"%left.p = getelementptr i64, ptr %context, i64 {int(Context.STATE)}",
            "store i64 %number, ptr %left.p, align 8",
            "ret i64 %said",
            "out.record:",
            f"%first.p = getelementptr i64, ptr %number.p, i64 {self._table.blocks}",
            "%first = load i64, ptr %first.p, align 8",
            "%record = add i64 %first, %rows",
            f"%record.p = getelementptr i64, ptr %context, i64 {int(Context.RECORD)}",
            "store i64 %record, ptr %record.p, align 8",
            f"%rows.p = getelementptr i64, ptr %context, i64 {int(Context.CHARGES)}",
            "%rows.all = load ptr, ptr %rows.p, align 8",
            f"%rows.own = getelementptr [{len(CAUSES)} x i64], ptr %rows.all, i64 %number",
            f"%charged.p = getelementptr i64, ptr %context, i64 {int(Context.CHARGED)}",
            "store ptr %rows.own, ptr %charged.p, align 8",
            f"%block.p = getelementptr i64, ptr %context, i64 {int(Context.BLOCK)}",
            "store i64 %number, ptr %block.p, align 8",
            "ret i64 %said",
            "}",
        )

    # blocks -------------------------------------------------------------------------------------

    def _way_in(self, node: Node) -> str:
        """Return the label to enter a block from outside: limits are looked at."""
        return f"b{self._number[id(node)]}.check"

    def _label(self, node: Node) -> str:
        """Return the label to go to a block from within."""
        number = self._number[id(node)]
        return f"b{number}.check" if node.head else f"b{number}"

    def _block(self, node: Node, records: npt.NDArray[np.uint32]) -> None:
        number = self._number[id(node)]
        b = f"b{number}"
        if node.entry or node.head:
            self._check(node, b)
        self._add(f"{b}:")
        self._count(f"{b}.n", self._table.entries(number))
        self._add(
            f"%{b}.row = getelementptr i64, ptr %table, i64 {self._table.charges(number)}",
            f"%{b}.row.i = ptrtoint ptr %{b}.row to i64",
            f"store i64 %{b}.row.i, ptr %c{Context.CHARGED}, align 8",
        )
        self._add(f"store i32 {node.end}, ptr %s{state.NEXT_PC}, align 4", f"br label %{b}.r0")
        first = node.run.starts[0]
        count = next(k for k, operation in enumerate(records[first:, 0]) if operation == END)
        rows = records[first : first + count]
        last = len(rows) - len(node.run.cost.after)
        for row in range(last):
            self._row(b, number, row, rows[row])
        self._add(f"{b}.r{last}:")
        ways = self._ways(node, b)
        for name, target, expected in ways:
            self._add(f"{name}:")
            if target is not None:
                self._add(f"store i32 {target}, ptr %s{state.NEXT_PC}, align 4")
            self._add(f"br label %{name}.r{last}")
            for row in range(last, len(rows)):
                self._row(name, number, row, rows[row])
            self._add(f"{name}.r{len(rows)}:")
            self._follow(node, name, target, expected)

    def _ways(self, node: Node, b: str) -> list[tuple[str, int | None, int]]:
        """Choose between falling through and branching.

        What is charged then is written once for each, as what it does hangs on that.

        Returns:
            Of each way the label, the address it leads to if that is known, the state expected.
        """
        fall: tuple[str, int | None, int] = (f"{b}.fall", node.end, node.fall_state)
        taken: tuple[str, int | None, int] = (f"{b}.taken", node.target, node.branch_state)
        if node.target is None and not node.indirect:
            ways = [fall]
        elif node.falls or node.indirect:
            ways = [fall, taken]
        else:
            ways = [fall if node.target == node.end else taken]
        if len(ways) == 1:
            self._add(f"br label %{ways[0][0]}")
        else:
            self._add(
                f"%{b}.to = load i32, ptr %s{state.NEXT_PC}, align 4",
                f"%{b}.falls = icmp eq i32 %{b}.to, {node.end}",
                f"br i1 %{b}.falls, label %{b}.fall, label %{b}.taken",
            )
        return ways

    def _check(self, node: Node, b: str) -> None:
        self._add(
            f"{b}.check:",
            f"%{b}.c0 = load i64, ptr %c{Context.CYCLES}, align 8",
            f"%{b}.c1 = add i64 %{b}.c0, {node.cycles}",
            f"%{b}.c2 = icmp sge i64 %{b}.c1, %cycles.limit",
            f"%{b}.i0 = load i64, ptr %c{Context.INSTRUCTIONS}, align 8",
            f"%{b}.i1 = add i64 %{b}.i0, {node.instructions}",
            f"%{b}.i2 = icmp sgt i64 %{b}.i1, %count.limit",
            f"%{b}.near.is = or i1 %{b}.c2, %{b}.i2",
            f"br i1 %{b}.near.is, label %{b}.near, label %{b}, !prof !0",
            f"{b}.near:",
            f"store i32 {node.run.address}, ptr %s{state.NEXT_PC}, align 4",
        )
        self._leave_at(node.state, Reason.NEAR)

    def _leave_at(self, state_number: int, why: Reason = Reason.NEXT) -> None:
        """Leave for the block at NEXT_PC."""
        place = self._states.setdefault(state_number, len(self._states))
        self._leave(why, self._table.state(place))

    def _leave(self, why: Reason, place: int, row: int = 0) -> None:
        """Leave: `place` is in the table.

        The store is volatile so that it stays on the way out: merged with those of other exits it
        would cost a register everywhere.
        """
        self._add(
            f"store volatile i64 {int(why) | place << 8 | row << 24}, ptr %exit, align 8",
            "br label %out",
        )

    def _count(self, name: str, place: int) -> None:
        """Add one to a count of the table."""
        self._add(
            f"%{name}.p = getelementptr i64, ptr %table, i64 {place}",
            f"%{name}.was = load i64, ptr %{name}.p, align 8",
            f"%{name}.is = add i64 %{name}.was, 1",
            f"store i64 %{name}.is, ptr %{name}.p, align 8",
        )

    def _row(self, b: str, number: int, row: int, record: npt.NDArray[np.uint32]) -> None:
        operation, *values = (int(word) for word in record)
        r = f"{b}.r{row}"
        self._add(f"{r}:")
        if operation == SKIP:
            self._skip(r, b, row, values)
            return
        if operation == STOP:
            self._leave_record(number, row, Reason.STOP)
            return
        symbol, count = self._operations[operation]
        if not self._meanings.fits(symbol):
            self._leave_record(number, row, Reason.RESUME)
            return
        self._used.add(symbol)
        numbers = "".join(f", i64 {value}" for value in values[:count])
        self._add(
            f"%{r}.s = call i32 @{symbol}({_ARGUMENTS}{numbers})",
            f"%{r}.f = icmp eq i32 %{r}.s, 0",
            f"br i1 %{r}.f, label %{b}.r{row + 1}, label %{r}.x, !prof !1",
            f"{r}.x:",
        )
        self._leave_record(number, row, Reason.MACHINE)

    def _leave_record(self, number: int, row: int, why: Reason) -> None:
        self._leave(why, self._table.number(number), row)

    def _skip(self, r: str, b: str, row: int, values: Sequence[int]) -> None:
        condition, over, refund, cause = values[:4]
        refund -= (refund & 0x8000_0000) << 1
        self._used.add(self._condition)
        self._add(
            f"%{r}.s = call i32 @{self._condition}({_ARGUMENTS}, i64 {condition})",
            f"%{r}.p = load i8, ptr %ret, align 1",
            f"%{r}.h = trunc i8 %{r}.p to i1",
            f"br i1 %{r}.h, label %{b}.r{row + 1}, label %{r}.no",
            f"{r}.no:",
        )
        if refund:
            self._add(
                f"%{r}.c = load i64, ptr %c{Context.CYCLES}, align 8",
                f"%{r}.d = sub i64 %{r}.c, {refund}",
                f"store i64 %{r}.d, ptr %c{Context.CYCLES}, align 8",
                f"%{r}.i = load i64, ptr %c{Context.CHARGED}, align 8",
                f"%{r}.k = inttoptr i64 %{r}.i to ptr",
                f"%{r}.q = getelementptr i64, ptr %{r}.k, i64 {cause}",
                f"%{r}.b = load i64, ptr %{r}.q, align 8",
                f"%{r}.e = sub i64 %{r}.b, {refund}",
                f"store i64 %{r}.e, ptr %{r}.q, align 8",
            )
        self._add(f"br label %{b}.r{row + over + 1}")

    def _follow(self, node: Node, name: str, target: int | None, expected: int) -> None:
        """Go on at `target`, or at NEXT_PC, in the state expected or, surprised, in none."""
        self._add(
            f"%{name}.s = load i64, ptr %c{Context.SURPRISED}, align 8",
            f"store i64 0, ptr %c{Context.SURPRISED}, align 8",
            f"%{name}.z = icmp eq i64 %{name}.s, 0",
            f"br i1 %{name}.z, label %{name}.expected, label %{name}.surprised",
        )
        for way, left in (("expected", expected), ("surprised", 0)):
            self._add(f"{name}.{way}:")
            self._book(node, f"{name}.{way}", taken=name.endswith("taken"))
            if target is not None:
                other = self._by_place.get((target, left))
                if other is not None and other in node.successors:  # a way that was measured
                    self._add(f"br label %{self._label(other)}")
                else:
                    self._leave_at(left)
                continue
            others = [other for other in node.successors if other.state == left]
            unique = {id(other): other for other in others}.values()
            cases = " ".join(f"i32 {o.run.address}, label %{self._label(o)}" for o in unique)
            self._add(
                f"%{name}.{way}.to = load i32, ptr %s{state.NEXT_PC}, align 4",
                f"switch i32 %{name}.{way}.to, label %{name}.{way}.away [{cases}]",
                f"{name}.{way}.away:",
            )
            self._leave_at(left)

    def _book(self, node: Node, name: str, *, taken: bool) -> None:
        """Count what a block took that was known before."""
        cost = node.run.cost
        more = sum(cost.taken.values()) if taken else 0
        if more:
            self._count(f"{name}.m", self._table.branches(self._number[id(node)]))
        for word, amount in (
            (Context.CYCLES, cost.total + more), (Context.INSTRUCTIONS, len(node.run.steps)),
        ):  # fmt: skip
            self._add(
                f"%{name}.t{word} = load i64, ptr %c{word}, align 8",
                f"%{name}.u{word} = add i64 %{name}.t{word}, {amount}",
                f"store i64 %{name}.u{word}, ptr %c{word}, align 8",
            )
