"""The network of a model header, in NumPy."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kernels import numpy_models as model

Int8 = npt.NDArray[np.int8]


@dataclass(frozen=True)
class HeaderModel:
    """The macros of a header, by name."""

    macros: dict[str, str]

    @classmethod
    def read(cls, header: Path) -> "HeaderModel":
        text = header.read_text().replace("\\\n", " ")
        return cls(dict(re.findall(r"^#define (\w+) (.+)$", text, re.MULTILINE)))

    def floats(self, name: str) -> npt.NDArray[np.float32]:
        values = re.findall(r"([-+.\w]+)f\b", self.macros[name])
        return np.array([float.fromhex(v) for v in values], np.float32)

    def q7(self, name: str, *shape: int) -> Int8:
        values = self.macros[name].strip("{} ").split(",")
        return np.array([int(v) for v in values if v.strip()], np.int8).reshape(shape)

    def shifts(self, layer: str) -> tuple[int, int]:
        return int(self.macros[f"{layer}_BIAS_SHIFT"]), int(self.macros[f"{layer}_OUT_SHIFT"])

    def logits(self, features: Int8) -> Int8:
        """Return the network's output for features (49, 10)."""
        size = (25, 5)
        x = model.convolve(
            features[..., None],
            *(self.q7("CONV1_WT", 64, 10, 4, 1), self.q7("CONV1_BIAS", 64)),
            *((4, 1), (2, 2), size, *self.shifts("CONV1")),
        )
        x = model.relu(x)
        for i in range(1, 5):
            x = model.depthwise(
                x,
                *(self.q7(f"DW{i}_WT", 3, 3, 64), self.q7(f"DW{i}_BIAS", 64)),
                *((1, 1), (1, 1), size, *self.shifts(f"DW{i}")),
            )
            x = model.relu(x)
            x = model.convolve(
                x,
                *(self.q7(f"PW{i}_WT", 64, 1, 1, 64), self.q7(f"PW{i}_BIAS", 64)),
                *((0, 0), (1, 1), size, *self.shifts(f"PW{i}")),
            )
            x = model.relu(x)
        lshift = int(self.macros["POOL_OUT_LSHIFT"])
        x = model.average_pool(x, size, (0, 0), (1, 1), (1, 1), lshift)
        return model.fully_connected(
            x.ravel(), self.q7("FC_WT", 12, 64), self.q7("FC_BIAS", 12), *self.shifts("FC")
        )
