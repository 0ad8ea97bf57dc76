"""The CIFAR-10 network in NumPy."""

import runpy

import numpy as np

from kernels import numpy_models as model

from .guest import FIRMWARE

SEED = 1
TOOL = FIRMWARE / "cifar10" / "tools" / "make_weights.py"
HEADER = FIRMWARE / "cifar10" / "model" / "cifar10_weights.h"
_TOOL = runpy.run_path(str(TOOL))


def header(seed: int) -> str:
    """Return the header of a seed."""
    return _TOOL["header"](seed)


def layers(seed: int) -> list[model.Int8]:
    """Return what each layer puts out for the image of a seed: conv, pool, ..., logits."""
    made = _TOOL["network"](seed)
    centred = made.pixels.astype(np.int16) - np.array(_TOOL["INPUT_MEAN"], np.int16)
    x = ((centred + 1) >> 1).astype(np.int8)
    *convolutions, fc = made.layers
    outputs = []
    for layer in convolutions:
        shifts = (layer.bias_shift, layer.out_shift)
        size = x.shape[:2]
        x = model.convolve(x, layer.weights, layer.bias, (2, 2), (1, 1), size, *shifts)
        outputs.append(x)
        pooled = (size[0] // 2, size[1] // 2)
        x = model.maximum_pool(model.relu(x), (3, 3), (0, 0), (2, 2), pooled)
        outputs.append(x)
    logits = model.fully_connected(x.ravel(), fc.weights, fc.bias, fc.bias_shift, fc.out_shift)
    return [*outputs, logits]
