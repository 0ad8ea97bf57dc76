"""Which tensors share memory because one is the other, changed in place."""

from __future__ import annotations

from dataclasses import dataclass, field

from armsim.nn.graph import Graph, Operator, ReluQ, Rescale, Reshape, SoftmaxQ, Tensor


@dataclass
class Storage:
    """Memory that holds one or several tensors, one after the other."""

    tensors: list[Tensor]
    first: int  # the step that fills it
    last: int  # the last step that uses it
    parameter: str | None = None  # the graph's input or output that the caller has memory for

    @property
    def name(self) -> str:
        """That of the caller's tensor, or of what it holds in the end."""
        return self.parameter or self.tensors[-1].name

    @property
    def size(self) -> int:
        """Bytes."""
        return max(tensor.nbytes for tensor in self.tensors)


@dataclass
class Storages:
    """The storages of a graph."""

    all: list[Storage] = field(default_factory=list)
    of: dict[str, Storage] = field(default_factory=dict)

    def shared(self, operator: Operator) -> bool:
        """Whether an operator writes where it reads."""
        return self.of[operator.inputs[0]] is self.of[operator.output]


def assign(graph: Graph) -> Storages:
    """Give every tensor a storage."""
    storages = Storages()
    readers = {tensor.name: _readers(graph, tensor.name) for tensor in graph.tensors}
    entry = Storage([graph.tensor(graph.input)], 0, max(readers[graph.input]), graph.input)
    storages.all.append(entry)
    storages.of[graph.input] = entry
    for step, operator in enumerate(graph.operators):
        after = graph.written_by(operator)
        before = storages.of[operator.inputs[0]]
        last = max(readers[after.name], default=step)
        if _may_share(graph, operator, step, before, readers):
            before.tensors.append(after)
            before.last = max(before.last, last)
            storages.of[after.name] = before
        else:
            storages.of[after.name] = Storage([after], step, last)
            storages.all.append(storages.of[after.name])
        if after.name in graph.outputs:
            storages.of[after.name].parameter = after.name
    return storages


def _readers(graph: Graph, name: str) -> list[int]:
    return [step for step, operator in enumerate(graph.operators) if name in operator.inputs]


def _may_share(
    graph: Graph, operator: Operator, step: int, before: Storage, readers: dict[str, list[int]]
) -> bool:
    if operator.output in graph.outputs and before.parameter is not None:
        return False
    if isinstance(operator, Reshape):
        return True
    if not isinstance(operator, ReluQ | SoftmaxQ | Rescale) or before.parameter is not None:
        return False
    if before.tensors[0].dtype != graph.written_by(operator).dtype:
        return False
    return all(reader <= step for tensor in before.tensors for reader in readers[tensor.name])
