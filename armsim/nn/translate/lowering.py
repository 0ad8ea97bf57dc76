"""What translating an operator to C takes: names, constants, and the step that comes out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from armsim.nn.graph import Graph, Ints, Operator, Pair, Tensor
from armsim.nn.translate.c_text import Names
from armsim.nn.translate.storage import Storages, assign


@dataclass(frozen=True, kw_only=True)
class Constant:
    """An array in flash."""

    name: str
    values: Ints
    note: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """An operator as C."""

    operator: Operator
    kernel: str
    why: str
    lines: list[str]
    scratch: int = 0  # bytes
    overwrites: bool = False  # the output may lie over the input


@dataclass
class Lowering:
    """The names and constants of the program so far."""

    graph: Graph
    storages: Storages = field(init=False)
    names: Names = field(default_factory=Names)
    constants: list[Constant] = field(default_factory=list)
    definitions: list[list[str]] = field(default_factory=list)
    helpers: set[tuple[str, str]] = field(default_factory=set)  # conversions between types

    def __post_init__(self) -> None:
        self.storages = assign(self.graph)
        self._pointers = {self.graph.input: "input"}
        for name in self.graph.outputs:
            self._pointers[name] = self.names.new(name)

    def pointer(self, name: str) -> str:
        """Return the C name of where a tensor is."""
        storage = self.storages.of[name].name
        if storage not in self._pointers:
            self._pointers[storage] = self.names.new(f"{storage}_out")
        return self._pointers[storage]

    def scratch(self, operator: Operator) -> str:
        """Return the C name of an operator's scratch memory."""
        key = f"scratch of {operator.name}"
        if key not in self._pointers:
            self._pointers[key] = self.names.new(f"{operator.name}_scratch")
        return self._pointers[key]

    def constant(self, operator: Operator, what: str, values: Ints, note: str = "") -> str:
        """Put an array in flash and return its name."""
        name = self.names.new(f"{operator.name}_{what}")
        shape = " x ".join(map(str, values.shape))
        self.constants.append(
            Constant(name=name, values=np.ascontiguousarray(values), note=note or shape)
        )
        return name

    def define(self, operator: Operator, what: str, c_type: str, fields: dict[str, object]) -> str:
        """Define a constant structure and return its name."""
        name = self.names.new(f"{operator.name}_{what}")
        lines = [f"static const {c_type} {name} = {{"]
        lines += [f"    .{key} = {value}," for key, value in fields.items()]
        self.definitions.append([*lines, "};"])
        return name


def shape_text(tensor: Tensor) -> str:
    """Write a shape."""
    return " x ".join(map(str, tensor.shape))


def pair_text(pair: Pair) -> str:
    """Write (vertical, horizontal)."""
    return f"{pair[0]} x {pair[1]}"
