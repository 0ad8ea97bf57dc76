"""The C header says what the network says."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from armsim.nn.export import header, parse_header
from armsim.nn.network_q7 import NetworkQ7, load_network, shipped_weights, weights_sha256

MakeNetwork = Callable[[int], NetworkQ7]
COMMITTED = Path(__file__).parents[2] / "firmware" / "kws" / "model" / "ds_cnn_s.h"


@pytest.mark.parametrize("seed", range(3))
def test_a_header_reads_back_as_the_same_network(seed: int, random_network: MakeNetwork) -> None:
    network = random_network(seed)
    text = header(network)
    assert weights_sha256(parse_header(text, network.architecture)) == weights_sha256(network)
    assert max(map(len, text.splitlines())) <= 100


def test_a_header_has_the_names_the_firmware_uses(random_network: MakeNetwork) -> None:
    names = re.findall(r"^#define (\w+)", header(random_network(0)), re.MULTILINE)
    layers = ["CONV1", "DW1", "PW1", "DW2", "PW2", "DW3", "PW3", "DW4", "PW4", "FC"]
    parts = ("WT", "BIAS", "BIAS_SHIFT", "OUT_SHIFT")
    wanted = {f"{layer}_{part}" for layer in layers for part in parts}
    wanted |= {"KWS_FEATURE_MEAN", "KWS_FEATURE_INV_SIGMA", "POOL_OUT_LSHIFT"}
    assert set(names) == wanted | {"KWS_MODEL_DS_CNN_S_H"}
    assert len(names) == len(set(names))


def test_the_firmware_has_the_shipped_weights() -> None:
    network = load_network(shipped_weights("ds_cnn_s"))
    assert COMMITTED.read_text() == header(network), (
        "stale; run python -m armsim.nn export ds_cnn_s --header firmware/kws/model/ds_cnn_s.h"
    )


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler on this machine")
def test_a_compiler_reads_the_header_as_we_do(tmp_path: Path, random_network: MakeNetwork) -> None:
    network = random_network(0)
    (tmp_path / "model.h").write_text(header(network))
    source = tmp_path / "it.c"
    source.write_text(
        "#include <stdint.h>\n#include <stdio.h>\n"
        '#include "model.h"\n'
        "static const int8_t weights[64][10][4][1] = {0};\n"
        "static const int8_t flat[sizeof weights] = CONV1_WT;\n"
        "static const float mean[10] = KWS_FEATURE_MEAN;\n"
        "int main(void) {\n"
        '    for (unsigned i = 0; i < sizeof flat; i++) printf("%d ", flat[i]);\n'
        '    for (int i = 0; i < 10; i++) printf("%a ", (double)mean[i]);\n'
        '    printf("%d", FC_OUT_SHIFT);\n}\n'
    )
    command = ["cc", "-std=c99", "-pedantic", "-Wall", "-Werror", "-o", str(tmp_path / "it")]
    subprocess.run([*command, str(source)], check=True, timeout=60)
    printed = subprocess.run([tmp_path / "it"], capture_output=True, text=True, check=True)
    *values, shift = printed.stdout.split()
    assert [int(v) for v in values[:2560]] == network.layers["conv1"].weight.ravel().tolist()
    means = np.array([float.fromhex(v) for v in values[2560:]], np.float32)
    assert np.array_equal(means, network.standard.mean)
    assert int(shift) == network.layers["fc"].out_shift
