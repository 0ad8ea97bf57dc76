"""A greedy search for the ranges with which a quantised network answers best.

One choice after the other, from the input to the output, tries its neighbours and keeps the best.
What lies ahead of the layer in question is computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from armsim.nn.data import Report
from armsim.nn.execute import execute
from armsim.nn.graph import Affine, Graph, Ints, PowerOfTwo
from armsim.nn.ranges import accuracy, cross_entropy

Build = Callable[[Mapping[str, int]], Graph]
Neighbours = Callable[[str, int], Sequence[int]]


def sweep(
    build: Build,
    start: Mapping[str, int],
    neighbours: Neighbours,
    inputs: Ints,
    labels: NDArray[np.int64],
    report: Report,
) -> dict[str, int]:
    """Return the choices found best on `inputs`; a tie goes to the smaller cross entropy."""
    best = dict(start)
    graph = build(best)
    values, best_merit = inputs, _merit(graph, inputs, labels)
    for key in start:
        candidates = neighbours(key, best[key])
        if not candidates:
            continue
        first = _first_of(graph, key.split(".")[0])
        values = execute(_until(graph, first), values)[graph.operators[first].inputs[0]]
        graph = _since(graph, first)
        for candidate in candidates:
            choices = {**best, key: candidate}
            tried = build(choices)
            merit = _merit(_since(tried, _first_of(tried, key.split(".")[0])), values, labels)
            if merit > best_merit:
                best, best_merit, graph = choices, merit, tried
        graph = _since(graph, _first_of(graph, key.split(".")[0]))
        report(f"{key}: {best[key]}, {best_merit[0]:.2f} %")
    return best


def real_logits(graph: Graph, logits: Ints) -> NDArray[np.float64]:
    """Give the numbers that logits stand for."""
    match graph.tensor("logits").quantisation:
        case PowerOfTwo(bits=bits):
            assert bits is not None
            return logits / 2.0**bits
        case Affine(scale=scale, zero_point=zero_point):
            return (logits.astype(np.float64) - zero_point) * scale


def _merit(graph: Graph, inputs: Ints, labels: NDArray[np.int64]) -> tuple[float, float]:
    logits = execute(graph, inputs, ("logits",))["logits"]
    return accuracy(logits, labels), -cross_entropy(real_logits(graph, logits), labels)


def _first_of(graph: Graph, layer: str) -> int:
    """Find the first operator of a layer; those that prepare its input are ahead of it."""
    return next(i for i, operator in enumerate(graph.operators) if operator.name == layer)


def _since(graph: Graph, first: int) -> Graph:
    """Give the part of a chain that starts with an operator."""
    kept = graph.operators[first:]
    names = {kept[0].inputs[0], *(operator.output for operator in kept)}
    return replace(
        graph,
        input=kept[0].inputs[0],
        operators=kept,
        tensors=tuple(tensor for tensor in graph.tensors if tensor.name in names),
    )


def _until(graph: Graph, first: int) -> Graph:
    """Give the part of a chain ahead of an operator."""
    wanted = graph.operators[first].inputs[0]
    names = {graph.input, *(operator.output for operator in graph.operators[:first])}
    return replace(
        graph,
        operators=graph.operators[:first],
        tensors=tuple(tensor for tensor in graph.tensors if tensor.name in names),
        outputs=(wanted,),
    )
