"""ONNX's LSTM and GRU: what is supported of them, and their weights as our kernels have them."""

from __future__ import annotations

import numpy as np

from armsim.nn.graph_check import LARGEST
from armsim.nn.importers.float_graph import Floats
from armsim.nn.importers.onnx_file import OnnxNode
from armsim.nn.importers.onnx_shapes import Shapes
from armsim.nn.importers.onnx_values import OutOfOrder, Unsupported, places
from armsim.nn.parameters import GruWeights, LstmWeights, Weights

# Where our gates are among ONNX's.
_LSTM_GATES = (0, 3, 2, 1)  # input, new value, forget, output of i, o, f, c
_LSTM_PEEPHOLES = (0, 2, 1)  # input, forget, output of i, o, f
_GRU_GATES = (1, 0, 2)  # reset, update, candidate of z, r, h
_FUNCTIONS = {"LSTM": ["sigmoid", "tanh", "tanh"], "GRU": ["sigmoid", "tanh"]}
_INPUTS = {"LSTM": 8, "GRU": 6}


class Recurrent(Shapes):
    """Recurrent layers."""

    def recurrent(self, node: OnnxNode) -> None:
        """Take an LSTM or a GRU: all its states as one tensor, the last one as another."""
        tensor, steps, order = self._sequence(node.inputs[0])
        weights, hidden = self._matrices(node, 1, "W"), self._matrices(node, 2, "R")
        gates, cells = weights.shape[0], hidden.shape[2]
        wanted = (len(_LSTM_GATES if node.kind == "LSTM" else _GRU_GATES), cells)
        if weights.shape[:2] != wanted or hidden.shape[:2] != wanted:
            raise Unsupported(
                f"its weights W of {weights.shape} and R of {hidden.shape} by gate are not those "
                f"of {wanted[0]} gates of {cells} cells"
            )
        if weights.shape[2] != len(order):
            raise Unsupported(f"{weights.shape[2]} columns of weights W for {len(order)} values")
        self._check(node, steps, cells)
        ordered: Floats = np.empty_like(weights)
        ordered[:, :, order] = weights
        biases: Floats = np.zeros((2, gates, cells))
        if _given(node, 3):
            biases = self._sized(node, 3, "biases B", biases.size).reshape(biases.shape)
        parameters: GruWeights | LstmWeights
        if node.kind == "GRU":
            after = node.attributes.get("linear_before_reset", 0)
            if after not in (0, 1):
                raise Unsupported(f"linear_before_reset is {after!r}, not 0 or 1")
            parameters = _gru(ordered, hidden, biases, after=bool(after))
        else:
            peepholes = None
            if _given(node, 7):
                peepholes = self._sized(node, 7, "peepholes P", 3 * cells).reshape(3, cells)
            parameters = _lstm(ordered, hidden, biases, peepholes)
        outputs = [*node.outputs, "", ""][:2]
        stem = "".join(node.outputs)
        every, last = (name or f"{stem} {i}" for i, name in enumerate(outputs))
        for output, shape in ((every, (steps, cells)), (last, (cells,))):
            self.add(node, output, node.kind.lower(), [tensor], shape, parameters=parameters)
        self.last_steps[every] = last
        for name, value in ((outputs[0], (steps, 1, 1, cells)), (outputs[1], (1, 1, cells))):
            if name:
                shape = (steps, cells) if len(value) == 4 else (cells,)
                self.put(name, shape, places(shape).reshape(value))

    def _sequence(self, name: str) -> tuple[str, int, list[int]]:
        """Return a tensor of vectors, how many they are, and where ONNX's values are in one."""
        value = self.value(name)
        if len(value.outer) != 3 or value.outer[1] != 1:
            raise Unsupported(
                f"its input {name} of {value.outer} is not one sequence: (steps, 1, values)"
            )
        rows = value.places[:, 0]
        steps, length = rows.shape
        if max(steps, length) > LARGEST:
            raise Unsupported(f"a sequence of {steps} x {length} values; {LARGEST} are the most")
        order = rows[0]
        starts = np.arange(steps)[:, np.newaxis] * length
        if (np.sort(order) != np.arange(length)).any() or (rows != starts + order).any():
            raise OutOfOrder
        return self.shaped(value, (steps, length)), steps, order.tolist()

    def _matrices(self, node: OnnxNode, number: int, what: str) -> Floats:
        """Return weights (gates, cells, values)."""
        weights = self.floats(node.inputs[number], f"weights {what}")
        gates = 4 if node.kind == "LSTM" else 3
        if weights.ndim != 3 or weights.shape[0] != 1 or 0 in weights.shape:
            raise Unsupported(f"its weights {what} of {weights.shape} are not of one direction")
        if weights.shape[1] % gates:
            raise Unsupported(f"its weights {what} of {weights.shape} are not for {gates} gates")
        return weights.reshape(gates, -1, weights.shape[2])

    def _sized(self, node: OnnxNode, number: int, what: str, size: int) -> Floats:
        values = self.floats(node.inputs[number], what)
        if values.size != size:
            raise Unsupported(f"its {what} are {values.size} values, not {size}")
        return values

    def _check(self, node: OnnxNode, steps: int, cells: int) -> None:
        """Refuse what no kernel does."""
        attributes = node.attributes
        direction = attributes.get("direction", "forward")
        if direction != "forward":
            raise Unsupported(f"the direction {direction!r} is not supported; 'forward' is")
        functions = attributes.get("activations", _FUNCTIONS[node.kind])
        named = [str(f).lower() for f in functions] if isinstance(functions, list) else functions
        if named != _FUNCTIONS[node.kind]:
            raise Unsupported(
                f"the activations {functions} are not supported; "
                f"{', '.join(_FUNCTIONS[node.kind])} are"
            )
        for name in ("clip", "input_forget", "layout"):
            if attributes.get(name):
                raise Unsupported(f"{name} {attributes[name]} is not supported; 0 is")
        if attributes.get("hidden_size", cells) != cells:
            raise Unsupported(f"hidden_size is {attributes['hidden_size']}, but R has {cells}")
        if _given(node, 4) and (self.floats(node.inputs[4], "sequence_lens") != steps).any():
            raise Unsupported(f"sequence_lens other than all {steps} steps are not supported")
        if any(map(bool, node.inputs[_INPUTS[node.kind] :])):
            raise Unsupported(f"it has {len(node.inputs)} inputs")
        for number in range(5, min(len(node.inputs), 7)):
            if _given(node, number):
                states = self.floats(node.inputs[number], "initial states")
                if states.any() or states.size % cells:
                    raise Unsupported(
                        f"initial states ({node.inputs[number]}) other than zeros of {cells} cells "
                        "are not supported"
                    )
        if len(node.outputs) > 2 and self.readers[node.outputs[2]] and node.outputs[2]:
            raise Unsupported(f"its cells ({node.outputs[2]}) cannot be read")


def _given(node: OnnxNode, number: int) -> bool:
    return number < len(node.inputs) and bool(node.inputs[number])


def _weights(gates: Floats, bias: Floats) -> Weights:
    """Put the matrices of gates one below the other."""
    return Weights(gates.reshape(-1, gates.shape[-1]), bias.ravel())


def _lstm(weights: Floats, hidden: Floats, biases: Floats, peepholes: Floats | None) -> LstmWeights:
    ours = list(_LSTM_GATES)
    total = biases.sum(axis=0)
    return LstmWeights(
        input=_weights(weights[ours], total[ours]),
        hidden=_weights(hidden[ours], np.zeros_like(total)),
        peepholes=None if peepholes is None else peepholes[list(_LSTM_PEEPHOLES)],
    )


def _gru(weights: Floats, hidden: Floats, biases: Floats, *, after: bool) -> GruWeights:
    """With `after`, the candidate keeps its own bias, since the reset gate multiplies it."""
    ours = list(_GRU_GATES)
    total, own = biases.sum(axis=0), np.zeros(biases.shape[2])
    if after:
        total[2], own = biases[0, 2], biases[1, 2]
    return GruWeights(
        input=_weights(weights[ours], total[ours]),
        hidden=_weights(hidden[ours[:2]], np.zeros((2, biases.shape[2]))),
        candidate=_weights(hidden[2], own),
        reset_after=after,
    )
