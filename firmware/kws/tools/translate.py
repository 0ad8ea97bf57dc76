"""Write a network as C for the keyword spotter: network and weights, .c and .h, standard.h.

python firmware/kws/tools/translate.py armsim/nn/weights/gru_s.npz firmware/build/networks/gru_s

features.options has what tells the compiler which features the network wants.
"""

import sys
from pathlib import Path

from armsim.errors import ArmsimError
from armsim.nn.export import define
from armsim.nn.graph import Affine, Graph, GraphError
from armsim.nn.layers import FeatureKind
from armsim.nn.mfcc import c_float
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
        f"#define KWS_FEATURE_LFBE {int(scale.kind is FeatureKind.LFBE)}",
        "/* Standardisation of the features, per value of a row. */",
        *define("KWS_FEATURE_MEAN", [c_float(v) for v in scale.mean.tolist()]),
        *define("KWS_FEATURE_INV_SIGMA", [c_float(v) for v in scale.inv_sigma.tolist()]),
        "",
    ]
    for name in graph.outputs:
        lines.append(f"typedef {C_TYPES[graph.tensor(name).dtype]} network_{name}_t;")
    return "\n".join([*lines, "", "#endif", ""])


def options(graph: Graph) -> str:
    """Give the compiler's options for features.h."""
    scale = standard_of(graph)
    words = [f"-DFEATURES_COEFFICIENTS={len(scale.mean)}"]
    words += ["-DFEATURES_LFBE=1"] * (scale.kind is FeatureKind.LFBE)
    return " ".join(words) + "\n"


def main(path: Path, folder: Path) -> None:
    """Write the files."""
    graph = load(path)
    if isinstance(graph.tensor("scores").quantisation, Affine):
        raise GraphError(f"{path} is of scheme int8; kws has networks of armsim nn quantise's q7")
    network = lower(graph)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {
        "network.h": header(network),
        "weights.h": weights_header(network),
        "weights.c": weights_source(network),
        "standard.h": standard(graph),
        "features.options": options(graph),
        "network.c": source(network),
    }.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except ArmsimError as error:
        sys.exit(f"translate.py: {error}")
