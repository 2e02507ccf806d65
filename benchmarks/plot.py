"""Curves on two logarithmic axes, as one SVG file that stands for itself."""

import colorsys
import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mezzotint.studio.chart import Axis

WIDTH, HEIGHT = 800, 460
LEFT, RIGHT, TOP, BOTTOM = 70, 640, 40, 400  # the corners of the plot
ROW = 20  # between two lines of the legend
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#444}.title{font-size:14px;fill:#111}"
    ".rule{stroke:#ddd}.level{stroke:#111;stroke-dasharray:6 4}polyline{fill:none;stroke-width:1.8}"
)


@dataclass(frozen=True)
class Curve:
    """One line.

    Attributes:
        label: its name in the legend.
        points: (x, y, half the length of the error bar), x rising and above 0.
    """

    label: str
    points: Sequence[tuple[float, float, float]]


@dataclass(frozen=True)
class Level:
    """A dashed line across."""

    label: str
    y: float


def svg(title: str, curves: Sequence[Curve], levels: Sequence[Level], horizontal: str) -> str:
    """The file's text.

    Args:
        title: what the curves show, with its unit.
        curves: at least one point above 0 among them; what is not is drawn on the lower edge.
        levels: to compare with.
        horizontal: the name of x.
    """
    across, up = _axes(curves, levels)
    xs = sorted({x for curve in curves for x, _, _ in curve.points})
    parts = [
        f'<text class="title" x="{LEFT}" y="22">{escape(title)}</text>',
        f'<text x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 16}" text-anchor="middle">{escape(horizontal)}</text>',
        *(_row(up.place(math.log10(mark)), f"{mark:g}") for mark in _marks(up)),
        *(_column(across.place(math.log10(x)), f"{x:g}") for x in xs),
        *(_level(up, level) for level in levels),
        *(_curve(across, up, curve, _colour(index, len(curves))) for index, curve in enumerate(curves)),
        *_legend([(c.label, _colour(i, len(curves))) for i, c in enumerate(curves)]),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"><style>{STYLE}</style>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _axes(curves: Sequence[Curve], levels: Sequence[Level]) -> tuple[Axis, Axis]:
    """Logarithms; the figures' axis ends at the next 1, 2 or 5 times a power of ten."""
    xs = [x for curve in curves for x, _, _ in curve.points]
    ys = [y for curve in curves for _, y, _ in curve.points] + [level.y for level in levels]
    ys = [y for y in ys if y > 0]
    low, high = _round(min(ys), up=False), _round(max(ys), up=True)
    return (
        Axis(math.log10(min(xs)), math.log10(max(xs)) + 1e-9, LEFT + 12, RIGHT - 12),
        Axis(math.log10(low), math.log10(high), BOTTOM, TOP),
    )


def _round(value: float, up: bool) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    steps = [step * power for step in (1, 2, 5, 10)]
    return next(s for s in steps if s > value) if up else next(s for s in reversed(steps) if s <= value)


def _marks(up: Axis) -> list[float]:
    powers = range(math.floor(up.low), math.ceil(up.high) + 1)
    marks = [step * 10.0**power for power in powers for step in (1, 2, 5)]
    return [mark for mark in marks if up.low - 1e-9 <= math.log10(mark) <= up.high + 1e-9]


def _height(up: Axis, y: float) -> float:
    return up.place(min(max(math.log10(y), up.low), up.high)) if y > 0 else up.start


def _curve(across: Axis, up: Axis, curve: Curve, colour: str) -> str:
    places = [(across.place(math.log10(x)), _height(up, y)) for x, y, _ in curve.points]
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places)
    bars = "".join(
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_height(up, y - e):.1f}" y2="{_height(up, y + e):.1f}"/>'
        for (x, _), (_, y, e) in zip(places, curve.points, strict=True)
    )
    return f'<g stroke="{colour}" fill="{colour}"><polyline points="{joined}"/>{dots}{bars}</g>'


def _level(up: Axis, level: Level) -> str:
    y = _height(up, level.y)
    return (
        f'<line class="level" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{LEFT + 8}" y="{y - 6:.1f}">{escape(level.label)}</text>'
    )


def _row(y: float, label: str) -> str:
    rule = f'<line class="rule" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{rule}<text x="{LEFT - 8}" y="{y:.1f}" dy=".35em" text-anchor="end">{label}</text>'


def _column(x: float, label: str) -> str:
    return f'<text x="{x:.1f}" y="{BOTTOM + 18}" text-anchor="middle">{label}</text>'


def _legend(named: Sequence[tuple[str, str]]) -> list[str]:
    """To the right of the plot."""
    places = [TOP + ROW * row for row in range(len(named))]
    return [
        f'<line x1="{RIGHT + 20}" x2="{RIGHT + 44}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="3"/>'
        f'<text x="{RIGHT + 52}" y="{y}" dy=".35em">{escape(label)}</text>'
        for y, (label, colour) in zip(places, named, strict=True)
    ]


def _colour(index: int, count: int) -> str:
    """Hues around the circle, every second one lighter."""
    shares = colorsys.hls_to_rgb(index / count, 0.34 + 0.14 * (index % 2), 0.75)
    return "#" + "".join(f"{round(255 * share):02x}" for share in shares)
