"""The texts of `network.h`, `network.c`, `weights.h` and `weights.c`."""

from __future__ import annotations

from dataclasses import dataclass

from armsim.nn.graph import Affine, Graph, Operator, PowerOfTwo, ReluQ, Reshape, Tensor
from armsim.nn.translate import powers, tflite_kernels
from armsim.nn.translate.c_text import C_TYPES, call, comment, numbers, wrap
from armsim.nn.translate.lowering import Lowering, Step, shape_text
from armsim.nn.translate.plan import Buffer, Plan, plan

_HELPER = """\
/** output = saturate((input - zero) * 2^shift); where shift is negative, rounded half up. */
static inline void rescale_{a}_{b}(const {from_type} *input, {to_type} *output,
{indent}int zero, int shift, int count)
{{
    for (int i = 0; i < count; i++) {{
        const int32_t value = input[i] - zero;
        const int32_t moved =
            shift < 0 ? (value + (1 << (-shift - 1))) >> -shift : value * (1 << shift);
        output[i] = ({to_type})(moved > {most} ? {most} : moved < {least} ? {least} : moved);
    }}
}}
"""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Steps that are counted together: an operator, and what changes its output in place."""

    name: str
    steps: list[Step]


@dataclass(frozen=True, kw_only=True)
class Network:
    """A graph as C, before it is laid out in files."""

    graph: Graph
    lowering: Lowering
    layers: list[Layer]
    plan: Plan
    outputs: dict[str, str]  # C names of the outputs by tensor

    @property
    def weights_bytes(self) -> int:
        """Bytes of all constants in flash."""
        return sum(constant.values.nbytes for constant in self.lowering.constants)

    @property
    def output_bytes(self) -> int:
        """Bytes that the caller provides for the outputs."""
        return sum(self.graph.tensor(name).nbytes for name in self.outputs)


def lower(graph: Graph) -> Network:
    """Choose kernels and places."""
    to = Lowering(graph)
    layers: list[Layer] = []
    scratch: list[Buffer] = []
    over: dict[str, str] = {}
    for number, operator in enumerate(graph.operators):
        step = _step(to, operator)
        if step.scratch:
            name = f"scratch of {operator.name}"
            scratch.append(Buffer(name=name, size=step.scratch, first=number, last=number))
        if step.overwrites:
            before, after = (to.storages.of[n] for n in (operator.inputs[0], operator.output))
            over[after.name] = before.name
        if _goes_with(layers, to, operator):
            layers[-1].steps.append(step)
        elif step.lines:
            layers.append(Layer(name=operator.name, steps=[step]))
    buffers = [
        Buffer(
            name=storage.name,
            size=storage.size,
            first=storage.first,
            last=storage.last,
            over=over.get(storage.name, ""),
        )
        for storage in to.storages.all
        if storage.parameter in (None, graph.input)
    ]
    outputs = {name: to.pointer(name) for name in graph.outputs}
    return Network(
        graph=graph, lowering=to, layers=layers, plan=plan(buffers + scratch), outputs=outputs
    )


def _goes_with(layers: list[Layer], to: Lowering, operator: Operator) -> bool:
    """Whether an operator only finishes, in place, what the last layer has put out."""
    if not layers or not isinstance(operator, ReluQ) or not to.storages.shared(operator):
        return False
    return layers[-1].steps[-1].operator.output == operator.inputs[0]


def _step(to: Lowering, operator: Operator) -> Step:
    if isinstance(operator, Reshape):
        lines = []
        if not to.storages.shared(operator):
            size = to.graph.written_by(operator).nbytes
            ends = to.pointer(operator.output), to.pointer(operator.inputs[0])
            lines = call("memcpy", [*ends, size])
        return Step(operator=operator, kernel="none", why="the same values", lines=lines)
    step = powers.lower(to, operator) or tflite_kernels.lower(to, operator)
    assert step is not None
    return step


# Texts


def header(network: Network) -> str:
    """Write `network.h`."""
    graph = network.graph
    first = graph.tensor(graph.input)
    lines = [
        f"/** {graph.name}, written by armsim nn translate. */",
        "#ifndef NETWORK_H",
        "#define NETWORK_H",
        "",
        "#include <stdint.h>",
        "",
        *_about("INPUT", "The input", first),
        "",
    ]
    for name, c_name in network.outputs.items():
        lines += [*_about(c_name.upper(), f"The output {name}", graph.tensor(name)), ""]
    place = network.plan.places[graph.input]
    lines += [
        "/** Memory that network_run needs; the input may stand in it, at NETWORK_INPUT_PLACE. */",
        f"#define NETWORK_ARENA_SIZE {network.plan.size}",
        f"#define NETWORK_INPUT_PLACE {place}",
        "extern int8_t network_arena[NETWORK_ARENA_SIZE];",
        "",
        f"#define NETWORK_LAYERS {len(network.layers)}",
        "extern const char *const network_layers[NETWORK_LAYERS];",
        "",
        "/** Told of each layer, 0 to NETWORK_LAYERS - 1, when it is done. */",
        "typedef void network_observer(int layer);",
        "",
        "/** Run the network. The observer may be NULL. */",
        *wrap("void network_run(", _parameters(network), ");"),
        "",
        "#endif",
    ]
    return "\n".join(lines) + "\n"


def _about(prefix: str, what: str, tensor: Tensor) -> list[str]:
    """Describe an input or output by macros."""
    match tensor.quantisation:
        case PowerOfTwo(bits=None):
            meaning, macros = "", []
        case PowerOfTwo(bits=bits):
            meaning = f"; value = integer / 2^{bits}"
            macros = [("FRACTION_BITS", str(bits))]
        case Affine(scale=scale, zero_point=zero_point):
            meaning = "; value = scale * (integer - zero point)"
            macros = [("SCALE", f"{scale!r}f"), ("ZERO_POINT", str(zero_point))]
    defines = [("SIZE", str(tensor.size)), *macros]
    text = f"/** {what}: {shape_text(tensor)} {C_TYPES[tensor.dtype]}{meaning}. */"
    return [text, *(f"#define NETWORK_{prefix}_{name} {value}" for name, value in defines)]


def _parameters(network: Network) -> list[str]:
    graph = network.graph
    first = graph.tensor(graph.input)
    outputs = [
        f"{C_TYPES[graph.tensor(name).dtype]} {c_name}[NETWORK_{c_name.upper()}_SIZE]"
        for name, c_name in network.outputs.items()
    ]
    entry = f"const {C_TYPES[first.dtype]} input[NETWORK_INPUT_SIZE]"
    return [entry, *outputs, "network_observer *observer"]


def source(network: Network) -> str:
    """Write `network.c`."""
    lines = [
        f"/* {network.graph.name}, written by armsim nn translate. */",
        '#include "network.h"',
        "",
        "#include <stddef.h>",
        "#include <string.h>",
        "",
        '#include "arm_nnfunctions.h"',
        '#include "weights.h"',
        "",
        *_layer_names(network),
        "",
        "int8_t network_arena[NETWORK_ARENA_SIZE] __attribute__((aligned(4)));",
        "",
    ]
    for before, after in sorted(network.lowering.helpers):
        limits = {"int8": (-128, 127), "int16": (-32768, 32767)}[after]
        short = {"int8": "q7", "int16": "q15"}
        lines += _HELPER.format(
            a=short[before], b=short[after], from_type=C_TYPES[before], to_type=C_TYPES[after],
            least=limits[0], most=limits[1],
            indent=" " * len(f"static inline void rescale_{short[before]}_{short[after]}("),
        ).splitlines()  # fmt: skip
        lines.append("")
    for definition in network.lowering.definitions:
        lines += definition
    if network.lowering.definitions:
        lines.append("")
    lines += [
        "static void done(network_observer *observer, int layer)",
        "{",
        "    if (observer != NULL) {",
        "        observer(layer);",
        "    }",
        "}",
        "",
        *wrap("void network_run(", _parameters(network), ")"),
        "{",
        *_pointers(network),
    ]
    for number, layer in enumerate(network.layers):
        lines.append("")
        lines += comment(_explain(network.graph, layer.steps[0]))
        for step in layer.steps:
            lines += step.lines
        lines.append(f"    done(observer, {number});")
    return "\n".join([*lines, "}"]) + "\n"


def _layer_names(network: Network) -> list[str]:
    lines, line = ["const char *const network_layers[NETWORK_LAYERS] = {"], "   "
    for layer in network.layers:
        piece = f' "{layer.name}",'
        if len(line) + len(piece) > 100:
            lines.append(line)
            line = "   "
        line += piece
    return [*lines, line, "};"]


def _pointers(network: Network) -> list[str]:
    """Declare where tensors and scratch memory are."""
    graph, to, places = network.graph, network.lowering, network.plan.places
    lines = []
    for storage in to.storages.all:
        if storage.parameter is None:
            c_type = C_TYPES[storage.tensors[0].dtype]
            name = to.pointer(storage.tensors[0].name)
            cast = "" if c_type == "int8_t" else f"({c_type} *)"
            place = _at(places[storage.name])
            value = f"({place})" if cast and "+" in place else place
            lines.append(f"    {c_type} *const {name} = {cast}{value};")
    for operator in graph.operators:
        key = f"scratch of {operator.name}"
        if key in places:
            lines.append(f"    int8_t *const {to.scratch(operator)} = {_at(places[key])};")
    return (
        ["    /* What is never needed at the same time shares memory. */", *lines] if lines else []
    )


def _at(place: int) -> str:
    return f"network_arena + {place}" if place else "network_arena"


def _explain(graph: Graph, step: Step) -> str:
    operator = step.operator
    shapes = " and ".join(shape_text(tensor) for tensor in graph.read_by(operator))
    text = f"{operator.name}: {shapes} to {shape_text(graph.written_by(operator))}"
    kernel = getattr(operator, "kernel", None)
    weights = getattr(operator, "weights", None)
    if weights is not None and weights.ndim > 2:
        first = 0 if weights.ndim == 3 else 1
        kernel = weights.shape[first : first + 2]
    if kernel is not None:
        text += f", {kernel[0]} x {kernel[1]}"
        stride = getattr(operator, "stride", (1, 1))
        text += f", stride {stride[0]} x {stride[1]}" if stride != (1, 1) else ""
    return f"{text}. Kernel: {step.why}."


def weights_header(network: Network) -> str:
    """Write `weights.h`."""
    lines = ["/** Weights, biases and scales. */", "#ifndef WEIGHTS_H", "#define WEIGHTS_H", ""]
    lines += ["#include <stdint.h>", ""]
    for constant in network.lowering.constants:
        c_type, size = C_TYPES[constant.values.dtype.name], constant.values.size
        lines.append(f"extern const {c_type} {constant.name}[{size}];")
    return "\n".join([*lines, "", "#endif"]) + "\n"


def weights_source(network: Network) -> str:
    """Write `weights.c`."""
    lines = ['#include "weights.h"', "", "/* clang-format off */"]
    for constant in network.lowering.constants:
        c_type, size = C_TYPES[constant.values.dtype.name], constant.values.size
        lines += ["", f"/* {constant.note} */", f"const {c_type} {constant.name}[{size}] = {{"]
        lines += [*numbers(constant.values), "};"]
    return "\n".join(lines) + "\n"
