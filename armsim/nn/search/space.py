"""What a search chooses from, as data: for each family of networks its parameters and bounds.

All families share the features: their kind, how many coefficients of MFCC a network sees, the
lowest first, and how far apart its frames are. Of LFBE it sees all bands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from armsim.nn.architecture_file import fingerprint
from armsim.nn.catalogue import CLASSES, FRAMES
from armsim.nn.layers import (
    Architecture,
    AveragePool,
    BasicLstm,
    Conv,
    Dense,
    Depthwise,
    FeatureKind,
    Gru,
    Layer,
    Lstm,
    Padding,
)
from armsim.nn.mfcc import MEL_BANDS

VERSION = 2
"""Raise it when a parameter or a bound changes: a study is of one space."""


@dataclass(frozen=True)
class Whole:
    """A whole number from `low` to `high`, in steps."""

    low: int
    high: int
    step: int = 1


@dataclass(frozen=True)
class Choice:
    """One of some numbers or names."""

    values: tuple[int | str, ...]


Parameter: TypeAlias = Whole | Choice
Suggest: TypeAlias = Callable[[str, Parameter], int | str]
"""Chooses the value of a parameter, given its name."""
Values: TypeAlias = Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Family:
    """A kind of network: its parameters, and the layers ahead of the classes that they make."""

    parameters: Mapping[str, Parameter]
    layers: Callable[[Values], Sequence[Layer]]


COEFFICIENTS = Whole(7, MEL_BANDS)
"""From 7 on, two windows of 4 fit one after the other."""
STRIDE_MS = Choice((20, 40))


# The families


def _dnn(v: Values) -> Sequence[Layer]:
    return [Dense(name=f"fc{i}", outputs=v["width"], relu=True) for i in range(1, v["layers"] + 1)]


def _cnn(v: Values) -> Sequence[Layer]:
    kernel = (v["kernel_time"], v["kernel_frequency"])
    stride = (v["stride_time"], 1)
    valid = Padding.VALID
    return [
        Conv(name="conv1", channels=v["channels1"], kernel=kernel, padding=valid),
        Conv(name="conv2", channels=v["channels2"], kernel=kernel, stride=stride, padding=valid),
        Dense(name="linear", outputs=v["linear"]),
        Dense(name="fc1", outputs=v["width"], norm=True, relu=True),
    ]


def _basic_lstm(v: Values) -> Sequence[Layer]:
    return [BasicLstm(name="lstm", cells=v["cells"])]


def _lstm(v: Values) -> Sequence[Layer]:
    return [Lstm(name="lstm", cells=v["cells"], projection=v["projection"])]


def _gru(v: Values) -> Sequence[Layer]:
    count = v["layers"]
    return [Gru(name=f"gru{i}", cells=v["cells"], sequence=i < count) for i in range(1, count + 1)]


def _crnn(v: Values) -> Sequence[Layer]:
    first = Conv(
        name="conv1",
        channels=v["channels"],
        kernel=(v["kernel_time"], v["kernel_frequency"]),
        stride=(v["stride_time"], v["stride_frequency"]),
        padding=Padding.VALID,
        norm=False,
    )
    return [first, *_gru(v), Dense(name="fc1", outputs=v["width"], relu=True)]


def _ds_cnn(v: Values) -> Sequence[Layer]:
    layers: list[Layer] = [
        Conv(
            name="conv1",
            channels=v["channels"],
            kernel=(v["kernel_time"], v["kernel_frequency"]),
            stride=(v["stride_time"], v["stride_frequency"]),
        )
    ]
    second = (v["second_stride"], v["second_stride"])
    for block in range(1, v["blocks"] + 1):
        layers.append(Depthwise(name=f"dw{block}", stride=second if block == 1 else (1, 1)))
        layers.append(Conv(name=f"pw{block}", channels=v["channels"]))
    return [*layers, AveragePool()]


_WINDOW: Mapping[str, Parameter] = {
    "kernel_time": Whole(4, 10, 2),
    "kernel_frequency": Whole(2, 4),
}
FAMILIES: Mapping[str, Family] = {
    "dnn": Family(
        parameters={"layers": Whole(1, 4), "width": Whole(16, 448, 16)},
        layers=_dnn,
    ),
    "cnn": Family(
        parameters={
            **_WINDOW,
            "channels1": Whole(8, 80, 4),
            "channels2": Whole(8, 80, 4),
            "stride_time": Whole(1, 2),
            "linear": Whole(8, 64, 8),
            "width": Whole(32, 192, 32),
        },
        layers=_cnn,
    ),
    "basic_lstm": Family(parameters={"cells": Whole(16, 352, 8)}, layers=_basic_lstm),
    "lstm": Family(
        parameters={"cells": Whole(32, 512, 16), "projection": Whole(16, 192, 8)}, layers=_lstm
    ),
    "gru": Family(
        parameters={"layers": Whole(1, 2), "cells": Whole(16, 400, 8)},
        layers=_gru,
    ),
    "crnn": Family(
        parameters={
            **_WINDOW,
            "channels": Whole(8, 128, 4),
            "stride_time": Whole(1, 3),
            "stride_frequency": Whole(1, 2),
            "layers": Whole(1, 2),
            "cells": Whole(16, 144, 4),
            "width": Whole(32, 192, 16),
        },
        layers=_crnn,
    ),
    "ds_cnn": Family(
        parameters={
            **_WINDOW,
            "channels": Whole(16, 280, 4),
            "blocks": Whole(2, 6),
            "stride_time": Whole(1, 2),
            "stride_frequency": Whole(1, 2),
            "second_stride": Whole(1, 2),
        },
        layers=_ds_cnn,
    ),
}


def draw(suggest: Suggest, families: Sequence[str], features: Sequence[str]) -> Architecture:
    """Make a network of what is suggested; the same choices make the same name."""
    kind = FeatureKind(suggest("features", Choice(tuple(features))))
    coefficients = int(
        suggest("coefficients", COEFFICIENTS) if kind is FeatureKind.MFCC else MEL_BANDS
    )
    stride_ms = suggest("stride_ms", STRIDE_MS)
    family = suggest("family", Choice(tuple(families)))
    chosen = FAMILIES[str(family)]
    values = {
        name: int(suggest(f"{family}.{name}", parameter))
        for name, parameter in chosen.parameters.items()
    }
    net = Architecture(
        name="",
        frames=FRAMES[int(stride_ms)],
        coefficients=coefficients,
        features=kind,
        stride_ms=int(stride_ms),
        layers=(*chosen.layers(values), Dense(name="fc", outputs=CLASSES)),
    )
    return replace(net, name=f"{family}_{fingerprint(net)[:8]}")


def family_of(net: Architecture) -> str:
    """Name the family of a network that was drawn, or of one of the 21."""
    return net.name.rpartition("_")[0]


def random_suggest(rng: np.random.Generator) -> Suggest:
    """Choose evenly."""

    def suggest(_: str, parameter: Parameter) -> int | str:
        if isinstance(parameter, Choice):
            return parameter.values[int(rng.integers(len(parameter.values)))]
        steps = (parameter.high - parameter.low) // parameter.step
        return parameter.low + parameter.step * int(rng.integers(steps + 1))

    return suggest
