"""The 8-bit arithmetic against one that a reader can check by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from armsim.nn.arithmetic.powers import finish, softmax
from armsim.nn.catalogue import architecture
from armsim.nn.execute import run_operator
from armsim.nn.features import Standard
from armsim.nn.graph import (
    AveragePoolQ,
    ConvolveQ,
    DepthwiseQ,
    FullyConnectedQ,
    GraphError,
    PowerOfTwo,
    Tensor,
)
from armsim.nn.layers import (
    Conv,
    Dense,
    Depthwise,
    Layer,
    ModelError,
    padding,
    same_padding,
    shape_after,
    shapes,
    weight_shape,
)
from armsim.nn.network_q7 import (
    LayerQ7,
    NetworkQ7,
    load_network,
    run,
    save_network,
    weights_sha256,
)

MakeNetwork = Callable[[int], NetworkQ7]
STANDARD = Standard(np.zeros(10, np.float32), np.ones(10, np.float32))
BYTES = st.integers(-128, 127)


def naive_scale(total: int, bias: int, bias_shift: int, out_shift: int) -> int:
    """Do what one output of a kernel does to its sum."""
    accumulator = total + (bias << bias_shift) + ((1 << out_shift) >> 1)
    accumulator = (accumulator + (1 << 31)) % (1 << 32) - (1 << 31)
    return max(-128, min(127, accumulator >> out_shift))


def naive_layer(layer: Layer, x: np.ndarray, q: LayerQ7) -> np.ndarray:
    """Run one layer on one clip (time, frequency, channels), a product at a time."""
    w, bias = q.weight.astype(object), q.bias.astype(object)
    x = x.astype(object)
    if isinstance(layer, Dense):
        flat = x.ravel()
        sums = [sum(a * b for a, b in zip(row, flat, strict=True)) for row in w]
        return np.array(
            [naive_scale(s, b, q.bias_shift, q.out_shift) for s, b in zip(sums, bias, strict=True)]
        )
    assert isinstance(layer, Conv | Depthwise)
    (top, _, rows), (left, _, columns) = (
        same_padding(x.shape[axis], layer.kernel[axis], layer.stride[axis]) for axis in (0, 1)
    )
    out = np.zeros((rows, columns, len(bias)), int)
    for y, f, o in np.ndindex(*out.shape):
        total = 0
        for ky, kf in np.ndindex(*layer.kernel):
            iy, jf = y * layer.stride[0] + ky - top, f * layer.stride[1] + kf - left
            if not (0 <= iy < x.shape[0] and 0 <= jf < x.shape[1]):
                continue
            if isinstance(layer, Depthwise):
                total += x[iy, jf, o] * w[ky, kf, o]
            else:
                total += sum(x[iy, jf, c] * w[o, ky, kf, c] for c in range(x.shape[2]))
        out[y, f, o] = max(0, naive_scale(total, bias[o], q.bias_shift, q.out_shift))
    return out


@st.composite
def layers(draw: st.DrawFn) -> tuple[Layer, np.ndarray, LayerQ7]:
    """Draw a layer, its input and its weights."""
    kernel = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    stride = (draw(st.integers(1, 2)), draw(st.integers(1, 2)))
    shape = (draw(st.integers(1, 6)), draw(st.integers(1, 6)), draw(st.integers(1, 3)))
    layer = draw(
        st.sampled_from(
            (
                Conv(name="it", channels=2, kernel=kernel, stride=stride),
                Conv(name="it", channels=3),
                Depthwise(name="it", kernel=kernel, stride=stride),
                Dense(name="it", outputs=3),
            )
        )
    )
    outputs = {Conv: getattr(layer, "channels", 0), Depthwise: shape[2], Dense: 3}[type(layer)]
    q = LayerQ7(
        draw(arrays(np.int8, weight_shape(layer, shape), elements=BYTES)),
        draw(arrays(np.int8, outputs, elements=BYTES)),
        draw(st.integers(0, 20)),
        draw(st.integers(0, 20)),
    )
    return layer, draw(arrays(np.int8, (2, *shape), elements=BYTES)), q


def run_layer(layer: Layer, x: np.ndarray, q: LayerQ7) -> np.ndarray:
    """Run the operator that a layer becomes, and its ReLU."""
    before, after = x.shape[1:], shape_after(layer, x.shape[1:])
    scales = {"weights": q.weight, "bias": q.bias}
    scales |= {"bias_shift": q.bias_shift, "out_shift": q.out_shift}
    names = {"name": "it", "inputs": ("x",), "output": "y"}
    if isinstance(layer, Dense):
        return run_operator(
            FullyConnectedQ(**names, **scales), [x], [tensor("x", before), tensor("y", after[2:])]
        )
    kind = ConvolveQ if isinstance(layer, Conv) else DepthwiseQ
    pads = tuple(padding(layer, before, axis)[0] for axis in (0, 1))
    operator = kind(**names, **scales, stride=layer.stride, padding=pads)
    sums = run_operator(operator, [x], [tensor("x", before), tensor("y", after)])
    return np.maximum(sums, np.int8(0))


def tensor(name: str, shape: tuple[int, ...]) -> Tensor:
    return Tensor(name=name, shape=shape, dtype="int8", quantisation=PowerOfTwo(bits=None))


@settings(max_examples=150, deadline=None)
@given(layers())
def test_every_layer_equals_the_naive_one(drawn: tuple[Layer, np.ndarray, LayerQ7]) -> None:
    layer, x, q = drawn
    y = run_layer(layer, x, q)
    assert y.dtype == np.int8
    for clip, output in zip(x, y, strict=True):
        assert np.array_equal(output, naive_layer(layer, clip, q))


def test_rounding_is_half_up_also_below_zero() -> None:
    totals = np.array([[-3, -2, -1, 0, 1, 2, 3]], np.int64)
    zero = np.zeros(7, np.int8)
    assert finish(totals, zero, 0, 1, np.int8).tolist() == [[-1, -1, 0, 0, 1, 1, 2]]
    assert finish(totals, zero, 0, 0, np.int8).tolist() == totals.tolist()


def test_the_accumulator_wraps_at_32_bits() -> None:
    total = np.array([[2**31 - 1]], np.int64)
    assert finish(total, np.array([1], np.int8), 0, 24, np.int8).tolist() == [[-128]]


@given(arrays(np.int8, (3, 5, 4, 2), elements=BYTES), st.integers(0, 4))
def test_the_pool_divides_once_and_cuts_toward_zero(x: np.ndarray, out_lshift: int) -> None:
    pool = AveragePoolQ(
        name="it", inputs=("x",), output="y", kernel=(5, 4), stride=(1, 1), out_lshift=out_lshift
    )
    pooled = run_operator(pool, [x], [tensor("x", (5, 4, 2)), tensor("y", (1, 1, 2))])
    for n, c in np.ndindex(3, 2):
        total = sum(int(v) << out_lshift for v in x[n, :, :, c].ravel())
        cut = int(total / 20)
        assert pooled[n, 0, 0, c] == max(-128, min(127, cut))


def naive_softmax(x: list[int]) -> list[int]:
    """Do softmax as arm_softmax_q7 of CMSIS-NN 5.9.0 does."""
    base = max(x) - 8
    total = 0
    for value in x:
        total += 1 << max(0, min(7, value - base))
    output_base = (1 << 20) // total
    return [min(127, output_base >> max(0, min(31, 13 + base - value))) for value in x]


@given(arrays(np.int8, (4, 12), elements=BYTES))
def test_softmax_equals_the_naive_one(logits: np.ndarray) -> None:
    assert softmax(logits).tolist() == [naive_softmax(row) for row in logits.tolist()]


def test_ds_cnn_s_has_the_published_shape(random_network: MakeNetwork) -> None:
    walked = [(layer.name, after) for layer, _, after in shapes(architecture("ds_cnn_s"))]
    assert walked[0] == ("conv1", (25, 5, 64))
    assert walked[8] == ("pw4", (25, 5, 64))
    assert walked[-1] == ("fc", (1, 1, 12))
    network = random_network(0)
    assert sum(q.weight.size for q in network.layers.values()) == 22_016
    assert sum(q.bias.size for q in network.layers.values()) == 588
    assert same_padding(49, 10, 2) == (4, 5, 25)
    assert same_padding(10, 4, 2) == (1, 1, 5)


def test_blocks_of_clips_do_not_change_the_scores(random_network: MakeNetwork) -> None:
    network = random_network(0)
    features = np.random.default_rng(1).integers(-128, 128, (130, 49, 10)).astype(np.int8)
    together = run(network, features)
    assert np.array_equal(together.logits[129:], run(network, features[129:]).logits)


def test_a_network_survives_its_file(tmp_path: Path, random_network: MakeNetwork) -> None:
    network = random_network(0)
    save_network(network, tmp_path / "it.npz")
    assert weights_sha256(load_network(tmp_path / "it.npz")) == weights_sha256(network)


def test_a_file_that_is_no_network_is_named(tmp_path: Path, random_network: MakeNetwork) -> None:
    with pytest.raises(ModelError, match=r"no weights at .*none\.npz"):
        load_network(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(ModelError, match=r"text\.npz is not a weight file"):
        load_network(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", x=np.zeros(1))
    with pytest.raises(ModelError, match=r"other\.npz is not a weight file: it has no"):
        load_network(tmp_path / "other.npz")
    network = random_network(0)
    short = LayerQ7(network.layers["fc"].weight[:11], network.layers["fc"].bias, 0, 0)
    broken = NetworkQ7(network.architecture, STANDARD, {**network.layers, "fc": short}, 0)
    save_network(broken, tmp_path / "short.npz")
    with pytest.raises(ModelError, match=r"short\.npz is not a weight file: fc is \(11, 64\)"):
        load_network(tmp_path / "short.npz")


def test_features_of_another_shape_are_refused(random_network: MakeNetwork) -> None:
    with pytest.raises(GraphError, match=r"inputs are int8 of shape \(1, 25, 10, 1\)"):
        run(random_network(0), np.zeros((1, 25, 10), np.int8))
