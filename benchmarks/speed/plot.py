"""Results as a picture: bars of speed, and lines of cost by length. Plain SVG."""

import math
from collections.abc import Sequence

from benchmarks.speed.lengths import WAYS, Length
from benchmarks.speed.measure import Row
from benchmarks.speed.results import Results

WIDTH, HEIGHT, TOP, BOTTOM = 960, 400, 60, 320
LEFT_BARS, RIGHT_BARS, LEFT_LINES, RIGHT_LINES = 50, 530, 610, 940
BARS = {"unicorn": "#9aa0a6", "threaded": "#7fb3d5", "auto": "#1f618d"}
LINES = dict(zip(WAYS, ("#9aa0a6", "#7fb3d5", "#d35400", "#1f618d"), strict=True))


def svg(results: Results) -> str:
    """Return the picture of complete results."""
    body = [*_bars(results.steady), *_lines(results.lengths)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            'font-family="sans-serif" font-size="12">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            *body,
            "</svg>\n",
        ]
    )


def _text(x: float, y: float, text: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{text}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, more: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {more}/>'


def _key(colours: dict[str, str], x: float) -> list[str]:
    found = []
    for name, colour in colours.items():
        found.append(f'<rect x="{x:.1f}" y="36" width="10" height="10" fill="{colour}"/>')
        found.append(_text(x + 14, 45, name))
        x += 26 + 7 * len(name)
    return found


def _bars(rows: Sequence[Row]) -> list[str]:
    """Return bars of ratios to QEMU, with a line at 1 and the targets as marks."""
    highest = max([1.2, *(row.ratio[one] for row in rows for one in BARS)])
    scale = (BOTTOM - TOP) / highest
    found = [_text(LEFT_BARS, 22, "Speed, QEMU = 1 (mark: wanted of auto)", 'font-weight="bold"')]
    found += _key(BARS, LEFT_BARS)
    step = 0.5 if highest < 4 else 1.0
    for k in range(int(highest / step) + 1):
        y = BOTTOM - k * step * scale
        grey = "#444" if k * step == 1 else "#ddd"
        found.append(_line(LEFT_BARS, y, RIGHT_BARS, y, f'stroke="{grey}"'))
        found.append(_text(LEFT_BARS - 6, y + 4, f"{k * step:g}", 'text-anchor="end"'))
    pitch = (RIGHT_BARS - LEFT_BARS) / max(1, len(rows))
    width = pitch / (len(BARS) + 1)
    for number, row in enumerate(rows):
        left = LEFT_BARS + number * pitch + width / 2
        for k, (name, colour) in enumerate(BARS.items()):
            height = row.ratio[name] * scale
            found.append(
                f'<rect x="{left + k * width:.1f}" y="{BOTTOM - height:.1f}" '
                f'width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'
            )
        mark, y = left + (len(BARS) - 1) * width, BOTTOM - row.target * scale
        found.append(_line(mark, y, mark + width, y, 'stroke="#c0392b" stroke-width="2"'))
        middle = left + len(BARS) * width / 2
        found.append(_text(middle, BOTTOM + 16, row.image, 'text-anchor="middle"'))
        found.append(_text(middle, BOTTOM + 30, row.core, 'text-anchor="middle" fill="#666"'))
    return found


def _lines(lengths: Sequence[Length]) -> list[str]:
    """Return seconds by instructions of one program, both logarithmic."""
    lengths = [one for one in lengths if one.image == lengths[0].image]
    xs = [math.log10(one.instructions) for one in lengths]
    ys = [math.log10(one.seconds[way]) for one in lengths for way in WAYS]
    low, high = math.floor(min(ys)), math.ceil(max(ys))
    first, last = math.floor(min(xs)), math.ceil(max(xs) - 0.1)

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - first) / max(1, last - first)
        up = (y - low) / max(1, high - low)
        return LEFT_LINES + across * (RIGHT_LINES - LEFT_LINES), BOTTOM - up * (BOTTOM - TOP)

    name = lengths[0].image
    title = f"Start to finish of {name} m4, seconds by instructions"
    found = [_text(LEFT_LINES - 30, 22, title, 'font-weight="bold"')]
    found += _key(LINES, LEFT_LINES - 30)
    for power in range(low, high + 1):
        x, y = place(first, power)
        found.append(_line(x, y, RIGHT_LINES, y, 'stroke="#ddd"'))
        found.append(_text(x - 6, y + 4, f"{10.0**power:g}", 'text-anchor="end"'))
    for power in range(first, last + 1):
        x, y = place(power, low)
        found.append(_line(x, y, x, TOP, 'stroke="#ddd"'))
        found.append(_text(x, y + 16, f"1e{power}", 'text-anchor="middle"'))
    for way, colour in LINES.items():
        points = [
            place(x, math.log10(one.seconds[way])) for x, one in zip(xs, lengths, strict=True)
        ]
        text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        found.append(f'<polyline points="{text}" fill="none" stroke="{colour}" stroke-width="2"/>')
        found += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
    return found
