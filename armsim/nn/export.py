"""The C header with a network's weights, and its way back for the tests."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from armsim.nn.features import Standard
from armsim.nn.layers import Architecture, AveragePool, shapes, weight_shape
from armsim.nn.mfcc import c_float
from armsim.nn.network_q7 import LayerQ7, NetworkQ7, weights_sha256

_WIDTH = 100


def header(network: NetworkQ7) -> str:
    """Write the network as preprocessor constants, weights in the layout of the kernels."""
    name = network.architecture.name
    guard = f"KWS_MODEL_{name.upper()}_H"
    lines = [
        f"/* {name}, 8 bit. Written by `python -m armsim.nn export {name}`; do not edit.",
        f"   SHA-256 of the weights: {weights_sha256(network)} */",
        f"#ifndef {guard}",
        f"#define {guard}",
        "",
        "/* Standardisation of the features, per coefficient. */",
        *define("KWS_FEATURE_MEAN", [c_float(v) for v in network.standard.mean.tolist()]),
        *define("KWS_FEATURE_INV_SIGMA", [c_float(v) for v in network.standard.inv_sigma.tolist()]),
    ]
    for layer, before, _ in shapes(network.architecture):
        lines.append("")
        if isinstance(layer, AveragePool):
            lines.append(f"#define POOL_OUT_LSHIFT {network.pool_out_lshift}")
            continue
        q, prefix = network.layers[layer.name], layer.name.upper()
        lines += [
            f"/* {prefix}_WT is int8_t{''.join(f'[{n}]' for n in weight_shape(layer, before))}. */",
            *define(f"{prefix}_WT", map(str, q.weight.ravel().tolist())),
            *define(f"{prefix}_BIAS", map(str, q.bias.tolist())),
            f"#define {prefix}_BIAS_SHIFT {q.bias_shift}",
            f"#define {prefix}_OUT_SHIFT {q.out_shift}",
        ]
    return "\n".join([*lines, "", "#endif", ""])


def define(name: str, values: Iterable[str]) -> list[str]:
    """Write a list as a constant, in lines of bounded width."""
    lines, line = [f"#define {name} {{"], "   "
    for item in values:
        if len(line) + len(item) + 4 > _WIDTH:
            lines.append(line)
            line = "   "
        line += f" {item},"
    return [f"{text} \\" for text in [*lines, line]] + ["}"]


def parse_header(text: str, net: Architecture) -> NetworkQ7:
    """Read a header back."""
    joined = text.replace("\\\n", " ")
    constants = dict(re.findall(r"^#define (\w+) (.+)$", joined, re.MULTILINE))

    def numbers(name: str) -> list[str]:
        return [item.strip() for item in constants[name].strip("{} ").split(",") if item.strip()]

    def floats(name: str) -> list[float]:
        return [float.fromhex(item.rstrip("f")) for item in numbers(name)]

    layers = {
        layer.name: LayerQ7(
            np.array(numbers(f"{layer.name.upper()}_WT"), np.int8).reshape(
                weight_shape(layer, before)
            ),
            np.array(numbers(f"{layer.name.upper()}_BIAS"), np.int8),
            int(constants[f"{layer.name.upper()}_BIAS_SHIFT"]),
            int(constants[f"{layer.name.upper()}_OUT_SHIFT"]),
        )
        for layer, before, _ in shapes(net)
        if not isinstance(layer, AveragePool)
    }
    standard = Standard(
        np.array(floats("KWS_FEATURE_MEAN"), np.float32),
        np.array(floats("KWS_FEATURE_INV_SIGMA"), np.float32),
    )
    return NetworkQ7(net, standard, layers, int(constants["POOL_OUT_LSHIFT"]))
