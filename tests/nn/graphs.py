"""Small networks of random weights: every operator, on every way it can take."""

import numpy as np

from armsim.nn.graph import (
    AddS8,
    Affine,
    AveragePoolQ,
    AveragePoolS8,
    ConvolveQ,
    ConvolveS8,
    DepthwiseQ,
    DepthwiseS8,
    FullyConnectedQ,
    FullyConnectedS8,
    GateS8,
    Graph,
    GruQ,
    GruResetAfterQ,
    LstmQ,
    LstmS8,
    MatrixQ,
    MaxPool,
    MulS8,
    Operator,
    PowerOfTwo,
    Quantisation,
    ReluQ,
    Rescale,
    Reshape,
    SoftmaxQ,
    SoftmaxS8,
    Tensor,
)
from armsim.nn.graph_check import check

RANDOM = np.random.default_rng
SHARES = Affine(scale=1 / 256, zero_point=-128)


class Builder:
    """Adds operators one behind the other; `last` is the tensor written last."""

    def __init__(self, name, shape, dtype="int8", quantisation=None, seed=0):
        self.name = name
        self.random = RANDOM(seed)
        self.quantisation = quantisation or PowerOfTwo(bits=5)
        self.tensors = [self._tensor("x", shape, dtype, self.quantisation)]
        self.operators: list[Operator] = []

    def _tensor(self, name, shape, dtype, quantisation: Quantisation):
        return Tensor(name=name, shape=tuple(shape), dtype=dtype, quantisation=quantisation)

    @property
    def last(self) -> Tensor:
        return self.tensors[-1]

    def ints(self, *shape, dtype="int8"):
        limits = np.iinfo(dtype)
        return self.random.integers(limits.min, limits.max + 1, shape).astype(dtype)

    def add(self, kind, shape, *, dtype=None, quantisation=None, inputs=None, name=None, **fields):
        """Add an operator; its tensor is called as it is."""
        name = name or f"{kind.__name__.lower()}{len(self.operators)}"
        sources = tuple(inputs or (self.last.name,))
        self.operators.append(kind(name=f"{name}_op", inputs=sources, output=name, **fields))
        kept = quantisation or self.last.quantisation
        self.tensors.append(self._tensor(name, shape, dtype or self.last.dtype, kept))
        return name

    def done(self, *outputs) -> Graph:
        return check(
            Graph(
                name=self.name,
                tensors=tuple(self.tensors),
                operators=tuple(self.operators),
                input="x",
                outputs=outputs or (self.last.name,),
            )
        )

    # Powers of two

    def convolve_q(self, channels, kernel, stride=(1, 1), padding=(0, 0), size=None, shift=10):
        dtype, before = self.last.dtype, self.last.shape
        size = size or _size(before, kernel, stride, padding)
        shift += 8 if dtype == "int16" else 0
        return self.add(
            ConvolveQ, (*size, channels),
            weights=self.ints(channels, *kernel, before[2], dtype=dtype),
            bias=self.ints(channels, dtype=dtype), bias_shift=3, out_shift=shift, stride=stride,
            padding=padding,
        )  # fmt: skip

    def depthwise_q(self, kernel, stride=(1, 1), padding=(0, 0), size=None):
        dtype, before = self.last.dtype, self.last.shape
        size = size or _size(before, kernel, stride, padding)
        return self.add(
            DepthwiseQ, (*size, before[2]), weights=self.ints(*kernel, before[2], dtype=dtype),
            bias=self.ints(before[2], dtype=dtype), bias_shift=2,
            out_shift=17 if dtype == "int16" else 9, stride=stride, padding=padding,
        )  # fmt: skip

    def connect_q(self, rows, weights="int8", shift=11):
        shift += 8 if weights == "int16" else 0
        return self.add(
            FullyConnectedQ, (rows,), weights=self.ints(rows, self.last.size, dtype=weights),
            bias=self.ints(rows, dtype=weights), bias_shift=4, out_shift=shift,
        )  # fmt: skip

    def relu(self):
        return self.add(ReluQ, self.last.shape)

    def softmax_q(self):
        bits = 7 if self.last.dtype == "int8" else 15
        return self.add(SoftmaxQ, self.last.shape, quantisation=PowerOfTwo(bits=bits))

    def rescale(self, shift, dtype):
        bits = PowerOfTwo(bits=self.last.quantisation.bits + shift)
        return self.add(Rescale, self.last.shape, shift=shift, dtype=dtype, quantisation=bits)

    def matrix(self, rows, length):
        return MatrixQ(
            weights=self.ints(rows, length), bias=self.ints(rows), bias_shift=5, out_shift=8
        )

    def gru(self, cells, *, every=False, int_width=3, reset_after=False):
        steps, values = self.last.shape
        kind = GruResetAfterQ if reset_after else GruQ
        return self.add(
            kind, (steps, cells) if every else (cells,), quantisation=PowerOfTwo(bits=15),
            input=self.matrix(3 * cells, values), hidden=self.matrix(2 * cells, cells),
            candidate=self.matrix(cells, cells), int_width=int_width,
        )  # fmt: skip

    def lstm(self, cells, outputs=None, *, every=False, peepholes=False):
        steps, values = self.last.shape
        out = outputs or cells
        return self.add(
            LstmQ, (steps, out) if every else (out,), quantisation=PowerOfTwo(bits=15),
            input=self.matrix(4 * cells, values), hidden=self.matrix(4 * cells, out),
            projection=self.matrix(out, cells) if outputs else None,
            peepholes=self.ints(3, cells, dtype="int16") if peepholes else None,
            peephole_shift=14, int_width=3, cell_int_width=2,
        )  # fmt: skip

    # TensorFlow Lite's int8

    def affine(self):
        return Affine(
            scale=float(self.random.uniform(0.01, 0.2)),
            zero_point=int(self.random.integers(-128, 128)),
        )

    def _scales(self, count):
        return {
            "bias": self.random.integers(-(2**14), 2**14, count).astype(np.int32),
            "multipliers": self.random.integers(2**30, 2**31, count).astype(np.int32),
            "shifts": self.random.integers(-10, -6, count).astype(np.int32),
        }

    def convolve_s8(self, channels, kernel, stride=(1, 1), padding=(0, 0), **more):
        of = more.pop("of", self.last.name)
        before = next(tensor.shape for tensor in self.tensors if tensor.name == of)
        groups, dilation = more.pop("groups", 1), more.get("dilation", (1, 1))
        reach = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
        size = more.pop("size", None) or _size(before, reach, stride, padding)
        return self.add(
            ConvolveS8, (*size, channels), quantisation=self.affine(), inputs=(of,),
            weights=self.ints(channels, *kernel, before[2] // groups), stride=stride,
            padding=padding, **self._scales(channels), **more,
        )  # fmt: skip

    def depthwise_s8(self, kernel, stride=(1, 1), padding=(0, 0), times=1, **more):
        before = self.last.shape
        dilation = more.get("dilation", (1, 1))
        reach = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
        channels = before[2] * times
        return self.add(
            DepthwiseS8, (*_size(before, reach, stride, padding), channels),
            quantisation=self.affine(), weights=self.ints(*kernel, channels), stride=stride,
            padding=padding, **self._scales(channels), **more,
        )  # fmt: skip

    def connect_s8(self, rows, *, one_scale=False, **more):
        scales = self._scales(rows)
        if one_scale:
            scales |= {name: scales[name][:1] for name in ("multipliers", "shifts")}
        return self.add(
            FullyConnectedS8, (rows,), quantisation=self.affine(),
            weights=self.ints(rows, self.last.size), **scales, **more,
        )  # fmt: skip

    def gate_s8(self, cells, values):
        """Make a gate whose sums reach about as far as its function is bent."""
        bias = self.random.integers(-3000, 3000, (2, cells)).astype(np.int32)
        return GateS8(
            input_weights=self.ints(cells, values), input_bias=bias[0],
            input_scale=(1_500_000_000, -3), hidden_weights=self.ints(cells, cells),
            hidden_bias=bias[1], hidden_scale=(1_300_000_000, -3),
        )  # fmt: skip

    def lstm_s8(self, cells, *, every=False, clip=32767):
        steps, values = self.last.shape
        names = ("forget_gate", "input_gate", "cell_gate", "output_gate")
        return self.add(
            LstmS8, (steps, cells) if every else (cells,), quantisation=self.affine(),
            **{name: self.gate_s8(cells, values) for name in names}, forget_scale=(1 << 30, -14),
            input_scale=(1 << 30, -17), output_scale=(1_900_000_000, -23), cell_power=-12,
            cell_clip=clip,
        )  # fmt: skip

    def add_s8(self, other, **more):
        return self.add(
            AddS8, self.last.shape, quantisation=self.affine(), inputs=(other, self.last.name),
            input_scales=((1 << 30, 0), (1_900_000_000, -1)), output_scale=(1_500_000_000, -18),
            **more,
        )  # fmt: skip

    def mul_s8(self, other):
        return self.add(
            MulS8, self.last.shape, quantisation=self.affine(), inputs=(self.last.name, other),
            output_scale=(1_500_000_000, -6),
        )  # fmt: skip


def _size(before, kernel, stride, padding):
    return tuple((before[a] + 2 * padding[a] - kernel[a]) // stride[a] + 1 for a in (0, 1))


def q7_image() -> Graph:
    """Every convolution and pool of q7; a stride that leaves the last column to the padding."""
    b = Builder("q7_image", (11, 8, 3))
    b.convolve_q(8, (3, 2), (1, 2), (1, 0))
    b.relu()
    b.convolve_q(6, (3, 3), padding=(1, 1))
    b.convolve_q(8, (1, 1), shift=8)
    b.convolve_q(8, (1, 1), shift=8)
    b.relu()
    b.depthwise_q((3, 3), (2, 2), (1, 0), size=(6, 2))
    b.relu()
    b.add(MaxPool, (3, 2, 8), kernel=(2, 1), stride=(2, 1))
    b.add(AveragePoolQ, (2, 1, 8), kernel=(2, 2), stride=(1, 1), out_lshift=1,
          quantisation=PowerOfTwo(bits=6))  # fmt: skip
    b.add(Reshape, (16,))
    b.connect_q(7)
    b.softmax_q()
    return b.done(b.tensors[-2].name, b.last.name)


def q7_square() -> Graph:
    """The kernels for what is square, a pool that destroys its input, few rows."""
    b = Builder("q7_square", (12, 12, 3), seed=1)
    b.convolve_q(4, (3, 3), padding=(1, 1))
    b.relu()
    b.convolve_q(8, (3, 3), (2, 2), (1, 1))
    b.depthwise_q((3, 3), padding=(1, 1))
    b.convolve_q(5, (5, 5), padding=(2, 2))
    b.add(MaxPool, (3, 3, 5), kernel=(3, 3), stride=(2, 2), padding=(1, 1))
    b.connect_q(3)
    return b.done()


def q15_image() -> Graph:
    """The convolutions and the pool of q15, one beyond its image; layers of 16 bits behind."""
    b = Builder("q15_image", (9, 8, 3), "int16", seed=2)
    b.convolve_q(6, (3, 2), padding=(1, 0), size=(9, 8))
    b.relu()
    b.depthwise_q((3, 3), (1, 2), (1, 1), size=(9, 4))
    b.convolve_q(4, (3, 2), (2, 1), (1, 0))
    beyond = b.convolve_q(5, (1, 1), size=(6, 3), shift=6)
    b.depthwise_q((2, 3), padding=(0, 1))
    b.convolve_q(7, (2, 2))
    b.add(AveragePoolQ, (2, 1, 7), kernel=(2, 2), stride=(1, 1), padding=(0, 1), out_lshift=2,
          quantisation=PowerOfTwo(bits=7))  # fmt: skip
    b.add(Reshape, (14,))
    b.connect_q(9, "int16")
    b.connect_q(6)
    b.softmax_q()
    return b.done(beyond, b.last.name)


def q15_square() -> Graph:
    """The kernels of q15 for what is square, and those that take its place."""
    b = Builder("q15_square", (8, 8, 1), "int16", seed=7)
    b.convolve_q(4, (3, 3), padding=(1, 1))
    b.convolve_q(6, (3, 3), (2, 2), (1, 1))
    b.convolve_q(2, (2, 2))
    b.convolve_q(3, (2, 2))
    b.depthwise_q((2, 2))
    b.connect_q(5, "int16")
    return b.done()


def copies() -> Graph:
    """Operators that could work in place, if nobody needed their inputs."""
    b = Builder("copies", (2, 3, 4), seed=3)
    same = b.add(Reshape, (4, 6))
    b.add(ReluQ, (2, 3, 4), inputs=("x",))
    flat = b.add(Reshape, (24,))
    b.relu()
    kept = b.connect_q(24, shift=13)
    b.relu()
    b.rescale(-2, "int8")
    b.rescale(3, "int16")
    b.rescale(0, "int16")
    b.rescale(-4, "int8")
    b.rescale(1, "int8")
    return b.done(kept, flat, b.last.name, same)


def recurrent(kind: str) -> Graph:
    """A stack of recurrent layers behind a change of format."""
    b = Builder(kind, (6, 10, 1), seed=4)
    b.add(Reshape, (6, 10))
    b.rescale(4 if kind == "lstm" else 0, "int16")
    if kind == "gru":
        b.gru(9, every=True)
        b.gru(7, every=True, reset_after=True)
        b.gru(6, int_width=2)
    else:
        b.lstm(7, every=True)
        b.lstm(8, 5, every=True, peepholes=True)
        b.lstm(6)
    b.connect_q(12)
    b.rescale(-9, "int8")
    b.softmax_q()
    return b.done()


def s8_image() -> Graph:
    """Every kernel of s8."""
    b = Builder("s8_image", (9, 10, 4), quantisation=Affine(scale=0.05, zero_point=-3), seed=5)
    b.convolve_s8(8, (3, 4), (2, 2), (1, 1), activation=(-20, 127))
    b.convolve_s8(8, (3, 3), padding=(2, 2), dilation=(2, 2))
    b.convolve_s8(6, (3, 3), padding=(1, 1), groups=2)
    b.depthwise_s8((3, 3), padding=(1, 1))
    b.depthwise_s8((2, 3), padding=(0, 1), times=2)
    b.depthwise_s8((2, 2), dilation=(2, 1), activation=(0, 90))
    b.depthwise_s8((1, 5), padding=(0, 2))
    b.convolve_s8(8, (1, 1))
    b.add(AveragePoolS8, (1, 3, 8), kernel=(2, 2), stride=(1, 2), padding=(0, 1),
          quantisation=b.last.quantisation)  # fmt: skip
    b.convolve_s8(4, (1, 1), (1, 2))
    b.convolve_s8(6, (1, 3), padding=(0, 1))
    b.add(MaxPool, (1, 1, 6), kernel=(1, 2), stride=(1, 1), activation=(-100, 100))
    b.connect_s8(9, one_scale=True)
    b.connect_s8(7)
    b.add(SoftmaxS8, (7,), quantisation=SHARES, multiplier=1_717_986_918, shift=23, diff_min=-248)
    return b.done(b.tensors[-2].name, b.last.name)


def s8_residual() -> Graph:
    """Shortcuts as in ResNet-8, one of them through a convolution, and a product."""
    b = Builder("s8_residual", (8, 8, 3), quantisation=Affine(scale=0.02, zero_point=-128), seed=6)
    first = b.convolve_s8(8, (3, 3), padding=(1, 1), activation=(-10, 127))
    b.convolve_s8(8, (3, 3), padding=(1, 1))
    b.convolve_s8(8, (3, 3), padding=(1, 1))
    second = b.add_s8(first, activation=(-5, 127))
    b.convolve_s8(16, (3, 3), (2, 2), size=(4, 4), activation=(0, 127))
    main = b.convolve_s8(16, (3, 3), padding=(1, 1))
    short = b.convolve_s8(16, (1, 1), (2, 2), of=second)
    b.add_s8(main)
    b.mul_s8(short)
    b.add(AveragePoolS8, (1, 1, 16), kernel=(4, 4), stride=(4, 4), quantisation=b.last.quantisation)
    b.connect_s8(10, one_scale=True)
    b.add(SoftmaxS8, (10,), quantisation=SHARES, multiplier=1_717_986_918, shift=22, diff_min=-496)
    return b.done()


def s8_sequence() -> Graph:
    """LSTMs of int8, of which one gives all states and one the last."""
    b = Builder("s8_sequence", (5, 7), quantisation=Affine(scale=0.03, zero_point=9), seed=8)
    b.lstm_s8(6, every=True)
    kept = b.lstm_s8(5, clip=3000)
    b.connect_s8(4)
    return b.done(kept, b.last.name)


GRAPHS = {
    graph.name: graph
    for graph in (
        q7_image(), q7_square(), q15_image(), q15_square(), copies(), recurrent("gru"),
        recurrent("lstm"), s8_image(), s8_residual(), s8_sequence(),
    )
}  # fmt: skip
