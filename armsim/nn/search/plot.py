"""Memory against operations, a bubble for each network that was measured: SVG and PNG.

The larger the bubble, the more accurate; a rim says that nothing better was found. Boxes are the
classes S, M and L of *Hello Edge*; circles without filling are its 21 networks, which were trained
on other data: their sizes say nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from armsim.nn.catalogue import ARCHITECTURES, FAMILIES
from armsim.nn.costs import costs
from armsim.nn.layers import ModelError
from armsim.nn.search.limits import Limits
from armsim.nn.search.report import Findings, Row
from armsim.nn.search.space import family_of

BOXES = {"S": (80e3, 6e6), "M": (200e3, 20e6), "L": (500e3, 80e6)}
COLOURS = dict(
    zip(
        FAMILIES,
        ("#4e79a7", "#f28e2b", "#76b7b2", "#59a14f", "#b07aa1", "#e15759", "#9c755f"),
        strict=True,
    )
)
_SMALLEST, _LARGEST = 30, 600  # areas of bubbles, in square points


def draw(found: Findings, limits: Limits, folder: Path) -> list[Path]:
    """Write `search.svg` and `search.png`; return where they are.

    Raises:
        ModelError: Matplotlib is not installed.
    """
    pyplot = require_pyplot()
    rows = found.measured()
    pyplot.rcParams["svg.hashsalt"] = "armsim"  # the same picture, the same bytes
    figure, axes = pyplot.subplots(figsize=(10, 6), layout="constrained")
    _boxes(axes)
    _reference(axes)
    _bubbles(axes, rows)
    _limits(axes, limits)
    axes.set(
        xscale="log",
        yscale="log",
        xlim=(min([5, *(row.memory / 1.5e3 for row in rows)]), 700),
        ylim=(min([0.05, *(row.ops / 1.5e6 for row in rows)]), 120),
        xlabel="memory: weights and activations at 8 bits, KB",
        ylabel="operations per inference, millions",
        title=f"{len(rows)} networks that were found and measured",
    )
    axes.grid(which="major", color="#eee")
    axes.set_axisbelow(True)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xticks([5, 10, 20, 50, 80, 200, 500])
    axes.set_xticks([], minor=True)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"search.{kind}" for kind in ("svg", "png")]
    figure.savefig(paths[0], metadata={"Date": None})
    figure.savefig(paths[1], dpi=120)
    pyplot.close(figure)
    return paths


def require_pyplot() -> Any:
    """Return Matplotlib's pyplot, which needs no screen."""
    try:
        import matplotlib
    except ImportError:
        raise ModelError(
            "drawing needs Matplotlib; get it with 'pip install armsim-cortexm[search]', or leave "
            "--plot out"
        ) from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def _boxes(axes: Any) -> None:
    for name, (memory, ops) in BOXES.items():
        x, y = memory / 1e3, ops / 1e6
        axes.plot([x, x, 0.01], [1e-6, y, y], color="#999", linewidth=1)
        axes.annotate(name, (x, y), xytext=(3, 2), textcoords="offset points",
                      ha="left", va="bottom", color="#666", weight="bold")  # fmt: skip


def _reference(axes: Any) -> None:
    for net in ARCHITECTURES.values():
        cost, colour = costs(net), COLOURS[family_of(net)]
        axes.scatter(cost.memory_bytes / 1e3, cost.ops / 1e6, 50, facecolors="none",
                     edgecolors=colour, linewidths=1, zorder=2)  # fmt: skip
    axes.scatter([], [], 50, facecolors="none", edgecolors="#666", label="Hello Edge, cost only")
    axes.scatter([], [], 60, facecolors="none", edgecolors="black", linewidths=1.5,
                 label="nothing better found")  # fmt: skip


def _bubbles(axes: Any, rows: list[Row]) -> None:
    reached = [row.accuracy or 0 for row in rows]
    low, high = min(reached, default=0), max(reached, default=100)

    def area(accuracy: float) -> float:
        share = (accuracy - low) / (high - low) if high > low else 1
        return _SMALLEST + share**2 * (_LARGEST - _SMALLEST)

    for family, colour in COLOURS.items():
        some = [row for row in reversed(rows) if family_of(row.net) == family]
        if some:
            axes.scatter(
                [row.memory / 1e3 for row in some],
                [row.ops / 1e6 for row in some],
                [area(row.accuracy or 0) for row in some],
                color=colour,
                alpha=0.6,
                edgecolors="black",
                linewidths=[1.5 * row.front for row in some],
                zorder=3,
            )
            axes.scatter([], [], 60, color=colour, label=FAMILIES[family])
    for accuracy in sorted({low, (low + high) / 2, high}) if rows else ():
        axes.scatter([], [], area(accuracy), color="#bbb", label=f"{accuracy:.1f} %")
    axes.figure.legend(loc="outside right upper", frameon=False, labelspacing=1.1)


def _limits(axes: Any, limits: Limits) -> None:
    style = {"color": "#c0392b", "linewidth": 1, "linestyle": "--"}
    if limits.memory is not None:
        axes.axvline(limits.memory / 1e3, **style)
    if limits.ops is not None:
        axes.axhline(limits.ops / 1e6, **style)
