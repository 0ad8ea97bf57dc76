"""An architecture in a JSON file: what a search found, or what you wrote, given on by its name.

Commands that take the name of a network also take such a file.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

from armsim.nn import layers as language
from armsim.nn.catalogue import ARCHITECTURES, CLASSES, FRAMES, architecture
from armsim.nn.layers import (
    Architecture,
    FeatureKind,
    Layer,
    ModelError,
    Padding,
    Recurrent,
    check_images,
    shapes,
)
from armsim.nn.mfcc import MEL_BANDS

FORMAT = 1
MOST = 4096
"""No layer is larger in any direction."""
_LAYERS = {kind.__name__: kind for kind in get_args(Layer)}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)


def find_architecture(name_or_file: str) -> Architecture:
    """Look a network up: one of ours by its name, or what a file describes."""
    if name_or_file.endswith(".json"):
        return load_architecture(Path(name_or_file))
    return architecture(name_or_file)


def find_architectures(names_or_files: Iterable[str]) -> list[Architecture]:
    """Look several up, each once; what is kept of each is found by its name.

    Raises:
        ModelError: two have the same name.
    """
    nets = dict.fromkeys(map(find_architecture, names_or_files))
    names = [net.name for net in nets]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ModelError(f"two networks are called {min(twice)}; give one of them another name")
    return list(nets)


def save_architecture(
    net: Architecture, path: Path, about: Mapping[str, Any] | None = None
) -> None:
    """Write a network's description; `about` is for people."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**describe(net), "about": dict(about or {})}, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def load_architecture(path: Path) -> Architecture:
    """Read and check a network's description.

    Raises:
        ModelError: there is none, or it is none of a keyword spotter, and why.
    """
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
        net = parse(described)
    except FileNotFoundError:
        raise ModelError(
            f"there is no {path}; make it with 'armsim nn search --export {path}'"
        ) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ModelError(f"{path} cannot be read as JSON: {_first_line(error)}") from None
    except (ModelError, ValueError) as error:
        raise ModelError(f"{path} describes no network: {_first_line(error)}") from None
    ours = ARCHITECTURES.get(net.name)
    if ours is not None and ours != net:
        raise ModelError(
            f"{path} calls its network {net.name}, which is another one; give it another name"
        )
    return net


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


# As data


def describe(net: Architecture) -> dict[str, Any]:
    """Give a network as what JSON can say."""
    return {
        "format": FORMAT,
        "name": net.name,
        "stride_ms": net.stride_ms,
        "features": net.features.value,
        "coefficients": net.coefficients,
        "layers": [_describe(layer) for layer in net.layers],
    }


def fingerprint(net: Architecture) -> str:
    """Hash a network's description: another network of the same name has another one."""
    return hashlib.sha256(json.dumps(describe(net), sort_keys=True).encode()).hexdigest()


def _describe(layer: Layer) -> dict[str, Any]:
    values = {field.name: _plain(getattr(layer, field.name)) for field in fields(layer)}
    return {"kind": type(layer).__name__, **values}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value.value if isinstance(value, Enum) else value


def parse(described: Any) -> Architecture:
    """Make a network of its description.

    Raises:
        ModelError, ValueError: it is none.
    """
    if not isinstance(described, dict) or described.get("format") != FORMAT:
        raise ValueError(f"it is not of format {FORMAT}")
    wanted = {"format", "name", "stride_ms", "coefficients", "layers"}
    optional = {"features", "about"}
    if not wanted <= set(described) <= wanted | optional:
        odd = min((set(described) ^ wanted) - optional)
        raise ValueError(f"{odd[:40]!r} is missing or unknown")
    name, stride, layers = described["name"], described["stride_ms"], described["layers"]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"name is {str(name)[:40]!r}; small letters, digits and _ are needed")
    if type(stride) is not int or stride not in FRAMES:
        raise ValueError(f"stride_ms is {str(stride)[:40]}, not {' or '.join(map(str, FRAMES))}")
    features, coefficients = _features(described)
    if not isinstance(layers, list) or not 0 < len(layers) <= 64:
        raise ValueError("layers is not a list of 1 to 64 layers")
    net = Architecture(
        name=name,
        frames=FRAMES[stride],
        coefficients=coefficients,
        stride_ms=stride,
        features=features,
        layers=tuple(_layer(layer, f"layer {i}") for i, layer in enumerate(layers, 1)),
    )
    _check(net)
    return net


def _features(described: Mapping[str, Any]) -> tuple[FeatureKind, int]:
    """Read the kind, MFCC where none is given, and how many."""
    kinds = [kind.value for kind in FeatureKind]
    kind = described.get("features", FeatureKind.MFCC.value)
    if kind not in kinds:
        raise ValueError(f"features is {str(kind)[:40]!r}, not {' or '.join(kinds)}")
    count = _whole(described["coefficients"], "coefficients", MEL_BANDS)
    if FeatureKind(kind) is FeatureKind.LFBE and count != MEL_BANDS:
        raise ValueError(f"coefficients is '{count}'; of LFBE a network sees all {MEL_BANDS} bands")
    return FeatureKind(kind), count


def _layer(described: Any, where: str) -> Layer:
    kind = _LAYERS.get(described.get("kind", "")) if isinstance(described, dict) else None
    if kind is None:
        raise ValueError(f"{where} is of no known kind; known kinds: {', '.join(_LAYERS)}")
    known: dict[str, Field[Any]] = {field.name: field for field in fields(kind)}
    needed = {name for name, field in known.items() if field.default is MISSING}
    given = set(described) - {"kind"}
    if not needed <= given <= set(known):
        odd = min(given - set(known) or needed - given)
        raise ValueError(f"{where} has no or an unknown {odd[:40]!r}")
    hints = get_type_hints(kind, vars(language))
    values = {n: _value(hints[n], described[n], f"{n} of {where}") for n in given}
    layer: Layer = kind(**values)
    return layer


def _value(hint: Any, value: Any, where: str) -> Any:
    if hint is int:
        return _whole(value, where, MOST)
    if hint is bool and type(value) is bool:
        return value
    if hint is str and isinstance(value, str) and _NAME.fullmatch(value):
        return value
    if hint is Padding and value in [padding.value for padding in Padding]:
        return Padding(value)
    if get_args(hint) and isinstance(value, list) and len(value) == 2:
        return tuple(_whole(item, where, MOST) for item in value)
    raise ValueError(f"{where} is {str(value)[:40]!r}")


def _whole(value: Any, where: str, most: int) -> int:
    if type(value) is not int or not 0 < value <= most:
        raise ValueError(f"{where} is {str(value)[:40]!r}, not a whole number from 1 to {most}")
    return value


def _check(net: Architecture) -> None:
    """Refuse layers that do not fit together or give no score for each class."""
    names = [layer.name for layer in net.layers]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"two layers are called {min(twice)}")
    check_images(net)
    for layer, before, _ in shapes(net):
        if isinstance(layer, Recurrent) and before[0] == 1:
            raise ValueError(f"{layer.name} sees one step only; let what precedes it give all")
    last = net.layers[-1]
    if not isinstance(last, language.Dense) or last.norm or last.relu or last.outputs != CLASSES:
        raise ValueError(f"the last layer is not Dense with {CLASSES} outputs")
