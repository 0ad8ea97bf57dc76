"""What belongs together: hot blocks that lead to each other become one region.

Regions are of bounded size, and disjoint but for a few blocks that each has of others: a function
that several call would send them out of their regions and back for a few instructions. A region is
entered at its seed, at heads of loops, and where calls return to; from outside, other blocks of it
are run by the threaded engine, and those of others in the region that had them first.
"""

import heapq
from collections.abc import Container, Iterator
from dataclasses import dataclass, field

from armsim.dsl import Timing
from armsim.engine.blocks import Code
from armsim.engine.context import Block
from armsim.engine.counts import Run
from armsim.engine.decoder import AL

MOST_INSTRUCTIONS = 250  # compile time grows faster than size beyond that (measured)
MOST_SHARED = 64  # instructions of blocks that are in other regions too
RARE = 0.002  # of the seed's heat: what runs less often stays outside
_DIRECT = (
    Timing.BRANCH, Timing.BRANCH_CONDITIONAL, Timing.BRANCH_LINK, Timing.COMPARE_BRANCH,
)  # fmt: skip


@dataclass(slots=True, eq=False)
class Node:
    """A block of a region and where it leads: addresses and pipeline states."""

    run: Run
    state: int
    end: int  # the address after it
    fall_state: int
    branch_state: int
    worst: int  # cycles at most
    target: int | None  # of a direct branch
    indirect: bool  # may branch to where only the run knows
    falls: bool
    successors: list["Node"] = field(default_factory=list)
    returned_to: bool = False  # a call in the region returns here
    head: bool = False  # of a loop: limits are looked at here
    entry: bool = False
    cycles: int = 0  # to the next place where limits are looked at, at most
    instructions: int = 0

    @property
    def key(self) -> tuple[int, int]:
        """Address and pipeline state."""
        return self.run.address, self.state


def node_of(code: Code, run: Run) -> Node:
    """Return the node of a block, not yet connected."""
    info = code.blocks[run.number]
    last = run.steps[-1]
    writes_pc = 15 in last.access.writes or last.timing is Timing.BRANCH_INDIRECT
    target = last.values.get("target") if last.timing in _DIRECT else None
    table = last.timing is Timing.TABLE_BRANCH
    branches = target is not None or writes_pc or table
    always = branches and last.condition == AL
    always &= last.timing not in (Timing.BRANCH_CONDITIONAL, Timing.COMPARE_BRANCH)
    return Node(
        run,
        int(info[Block.STATE]),
        int(info[Block.NEXT]),
        int(info[Block.FALL_STATE]),
        int(info[Block.BRANCH_STATE]),
        int(info[Block.WORST]),
        target,
        branches and target is None,
        not always,
    )


def calls(node: Node) -> bool:
    """Tell whether a block ends with a call."""
    last = node.run.steps[-1]
    return last.timing is Timing.BRANCH_LINK or (
        last.timing is Timing.BRANCH_INDIRECT and 14 in last.access.writes
    )


def places(node: Node) -> Iterator[tuple[int, int]]:
    """Yield address and state of where a block may lead as far as that is known."""
    surprised = bool(node.run.cost.after)
    if node.falls:
        yield node.end, node.fall_state
        if surprised:
            yield node.end, 0
    if node.target is not None:
        yield node.target, node.branch_state
        if surprised:
            yield node.target, 0


def coarse(heat: int) -> int:
    """Return a key that sorts by heat, hottest first, and takes what is nearly the same as equal.

    Where a run stops for a look differs a little from run to run.
    """
    return -int(heat).bit_length()


def grow(code: Code, seed: Run, taken: Container[int]) -> list[Node]:
    """Return the blocks of a region around a hot block, connected; `taken` are in others."""

    def heat(run: Run) -> int:
        return int(code.blocks[run.number, Block.ENTERED])

    least = coarse(int(heat(seed) * RARE))
    nodes: dict[tuple[int, int], Node] = {}
    size = shared = 0
    queue = [(0, 0, seed)]
    seen = {seed.number}
    while queue:
        _, _, run = heapq.heappop(queue)
        if run.number in taken:
            if shared + len(run.steps) > MOST_SHARED:
                continue
            shared += len(run.steps)
        size += len(run.steps)
        if nodes and size > MOST_INSTRUCTIONS:
            break
        node = node_of(code, run)
        nodes[node.key] = node
        following = list(places(node))
        if calls(node):
            following += [(node.end, int(state)) for state in code.states_at(node.end)]
        others = [code.known(*place) for place in following]
        if node.indirect:
            others.append(code.runs[code.blocks[run.number, Block.LAST]])
        for other in others:
            if other is None or other.number in seen:
                continue
            if coarse(heat(other)) < least:
                seen.add(other.number)
                heapq.heappush(queue, (coarse(heat(other)), other.number, other))
    found = list(nodes.values())
    connect(found, entered_from_outside(code, found))
    return found


def entered_from_outside(code: Code, nodes: list[Node]) -> set[int]:
    """Return the numbers of blocks that came last after a block which is not in the region."""
    own = {node.run.number for node in nodes}
    after = code.blocks[: len(code.runs), Block.LAST].tolist()
    return {last for number, last in enumerate(after) if last in own and number not in own}


def connect(nodes: list[Node], entries: set[int]) -> None:
    """Find where each block leads in the region, loops, entries, and the ways between checks.

    `entries` are numbers of blocks that are to be entries whatever else.
    """
    by_place = {node.key: node for node in nodes}
    ends = {node.end for node in nodes if calls(node)}
    direct = {place for node in nodes for place in places(node)}
    for node in nodes:
        node.returned_to = node.run.address in ends
    for node in nodes:
        node.successors = [by_place[place] for place in places(node) if place in by_place]
        if node.indirect:
            wanted = {node.branch_state, 0}
            node.successors += [
                other
                for other in nodes
                if other.state in wanted and (other.returned_to or other.key not in direct)
            ]
    nodes[0].entry = True
    _mark_loops(nodes)
    reached = {id(other) for node in nodes for other in node.successors}
    for node in nodes:
        node.entry |= node.head or node.returned_to or id(node) not in reached
        node.entry |= node.run.number in entries
    _measure(nodes)


def _mark_loops(nodes: list[Node]) -> None:
    """Mark the targets of backward edges of a depth-first walk."""
    done: set[int] = set()
    for root in nodes:
        if id(root) in done:
            continue
        path = {id(root)}
        stack = [(root, iter(root.successors))]
        while stack:
            node, rest = stack[-1]
            for other in rest:
                if id(other) in path:
                    other.head = True
                elif id(other) not in done:
                    path.add(id(other))
                    stack.append((other, iter(other.successors)))
                    break
            else:
                stack.pop()
                path.discard(id(node))
                done.add(id(node))


def _measure(nodes: list[Node]) -> None:
    """Work out the longest way from each block to the next look at limits."""
    known: dict[int, tuple[int, int]] = {}

    def ways(root: Node) -> None:
        stack = [root]
        while stack:
            node = stack[-1]
            waiting = [s for s in node.successors if not s.head and id(s) not in known]
            if waiting:
                stack += waiting
                continue
            stack.pop()
            beyond = [known[id(s)] for s in node.successors if not s.head]
            cycles = node.worst + max((c for c, _ in beyond), default=0)
            count = len(node.run.steps) + max((n for _, n in beyond), default=0)
            known[id(node)] = cycles, count

    for node in nodes:
        ways(node)
        node.cycles, node.instructions = known[id(node)]
