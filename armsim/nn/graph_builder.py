"""Builds a graph operator by operator; names are made as they are needed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from armsim.nn.graph import Graph, Operator, Quantisation, Tensor
from armsim.nn.graph_check import check


def identifier(text: str) -> str:
    """Make a name that C takes."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII)[:60].strip("_")
    return name if name and not name[0].isdigit() else f"network_{name}".rstrip("_")


class GraphBuilder:
    """A graph so far."""

    def __init__(
        self,
        name: str,
        shape: Sequence[int],
        dtype: str,
        quantisation: Quantisation,
        *,
        entry: str = "input",
    ) -> None:
        self.name = name
        self.entry = entry
        self.tensors: dict[str, Tensor] = {}
        self.operators: list[Operator] = []
        self._counts: Counter[str] = Counter()
        self._put(entry, shape, dtype, quantisation)

    def _put(self, name: str, shape: Sequence[int], dtype: str, quantisation: Quantisation) -> None:
        self.tensors[name] = Tensor(
            name=name, shape=tuple(shape), dtype=dtype, quantisation=quantisation
        )

    def number(self, stem: str) -> str:
        """Make a name: conv1, conv2, ..."""
        self._counts[stem] += 1
        return f"{stem}{self._counts[stem]}"

    def add(
        self,
        kind: type[Operator],
        name: str,
        inputs: Sequence[str],
        shape: Sequence[int],
        quantisation: Quantisation,
        *,
        dtype: str = "",
        output: str = "",
        **fields: Any,
    ) -> str:
        """Add an operator; return its output, which is called like it unless `output` says."""
        target = output or name
        self.operators.append(kind(name=name, inputs=tuple(inputs), output=target, **fields))
        self._put(target, shape, dtype or self.tensors[inputs[0]].dtype, quantisation)
        return target

    def build(self, outputs: Sequence[str], about: Mapping[str, Any] | None = None) -> Graph:
        """Return the graph, checked, without operators that nobody needs.

        Raises:
            GraphError: it makes no sense.
        """
        needed = {*outputs, self.entry}
        kept: list[Operator] = []
        for operator in reversed(self.operators):
            if operator.output in needed:
                kept.append(operator)
                needed.update(operator.inputs)
        return check(
            Graph(
                name=self.name,
                tensors=tuple(t for t in self.tensors.values() if t.name in needed),
                operators=tuple(reversed(kept)),
                input=self.entry,
                outputs=tuple(outputs),
                about=dict(about or {}),
            )
        )
