"""Write a shipped network as C for the keyword spotter: network and weights, .c and .h, standard.h.

python firmware/kws/tools/translate.py gru_s firmware/build/networks/gru_s
"""

import sys
from pathlib import Path

from armsim.nn.export import define
from armsim.nn.graph import Graph
from armsim.nn.mfcc import c_float
from armsim.nn.network_q7 import shipped_weights
from armsim.nn.quantised import load, standard_of
from armsim.nn.translate.c_text import C_TYPES
from armsim.nn.translate.network_text import header, lower, source, weights_header, weights_source


def standard(graph: Graph) -> str:
    """Say how the network's input is made, and what type its outputs have."""
    scale = standard_of(graph)
    lines = [
        "/** What translated/spotter.c is to know besides network.h. */",
        "#ifndef STANDARD_H",
        "#define STANDARD_H",
        "",
        "#include <stdint.h>",
        "",
        "/* Standardisation of the features, per coefficient. */",
        *define("KWS_FEATURE_MEAN", [c_float(v) for v in scale.mean.tolist()]),
        *define("KWS_FEATURE_INV_SIGMA", [c_float(v) for v in scale.inv_sigma.tolist()]),
        "",
    ]
    for name in graph.outputs:
        lines.append(f"typedef {C_TYPES[graph.tensor(name).dtype]} network_{name}_t;")
    return "\n".join([*lines, "", "#endif", ""])


def main(model: str, folder: Path) -> None:
    """Write the files."""
    graph = load(shipped_weights(model))
    network = lower(graph)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {
        "network.h": header(network),
        "weights.h": weights_header(network),
        "weights.c": weights_source(network),
        "standard.h": standard(graph),
        "network.c": source(network),
    }.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]))
