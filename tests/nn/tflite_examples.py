"""Two models that use every operator."""

import numpy as np

from .tflite_writer import RELU, RELU6, VALID, Model

RANDOM = np.random.default_rng


def _weights(model: Model, name, shape, seed, axis=0, *, one_scale=False):
    """Add weights with a scale per channel, and biases; return their numbers."""
    random = RANDOM(seed)
    channels = shape[axis]
    scales = random.uniform(0.002, 0.01, 1 if one_scale else channels).astype(np.float32)
    weights = model.constant(name, random.integers(-127, 128, shape).astype(np.int8), scales, axis)
    bias = random.integers(-2000, 2000, channels).astype(np.int32)
    return weights, model.constant(f"{name}_bias", bias, np.float32(0.0001))


def _window(stride=(1, 1), padding=0):
    return {"slot_0": ("b", padding), "slot_1": ("i", stride[1]), "slot_2": ("i", stride[0])}


def residual() -> Model:
    """Convolutions, a PAD, a shortcut, pools, a mean; QUANTIZE and DEQUANTIZE at the edges."""
    m = Model()
    outside = m.tensor("image", [1, 11, 9, 3], "float32")
    x = m.tensor("image_int8", [1, 11, 9, 3], scale=0.0475, zero=-5)
    m.operator("QUANTIZE", [outside], x)
    c1 = m.tensor("c1", [1, 6, 9, 8], scale=0.0231, zero=-128)
    m.operator("CONV_2D", [x, *_weights(m, "w1", (8, 3, 4, 3), 1)], c1, **_window((2, 1)),
               slot_3=("b", RELU6))  # fmt: skip
    pads = m.constant("pads", np.array([[0, 0], [1, 0], [0, 1], [0, 0]], np.int32))
    p = m.operator("PAD", [c1, pads], m.tensor("p", [1, 7, 10, 8], scale=0.0231, zero=-128))
    d = m.tensor("d", [1, 5, 8, 8], scale=0.05, zero=3)
    m.operator("DEPTHWISE_CONV_2D", [p, *_weights(m, "w2", (1, 3, 3, 8), 2, 3)], d,
               **_window(padding=VALID), slot_3=("i", 1))  # fmt: skip
    c2 = m.tensor("c2", [1, 5, 8, 8], scale=0.04, zero=10)
    m.operator("CONV_2D", [d, *_weights(m, "w3", (8, 1, 1, 8), 3)], c2, **_window(),
               slot_3=("b", 0))  # fmt: skip
    s = m.tensor("s", [1, 5, 8, 8], scale=0.06, zero=-100)
    m.operator("ADD", [c2, d], s, slot_0=("b", RELU))
    q = m.operator("QUANTIZE", [s], m.tensor("q", [1, 5, 8, 8], scale=0.03, zero=-90))
    most = m.tensor("most", [1, 3, 4, 8], scale=0.03, zero=-90)
    m.operator("MAX_POOL_2D", [q], most, **_window((2, 2)), slot_3=("i", 2), slot_4=("i", 2))
    mean = m.tensor("mean", [1, 8], scale=0.025, zero=-80)
    m.operator("MEAN", [most, m.constant("axes", np.array([1, 2], np.int32))], mean,
               slot_0=("b", 0))  # fmt: skip
    fc = m.tensor("fc", [1, 10], scale=0.04, zero=12)
    m.operator("FULLY_CONNECTED", [mean, *_weights(m, "w4", (10, 8), 4)], fc)
    y = m.operator("SOFTMAX", [fc], m.tensor("y", [1, 10], scale=1 / 256, zero=-128),
                   slot_0=("f", 1.0))  # fmt: skip
    out = m.operator("DEQUANTIZE", [y], m.tensor("shares", [1, 10], "float32"))
    m.inputs, m.outputs = [outside], [mean, out]
    return m


def products() -> Model:
    """A depthwise convolution of several kernels, averages, a product, activations alone."""
    m = Model()
    x = m.tensor("x", [1, 6, 8, 2], scale=0.02, zero=7)
    d = m.tensor("d", [1, 6, 4, 6], scale=0.02, zero=-4)
    m.operator("DEPTHWISE_CONV_2D", [x, *_weights(m, "w1", (1, 2, 3, 6), 5, 3)], d,
               **_window((1, 2)), slot_3=("i", 3), slot_4=("b", RELU))  # fmt: skip
    average = m.tensor("average", [1, 3, 3, 6], scale=0.02, zero=-4)
    m.operator("AVERAGE_POOL_2D", [d], average, **_window((2, 1), VALID), slot_3=("i", 2),
               slot_4=("i", 2))  # fmt: skip
    clipped = m.operator("RELU6", [average], m.tensor("r", [1, 3, 3, 6], scale=0.019, zero=-128))
    product = m.tensor("product", [1, 3, 3, 6], scale=0.07, zero=-20)
    m.operator("MUL", [average, clipped], product, slot_0=("b", 0))
    shape = m.constant("shape", np.array([1, 54], np.int32))
    flat = m.operator("RESHAPE", [product, shape], m.tensor("flat", [1, 54], scale=0.07, zero=-20))
    above = m.operator("RELU", [flat], m.tensor("above", [1, 54], scale=0.05, zero=-128))
    y = m.tensor("y", [1, 6], scale=0.3, zero=0)
    m.operator("FULLY_CONNECTED", [above, *_weights(m, "w2", (6, 54), 6, one_scale=True)], y,
               slot_0=("b", 0))  # fmt: skip
    m.inputs, m.outputs = [x], [above, y]
    return m


def _lstm(m: Model, x: int, steps: int, cells: int, seed: int, state: tuple, **options) -> int:
    """Add an LSTM as TensorFlow's converter writes it; `state` is scale and zero point."""
    random = RANDOM(seed)
    values = m.tensors[x][1][2]
    weights = [
        m.constant(f"lstm{seed}_{i}", random.integers(-127, 128, size).astype(np.int8), scale)
        for i, (size, scale) in enumerate(
            [((cells, values), np.float32(0.008))] * 4 + [((cells, cells), np.float32(0.006))] * 4
        )
    ]
    bias = random.integers(-3000, 3000, (4, cells)).astype(np.int32)
    biases = [m.constant(f"lstm{seed}_bias{i}", b, np.float32(0.0002)) for i, b in enumerate(bias)]
    hidden = m.tensor(f"lstm{seed}_state", [1, cells], scale=state[0], zero=state[1])
    cell = m.tensor(f"lstm{seed}_cells", [1, cells], "int16", scale=2.0**-12)
    m.variables |= {hidden, cell}
    within = [m.tensor(f"lstm{seed}_{i}", [], scale=0.01) for i in range(4)]
    within.append(m.tensor(f"lstm{seed}_hidden", [], scale=state[0], zero=state[1]))
    y = m.tensor(f"lstm{seed}_y", [1, steps, cells], scale=state[0], zero=state[1])
    none = [-1] * 3
    inputs = [x, *weights, *none, *biases, -1, -1, hidden, cell, -1, -1, -1, -1]
    return m.operator("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, y, intermediates=within,
                      slot_0=("b", 4), **options)  # fmt: skip


def sequence() -> Model:
    """Two LSTMs, of the second the last step, a fully connected layer."""
    m = Model()
    x = m.tensor("x", [1, 6, 7], scale=0.03, zero=11)
    all_steps = _lstm(m, x, 6, 8, 1, (0.0071, -3))
    second = _lstm(m, all_steps, 6, 5, 2, (0.0078, 4), slot_1=("f", 6.0))
    begin, end, stride = (
        m.constant(name, np.array(numbers, np.int32))
        for name, numbers in (("begin", (0, -1, 0)), ("end", (0, 0, 0)), ("stride", (1, 1, 1)))
    )
    last = m.tensor("last", [1, 5], scale=0.0078, zero=4)
    m.operator("STRIDED_SLICE", [second, begin, end, stride], last, slot_0=("i", 5),
               slot_1=("i", 7), slot_4=("i", 2))  # fmt: skip
    y = m.tensor("y", [1, 4], scale=0.012, zero=-20)
    m.operator("FULLY_CONNECTED", [last, *_weights(m, "w", (4, 5), 7)], y)
    m.inputs, m.outputs = [x], [all_steps, last, y]
    return m


MODELS = {"residual": residual, "products": products}
