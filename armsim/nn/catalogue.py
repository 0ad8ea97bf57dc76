"""The 21 networks of *Hello Edge* (arXiv 1711.07128), as data: seven families in S, M and L.

All see one second of sound as 10 coefficients per frame: 49 frames 20 ms apart, or every second of
them, 40 ms apart. All tell 12 classes. The sizes are those of the models the paper's authors
published.
"""

from __future__ import annotations

from collections.abc import Mapping

from armsim.errors import suggest
from armsim.nn.layers import (
    Architecture,
    AveragePool,
    BasicLstm,
    Conv,
    Dense,
    Depthwise,
    Gru,
    Layer,
    Lstm,
    ModelError,
    Padding,
)

COEFFICIENTS = 10
CLASSES = 12
FRAMES = {20: 49, 40: 25}  # stride in ms: frames in a second

SIZES = ("s", "m", "l")
FAMILIES = {
    "dnn": "DNN",
    "cnn": "CNN",
    "basic_lstm": "Basic LSTM",
    "lstm": "LSTM",
    "gru": "GRU",
    "crnn": "CRNN",
    "ds_cnn": "DS-CNN",
}
"""The names of the families in the names of models, and how people write them."""


def network(name: str, *layers: Layer, stride_ms: int = 20) -> Architecture:
    """Describe a network that ends in one score for each class."""
    return Architecture(
        name=name,
        frames=FRAMES[stride_ms],
        coefficients=COEFFICIENTS,
        stride_ms=stride_ms,
        layers=(*layers, Dense(name="fc", outputs=CLASSES)),
    )


def dnn(name: str, width: int) -> Architecture:
    """Describe three dense layers of the same width."""
    hidden = (Dense(name=f"fc{i}", outputs=width, relu=True) for i in (1, 2, 3))
    return network(name, *hidden, stride_ms=40)


def cnn(name: str, first: int, second: int, linear: int, *, stride: int) -> Architecture:
    """Describe two convolutions, a linear layer that shrinks their output, a dense layer."""
    return network(
        name,
        Conv(name="conv1", channels=first, kernel=(10, 4), padding=Padding.VALID),
        Conv(
            name="conv2",
            channels=second,
            kernel=(10, 4),
            stride=(stride, 1),
            padding=Padding.VALID,
        ),
        Dense(name="linear", outputs=linear),
        Dense(name="fc1", outputs=128, norm=True, relu=True),
    )


def basic_lstm(name: str, cells: int) -> Architecture:
    """Describe an LSTM over the frames."""
    return network(name, BasicLstm(name="lstm", cells=cells))


def lstm(name: str, projection: int, cells: int, *, stride_ms: int = 20) -> Architecture:
    """Describe an LSTM with peepholes and projection over the frames."""
    recurrent = Lstm(name="lstm", cells=cells, projection=projection)
    return network(name, recurrent, stride_ms=stride_ms)


def gru(name: str, cells: int, *, stride_ms: int = 20) -> Architecture:
    """Describe a GRU over the frames."""
    return network(name, Gru(name="gru", cells=cells), stride_ms=stride_ms)


def crnn(
    name: str, channels: int, cells: int, width: int, *, stride: tuple[int, int]
) -> Architecture:
    """Describe a convolution, two GRUs one on the other, a dense layer."""
    return network(
        name,
        Conv(
            name="conv1",
            channels=channels,
            kernel=(10, 4),
            stride=stride,
            padding=Padding.VALID,
            norm=False,
        ),
        Gru(name="gru1", cells=cells, sequence=True),
        Gru(name="gru2", cells=cells),
        Dense(name="fc1", outputs=width, relu=True),
    )


def ds_cnn(
    name: str, channels: int, blocks: int, *, stride: tuple[int, int], second: tuple[int, int]
) -> Architecture:
    """Describe a convolution, depthwise-separable blocks, a pool."""
    layers: list[Layer] = [Conv(name="conv1", channels=channels, kernel=(10, 4), stride=stride)]
    for block in range(1, blocks + 1):
        layers.append(Depthwise(name=f"dw{block}", stride=second if block == 1 else (1, 1)))
        layers.append(Conv(name=f"pw{block}", channels=channels))
    return network(name, *layers, AveragePool())


_ALL = (
    dnn("dnn_s", 144),
    dnn("dnn_m", 256),
    dnn("dnn_l", 436),
    cnn("cnn_s", 28, 30, 16, stride=2),
    cnn("cnn_m", 64, 48, 16, stride=2),
    cnn("cnn_l", 60, 76, 58, stride=2),
    basic_lstm("basic_lstm_s", 118),
    basic_lstm("basic_lstm_m", 214),
    basic_lstm("basic_lstm_l", 344),
    lstm("lstm_s", 98, 144, stride_ms=40),
    lstm("lstm_m", 130, 280),
    lstm("lstm_l", 188, 500),
    gru("gru_s", 154, stride_ms=40),
    gru("gru_m", 250),
    gru("gru_l", 400),
    crnn("crnn_s", 48, 60, 84, stride=(2, 2)),
    crnn("crnn_m", 128, 76, 164, stride=(2, 2)),
    crnn("crnn_l", 100, 136, 188, stride=(2, 1)),
    ds_cnn("ds_cnn_s", 64, 4, stride=(2, 2), second=(1, 1)),
    ds_cnn("ds_cnn_m", 172, 4, stride=(2, 1), second=(2, 2)),
    ds_cnn("ds_cnn_l", 276, 5, stride=(2, 1), second=(2, 2)),
)

ARCHITECTURES: Mapping[str, Architecture] = {net.name: net for net in _ALL}


def architecture(name: str) -> Architecture:
    """Look a network up by name."""
    try:
        return ARCHITECTURES[name]
    except KeyError:
        raise ModelError(
            f"unknown model '{name}'{suggest(name, ARCHITECTURES)}; known models: "
            f"{', '.join(ARCHITECTURES)}"
        ) from None


def title(name: str) -> str:
    """Write a model's name as people do: `ds_cnn_s` is DS-CNN S."""
    family, size = name.rsplit("_", 1)
    return f"{FAMILIES[family]} {size.upper()}"
