"""A greedy search for the ranges with which a quantised network answers best.

One choice after the other, from the input to the output, tries its neighbours and keeps the best.
What lies ahead of the layer in question is computed once. Each worker has a part of the inputs and
gives what all neighbours answer to it; how many there are changes nothing in what is found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from armsim.nn.data import Report
from armsim.nn.execute import execute
from armsim.nn.graph import Affine, Graph, Ints, PowerOfTwo
from armsim.nn.layers import ModelError
from armsim.nn.ranges import accuracy, cross_entropy
from armsim.nn.workers import Workers

Build = Callable[[Mapping[str, int]], Graph]
Neighbours = Callable[[str, int], Sequence[int]]


def sweep(
    build: Build,
    start: Mapping[str, int],
    neighbours: Neighbours,
    inputs: Ints,
    labels: NDArray[np.int64],
    report: Report,
    workers: Workers,
) -> dict[str, int]:
    """Return the choices found best on `inputs`; a tie goes to the smaller cross entropy."""
    best = dict(start)
    graph = build(best)
    parts: Sequence[Ints] = np.array_split(inputs, min(workers.slots, len(inputs)))
    parts, (logits,) = _spread(workers, _until(graph, 0), [graph], parts)
    best_merit = _merit(graph, logits, labels)
    for key in start:
        tried = {}
        for candidate in neighbours(key, best[key]):
            with suppress(ModelError):  # out of reach of what reads this layer
                tried[candidate] = build({**best, key: candidate})
        if not tried:
            continue
        layer = key.split(".")[0]
        first = _first_of(graph, layer)
        ahead, graph = _until(graph, first), _since(graph, first)
        tails = [_since(whole, _first_of(whole, layer)) for whole in tried.values()]
        parts, answers = _spread(workers, ahead, tails, parts)
        for candidate, tail, logits in zip(tried, tails, answers, strict=True):
            merit = _merit(tail, logits, labels)
            if merit > best_merit:
                best[key], best_merit, graph = candidate, merit, tail
        report(f"{key}: {best[key]}, {best_merit[0]:.2f} %")
    return best


def _spread(
    workers: Workers, ahead: Graph, behind: Sequence[Graph], parts: Sequence[Ints]
) -> tuple[list[Ints], list[Ints]]:
    """Give the parts as they come to a layer, and what each network from there on answers."""
    done = workers.map(partial(_go_on, ahead, behind), parts)
    answers = [np.concatenate(logits) for logits in zip(*(part[1] for part in done), strict=True)]
    return [values for values, _ in done], answers


def _go_on(ahead: Graph, behind: Sequence[Graph], values: Ints) -> tuple[Ints, list[Ints]]:
    (wanted,) = ahead.outputs
    values = execute(ahead, values)[wanted]
    return values, [execute(graph, values, ("logits",))["logits"] for graph in behind]


def real_logits(graph: Graph, logits: Ints) -> NDArray[np.float64]:
    """Give the numbers that logits stand for."""
    match graph.tensor("logits").quantisation:
        case PowerOfTwo(bits=bits):
            assert bits is not None
            return logits / 2.0**bits
        case Affine(scale=scale, zero_point=zero_point):
            return (logits.astype(np.float64) - zero_point) * scale


def _merit(graph: Graph, logits: Ints, labels: NDArray[np.int64]) -> tuple[float, float]:
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
